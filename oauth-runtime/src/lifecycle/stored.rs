//! What the operations of a store do to a row, as functions without I/O: every store runs these within a transaction of
//! its own, and the exploration of the protocol runs them too.

use std::time::Duration;

use crate::lifecycle::row::{
    Commit, Entry, Journal, Life, MAX_LEASE, MAX_SKEW, Moment, Note, Place, Row, Trouble,
    TroubleKind,
};
use crate::lifecycle::store::Numbers;

/// A row with its lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored<T> {
    /// The row; its `now` is when it was written last.
    pub row: Row<T>,
    /// The greatest fencing number of any lease so far.
    pub fence: u64,
    /// Until when that lease holds, unless it was given back.
    pub leased_until: Option<Moment>,
}

/// What became of asking for a lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lease<T> {
    /// It is taken: the row as it is now, and the lease's fencing number.
    Taken(Row<T>, u64),
    /// Another has it for so long.
    Held(Duration),
    /// There is no such row.
    Absent,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Committed<T> {
    /// It is durable; the row as it is now.
    Done(Row<T>),
    /// The row has moved on, and nothing was written; the row as it is now.
    Conflict(Row<T>),
    /// There is no such row.
    Absent,
}

impl<T: Clone> Stored<T> {
    /// The first row of a connection. Its numbers begin with the time, so that whoever still knows an earlier row of this
    /// key, which was removed, has none of them.
    pub fn new(tokens: T, life: Life, now: Moment) -> Stored<T> {
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

    /// The numbers that a row gets by a login at `now`: of a row that is there already, or of a new one.
    pub fn numbers_of_login(before: Option<&Stored<T>>, now: Moment) -> Numbers {
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

    /// The row as it is read at `now`.
    pub fn read(&self, now: Moment) -> Row<T> {
        let mut row = Row {
            now,
            ..self.row.clone()
        };
        if let Some(ahead) = self.written_ahead(now) {
            row.correct(ahead);
        }
        row
    }

    /// How far the clock was ahead when the row was written, if it was.
    pub fn written_ahead(&self, now: Moment) -> Option<Duration> {
        Some(self.row.now.since(now)).filter(|ahead| *ahead > MAX_SKEW)
    }

    /// The row as it would be if it were written at `now`, if a clock that was ahead wrote it, its lease or its wait.
    pub fn corrected(&self, now: Moment) -> Option<Stored<T>> {
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
            corrected.row.trouble = Some(Trouble {
                not_before: now,
                ..wait
            });
        }
        Some(corrected)
    }

    /// When it is to be kept alive, as far as is known at `now`: see [`Stored::due`].
    pub fn due_at(&self, now: Moment) -> Option<Moment> {
        match self.corrected(now) {
            Some(corrected) => corrected.due(),
            None => self.due(),
        }
    }

    /// The user has logged in again: what was before is over, and who holds a lease has lost it.
    pub fn log_in(&mut self, tokens: T, life: Life, now: Moment) {
        let Numbers { login, version } = Stored::numbers_of_login(Some(self), now);
        self.row = Row {
            version,
            login,
            ..Stored::new(tokens, life, now).row
        };
        self.leased_until = None;
    }

    /// Takes the lease, unless another holds it.
    pub fn lease(&mut self, length: Duration, now: Moment) -> Lease<T> {
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

    /// Whether this lease is still held.
    pub fn is_leased(&self, fence: u64, now: Moment) -> bool {
        self.fence == fence && self.leased_until.is_some_and(|until| now < until)
    }

    /// Lets the lease hold for `length` from now on; whether it was still held.
    pub fn extend(&mut self, fence: u64, length: Duration, now: Moment) -> bool {
        let held = self.is_leased(fence, now);
        if held {
            self.leased_until = Some(now.after(length));
        }
        held
    }

    /// Gives the lease back, if it is still this one.
    pub fn release(&mut self, fence: u64) {
        if self.fence == fence {
            self.leased_until = None;
        }
    }

    /// Writes that the refresh token of this version is about to be sent; whether lease and version were still so.
    pub fn journal(&mut self, fence: u64, version: u64, now: Moment) -> bool {
        let row = &self.row;
        if row.version != version || !self.is_leased(fence, now) {
            return false;
        }
        let at = row.open_entry().map_or(now, |earlier| earlier.at);
        self.row.journal = Some(Entry { fence, version, at });
        true
    }

    /// Writes new tokens, if version and login are still so; not the lease is asked for, since an answer that comes
    /// late is still the newest.
    pub fn commit(&mut self, commit: &Commit<T>, now: Moment) -> Committed<T> {
        let row = &mut self.row;
        // What is set apart replaces nothing, so any version of its login may have it.
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
            // The journal entry stays: the refresh token that is kept may be consumed.
            Place::Apart => {
                row.apart = Some(commit.tokens.clone());
                // A worker that has the lease by now may be about to send the same refresh token: it loses the lease.
                if row.version == commit.version && !row.is_given_up() {
                    self.leased_until = None;
                    row.trouble = Some(Trouble {
                        kind: TroubleKind::SetApart { since: now },
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

    /// Writes why nothing came of an attempt, and ends its lease; whether lease and version were still so.
    pub fn note(&mut self, note: &Note, now: Moment) -> bool {
        let is_leased = self.is_leased(note.fence, now);
        let row = &mut self.row;
        let gives_up = note.trouble.is_some_and(Trouble::gives_up);
        if !is_leased || row.version != note.version || (gives_up && row.spare.is_some()) {
            return false;
        }
        // A later failure does not decide what becomes of tokens that are set apart.
        let waits = row.trouble.is_some_and(Trouble::is_set_apart);
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
    /// When it is to be kept alive, as far as that may be done: not while somebody holds its lease, not before it may be
    /// tried again, and never once it was given up or waits for a person.
    pub fn due(&self) -> Option<Moment> {
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
