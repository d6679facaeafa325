//! [`printable`]: foreign text, escaped so that it cannot disturb a log or a terminal.
//!
//! Foreign text is all text that a provider, a browser, a database or another outside source chose. It is printed on one
//! line, in visible characters, and at a limited length.

/// The maximum number of characters of a code, which must not fill several lines of a log.
const MAX_CODE: usize = 64;

/// The maximum number of characters of a name or a sentence. A list of sixty scopes fits.
const MAX_LINE: usize = 2048;

/// Returns at most 64 characters of a code or an id, with an escape for each that is not visible.
pub(crate) fn printable(code: &str) -> String {
    clipped(code, MAX_CODE)
}

/// Returns at most 2048 characters of a name or a sentence, with an escape for each that is not visible.
pub(crate) fn printable_line(text: &str) -> String {
    clipped(text, MAX_LINE)
}

fn clipped(text: &str, most: usize) -> String {
    let mut printed = String::with_capacity(text.len().min(most));
    let mut characters = text.chars();
    for character in characters.by_ref().take(most) {
        match character {
            // These characters are visible. An escape would only make them harder to read.
            '"' | '\'' | '\\' => printed.push(character),
            // `escape_debug` escapes what is not visible alone: controls, line ends, characters that change the direction of
            // writing, combining characters, and unassigned ones.
            _ => printed.extend(character.escape_debug()),
        }
    }
    if characters.next().is_some() {
        printed.push('…');
    }
    printed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_has_no_shape_is_escaped_and_the_rest_stays() {
        for (text, printed) in [
            ("invalid_grant", "invalid_grant"),
            ("Zugriff für 東京", "Zugriff für 東京"),
            (r#"a "quoted" \ text's"#, r#"a "quoted" \ text's"#),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("one\r\ntwo\tthree\0", "one\\r\\ntwo\\tthree\\0"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            (
                "a\u{202e}b\u{2066}c\u{200f}d\u{61c}",
                "a\\u{202e}b\\u{2066}c\\u{200f}d\\u{61c}",
            ),
            (
                "a\u{2028}b\u{2029}\u{feff}\u{200b}",
                "a\\u{2028}b\\u{2029}\\u{feff}\\u{200b}",
            ),
        ] {
            assert_eq!(printable(text), printed);
        }
    }

    /// Returns whether a character is a control, changes the direction of writing, or has no width.
    fn has_no_shape(own: char) -> bool {
        let turns = matches!(own, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}');
        own.is_control() || turns || matches!(own, '\u{2028}'..='\u{202e}')
    }

    proptest! {
        #[test]
        fn nothing_that_is_printed_moves_a_cursor_or_goes_on_for_ever(text in any::<String>(), times in 1_usize..50) {
            let text = text.repeat(times);
            for (printed, most) in [(printable(&text), MAX_CODE), (printable_line(&text), MAX_LINE)] {
                prop_assert!(!printed.chars().any(has_no_shape), "{printed:?}");
                // The longest escape has ten characters.
                prop_assert!(printed.chars().count() <= most * 10 + 1);
            }
        }
    }
}
