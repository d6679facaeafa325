//! How a value is written where it stands: form field, path segment, JSON string, or as it is.
//!
//! Each encoder appends to a string whose capacity was computed with the length function beside it,
//! so that a whole request costs one allocation. The alphabets are those of the WHATWG form
//! serializer and of RFC 3986; property tests hold them against other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// How many bytes each byte becomes as a form value: 1 for `* - . 0-9 A-Z _ a-z`, which stay, and for the
/// space, which does not; its high bit tells it apart in one comparison.
static FORM: [u8; 256] = {
    let mut table = widths(b"*-._");
    table[b' ' as usize] = 1 | BECOMES_ANOTHER;
    table
};

const BECOMES_ANOTHER: u8 = 0x80;

/// How many bytes each byte becomes in a path segment: 1 for RFC 3986 `unreserved`.
static SEGMENT: [u8; 256] = widths(b"-._~");

/// How many bytes each byte becomes in a JSON string (RFC 8259 §7).
static JSON: [u8; 256] = json_widths();

const fn widths(marks: &[u8]) -> [u8; 256] {
    let mut table = [3; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = 1;
        }
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = 1;
        mark += 1;
    }
    table
}

const fn json_widths() -> [u8; 256] {
    let mut table = [1; 256];
    let mut byte = 0;
    while byte < 32 {
        table[byte] = 6;
        byte += 1;
    }
    let mut mark = 0;
    let short = b"\"\\\n\r\t";
    while mark < short.len() {
        table[short[mark] as usize] = 2;
        mark += 1;
    }
    table
}

fn width(text: &str, table: &[u8; 256]) -> usize {
    if all_stay(text) {
        return text.len();
    }
    text.bytes()
        .map(|byte| usize::from(table[usize::from(byte)] & !BECOMES_ANOTHER))
        .sum()
}

/// So many bytes are looked at in one step.
const STEP: usize = 16;

/// Whether a text goes out as it is, wherever it stands: letters, digits, `-`, `.` and `_`, which all
/// alphabets here let be. Ids, codes, tokens and verifiers mostly do.
fn all_stay(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let last = bytes.last_chunk::<STEP>();
    steps.iter().all(step_stays)
        && match last {
            Some(last) => step_stays(last),
            None => rest.iter().all(|&byte| stays(byte)),
        }
}

/// Without a branch for each byte, so that the compiler makes a few wide instructions of it.
fn step_stays(step: &[u8; STEP]) -> bool {
    step.iter().fold(true, |all, &byte| all & stays(byte))
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "a branch for each comparison is what this avoids"
)]
const fn stays(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-') | (byte == b'.') | (byte == b'_')
}

/// Appends the runs of `text` that stay as they are, and lets `escape` write each byte that does not.
fn escaped(out: &mut String, text: &str, table: &[u8; 256], escape: impl Fn(&mut String, u8)) {
    if all_stay(text) {
        return out.push_str(text);
    }
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if table[usize::from(byte)] == 1 {
            continue;
        }
        // A run ends in front of ASCII or of a character's first byte; between a character's bytes it is empty.
        out.push_str(text.get(start..at).unwrap_or_default());
        escape(out, byte);
        start = at + 1;
    }
    out.push_str(text.get(start..).unwrap_or_default());
}

fn digits(out: &mut String, byte: u8) {
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

fn percent(out: &mut String, byte: u8) {
    out.push('%');
    digits(out, byte);
}

/// The length of `text` as a form value.
pub(crate) fn form_len(text: &str) -> usize {
    width(text, &FORM)
}

/// Appends `text` as a form value: a space becomes `+`.
pub(crate) fn form(out: &mut String, text: &str) {
    escaped(out, text, &FORM, |out, byte| match byte {
        b' ' => out.push('+'),
        _ => percent(out, byte),
    });
}

/// The length of `text` as one path segment.
pub(crate) fn segment_len(text: &str) -> usize {
    width(text, &SEGMENT)
}

/// Appends `text` as one path segment: a slash does not survive as a slash.
pub(crate) fn segment(out: &mut String, text: &str) {
    escaped(out, text, &SEGMENT, percent);
}

/// The length of `text` between the quotes of a JSON string.
pub(crate) fn json_len(text: &str) -> usize {
    width(text, &JSON)
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
            out.push_str("\\u00");
            digits(out, byte);
        }
    });
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
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr2(b'%', b'+', rest) {
        bytes.extend_from_slice(&rest[..at]);
        let tail = &rest[at + 1..];
        let (decoded, left) = match rest[at] {
            b'+' => (b' ', tail),
            byte => unescaped(tail).map_or((byte, tail), |value| (value, &tail[2..])),
        };
        bytes.push(decoded);
        rest = left;
    }
    bytes.extend_from_slice(rest);
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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
            prop_assert_eq!(out.len(), form_len(&text));
            prop_assert!(out.bytes().all(|byte| FORM[usize::from(byte)] == 1 || byte == b'%' || byte == b'+'));
        }

        #[test]
        fn a_segment_never_ends_its_path(text in ".*") {
            let out = written(segment, &text);
            prop_assert_eq!(out.len(), segment_len(&text));
            prop_assert!(!out.contains(['/', '?', '#', ' ']));
        }

        #[test]
        fn a_json_string_reads_back(text in ".*") {
            let out = written(json, &text);
            prop_assert_eq!(out.len(), json_len(&text));
            prop_assert_eq!(serde_json::from_str::<String>(&format!("\"{out}\"")).unwrap(), text);
        }

        #[test]
        fn decoding_takes_any_text(text in "[%+a-f0-9é]*") {
            form_decode(&text);
        }
    }
}
