//! Reading the members that a call needs out of a body, in one pass and without building a tree.
//!
//! The input is a body and the paths of a generated reader. The output is one [`Member`] per path, in the same order,
//! borrowing from the body. The type of a value is checked when the value is read. An error contains the path and the type
//! that was found, never the value.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::json::escapes;
use crate::json::lookup;
use crate::json::paths::Path;

pub use crate::json::member::Member;
use crate::json::member::{Found, Written};
use crate::request::encode;
use crate::response::Response;
use crate::response::conversion::{Read, Value};
use crate::response::parse_error::ParseError;
use crate::secret::Secret;

impl<'a> Written<'a> {
    #[inline]
    pub(crate) fn meaning(self) -> Cow<'a, str> {
        match self {
            Written::Plain(text) => Cow::Borrowed(text),
            encoded => encoded.decoded(),
        }
    }

    /// Returns whether the decoded string is empty. The raw text decides, since no escape decodes to an empty string.
    #[inline]
    fn is_empty(self) -> bool {
        match self {
            Written::Plain(text) | Written::Form(text) => text.is_empty(),
            Written::Json(text) => text.is_empty(),
        }
    }

    #[cold]
    fn decoded(self) -> Cow<'a, str> {
        match self {
            Written::Plain(text) => Cow::Borrowed(text),
            Written::Json(text) => Cow::Owned(escapes::decoded(text).unwrap_or_default()),
            Written::Form(text) => Cow::Owned(encode::form_decode(text)),
        }
    }
}

impl Found<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Found::Missing => "missing",
            Found::Null => "null",
            Found::Text(text) if text.is_empty() => "an empty string",
            Found::Text(_) => "a string",
            Found::Integer(_) | Found::Number(_) => "a number",
            Found::Boolean(_) => "a boolean",
            Found::List(_) => "a list",
            Found::Object => "an object",
        }
    }
}

impl<'a> Member<'a> {
    /// Creates a member from a body that is a single value. An empty body is read as absent.
    pub(crate) fn of_text(path: Path, text: &'a str) -> Member<'a> {
        let found = match text {
            "" => Found::Missing,
            text => Found::Text(Written::Plain(text)),
        };
        Member { path, found }
    }
}

impl Member<'_> {
    /// Returns the value, ready for a conversion.
    #[inline]
    fn value(&self) -> Value<'_> {
        match self.found {
            Found::Missing | Found::Null => Value::Absent,
            Found::Text(text) => Value::Text(text.meaning()),
            Found::Integer(number) => Value::Integer(number),
            Found::Number(number) => Value::Number(std::str::from_utf8(number).unwrap_or_default()),
            Found::Boolean(boolean) => Value::Boolean(boolean),
            Found::List(_) => Value::List,
            Found::Object => Value::Object,
        }
    }

    #[inline]
    fn expecting<T>(&self, read: Read<T>) -> Result<Option<T>, ParseError> {
        read.map_err(|expected| self.wrong(expected))
    }

    /// Returns whether the member is missing, `null` or an empty string. An empty parameter counts as absent (RFC 6749
    /// §3.1).
    pub fn is_absent(&self) -> bool {
        match self.found {
            // This does not decode the string.
            Found::Text(text) => text.is_empty(),
            _ => self.value().is_absent(),
        }
    }

    /// Returns whether the value is exactly this string.
    pub fn is_text(&self, expected: &str) -> bool {
        self.value().is_text(expected)
    }

    /// Returns whether the value is exactly this integer.
    pub fn is_integer(&self, expected: i64) -> bool {
        self.value().is_integer(expected)
    }

    /// Returns whether the value is exactly this boolean.
    pub fn is_boolean(&self, expected: bool) -> bool {
        self.value().is_boolean(expected)
    }

    /// Returns the required string. A whole number is returned as its digits.
    ///
    /// # Errors
    ///
    /// The member is absent, or is neither a string nor a whole number.
    pub fn text(&self) -> Result<String, ParseError> {
        self.text_here()?.ok_or_else(|| self.wrong("a string"))
    }

    /// Returns the string, or `None` if it is absent. A whole number is returned as its digits. Any other type is reported
    /// and read as absent.
    pub fn optional_text(&self, answer: &Response<'_>) -> Option<String> {
        answer.noting(self.text_here())
    }

    /// Returns the string, or the digits of a whole number.
    pub(crate) fn text_here(&self) -> Result<Option<String>, ParseError> {
        let text = self.expecting(self.value().text())?;
        Ok(text.map(Cow::into_owned))
    }

    /// Returns the required string as a [`Secret`].
    ///
    /// # Errors
    ///
    /// The member is absent or not a string.
    pub fn secret(&self) -> Result<Secret, ParseError> {
        self.secret_here()?.ok_or_else(|| self.wrong("a string"))
    }

    /// Returns the string as a [`Secret`], or `None` if it is absent. Any other type is reported and read as absent.
    pub fn optional_secret(&self, answer: &Response<'_>) -> Option<Secret> {
        answer.noting(self.secret_here())
    }

    #[inline]
    pub(crate) fn secret_here(&self) -> Result<Option<Secret>, ParseError> {
        let text = self.expecting(self.value().secret())?;
        Ok(text.map(Secret::new))
    }

    /// Returns the required whole number. Digits in quotes are accepted, fractions are rounded down, and a number beyond 64
    /// bits is capped.
    ///
    /// # Errors
    ///
    /// The member is absent or not a number.
    pub fn integer(&self) -> Result<i64, ParseError> {
        self.integer_here()?
            .ok_or_else(|| self.wrong("a whole number"))
    }

    /// Returns the whole number, or `None` if it is absent. A value that is not a number is reported and read as absent.
    pub fn optional_integer(&self, answer: &Response<'_>) -> Option<i64> {
        answer.noting(self.integer_here())
    }

    #[inline]
    pub(crate) fn integer_here(&self) -> Result<Option<i64>, ParseError> {
        self.expecting(self.value().integer())
    }

    /// Returns the required boolean. `true` and `false` in quotes are accepted, in any case.
    ///
    /// # Errors
    ///
    /// The member is absent or not a boolean.
    pub fn boolean(&self) -> Result<bool, ParseError> {
        self.boolean_here()?.ok_or_else(|| self.wrong("a boolean"))
    }

    /// Returns the boolean, or `None` if it is absent. A value that is not a boolean is reported and read as absent.
    pub fn optional_boolean(&self, answer: &Response<'_>) -> Option<bool> {
        answer.noting(self.boolean_here())
    }

    fn boolean_here(&self) -> Result<Option<bool>, ParseError> {
        self.expecting(self.value().boolean())
    }

    /// Returns a duration, which the member states in units of `unit`.
    #[inline]
    pub(crate) fn duration_here(&self, unit: Duration) -> Result<Option<Duration>, ParseError> {
        self.expecting(self.value().duration(unit))
    }

    /// Returns a point in time, which the member states in units of `unit` since 1970.
    pub(crate) fn moment_here(&self, unit: Duration) -> Result<Option<SystemTime>, ParseError> {
        self.expecting(self.value().moment(unit))
    }

    /// Returns the point in time of an RFC 3339 date.
    pub(crate) fn date_here(&self) -> Result<Option<SystemTime>, ParseError> {
        self.expecting(self.value().date())
    }

    /// Returns the names in a list, or in a string with separators, joined by spaces.
    #[inline]
    pub(crate) fn names_here(&self, separators: &[&str]) -> Result<Option<String>, ParseError> {
        let texts = || match self.found {
            Found::List(list) => lookup::texts(list),
            _ => Vec::new(),
        };
        self.expecting(self.value().names(separators, texts))
    }

    /// Returns whether the string, or a string in the list, meets a condition.
    pub(crate) fn has_text(&self, is_so: impl Fn(&str) -> bool) -> bool {
        match self.found {
            Found::Text(text) => is_so(&text.meaning()),
            Found::List(list) => lookup::texts(list).iter().any(|text| is_so(text)),
            _ => false,
        }
    }

    /// Returns the string, if it needs no decoding.
    #[inline]
    pub(crate) fn plain_text(&self) -> Option<&str> {
        match self.found {
            Found::Text(Written::Plain(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the text of an error code or of its description. Returns an empty string for any other type.
    #[inline]
    pub(crate) fn lenient_text(&self) -> Cow<'_, str> {
        self.value().lenient_text()
    }

    /// Returns the failure that reports a repeated member.
    #[cold]
    pub(crate) fn repeated(&self) -> ParseError {
        ParseError::Member {
            path: self.path,
            expected: "unique",
            found: "repeated",
        }
    }

    #[cold]
    pub(crate) fn wrong(&self, expected: &'static str) -> ParseError {
        ParseError::Member {
            path: self.path,
            expected,
            found: self.found.kind(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::member::Members;
    use crate::json::paths::Paths;
    use crate::response::conversion::MAX_LIFETIME;

    fn json<const N: usize>(body: &[u8], paths: [Path; N]) -> Result<[Member<'_>; N], ParseError> {
        let paths = Paths::of(paths);
        let mut members = Members::at(&paths);
        lookup::fill(body, &mut members)?;
        Ok(members.each)
    }

    fn one(body: &str) -> Member<'_> {
        let [member] = json(body.as_bytes(), [&["e"]]).ok().unwrap();
        member
    }

    #[test]
    fn members_come_in_the_order_of_their_paths() {
        let body = br#"{"ok":true,"n":3600,"a":{"b":"x\u0041","list":["r",1,"w"]},"e":[{"m":"first"},{"m":"second"}]}"#;
        let [ok, text, list, number, second, gone] = json(
            body,
            [
                &["ok"],
                &["a", "b"],
                &["a", "list"],
                &["n"],
                &["e", "1", "m"],
                &["gone"],
            ],
        )
        .ok()
        .unwrap();
        assert!(ok.is_boolean(true));
        assert_eq!(text.text().unwrap(), "xA");
        assert_eq!(list.names_here(&[]).unwrap().unwrap(), "r w");
        assert_eq!(number.integer().unwrap(), 3600);
        assert_eq!(second.text().unwrap(), "second");
        assert!(gone.is_absent());
    }

    #[test]
    fn a_wrong_kind_is_told_by_path_and_kind() {
        let [member] = json(br#"{"a":{"b":["hush"]}}"#, [&["a", "b"]])
            .ok()
            .unwrap();
        let told = member.secret().unwrap_err().to_string();
        assert_eq!(told, "`a.b` should be a string, but is a list");
    }

    #[test]
    fn of_a_member_that_comes_twice_the_last_counts() {
        let paths = Paths::of([&["t"]]);
        let mut members = Members::at(&paths);
        let repeated = lookup::fill(br#"{"t":"a","t":"b"}"#, &mut members).unwrap();
        assert_eq!(members.each[0].text().unwrap(), "b");
        assert_eq!(
            members.each[repeated.unwrap()].repeated().to_string(),
            "`t` should be unique, but is repeated"
        );
    }

    #[test]
    fn two_paths_to_one_member_and_into_it_both_read() {
        let [whole, inner, root] = json(br#"{"a":{"b":1}}"#, [&["a"], &["a", "b"], &[]])
            .ok()
            .unwrap();
        assert_eq!(whole.found.kind(), "an object");
        assert_eq!(inner.integer().unwrap(), 1);
        assert_eq!(root.found.kind(), "an object");
    }

    #[test]
    fn lifetimes_come_in_many_forms_and_are_bounded() {
        let second = Duration::from_secs(1);
        for (body, seconds) in [
            (r#"{"e":3600}"#, Some(3600)),
            (r#"{"e":"3600"}"#, Some(3600)),
            (r#"{"e":" 3600 "}"#, Some(3600)),
            (r#"{"e":3600.0}"#, Some(3600)),
            (r#"{"e":35999.87}"#, Some(35999)),
            (r#"{"e":"35999.87"}"#, Some(35999)),
            (r#"{"e":3.6e3}"#, Some(3600)),
            (r#"{"e":0}"#, Some(0)),
            (r#"{"e":9223372036854775}"#, Some(MAX_LIFETIME.as_secs())),
            (r#"{"e":1e300}"#, Some(MAX_LIFETIME.as_secs())),
            (r#"{"e":1e400}"#, Some(MAX_LIFETIME.as_secs())),
            (
                r#"{"e":99999999999999999999}"#,
                Some(MAX_LIFETIME.as_secs()),
            ),
            (r#"{"e":""}"#, None),
            (r#"{"e":null}"#, None),
            ("{}", None),
        ] {
            let read = one(body).duration_here(second);
            assert_eq!(read, Ok(seconds.map(Duration::from_secs)), "{body}");
        }
        for body in [
            r#"{"e":-1}"#,
            r#"{"e":-1e300}"#,
            r#"{"e":"soon"}"#,
            r#"{"e":"NaN"}"#,
            r#"{"e":"inf"}"#,
            r#"{"e":"1h"}"#,
            r#"{"e":true}"#,
            r#"{"e":[3600]}"#,
            r#"{"e":{"s":1}}"#,
        ] {
            assert!(one(body).duration_here(second).is_err(), "{body}");
        }
    }

    #[test]
    fn a_lifetime_in_milliseconds_may_be_longer_than_32_bits_count() {
        let length = |body, unit| one(body).duration_here(unit).unwrap().unwrap();
        let sixty_days = Duration::from_secs(60 * 86400);
        let millisecond = Duration::from_millis(1);
        assert_eq!(length(r#"{"e":5184000000}"#, millisecond), sixty_days);
        assert_eq!(
            length(r#"{"e":9223372036854775807}"#, millisecond),
            MAX_LIFETIME
        );
        let minute = Duration::from_secs(60);
        assert_eq!(length(r#"{"e":9223372036854775807}"#, minute), MAX_LIFETIME);
    }

    #[test]
    fn points_in_time_are_read_to_the_end_of_the_year_9999() {
        let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let (second, millisecond) = (Duration::from_secs(1), Duration::from_millis(1));
        for (body, unit, expected) in [
            (r#"{"e":1893456000}"#, second, at(1_893_456_000)),
            (r#"{"e":1893456000000}"#, millisecond, at(1_893_456_000)),
            (r#"{"e":"1893456000000"}"#, millisecond, at(1_893_456_000)),
            (r#"{"e":253402300799}"#, second, at(253_402_300_799)),
            ("{}", second, None),
        ] {
            assert_eq!(one(body).moment_here(unit), Ok(expected), "{body}");
        }
        for body in [
            r#"{"e":0}"#,
            r#"{"e":-5}"#,
            r#"{"e":253402300800}"#,
            r#"{"e":1e300}"#,
        ] {
            assert!(one(body).moment_here(second).is_err(), "{body}");
        }
    }

    #[test]
    fn dates_come_in_every_form_of_rfc_3339() {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_893_499_200);
        for date in [
            "2030-01-01T12:00:00Z",
            "2030-01-01t12:00:00z",
            "2030-01-01 12:00:00Z",
            "2030-01-01T12:00:00.000000000Z",
            "2030-01-01T14:00:00+02:00",
            "2030-01-01T07:30:00-04:30",
            "2030-01-01T12:00:00",
            "2030-01-01 12:00:00",
        ] {
            let body = serde_json::json!({ "e": date }).to_string();
            assert_eq!(one(&body).date_here(), Ok(Some(noon)), "{date}");
        }
        for body in [
            r#"{"e":"tomorrow"}"#,
            r#"{"e":"2030-13-01T00:00:00Z"}"#,
            r#"{"e":7}"#,
        ] {
            assert!(one(body).date_here().is_err(), "{body}");
        }
    }

    #[test]
    fn identifiers_keep_their_digits_and_booleans_may_be_quoted() {
        let id = "123456789012345678901234567890";
        assert_eq!(one(&format!("{{\"e\":{id}}}")).text().unwrap(), id);
        assert_eq!(
            one(&format!("{{\"e\":-{id}}}")).text().unwrap(),
            format!("-{id}")
        );
        assert!(one(r#"{"e":1.5}"#).text().is_err());
        assert_eq!(one(r#"{"e":"true"}"#).boolean(), Ok(true));
        assert_eq!(one(r#"{"e":"False"}"#).boolean(), Ok(false));
        assert!(one(r#"{"e":1}"#).boolean().is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_members_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = json(&body, [&["a"], &["a", "b"], &[]]);
        }

        #[test]
        fn any_value_is_read_as_every_kind_without_a_panic(number in any::<f64>(), text in ".*", long in "-?[0-9]{1,40}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,4})?") {
            let unit = Duration::from_secs(60);
            for value in [serde_json::json!(number).to_string(), serde_json::json!(text).to_string(), long] {
                let body = format!("{{\"e\":{value}}}");
                let Ok([member]) = json(body.as_bytes(), [&["e"]]) else { continue };
                let _ = (member.text(), member.integer(), member.boolean(), member.duration_here(unit));
                let _ = (member.moment_here(unit), member.date_here(), member.names_here(&[" "]));
            }
        }

        #[test]
        fn a_text_reads_as_serde_json_reads_it(name in "[a-z]{1,4}", text in ".*") {
            let body = serde_json::json!({ "x": { "a": text }, name: 1 }).to_string();
            let [member] = json(body.as_bytes(), [&["x", "a"]]).ok().unwrap();
            let expected = serde_json::from_str::<serde_json::Value>(&body).unwrap();
            let expected = expected["x"]["a"].as_str().filter(|text| !text.is_empty());
            prop_assert_eq!(member.text_here().ok().flatten(), expected.map(str::to_owned));
        }
    }
}
