//! Walking a JSON text (RFC 8259) once, token by token, without building a tree.
//!
//! In: bytes. Out: where strings, numbers and lists stand in them; what nobody asked for is passed over, but is
//! JSON all the same. The walk allocates nothing.

#![expect(
    clippy::inline_always,
    reason = "walking becomes one loop where it is asked for: a call for each token would cost more than it"
)]

use std::borrow::Cow;

use crate::scan;

/// How deep objects and lists may stand in one another.
const DEEPEST: usize = 127;

/// That the text is no JSON; where it stops to be, [`Json::position`] says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// What a value is, and where its parts stand.
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Text(Text<'a>),
    Integer(i64),
    /// A number with a fraction or an exponent, or a long one, as it is written.
    Number(&'a [u8]),
    /// To be walked with [`Json::members`].
    Object,
    /// To be walked with [`Json::elements`].
    List,
}

/// A string as it is written, between its quotes.
#[derive(Clone, Copy)]
pub(crate) enum Text<'a> {
    /// It means itself.
    Plain(&'a [u8]),
    /// It has escapes.
    Escaped(&'a [u8]),
}

impl<'a> Text<'a> {
    /// What it means; nothing if that is no text: no UTF-8, or half of a surrogate pair.
    pub(crate) fn meaning(self) -> Option<Cow<'a, str>> {
        match self {
            Text::Plain(plain) => std::str::from_utf8(plain).ok().map(Cow::Borrowed),
            Text::Escaped(escaped) => {
                let quoted = [b"\"", escaped, b"\""].concat();
                serde_json::from_slice(&quoted).ok().map(Cow::Owned)
            }
        }
    }
}

/// A JSON text that is being walked.
pub(crate) struct Json<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Json<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Json<'a> {
        Json {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// How many bytes were walked.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The same, up to where the next value begins.
    pub(crate) fn next(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Line and column of where the walk is, both from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        let before = &self.text[..self.at.min(self.text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        (line, before.len() - line_start + 1)
    }

    /// That nothing else follows.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Broken),
        }
    }

    /// The next value; of an object or a list the bracket only.
    #[inline(always)]
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Broken> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'{') => Ok(Value::Object),
            Some(b'[') => Ok(Value::List),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true").map(|()| Value::Boolean(true)),
            Some(b'f') => self.word("false").map(|()| Value::Boolean(false)),
            Some(b'n') => self.word("null").map(|()| Value::Null),
            _ => Err(Broken),
        }
    }

    /// The members of an object whose bracket was seen: `each` is given the name and walks the value.
    #[inline(always)]
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, Text<'a>) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.between(b'}', |json| {
            match json.peek() {
                Some(b'"') => {}
                _ => return Err(Broken),
            }
            let name = json.string()?;
            match json.peek() {
                Some(b':') => json.at += 1,
                _ => return Err(Broken),
            }
            each(json, name)
        })
    }

    /// The elements of a list whose bracket was seen: `each` walks one.
    #[inline(always)]
    pub(crate) fn elements(
        &mut self,
        each: impl FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        self.between(b']', each)
    }

    #[inline(always)]
    fn between(
        &mut self,
        end: u8,
        mut each: impl FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if self.depth == DEEPEST {
            return Err(Broken);
        }
        self.depth += 1;
        self.at += 1;
        if self.peek() != Some(end) {
            loop {
                each(self)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == end => break,
                    _ => return Err(Broken),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    /// Passes over the next value.
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        match self.value()? {
            Value::Object => self.members(|json, _| json.skip()),
            Value::List => self.elements(Json::skip),
            _ => Ok(()),
        }
    }

    /// The byte that comes next, after white space.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        match self.text[self.at..].starts_with(word.as_bytes()) {
            true => self.at += word.len(),
            false => return Err(Broken),
        }
        Ok(())
    }

    /// The string whose first quote is next.
    #[inline(always)]
    fn string(&mut self) -> Result<Text<'a>, Broken> {
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.at += short_run(&self.text[self.at..]);
            match self.text.get(self.at) {
                Some(b'"') => {
                    let between = &self.text[start..self.at];
                    self.at += 1;
                    return Ok(match escaped {
                        false => Text::Plain(between),
                        true => Text::Escaped(between),
                    });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Broken),
            }
        }
    }

    #[cold]
    fn escape(&mut self) -> Result<(), Broken> {
        let len = match &self.text[self.at + 1..] {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', digits @ ..] if digits.len() >= 4 && is_hex(&digits[..4]) => 6,
            _ => return Err(Broken),
        };
        self.at += len;
        Ok(())
    }

    /// The number whose first character is next.
    #[inline(always)]
    fn number(&mut self) -> Result<Value<'a>, Broken> {
        let start = self.at;
        let negative = self.pass(|byte| byte == b'-');
        let whole = self.digits()?;
        if whole.count > 1 && self.text[self.at - whole.count] == b'0' {
            self.at -= whole.count - 1;
            return Err(Broken);
        }
        match self.text.get(self.at) {
            Some(b'.' | b'e' | b'E') => self.fraction()?,
            _ if whole.count <= Digits::MOST => {
                let sign = if negative { -1 } else { 1 };
                return Ok(Value::Integer(sign * whole.number));
            }
            _ => {}
        }
        Ok(Value::Number(&self.text[start..self.at]))
    }

    #[cold]
    fn fraction(&mut self) -> Result<(), Broken> {
        if self.pass(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.pass(|byte| byte == b'e' || byte == b'E') {
            self.pass(|byte| byte == b'+' || byte == b'-');
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    #[inline(always)]
    fn digits(&mut self) -> Result<Digits, Broken> {
        let start = self.at;
        let mut number = 0_i64;
        while let Some(byte @ b'0'..=b'9') = self.text.get(self.at) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(byte - b'0'));
            self.at += 1;
        }
        match self.at - start {
            0 => Err(Broken),
            count => Ok(Digits { count, number }),
        }
    }

    /// Passes over a byte of this kind, if it is next.
    #[inline(always)]
    fn pass(&mut self, kind: impl Fn(u8) -> bool) -> bool {
        let passes = self.text.get(self.at).is_some_and(|&byte| kind(byte));
        self.at += usize::from(passes);
        passes
    }
}

/// Digits in a row.
struct Digits {
    count: usize,
    /// What they say together, if they are not too many.
    number: i64,
}

impl Digits {
    /// So many digits never overflow.
    const MOST: usize = 18;
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

/// How many bytes of a string go on without a quote, a backslash or a control character: most strings are short.
#[inline(always)]
fn short_run(text: &[u8]) -> usize {
    if let Some((many, further)) = text.split_first_chunk::<16>() {
        for (at, word) in many.as_chunks().0.iter().enumerate() {
            let ends = scan::ends_of_json_text(u64::from_le_bytes(*word));
            if ends != 0 {
                return 8 * at + scan::place(ends);
            }
        }
        return many.len() + run(further);
    }
    run(text)
}

/// The same of a long string: many bytes at once, then eight at once.
#[inline(never)]
fn run(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((many, further)) = rest.split_first_chunk::<16>()
        && !many.iter().fold(false, |any, &byte| any | ends(byte))
    {
        rest = further;
    }
    let last = scan::first(rest, scan::ends_of_json_text);
    text.len() - rest.len() + last.unwrap_or(rest.len())
}

/// Whether a byte of a string ends a run of plain ones.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "a branch for each comparison is what this avoids"
)]
#[inline(always)]
const fn ends(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn is_json(text: &[u8]) -> bool {
        let mut json = Json::new(text);
        json.skip().and_then(|()| json.end()).is_ok()
    }

    #[test]
    fn what_is_no_json_is_told_by_its_place() {
        for (text, place) in [
            ("", (1, 1)),
            ("{\"a\":1,}", (1, 8)),
            ("{\n  \"a\": tru\n}", (2, 8)),
            ("[1 2]", (1, 4)),
            ("\"a\nb\"", (1, 3)),
            ("\"\\x\"", (1, 2)),
            ("01", (1, 2)),
            ("{} {}", (1, 4)),
        ] {
            let mut json = Json::new(text.as_bytes());
            let walked = json.skip().and_then(|()| json.end());
            assert_eq!((walked, json.position()), (Err(Broken), place), "{text:?}");
        }
    }

    #[test]
    fn deep_texts_are_refused_where_serde_json_refuses_them() {
        for depth in [126, 127, 128, 100_000] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            let other = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            assert_eq!(is_json(text.as_bytes()), other, "{depth}");
        }
    }

    /// Texts that are JSON or nearly.
    fn nearly_json() -> impl Strategy<Value = String> {
        let tokens = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            " ",
            "\n",
            "\"a\"",
            "\"",
            "\\",
            "\\u00e9",
            "\\ud800",
            "\\\"",
            "x",
            "é",
            "\u{1}",
            "0",
            "-1",
            "1.5",
            "2e+9",
            "1.",
            "true",
            "false",
            "null",
            "12345678901234567890",
        ];
        proptest::collection::vec(proptest::sample::select(tokens.to_vec()), 0..12)
            .prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn what_is_json_here_is_json_for_serde_json(text in nearly_json()) {
            prop_assert_eq!(is_json(text.as_bytes()), serde_json::from_str::<&RawValue>(&text).is_ok());
        }

        #[test]
        fn every_value_is_json_until_it_breaks_off(text in ".*", number in any::<f64>(), cut in any::<usize>()) {
            let value = serde_json::json!({ "a": [text, number, { "b": null }], "c": true });
            let text = serde_json::to_string_pretty(&value).unwrap();
            prop_assert!(is_json(text.as_bytes()));
            prop_assert!(!is_json(&text.as_bytes()[..cut % text.len()]));
        }

        #[test]
        fn a_run_ends_at_the_first_byte_that_ends_it(text in proptest::collection::vec(any::<u8>(), 0..40)) {
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            prop_assert_eq!(short_run(&text), text.iter().position(ends).unwrap_or(text.len()));
        }
    }
}
