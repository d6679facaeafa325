//! How a value is written where it stands: form field, path segment, JSON string, or as it is.
//!
//! Each encoder appends to a string whose capacity was computed with the length function beside it,
//! so that a whole request costs one allocation. The alphabets are those of the WHATWG form
//! serializer and of RFC 3986; property tests hold them against other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Each byte as `%` and its two digits.
static PERCENT: &str = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    const BYTES: [u8; 768] = {
        let mut bytes = [b'%'; 768];
        let mut byte = 0;
        while byte < 256 {
            bytes[3 * byte + 1] = DIGITS[byte >> 4];
            bytes[3 * byte + 2] = DIGITS[byte & 15];
            byte += 1;
        }
        bytes
    };
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("digits are text"),
    }
};

/// Which bytes stay as they are in a form value: `* - . 0-9 A-Z _ a-z`.
static FORM: [bool; 256] = unreserved(b"*-._");

/// Which bytes stay as they are in a path segment: RFC 3986 `unreserved`.
static SEGMENT: [bool; 256] = unreserved(b"-._~");

/// Which bytes stay as they are in a JSON string (RFC 8259 §7).
static JSON: [bool; 256] = {
    let mut table = [true; 256];
    let mut byte = 0;
    while byte < 32 {
        table[byte] = false;
        byte += 1;
    }
    table[b'"' as usize] = false;
    table[b'\\' as usize] = false;
    table
};

const fn unreserved(marks: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
}

/// So many bytes are looked at in one step.
const STEP: usize = 16;

/// How many bytes are not plain, without a branch for each: the compiler makes a few wide instructions of a step.
fn other_than(plain: impl Fn(u8) -> bool, text: &str) -> usize {
    let count = |step: &[u8; STEP]| {
        usize::from(step.iter().map(|&byte| u8::from(!plain(byte))).sum::<u8>())
    };
    let (steps, rest) = text.as_bytes().as_chunks();
    let mut last = [b'a'; STEP];
    last[..rest.len()].copy_from_slice(rest);
    steps.iter().map(count).sum::<usize>() + count(&last)
}

/// Letters, digits, `-`, `.` and `_`, which every alphabet here lets be: ids, codes, tokens and verifiers mostly
/// have no others.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "a branch for each comparison is what this avoids"
)]
const fn is_plain(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-') | (byte == b'.') | (byte == b'_')
}

/// Whether a text goes out as it is, wherever it stands.
pub(crate) fn is_plain_text(text: &str) -> bool {
    other_than(is_plain, text) == 0
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "a branch for each comparison is what this avoids"
)]
const fn is_plain_in_json(byte: u8) -> bool {
    (byte >= 0x20) & (byte != b'"') & (byte != b'\\')
}

/// Appends the runs of `text` that stay as they are, and lets `escape` write each byte of a character that does
/// not.
fn escaped(out: &mut String, text: &str, stays: &[bool; 256], escape: impl Fn(&mut String, u8)) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !stays[usize::from(byte)]) {
        let (run, other) = rest.split_at(at);
        out.push_str(run);
        let len = other.chars().next().map_or(0, char::len_utf8);
        let (character, further) = other.split_at(len);
        character.bytes().for_each(|byte| escape(out, byte));
        rest = further;
    }
    out.push_str(rest);
}

fn percent(out: &mut String, byte: u8) {
    let at = 3 * usize::from(byte);
    out.push_str(&PERCENT[at..at + 3]);
}

/// The length of `text` as a form value, or more; it is the text's own only if the text stays as it is.
pub(crate) fn form_len(text: &str) -> usize {
    text.len() + 2 * other_than(is_plain, text)
}

/// Appends `text` as a form value: a space becomes `+`.
pub(crate) fn form(out: &mut String, text: &str) {
    escaped(out, text, &FORM, |out, byte| match byte {
        b' ' => out.push('+'),
        _ => percent(out, byte),
    });
}

/// The length of `text` as one path segment, or more.
pub(crate) fn segment_len(text: &str) -> usize {
    form_len(text)
}

/// Appends `text` as one path segment: a slash does not survive as a slash.
pub(crate) fn segment(out: &mut String, text: &str) {
    escaped(out, text, &SEGMENT, percent);
}

/// The length of `text` between the quotes of a JSON string, or more; it is the text's own only if the text
/// stays as it is.
pub(crate) fn json_len(text: &str) -> usize {
    text.len() + 5 * other_than(is_plain_in_json, text)
}

/// Appends `text` as it stands between the quotes of a JSON string (RFC 8259 §7).
pub(crate) fn json(out: &mut String, text: &str) {
    escaped(out, text, &JSON, |out, byte| match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        _ => {
            let at = 3 * usize::from(byte);
            out.push_str("\\u00");
            out.push_str(&PERCENT[at + 1..at + 3]);
        }
    });
}

/// The length of `text` in a header, or more; it is the text's own only if the text stays as it is.
pub(crate) fn header_len(text: &str) -> usize {
    // What replaces a line break is no longer than that.
    text.len() + usize::from(memchr::memchr(b'\n', text.as_bytes()).is_some())
}

/// Appends `text` as a header's value. RFC 9110 §5.5 lets no line break into it. The character in its place is
/// not let in either: the request fails where it is sent, and says no header more than it should.
pub(crate) fn header(out: &mut String, text: &str) {
    for (index, line) in text.split('\n').enumerate() {
        out.push_str(if index == 0 { "" } else { "\u{7f}" });
        out.push_str(line);
    }
}

/// The credential of an `Authorization: Basic` header as RFC 6749 §2.3.1 wants it: both halves
/// form-encoded, then joined by a colon, then base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let len = form_len(client_id) + 1 + form_len(client_secret);
    let mut pair = zeroize::Zeroizing::new(String::with_capacity(len));
    form(&mut pair, client_id);
    pair.push(':');
    form(&mut pair, client_secret);
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// The same without form-encoding, as RFC 7617 alone would have it.
pub(crate) fn basic_raw(client_id: &str, client_secret: &str) -> String {
    let pair = zeroize::Zeroizing::new(format!("{client_id}:{client_secret}"));
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// A form value as a text of its own.
pub(crate) fn form_encode(text: &str) -> String {
    let mut out = String::with_capacity(form_len(text));
    form(&mut out, text);
    out
}

/// Decodes one form component; bytes that are no UTF-8 become replacement characters.
pub(crate) fn form_decode(text: &str) -> String {
    form_decode_behind(String::with_capacity(text.len()), text)
}

/// The same behind a text.
pub(crate) fn form_decode_behind(text: String, encoded: &str) -> String {
    let mut bytes = text.into_bytes();
    let mut rest = encoded.as_bytes();
    while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
        let (run, marked) = rest.split_at(at);
        bytes.extend_from_slice(run);
        let (byte, further) = form_byte(marked);
        bytes.push(byte);
        rest = further;
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Whether one form component decodes to this text.
pub(crate) fn form_means(encoded: &str, expected: &str) -> bool {
    let (mut rest, mut expected) = (encoded.as_bytes(), expected.as_bytes());
    while let Some(at) = rest.iter().position(|&byte| byte == b'%' || byte == b'+') {
        let (run, marked) = rest.split_at(at);
        let (byte, further) = form_byte(marked);
        expected = match expected.strip_prefix(run) {
            Some([first, expected @ ..]) if *first == byte => expected,
            _ => return false,
        };
        rest = further;
    }
    rest == expected
}

/// The first byte of a form component, decoded, and what follows it.
fn form_byte(text: &[u8]) -> (u8, &[u8]) {
    match text {
        [b'+', rest @ ..] => (b' ', rest),
        [b'%', rest @ ..] => unescaped(rest).map_or((b'%', rest), |byte| (byte, &rest[2..])),
        [byte, rest @ ..] => (*byte, rest),
        [] => (0, text),
    }
}

fn unescaped(tail: &[u8]) -> Option<u8> {
    let high = char::from(*tail.first()?).to_digit(16)?;
    let low = char::from(*tail.get(1)?).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(encoder: fn(&mut String, &str), text: &str) -> String {
        let mut out = String::new();
        encoder(&mut out, text);
        out
    }

    #[test]
    fn basic_form_encodes_both_halves_and_raw_does_not() {
        assert_eq!(
            basic("s6BhdRkqt3", "gX1fBat3bV"),
            "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
        );
        assert_eq!(
            basic("a:b", "c d"),
            format!("Basic {}", STANDARD.encode("a%3Ab:c+d"))
        );
        assert_eq!(
            basic_raw("a", "c d"),
            format!("Basic {}", STANDARD.encode("a:c d"))
        );
    }

    proptest! {
        #[test]
        fn a_form_value_comes_back_as_it_went(text in ".*") {
            let out = written(form, &text);
            prop_assert_eq!(form_decode(&out), text.clone());
            prop_assert!(out.len() <= form_len(&text));
            prop_assert!(form_len(&text) > text.len() || out == text);
            prop_assert!(out.bytes().all(|byte| FORM[usize::from(byte)] || byte == b'%' || byte == b'+'));
        }

        #[test]
        fn a_segment_never_ends_its_path(text in ".*") {
            let out = written(segment, &text);
            prop_assert!(out.len() <= segment_len(&text));
            prop_assert!(!out.contains(['/', '?', '#', ' ']));
        }

        #[test]
        fn a_json_string_reads_back(text in ".*") {
            let out = written(json, &text);
            prop_assert!(out.len() <= json_len(&text));
            prop_assert!(json_len(&text) > text.len() || out == text);
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{out}\"")).unwrap(), text);
        }

        #[test]
        fn a_component_means_what_it_decodes_to(text in "[%+a-f0-9é]*", other in ".*") {
            let decoded = form_decode(&text);
            prop_assert!(form_means(&text, &decoded) || decoded.contains(char::REPLACEMENT_CHARACTER));
            prop_assert_eq!(form_means(&text, &other), decoded == other);
            prop_assert!(form_means(&form_encode(&other), &other));
        }
    }
}
