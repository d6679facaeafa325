//! What a store has of one token of one connection, and what is written there.

use std::time::Duration;

/// A point in time by the *store's* clock, in milliseconds since 1970: workers' own clocks may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// So much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Moment {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Moment(self.0.saturating_add(millis))
    }

    /// So much earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Moment {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Moment(self.0.saturating_sub(millis))
    }

    /// How long from `earlier` until this; nothing if it is not later.
    pub fn since(self, earlier: Moment) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// What the store has of one token of one connection, as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row<T> {
    /// The store's clock when this was read.
    pub now: Moment,
    /// Goes up by one with each new `tokens`, and with nothing else.
    pub version: u64,
    /// Goes up with each login: tokens of an earlier login never replace those of a later one.
    pub login: u64,
    /// The tokens.
    pub tokens: T,
    /// The latest answer that lost a race. It is tried before the connection is given up.
    pub spare: Option<T>,
    /// Tokens of a refresh response that failed a protective check. They are not used until a person decides.
    pub apart: Option<T>,
    /// When they are due, and when they end.
    pub times: Times,
    /// That a refresh token was about to be sent, and nothing settled it since.
    pub journal: Option<Entry>,
    /// Why the last attempt failed.
    pub trouble: Option<Trouble>,
}

impl<T> Row<T> {
    /// Whether only a new login helps.
    pub fn is_given_up(&self) -> bool {
        self.trouble.is_some_and(Trouble::gives_up)
    }

    /// Whether the refresh token may have been spent by a call whose answer nobody has.
    pub fn open_entry(&self) -> Option<Entry> {
        self.journal.filter(|entry| entry.version == self.version)
    }
}

impl<T> Row<T> {
    /// Corrects a row whose times were written by a clock that was ahead by so much: they end no later than if they had been
    /// written now, and what can be refreshed is due.
    pub(crate) fn correct(&mut self, ahead: Duration) {
        let times = &mut self.times;
        let renewable = times.refresh < times.expires;
        for time in [
            &mut times.refresh,
            &mut times.expires,
            &mut times.keep_alive,
            &mut times.lost,
            &mut times.ends,
        ] {
            *time = time.map(|time| time.before(ahead));
        }
        // The time of writing is unknown: it is kept alive early rather than late.
        times.keep_alive = times.keep_alive.map(|keep_alive| keep_alive.min(self.now));
        if renewable {
            times.refresh = times.refresh.map(|refresh| refresh.min(self.now));
        }
    }
}

impl<T: PartialEq> Row<T> {
    /// Puts tokens that were sealed anew in the place of the same ones; whether they were there.
    pub fn reseal(&mut self, old: &T, new: T) -> bool {
        let beside = [self.spare.as_mut(), self.apart.as_mut()];
        let mut places = [Some(&mut self.tokens)].into_iter().chain(beside).flatten();
        match places.find(|place| *place == old) {
            Some(place) => {
                *place = new;
                true
            }
            None => false,
        }
    }
}

/// When tokens are due and when they end, as spans that count from an answer (`Duration`) or as points in time
/// ([`Moment`]). `None` where nothing says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule<W> {
    /// The access token is to be refreshed by whoever uses it next.
    pub refresh: Option<W>,
    /// The access token does not work any more.
    pub expires: Option<W>,
    /// The tokens are to be refreshed although nobody uses them, or they will be lost.
    pub keep_alive: Option<W>,
    /// The refresh token does not work any more, unless it is refreshed before.
    pub lost: Option<W>,
    /// Only a new login helps from here on, whatever is done before.
    pub ends: Option<W>,
}

impl<W> Schedule<W> {
    /// Nothing is known of any end.
    pub const NEVER: Schedule<W> = Schedule {
        refresh: None,
        expires: None,
        keep_alive: None,
        lost: None,
        ends: None,
    };
}

/// Spans, counted from an answer.
pub type Life = Schedule<Duration>;

/// Points in time, by the store's clock.
pub type Times = Schedule<Moment>;

impl Life {
    /// The points in time, if the answer came at `now`.
    pub fn from(self, now: Moment) -> Times {
        let at = |span: Option<Duration>| span.map(|span| now.after(span));
        Times {
            refresh: at(self.refresh),
            expires: at(self.expires),
            keep_alive: at(self.keep_alive),
            lost: at(self.lost),
            ends: at(self.ends),
        }
    }
}

/// A journal entry: the refresh token of this version was about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The fencing number of the lease under which it was written.
    pub fence: u64,
    /// The version whose refresh token it is.
    pub version: u64,
    /// When the first entry for this version was written: the provider's grace counts from there.
    pub at: Moment,
}

/// No wait is longer. A stored one that is comes from a clock that was wrong.
pub const MAX_WAIT: Duration = Duration::from_secs(25 * 3600);

/// No lease is longer. A stored one that is comes from a clock that was wrong.
pub const MAX_LEASE: Duration = Duration::from_secs(5 * 60);

/// Clocks of machines and databases differ by less. A row that was written later than this comes from a clock that was wrong.
pub const MAX_SKEW: Duration = Duration::from_secs(60);

/// Why an attempt failed, as the row remembers it for every worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// What kind of failure it was.
    pub kind: TroubleKind,
    /// How many attempts failed in a row.
    pub failures: u32,
    /// Nobody tries before that.
    pub not_before: Moment,
}

impl Trouble {
    /// Whether it is too soon to try again.
    pub fn is_to_wait(self, now: Moment) -> bool {
        now < self.not_before && !self.is_overlong(now)
    }

    /// Whether the wait is longer than any can be, because a clock was wrong.
    pub(crate) fn is_overlong(self, now: Moment) -> bool {
        self.not_before.since(now) > MAX_WAIT
    }

    /// Whether only a new login helps.
    pub fn gives_up(self) -> bool {
        self.kind == TroubleKind::LogIn
    }

    /// Whether no request is sent until a person decides on the tokens that are set apart.
    pub fn is_set_apart(self) -> bool {
        matches!(self.kind, TroubleKind::SetApart { .. })
    }

    /// Whether the connection is no longer refreshed without a person.
    pub fn stops(self) -> bool {
        self.gives_up() || self.is_set_apart()
    }
}

/// The kinds of failure, by what mends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The grant is dead: only a new login helps, and nobody tries again before it.
    LogIn,
    /// The provider is not reachable, or too busy: later it works again.
    Transient,
    /// The app's registration or credentials are wrong: somebody must mend the app.
    MendApp,
    /// The provider refuses by a code that neither the standard nor the spec explains, or by none. The grant may be alive:
    /// it is tried again after growing pauses, and never given up for that.
    Unrecognized {
        /// Since when, without a success.
        since: Moment,
    },
    /// A refresh response failed a protective check: it names a host that the spec does not list, or another user. Its tokens
    /// are set apart, and no refresh follows until a person decides.
    SetApart {
        /// The time at which they were set apart.
        since: Moment,
    },
}

/// New tokens for a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commit<T> {
    /// If the lease is still of this number, it ends with the commit, and so does its journal entry.
    pub fence: u64,
    /// The version that the row must still have.
    pub version: u64,
    /// The login that the row must still have.
    pub login: u64,
    /// What to write.
    pub tokens: T,
    /// How long it lives.
    pub life: Life,
    /// Where to.
    pub place: Place,
}

/// Where tokens are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// As the row's tokens.
    Current,
    /// As the row's tokens, though they may have been used: the journal says so of the new version.
    Promoted,
    /// As the row's spare ones, unless the row was given up: its tokens and version stay.
    Spare,
    /// As tokens that are set apart: the row's tokens and version stay.
    Apart,
}

/// What the row is to remember of an attempt without new tokens. Written only if the row still has the version and the
/// lease, which ends with it; and that a grant is dead only if there are no spare tokens by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// The lease that must still be held.
    pub fence: u64,
    /// The version that the row must still have.
    pub version: u64,
    /// What becomes of the journal entry.
    pub journal: Journal,
    /// Why nothing came of it, if it was the provider.
    pub trouble: Option<Trouble>,
}

/// What becomes of a journal entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Journal {
    /// It goes if it is this lease's: nothing was spent, or nothing is left to spend.
    Ends,
    /// It stays: nobody knows what became of the refresh token.
    Stays,
}
