//! The effects of store operations on a row, as functions without I/O. Every store runs them within its transactions, and
//! the exploration of the protocol runs them too.

use std::time::Duration;

use crate::lifecycle::protocol::row::{
    Commit, Entry, FailureKind, Journal, LastFailure, Lifetimes, MAX_LEASE, MAX_SKEW, Note,
    Numbers, Place, Row, Timestamp,
};

/// A row with its lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored<T> {
    /// The row. Its `now` is the time at which its tokens were last written, or its times corrected.
    pub row: Row<T>,
    /// The greatest fencing number of any lease so far.
    pub fence: u64,
    /// The time until which the latest lease holds, unless it was released.
    pub leased_until: Option<Timestamp>,
}

/// The result of taking a lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lease<T> {
    /// The lease is taken. The values are the row as it is now, and the lease's fencing number.
    Taken(Row<T>, u64),
    /// Another worker holds the lease for this time.
    Held(Duration),
    /// There is no such row.
    Absent,
}

/// The result of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Committed<T> {
    /// The commit is durable. The value is the row as it is now.
    Done(Row<T>),
    /// The row has changed, and nothing was written. The value is the row as it is now.
    Conflict(Row<T>),
    /// There is no such row.
    Absent,
}

impl<T: Clone> Stored<T> {
    /// Creates the first row of a connection. Its numbers begin with the time, so that they differ from those of a removed
    /// row of this key that a worker may still know.
    pub fn new(tokens: T, life: Lifetimes, now: Timestamp) -> Stored<T> {
        let Numbers { login, version } = Stored::<T>::numbers_of_login(None, now);
        Stored {
            row: Row {
                now,
                version,
                login,
                tokens,
                spare: None,
                apart: None,
                times: life.from(now),
                journal: None,
                trouble: None,
            },
            fence: 0,
            leased_until: None,
        }
    }

    /// Returns the numbers that a login at `now` gives to an existing row or to a new one.
    pub fn numbers_of_login(before: Option<&Stored<T>>, now: Timestamp) -> Numbers {
        match before {
            Some(Stored { row, .. }) => Numbers {
                login: row.login + 1,
                version: row.version + 1,
            },
            None => Numbers {
                login: now.0,
                version: now.0,
            },
        }
    }

    /// Returns the row as it is read at `now`.
    pub fn read(&self, now: Timestamp) -> Row<T> {
        let mut row = Row {
            now,
            ..self.row.clone()
        };
        if let Some(ahead) = self.written_ahead(now) {
            row.correct(ahead);
        }
        row
    }

    /// Returns how far the clock was ahead when the row was written, if it was.
    pub fn written_ahead(&self, now: Timestamp) -> Option<Duration> {
        Some(self.row.now.since(now)).filter(|ahead| *ahead > MAX_SKEW)
    }

    /// Returns the row as if it were written at `now`, if a clock that was ahead wrote it, its lease or its wait.
    pub fn corrected(&self, now: Timestamp) -> Option<Stored<T>> {
        let is_ahead = self.written_ahead(now).is_some();
        let until = self
            .leased_until
            .filter(|until| until.since(now) > MAX_LEASE);
        let wait = self.row.trouble.filter(|trouble| trouble.is_overlong(now));
        if !is_ahead && until.is_none() && wait.is_none() {
            return None;
        }
        let mut corrected = self.clone();
        if is_ahead {
            corrected.row = self.read(now);
        }
        if until.is_some() {
            corrected.leased_until = None;
        }
        if let Some(wait) = wait {
            corrected.row.trouble = Some(LastFailure {
                not_before: now,
                ..wait
            });
        }
        Some(corrected)
    }

    /// Returns when the connection is to be kept alive, after the correction of a clock that was ahead: see [`Stored::due`].
    pub fn due_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.corrected(now) {
            Some(corrected) => corrected.due(),
            None => self.due(),
        }
    }

    /// Stores the tokens of another login. They replace all earlier tokens, and the lease ends.
    pub fn log_in(&mut self, tokens: T, life: Lifetimes, now: Timestamp) {
        let Numbers { login, version } = Stored::numbers_of_login(Some(self), now);
        self.row = Row {
            version,
            login,
            ..Stored::new(tokens, life, now).row
        };
        self.leased_until = None;
    }

    /// Takes the lease, unless another worker holds it.
    pub fn lease(&mut self, length: Duration, now: Timestamp) -> Lease<T> {
        if let Some(until) = self.leased_until
            && now < until
            && until.since(now) <= MAX_LEASE
        {
            return Lease::Held(until.since(now));
        }
        if let Some(corrected) = self.corrected(now) {
            *self = corrected;
        }
        self.fence += 1;
        self.leased_until = Some(now.after(length));
        Lease::Taken(self.read(now), self.fence)
    }

    /// Returns whether this lease is still held.
    pub fn is_leased(&self, fence: u64, now: Timestamp) -> bool {
        self.fence == fence && self.leased_until.is_some_and(|until| now < until)
    }

    /// Extends the lease to `length` from now. Returns whether it was still held.
    pub fn extend(&mut self, fence: u64, length: Duration, now: Timestamp) -> bool {
        let held = self.is_leased(fence, now);
        if held {
            self.leased_until = Some(now.after(length));
        }
        held
    }

    /// Releases the lease, if it still has this fencing number.
    pub fn release(&mut self, fence: u64) {
        if self.fence == fence {
            self.leased_until = None;
        }
    }

    /// Writes that the refresh token of this version is about to be sent. Returns whether lease and version still matched.
    pub fn journal(&mut self, fence: u64, version: u64, now: Timestamp) -> bool {
        let row = &self.row;
        if row.version != version || !self.is_leased(fence, now) {
            return false;
        }
        let at = row.open_entry().map_or(now, |earlier| earlier.at);
        self.row.journal = Some(Entry { fence, version, at });
        true
    }

    /// Writes new tokens, if version and login still match. The lease is not required, since a late response still has the
    /// newest tokens.
    pub fn commit(&mut self, commit: &Commit<T>, now: Timestamp) -> Committed<T> {
        let row = &mut self.row;
        // Tokens that are set apart replace nothing, so any version of their login may have them.
        let is_same = row.version == commit.version || commit.place == Place::Apart;
        let hides = commit.place == Place::Spare && row.is_given_up();
        if !is_same || row.login != commit.login || hides {
            return Committed::Conflict(self.read(now));
        }
        let own = |entry: &Entry| entry.fence == commit.fence;
        match commit.place {
            Place::Spare => {
                row.spare = Some(commit.tokens.clone());
                row.journal = row.journal.filter(|entry| !own(entry));
            }
            // The journal entry stays, since the refresh token that is kept may have been consumed.
            Place::Apart => {
                row.apart = Some(commit.tokens.clone());
                // A worker that has the lease by now may be about to send the same refresh token: it loses the lease.
                if row.version == commit.version && !row.is_given_up() {
                    self.leased_until = None;
                    row.trouble = Some(LastFailure {
                        kind: FailureKind::SetApart { since: now },
                        failures: row.trouble.map_or(1, |trouble| trouble.failures + 1),
                        not_before: now,
                    });
                }
            }
            Place::Current | Place::Promoted => {
                row.now = now;
                row.version += 1;
                row.tokens = commit.tokens.clone();
                row.spare = None;
                row.trouble = None;
                match commit.place {
                    Place::Promoted => {
                        row.times.refresh = Some(now);
                        row.times.expires = Some(now);
                        row.journal = Some(Entry {
                            fence: commit.fence,
                            version: row.version,
                            at: now,
                        });
                    }
                    _ => {
                        row.apart = None;
                        row.times = commit.life.from(now);
                        row.journal = row.journal.filter(|entry| !own(entry));
                    }
                }
            }
        }
        self.release(commit.fence);
        Committed::Done(self.read(now))
    }

    /// Writes why an attempt brought no new tokens, and ends its lease. Returns whether that was written: lease and version
    /// must still match, and a row with spare tokens is not given up.
    pub fn note(&mut self, note: &Note, now: Timestamp) -> bool {
        let is_leased = self.is_leased(note.fence, now);
        let row = &mut self.row;
        let gives_up = note.trouble.is_some_and(LastFailure::gives_up);
        if !is_leased || row.version != note.version || (gives_up && row.spare.is_some()) {
            return false;
        }
        // A later failure does not replace the decision on tokens that are set apart.
        let waits = row.trouble.is_some_and(LastFailure::is_set_apart);
        if !waits || gives_up {
            row.trouble = note.trouble;
        }
        if note.journal == Journal::Ends {
            row.journal = row.journal.filter(|entry| entry.fence != note.fence);
        }
        self.release(note.fence);
        true
    }
}

impl<T> Stored<T> {
    /// Returns when the connection is to be kept alive. The time is not before a held lease ends, nor before the next
    /// attempt is allowed. Returns `None` if the connection has no such time, was given up, or waits for a person.
    pub fn due(&self) -> Option<Timestamp> {
        let Row { times, trouble, .. } = &self.row;
        let not_before = match trouble {
            Some(trouble) if trouble.stops() => return None,
            trouble => trouble.map(|trouble| trouble.not_before),
        };
        Some(times.keep_alive?)
            .max(not_before)
            .max(self.leased_until)
    }
}
