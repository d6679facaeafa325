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
    /// From here on the access token is to be refreshed; `None` while it need not be.
    pub refresh_at: Option<Moment>,
    /// From here on the access token does not work; `None` where nobody knows of an end.
    pub expires_at: Option<Moment>,
    /// That a refresh token was about to be sent, and nothing settled it since.
    pub journal: Option<Entry>,
    /// Why the last attempt failed.
    pub trouble: Option<Trouble>,
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

/// The three kinds of failure, by what mends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The grant is dead: only a new login helps, and nobody tries again before it.
    LogIn,
    /// The provider is not reachable, or too busy: later it works again.
    Transient,
    /// The app's registration or credentials are wrong: somebody must mend the app.
    MendApp,
}

/// How long an access token lives, counted from the answer; `None` where nothing says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Life {
    /// It is to be refreshed after so long.
    pub refresh_in: Option<Duration>,
    /// It ends after so long.
    pub expires_in: Option<Duration>,
}

impl Life {
    /// Of tokens that are tried at once.
    pub(crate) const ENDED: Life = Life {
        refresh_in: Some(Duration::ZERO),
        expires_in: Some(Duration::ZERO),
    };
}

/// Where tokens are written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// As the row's tokens.
    Current,
    /// As the row's tokens, from its spare ones: the journal says of the new version that they may have been used.
    Promoted,
    /// As the row's spare ones, unless the row was given up: its tokens and version stay.
    Spare,
}

/// What the row is to remember of an attempt without new tokens. Written only if the row still has the version and the
/// lease, which ends with it; and that a grant is dead only if there are no spare tokens by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Note {
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
