//! The escapes of a JSON string (RFC 8259 §7).
//!
//! serde_json would decode them into a buffer that it does not wipe and that grows while it is filled, so that copies of a
//! token remain in memory. Here a string is decoded into one allocation of sufficient capacity.

/// Decodes the raw text of a string. Returns `None` if it is not valid UTF-8, or has half of a surrogate pair.
pub(crate) fn decoded(written: &[u8]) -> Option<String> {
    // No escape is longer than the bytes that it stands for.
    let mut text = String::with_capacity(written.len());
    each_part(written, |part| text.push_str(part))?;
    Some(text)
}

/// Returns whether [`decoded`] would return a text.
pub(crate) fn are_valid(written: &[u8]) -> bool {
    each_part(written, |_| ()).is_some()
}

/// Passes the decoded text to `take`, part by part.
fn each_part(written: &[u8], mut take: impl FnMut(&str)) -> Option<()> {
    let mut rest = std::str::from_utf8(written).ok()?;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        take(&rest[..at]);
        let (escape, further) = rest[at + 1..].split_at_checked(1)?;
        rest = further;
        match escape {
            "\"" | "\\" | "/" => take(escape),
            "b" => take("\u{8}"),
            "f" => take("\u{c}"),
            "n" => take("\n"),
            "r" => take("\r"),
            "t" => take("\t"),
            "u" => {
                let (character, further) = character(rest)?;
                rest = further;
                take(character.encode_utf8(&mut [0; 4]));
            }
            _ => return None,
        }
    }
    take(rest);
    Some(())
}

/// Reads a character behind `\u`: four digits or, as a surrogate pair, four digits, `\u` and four more.
fn character(text: &str) -> Option<(char, &str)> {
    let (first, rest) = unit(text)?;
    if let Some(character) = char::from_u32(first.into()) {
        return Some((character, rest));
    }
    let (second, rest) = unit(rest.strip_prefix("\\u")?)?;
    let character = char::decode_utf16([first, second]).next()?.ok()?;
    Some((character, rest))
}

/// Reads four hexadecimal digits.
fn unit(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let unit = are_digits.then(|| u16::from_str_radix(digits, 16).ok());
    Some((unit.flatten()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A strategy for the raw text of a string: escapes that are valid or nearly so, and other characters. A single backslash is
    /// at the end only: before a quote it would end the string earlier.
    fn written() -> impl Strategy<Value = String> {
        let escapes = proptest::sample::select(vec![
            "\\\"",
            "\\\\",
            "\\/",
            "\\b",
            "\\f",
            "\\n",
            "\\r",
            "\\t",
            "\\u0041",
            "\\u00e9",
            "\\u20AC",
            "\\ud83d\\ude00",
            "\\ud83d",
            "\\ude00",
            "\\ud83d\\u0041",
            "\\ud83d\\ud83d",
            "\\u00",
            "\\u+041",
            "\\u00é",
            "\\x",
            "\\U0041",
        ]);
        let part = prop_oneof![
            3 => escapes.prop_map(str::to_owned),
            1 => "[^\"\\\\\u{0}-\u{1f}]{0,5}",
        ];
        let end = proptest::sample::select(vec!["", "", "\\"]);
        let parts = proptest::collection::vec(part, 0..8);
        (parts, end).prop_map(|(parts, end)| parts.concat() + end)
    }

    proptest! {
        #[test]
        fn a_string_is_decoded_as_serde_json_does(written in written()) {
            let expected = serde_json::from_str::<String>(&format!("\"{written}\"")).ok();
            prop_assert_eq!(are_valid(written.as_bytes()), expected.is_some());
            prop_assert_eq!(decoded(written.as_bytes()), expected);
        }

        #[test]
        fn the_first_allocation_suffices(text in any::<String>()) {
            let written = serde_json::to_string(&text).unwrap();
            let written = &written.as_bytes()[1..written.len() - 1];
            let decoded = decoded(written).unwrap();
            prop_assert_eq!(decoded.capacity(), written.len());
            prop_assert_eq!(decoded, text);
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_rejected() {
        assert_eq!(decoded(b"a\xff"), None);
    }
}
