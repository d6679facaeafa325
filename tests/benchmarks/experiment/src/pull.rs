//! A reader of JSON (RFC 8259) that goes over a body once and keeps the members that are asked for.
//!
//! As strict as `serde_json`: the whole body is read, and a member that comes twice is told apart.

use std::borrow::Cow;

pub type Path = &'static [&'static str];

/// What stands at a path.
#[derive(Default)]
pub enum Found<'a> {
    #[default]
    Missing,
    Null,
    Text(Cow<'a, str>),
    Number(&'a str),
    Boolean(bool),
    List,
    Object,
    Repeated,
}

/// As deep as a body may go.
const DEEPEST: usize = 100;

/// The members at `paths`, in the same order; `None` where the body is no JSON.
pub fn read<const N: usize>(body: &[u8], paths: [Path; N]) -> Option<[Found<'_>; N]> {
    let text = std::str::from_utf8(body).ok()?;
    let mut found: [Found<'_>; N] = std::array::from_fn(|_| Found::Missing);
    let mut reader = Reader {
        text,
        at: 0,
        paths: &paths,
        found: &mut found,
    };
    reader.value((1 << N) - 1, 0)?;
    reader.space();
    (reader.at == body.len()).then_some(found)
}

struct Reader<'r, 'a> {
    text: &'a str,
    at: usize,
    paths: &'r [Path],
    found: &'r mut [Found<'a>],
}

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Goes past `byte`, if it is next.
    fn past(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        self.at += usize::from(next);
        next
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += word.len();
        rest.starts_with(word.as_bytes()).then_some(())
    }

    /// Of the paths in `wanted`, those whose next name is `name`.
    fn step(&self, mut wanted: u64, depth: usize, name: &str) -> u64 {
        let mut on = 0;
        while wanted != 0 {
            let index = wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            on |= u64::from(self.paths[index].get(depth) == Some(&name)) << index;
        }
        on
    }

    /// Gives what was found to the paths in `wanted` that end here.
    fn put(&mut self, mut wanted: u64, depth: usize, mut found: impl FnMut() -> Found<'a>) {
        while wanted != 0 {
            let index = wanted.trailing_zeros() as usize;
            wanted &= wanted - 1;
            if self.paths[index].len() == depth {
                self.found[index] = match self.found[index] {
                    Found::Missing => found(),
                    _ => Found::Repeated,
                };
            }
        }
    }

    fn value(&mut self, wanted: u64, depth: usize) -> Option<()> {
        self.space();
        match self.peek()? {
            b'{' if depth < DEEPEST => self.object(wanted, depth),
            b'[' if depth < DEEPEST => self.list(wanted, depth),
            b'"' => {
                let text = self.string()?;
                self.put(wanted, depth, || Found::Text(text.clone()));
                Some(())
            }
            b't' => {
                self.put(wanted, depth, || Found::Boolean(true));
                self.literal("true")
            }
            b'f' => {
                self.put(wanted, depth, || Found::Boolean(false));
                self.literal("false")
            }
            b'n' => {
                self.put(wanted, depth, || Found::Null);
                self.literal("null")
            }
            _ => {
                let number = self.number()?;
                self.put(wanted, depth, || Found::Number(number));
                Some(())
            }
        }
    }

    fn object(&mut self, wanted: u64, depth: usize) -> Option<()> {
        self.at += 1;
        self.put(wanted, depth, || Found::Object);
        self.space();
        if self.past(b'}') {
            return Some(());
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return None;
            }
            let name = self.string()?;
            let on = self.step(wanted, depth, &name);
            self.space();
            if !self.past(b':') {
                return None;
            }
            self.value(on, depth + 1)?;
            self.space();
            if !self.past(b',') {
                return self.past(b'}').then_some(());
            }
        }
    }

    fn list(&mut self, wanted: u64, depth: usize) -> Option<()> {
        self.at += 1;
        self.put(wanted, depth, || Found::List);
        self.space();
        if self.past(b']') {
            return Some(());
        }
        for index in 0_usize.. {
            let on = match wanted {
                0 => 0,
                _ => self.step(wanted, depth, &index.to_string()),
            };
            self.value(on, depth + 1)?;
            self.space();
            if !self.past(b',') {
                return self.past(b']').then_some(());
            }
        }
        None
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.past(b'-');
        if !self.past(b'0') {
            self.digits()?;
        }
        if self.past(b'.') {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let _sign = self.past(b'-') || self.past(b'+');
            self.digits()?;
        }
        Some(&self.text[start..self.at])
    }

    /// The string that begins here; borrowed unless it has escapes.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        self.at = plain_until(self.text.as_bytes(), start);
        if self.past(b'"') {
            return Some(Cow::Borrowed(&self.text[start..self.at - 1]));
        }
        let mut out = self.text[start..self.at].to_owned();
        loop {
            if self.past(b'"') {
                return Some(Cow::Owned(out));
            }
            if !self.past(b'\\') {
                return None;
            }
            out.push(self.escape()?);
            let start = self.at;
            self.at = plain_until(self.text.as_bytes(), start);
            out.push_str(&self.text[start..self.at]);
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.four()?;
                if !(0xd800..0xdc00).contains(&first) {
                    return char::from_u32(first);
                }
                self.literal("\\u")?;
                let second = self.four()?;
                let low = (0xdc00..0xe000).contains(&second);
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second & 0x3ff))
                    .filter(|_| low);
            }
            _ => return None,
        })
    }

    fn four(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        self.at += 4;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)
    }
}

/// Where the next quote, backslash or control character is, or the end: eight bytes at a time.
fn plain_until(bytes: &[u8], start: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let mut at = start;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
        let quote = word ^ (ONES * u64::from(b'"'));
        let backslash = word ^ (ONES * u64::from(b'\\'));
        let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
        let hits = (below(quote, 1) | below(backslash, 1) | below(word, 32)) & (ONES << 7);
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let tail = &bytes[at..];
    let plain = |byte: &u8| *byte != b'"' && *byte != b'\\' && *byte >= 32;
    at + tail
        .iter()
        .position(|byte| !plain(byte))
        .unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_takes_serde_json_takes() {
        for body in [
            "{}",
            "[]",
            " {\"a\" : [1, -0.5e+3, {\"b\":null}] } ",
            "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\"}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":01}",
            "{\"a\":1.}",
            "{\"a\":.5}",
            "{\"a\"}",
            "{,}",
            "[1,]",
            "{\"a\":1,}",
            "{\"a\":\"\n\"}",
            "{\"a\":tru}",
            "{\"a\":true",
            "1 2",
            "",
            "\"long enough for a word\\t and more\"",
            "{\"a\":\"\\u+0ff\"}",
            "nullx",
            "-",
            "[[[[]]]]",
            "\"\\x\"",
            "{\"a\":\"unfinished and long",
        ] {
            let ours = read(body.as_bytes(), [&["a"]]);
            let theirs = serde_json::from_str::<serde_json::Value>(body);
            assert_eq!(ours.is_some(), theirs.is_ok(), "{body}");
            let text = ours.and_then(|[found]| match found {
                Found::Text(text) => Some(text.into_owned()),
                _ => None,
            });
            let expected = theirs
                .ok()
                .and_then(|value| value["a"].as_str().map(str::to_owned));
            assert_eq!(text, expected, "{body}");
        }
    }
}
