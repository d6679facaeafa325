//! The refresh protocol, as a state machine without I/O.
//!
//! A [`Step`] is an instruction, and its result leads to the next step. A driver provides store, network and clock: the
//! manager in production, the explorer and the crash tests elsewhere. All of them run this code. Each step accepts only the
//! results that it can have, so a driver that skips one does not compile.
//!
//! ```text
//! Load ─▶ Lease ─▶ (Pause) ─▶ Journal ─▶ Send ─▶ Commit ─▶ Done
//!   │fresh   │fresh               │lost     │refused, unanswered
//!   ▼        ▼                    ▼         ▼
//!  Done    Release               Load      Note ─▶ Done
//! ```
//!
//! The reasons for this order:
//!
//! - The lease lets one worker at a time continue. Reading again under the lease finds what another worker did meanwhile.
//! - The journal entry proves that the store accepts writes *before* the refresh token is consumed. After a crash, it shows
//!   that the token may have been consumed.
//! - The commit requires the version that was read, not the lease. A late response still has the newest tokens, and must
//!   never be discarded.
//! - No caller receives tokens before they are committed.

pub(crate) mod policy;
pub mod row;
pub mod stored;

use std::time::Duration;

use crate::lifecycle::protocol::row::{
    Commit, FailureKind, Journal, LastFailure, Lifetimes, Note, Place, Row,
};

/// The goal of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// An access token that need not be refreshed yet.
    Fresh,
    /// A version after this one: the API rejected its access token, or its refresh token would expire unused.
    NewerThan(u64),
    /// A version after this one, now: an operator requests it, and no stored wait delays it.
    Forced(u64),
}

/// Whether a refresh token that may have been used can be sent again without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replay {
    /// The refresh token can be sent again at any time: it does not rotate, or a second use is at most rejected.
    Always,
    /// The refresh token can be sent again for this long after its first use.
    Within(Duration),
    /// The refresh token must not be sent again without care: a second use may end the grant.
    Never,
}

/// The parameters of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Course {
    want: Want,
    replay: Replay,
}

/// The next instruction of an attempt. Each variant carries what it needs, and accepts the results that it can have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step<T> {
    /// Read the row.
    Load(Loading),
    /// Take the lease, and read the row under it.
    Lease(Leasing),
    /// Hold the lease for a while, and read the row again: another worker may be about to write its response.
    Pause(Pausing<T>),
    /// Write that the refresh token is about to be sent.
    Journal(Journaling<T>),
    /// Send the refresh token, unless the lease has expired by now.
    Send(Sending<T>),
    /// Write the new tokens.
    Commit(Committing<T>),
    /// Write why the attempt brought no new tokens, and release the lease.
    Note(Noting<T>),
    /// Release the lease.
    Release(Releasing<T>),
    /// Wait while another worker holds the lease, for the given time at most, and read the row again.
    Wait(Waiting),
    /// End the attempt with this outcome.
    Done(Outcome<T>),
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<T> {
    /// The store has what was wanted.
    Ready(Row<T>),
    /// The attempt failed, or an earlier one failed and must not be repeated yet.
    Failed(Row<T>, LastFailure),
    /// The refresh token may have been consumed, and the access token still works. The careful try comes once the access
    /// token has expired.
    Unsettled(Row<T>),
    /// There is no such connection. Revoke the tokens that were fetched for it.
    Absent(Option<T>),
    /// The store failed before a request was sent. Nothing is lost.
    StoreFailed,
}

/// Begins an attempt.
pub fn begin<T>(want: Want, replay: Replay) -> Step<T> {
    Step::Load(Loading(Course { want, replay }))
}

/// The decision that follows from a row before the refresh token is sent.
enum Verdict {
    Satisfied,
    Failed(LastFailure),
    Unsettled,
    Go { uncertain: bool, harmless: bool },
}

impl Course {
    fn judge<T>(self, row: &Row<T>) -> Verdict {
        // This check comes first: an access token that looks valid does not prove that the grant is valid.
        if let Some(trouble) = row.trouble.filter(|trouble| trouble.gives_up()) {
            return Verdict::Failed(trouble);
        }
        let satisfied = match self.want {
            Want::Fresh => row.times.refresh.is_none_or(|at| row.now < at),
            Want::NewerThan(version) | Want::Forced(version) => row.version > version,
        };
        if satisfied {
            return Verdict::Satisfied;
        }
        let is_forced = matches!(self.want, Want::Forced(_));
        if let Some(trouble) = row.trouble
            && !is_forced
            && (trouble.is_set_apart() || trouble.is_to_wait(row.now))
        {
            return Verdict::Failed(trouble);
        }
        let Some(entry) = row.open_entry() else {
            return Verdict::Go {
                uncertain: false,
                harmless: true,
            };
        };
        let harmless = match self.replay {
            Replay::Always => true,
            // A wrong clock wrote an entry that lies in the future.
            Replay::Within(grace) => entry.at <= row.now && row.now < entry.at.after(grace),
            Replay::Never => false,
        };
        // A second use may end the grant, so it waits until the access token has expired.
        let works = self.want == Want::Fresh && row.times.expires.is_some_and(|end| row.now < end);
        match works && !harmless {
            true => Verdict::Unsettled,
            false => Verdict::Go {
                uncertain: true,
                harmless,
            },
        }
    }
}

/// A pending [`Step::Load`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loading(Course);

impl Loading {
    /// Continues with the row, if there is one.
    pub fn loaded<T>(self, row: Option<Row<T>>) -> Step<T> {
        let Some(row) = row else {
            return Step::Done(Outcome::Absent(None));
        };
        match self.0.judge(&row) {
            Verdict::Satisfied => Step::Done(Outcome::Ready(row)),
            Verdict::Failed(trouble) => Step::Done(Outcome::Failed(row, trouble)),
            Verdict::Unsettled => Step::Done(Outcome::Unsettled(row)),
            Verdict::Go { .. } => Step::Lease(Leasing(self.0)),
        }
    }

    /// Ends the attempt: the store failed.
    pub fn failed<T>(self) -> Step<T> {
        Step::Done(Outcome::StoreFailed)
    }
}

/// A pending [`Step::Lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leasing(Course);

impl Leasing {
    /// Continues under the lease. `row` was read under it, and `fence` is greater than that of any earlier lease.
    pub fn leased<T>(self, row: Row<T>, fence: u64) -> Step<T> {
        let release = |outcome| Step::Release(Releasing { fence, outcome });
        match self.0.judge(&row) {
            Verdict::Satisfied => release(Outcome::Ready(row)),
            Verdict::Failed(trouble) => release(Outcome::Failed(row, trouble)),
            Verdict::Unsettled => release(Outcome::Unsettled(row)),
            Verdict::Go {
                uncertain,
                harmless,
            } => {
                let refresh = Refresh {
                    course: self.0,
                    row,
                    fence,
                    uncertain,
                };
                match harmless {
                    true => Step::Journal(Journaling(refresh)),
                    false => Step::Pause(Pausing(refresh)),
                }
            }
        }
    }

    /// Waits: another worker holds the lease for this time.
    pub fn held<T>(self, remaining: Duration) -> Step<T> {
        Step::Wait(Waiting {
            course: self.0,
            at_most: remaining,
        })
    }

    /// Ends the attempt: the row is gone.
    pub fn absent<T>(self) -> Step<T> {
        Step::Done(Outcome::Absent(None))
    }

    /// Ends the attempt: the store failed.
    pub fn failed<T>(self) -> Step<T> {
        Step::Done(Outcome::StoreFailed)
    }
}

/// A pending [`Step::Wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    course: Course,
    /// The time until the other worker's lease ends.
    pub at_most: Duration,
}

impl Waiting {
    /// Reads the row again.
    pub fn over<T>(self) -> Step<T> {
        Step::Load(Loading(self.course))
    }
}

/// A refresh under a lease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refresh<T> {
    course: Course,
    row: Row<T>,
    fence: u64,
    uncertain: bool,
}

impl<T> Refresh<T> {
    /// Notes that nothing was sent. An earlier use stays unsettled.
    fn unsent(self, then: Then) -> Step<T> {
        let note = Note {
            fence: self.fence,
            version: self.row.version,
            journal: match self.uncertain {
                true => Journal::Stays,
                false => Journal::Ends,
            },
            trouble: self.row.trouble,
        };
        Step::Note(Noting {
            refresh: self,
            note,
            then,
        })
    }

    fn commit(self, tokens: T, life: Lifetimes, place: Place) -> Step<T> {
        let commit = Commit {
            fence: self.fence,
            version: self.row.version,
            login: self.row.login,
            tokens,
            life,
            place,
        };
        Step::Commit(Committing {
            commit,
            course: self.course,
        })
    }

    fn failed(self, kind: FailureKind, wait: Duration, journal: Journal) -> Step<T> {
        let earlier = self.row.trouble;
        let trouble = LastFailure {
            // An outage is no success, so it does not reset the time since which the provider refuses.
            kind: match (earlier.map(|earlier| earlier.kind), kind) {
                (Some(FailureKind::Unrecognized { since }), FailureKind::Transient) => {
                    FailureKind::Unrecognized { since }
                }
                _ => kind,
            },
            failures: earlier.map_or(0, |own| own.failures).saturating_add(1),
            not_before: self.row.now.after(wait),
        };
        let note = Note {
            fence: self.fence,
            version: self.row.version,
            journal,
            trouble: Some(trouble),
        };
        Step::Note(Noting {
            refresh: self,
            note,
            then: Then::Fail(trouble),
        })
    }
}

/// A pending [`Step::Pause`], before a second use that may end the grant. The worker of the first use may still run, with
/// the response in memory, and soon retry a write that the store rejected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pausing<T>(Refresh<T>);

impl<T> Pausing<T> {
    /// Returns the fencing number of the lease that is held meanwhile.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// Continues with the row as it is after the pause.
    pub fn over(self, row: Option<Row<T>>) -> Step<T> {
        let Refresh { course, fence, .. } = self.0;
        let Some(row) = row else {
            return Step::Done(Outcome::Absent(None));
        };
        let release = |outcome| Step::Release(Releasing { fence, outcome });
        match course.judge(&row) {
            Verdict::Satisfied => release(Outcome::Ready(row)),
            Verdict::Failed(trouble) => release(Outcome::Failed(row, trouble)),
            Verdict::Unsettled => release(Outcome::Unsettled(row)),
            Verdict::Go { uncertain, .. } => Step::Journal(Journaling(Refresh {
                course,
                row,
                fence,
                uncertain,
            })),
        }
    }

    /// Ends the attempt without a request: the store failed.
    pub fn failed(self) -> Step<T> {
        self.0.unsent(Then::StoreFailed)
    }
}

/// A pending [`Step::Journal`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Journaling<T>(Refresh<T>);

impl<T> Journaling<T> {
    /// Returns the fencing number of the lease that must still be held when the entry is written.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// Returns the version that the entry names. The row must still have it.
    pub fn version(&self) -> u64 {
        self.0.row.version
    }

    /// Continues once the entry is written.
    pub fn written(self) -> Step<T> {
        Step::Send(Sending(self.0))
    }

    /// Starts over: another worker has the lease, or the row has another version.
    pub fn lost(self) -> Step<T> {
        Step::Load(Loading(self.0.course))
    }

    /// Ends the attempt without a request, so the refresh token is not consumed: the store failed.
    pub fn failed(self) -> Step<T> {
        self.0.unsent(Then::StoreFailed)
    }
}

/// A pending [`Step::Send`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sending<T>(Refresh<T>);

/// The result of sending a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefreshOutcome<T> {
    /// New tokens.
    NewTokens(T, Lifetimes),
    /// New tokens in a response that failed a protective check. They are stored, and not used.
    Apart(T),
    /// The grant is no longer valid, or cannot be renewed.
    Dead,
    /// The refresh token was not consumed. No attempt should follow for this time, counted from when the row was read.
    Unspent(FailureKind, Duration),
    /// The provider returned an error response with a code that neither the standard nor the spec explains. As far as is
    /// known, the refresh token was not consumed. No attempt should follow for this time, counted from when the row was
    /// read.
    Unrecognized(Duration),
    /// It is unknown whether the provider consumed the refresh token. No attempt should follow for this time, counted from
    /// when the row was read.
    Unanswered(Duration),
}

impl<T: Clone + PartialEq> Sending<T> {
    /// Returns the tokens whose refresh token is to be sent.
    pub fn tokens(&self) -> &T {
        &self.0.row.tokens
    }

    /// Returns the row that was read under the lease.
    pub fn row(&self) -> &Row<T> {
        &self.0.row
    }

    /// Returns the fencing number of the lease. Extend the lease while the call runs.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// Returns how many attempts failed before this one.
    pub fn failures(&self) -> u32 {
        self.0.row.trouble.map_or(0, |trouble| trouble.failures)
    }

    /// Returns whether an earlier use of this refresh token is unsettled, so that this is the careful try.
    pub fn is_uncertain(&self) -> bool {
        self.0.uncertain
    }

    /// Starts over without a request, for example because the lease has expired.
    pub fn too_late(self) -> Step<T> {
        self.0.unsent(Then::Again)
    }

    /// Continues with the result of the request.
    pub fn answered(self, answer: RefreshOutcome<T>) -> Step<T> {
        // A request that consumed nothing does not settle an earlier use.
        let journal = match self.0.uncertain {
            true => Journal::Stays,
            false => Journal::Ends,
        };
        match answer {
            RefreshOutcome::NewTokens(tokens, life) => self.0.commit(tokens, life, Place::Current),
            RefreshOutcome::Apart(tokens) => self.0.commit(tokens, Lifetimes::NEVER, Place::Apart),
            RefreshOutcome::Dead => match self.0.row.spare.clone() {
                // Tokens that lost a race earlier may be the newest after all.
                Some(spare) => self.0.commit(spare, Lifetimes::NEVER, Place::Promoted),
                None => {
                    let none = Duration::ZERO;
                    self.0.failed(FailureKind::LogIn, none, Journal::Ends)
                }
            },
            RefreshOutcome::Unspent(kind, wait) => self.0.failed(kind, wait, journal),
            RefreshOutcome::Unrecognized(wait) => {
                let since = match self.0.row.trouble.map(|trouble| trouble.kind) {
                    Some(FailureKind::Unrecognized { since }) => since.min(self.0.row.now),
                    _ => self.0.row.now,
                };
                self.0
                    .failed(FailureKind::Unrecognized { since }, wait, journal)
            }
            RefreshOutcome::Unanswered(wait) => {
                let transient = FailureKind::Transient;
                self.0.failed(transient, wait, Journal::Stays)
            }
        }
    }
}

/// A pending [`Step::Commit`], with tokens that exist nowhere else. The driver must keep this value until they are written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Committing<T> {
    commit: Commit<T>,
    course: Course,
}

impl<T: PartialEq> Committing<T> {
    /// Returns the commit to write.
    pub fn commit(&self) -> &Commit<T> {
        &self.commit
    }

    /// Replaces the tokens, for example by tokens that are sealed for the place that they now go to.
    #[must_use]
    pub fn with_tokens(mut self, change: impl FnOnce(T) -> T) -> Committing<T> {
        self.commit.tokens = change(self.commit.tokens);
        self
    }

    /// Continues once the commit is durable. `row` is the row that the store has now.
    pub fn committed(self, row: Row<T>) -> Step<T> {
        match self.commit.place {
            Place::Current => Step::Done(Outcome::Ready(row)),
            Place::Promoted | Place::Spare => Step::Load(Loading(self.course)),
            Place::Apart => match row.trouble.filter(|trouble| trouble.is_set_apart()) {
                Some(trouble) => Step::Done(Outcome::Failed(row, trouble)),
                None => Step::Load(Loading(self.course)),
            },
        }
    }

    /// Continues after a conflict: the row has another version or login, or was given up meanwhile, and nothing was written.
    pub fn conflict(self, row: &Row<T>) -> Step<T> {
        let Committing { mut commit, course } = self;
        let own = Some(&commit.tokens);
        let is_there = [Some(&row.tokens), row.spare.as_ref(), row.apart.as_ref()].contains(&own);
        // A write that was reported as failed may have succeeded, and a later login replaces all earlier tokens.
        if is_there || row.login != commit.login {
            return Step::Load(Loading(course));
        }
        commit.version = row.version;
        commit.place = match (commit.place, row.is_given_up()) {
            (Place::Apart, _) => Place::Apart,
            (_, true) => Place::Promoted,
            (_, false) => Place::Spare,
        };
        Step::Commit(Committing { commit, course })
    }

    /// Ends the attempt: the row is gone, since the user has disconnected meanwhile.
    pub fn absent(self) -> Step<T> {
        Step::Done(Outcome::Absent(Some(self.commit.tokens)))
    }

    /// Repeats the step: the store failed. Try again for as long as it takes.
    pub fn failed(self) -> Step<T> {
        Step::Commit(self)
    }
}

/// The continuation after a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Then {
    Again,
    Fail(LastFailure),
    StoreFailed,
}

/// A pending [`Step::Note`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Noting<T> {
    refresh: Refresh<T>,
    note: Note,
    then: Then,
}

impl<T> Noting<T> {
    /// Returns the note to write.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Continues once the note is written.
    pub fn noted(self) -> Step<T> {
        match self.then {
            Then::Again => Step::Load(Loading(self.refresh.course)),
            Then::Fail(trouble) => Step::Done(Outcome::Failed(self.refresh.row, trouble)),
            Then::StoreFailed => Step::Done(Outcome::StoreFailed),
        }
    }

    /// Continues after a change of the row, to which the note no longer applies.
    pub fn moved_on(self) -> Step<T> {
        match self.then {
            Then::StoreFailed => Step::Done(Outcome::StoreFailed),
            Then::Again | Then::Fail(_) => Step::Load(Loading(self.refresh.course)),
        }
    }

    /// Ends the attempt without the note: the store failed. Nothing is lost.
    pub fn failed(self) -> Step<T> {
        match self.then {
            Then::Fail(trouble) => Step::Done(Outcome::Failed(self.refresh.row, trouble)),
            Then::Again | Then::StoreFailed => Step::Done(Outcome::StoreFailed),
        }
    }
}

/// A pending [`Step::Release`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Releasing<T> {
    /// The fencing number of the lease to release. A later lease stays.
    pub fence: u64,
    outcome: Outcome<T>,
}

impl<T> Releasing<T> {
    /// Ends the attempt. A lease that was not released expires.
    pub fn released(self) -> Step<T> {
        Step::Done(self.outcome)
    }
}
