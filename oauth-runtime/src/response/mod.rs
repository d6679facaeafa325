//! [`Response`]: the provider response that generated readers parse; its members, error responses and ID tokens.

pub(crate) mod challenge;
pub(crate) mod claims;
pub(crate) mod conversion;
pub(crate) mod error_members;
pub(crate) mod form_members;
pub(crate) mod member_forms;
pub(crate) mod members;
pub(crate) mod parse_error;
pub(crate) mod rate_limit;
pub(crate) mod success;
pub(crate) mod unreachable;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::json::lookup;
use crate::json::member::Found;
use crate::json::member::Members;
use crate::json::paths::{Path, Paths};
use crate::response::members::Member;
use crate::response::parse_error::{ErrorResponse, ParseError};
use crate::secret::Secret;

/// A provider's response: status, body and time of arrival, with the context that its reader needs.
pub struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) received_at: SystemTime,
    pub(crate) refresh_token: Option<&'a Secret>,
    pub(crate) kept: &'a [Secret],
    /// The expected claims of the ID token, as [`expect_id_token`] writes them.
    ///
    /// [`expect_id_token`]: crate::request::writer::RequestWriter::expect_id_token
    pub(crate) id_token: &'a str,
    pub(crate) oddities: &'a Oddities,
}

impl<'a> Response<'a> {
    /// Finds the members at the given paths in a JSON body.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not JSON. For a status other than 2xx, that is an error response without a code.
    pub fn json<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        // A 2xx response without a body, such as 204, is read as an empty object.
        let body = match self.unmarked() {
            [] if self.is_success() => b"{}",
            body => body,
        };
        match lookup::fill(body, members) {
            Ok(repeated) => {
                self.note_all(repeated.map(|index| members.each[index].repeated()));
                Ok(&members.each)
            }
            Err(place) => Err(self.unless_refused(place.into())),
        }
    }

    /// Assigns the whole body, without surrounding white space, to the member whose path is empty. Others are absent.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not UTF-8. For a status other than 2xx, that is an error response without a
    /// code.
    pub fn text<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        let body = std::str::from_utf8(self.unmarked()).map_err(|_| ParseError::NotForm);
        let body = body.map_err(|failure| self.unless_refused(failure))?;
        for member in members.each.iter_mut().filter(|own| own.path.is_empty()) {
            *member = Member::of_text(member.path, body.trim());
        }
        Ok(&members.each)
    }

    /// Finds the members in a form-encoded body.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not UTF-8. For a status other than 2xx, that is an error response without a
    /// code.
    pub fn form<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        match form_members::fill(self.unmarked(), &mut members.each) {
            Ok(repeated) => {
                self.note_all(repeated);
                Ok(&members.each)
            }
            Err(failure) => Err(self.unless_refused(failure)),
        }
    }

    /// Finds the members in a body that is JSON if it begins with `{` or `[`, and a form otherwise. The content type does
    /// not decide, since providers send JSON as `text/html`, too.
    ///
    /// # Errors
    ///
    /// Returns an error if the body begins as JSON and is not, or if it is not UTF-8. For a status other than 2xx, that is
    /// an error response without a code.
    pub fn json_or_form<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], ParseError> {
        match self.unmarked().trim_ascii_start() {
            [b'{' | b'[', ..] => self.json(members),
            _ => self.form(members),
        }
    }

    /// Returns the body without a byte order mark (RFC 8259 §8.1).
    #[inline]
    fn unmarked(&self) -> &'a [u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body)
    }

    /// Returns the value that was read, or `None` if the member contradicts the spec. The contradiction is reported and
    /// has no other effect.
    #[inline]
    pub(crate) fn noting<T>(&self, read: Result<Option<T>, ParseError>) -> Option<T> {
        match read {
            Ok(value) => value,
            Err(failure) => {
                self.note(failure);
                None
            }
        }
    }

    /// Reports a member that contradicts the spec.
    #[cold]
    pub(crate) fn note(&self, failure: ParseError) {
        self.oddities.0.borrow_mut().push(failure);
    }

    /// Reports a member that contradicts the spec, once per process: a provider that sends a nonstandard value there
    /// sends it in every response.
    #[cold]
    pub(crate) fn note_once(&self, member: &Member<'_>, expected: &'static str) {
        // A path is a constant of its reader, so its address identifies the member and the call.
        let place = member.path.as_ptr().addr();
        let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(place) {
            drop(noted);
            self.note(member.wrong(expected));
        }
    }

    #[inline]
    fn note_all(&self, repeated: Option<ParseError>) {
        if let Some(repeated) = repeated {
            self.note(repeated);
        }
    }

    /// Returns the failure for a 2xx status. With any other status, a body that cannot be read is an error response
    /// without a code.
    fn unless_refused(&self, failure: ParseError) -> ParseError {
        match self.is_success() {
            true => failure,
            false => ParseError::Refused(ErrorResponse::default()),
        }
    }

    /// Returns whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the text at index `place` of those that the call keeps for its reader, such as a callback parameter that
    /// belongs to the token. Returns an empty text if there is none.
    pub fn kept(&self, place: usize) -> String {
        self.kept
            .get(place)
            .map_or_else(String::new, |kept| kept.expose().to_owned())
    }

    /// Returns the text at index `place` of those that the call keeps for its reader, or `None` if it is empty.
    pub fn perhaps_kept(&self, place: usize) -> Option<String> {
        Some(self.kept(place)).filter(|kept| !kept.is_empty())
    }

    /// Returns the entries of the list at `path` of a JSON body, each as the body of a response.
    ///
    /// # Errors
    ///
    /// Returns an error if the body is not JSON, or if the member at `path` is not a list.
    pub fn entries(&self, path: Path) -> Result<Vec<Response<'a>>, ParseError> {
        let paths = Paths::of([path]);
        let mut members = Members::at(&paths);
        lookup::fill(self.unmarked(), &mut members)?;
        let [member] = &members.each;
        let Found::List(list) = member.found else {
            return Err(member.wrong("a list"));
        };
        let entries = lookup::elements(list).into_iter().map(|entry| Response {
            body: entry,
            ..*self
        });
        Ok(entries.collect())
    }

    pub(crate) fn after(&self, lifetime: Duration) -> Option<SystemTime> {
        self.received_at.checked_add(lifetime)
    }
}

/// The members that `note_once` has reported, by the addresses of their paths.
static NOTED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// The contradictions between a response and the spec that were reported and did not fail the call.
#[derive(Default)]
pub(crate) struct Oddities(pub(crate) RefCell<Vec<ParseError>>);
