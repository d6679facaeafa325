//! Patterns for the error descriptions of a provider, as specs state them.

/// Returns whether a text matches a pattern. `*` matches any text, and the case of ASCII letters is ignored.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let Some((first, behind)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = behind.rsplit_once('*').unwrap_or(("", behind));
    for piece in middle.split('*') {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of a match, one character at a time.
    fn means(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| means(rest, &text[at..])),
            ([own, pattern @ ..], [first, text @ ..]) => {
                own.eq_ignore_ascii_case(first) && means(pattern, text)
            }
            _ => false,
        }
    }

    #[test]
    fn a_star_stands_for_any_text_and_case_does_not_count() {
        for (pattern, text, expected) in [
            ("expired code", "Expired code", true),
            ("expired code", "expired code!", false),
            (
                "*already being processed*",
                "Token request is already being processed",
                true,
            ),
            ("*a*a", "a", false),
            ("a*", "a", true),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_fits_what_its_definition_says(pattern in "[abA*]{0,6}", text in "[abAé]{0,8}") {
            prop_assert_eq!(fits(&pattern, &text), means(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
