//! How a value is written where it stands: form field, path segment, JSON string, or as it is.
//!
//! Each encoder appends to a string whose capacity was computed with the length function beside it,
//! so that a whole request costs one allocation. The alphabets are those of the WHATWG form
//! serializer and of RFC 3986; property tests hold them against other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Bytes that the form serializer leaves alone: `* - . 0-9 A-Z _ a-z`.
static FORM: [bool; 256] = alphabet(b"*-._");

/// Bytes that a path segment needs no escape for: RFC 3986 `unreserved`.
static SEGMENT: [bool; 256] = alphabet(b"-._~");

const fn alphabet(marks: &[u8]) -> [bool; 256] {
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

/// The length of `text` as a form value.
pub(crate) fn form_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| {
            if FORM[byte as usize] || byte == b' ' {
                1
            } else {
                3
            }
        })
        .sum()
}

/// Appends `text` as a form value: a space becomes `+`.
pub(crate) fn form(out: &mut String, text: &str) {
    percent(out, text, &FORM, true);
}

/// The length of `text` as one path segment.
pub(crate) fn segment_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| if SEGMENT[byte as usize] { 1 } else { 3 })
        .sum()
}

/// Appends `text` as one path segment: a slash does not survive as a slash.
pub(crate) fn segment(out: &mut String, text: &str) {
    percent(out, text, &SEGMENT, false);
}

fn percent(out: &mut String, text: &str, plain: &[bool; 256], plus: bool) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !plain[byte as usize]) {
        let (clean, tail) = rest.split_at(at);
        out.push_str(clean);
        // Every byte below 128 is a character of its own; the others leave as a whole character.
        let width = tail.chars().next().map_or(1, char::len_utf8);
        for byte in tail[..width].bytes() {
            if plus && byte == b' ' {
                out.push('+');
            } else {
                out.push('%');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
        rest = &tail[width..];
    }
    out.push_str(rest);
}

/// The length of `text` between the quotes of a JSON string.
pub(crate) fn json_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
            0..=31 => 6,
            _ => 1,
        })
        .sum()
}

/// Appends `text` as it stands between the quotes of a JSON string (RFC 8259 §7).
pub(crate) fn json(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let byte = character as u8;
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
            _ => out.push(character),
        }
    }
}

/// The credential of an `Authorization: Basic` header as RFC 6749 §2.3.1 wants it: both halves
/// form-encoded, then joined by a colon, then base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let mut pair = zeroize::Zeroizing::new(String::with_capacity(
        form_len(client_id) + 1 + form_len(client_secret),
    ));
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

/// Decodes one form component; bytes that are no UTF-8 become replacement characters.
pub(crate) fn form_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let (decoded, left) = match byte {
            b'+' => (b' ', tail),
            b'%' => escaped(tail).map_or((byte, tail), |value| (value, &tail[2..])),
            _ => (byte, tail),
        };
        bytes.push(decoded);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped(tail: &[u8]) -> Option<u8> {
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
            prop_assert!(out.bytes().all(|byte| FORM[byte as usize] || byte == b'%' || byte == b'+'));
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
