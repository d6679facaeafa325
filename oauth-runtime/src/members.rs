//! Reading the members that a call needs out of a body, in one pass and without building a tree.
//!
//! In: a body and the paths that a generated reader names. Out: one [`Member`] per path, in the same
//! order, borrowing from the body. What a member holds is checked when it is asked for, and an error
//! names the path and the kind of value that was found, never the value.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use crate::encode;
use crate::failure::Failure;
use crate::input::InvalidInput;
use crate::json;
use crate::json_members;
use crate::paths::Path;
use crate::secret::Secret;

/// What stands at one path of a body.
///
/// No `Debug`: most members are secrets.
pub struct Member<'a> {
    pub(crate) path: Path,
    pub(crate) found: Found<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum Found<'a> {
    Missing,
    Null,
    Text(Written<'a>),
    Integer(i64),
    Fraction(f64),
    Boolean(bool),
    /// A list as it stands in JSON.
    List(&'a [u8]),
    Object,
}

/// A text as the body has it: what it means is found when it is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Written<'a> {
    /// It means itself.
    Plain(&'a str),
    /// With escapes of JSON; that they mean a text was checked.
    Json(&'a [u8]),
    /// A value of a form.
    Form(&'a str),
}

impl<'a> Written<'a> {
    #[inline]
    pub(crate) fn meaning(self) -> Cow<'a, str> {
        match self {
            Written::Plain(text) => Cow::Borrowed(text),
            encoded => encoded.decoded(),
        }
    }

    #[cold]
    fn decoded(self) -> Cow<'a, str> {
        match self {
            Written::Plain(text) => Cow::Borrowed(text),
            Written::Json(text) => Cow::Owned(json::unescaped(text).unwrap_or_default()),
            Written::Form(text) => Cow::Owned(encode::form_decode(text)),
        }
    }
}

impl Found<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Found::Missing => "nothing",
            Found::Null => "null",
            Found::Text(_) => "a text",
            Found::Integer(_) | Found::Fraction(_) => "a number",
            Found::Boolean(_) => "a boolean",
            Found::List(_) => "a list",
            Found::Object => "an object",
        }
    }
}

impl<'a> Member<'a> {
    /// A body that is one value. An empty one is none.
    pub(crate) fn of_text(path: Path, text: &'a str) -> Member<'a> {
        let found = match text {
            "" => Found::Missing,
            text => Found::Text(Written::Plain(text)),
        };
        Member { path, found }
    }
}

impl Member<'_> {
    /// Whether the body says `null` here, or nothing.
    pub fn is_absent(&self) -> bool {
        matches!(self.found, Found::Missing | Found::Null)
    }

    /// Whether exactly this text stands here.
    pub fn is_text(&self, expected: &str) -> bool {
        matches!(self.found, Found::Text(text) if text.meaning() == expected)
    }

    /// Whether exactly this number stands here.
    pub fn is_integer(&self, expected: i64) -> bool {
        matches!(self.found, Found::Integer(number) if number == expected)
    }

    /// Whether exactly this boolean stands here.
    pub fn is_boolean(&self, expected: bool) -> bool {
        matches!(self.found, Found::Boolean(boolean) if boolean == expected)
    }

    /// The text here.
    pub fn text(&self) -> Result<String, Failure> {
        self.optional_text()?.ok_or_else(|| self.wrong("a text"))
    }

    /// The text here, if there is one. A number is taken as its digits: ids come as either.
    pub fn optional_text(&self) -> Result<Option<String>, Failure> {
        match self.found {
            Found::Missing | Found::Null => Ok(None),
            Found::Text(text) => Ok(Some(text.meaning().into_owned())),
            Found::Integer(number) => Ok(Some(number.to_string())),
            _ => Err(self.wrong("a text")),
        }
    }

    /// The text here, kept so that it cannot be printed.
    pub fn secret(&self) -> Result<Secret, Failure> {
        self.optional_secret()?.ok_or_else(|| self.wrong("a text"))
    }

    /// The text here, if there is one, kept so that it cannot be printed. An empty text is none.
    pub fn optional_secret(&self) -> Result<Option<Secret>, Failure> {
        let text = match self.found {
            Found::Missing | Found::Null => return Ok(None),
            Found::Text(text) => text.meaning(),
            _ => return Err(self.wrong("a text")),
        };
        Ok((!text.is_empty()).then(|| Secret::new(text)))
    }

    /// The text here, if it has the form that `parse` asks for.
    pub fn form<T>(&self, parse: fn(String) -> Result<T, InvalidInput>) -> Result<T, Failure> {
        parse(self.text()?).map_err(|_| self.wrong("a text of the form that the spec says"))
    }

    /// The text here, if there is one, and if it has the form that `parse` asks for.
    pub fn optional_form<T>(
        &self,
        parse: fn(String) -> Result<T, InvalidInput>,
    ) -> Result<Option<T>, Failure> {
        let parsed = self.optional_text()?.map(parse).transpose();
        parsed.map_err(|_| self.wrong("a text of the form that the spec says"))
    }

    /// The whole number here.
    pub fn integer(&self) -> Result<i64, Failure> {
        self.optional_integer()?
            .ok_or_else(|| self.wrong("a whole number"))
    }

    /// The whole number here, if there is one; digits in quotes count.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and below 2^53 by the guard"
    )]
    pub fn optional_integer(&self) -> Result<Option<i64>, Failure> {
        match self.found {
            Found::Missing | Found::Null => Ok(None),
            Found::Integer(number) => Ok(Some(number)),
            Found::Fraction(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Ok(Some(number as i64))
            }
            Found::Text(digits) => match digits.meaning().parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(self.wrong("a whole number")),
            },
            _ => Err(self.wrong("a whole number")),
        }
    }

    /// The boolean here.
    pub fn boolean(&self) -> Result<bool, Failure> {
        self.optional_boolean()?
            .ok_or_else(|| self.wrong("a boolean"))
    }

    /// The boolean here, if there is one.
    pub fn optional_boolean(&self) -> Result<Option<bool>, Failure> {
        match self.found {
            Found::Missing | Found::Null => Ok(None),
            Found::Boolean(boolean) => Ok(Some(boolean)),
            _ => Err(self.wrong("a boolean")),
        }
    }

    /// A length of time in units of `unit`, if there is one.
    pub fn optional_duration(&self, unit: Duration) -> Result<Option<Duration>, Failure> {
        let Some(count) = self.optional_integer()? else {
            return Ok(None);
        };
        u32::try_from(count)
            .ok()
            .and_then(|count| unit.checked_mul(count))
            .map(Some)
            .ok_or_else(|| self.wrong("a length of time"))
    }

    /// The point in time of a date by RFC 3339, if there is one.
    pub(crate) fn optional_date(&self) -> Result<Option<SystemTime>, Failure> {
        match self.found {
            Found::Missing | Found::Null => Ok(None),
            Found::Text(date) => humantime::parse_rfc3339_weak(&date.meaning())
                .map(Some)
                .map_err(|_| self.wrong("a date by RFC 3339")),
            _ => Err(self.wrong("a date by RFC 3339")),
        }
    }

    /// The names in a list, or in a text between separators, joined by spaces.
    pub(crate) fn optional_names(&self, separators: &[&str]) -> Result<Option<String>, Failure> {
        match self.found {
            Found::Missing | Found::Null => Ok(None),
            Found::List(list) => Ok(Some(json_members::texts(list).join(" "))),
            Found::Text(text) => Ok(Some(spaced(&text.meaning(), separators))),
            _ => Err(self.wrong("a list of names")),
        }
    }

    /// The text here, if it means itself.
    #[inline]
    pub(crate) fn plain_text(&self) -> Option<&str> {
        match self.found {
            Found::Text(Written::Plain(text)) => Some(text),
            _ => None,
        }
    }

    /// What a refusal says here: a text, or a number as its digits; of anything else nothing.
    #[inline]
    pub(crate) fn told(&self) -> Cow<'_, str> {
        match self.found {
            Found::Text(text) => text.meaning(),
            Found::Integer(number) => Cow::Owned(number.to_string()),
            _ => Cow::default(),
        }
    }

    pub(crate) fn wrong(&self, expected: &'static str) -> Failure {
        Failure::Member {
            path: self.path,
            expected,
            found: self.found.kind(),
        }
    }
}

/// The same text with spaces for separators.
pub(crate) fn spaced(text: &str, separators: &[&str]) -> String {
    let mut names = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, separator)) = next_of(rest, separators) {
        names.push_str(&rest[..at]);
        names.push(' ');
        rest = &rest[at + separator.len()..];
    }
    names.push_str(rest);
    names
}

/// The first separator and where it stands.
fn next_of<'s>(text: &str, separators: &[&'s str]) -> Option<(usize, &'s str)> {
    let others = separators.iter().filter(|own| **own != " ");
    let found = others.filter_map(|own| {
        let at = match own.as_bytes() {
            [byte] => memchr::memchr(*byte, text.as_bytes()),
            _ => text.find(own),
        };
        at.map(|at| (at, *own))
    });
    found.min_by_key(|(at, _)| *at)
}

/// Finds the members in a form-encoded body; paths are single names there.
pub(crate) fn fill_form<'a>(body: &'a [u8], members: &mut [Member<'a>]) -> Result<(), Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::NotForm)?;
    for pair in text.trim_end().split('&') {
        let Some((name, value)) = pair.split_once('=') else {
            continue;
        };
        let name = encode::form_decode(name);
        for member in members
            .iter_mut()
            .filter(|member| member.path == [name.as_str()])
        {
            member.found = match member.found {
                Found::Missing => Found::Text(Written::Form(value)),
                _ => {
                    return Err(Failure::Member {
                        path: member.path,
                        expected: "one member of that name",
                        found: "the member twice",
                    });
                }
            };
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::paths::{Members, Paths};

    fn json<const N: usize>(body: &[u8], paths: [Path; N]) -> Result<[Member<'_>; N], Failure> {
        let paths = Paths::of(paths);
        let mut members = Members::at(&paths);
        json_members::fill(body, &mut members).map(|()| members.each)
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
        assert_eq!(list.optional_names(&[]).unwrap().unwrap(), "r w");
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
        assert_eq!(told, "`a.b` should be a text and is a list");
    }

    #[test]
    fn a_member_that_comes_twice_is_refused() {
        let told = json(br#"{"t":"a","t":"b"}"#, [&["t"]])
            .err()
            .unwrap()
            .to_string();
        assert_eq!(
            told,
            "`t` should be one member of that name and is the member twice"
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
    fn lifetimes_come_as_numbers_digits_or_whole_fractions() {
        for body in ["{\"e\":3600}", "{\"e\":\"3600\"}", "{\"e\":3600.0}"] {
            let [member] = json(body.as_bytes(), [&["e"]]).ok().unwrap();
            let read = member.optional_duration(Duration::from_secs(1)).unwrap();
            assert_eq!(read, Some(Duration::from_secs(3600)));
        }
        for body in [
            "{\"e\":-1}",
            "{\"e\":1e300}",
            "{\"e\":\"soon\"}",
            "{\"e\":9223372036854775807}",
        ] {
            let [member] = json(body.as_bytes(), [&["e"]]).ok().unwrap();
            assert!(
                member.optional_duration(Duration::from_secs(1)).is_err(),
                "{body}"
            );
        }
    }

    #[test]
    fn a_form_is_read_by_the_same_names() {
        let mut members = Members::at(&const { Paths::of([&["access_token"], &["scope"]]) });
        let form = b"access_token=a%26b&scope=x+y\n";
        assert!(fill_form(form, &mut members.each).is_ok());
        let [token, scope] = &members.each;
        assert_eq!(token.secret().unwrap().expose(), "a&b");
        assert_eq!(scope.text().unwrap(), "x y");
    }

    proptest! {
        #[test]
        fn any_bytes_give_members_or_an_error(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = json(&body, [&["a"], &["a", "b"], &[]]);
            let mut members = Members::at(&const { Paths::of([&["a"]]) });
            let _ = fill_form(&body, &mut members.each);
        }

        #[test]
        fn a_text_reads_as_serde_json_reads_it(name in "[a-z]{1,4}", text in ".*") {
            let body = serde_json::json!({ "x": { "a": text }, name: 1 }).to_string();
            let [member] = json(body.as_bytes(), [&["x", "a"]]).ok().unwrap();
            let expected = serde_json::from_str::<serde_json::Value>(&body).unwrap();
            prop_assert_eq!(member.optional_text().ok().flatten(), expected["x"]["a"].as_str().map(str::to_owned));
        }
    }
}
