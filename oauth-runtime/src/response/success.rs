//! Whether a response is a success: its status, and the members that a spec requires.

use crate::response::Response;
use crate::response::error_members::{ErrorMembers, refusal};
use crate::response::members::Member;
use crate::response::parse_error::ParseError;

impl Response<'_> {
    /// Checks that the status is 2xx (RFC 6749 §5.1).
    ///
    /// # Errors
    ///
    /// Returns `ParseError::Refused` with the code and the description of the error response otherwise.
    #[inline]
    pub fn accepted(&self, error: &ErrorMembers) -> Result<(), ParseError> {
        match self.is_success() {
            true => Ok(()),
            false => Err(error.refused(self)),
        }
    }

    /// Checks that the status is 2xx and that `holds`, the result of the spec's success rule, is true.
    ///
    /// # Errors
    ///
    /// Returns `ParseError::Refused` with the code and the description of the error response otherwise.
    pub fn accepted_if(
        &self,
        holds: bool,
        error: Option<&Member<'_>>,
        description: Option<&Member<'_>>,
    ) -> Result<(), ParseError> {
        match self.is_success() && holds {
            true => Ok(()),
            false => Err(ParseError::Refused(refusal(error, description))),
        }
    }

    /// Checks that a response has one of the members in `given`, or no error code: some providers send error responses
    /// with a 2xx status.
    ///
    /// # Errors
    ///
    /// Returns `ParseError::Refused` if all members in `given` are absent and the response has an error code.
    #[inline]
    pub fn gives_any(&self, given: &[&Member<'_>], error: &ErrorMembers) -> Result<(), ParseError> {
        match given.iter().any(|member| !member.is_absent()) {
            true => Ok(()),
            false => error.refused_with_code(self),
        }
    }

    /// Checks that a response has one of the members in `given`, or no error code, whose member was read before.
    ///
    /// # Errors
    ///
    /// Returns `ParseError::Refused` if all members in `given` are absent and the response has an error code.
    #[inline]
    pub fn gives_any_or(
        &self,
        given: &[&Member<'_>],
        error: Option<&Member<'_>>,
        description: Option<&Member<'_>>,
    ) -> Result<(), ParseError> {
        let is_given = |member: &&Member<'_>| !member.is_absent();
        if given.iter().any(is_given) {
            return Ok(());
        }
        let refusal = refusal(error, description);
        match refusal.code() {
            Some(_) => Err(ParseError::Refused(refusal)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::response::Oddities;
    use crate::response::parse_error::ErrorResponse;

    #[test]
    fn a_body_that_is_one_text_is_no_code() {
        let answer = Response {
            status: 404,
            body: b"\"a text that may hold anything\"",
            received_at: SystemTime::UNIX_EPOCH,
            refresh_token: None,
            kept: &[],
            id_token: "",
            oddities: &Oddities::default(),
        };
        let refused = ParseError::Refused(ErrorResponse::default());
        let undocumented = ErrorMembers::of(&[], &[]);
        assert_eq!(answer.accepted(&undocumented), Err(refused.clone()));
        let described = ErrorMembers::of(&[], &[&["message"]]);
        assert_eq!(answer.accepted(&described), Err(refused));
    }
}
