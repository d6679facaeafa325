//! The renewal of a connection: the part of the protocol that depends on the provider.

use std::sync::{Arc, Mutex, PoisonError};

use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::connection::attempt::Renewing;
use crate::lifecycle::connection::cell::{Cell, LoginData};
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::operate::event::{Change, Event};
use crate::lifecycle::protocol::RefreshOutcome;
use crate::lifecycle::protocol::policy;
use crate::lifecycle::protocol::row::{FailureKind, Lifetimes, Numbers, Row};
use crate::lifecycle::store::binding::{Column, Place as SealedAt};
use crate::lifecycle::store::{Sealed, StoreError, StoredRow};
use crate::printable::printable;
use crate::provider::Rotation;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredToken;
use crate::response::claims::is_of_another_user;
use crate::response::parse_error::Rescue;
use crate::token::Token;

/// The result of a renewal.
pub(crate) enum RefreshReport {
    Refreshed {
        rotated: bool,
        settled: bool,
    },
    Failed {
        code: Option<String>,
        reason: String,
    },
    /// The response cannot be used as a whole, and its tokens are stored.
    Rescued {
        reason: String,
    },
    /// The response failed a protective check, and its tokens are set apart.
    SetApart {
        reason: String,
    },
}

pub(crate) struct Renewal<'a, T: StoredToken, N> {
    cell: &'a Cell<T>,
    not_saved: N,
    /// The login data of the row that was read last. The cell's may be newer, since another task may learn of a later login.
    stated: Mutex<Arc<LoginData<T::Inputs>>>,
    told: Mutex<Option<RefreshReport>>,
}

impl<'a, T: StoredToken, N: Fn(&StoreError) + Sync> Renewal<'a, T, N> {
    pub(crate) fn new(cell: &'a Cell<T>, not_saved: N) -> Renewal<'a, T, N> {
        Renewal {
            cell,
            not_saved,
            stated: Mutex::new(cell.stated()),
            told: Mutex::new(None),
        }
    }

    pub(crate) fn told(self) -> Option<RefreshReport> {
        self.told
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn stated(&self) -> Arc<LoginData<T::Inputs>> {
        self.stated
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn tell(&self, told: RefreshReport) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    fn failed(&self, reason: String) {
        self.tell(RefreshReport::Failed { code: None, reason });
    }

    fn fresh(
        &self,
        row: &Row<Sealed>,
        old: &Token,
        new: &T,
        settled: bool,
    ) -> RefreshOutcome<Sealed> {
        let cell = self.cell;
        let token = new.stored().clone().keeping_of(old);
        if is_of_another_user(&token, old) {
            return self.apart(row, &token, OTHER_USER.to_owned());
        }
        let rotated = token.refresh_token() != old.refresh_token();
        let changes = [
            (
                Change::StoppedRotating,
                cell.policy.rotation == Rotation::Always && !rotated,
            ),
            (
                Change::BeganRotating,
                cell.policy.rotation == Rotation::Never && rotated,
            ),
        ];
        for (how, is_so) in changes {
            if is_so && old.refresh_token().is_some() {
                let key = cell.key.clone();
                cell.shared.tell(Event::ProviderChanged { key, how });
            }
        }
        self.tell(RefreshReport::Refreshed { rotated, settled });
        let (tokens, life) = cell.next_tokens(&self.stated().about, row, &token);
        RefreshOutcome::NewTokens(tokens, life)
    }

    /// Sets the tokens of a response apart because it failed a protective check.
    fn apart(&self, row: &Row<Sealed>, token: &Token, reason: String) -> RefreshOutcome<Sealed> {
        let stated = self.stated();
        let place = SealedAt::of_row(row, Column::Apart);
        let binding = self.cell.binding(&stated.about, place);
        self.tell(RefreshReport::SetApart { reason });
        RefreshOutcome::Apart(self.cell.shared.keys.seal(&binding, token))
    }
}

/// The reason for setting tokens apart if their ID token shows another user or issuer.
const OTHER_USER: &str = "the refresh response has an ID token of another user or issuer";

impl<T: StoredToken, N: Fn(&StoreError) + Sync> Renewal<'_, T, N> {
    /// Stores the tokens of a response that cannot be used as a whole. If its access token cannot be used, the earlier one
    /// counts as expired, and the new refresh token brings the next one.
    fn rescued(
        &self,
        row: &Row<Sealed>,
        old: &Token,
        rescue: Rescue,
        reason: String,
    ) -> RefreshOutcome<Sealed> {
        let is_foreign = rescue.is_foreign();
        let own = rescue.tokens.into_iter().find(|(name, _)| *name == T::NAME);
        let token = match (own, rescue.refresh_token) {
            (Some((_, token)), _) if is_foreign => {
                return self.apart(row, &token.keeping_of(old), reason);
            }
            (Some((_, token)), _) => token,
            (None, Some(refresh_token)) => old.clone().ended(clock::now(), refresh_token),
            (None, None) => {
                self.failed(reason);
                return RefreshOutcome::Unanswered(policy::wait(0));
            }
        };
        let answer = self.fresh(row, old, &T::from_stored(token), false);
        self.tell(RefreshReport::Rescued { reason });
        answer
    }
}

impl<T: StoredToken, N: Fn(&StoreError) + Sync> Renewing for Renewal<'_, T, N> {
    async fn renew(
        &self,
        row: &Row<Sealed>,
        failures: u32,
        uncertain: bool,
    ) -> RefreshOutcome<Sealed> {
        let began = clock::instant();
        let cell = self.cell;
        let provider = T::App::PROVIDER;
        if let Some(wait) = cell.shared.breakers.wait(provider.id, began) {
            self.failed(format!(
                "{} fails for other connections, too",
                provider.name
            ));
            return RefreshOutcome::Unspent(FailureKind::Transient, wait);
        }
        let stated = self.stated();
        let old = match cell.opened(&stated.about, row) {
            Ok(old) => old,
            Err(error) => {
                self.failed(error.to_string());
                return RefreshOutcome::Unspent(FailureKind::MendApp, policy::UNTIL_MENDED);
            }
        };
        let Some(call) = T::renew(&cell.app.load(), &stated.inputs, old.clone()) else {
            self.failed("the token cannot be renewed".to_owned());
            return RefreshOutcome::Dead;
        };
        if uncertain {
            let key = cell.key.clone();
            cell.shared.tell(Event::OutcomeUnknown { key });
        }
        let (sent, oddities) = cell.shared.http.send_patiently(call).await;
        for what in oddities {
            let key = cell.key.clone();
            cell.shared.tell(Event::OddMember { key, what });
        }
        let answered = |error: &Error| {
            error.kind() != ErrorKind::Unreachable && !matches!(error.status(), Some(500..))
        };
        let is_up = sent.as_ref().err().is_none_or(answered);
        cell.shared
            .breakers
            .tell(provider.id, is_up, clock::instant());
        match sent {
            Ok(new) => self.fresh(row, &old, &new, uncertain),
            Err(mut error) => {
                if let Some(rescue) = error.take_rescue() {
                    return self.rescued(row, &old, rescue, error.incident());
                }
                self.tell(RefreshReport::Failed {
                    code: error.code().map(printable),
                    reason: error.incident(),
                });
                let longest = cell.shared.options.longest_wait;
                policy::failed(&mut error, failures, began.elapsed(), longest)
            }
        }
    }

    fn learn(&self, kept: &StoredRow) -> Result<(), TokenError> {
        let stated = self.cell.learn(kept)?;
        *self.stated.lock().unwrap_or_else(PoisonError::into_inner) = stated;
        Ok(())
    }

    fn knows(&self, login: u64) -> bool {
        self.stated().login == login
    }

    fn moved(&self, tokens: Sealed, from: SealedAt, to: SealedAt) -> Sealed {
        let (cell, stated) = (self.cell, self.stated());
        let binding = |place| cell.binding(&stated.about, place);
        match cell.shared.keys.open(&binding(from), &tokens) {
            Ok(token) => cell.shared.keys.seal(&binding(to), &token),
            // Tokens that do not open here do not open elsewhere.
            Err(_) => tokens,
        }
    }

    fn not_saved(&self, error: &StoreError) {
        let key = self.cell.key.clone();
        self.cell.shared.tell(Event::NotSaved {
            key,
            error: error.clone(),
        });
        (self.not_saved)(error);
    }
}

impl<T: StoredToken> Cell<T> {
    /// Seals tokens for the row's next version, and computes their deadlines. The caller seals them again if they go
    /// elsewhere.
    pub(crate) fn next_tokens(
        &self,
        about: &str,
        row: &Row<Sealed>,
        token: &Token,
    ) -> (Sealed, Lifetimes) {
        let ends = row.times.ends.map(|end| end.since(row.now));
        let life = policy::life(self.policy, token, clock::now(), ends, self.key.spread());
        let numbers = Numbers {
            login: row.login,
            version: row.version + 1,
        };
        let place = SealedAt {
            column: Column::Tokens,
            numbers,
        };
        let binding = self.binding(about, place);
        (self.shared.keys.seal(&binding, token), life)
    }

    /// Returns what the row states of this login. Reads the row again if a user has logged in since.
    pub(crate) async fn stated_of(
        &self,
        login: u64,
    ) -> Result<Arc<LoginData<T::Inputs>>, TokenError> {
        let known = self.stated();
        if known.login == login {
            return Ok(known);
        }
        let kept = self.shared.store.load(&self.key).await?;
        self.learn(&kept.ok_or(TokenError::Absent)?)
    }
}
