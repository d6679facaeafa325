//! A JSON parser (RFC 8259) that reads a text once, token by token, without building a tree.
//!
//! It returns the positions of strings, numbers and lists in the text. Skipped values must be valid JSON, too.
//!
//! A parser of this crate saves instructions and allocations: parsing does not allocate. `README.md` in this folder has the
//! figures. The tests `what_is_json_here_is_json_for_serde_json` and `every_value_is_json_until_it_breaks_off` and the fuzz
//! target `response` compare it with serde_json.

#![expect(
    clippy::inline_always,
    reason = "the walk must compile to one loop at each call site: a call for each token would cost more than the token"
)]

pub(crate) mod escapes;
pub(crate) mod lookup;
pub(crate) mod member;
pub(crate) mod paths;
pub(crate) mod scan;

use std::borrow::Cow;

/// The maximum nesting depth of objects and lists.
const MAX_DEPTH: usize = 127;

/// The error for a text that is not valid JSON. [`Json::position`] returns where it stops being valid.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// The position at which a body stops being JSON. Both numbers start at 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The type of a value, with the position of its content.
pub(crate) enum Value<'a> {
    Null,
    Boolean(bool),
    Text(Text),
    Integer(i64),
    /// The text of a number with a fraction, an exponent or more than 18 digits.
    Number(&'a [u8]),
    /// An object, which [`Json::first_member`] enters.
    Object,
    /// A list, which [`Json::first_element`] enters.
    List,
}

/// The position of a string's raw text, between its quotes.
pub(crate) struct Text {
    start: usize,
    end: usize,
    /// Whether the string has escapes. Without them, the raw text is the value.
    pub(crate) escaped: bool,
}

/// A JSON text, and the position of the parser in it.
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

    /// Returns the number of bytes that were read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Skips white space, and returns the number of bytes in front of the next value.
    pub(crate) fn next(&mut self) -> usize {
        self.peek();
        self.at
    }

    /// Returns the line and the column of the current position. Both start at 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        let before = &self.text[..self.at.min(self.text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        (line, before.len() - line_start + 1)
    }

    /// Checks that only white space follows.
    pub(crate) fn end(&mut self) -> Result<(), Broken> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Broken),
        }
    }

    /// Reads the next value. Stops in front of the bracket of an object or a list.
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

    /// Reads the next value if it is a string without escapes, and returns it as a slice of `text`, which is the parsed
    /// text. Does not read any other value.
    #[inline(always)]
    pub(crate) fn plain_text(&mut self, text: &'a str) -> Option<&'a str> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = plain_end(self.text, start);
        if self.text.get(end) != Some(&b'"') {
            return None;
        }
        let plain = text.get(start..)?.get(..end - start)?;
        self.at = end + 1;
        Some(plain)
    }

    /// Returns the raw text of a string, without its quotes.
    #[inline(always)]
    pub(crate) fn written(&self, text: &Text) -> &'a [u8] {
        &self.text[text.start..text.end]
    }

    /// Decodes a string. Returns `None` if it is not valid UTF-8 or has half of a surrogate pair.
    pub(crate) fn meaning(&self, text: &Text) -> Option<Cow<'a, str>> {
        let written = self.written(text);
        match text.escaped {
            true => escapes::decoded(written).map(Cow::Owned),
            false => std::str::from_utf8(written).ok().map(Cow::Borrowed),
        }
    }

    /// Enters the object at the current position, and returns whether it has a member.
    #[inline(always)]
    pub(crate) fn first_member(&mut self) -> Result<bool, Broken> {
        self.first(b'}')
    }

    /// Reads the comma or the bracket after a member's value, and returns whether another member follows. If none does, the
    /// parser has left the object.
    #[inline(always)]
    pub(crate) fn next_member(&mut self) -> Result<bool, Broken> {
        self.next_before(b'}')
    }

    /// Reads the name of a member and the colon after it. The value is next.
    #[inline(always)]
    pub(crate) fn name(&mut self) -> Result<Text, Broken> {
        let name = match self.peek() {
            Some(b'"') => self.string()?,
            _ => return Err(Broken),
        };
        self.colon()?;
        Ok(name)
    }

    /// Returns the text after the opening quote of a member's name, without reading the name.
    #[inline(always)]
    pub(crate) fn name_ahead(&mut self) -> Result<&'a [u8], Broken> {
        match self.peek() {
            Some(b'"') => Ok(&self.text[self.at + 1..]),
            _ => Err(Broken),
        }
    }

    /// Skips a member's name of `len` bytes, and the colon after it.
    #[inline(always)]
    pub(crate) fn pass_name(&mut self, len: usize) -> Result<(), Broken> {
        self.at += len + 2;
        self.colon()
    }

    #[inline(always)]
    fn colon(&mut self) -> Result<(), Broken> {
        match self.peek() {
            Some(b':') => self.at += 1,
            _ => return Err(Broken),
        }
        Ok(())
    }

    /// Enters the list at the current position, and returns whether it has an element.
    #[inline(always)]
    pub(crate) fn first_element(&mut self) -> Result<bool, Broken> {
        self.first(b']')
    }

    /// Reads the comma or the bracket after an element, and returns whether another element follows. If none does, the
    /// parser has left the list.
    #[inline(always)]
    pub(crate) fn next_element(&mut self) -> Result<bool, Broken> {
        self.next_before(b']')
    }

    #[inline(always)]
    fn first(&mut self, end: u8) -> Result<bool, Broken> {
        if self.depth == MAX_DEPTH {
            return Err(Broken);
        }
        self.at += 1;
        let is_empty = self.peek() == Some(end);
        match is_empty {
            true => self.at += 1,
            false => self.depth += 1,
        }
        Ok(!is_empty)
    }

    #[inline(always)]
    fn next_before(&mut self, end: u8) -> Result<bool, Broken> {
        let next = self.peek();
        let is_end = next == Some(end);
        if !is_end && next != Some(b',') {
            return Err(Broken);
        }
        self.at += 1;
        self.depth -= usize::from(is_end);
        Ok(!is_end)
    }

    /// Skips the next value.
    pub(crate) fn skip(&mut self) -> Result<(), Broken> {
        match self.value()? {
            Value::Object => {
                let mut more = self.first_member()?;
                while more {
                    self.name()?;
                    self.skip()?;
                    more = self.next_member()?;
                }
            }
            Value::List => {
                let mut more = self.first_element()?;
                while more {
                    self.skip()?;
                    more = self.next_element()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Skips white space, and returns the next byte without reading it.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        let mut at = self.at;
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(at) {
            at += 1;
        }
        self.at = at;
        self.text.get(at).copied()
    }

    fn word(&mut self, word: &str) -> Result<(), Broken> {
        match self.text[self.at..].starts_with(word.as_bytes()) {
            true => self.at += word.len(),
            false => return Err(Broken),
        }
        Ok(())
    }

    /// Reads the string whose opening quote is next.
    #[inline(always)]
    fn string(&mut self) -> Result<Text, Broken> {
        let start = self.at + 1;
        self.at = plain_end(self.text, start);
        let escaped = self.text.get(self.at) != Some(&b'"');
        if escaped {
            self.escapes()?;
        }
        let end = self.at;
        self.at += 1;
        Ok(Text {
            start,
            end,
            escaped,
        })
    }

    /// Skips the rest of a string from an escape on, up to its closing quote.
    #[cold]
    fn escapes(&mut self) -> Result<(), Broken> {
        loop {
            self.at += match &self.text[self.at..] {
                [b'"', ..] => return Ok(()),
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    ..,
                ] => 2,
                [b'\\', b'u', digits @ ..] if digits.len() >= 4 && is_hex(&digits[..4]) => 6,
                _ => return Err(Broken),
            };
            self.at = plain_end(self.text, self.at);
        }
    }

    /// Reads the number whose first character is next.
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
            _ if whole.count <= Digits::MAX_COUNT => {
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

    /// Reads one or more digits.
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

    /// Skips the next byte if it is of this kind, and returns whether it is.
    #[inline(always)]
    fn pass(&mut self, kind: impl Fn(u8) -> bool) -> bool {
        let passes = self.text.get(self.at).is_some_and(|&byte| kind(byte));
        self.at += usize::from(passes);
        passes
    }
}

/// A run of digits.
struct Digits {
    count: usize,
    /// The number that the digits form. It is valid for at most [`Digits::MAX_COUNT`] digits.
    number: i64,
}

impl Digits {
    /// The maximum number of digits that cannot overflow an `i64`.
    const MAX_COUNT: usize = 18;
}

fn is_hex(digits: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_hexdigit)
}

/// Returns the position of the first quote, backslash or control character from `start` on, or the end of the text.
#[inline(never)]
fn plain_end(text: &[u8], start: usize) -> usize {
    let mut at = start;
    // Most strings are short.
    while let Some(word) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let ends = scan::ends_of_json_text(u64::from_le_bytes(*word));
        if ends != 0 {
            return at + scan::place(ends);
        }
        at += 8;
        if at - start == 32 {
            return at + long_run(&text[at..]);
        }
    }
    at + scan::end_of_json_text_in_few(&text[at..], text.last_chunk())
}

/// Returns the length of the text before its first quote, backslash or control character. Checks 16 bytes at a time, then
/// eight.
#[inline(never)]
fn long_run(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((many, further)) = rest.split_first_chunk::<16>()
        && !many.iter().fold(false, |any, &byte| any | ends(byte))
    {
        rest = further;
    }
    let last = scan::first(rest, scan::ends_of_json_text);
    text.len() - rest.len() + last.unwrap_or(rest.len())
}

/// Returns whether a byte is a quote, a backslash or a control character.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each comparison"
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

    /// A strategy for texts that are JSON, or nearly.
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
        fn plain_text_ends_at_the_first_byte_that_ends_it(text in proptest::collection::vec(any::<u8>(), 0..70)) {
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
            for start in 0..=text.len() {
                let place = text[start..].iter().position(ends).map_or(text.len(), |place| start + place);
                prop_assert_eq!(plain_end(&text, start), place);
            }
        }
    }
}
