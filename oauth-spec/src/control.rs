//! Detection and escaping of control characters in text from outside that is printed.

/// Returns whether a character ends a line, controls a terminal or turns the direction of text: C0, DEL and C1,
/// the separators U+2028 and U+2029, and the bidirectional controls of UAX #9.
pub fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Escapes outside text for a terminal, a log or a report: one line, with each control character as `\u{1b}`.
pub fn escaped(text: &str) -> String {
    escaped_except(text, &[])
}

/// Escapes text of several lines: each control character except line feeds and tabs is written as `\u{1b}`.
pub(crate) fn escaped_lines(text: &str) -> String {
    escaped_except(text, &['\n', '\t'])
}

fn escaped_except(text: &str, kept: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) && !kept.contains(&character) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_or_turns_text_is_escaped_and_nothing_else() {
        for (text, expected) in [
            ("a\u{1b}]0;title\u{7}b", r"a\u{1b}]0;title\u{7}b"),
            ("a\r\nb\tc\u{7f}", r"a\u{d}\u{a}b\u{9}c\u{7f}"),
            ("\u{85}\u{9b}31m", r"\u{85}\u{9b}31m"),
            (
                "\u{202e}\u{2066}\u{200f}\u{61c}",
                r"\u{202e}\u{2066}\u{200f}\u{61c}",
            ),
            ("\u{2028}\u{2029}", r"\u{2028}\u{2029}"),
            ("Ünï\u{a0}cødé – 漢字 𝄞 \\u", "Ünï\u{a0}cødé – 漢字 𝄞 \\u"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(escaped_lines("a\n\tb\r\u{1b}"), "a\n\tb\\u{d}\\u{1b}");
    }
}
