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
    text.bytes()
        .map(|byte| usize::from(table[usize::from(byte)] & !BECOMES_ANOTHER))
        .sum()
}

/// Appends the runs of `text` that stay as they are, and lets `escape` write each byte that does not.
fn escaped(
    out: &mut Vec<u8>,
    text: &str,
    stays: impl Fn(u8) -> bool,
    escape: impl Fn(&mut Vec<u8>, u8),
) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| !stays(byte)) {
        out.extend_from_slice(&rest[..at]);
        escape(out, rest[at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

fn percent(out: &mut Vec<u8>, byte: u8) {
    out.extend_from_slice(&[
        b'%',
        HEX[usize::from(byte >> 4)],
        HEX[usize::from(byte & 15)],
    ]);
}

/// The length of `text` as a form value.
pub(crate) fn form_len(text: &str) -> usize {
    width(text, &FORM)
}

/// Appends `text` as a form value: a space becomes `+`.
pub(crate) fn form(out: &mut Vec<u8>, text: &str) {
    let stays = |byte: u8| FORM[usize::from(byte)] == 1;
    escaped(out, text, stays, |out, byte| match byte {
        b' ' => out.push(b'+'),
        _ => percent(out, byte),
    });
}

/// The length of `text` as one path segment.
pub(crate) fn segment_len(text: &str) -> usize {
    width(text, &SEGMENT)
}

/// Appends `text` as one path segment: a slash does not survive as a slash.
pub(crate) fn segment(out: &mut Vec<u8>, text: &str) {
    escaped(out, text, |byte| SEGMENT[usize::from(byte)] == 1, percent);
}

/// The length of `text` between the quotes of a JSON string.
pub(crate) fn json_len(text: &str) -> usize {
    width(text, &JSON)
}

/// Appends `text` as it stands between the quotes of a JSON string (RFC 8259 §7).
pub(crate) fn json(out: &mut Vec<u8>, text: &str) {
    escaped(
        out,
        text,
        |byte| JSON[usize::from(byte)] == 1,
        |out, byte| match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        },
    );
}

/// The credential of an `Authorization: Basic` header as RFC 6749 §2.3.1 wants it: both halves
/// form-encoded, then joined by a colon, then base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let len = form_len(client_id) + 1 + form_len(client_secret);
    let mut pair = zeroize::Zeroizing::new(Vec::with_capacity(len));
    form(&mut pair, client_id);
    pair.push(b':');
    form(&mut pair, client_secret);
    format!("Basic {}", STANDARD.encode(&*pair))
}

/// The same without form-encoding, as RFC 7617 alone would have it.
pub(crate) fn basic_raw(client_id: &str, client_secret: &str) -> String {
    let pair = zeroize::Zeroizing::new(format!("{client_id}:{client_secret}"));
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// A form value as a text of its own.
pub(crate) fn form_encode(text: &str) -> String {
    let mut out = Vec::with_capacity(form_len(text));
    form(&mut out, text);
    // What is percent-encoded is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Decodes one form component; bytes that are no UTF-8 become replacement characters.
pub(crate) fn form_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let (decoded, left) = match byte {
            b'+' => (b' ', tail),
            b'%' => unescaped(tail).map_or((byte, tail), |value| (value, &tail[2..])),
            _ => (byte, tail),
        };
        bytes.push(decoded);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
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

    fn written(encoder: fn(&mut Vec<u8>, &str), text: &str) -> String {
        let mut out = Vec::new();
        encoder(&mut out, text);
        String::from_utf8(out).unwrap()
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
