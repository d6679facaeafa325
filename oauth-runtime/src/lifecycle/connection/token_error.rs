//! [`TokenError`]: the reason why a connection returns no access token.

use std::fmt;
use std::time::Duration;

use crate::lifecycle::store::StoreError;
use crate::lifecycle::store::sealing::UnsealError;
use crate::printable::printable_line;
use crate::provider::input::InvalidInput;

/// The reason why a connection returns no access token, by its remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The user must log in again: the grant is no longer valid, or cannot be renewed.
    LogIn,
    /// There is no such connection.
    Absent,
    /// No token is available yet, for example because the provider is unreachable or overloaded.
    Later {
        /// The time until the next attempt.
        wait: Duration,
        /// A description of the failure, without advice, since the wait is the advice. Empty if another worker saw the
        /// failure.
        reason: String,
    },
    /// The provider has returned error responses for a day, with a code that neither the standard nor its spec explains. A
    /// new login probably helps. The connection stays, and attempts continue.
    ProbablyLogIn {
        /// The time until the next attempt.
        wait: Duration,
        /// A description of the failure, with advice if there is any. Empty if another worker saw the failure.
        reason: String,
    },
    /// The app's registration, its credentials or this installation are invalid, for example an untrusted certificate. A
    /// person must correct them.
    MendApp {
        /// The time until the next attempt.
        wait: Duration,
        /// A description of the failure, with advice if there is any. Empty if another worker saw the failure.
        reason: String,
    },
    /// A refresh response failed a protective check, and its tokens are set apart. A person must accept them, or the user
    /// must log in again.
    SetApart {
        /// The check that failed. Empty if another worker saw the failure.
        reason: String,
    },
    /// The connection was made by another app of this provider. Only that app can refresh it.
    OtherApp {
        /// The client id of the app that made the connection.
        client_id: String,
    },
    /// The store does not accept the new tokens. They are kept in memory, and the write is retried until it succeeds.
    NotSaved(StoreError),
    /// The store failed before a request was sent.
    Store(StoreError),
    /// The stored inputs of the connection no longer have the form that the spec requires. The user must log in again.
    Changed(InvalidInput),
    /// The stored tokens do not open with the sealing keys.
    Sealed(UnsealError),
    /// The task that refreshed the connection ended too soon. Call again.
    Interrupted,
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told =
            |formatter: &mut fmt::Formatter<'_>, what: &str, wait: &Duration, reason: &str| {
                let wait = humantime::format_duration(Duration::from_secs(wait.as_secs().max(1)));
                write!(formatter, "{what}; next attempt in {wait}")?;
                match reason.is_empty() {
                    true => Ok(()),
                    false => write!(formatter, ": {}", printable_line(reason)),
                }
            };
        match self {
            TokenError::LogIn => formatter.write_str("the user must log in again"),
            TokenError::Absent => formatter.write_str("there is no such connection"),
            TokenError::Later { wait, reason } => {
                told(formatter, "the provider returned no token", wait, reason)
            }
            TokenError::ProbablyLogIn { wait, reason } => told(
                formatter,
                "the provider has rejected refreshes for a day; a new login probably helps",
                wait,
                reason,
            ),
            TokenError::MendApp { wait, reason } => told(
                formatter,
                "the app's registration, its credentials or this installation must be corrected",
                wait,
                reason,
            ),
            TokenError::SetApart { reason } => {
                formatter.write_str(
                    "a refresh response failed a protective check, and its tokens are set apart: accept them or log in again",
                )?;
                match reason.is_empty() {
                    true => Ok(()),
                    false => write!(formatter, ": {}", printable_line(reason)),
                }
            }
            TokenError::OtherApp { client_id } => {
                write!(
                    formatter,
                    "the connection belongs to the app with the client id `{}`: open it with that app",
                    printable_line(client_id)
                )
            }
            TokenError::NotSaved(error) => {
                write!(
                    formatter,
                    "new tokens are kept in memory until the store accepts them: {error}"
                )
            }
            TokenError::Store(error) => error.fmt(formatter),
            TokenError::Changed(error) => {
                write!(
                    formatter,
                    "the stored inputs do not have the form that the spec requires, log in again: {error}"
                )
            }
            TokenError::Sealed(error) => {
                write!(formatter, "the stored tokens cannot be opened: {error}")
            }
            TokenError::Interrupted => {
                formatter.write_str("the refresh was interrupted: call again")
            }
        }
    }
}

impl std::error::Error for TokenError {}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> TokenError {
        TokenError::Store(error)
    }
}
