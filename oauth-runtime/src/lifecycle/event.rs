//! [`Event`]: what happens to connections.

use std::time::Duration;

use crate::failure::Failure;
use crate::fingerprint::SpecChange;
use crate::lifecycle::store::{Key, StoreError};

/// Something that happened to a connection. Subscribe by [`Manager::events`](crate::lifecycle::Manager::events).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It has a new access token.
    Refreshed {
        /// Which.
        key: Key,
        /// Whether a new refresh token came, too.
        rotated: bool,
        /// Whether this settled an earlier refresh whose answer nobody had.
        settled: bool,
    },
    /// Only a new login helps. Told once.
    NeedsLogin {
        /// Which.
        key: Key,
        /// The provider's code, if it gave one.
        code: Option<String>,
    },
    /// A refresh failed, and is tried again later.
    Failed {
        /// Which.
        key: Key,
        /// Not before so long.
        wait: Duration,
        /// What happened, without any advice to retry.
        reason: String,
    },
    /// The app's registration or credentials are wrong: somebody must look.
    AppIsWrong {
        /// Whose connection showed it.
        key: Key,
        /// What happened, and what to do about it where that is known.
        reason: String,
    },
    /// A refresh token may have been spent by a call whose answer nobody has.
    OutcomeUnknown {
        /// Which.
        key: Key,
    },
    /// New tokens are in memory alone: the store does not take them. It is tried until it does.
    NotSaved {
        /// Which.
        key: Key,
        /// What the store said.
        error: StoreError,
    },
    /// The spec is another than the one that the connection was made under. It goes on by the new one; what it kept and
    /// that does not fit any more is [`Unavailable::Changed`](crate::lifecycle::Unavailable::Changed).
    SpecChanged {
        /// Which.
        key: Key,
        /// What has changed.
        what: Vec<SpecChange>,
    },
    /// Whatever is refreshed, only a new login helps from soon on: while there is time, ask the user for one. Told with
    /// each round of keeping alive that refreshes it, and when it is opened.
    EndsSoon {
        /// Which.
        key: Key,
        /// In so long.
        within: Duration,
    },
    /// A refresh response failed a protective check: it names a host that the spec does not list, or another user. Its tokens
    /// are sealed and set apart, no request goes to that host, and the connection is not refreshed until a person decides.
    SetApart {
        /// The connection.
        key: Key,
        /// The check that failed, without any value of the response.
        reason: String,
    },
    /// A member of a refresh response is not what the spec says, and was read as absent. The tokens are kept.
    OddMember {
        /// Whose refresh it was.
        key: Key,
        /// The member, what the spec says of it and the kind of thing that came. No value.
        what: Failure,
    },
    /// The provider does not do what its spec says.
    ProviderChanged {
        /// Whose connection showed it.
        key: Key,
        /// What.
        how: Change,
    },
}

/// How a provider departs from its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Each refresh should bring a new refresh token, and this one did not: the one that was sent is kept.
    StoppedRotating,
    /// The refresh token should last, and another one came.
    BeganRotating,
}
