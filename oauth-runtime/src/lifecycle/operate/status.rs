//! [`Status`]: the state of a connection, without secrets.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::lifecycle::connection::about::About;
use crate::lifecycle::manager::Manager;
use crate::lifecycle::operate::dates::{date, earlier, later};
use crate::lifecycle::protocol::row::{FailureKind, Timestamp};
use crate::lifecycle::store::binding::{Binding, Column, Place};
use crate::lifecycle::store::sealing::UnsealError;
use crate::lifecycle::store::{Key, StoreError, StoredRow};
use crate::provider::fingerprint::SpecChange;
use crate::token::Scopes;

/// The state of a connection, without secrets. Times are by this machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The key of the connection.
    pub key: Key,
    /// The health of the connection.
    pub health: Health,
    /// The client id of the app that made the connection. Empty if the provider has only keys.
    pub client_id: String,
    /// The redirect URI of the app that made the connection.
    pub redirect_uri: Option<String>,
    /// The environment of the app that made the connection, if the provider has several.
    pub environment: Option<String>,
    /// The inputs that are stored beside the tokens, such as a shop or a company.
    pub inputs: Vec<(String, String)>,
    /// The granted scopes, if the provider stated them.
    pub scopes: Option<Scopes>,
    /// Whether the connection has a refresh token.
    pub has_refresh_token: bool,
    /// Whether tokens of a response that failed a protective check are set apart.
    pub has_tokens_apart: bool,
    /// The time at which the access token expires.
    pub expires: Option<SystemTime>,
    /// The time from which the next use of the access token refreshes it.
    pub refresh: Option<SystemTime>,
    /// The time at which the tokens are refreshed even if they are unused.
    pub keep_alive: Option<SystemTime>,
    /// The time at which the connection is lost if it is not refreshed.
    pub lost: Option<SystemTime>,
    /// The time from which only a new login helps, even if the connection is refreshed.
    pub ends: Option<SystemTime>,
    /// The changes in the spec since the connection was made, if this process [`manage`](Manager::manage)s its app.
    pub changes: Vec<SpecChange>,
    /// The time until which a worker holds the lease of the connection.
    pub leased_until: Option<SystemTime>,
}

/// The health of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// Nothing is wrong with the connection.
    Well,
    /// The connection needs a new login.
    NeedsLogin,
    /// The last attempts to refresh the connection failed, and another one follows.
    Waiting {
        /// The number of attempts that failed in a row.
        failures: u32,
        /// The earliest time of the next attempt.
        until: SystemTime,
    },
    /// The app's registration, its credentials or this installation are invalid.
    AppIsWrong {
        /// The earliest time of the next attempt.
        until: SystemTime,
    },
    /// A refresh response failed a protective check, and its tokens are set apart: a person must decide.
    SetApart {
        /// The time at which the tokens were set apart.
        since: SystemTime,
    },
    /// A refresh token was about to be sent, and the outcome is unknown.
    Unsettled {
        /// The time at which the refresh token was about to be sent.
        since: SystemTime,
    },
    /// The stored tokens do not open with the sealing keys.
    CannotUnseal(UnsealError),
}

impl fmt::Display for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Health::Well => formatter.write_str("well"),
            Health::NeedsLogin => formatter.write_str("needs a login"),
            Health::Waiting {
                failures,
                until: end,
            } => write!(
                formatter,
                "failed {failures} times, next attempt: {}",
                date(*end)
            ),
            Health::AppIsWrong { until: end } => {
                write!(
                    formatter,
                    "the app or this installation must be corrected, next attempt: {}",
                    date(*end)
                )
            }
            Health::SetApart { since } => write!(
                formatter,
                "tokens set apart since {}: accept them or log in again",
                date(*since)
            ),
            Health::Unsettled { since } => {
                write!(formatter, "outcome unknown since {}", date(*since))
            }
            Health::CannotUnseal(why) => write!(formatter, "its tokens cannot be opened: {why}"),
        }
    }
}

impl Manager {
    /// Returns the states of at most `most` connections, in the order of their keys, after the given key.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut after = None;
    /// loop {
    ///     let page = manager.connections(after.as_ref(), 100).await?;
    ///     let Some(last) = page.last() else { break };
    ///     after = Some(last.key.clone());
    ///     for status in &page {
    ///         println!("{}: {}", status.key, status.health);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn connections(
        &self,
        after: Option<&Key>,
        most: u32,
    ) -> Result<Vec<Status>, StoreError> {
        let listed = self.store().list(after, most).await?.into_iter();
        Ok(listed.map(|(key, kept)| self.fares(key, kept)).collect())
    }

    /// Returns the state of one connection, or `None` if there is no such connection.
    ///
    /// ```
    /// # use oauth_runtime::lifecycle::Manager;
    /// # async fn example(manager: Manager) -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::lifecycle::store::Key;
    ///
    /// let key = Key { connection: "ann".to_owned(), provider: "acme".to_owned(), token: "access".to_owned() };
    /// if let Some(status) = manager.status(&key).await? {
    ///     println!("{key}: {}", status.health);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub async fn status(&self, key: &Key) -> Result<Option<Status>, StoreError> {
        let kept = self.store().load(key).await?;
        Ok(kept.map(|kept| self.fares(key.clone(), kept)))
    }

    fn fares(&self, key: Key, kept: StoredRow) -> Status {
        let StoredRow {
            row,
            about,
            leased_until,
            written_ahead: _,
        } = kept;
        let now = clock::now();
        let at = |moment: Timestamp| match moment.0.checked_sub(row.now.0) {
            Some(ahead) => later(now, Duration::from_millis(ahead)),
            None => earlier(now, Duration::from_millis(row.now.0 - moment.0)),
        };
        let stated = about;
        let about: About = serde_json::from_str(&stated).unwrap_or_default();
        let changes = match self.kinds().of(&key, &about) {
            Some(kind) => about.changes(kind.provider),
            None => Vec::new(),
        };
        let binding = Binding {
            key: &key,
            deployment: self.store().deployment(),
            about: &stated,
            place: Place::of_row(&row, Column::Tokens),
        };
        let token = self.keys().open(&binding, &row.tokens);
        let trouble = row.trouble.map(|trouble| (trouble.kind, trouble));
        let health = match (&token, trouble, row.open_entry()) {
            (Err(why), ..) => Health::CannotUnseal(why.clone()),
            (_, Some((FailureKind::LogIn, _)), _) => Health::NeedsLogin,
            (_, Some((FailureKind::SetApart { since }, _)), _) => {
                Health::SetApart { since: at(since) }
            }
            (_, _, Some(entry)) => Health::Unsettled {
                since: at(entry.at),
            },
            (_, Some((FailureKind::MendApp, trouble)), _) => Health::AppIsWrong {
                until: at(trouble.not_before),
            },
            (_, Some((_, trouble)), _) => Health::Waiting {
                failures: trouble.failures,
                until: at(trouble.not_before),
            },
            _ => Health::Well,
        };
        let token = token.ok();
        let times = row.times;
        Status {
            key,
            health,
            client_id: about.client_id,
            redirect_uri: about.redirect_uri,
            environment: about.environment,
            inputs: about.app_inputs.into_iter().chain(about.inputs).collect(),
            scopes: token.as_ref().and_then(|token| token.scopes().cloned()),
            has_refresh_token: token.is_some_and(|token| token.refresh_token().is_some()),
            has_tokens_apart: row.apart.is_some(),
            expires: times.expires.map(at),
            refresh: times.refresh.map(at),
            keep_alive: times.keep_alive.map(at),
            lost: times.lost.map(at),
            ends: times.ends.map(at),
            changes,
            leased_until: leased_until.map(at),
        }
    }
}
