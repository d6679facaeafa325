//! [`Failure`]: why a reader has nothing to give.

use std::fmt;

use crate::members::Member;
use crate::paths::Path;
use crate::printable::printable;
use crate::secret::Secret;
use crate::token::Token;

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
    /// A member is not what the spec says, in a success that brought tokens all the same.
    Beside(Box<Rescue>),
}

/// What came in a success that cannot be used as a whole: the tokens in it are good, and must be stored or revoked.
#[derive(Clone, PartialEq, Eq)]
pub struct Rescue {
    /// Why the response cannot be used.
    pub(crate) why: Failure,
    /// The tokens that came, by their names in the spec.
    pub(crate) tokens: Vec<(&'static str, Token)>,
    /// A refresh token that came beside an access token which cannot be used.
    pub(crate) refresh_token: Option<Secret>,
    /// Whether a protective check failed.
    pub(crate) is_foreign: bool,
}

impl Rescue {
    /// The tokens that came, by their names in the spec.
    pub fn tokens(&self) -> &[(&'static str, Token)] {
        &self.tokens
    }

    /// The refresh token that came beside an access token which cannot be used.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// Whether the response names a host that the spec does not list. Store its tokens apart from those in use until a person
    /// has decided.
    pub fn is_foreign(&self) -> bool {
        self.is_foreign
    }
}

impl fmt::Debug for Rescue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.tokens.iter().map(|(name, _)| *name).collect();
        formatter
            .debug_struct("Rescue")
            .field("tokens", &names)
            .field("has_refresh_token", &self.refresh_token.is_some())
            .finish_non_exhaustive()
    }
}

impl Failure {
    /// The failure with the tokens that came all the same: what generated readers say where a required field is missing.
    #[cold]
    pub fn beside(self, tokens: &[(&'static str, Option<&Token>)]) -> Failure {
        self.carrying(tokens, false)
    }

    /// The failure of a protective check, with the tokens of the response. Generated readers return it for a refresh response
    /// that names an unlisted host.
    #[cold]
    pub fn apart(self, tokens: &[(&'static str, Option<&Token>)]) -> Failure {
        self.carrying(tokens, true)
    }

    fn carrying(self, tokens: &[(&'static str, Option<&Token>)], is_foreign: bool) -> Failure {
        let tokens = tokens.iter();
        let tokens = tokens.filter_map(|(name, token)| Some((*name, (*token)?.clone())));
        let mut rescue = match self {
            Failure::Beside(mut rescue) => {
                rescue.is_foreign |= is_foreign;
                rescue
            }
            why => Box::new(Rescue {
                why,
                tokens: Vec::new(),
                refresh_token: None,
                is_foreign,
            }),
        };
        rescue.tokens.extend(tokens);
        match rescue.tokens.is_empty() && rescue.refresh_token.is_none() {
            true => rescue.why,
            false => Failure::Beside(rescue),
        }
    }

    /// The failure with the refresh token that came beside an access token which cannot be used.
    #[cold]
    pub(crate) fn beside_refresh_token(self, refresh_token: Option<&Member<'_>>) -> Failure {
        let refresh_token = refresh_token.and_then(|own| own.secret_here().ok().flatten());
        match refresh_token {
            Some(_) => Failure::Beside(Box::new(Rescue {
                why: self,
                tokens: Vec::new(),
                refresh_token,
                is_foreign: false,
            })),
            None => self,
        }
    }
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
            Failure::Beside(rescue) => rescue.why.fmt(formatter),
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
