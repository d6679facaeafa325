//! [`Unavailable`]: why a connection has no access token to give.

use std::fmt;
use std::time::Duration;

use crate::input::InvalidInput;
use crate::lifecycle::sealing::Unopened;
use crate::lifecycle::store::StoreError;
use crate::printable::printable_line;

/// Why a connection has no access token to give, by what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// The user must log in again: the grant is gone, or there is no way to renew it.
    LogIn,
    /// There is no such connection.
    Absent,
    /// The provider is not reachable or too busy; nobody asks it again before `wait` is over.
    Later {
        /// So long.
        wait: Duration,
        /// What happened, without any advice: the wait is the advice. Empty where another worker found out.
        reason: String,
    },
    /// The provider has refused for a day, by a code that neither the standard nor its spec explains. A login probably helps.
    /// The connection is kept, and tried again.
    ProbablyLogIn {
        /// The time until the next attempt.
        wait: Duration,
        /// What happened, and what to do about it where that is known. Empty where another worker found out.
        reason: String,
    },
    /// The app's registration, its credentials or this installation are wrong, such as a certificate that is not trusted
    /// here: a person must look.
    MendApp {
        /// Not before so long is it tried again.
        wait: Duration,
        /// What happened, and what to do about it where that is known. Empty where another worker found out.
        reason: String,
    },
    /// A refresh response failed a protective check, and its tokens are set apart. A person must accept them, or the user must
    /// log in again.
    SetApart {
        /// The check that failed. Empty if another worker found out.
        reason: String,
    },
    /// The connection was made by another app of this provider: only that one can refresh it.
    OtherApp {
        /// Its client id.
        client_id: String,
    },
    /// New tokens came, and the store does not take them: they are in memory, and it is tried until it does.
    NotSaved(StoreError),
    /// The store failed before anything was sent.
    Store(StoreError),
    /// What the row keeps of the connection no longer has the form that the spec asks for: log in again.
    Changed(InvalidInput),
    /// What the row keeps does not open.
    Sealed(Unopened),
    /// The task that refreshed it ended too soon; ask again.
    Interrupted,
}

impl fmt::Display for Unavailable {
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
            Unavailable::LogIn => formatter.write_str("the user must log in again"),
            Unavailable::Absent => formatter.write_str("there is no such connection"),
            Unavailable::Later { wait, reason } => {
                told(formatter, "the provider returned no token", wait, reason)
            }
            Unavailable::ProbablyLogIn { wait, reason } => told(
                formatter,
                "the provider has refused for a day; a new login probably helps",
                wait,
                reason,
            ),
            Unavailable::MendApp { wait, reason } => told(
                formatter,
                "the app's registration, its credentials or this installation must be corrected",
                wait,
                reason,
            ),
            Unavailable::SetApart { reason } => {
                formatter.write_str(
                    "a refresh response failed a protective check, and its tokens are set apart: accept them or log in again",
                )?;
                match reason.is_empty() {
                    true => Ok(()),
                    false => write!(formatter, ": {}", printable_line(reason)),
                }
            }
            Unavailable::OtherApp { client_id } => {
                write!(
                    formatter,
                    "the connection belongs to the app with the client id `{}`: open it with that one",
                    printable_line(client_id)
                )
            }
            Unavailable::NotSaved(error) => {
                write!(
                    formatter,
                    "new tokens came and are kept in memory until the store takes them: {error}"
                )
            }
            Unavailable::Store(error) => error.fmt(formatter),
            Unavailable::Changed(error) => {
                write!(
                    formatter,
                    "what was kept at the login no longer fits the spec, log in again: {error}"
                )
            }
            Unavailable::Sealed(error) => {
                write!(formatter, "what the store has does not open: {error}")
            }
            Unavailable::Interrupted => {
                formatter.write_str("the refresh was interrupted: ask again")
            }
        }
    }
}

impl std::error::Error for Unavailable {}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Unavailable {
        Unavailable::Store(error)
    }
}
