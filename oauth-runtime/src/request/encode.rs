//! Encoders for form values, path segments, JSON strings and headers, and a decoder for form values.
//!
//! Each encoder appends to a string with capacity for the longest result, so that a whole request needs one allocation
//! and no text is read twice. The alphabets are those of the WHATWG form serializer and of RFC 3986. Property tests
//! compare them with other implementations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::scan;

/// The percent-encoding of each byte, `%` and two digits, in the order of the bytes.
const PERCENT: &str = {
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
        Err(_) => panic!("hexadecimal digits are valid UTF-8"),
    }
};

/// Returns whether a byte is a letter, a digit, `-`, `.` or `_`. No encoder here changes these; most ids, codes, tokens
/// and verifiers have no others.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each comparison"
)]
const fn is_plain(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-') | (byte == b'.') | (byte == b'_')
}

/// Returns whether a byte needs no escape in a JSON string (RFC 8259 §7).
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each comparison"
)]
const fn is_plain_in_json(byte: u8) -> bool {
    (byte >= 0x20) & (byte != b'"') & (byte != b'\\')
}

/// The number of bytes that are checked in one step, without a branch for each. The compiler emits a few wide
/// instructions for a step.
const STEP: usize = 16;

/// Returns the position of the first byte for which `stays` is false.
#[inline]
fn first_other(text: &str, stays: impl Fn(u8) -> bool) -> Option<usize> {
    let all_stay = |step: &[u8; STEP]| step.iter().fold(true, |all, &byte| all & stays(byte));
    let mut rest = text.as_bytes();
    while let Some((step, further)) = rest.split_first_chunk()
        && all_stay(step)
    {
        rest = further;
    }
    if rest.len() < STEP {
        // No encoder changes a letter, so letters fill the rest of the step.
        let mut last = [b'a'; STEP];
        last[..rest.len()].copy_from_slice(rest);
        if all_stay(&last) {
            return None;
        }
    }
    let at = rest.iter().position(|&byte| !stays(byte))?;
    Some(text.len() - rest.len() + at)
}

/// Returns whether `is_allowed` is true for each byte. It must be true for a letter.
#[inline]
pub(crate) fn consists_of(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    first_other(text, is_allowed).is_none()
}

/// Returns whether no encoder here changes the text.
pub(crate) fn is_plain_text(text: &str) -> bool {
    first_other(text, is_plain).is_none()
}

/// Appends `text`. Bytes for which `stays` is true are copied; for any other character, `escape` writes each byte.
#[inline]
fn escaped(
    out: &mut String,
    text: &str,
    stays: impl Fn(u8) -> bool,
    escape: impl Fn(&mut String, u8),
) {
    let mut rest = text;
    while let Some(at) = first_other(rest, &stays) {
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

/// The maximum number of bytes that encode one byte in a form value or in a path segment.
pub(crate) const MAX_FORM_GROWTH: usize = 3;

/// The maximum number of bytes that encode one byte in a JSON string.
pub(crate) const MAX_JSON_GROWTH: usize = 6;

/// Appends `text` as a form value. A space becomes `+`.
pub(crate) fn form(out: &mut String, text: &str) {
    let stays = |byte| is_plain(byte) || byte == b'*';
    escaped(out, text, stays, |out, byte| match byte {
        b' ' => out.push('+'),
        _ => percent(out, byte),
    });
}

/// Appends `text` as one path segment. A slash is percent-encoded.
pub(crate) fn segment(out: &mut String, text: &str) {
    escaped(out, text, |byte| is_plain(byte) || byte == b'~', percent);
}

/// Appends `text` as the content of a JSON string, without quotes (RFC 8259 §7).
pub(crate) fn json(out: &mut String, text: &str) {
    escaped(out, text, is_plain_in_json, |out, byte| match byte {
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

/// Appends `text` as a header's value. RFC 9110 §5.5 allows no line break, so each becomes U+007F. That is not allowed
/// either: the request fails before it is sent, and no header can be injected.
pub(crate) fn header(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\n', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        out.push('\u{7f}');
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Returns the value of an `Authorization: Basic` header (RFC 6749 §2.3.1): client id and client secret are
/// form-encoded, then joined by a colon, then encoded as base64.
pub(crate) fn basic(client_id: &str, client_secret: &str) -> String {
    let len = MAX_FORM_GROWTH * (client_id.len() + client_secret.len()) + 1;
    let mut pair = zeroize::Zeroizing::new(String::with_capacity(len));
    form(&mut pair, client_id);
    pair.push(':');
    form(&mut pair, client_secret);
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// Returns the value of an `Authorization: Basic` header without form-encoding, as in RFC 7617.
pub(crate) fn basic_raw(client_id: &str, client_secret: &str) -> String {
    let pair = zeroize::Zeroizing::new(format!("{client_id}:{client_secret}"));
    format!("Basic {}", STANDARD.encode(pair.as_bytes()))
}

/// Returns `text` as a form value.
pub(crate) fn form_encode(text: &str) -> String {
    let mut out = String::with_capacity(MAX_FORM_GROWTH * text.len());
    form(&mut out, text);
    out
}

/// Decodes one form component. Bytes that are not UTF-8 become replacement characters.
pub(crate) fn form_decode(text: &str) -> String {
    form_decode_behind(String::with_capacity(text.len()), text)
}

/// Decodes one form component and appends it to `text`.
pub(crate) fn form_decode_behind(mut text: String, encoded: &str) -> String {
    let mut rest = encoded;
    while let Some(at) = scan::first_of_two(rest.as_bytes(), b'%', b'+') {
        let (run, marked) = rest.split_at(at);
        text.push_str(run);
        let (byte, further) = form_byte(marked.as_bytes());
        if !byte.is_ascii() {
            return form_decode_bytes_behind(text, marked);
        }
        text.push(char::from(byte));
        rest = &marked[marked.len() - further.len()..];
    }
    text.push_str(rest);
    text
}

/// Decodes one form component with percent-encoded bytes beyond ASCII and appends it to `text`.
#[cold]
fn form_decode_bytes_behind(mut text: String, encoded: &str) -> String {
    let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(encoded.len()));
    let mut rest = encoded.as_bytes();
    while !rest.is_empty() {
        let (byte, further) = form_byte(rest);
        bytes.push(byte);
        rest = further;
    }
    text.push_str(&String::from_utf8_lossy(&bytes));
    text
}

/// Returns whether one form component decodes to `expected`.
pub(crate) fn form_means(encoded: &str, expected: &str) -> bool {
    let mut rest = encoded.as_bytes();
    for &wanted in expected.as_bytes() {
        let (byte, further) = match rest {
            [] => return false,
            [b'%' | b'+', ..] => form_byte(rest),
            [byte, further @ ..] => (*byte, further),
        };
        if byte != wanted {
            return false;
        }
        rest = further;
    }
    rest.is_empty()
}

/// Decodes the first byte of a form component, and returns it with the text after it.
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
            prop_assert!(out.len() <= MAX_FORM_GROWTH * text.len());
            prop_assert!(out.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-._%+".contains(&byte)));
        }

        #[test]
        fn a_segment_never_ends_its_path(text in ".*") {
            let out = written(segment, &text);
            prop_assert!(out.len() <= MAX_FORM_GROWTH * text.len());
            prop_assert!(!out.contains(['/', '?', '#', ' ']));
        }

        #[test]
        fn a_json_string_reads_back(text in ".*") {
            let out = written(json, &text);
            prop_assert!(out.len() <= MAX_JSON_GROWTH * text.len());
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
