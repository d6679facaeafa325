//! [`ParseError`]: the reason why a reader returns no value.

use std::fmt;

use crate::json::NotJson;
use crate::json::paths::Path;
use crate::printable::printable;
use crate::response::members::Member;
use crate::secret::Secret;
use crate::token::Token;

/// An error response, or a response that a reader cannot use. It becomes an [`Error`](crate::Error) when the call's
/// name and provider are added.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The provider returned an error response.
    Refused(ErrorResponse),
    /// The body of a 2xx response is not JSON. Line and column are the position of the syntax error.
    NotJson {
        /// The line in the body, counted from 1.
        line: usize,
        /// The column in that line, counted from 1.
        column: usize,
    },
    /// The body of a 2xx response is not a form or a text: it is not UTF-8.
    NotForm,
    /// The body has a content encoding that was not requested and is not decoded.
    Encoded {
        /// The encoding that the `Content-Encoding` header names.
        encoding: String,
    },
    /// A member contradicts the spec.
    Member {
        /// The path of the member.
        path: Path,
        /// The form that the spec requires.
        expected: &'static str,
        /// The kind of value in the response.
        found: &'static str,
    },
    /// A member contradicts the spec, in a 2xx response that has tokens.
    Beside(Box<Rescue>),
}

impl From<NotJson> for ParseError {
    fn from(NotJson { line, column }: NotJson) -> ParseError {
        ParseError::NotJson { line, column }
    }
}

/// The content of a 2xx response that cannot be used as a whole. Its tokens are valid, and must be stored or revoked.
#[derive(Clone, PartialEq, Eq)]
pub struct Rescue {
    /// The reason why the response cannot be used.
    pub(crate) why: ParseError,
    /// The tokens of the response, by their names in the spec.
    pub(crate) tokens: Vec<(&'static str, Token)>,
    /// The refresh token of a response whose access token cannot be used.
    pub(crate) refresh_token: Option<Secret>,
    /// Whether a protective check of the response failed.
    pub(crate) is_foreign: bool,
}

impl Rescue {
    /// Returns the tokens of the response, by their names in the spec.
    pub fn tokens(&self) -> &[(&'static str, Token)] {
        &self.tokens
    }

    /// Returns the refresh token of a response whose access token cannot be used.
    pub fn refresh_token(&self) -> Option<&Secret> {
        self.refresh_token.as_ref()
    }

    /// Returns whether the response names a host that the spec does not list. Store its tokens apart from those in use
    /// until a person has decided.
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

impl ParseError {
    /// Adds the tokens of the response to the failure. Generated readers call it if a required field is missing.
    #[cold]
    pub fn beside(self, tokens: &[(&'static str, Option<&Token>)]) -> ParseError {
        self.carrying(tokens, false)
    }

    /// Adds the tokens of the response to the failure of a protective check. Generated readers call it for a refresh
    /// response that names an unlisted host.
    #[cold]
    pub fn apart(self, tokens: &[(&'static str, Option<&Token>)]) -> ParseError {
        self.carrying(tokens, true)
    }

    fn carrying(self, tokens: &[(&'static str, Option<&Token>)], is_foreign: bool) -> ParseError {
        let tokens = tokens.iter();
        let tokens = tokens.filter_map(|(name, token)| Some((*name, (*token)?.clone())));
        let mut rescue = match self {
            ParseError::Beside(mut rescue) => {
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
            false => ParseError::Beside(rescue),
        }
    }

    /// Adds the refresh token of a response whose access token cannot be used.
    #[cold]
    pub(crate) fn beside_refresh_token(self, refresh_token: Option<&Member<'_>>) -> ParseError {
        let refresh_token = refresh_token.and_then(|own| own.secret_here().ok().flatten());
        match refresh_token {
            Some(_) => ParseError::Beside(Box::new(Rescue {
                why: self,
                tokens: Vec::new(),
                refresh_token,
                is_foreign: false,
            })),
            None => self,
        }
    }
}

impl ParseError {
    /// Adds the conditions that the body meets, each by its number, to an error response. Generated readers state the
    /// conditions by which a spec distinguishes error responses with one code.
    #[cold]
    #[must_use]
    pub fn showing(self, conditions: &[(u32, bool)]) -> ParseError {
        let ParseError::Refused(mut refusal) = self else {
            return self;
        };
        for (condition, _) in conditions.iter().filter(|(_, is_met)| *is_met) {
            refusal.shown |= 1_u64.checked_shl(*condition).unwrap_or_default();
        }
        ParseError::Refused(refusal)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Refused(refusal) => match refusal.code() {
                Some(code) => formatter.write_str(&printable(code)),
                None => formatter.write_str("an error response without a code"),
            },
            ParseError::NotJson { line, column } => {
                write!(
                    formatter,
                    "the body is not valid JSON: syntax error at line {line}, column {column}"
                )
            }
            ParseError::NotForm => {
                formatter.write_str("the body is not valid UTF-8, which a form or a text must be")
            }
            ParseError::Beside(rescue) => rescue.why.fmt(formatter),
            ParseError::Encoded { encoding } => write!(
                formatter,
                "the body has the content encoding `{}`, which was not requested and cannot be decoded",
                printable(encoding)
            ),
            ParseError::Member {
                path: [],
                expected,
                found,
            } => {
                write!(formatter, "the body should be {expected}, but is {found}")
            }
            ParseError::Member {
                path,
                expected,
                found,
            } => {
                write!(
                    formatter,
                    "`{}` should be {expected}, but is {found}",
                    path.join(".")
                )
            }
        }
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// An error response: an error code (RFC 6749 §5.2) and a description, either of which may be missing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ErrorResponse {
    /// The code; empty if there is none.
    code: Box<str>,
    /// The description; empty if there is none.
    description: Box<str>,
    /// One bit for each condition of the spec that the body meets.
    shown: u64,
}

impl ErrorResponse {
    #[inline]
    pub(crate) fn of(code: &str, description: &str) -> ErrorResponse {
        ErrorResponse {
            code: code.into(),
            description: description.into(),
            shown: 0,
        }
    }

    /// Returns whether the body meets the condition with this number. The spec distinguishes error responses with one
    /// code by conditions.
    pub(crate) fn shows(&self, condition: u32) -> bool {
        1_u64
            .checked_shl(condition)
            .is_some_and(|bit| self.shown & bit != 0)
    }

    /// Returns the error code, if there is one.
    pub fn code(&self) -> Option<&str> {
        Some(&*self.code).filter(|code| !code.is_empty())
    }

    /// Returns the description, if there is one. The text is untrusted, and may repeat what was sent.
    pub fn description(&self) -> Option<&str> {
        Some(&*self.description).filter(|description| !description.is_empty())
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ErrorResponse")
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
        let refusal = ErrorResponse::of(&code, "words");
        let failure = ParseError::Refused(refusal.clone());
        let encoded = ParseError::Encoded {
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
        assert_eq!(
            refusal.code(),
            Some(&*code),
            "`code` does not shorten the code"
        );
    }
}
