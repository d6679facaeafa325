//! Reading the names and values of a query. They are decoded when they are read.

#![expect(
    clippy::inline_always,
    reason = "the walk must compile to one loop: a call for each name would cost more than the name"
)]

use std::borrow::Cow;

use crate::json::scan;
use crate::request::encode;

/// Splits a callback into the part before its query, if there is one, and the query. A callback is a bare query, a path with
/// a query, or a whole URL. A fragment may follow.
#[inline(always)]
fn divided(callback: &str) -> (Option<&str>, &str) {
    let bytes = callback.as_bytes();
    let first = scan::first(bytes, |word| {
        scan::equal(word, b':')
            | scan::equal(word, b'?')
            | scan::equal(word, b'=')
            | scan::equal(word, b'&')
    });
    // The value of a parameter may contain a question mark.
    let has_path =
        bytes.first() == Some(&b'/') || first.is_some_and(|at| matches!(bytes[at], b':' | b'?'));
    match has_path.then(|| cut(callback, b'?')) {
        Some((path, Some(query))) => (Some(path), query),
        _ => (None, callback),
    }
}

/// Returns the path of a callback, or `None` if the callback is a bare query.
pub(crate) fn path_of_callback(callback: &str) -> Option<&str> {
    let (path, _) = divided(callback);
    path.filter(|path| !path.is_empty()).map(path_of)
}

/// Returns the path of a URL or of a request target. An empty path is `/` (RFC 9110 section 4.2.3).
pub(crate) fn path_of(url: &str) -> &str {
    let (url, _) = cut(url, b'?');
    let (url, _) = cut(url, b'#');
    let behind_scheme = match cut(url, b':') {
        (_, Some(rest)) if !url.starts_with('/') => rest,
        _ => url,
    };
    let path = match behind_scheme.strip_prefix("//") {
        // A request target that begins with two slashes has no authority.
        Some(rest) if !url.starts_with('/') => rest.find('/').map_or("", |at| &rest[at..]),
        _ => behind_scheme,
    };
    if path.is_empty() { "/" } else { path }
}

/// Splits a text at the first occurrence of an ASCII character.
fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    match memchr::memchr(mark, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// A name or a value of a query, before decoding.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl<'a> Encoded<'a> {
    /// Returns the decoded text.
    pub(crate) fn decoded(self) -> Cow<'a, str> {
        match scan::first_of_two(self.0.as_bytes(), b'%', b'+').is_some() {
            true => Cow::Owned(encode::form_decode(self.0)),
            false => Cow::Borrowed(self.0),
        }
    }

    /// Appends the decoded text to `text`.
    pub(crate) fn decoded_behind(self, text: String) -> String {
        encode::form_decode_behind(text, self.0)
    }

    /// Returns whether the decoded text is `expected`.
    pub(crate) fn means(self, expected: &str) -> bool {
        encode::form_means(self.0, expected)
    }
}

/// The value of a parameter in a query. An empty parameter counts as absent (RFC 6749 section 3.1).
#[derive(Clone, Copy)]
pub(crate) enum ParameterValue<'a> {
    Missing,
    Single(Encoded<'a>),
    /// The parameter occurs more than once, which RFC 6749 §3.1 forbids.
    Repeated,
}

/// The name of a parameter, prepared for fast comparisons. A constant is prepared at compile time.
#[derive(Clone, Copy, Debug)]
pub struct ParameterName<'n> {
    text: &'n str,
    /// The first eight bytes of the name. Zeros follow a shorter name.
    word: u64,
}

impl<'n> ParameterName<'n> {
    /// Creates the name from its text.
    pub const fn of(text: &'n str) -> ParameterName<'n> {
        let bytes = text.as_bytes();
        let mut at = if bytes.len() < 8 { bytes.len() } else { 8 };
        let mut word = 0;
        while at > 0 {
            at -= 1;
            word = word << 8 | bytes[at] as u64;
        }
        ParameterName { text, word }
    }

    /// Returns the text of the name.
    pub const fn as_str(self) -> &'n str {
        self.text
    }
}

/// Returns the values of some parameters of a callback, read in one pass.
pub(crate) fn parameters<'a, const N: usize>(
    callback: &'a str,
    names: [&ParameterName<'_>; N],
) -> [ParameterValue<'a>; N] {
    let words = names.map(|name| name.word);
    let mut said = [ParameterValue::Missing; N];
    let (_, query) = divided(callback);
    let mut rest = query.as_bytes();
    while !rest.is_empty() {
        let (len, word) = leading_name(rest);
        let start = len + usize::from(rest.get(len) == Some(&b'='));
        let len_of_value = memchr::memchr2(b'&', b'#', &rest[start..]);
        let end = len_of_value.map_or(rest.len(), |len| start + len);
        let is_own = |at: &usize| words[*at] == word && names[*at].text.len() == len;
        let place = match (0..N).find(is_own) {
            Some(at) if len <= 8 => Some(at),
            None if len <= 8 && !may_be_encoded(word) => None,
            _ => place_of_unusual(&rest[..len], &names),
        };
        if let Some(at) = place
            && start < end
        {
            let before = query.len() - rest.len();
            said[at] = match said[at] {
                ParameterValue::Missing => {
                    ParameterValue::Single(Encoded(&query[before + start..before + end]))
                }
                _ => ParameterValue::Repeated,
            };
        }
        rest = match &rest[end..] {
            [b'&', rest @ ..] => rest,
            _ => &[],
        };
    }
    said
}

/// Returns the length of the name at the start of a text, and its first eight bytes.
#[inline(always)]
fn leading_name(text: &[u8]) -> (usize, u64) {
    let marks = |word| scan::equal(word, b'=') | scan::equal(word, b'&') | scan::equal(word, b'#');
    let word = match text.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => text
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    match marks(word) {
        0 => (scan::first(text, marks).unwrap_or(text.len()), word),
        marked => {
            // The bits of the bytes before the marked byte.
            let before = (marked ^ (marked - 1)) >> 8;
            (scan::place(marked), word & before)
        }
    }
}

#[inline(always)]
fn may_be_encoded(word: u64) -> bool {
    scan::equal(word, b'%') | scan::equal(word, b'+') != 0
}

/// Returns the position in `names` of a name that is longer than eight bytes or encoded.
#[cold]
#[inline(never)]
fn place_of_unusual(name: &[u8], names: &[&ParameterName<'_>]) -> Option<usize> {
    let name = std::str::from_utf8(name).ok()?;
    let name = Encoded(name).decoded();
    names.iter().position(|own| own.text == name)
}

/// Returns the names and values in the query of a callback, in order.
pub(crate) fn all(callback: &str) -> impl Iterator<Item = (Encoded<'_>, Encoded<'_>)> {
    let (query, _) = cut(divided(callback).1, b'#');
    query.split('&').map(|pair| {
        let (name, value) = cut(pair, b'=');
        (Encoded(name), Encoded(value.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(query: &str) -> [Option<String>; 2] {
        parameters(
            query,
            [&ParameterName::of("code"), &ParameterName::of("state")],
        )
        .map(|said| match said {
            ParameterValue::Missing => None,
            ParameterValue::Single(value) => Some(value.decoded().into_owned()),
            ParameterValue::Repeated => Some("twice".to_owned()),
        })
    }

    #[test]
    fn names_and_values_may_be_encoded() {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let texts = |code: &str, state: &str| [text(code), text(state)];
        assert_eq!(said("code=a%2Bb&state=c+d"), texts("a+b", "c d"));
        assert_eq!(said("st%61te=%zz&c%6fde"), texts("", "%zz"));
        assert_eq!(
            said("codes=x&cod=y&code&x=code&state=a=b"),
            texts("", "a=b")
        );
        assert_eq!(said("code=a&%63ode=b&state="), texts("twice", ""));
        assert_eq!(said(""), [None, None]);
        assert_eq!(said("code=a&code=&code"), texts("a", ""));
        assert_eq!(said("&&state&code="), texts("", ""));
        let [long] = parameters(
            "error_descriptive=1&error_description=2",
            [&ParameterName::of("error_description")],
        );
        assert!(matches!(long, ParameterValue::Single(Encoded("2"))));
    }

    proptest::proptest! {
        #[test]
        fn one_pass_finds_what_a_look_at_each_pair_finds(query in "[cods=&%6+é#'\"?:/]{0,24}") {
            let each = |name: &str| {
                let mut values = all(&query)
                    .filter(|(own, value)| own.decoded() == name && !value.0.is_empty())
                    .map(|(_, value)| value.0);
                match (values.next(), values.next()) {
                    (Some(value), None) => Some(value),
                    _ => None,
                }
            };
            let names = ["cod", "code", "os"];
            let found = parameters(&query, names.map(ParameterName::of).each_ref()).map(|said| match said {
                ParameterValue::Single(value) => Some(value.0),
                _ => None,
            });
            proptest::prop_assert_eq!(found, names.map(each));
        }
    }

    #[test]
    fn a_query_may_come_with_what_stands_around_it() {
        let both = [Some("c?d".to_owned()), Some("s".to_owned())];
        for callback in [
            "code=c?d&state=s",
            "?code=c?d&state=s",
            "/cb?code=c?d&state=s#_=_",
            "/a=b?code=c?d&state=s",
            "https://app.example/cb?code=c?d&state=s#code=2",
            "code=c?d&state=s#code=2",
        ] {
            assert_eq!(said(callback), both, "{callback}");
        }
    }

    #[test]
    fn the_path_of_a_callback_is_what_stands_between_its_authority_and_its_query() {
        for (callback, path) in [
            ("/cb?code=c", Some("/cb")),
            ("//cb?code=c", Some("//cb")),
            ("/a:b//c?code=c", Some("/a:b//c")),
            ("https://app.example/cb/?code=c", Some("/cb/")),
            ("https://app.example:8443/a/b?code=c#d", Some("/a/b")),
            ("https://app.example?code=c", Some("/")),
            ("com.example.app:/cb?code=c", Some("/cb")),
            ("code=https://app.example/cb?", None),
            ("?code=c", None),
            ("", None),
        ] {
            assert_eq!(path_of_callback(callback), path, "{callback}");
        }
        assert_eq!(path_of("https://app.example/cb?tenant=/x"), "/cb");
        assert_eq!(path_of("http://127.0.0.1:1/callback"), "/callback");
        assert_eq!(path_of("https://app.example"), "/");
    }

    #[test]
    fn a_value_means_what_it_decodes_to() {
        for (value, meaning) in [
            ("https%3A%2F%2Fid.example", "https://id.example"),
            ("a+b%", "a b%"),
            ("", ""),
        ] {
            assert_eq!(Encoded(value).decoded(), meaning);
            assert!(Encoded(value).means(meaning));
            assert!(!Encoded(value).means("another"));
        }
        assert!(!Encoded("%ff").means("\u{fffd}"));
    }
}
