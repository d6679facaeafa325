//! [`ErrorMembers`]: where an error response has its code and its description.

use std::borrow::Cow;

use crate::json::member::Members;
use crate::json::paths::{Path, Paths};
use crate::response::Response;
use crate::response::members::Member;
use crate::response::parse_error::{ErrorResponse, ParseError};

/// The members of an error response (RFC 6749 §5.2). They are read only if there is an error, in a
/// separate pass.
pub struct ErrorMembers {
    /// The first code and the first description. An undocumented one has the empty path.
    first: Paths<2>,
    error: &'static [Path],
    description: &'static [Path],
    format: Format,
}

/// The format of an error response.
#[derive(Clone, Copy)]
enum Format {
    Json,
    Form,
    /// JSON or a form, as the body is.
    Either,
}

impl ErrorMembers {
    /// Creates the description from the paths of the code and of the description. The first path with a value counts.
    pub const fn of(error: &'static [Path], description: &'static [Path]) -> ErrorMembers {
        ErrorMembers {
            first: Paths::of([first(error), first(description)]),
            error,
            description,
            format: Format::Json,
        }
    }

    /// Sets that the body is a form. By default it is JSON.
    pub const fn in_form(mut self) -> ErrorMembers {
        self.format = Format::Form;
        self
    }

    /// Sets that the body is JSON or a form.
    pub const fn in_json_or_form(mut self) -> ErrorMembers {
        self.format = Format::Either;
        self
    }

    /// Reads an error response. A body that cannot be read is an error response without a code.
    #[cold]
    pub(crate) fn refused(&self, answer: &Response<'_>) -> ParseError {
        match self.read(answer) {
            Ok(refusal) => ParseError::Refused(refusal),
            Err(failure) => failure,
        }
    }

    /// Returns an error if the body has an error code.
    #[cold]
    pub(crate) fn refused_with_code(&self, answer: &Response<'_>) -> Result<(), ParseError> {
        if self.error.is_empty() {
            return Ok(());
        }
        let refusal = self.read(answer)?;
        match refusal.code() {
            Some(_) => Err(ParseError::Refused(refusal)),
            None => Ok(()),
        }
    }

    fn read(&self, answer: &Response<'_>) -> Result<ErrorResponse, ParseError> {
        let mut members = Members::at(&self.first);
        let [code, words] = self.members(answer, &mut members)?;
        // The empty path of an undocumented member selects the whole body, which is neither a code nor a description.
        let read = refusal(
            Some(code).filter(|_| !self.error.is_empty()),
            Some(words).filter(|_| !self.description.is_empty()),
        );
        let code = self.further(answer, self.error, read.code())?;
        let words = self.further(answer, self.description, read.description())?;
        match (code, words) {
            (None, None) => Ok(read),
            (code, words) => Ok(ErrorResponse::of(
                code.as_deref().or(read.code()).unwrap_or_default(),
                words.as_deref().or(read.description()).unwrap_or_default(),
            )),
        }
    }

    /// Reads the paths after the first one until one has a value, if the first one has none.
    fn further(
        &self,
        answer: &Response<'_>,
        paths: &'static [Path],
        found: Option<&str>,
    ) -> Result<Option<String>, ParseError> {
        if found.is_some() {
            return Ok(None);
        }
        for path in paths.iter().skip(1) {
            let paths = Paths::of([path]);
            let mut members = Members::at(&paths);
            let [member] = self.members(answer, &mut members)?;
            let text = member.lenient_text();
            if !text.is_empty() {
                return Ok(Some(text.into_owned()));
            }
        }
        Ok(None)
    }

    fn members<'m, 'a, const N: usize>(
        &self,
        answer: &Response<'a>,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        match self.format {
            Format::Json => answer.json(members),
            Format::Form => answer.form(members),
            Format::Either => answer.json_or_form(members),
        }
    }
}

#[cold]
pub(crate) fn refusal(
    error: Option<&Member<'_>>,
    description: Option<&Member<'_>>,
) -> ErrorResponse {
    match (plain(error), plain(description)) {
        (Some(code), Some(words)) => ErrorResponse::of(code, words),
        _ => decoded(error, description),
    }
}

#[cold]
#[inline(never)]
fn decoded(error: Option<&Member<'_>>, description: Option<&Member<'_>>) -> ErrorResponse {
    ErrorResponse::of(&text_of(error), &text_of(description))
}

fn plain<'m>(member: Option<&'m Member<'_>>) -> Option<&'m str> {
    member.map_or(Some(""), Member::plain_text)
}

fn text_of<'m>(member: Option<&'m Member<'_>>) -> Cow<'m, str> {
    member.map(Member::lenient_text).unwrap_or_default()
}

const fn first(paths: &[Path]) -> Path {
    match paths {
        [first, ..] => first,
        [] => &[],
    }
}
