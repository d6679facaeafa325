//! [`Event`]: a notification about a connection.

use std::time::Duration;

use crate::lifecycle::store::{Key, StoreError};
use crate::provider::fingerprint::SpecChange;
use crate::response::parse_error::ParseError;

/// A notification about a connection. Subscribe with [`Manager::events`](crate::lifecycle::Manager::events).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The connection has a new access token.
    Refreshed {
        /// The connection.
        key: Key,
        /// Whether the response contained a new refresh token.
        rotated: bool,
        /// Whether this refresh settled an earlier one whose response was lost.
        settled: bool,
    },
    /// The connection needs a new login. The event is sent once.
    NeedsLogin {
        /// The connection.
        key: Key,
        /// The provider's error code, if the response contained one.
        code: Option<String>,
    },
    /// A refresh failed. It is repeated later.
    Failed {
        /// The connection.
        key: Key,
        /// The minimum time until the next attempt.
        wait: Duration,
        /// What happened, without advice to retry.
        reason: String,
    },
    /// The app's registration or credentials are invalid. A person must correct them.
    AppIsWrong {
        /// The connection whose refresh showed it.
        key: Key,
        /// What happened, with advice if there is any.
        reason: String,
    },
    /// A refresh token may have been consumed by a request whose response was lost.
    OutcomeUnknown {
        /// The connection.
        key: Key,
    },
    /// New tokens are only in memory, because the store failed to write them. The write is repeated until it succeeds.
    NotSaved {
        /// The connection.
        key: Key,
        /// The error of the store.
        error: StoreError,
    },
    /// The spec has changed since the connection was made. The connection uses the new spec. If a stored input no longer
    /// fits the spec, the error is [`TokenError::Changed`](crate::lifecycle::TokenError::Changed).
    SpecChanged {
        /// The connection.
        key: Key,
        /// The changes of the spec.
        what: Vec<SpecChange>,
    },
    /// The connection ends soon, and no refresh prevents that. Ask the user for a new login while there is time. The event
    /// is sent with each refresh, such as that of a keep-alive round, and when the connection is opened.
    EndsSoon {
        /// The connection.
        key: Key,
        /// The remaining time.
        within: Duration,
    },
    /// A refresh response failed a protective check: it names a host that the spec does not list, or another user. Its
    /// tokens are sealed and set apart, no request goes to that host, and the connection is not refreshed until a person
    /// decides.
    SetApart {
        /// The connection.
        key: Key,
        /// The check that failed, without any value of the response.
        reason: String,
    },
    /// A member of a refresh response does not have its documented form, and was treated as absent. The tokens are stored.
    OddMember {
        /// The connection that was refreshed.
        key: Key,
        /// The member, its documented form, and the kind of value that came instead. The value is not included.
        what: ParseError,
    },
    /// The provider does not behave as its spec documents.
    ProviderChanged {
        /// The connection whose refresh showed it.
        key: Key,
        /// The deviation.
        how: Change,
    },
}

/// A deviation of a provider from its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The spec documents a new refresh token with each refresh, and the response contained none. The previous one stays.
    StoppedRotating,
    /// The spec documents that the refresh token does not rotate, and the response contained a new one.
    BeganRotating,
}
