//! Formatting helpers for pages and messages.

use crate::plan::{Deprecation, Form, Run};

/// Says when something ends, and what replaces it.
pub(crate) fn deprecation(deprecation: &Deprecation) -> String {
    match &deprecation.ends {
        Some(day) => format!("ends on {day}; then: {}", deprecation.then),
        None => format!("will end; then: {}", deprecation.then),
    }
}

/// Describes a form, for the end of "must be". Stored fingerprints contain the text, so it never changes.
pub(crate) fn form(form: &Form) -> String {
    match form {
        Form::Text => "a text without control characters".to_owned(),
        Form::Label => "one DNS label: letters, digits and hyphens".to_owned(),
        Form::Host(hosts) if hosts.are_all() && hosts.private => "a host name".to_owned(),
        Form::Host(hosts) if hosts.are_all() => "a public host name".to_owned(),
        Form::Host(hosts) => format!("a host out of {}", hosts.allow.join(", ")),
        Form::Origin(hosts) => format!("`https://` and a host out of {}", hosts.allow.join(", ")),
        Form::Url(hosts) => format!(
            "`https://`, a host out of {}, and a path",
            hosts.allow.join(", ")
        ),
        Form::Uuid => "a UUID".to_owned(),
        Form::Integer => "a whole number".to_owned(),
        Form::Pattern(runs) => {
            let runs: String = runs.iter().map(Run::to_string).collect();
            format!("of the form {runs}")
        }
        Form::OneOf(words) => format!("one of {}", words.join(", ")),
        Form::Choice(words) => {
            let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
            format!("one of {}", words.join(", "))
        }
        Form::Boolean => "`true` or `false`".to_owned(),
    }
}

/// A length of time in its largest whole unit: `12 hours`.
pub(crate) fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0 => return "no time".to_owned(),
        _ if seconds.is_multiple_of(86400) => (seconds / 86400, "day"),
        _ if seconds.is_multiple_of(3600) => (seconds / 3600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

/// Lowers the initial capital of a text for the middle of a sentence, unless its first word has further capitals.
pub(crate) fn uncapitalized(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    let mut characters = text.chars();
    match characters.next() {
        Some(capital) if !first.chars().skip(1).any(char::is_uppercase) => {
            capital.to_lowercase().chain(characters).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_capital_goes_in_the_middle_of_a_sentence_but_an_abbreviation_stays() {
        for (text, expected) in [
            ("The email", "the email"),
            ("URL of it", "URL of it"),
            ("", ""),
        ] {
            assert_eq!(super::uncapitalized(text), expected);
        }
    }

    #[test]
    fn a_duration_is_told_in_its_largest_whole_unit() {
        for (seconds, words) in [
            (1, "1 second"),
            (90, "90 seconds"),
            (3600, "1 hour"),
            (86400 * 60, "60 days"),
        ] {
            assert_eq!(super::duration(seconds), words);
        }
    }
}
