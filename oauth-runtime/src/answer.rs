//! [`Answer`]: a provider's response, as generated readers see it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::failure::{Failure, Refusal};
use crate::form_members;
use crate::json_members;
use crate::members::Member;
use crate::paths::{Members, Path, Paths};
use crate::secret::Secret;

/// A response: status, body and the time it came.
pub struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
    pub(crate) received_at: SystemTime,
    pub(crate) refresh_token: Option<&'a Secret>,
    pub(crate) kept: &'a [Secret],
    /// What the ID token must say, as [`Draft::expect_id_token`](crate::draft::Draft::expect_id_token) wrote it.
    pub(crate) id_token: &'a str,
    pub(crate) oddities: &'a Oddities,
}

impl<'a> Answer<'a> {
    /// Finds the members in a JSON body.
    pub fn json<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], Failure> {
        // A success without a body, such as 204, is an object without members.
        let body = match self.unmarked() {
            [] if self.is_success() => b"{}",
            body => body,
        };
        match json_members::fill(body, members) {
            Ok(repeated) => {
                self.note_all(repeated);
                Ok(&members.each)
            }
            Err(failure) => Err(self.unless_refused(failure)),
        }
    }

    /// Takes the whole body as one value, whatever the paths.
    pub fn text<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], Failure> {
        let body = std::str::from_utf8(self.unmarked()).map_err(|_| Failure::NotForm);
        let body = body.map_err(|failure| self.unless_refused(failure))?;
        for member in &mut members.each {
            *member = Member::of_text(member.path, body.trim());
        }
        Ok(&members.each)
    }

    /// Finds the members in a form-encoded body.
    pub fn form<'m, const N: usize>(
        &self,
        members: &'m mut Members<'_, 'a, N>,
    ) -> Result<&'m [Member<'a>; N], Failure> {
        match form_members::fill(self.unmarked(), &mut members.each) {
            Ok(repeated) => {
                self.note_all(repeated);
                Ok(&members.each)
            }
            Err(failure) => Err(self.unless_refused(failure)),
        }
    }

    /// The body without a byte order mark (RFC 8259 §8.1).
    #[inline]
    fn unmarked(&self) -> &'a [u8] {
        self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.body)
    }

    /// What was read, or nothing where it is not what the spec says: that is reported, and costs nothing else.
    #[inline]
    pub(crate) fn noting<T>(&self, read: Result<Option<T>, Failure>) -> Option<T> {
        match read {
            Ok(value) => value,
            Err(failure) => {
                self.note(failure);
                None
            }
        }
    }

    /// Reports a member that is not what the spec says.
    #[cold]
    pub(crate) fn note(&self, failure: Failure) {
        self.oddities.0.borrow_mut().push(failure);
    }

    /// Reports a member of this kind once in this process: providers that put a word of their own there do so each time.
    #[cold]
    pub(crate) fn note_once(&self, member: &Member<'_>, expected: &'static str) {
        // A path is a constant of its reader, so its address says which member of which call it is.
        let place = member.path.as_ptr().addr();
        let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.insert(place) {
            drop(noted);
            self.note(member.wrong(expected));
        }
    }

    #[inline]
    fn note_all(&self, repeated: Option<Failure>) {
        if let Some(repeated) = repeated {
            self.note(repeated);
        }
    }

    /// An error status with a body that cannot be read is a refusal without a code.
    fn unless_refused(&self, failure: Failure) -> Failure {
        match self.is_success() {
            true => failure,
            false => Failure::Refused(Refusal::default()),
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
            false => Err(Failure::Refused(refusal(error, description))),
        }
    }

    /// A refusal where a success has none of what it gives, and the code of a refusal: some providers refuse with a
    /// status of success.
    #[inline]
    pub fn gives_any(
        &self,
        given: &[&Member<'_>],
        error: Option<&Member<'_>>,
        description: Option<&Member<'_>>,
    ) -> Result<(), Failure> {
        let is_given = |member: &&Member<'_>| !member.is_absent();
        if given.iter().any(is_given) {
            return Ok(());
        }
        let refusal = refusal(error, description);
        match refusal.code() {
            Some(_) => Err(Failure::Refused(refusal)),
            None => Ok(()),
        }
    }

    /// For calls whose success has no body to read: a refusal unless the status says success.
    pub fn done(&self, error: Option<Path>, description: Option<Path>) -> Result<(), Failure> {
        if self.is_success() {
            return Ok(());
        }
        let paths = Paths::of([error.unwrap_or(&[]), description.unwrap_or(&[])]);
        let mut members = Members::at(&paths);
        let [code, words] = self.json(&mut members)?;
        // The whole body is no code: it stood for a member that the provider does not have.
        let (code, words) = (error.map(|_| code), description.map(|_| words));
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

    /// The entries of the list at `path` of a JSON body, each to be read as an answer of its own.
    pub fn entries(&self, path: Path) -> Result<Vec<Answer<'a>>, Failure> {
        let entries = json_members::entries(self.unmarked(), path)?;
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

/// The members that were reported once, by the addresses of their paths.
static NOTED: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());

/// The members of a response that were not what the spec says, and were read as absent.
#[derive(Default)]
pub(crate) struct Oddities(pub(crate) RefCell<Vec<Failure>>);

#[cold]
fn refusal(error: Option<&Member<'_>>, description: Option<&Member<'_>>) -> Refusal {
    match (plain(error), plain(description)) {
        (Some(code), Some(words)) => Refusal::of(code, words),
        _ => decoded(error, description),
    }
}

#[cold]
#[inline(never)]
fn decoded(error: Option<&Member<'_>>, description: Option<&Member<'_>>) -> Refusal {
    Refusal::of(&told(error), &told(description))
}

fn plain<'m>(member: Option<&'m Member<'_>>) -> Option<&'m str> {
    member.map_or(Some(""), Member::plain_text)
}

fn told<'m>(member: Option<&'m Member<'_>>) -> Cow<'m, str> {
    member.map(Member::told).unwrap_or_default()
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
            id_token: "",
            oddities: &Oddities::default(),
        };
        let refused = Failure::Refused(Refusal::default());
        assert_eq!(answer.done(None, None), Err(refused.clone()));
        assert_eq!(answer.done(None, Some(&["message"])), Err(refused));
    }
}
