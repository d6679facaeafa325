//! The refresh protocol: one state machine without I/O.
//!
//! A [`Step`] is something to do; what came of it leads to the next step. Whoever drives it owns store, network and
//! clock: the manager in production, the explorer and the crash tests elsewhere, all with this code. Each step takes
//! only the results that it can have, so a driver that skips one does not compile.
//!
//! ```text
//! Load ─▶ Lease ─▶ (Pause) ─▶ Journal ─▶ Send ─▶ Commit ─▶ Done
//!   │fresh   │fresh               │lost     │refused, unanswered
//!   ▼        ▼                    ▼         ▼
//!  Done    Release               Load      Note ─▶ Done
//! ```
//!
//! Why this order. The lease lets one worker at a time go on, and reading again under it finds what another did
//! meanwhile. The journal entry proves that the store takes writes *before* the refresh token is spent, and tells
//! whoever comes after a crash that it may be spent. The commit asks for the version that was read and not for the
//! lease: an answer that comes late is still the newest token there is, and must never be thrown away. Nothing is
//! given out before it is committed.

use std::time::Duration;

use crate::lifecycle::row::{Commit, Journal, Life, Note, Place, Row, Trouble, TroubleKind};

/// What an attempt is to bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// An access token that need not be refreshed yet.
    Fresh,
    /// A version after this one: its access token was refused, or its refresh token would die of idleness.
    NewerThan(u64),
    /// A version after this one now: an operator asks, and no stored wait holds that up.
    Forced(u64),
}

/// Whether a refresh token that may have been used can be sent again without harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Replay {
    /// At any time: it does not rotate, or a second use is refused and nothing else.
    Always,
    /// So long after its first use.
    Within(Duration),
    /// Never: a second use ends the grant.
    Never,
}

/// What one attempt knows from its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Course {
    want: Want,
    replay: Replay,
}

/// Something to do next. Each variant carries what it needs, and takes the results that it can have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step<T> {
    /// Read the row.
    Load(Loading),
    /// Take the lease, and read the row under it.
    Lease(Leasing),
    /// Hold the lease for a while, and read the row again: another may be about to write what it was answered.
    Pause(Pausing<T>),
    /// Write that the refresh token is about to be sent.
    Journal(Journaling<T>),
    /// Send it, unless the lease has run out by now.
    Send(Sending<T>),
    /// Write what came back.
    Commit(Committing<T>),
    /// Write why nothing came of it, and give the lease back.
    Note(Noting<T>),
    /// Give the lease back.
    Release(Releasing<T>),
    /// Another holds the lease: wait so long at most, then read again.
    Wait(Waiting),
    /// The end.
    Done(Outcome<T>),
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome<T> {
    /// The store has what was wanted.
    Ready(Row<T>),
    /// It failed, now or in an earlier attempt that is not to be repeated yet.
    Failed(Row<T>, Trouble),
    /// A refresh token may have been spent and the access token still works: the careful try comes when it has ended.
    Unsettled(Row<T>),
    /// There is no such connection. Tokens that were fetched for it belong to nobody: revoke them.
    Absent(Option<T>),
    /// The store failed before anything was sent: nothing is lost.
    StoreFailed,
}

/// Begins an attempt.
pub fn begin<T>(want: Want, replay: Replay) -> Step<T> {
    Step::Load(Loading(Course { want, replay }))
}

/// What a row says of an attempt before a lease is taken for it.
enum Verdict {
    Satisfied,
    Failed(Trouble),
    Unsettled,
    Go { uncertain: bool, harmless: bool },
}

impl Course {
    fn judge<T>(self, row: &Row<T>) -> Verdict {
        // Before all else: an access token that looks valid is no sign that the grant lives.
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
            // An entry of the future was written by a clock that was wrong.
            Replay::Within(grace) => entry.at <= row.now && row.now < entry.at.after(grace),
            Replay::Never => false,
        };
        // A second use may end the grant: not while the access token still works.
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

/// [`Step::Load`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loading(Course);

impl Loading {
    /// The row, if there is one.
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

    /// The store failed.
    pub fn failed<T>(self) -> Step<T> {
        Step::Done(Outcome::StoreFailed)
    }
}

/// [`Step::Lease`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leasing(Course);

impl Leasing {
    /// The lease is taken; `row` was read under it, and `fence` is greater than that of any lease before.
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

    /// Another worker has it for so long.
    pub fn held<T>(self, remaining: Duration) -> Step<T> {
        Step::Wait(Waiting {
            course: self.0,
            at_most: remaining,
        })
    }

    /// The row is gone.
    pub fn absent<T>(self) -> Step<T> {
        Step::Done(Outcome::Absent(None))
    }

    /// The store failed.
    pub fn failed<T>(self) -> Step<T> {
        Step::Done(Outcome::StoreFailed)
    }
}

/// [`Step::Wait`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    course: Course,
    /// The lease of the other worker ends then.
    pub at_most: Duration,
}

impl Waiting {
    /// It is time to look again.
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
    /// Nothing was sent. What an earlier use did is not settled by that.
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

    fn commit(self, tokens: T, life: Life, place: Place) -> Step<T> {
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

    fn failed(self, kind: TroubleKind, wait: Duration, journal: Journal) -> Step<T> {
        let earlier = self.row.trouble;
        let trouble = Trouble {
            // An outage is no success, so it does not reset the time since which the provider refuses.
            kind: match (earlier.map(|earlier| earlier.kind), kind) {
                (Some(TroubleKind::Unrecognized { since }), TroubleKind::Transient) => {
                    TroubleKind::Unrecognized { since }
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

/// [`Step::Pause`]: before a second use that may end the grant. Whoever made the first one may be alive, with its answer
/// in memory and a store that did not take it; it tries again soon.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pausing<T>(Refresh<T>);

impl<T> Pausing<T> {
    /// The lease that is held meanwhile.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// What the row is after a while.
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

    /// The store failed: nothing is sent.
    pub fn failed(self) -> Step<T> {
        self.0.unsent(Then::StoreFailed)
    }
}

/// [`Step::Journal`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Journaling<T>(Refresh<T>);

impl<T> Journaling<T> {
    /// The lease that must still be held when the entry is written.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// The version that the entry names, which the row must still have.
    pub fn version(&self) -> u64 {
        self.0.row.version
    }

    /// The entry is written.
    pub fn written(self) -> Step<T> {
        Step::Send(Sending(self.0))
    }

    /// The lease is another's by now, or the row has another version.
    pub fn lost(self) -> Step<T> {
        Step::Load(Loading(self.0.course))
    }

    /// The store failed: the token stays unspent.
    pub fn failed(self) -> Step<T> {
        self.0.unsent(Then::StoreFailed)
    }
}

/// [`Step::Send`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sending<T>(Refresh<T>);

/// What came of sending a refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer<T> {
    /// New tokens.
    Fresh(T, Life),
    /// New tokens in a response that failed a protective check: they are stored, and not used.
    Apart(T),
    /// The grant is dead.
    Dead,
    /// The provider did not take the request up: the refresh token is as it was. Nobody should try for so long,
    /// counted from when the row was read.
    Unspent(TroubleKind, Duration),
    /// The provider refused by a code that neither the standard nor the spec explains: the refresh token is as it was, as far
    /// as is known. No attempt should follow for so long, counted from when the row was read.
    Unrecognized(Duration),
    /// Nobody knows whether the provider took it up. Nobody should try for so long, counted from when the row was read.
    Unanswered(Duration),
}

impl<T: Clone + PartialEq> Sending<T> {
    /// The tokens whose refresh token is to be sent.
    pub fn tokens(&self) -> &T {
        &self.0.row.tokens
    }

    /// The row that was read under the lease.
    pub fn row(&self) -> &Row<T> {
        &self.0.row
    }

    /// The lease under which it is sent: extend it while the call runs.
    pub fn fence(&self) -> u64 {
        self.0.fence
    }

    /// How many attempts failed before this one.
    pub fn failures(&self) -> u32 {
        self.0.row.trouble.map_or(0, |trouble| trouble.failures)
    }

    /// Whether an earlier use of this refresh token is not settled: this is the careful try.
    pub fn is_uncertain(&self) -> bool {
        self.0.uncertain
    }

    /// The lease has run out before anything was sent, and nothing may be sent any more.
    pub fn too_late(self) -> Step<T> {
        self.0.unsent(Then::Again)
    }

    /// What came back, or did not.
    pub fn answered(self, answer: Answer<T>) -> Step<T> {
        // What an earlier use did is not settled by a request that the provider did not take up.
        let journal = match self.0.uncertain {
            true => Journal::Stays,
            false => Journal::Ends,
        };
        match answer {
            Answer::Fresh(tokens, life) => self.0.commit(tokens, life, Place::Current),
            Answer::Apart(tokens) => self.0.commit(tokens, Life::NEVER, Place::Apart),
            Answer::Dead => match self.0.row.spare.clone() {
                // What lost a race earlier may be the newest after all.
                Some(spare) => self.0.commit(spare, Life::NEVER, Place::Promoted),
                None => {
                    let none = Duration::ZERO;
                    self.0.failed(TroubleKind::LogIn, none, Journal::Ends)
                }
            },
            Answer::Unspent(kind, wait) => self.0.failed(kind, wait, journal),
            Answer::Unrecognized(wait) => {
                let since = match self.0.row.trouble.map(|trouble| trouble.kind) {
                    Some(TroubleKind::Unrecognized { since }) => since.min(self.0.row.now),
                    _ => self.0.row.now,
                };
                self.0
                    .failed(TroubleKind::Unrecognized { since }, wait, journal)
            }
            Answer::Unanswered(wait) => {
                let transient = TroubleKind::Transient;
                self.0.failed(transient, wait, Journal::Stays)
            }
        }
    }
}

/// [`Step::Commit`]: tokens that exist nowhere else. Until they are written, whoever drives keeps this value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Committing<T> {
    commit: Commit<T>,
    course: Course,
}

impl<T: PartialEq> Committing<T> {
    /// What to write.
    pub fn commit(&self) -> &Commit<T> {
        &self.commit
    }

    /// The same commit with its tokens sealed for the place that they go to now.
    #[must_use]
    pub fn with_tokens(mut self, change: impl FnOnce(T) -> T) -> Committing<T> {
        self.commit.tokens = change(self.commit.tokens);
        self
    }

    /// It is durable. `row` is what the store has now.
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

    /// The row has another version or login, or was given up meanwhile, and nothing was written.
    pub fn conflict(self, row: &Row<T>) -> Step<T> {
        let Committing { mut commit, course } = self;
        let own = Some(&commit.tokens);
        let is_there = [Some(&row.tokens), row.spare.as_ref(), row.apart.as_ref()].contains(&own);
        // A write that was told to have failed may have come through; and a later login ends what was before it.
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

    /// The row is gone: the user has disconnected meanwhile.
    pub fn absent(self) -> Step<T> {
        Step::Done(Outcome::Absent(Some(self.commit.tokens)))
    }

    /// The store failed: try again, for as long as it takes.
    pub fn failed(self) -> Step<T> {
        Step::Commit(self)
    }
}

/// What follows a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Then {
    Again,
    Fail(Trouble),
    StoreFailed,
}

/// [`Step::Note`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Noting<T> {
    refresh: Refresh<T>,
    note: Note,
    then: Then,
}

impl<T> Noting<T> {
    /// What to write.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// It is written.
    pub fn noted(self) -> Step<T> {
        match self.then {
            Then::Again => Step::Load(Loading(self.refresh.course)),
            Then::Fail(trouble) => Step::Done(Outcome::Failed(self.refresh.row, trouble)),
            Then::StoreFailed => Step::Done(Outcome::StoreFailed),
        }
    }

    /// The row has moved on: what was to be noted is no longer so.
    pub fn moved_on(self) -> Step<T> {
        match self.then {
            Then::StoreFailed => Step::Done(Outcome::StoreFailed),
            Then::Again | Then::Fail(_) => Step::Load(Loading(self.refresh.course)),
        }
    }

    /// The store failed: the row says less than it could, and nothing is lost.
    pub fn failed(self) -> Step<T> {
        match self.then {
            Then::Fail(trouble) => Step::Done(Outcome::Failed(self.refresh.row, trouble)),
            Then::Again | Then::StoreFailed => Step::Done(Outcome::StoreFailed),
        }
    }
}

/// [`Step::Release`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Releasing<T> {
    /// The lease that ends, if it is still of this number.
    pub fence: u64,
    outcome: Outcome<T>,
}

impl<T> Releasing<T> {
    /// It is given back, or runs out by itself.
    pub fn released(self) -> Step<T> {
        Step::Done(self.outcome)
    }
}
