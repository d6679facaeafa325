//! What a query says: names and values as they stand in it, decoded when they are asked for.

use std::borrow::Cow;

use crate::encode;

/// The query of a callback that may be a whole URL.
pub(crate) fn query_of(callback: &str) -> &str {
    let query = cut(callback, b'?').1.unwrap_or(callback);
    cut(query, b'#').0
}

/// The text in front of an ASCII character, and what follows it.
fn cut(text: &str, mark: u8) -> (&str, Option<&str>) {
    match memchr::memchr(mark, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// A name or a value as it stands in a query.
#[derive(Clone, Copy)]
pub(crate) struct Encoded<'a>(pub(crate) &'a str);

impl<'a> Encoded<'a> {
    /// What it means.
    pub(crate) fn decoded(self) -> Cow<'a, str> {
        match memchr::memchr2(b'%', b'+', self.0.as_bytes()).is_some() {
            true => Cow::Owned(encode::form_decode(self.0)),
            false => Cow::Borrowed(self.0),
        }
    }

    /// A text with what it means behind it.
    pub(crate) fn decoded_behind(self, text: String) -> String {
        encode::form_decode_behind(text, self.0)
    }

    /// Whether it means this.
    pub(crate) fn means(self, expected: &str) -> bool {
        encode::form_means(self.0, expected)
    }
}

/// What a query says under one name.
#[derive(Clone, Copy)]
pub(crate) enum Said<'a> {
    Nothing,
    Once(Encoded<'a>),
    /// RFC 6749 §3.1 forbids it.
    Repeatedly,
}

/// What a query says under some names, in one pass.
pub(crate) fn parameters<'a, const N: usize>(query: &'a str, names: [&str; N]) -> [Said<'a>; N] {
    let mut said = [Said::Nothing; N];
    for pair in pairs(query) {
        let Some((at, value)) = said_by(pair, &names) else {
            continue;
        };
        said[at] = match said[at] {
            Said::Nothing => Said::Once(value),
            _ => Said::Repeatedly,
        };
    }
    said
}

/// Names and values, in order.
pub(crate) fn all(query: &str) -> impl Iterator<Item = (Encoded<'_>, Encoded<'_>)> {
    pairs(query).map(|pair| {
        let (name, value) = cut(pair, b'=');
        (Encoded(name), Encoded(value.unwrap_or_default()))
    })
}

fn pairs(query: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(query);
    std::iter::from_fn(move || {
        let (pair, further) = cut(rest?, b'&');
        rest = further;
        Some(pair)
    })
}

/// Which of the names a pair has, and its value.
fn said_by<'a>(pair: &'a str, names: &[&str]) -> Option<(usize, Encoded<'a>)> {
    // Names are short: a search that takes many bytes at once would begin slower than this one ends.
    let (name, value) = match pair.bytes().position(|byte| byte == b'=') {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => (pair, ""),
    };
    let among = |name: &str| names.iter().position(|own| *own == name);
    // They mostly stand as they are.
    let at = among(name).or_else(|| match Encoded(name).decoded() {
        Cow::Owned(name) => among(&name),
        Cow::Borrowed(_) => None,
    })?;
    Some((at, Encoded(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(query: &str) -> [Option<String>; 2] {
        parameters(query, ["code", "state"]).map(|said| match said {
            Said::Nothing => None,
            Said::Once(value) => Some(value.decoded().into_owned()),
            Said::Repeatedly => Some("twice".to_owned()),
        })
    }

    #[test]
    fn names_and_values_may_be_encoded() {
        let texts = |code: &str, state: &str| [Some(code.to_owned()), Some(state.to_owned())];
        assert_eq!(said("code=a%2Bb&state=c+d"), texts("a+b", "c d"));
        assert_eq!(said("st%61te=%zz&c%6fde"), texts("", "%zz"));
        assert_eq!(
            said("codes=x&cod=y&code&x=code&state=a=b"),
            texts("", "a=b")
        );
        assert_eq!(said("code=a&%63ode=b&state="), texts("twice", ""));
        assert_eq!(said(""), [None, None]);
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
