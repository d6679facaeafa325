//! [`Failure`]: why a reader has nothing to give.

use std::fmt;

use crate::paths::Path;
use crate::printable::printable;

/// What a reader of a response could not make sense of, or was told. Becomes an [`Error`](crate::Error) once the
/// call's name and provider are known.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The provider said no.
    Refused(Refusal),
    /// The body of a success is no JSON; where it stops to be.
    NotJson {
        /// Line in the body, from 1.
        line: usize,
        /// Column in that line, from 1.
        column: usize,
    },
    /// The body of a success is no form.
    NotForm,
    /// The body has a content encoding that was not requested and is not decoded.
    Encoded {
        /// The encoding, as the header `Content-Encoding` names it.
        encoding: String,
    },
    /// A member is not what the spec says.
    Member {
        /// Where the member stands.
        path: Path,
        /// What the spec says of it.
        expected: &'static str,
        /// The kind of thing that stands there.
        found: &'static str,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(refusal) => match refusal.code() {
                Some(code) => formatter.write_str(&printable(code)),
                None => formatter.write_str("no code"),
            },
            Failure::NotJson { line, column } => {
                write!(
                    formatter,
                    "the body is no JSON from line {line}, column {column} on"
                )
            }
            Failure::NotForm => formatter.write_str("the body is no form"),
            Failure::Encoded { encoding } => write!(
                formatter,
                "the body has the content encoding `{}`, which was not requested and cannot be decoded",
                printable(encoding)
            ),
            Failure::Member {
                path: [],
                expected,
                found,
            } => {
                write!(formatter, "the body should be {expected} and is {found}")
            }
            Failure::Member {
                path,
                expected,
                found,
            } => {
                write!(
                    formatter,
                    "`{}` should be {expected} and is {found}",
                    path.join(".")
                )
            }
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What a provider said as it refused: a code (RFC 6749 §5.2) and its own words, either of which may be missing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The code, and the words behind it: an error carries one allocation for both.
    said: String,
    description_start: usize,
}

impl Refusal {
    #[inline]
    pub(crate) fn of(code: &str, description: &str) -> Refusal {
        let mut said = String::with_capacity(code.len() + description.len());
        said.push_str(code);
        said.push_str(description);
        Refusal {
            said,
            description_start: code.len(),
        }
    }

    /// The provider's code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        Some(&self.said[..self.description_start]).filter(|code| !code.is_empty())
    }

    /// The provider's words, if it gave any. They are somebody else's text, and may repeat what was sent.
    pub fn description(&self) -> Option<&str> {
        Some(&self.said[self.description_start..]).filter(|words| !words.is_empty())
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Refusal")
            .field("code", &self.code().map(printable))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_prints_a_foreign_code_in_one_short_line() {
        let code = format!(
            "\u{1b}]0;PWNED\u{7}\nforged line\u{202e}{}",
            "x".repeat(5000)
        );
        let refusal = Refusal::of(&code, "words");
        let failure = Failure::Refused(refusal.clone());
        let encoded = Failure::Encoded {
            encoding: code.clone(),
        };
        for printed in [
            format!("{failure}"),
            format!("{failure:?}"),
            format!("{refusal:?}"),
            format!("{encoded}"),
        ] {
            let is_foreign = |own: char| own.is_control() || own == '\u{202e}';
            assert!(!printed.contains(is_foreign), "{printed:?}");
            assert!(
                printed.contains("PWNED") && printed.len() < 300,
                "{printed}"
            );
        }
        assert_eq!(refusal.code(), Some(&*code), "whole for a program");
    }
}
