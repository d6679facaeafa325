//! [`Connection`]: a handle that returns a valid access token, or the exact reason why there is none.

pub(crate) mod about;
pub(crate) mod apart;
pub(crate) mod attempt;
pub(crate) mod breaker;
pub(crate) mod cell;
pub(crate) mod disconnect;
pub(crate) mod renewal;
pub(crate) mod token_error;
pub(crate) mod token_guard;

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tokio::sync::watch;
use tracing::Instrument as _;

use crate::clock::Second;
use crate::lifecycle::connection::about::About;
use crate::lifecycle::connection::attempt::{AttemptResult, attempt};
use crate::lifecycle::connection::cell::{Cell, Landing, LoginData};
use crate::lifecycle::connection::renewal::{RefreshReport, Renewal};
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::connection::token_guard::{HeldToken, TokenGuard};
use crate::lifecycle::operate::event::Event;
use crate::lifecycle::options::Options;
use crate::lifecycle::protocol::policy;
use crate::lifecycle::protocol::row::{FailureKind, Row, Timestamp};
use crate::lifecycle::protocol::{Outcome, Want};
use crate::lifecycle::shared::{Shared, SharedApp};
use crate::lifecycle::store::binding::{Binding, Column, Place as SealedAt};
use crate::lifecycle::store::sealing::UnsealError;
use crate::lifecycle::store::{Key, Sealed, StoredRow};
use crate::printable::printable_line;
use crate::provider::TokenPolicy;
use crate::provider::stored_token::StoredToken;
use crate::token::Token;

/// A connection to a provider. `Connection<slack::BotToken>` is the bot token of one user or workspace. Clones are cheap and
/// share their state.
///
/// A refresh runs in a tokio task, so a method that starts one panics outside a tokio runtime.
pub struct Connection<T: StoredToken>(pub(crate) Arc<Cell<T>>);

/// A boxed future for a token, so that the future of the caller does not contain the refresh.
type TokenFuture<T> = Pin<Box<dyn Future<Output = Result<TokenGuard<T>, TokenError>> + Send>>;

/// The remaining time below which a connection counts as ending soon. A user who comes once a week can log in again within
/// it.
const EXPIRY_WARNING: Duration = Duration::from_secs(14 * 86400);

/// The time without a success after which an unexplained error code probably means that a login is needed.
const LOGIN_ADVICE_AFTER: Duration = Duration::from_secs(86400);

impl<T: StoredToken> Connection<T> {
    /// Returns a valid access token, and refreshes it if that is due. All waiting callers share one refresh, on this machine
    /// and on others, and new tokens are durable before they are returned. A caller that stops waiting does not cancel the
    /// refresh.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = connection.token().await?;
    /// let header = format!("Bearer {}", token.stored().access_token().expose());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// No valid access token is available. The error is the reason.
    pub async fn token(&self) -> Result<TokenGuard<T>, TokenError> {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        self.wait_for_fresh().await
    }

    #[cold]
    #[inline(never)]
    fn wait_for_fresh(&self) -> TokenFuture<T> {
        let cell = self.0.clone();
        Box::pin(async move { cell.get(Want::Fresh).await })
    }

    /// Returns the access token in memory, if it needs no refresh yet. This takes no lock, does not wait and does not
    /// allocate.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # fn example<T: StoredToken>(connection: Connection<T>) {
    /// let is_fresh = connection.fresh().is_some();
    /// # }
    /// ```
    pub fn fresh(&self) -> Option<TokenGuard<T>> {
        // The clock is read first, so that the guard is held as briefly as possible.
        let now = Second::now();
        let held = self.0.current.load();
        match &*held {
            Some(own) if now < own.fresh_until => Some(TokenGuard(held)),
            _ => None,
        }
    }

    /// Returns another token for this one, which the API rejected (RFC 6750 §3.1) although it looked valid.
    ///
    /// # Errors
    ///
    /// No other access token is available. The error is the reason.
    pub async fn token_instead_of(
        &self,
        refused: TokenGuard<T>,
    ) -> Result<TokenGuard<T>, TokenError> {
        let version = refused.version();
        drop(refused);
        self.newer_than(version).await
    }

    /// Refreshes the token now, even if that is not due. Concurrent callers share one refresh.
    ///
    /// ```
    /// # use oauth_runtime::{provider::StoredToken, lifecycle::Connection};
    /// # async fn example<T: StoredToken>(connection: Connection<T>) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = connection.refresh().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// No new access token is available. The error is the reason.
    pub async fn refresh(&self) -> Result<TokenGuard<T>, TokenError> {
        let token = self.token().await?;
        self.token_instead_of(token).await
    }

    pub(crate) async fn newer_than(&self, version: u64) -> Result<TokenGuard<T>, TokenError> {
        let newer = self.0.get(Want::NewerThan(version)).await;
        if newer.as_ref().err() == Some(&TokenError::LogIn) {
            self.0.is_dead(version);
        }
        newer
    }

    pub(crate) async fn renew(&self, want: Want) -> Result<(), TokenError> {
        self.0.get(want).await.map(|_| ())
    }

    /// Returns the name that the application gave the connection.
    pub fn name(&self) -> &str {
        &self.0.key.connection
    }
}

impl<T: StoredToken> Clone for Connection<T> {
    fn clone(&self) -> Connection<T> {
        Connection(self.0.clone())
    }
}

impl<T: StoredToken> fmt::Debug for Connection<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Connection")
            .field(&self.0.key.to_string())
            .finish()
    }
}

impl<T: StoredToken> Cell<T> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        key: Key,
        app: SharedApp<T>,
        policy: &'static TokenPolicy,
        stated: LoginData<T::Inputs>,
    ) -> Cell<T> {
        Cell {
            shared,
            key,
            app,
            policy,
            stated: Mutex::new(Arc::new(stated)),
            current: ArcSwapOption::empty(),
            refused_anew: AtomicU64::new(0),
            flight: Mutex::new(None),
        }
    }

    /// Loads the tokens of a row into memory, unless those in memory are as new.
    pub(crate) fn take(&self, row: &Row<Sealed>, read_at: Instant) -> Result<(), TokenError> {
        let age = |held: &HeldToken<T>| (held.login, held.version);
        let own = (row.login, row.version);
        if self.current.load().as_deref().map(age) >= Some(own) {
            return Ok(());
        }
        let stated = self.stated();
        let token = self.opened(&stated.about, row);
        let token = token.map_err(TokenError::Sealed)?;
        if let Some(within) = row.times.ends.map(|end| end.since(row.now))
            && within < EXPIRY_WARNING
        {
            let key = self.key.clone();
            self.shared.tell(Event::EndsSoon { key, within });
        }
        let at = |end: Option<Timestamp>| {
            end.map_or(Second::NEVER, |end| {
                Second::after(end.since(row.now).saturating_sub(read_at.elapsed()))
            })
        };
        let new = Some(Arc::new(HeldToken {
            token: T::from_stored(token),
            version: row.version,
            login: row.login,
            // The token of a connection that needs a login is never fresh, so that each call returns that error.
            fresh_until: match row.is_given_up() {
                true => Second::now(),
                false => at(row.times.refresh),
            },
            works_until: at(row.times.expires),
        }));
        // Another task may have loaded newer tokens meanwhile.
        self.current
            .rcu(|current| match current.as_deref().map(age) >= Some(own) {
                true => current.clone(),
                false => new.clone(),
            });
        Ok(())
    }

    /// Returns whether a token is in memory.
    pub(crate) fn is_at_hand(&self) -> bool {
        self.current.load().is_some()
    }

    /// Returns the row's metadata of the login that is known.
    pub(crate) fn stated(&self) -> Arc<LoginData<T::Inputs>> {
        self.locked_stated().clone()
    }

    fn locked_stated(&self) -> MutexGuard<'_, Arc<LoginData<T::Inputs>>> {
        self.stated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the known metadata by that of a row, if the row has another login. Returns an error if another app made that
    /// login.
    pub(crate) fn learn(&self, kept: &StoredRow) -> Result<Arc<LoginData<T::Inputs>>, TokenError> {
        let known = self.stated();
        if known.login == kept.row.login && known.about == kept.about {
            return Ok(known);
        }
        let about = About::read(&self.key, &kept.about)?;
        if !about.is_of::<T>(&self.app.load()) {
            return Err(TokenError::OtherApp {
                client_id: about.client_id,
            });
        }
        let inputs = about.inputs::<T>().map_err(TokenError::Changed)?;
        Ok(self.state(kept.row.login, kept.about.clone(), inputs))
    }

    /// Replaces the known metadata by that of this login.
    pub(crate) fn state(
        &self,
        login: u64,
        about: String,
        inputs: T::Inputs,
    ) -> Arc<LoginData<T::Inputs>> {
        let stated = Arc::new(LoginData {
            login,
            about,
            inputs,
        });
        *self.locked_stated() = stated.clone();
        stated
    }

    /// Opens the tokens of a row.
    pub(crate) fn opened(&self, about: &str, row: &Row<Sealed>) -> Result<Token, UnsealError> {
        let binding = self.binding(about, SealedAt::of_row(row, Column::Tokens));
        self.shared.keys.open(&binding, &row.tokens)
    }

    /// Returns what tokens at a place of the row are bound to.
    pub(crate) fn binding<'a>(&'a self, about: &'a str, place: SealedAt) -> Binding<'a> {
        Binding {
            key: &self.key,
            deployment: self.shared.store.deployment(),
            about,
            place,
        }
    }

    async fn get(self: &Arc<Self>, want: Want) -> Result<TokenGuard<T>, TokenError> {
        // An attempt in progress may have started before this token was known to be unusable. Then a second attempt follows.
        let before = self.current.load().as_ref().map(|held| held.version);
        for _ in 0..2 {
            let mut flight = self.join_or_start(want);
            let landed = flight.wait_for(Option::is_some).await;
            let landing = landed.ok().and_then(|landing| landing.clone());
            match landing.unwrap_or(Err(TokenError::Interrupted)) {
                Ok(()) => {
                    if let Some(fresh) = self.at_hand(want).or_else(|| self.newer(before)) {
                        return Ok(fresh);
                    }
                }
                // The access token of an ended grant may look valid, but only a login helps.
                Err(TokenError::LogIn) => return Err(TokenError::LogIn),
                Err(why) => return self.still_working(want).ok_or(why),
            }
        }
        self.still_working(want).ok_or(TokenError::Interrupted)
    }

    /// Marks the tokens of this version as expired, whatever their times are. The API rejected them, and no others are
    /// available.
    fn is_dead(&self, version: u64) {
        let now = Second::now();
        self.current.rcu(|current| {
            let held = current.as_ref().filter(|held| held.version == version);
            match held {
                Some(held) => Some(Arc::new(HeldToken {
                    token: held.token.clone(),
                    fresh_until: now,
                    works_until: now,
                    ..**held
                })),
                None => current.clone(),
            }
        });
    }

    fn at_hand(&self, want: Want) -> Option<TokenGuard<T>> {
        let held = self.current.load();
        let own = held.as_ref()?;
        let fits = match want {
            Want::Fresh => Second::now() < own.fresh_until,
            Want::NewerThan(version) | Want::Forced(version) => own.version > version,
        };
        fits.then(|| TokenGuard(held))
    }

    /// Returns a token that came while the caller waited, however short its remaining lifetime is.
    fn newer(&self, before: Option<u64>) -> Option<TokenGuard<T>> {
        let held = self.current.load();
        let is_newer = held.as_ref().map(|held| held.version) > before;
        is_newer.then(|| TokenGuard(held))
    }

    /// Returns a token that is due but has not expired, so that an outage has no effect before the token expires.
    fn still_working(&self, want: Want) -> Option<TokenGuard<T>> {
        let held = self.current.load();
        let own = held.as_ref()?;
        let works = Second::now() < own.works_until;
        (want == Want::Fresh && works).then(|| TokenGuard(held))
    }

    fn flight(&self) -> MutexGuard<'_, Option<watch::Receiver<Landing>>> {
        self.flight.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the attempt in progress, or starts one. The attempt runs in a separate task, so that it completes even if its
    /// callers stop waiting.
    fn join_or_start(self: &Arc<Self>, want: Want) -> watch::Receiver<Landing> {
        let mut flight = self.flight();
        if let Some(under_way) = &*flight
            && under_way.has_changed().is_ok()
        {
            return under_way.clone();
        }
        let (sender, receiver) = watch::channel(None);
        *flight = Some(receiver.clone());
        let cell = self.clone();
        let key = &self.key;
        let span = tracing::info_span!(
            "oauth_refresh",
            connection = printable_line(&key.connection),
            provider = key.provider,
            token = key.token
        );
        let flight = async move {
            let landing = cell.fly(want, &sender).await;
            // Later callers start another attempt. The slot is freed before the result is published.
            *cell.flight() = None;
            sender.send_replace(Some(landing));
        };
        tokio::spawn(flight.instrument(span));
        receiver
    }

    /// Runs one attempt. Afterwards the tokens in memory are those of the store.
    pub(crate) async fn fly(
        &self,
        want: Want,
        tell: &watch::Sender<Landing>,
    ) -> Result<(), TokenError> {
        let renewal = Renewal::new(self, |error| {
            tell.send_replace(Some(Err(TokenError::NotSaved(error.clone()))));
        });
        let replay = policy::replay(self.policy);
        let shared = &self.shared;
        let Options {
            lease,
            answer_within,
            ..
        } = shared.options;
        let attempted = {
            let attempt = attempt(&*shared.store, &self.key, (want, replay), lease, &renewal);
            tokio::pin!(attempt);
            match tokio::time::timeout(answer_within, &mut attempt).await {
                Ok(attempted) => attempted,
                // Callers get an error and the attempt goes on, since its response may contain the only valid token.
                Err(_) => {
                    tell.send_replace(Some(Err(TokenError::Later {
                        wait: lease,
                        reason: "the refresh has not ended yet and continues in the background"
                            .to_owned(),
                    })));
                    attempt.await
                }
            }
        };
        let told = renewal.told();
        if let (Outcome::Absent(Some(orphan)), Some(place)) =
            (&attempted.outcome, attempted.orphan_at)
        {
            let stated = self.stated();
            let binding = self.binding(&stated.about, place);
            // Tokens that are set apart may belong to another user, whose grant must not be revoked.
            let is_own = place.column != Column::Apart;
            let orphan = shared.keys.open(&binding, orphan).ok();
            self.end_orphan(orphan.filter(|_| is_own)).await;
        }
        self.land(attempted, told)
    }

    fn land(
        &self,
        attempted: AttemptResult,
        told: Option<RefreshReport>,
    ) -> Result<(), TokenError> {
        let AttemptResult {
            outcome,
            read_at,
            error,
            refused,
            orphan_at: _,
        } = attempted;
        if let Some(refused) = refused {
            self.current.store(None);
            return Err(refused);
        }
        if let Some(RefreshReport::SetApart { reason }) = &told {
            self.shared.tell(Event::SetApart {
                key: self.key.clone(),
                reason: reason.clone(),
            });
        }
        match outcome {
            Outcome::Ready(row) => {
                self.take(&row, read_at)?;
                let key = self.key.clone();
                match told {
                    Some(RefreshReport::Refreshed { rotated, settled }) => {
                        self.shared.tell(Event::Refreshed {
                            key,
                            rotated,
                            settled,
                        });
                        Ok(())
                    }
                    // The tokens of the response are stored. The next attempt shows whether the access token works.
                    Some(RefreshReport::Rescued { reason }) => {
                        let wait = Duration::ZERO;
                        self.shared.tell(Event::Failed {
                            key,
                            wait,
                            reason: reason.clone(),
                        });
                        Err(TokenError::Later { wait, reason })
                    }
                    _ => Ok(()),
                }
            }
            Outcome::Unsettled(row) => self.take(&row, read_at),
            Outcome::Failed(row, trouble) => {
                self.take(&row, read_at)?;
                let wait = trouble.not_before.since(row.now);
                let wait = wait.saturating_sub(read_at.elapsed());
                let key = self.key.clone();
                let (code, reason, is_own) = match told {
                    Some(RefreshReport::Failed { code, reason }) => (code, reason, true),
                    Some(RefreshReport::SetApart { reason }) => (None, reason, false),
                    _ => (None, String::new(), false),
                };
                let (event, why) = match trouble.kind {
                    FailureKind::LogIn => (Event::NeedsLogin { key, code }, TokenError::LogIn),
                    FailureKind::Transient => (
                        Event::Failed {
                            key,
                            wait,
                            reason: reason.clone(),
                        },
                        TokenError::Later { wait, reason },
                    ),
                    FailureKind::Unrecognized { since } => {
                        let event = Event::Failed {
                            key,
                            wait,
                            reason: reason.clone(),
                        };
                        let why = match row.now.since(since) >= LOGIN_ADVICE_AFTER {
                            true => TokenError::ProbablyLogIn { wait, reason },
                            false => TokenError::Later { wait, reason },
                        };
                        (event, why)
                    }
                    // The event was sent when the tokens were set apart.
                    FailureKind::SetApart { .. } => return Err(TokenError::SetApart { reason }),
                    FailureKind::MendApp => (
                        Event::AppIsWrong {
                            key,
                            reason: reason.clone(),
                        },
                        TokenError::MendApp { wait, reason },
                    ),
                };
                // Only the attempt that met the failure sends the event, so that it is sent once.
                if is_own {
                    self.shared.tell(event);
                }
                Err(why)
            }
            Outcome::Absent(_) => {
                self.current.store(None);
                Err(TokenError::Absent)
            }
            Outcome::StoreFailed => Err(error.map_or(TokenError::Interrupted, TokenError::Store)),
        }
    }
}
