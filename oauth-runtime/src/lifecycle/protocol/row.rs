//! The state that a store has of one token of one connection, and the changes to it.

use std::time::Duration;

/// A point in time by the *store's* clock, in milliseconds since 1970. The clocks of workers may differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Returns the timestamp that is `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Timestamp {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_add(millis))
    }

    /// Returns the timestamp that is `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Timestamp {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Timestamp(self.0.saturating_sub(millis))
    }

    /// Returns the duration from `earlier` to this timestamp, or zero if this timestamp is not later.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The state of one token of one connection, as it was read from the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row<T> {
    /// The time at which the row was read, by the store's clock.
    pub now: Timestamp,
    /// The version of `tokens`. It increases by one with each new `tokens`, and with nothing else.
    pub version: u64,
    /// The number of the login. It increases with each login, and tokens of an earlier login never replace those of a later
    /// one.
    pub login: u64,
    /// The current tokens.
    pub tokens: T,
    /// The tokens of the latest response that lost a race. They are tried before the connection is given up.
    pub spare: Option<T>,
    /// Tokens of a refresh response that failed a protective check. They are not used until a person decides.
    pub apart: Option<T>,
    /// The times at which the tokens are due and at which they end.
    pub times: Deadlines,
    /// The entry for a refresh token that was about to be sent, if its outcome is not settled.
    pub journal: Option<Entry>,
    /// The reason why the last attempt failed.
    pub trouble: Option<LastFailure>,
}

impl<T> Row<T> {
    /// Returns whether only a new login helps.
    pub fn is_given_up(&self) -> bool {
        self.trouble.is_some_and(LastFailure::gives_up)
    }

    /// Returns the journal entry if a request without a known response may have consumed the refresh token.
    pub fn open_entry(&self) -> Option<Entry> {
        self.journal.filter(|entry| entry.version == self.version)
    }
}

/// The numbers of a row that sealed tokens are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// The login, as in [`Row::login`].
    pub login: u64,
    /// The version, as in [`Row::version`].
    pub version: u64,
}

impl<T> Row<T> {
    /// Corrects a row whose times were written by a clock that was ahead by `ahead`. They end no later than if they had been
    /// written now, and a row that can be refreshed is due.
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
        // The time of writing is unknown, so the row is kept alive early rather than late.
        times.keep_alive = times.keep_alive.map(|keep_alive| keep_alive.min(self.now));
        if renewable {
            times.refresh = times.refresh.map(|refresh| refresh.min(self.now));
        }
    }
}

impl<T: PartialEq> Row<T> {
    /// Replaces sealed tokens by the resealed ones. Returns whether the row had the old ones.
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

/// The times at which tokens are due and at which they end, as spans from a response (`Duration`) or as points in time
/// ([`Timestamp`]). `None` means that no such time is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule<W> {
    /// The time from which the next use of the access token refreshes it.
    pub refresh: Option<W>,
    /// The time at which the access token expires.
    pub expires: Option<W>,
    /// The time at which unused tokens are to be refreshed, so that they are not lost.
    pub keep_alive: Option<W>,
    /// The time at which the connection is lost, unless it is refreshed before.
    pub lost: Option<W>,
    /// The time from which only a new login helps, even if the tokens are refreshed before.
    pub ends: Option<W>,
}

impl<W> Schedule<W> {
    /// The schedule without any known time.
    pub const NEVER: Schedule<W> = Schedule {
        refresh: None,
        expires: None,
        keep_alive: None,
        lost: None,
        ends: None,
    };
}

/// A schedule of spans, counted from a response.
pub type Lifetimes = Schedule<Duration>;

/// A schedule of points in time, by the store's clock.
pub type Deadlines = Schedule<Timestamp>;

impl Lifetimes {
    /// Returns the points in time for a response that came at `now`.
    pub fn from(self, now: Timestamp) -> Deadlines {
        let at = |span: Option<Duration>| span.map(|span| now.after(span));
        Deadlines {
            refresh: at(self.refresh),
            expires: at(self.expires),
            keep_alive: at(self.keep_alive),
            lost: at(self.lost),
            ends: at(self.ends),
        }
    }
}

/// A journal entry, which records that a refresh token was about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The fencing number of the lease under which the entry was written.
    pub fence: u64,
    /// The version whose refresh token was about to be sent.
    pub version: u64,
    /// The time of the first entry for this version. The provider's grace period counts from it.
    pub at: Timestamp,
}

/// The longest possible wait. A longer stored wait comes from a wrong clock.
pub const MAX_WAIT: Duration = Duration::from_secs(25 * 3600);

/// The longest possible lease. A longer stored lease comes from a wrong clock.
pub const MAX_LEASE: Duration = Duration::from_secs(5 * 60);

/// The largest normal difference between clocks of machines and databases. A row that was written further in the future
/// comes from a wrong clock.
pub const MAX_SKEW: Duration = Duration::from_secs(60);

/// The reason why an attempt failed, stored in the row for every worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastFailure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The number of attempts that failed in a row.
    pub failures: u32,
    /// The earliest time of the next attempt.
    pub not_before: Timestamp,
}

impl LastFailure {
    /// Returns whether it is too soon for the next attempt.
    pub fn is_to_wait(self, now: Timestamp) -> bool {
        now < self.not_before && !self.is_overlong(now)
    }

    /// Returns whether the wait exceeds the maximum, because a clock was wrong.
    pub(crate) fn is_overlong(self, now: Timestamp) -> bool {
        self.not_before.since(now) > MAX_WAIT
    }

    /// Returns whether only a new login helps.
    pub fn gives_up(self) -> bool {
        self.kind == FailureKind::LogIn
    }

    /// Returns whether no request is sent until a person decides on the tokens that are set apart.
    pub fn is_set_apart(self) -> bool {
        matches!(self.kind, FailureKind::SetApart { .. })
    }

    /// Returns whether the connection is no longer refreshed without a person.
    pub fn stops(self) -> bool {
        self.gives_up() || self.is_set_apart()
    }
}

/// The kind of a failure, by its remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// The grant is no longer valid, or cannot be renewed. Only a new login helps, and no attempt is made before it.
    LogIn,
    /// The provider is unreachable or overloaded. A later attempt may succeed.
    Transient,
    /// The app's registration, its credentials or this installation are invalid. A person must correct them.
    MendApp,
    /// The provider returns an error response with a code that neither the standard nor the spec explains, or without a
    /// code. The grant may still be valid, so attempts continue after growing pauses and never give it up for that.
    Unrecognized {
        /// The time of the first of these error responses in a row.
        since: Timestamp,
    },
    /// A refresh response failed a protective check: it names a host that the spec does not list, or another user. Its
    /// tokens are set apart, and no refresh follows until a person decides.
    SetApart {
        /// The time at which the tokens were set apart.
        since: Timestamp,
    },
}

/// A write of new tokens to a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Commit<T> {
    /// The fencing number of the lease. The commit ends this lease and its journal entry, but tokens that are set apart
    /// leave the entry.
    pub fence: u64,
    /// The version that the row must still have, except for tokens that are set apart.
    pub version: u64,
    /// The login that the row must still have.
    pub login: u64,
    /// The tokens to write.
    pub tokens: T,
    /// The deadlines of the tokens, counted from their response.
    pub life: Lifetimes,
    /// The place that the tokens are written to.
    pub place: Place,
}

/// The place in a row that tokens are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The row's current tokens.
    Current,
    /// The row's current tokens, although their refresh token may have been consumed. The journal records that for the new
    /// version.
    Promoted,
    /// The row's spare tokens, unless the row was given up. Its tokens and version stay.
    Spare,
    /// The row's tokens that are set apart. Its tokens and version stay.
    Apart,
}

/// The record of an attempt without new tokens. It is written only if the row still has the version and the lease, and ends
/// the lease. A note that gives the connection up also requires that the row has no spare tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// The fencing number of the lease that must still be held.
    pub fence: u64,
    /// The version that the row must still have.
    pub version: u64,
    /// The change to the journal entry.
    pub journal: Journal,
    /// The failure that the row states from now on, if there is one.
    pub trouble: Option<LastFailure>,
}

/// The change that a note makes to the journal entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Journal {
    /// The entry is removed if this lease wrote it: nothing was consumed, or nothing is left to consume.
    Ends,
    /// The entry stays: it is unknown whether the refresh token was consumed.
    Stays,
}
