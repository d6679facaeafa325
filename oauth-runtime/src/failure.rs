//! [`Failure`]: why a reader has nothing to give.

use std::fmt;

use crate::paths::Path;

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

impl Failure {
    /// The same failure with the conditions that the body meets, each by its number: generated readers state those by
    /// which a spec tells refusals of one code apart.
    #[cold]
    #[must_use]
    pub fn showing(self, conditions: &[(u32, bool)]) -> Failure {
        let Failure::Refused(mut refusal) = self else {
            return self;
        };
        for (condition, _) in conditions.iter().filter(|(_, is_met)| *is_met) {
            refusal.shown |= 1_u64.checked_shl(*condition).unwrap_or_default();
        }
        Failure::Refused(refusal)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(refusal) => formatter.write_str(refusal.code().unwrap_or("no code")),
            Failure::NotJson { line, column } => {
                write!(
                    formatter,
                    "the body is no JSON from line {line}, column {column} on"
                )
            }
            Failure::NotForm => formatter.write_str("the body is no form"),
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
    /// A bit for each condition of the spec that the body meets.
    shown: u64,
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
            shown: 0,
        }
    }

    /// Whether the body meets the condition of that number, by which the spec tells refusals of one code apart.
    pub(crate) fn shows(&self, condition: u32) -> bool {
        1_u64
            .checked_shl(condition)
            .is_some_and(|bit| self.shown & bit != 0)
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

/// A provider's code as text that cannot disturb a log: at most 64 visible ASCII characters.
pub(crate) fn printable(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_graphic)
        .take(64)
        .collect()
}
