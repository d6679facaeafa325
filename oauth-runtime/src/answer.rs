//! [`Answer`]: a provider's response, as generated readers see it.

use std::time::{Duration, SystemTime};

use crate::error::Failure;
use crate::json_members;
use crate::members::{self, Member};
use crate::paths::{Path, Paths};
use crate::secret::Secret;

/// A response: status, body and the time it came.
pub struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) received_at: SystemTime,
    pub(crate) refresh_token: Option<&'a Secret>,
    pub(crate) kept: &'a [Secret],
    pub(crate) nonce: Option<&'a str>,
}

impl<'a> Answer<'a> {
    /// The members at `paths` of a JSON body, in the same order.
    #[inline]
    pub fn json<const N: usize>(&self, paths: &Paths<N>) -> Result<[Member<'a>; N], Failure> {
        // A success without a body, such as 204, is an object without members.
        let body = if self.body.is_empty() && self.is_success() {
            b"{}"
        } else {
            self.body
        };
        json_members::read(body, paths).map_err(|failure| self.unless_refused(failure))
    }

    /// The whole body as one value, whatever the paths.
    pub fn text<const N: usize>(&self, paths: &Paths<N>) -> Result<[Member<'a>; N], Failure> {
        let body = std::str::from_utf8(self.body).map_err(|_| Failure::NotForm);
        let body = body.map_err(|failure| self.unless_refused(failure))?;
        Ok(paths.paths.map(|path| Member::of_text(path, body.trim())))
    }

    /// The members at `paths` of a form-encoded body, in the same order.
    pub fn form<const N: usize>(&self, paths: &Paths<N>) -> Result<[Member<'a>; N], Failure> {
        members::form(self.body, paths).map_err(|failure| self.unless_refused(failure))
    }

    /// An error status with a body that cannot be read is a refusal without a code.
    fn unless_refused(&self, failure: Failure) -> Failure {
        match self.is_success() {
            true => failure,
            false => Failure::Refused {
                code: None,
                description: None,
            },
        }
    }

    /// A refusal unless the status says success (RFC 6749 §5.1) and `holds`, the spec's success rule.
    pub fn accepted(
        &self,
        holds: bool,
        error: Option<&Member<'_>>,
        description: Option<&Member<'_>>,
    ) -> Result<(), Failure> {
        match self.is_success() && holds {
            true => Ok(()),
            false => Err(Failure::Refused {
                code: error.and_then(Member::code),
                description: description.and_then(Member::code),
            }),
        }
    }

    /// For calls whose success has no body to read: a refusal unless the status says success.
    pub fn done(&self, error: Option<Path>, description: Option<Path>) -> Result<(), Failure> {
        if self.is_success() {
            return Ok(());
        }
        let paths = Paths::of([error.unwrap_or(&[]), description.unwrap_or(&[])]);
        let [code, words] = self.json(&paths)?;
        // The whole body is no code: it stood for a member that the provider does not have.
        let (code, words) = (error.map(|_| &code), description.map(|_| &words));
        self.accepted(true, code, words)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the call was given to keep, by its place: values of the callback that belong to the tokens.
    pub fn kept(&self, place: usize) -> String {
        self.kept
            .get(place)
            .map_or_else(String::new, |kept| kept.expose().to_owned())
    }

    /// The same, where what was given may be nothing.
    pub fn perhaps_kept(&self, place: usize) -> Option<String> {
        Some(self.kept(place)).filter(|kept| !kept.is_empty())
    }

    /// The nonce that the ID token must repeat.
    pub fn nonce(&self) -> &'a str {
        self.nonce.unwrap_or_default()
    }

    /// The entries of the list at `path` of a JSON body, each to be read as an answer of its own.
    pub fn entries(&self, path: Path) -> Result<Vec<Answer<'a>>, Failure> {
        let entries = json_members::entries(self.body, path)?;
        let entries = entries.into_iter().map(|entry| Answer {
            body: entry,
            ..*self
        });
        Ok(entries.collect())
    }

    pub(crate) fn after(&self, lifetime: Duration) -> Option<SystemTime> {
        self.received_at.checked_add(lifetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_is_one_text_is_no_code() {
        let answer = Answer {
            status: 404,
            body: b"\"a text that may hold anything\"",
            received_at: SystemTime::UNIX_EPOCH,
            refresh_token: None,
            kept: &[],
            nonce: None,
        };
        let refused = Failure::Refused {
            code: None,
            description: None,
        };
        assert_eq!(answer.done(None, None), Err(refused.clone()));
        assert_eq!(answer.done(None, Some(&["message"])), Err(refused));
    }
}
