//! One renewal of one connection: what the protocol needs of the provider.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::clock;
use crate::error::{Error, Kind};
use crate::lifecycle::about::About;
use crate::lifecycle::attempt::Renewing;
use crate::lifecycle::connection::Cell;
use crate::lifecycle::event::{Change, Event};
use crate::lifecycle::policy;
use crate::lifecycle::protocol::Answer;
use crate::lifecycle::row::{Row, TroubleKind};
use crate::lifecycle::store::{Sealed, StoreError};
use crate::managed::Managed;
use crate::printable::printable;
use crate::provider::Rotation;
use crate::token::Token;

/// What a renewal found out.
pub(crate) enum Told {
    Refreshed {
        rotated: bool,
        settled: bool,
    },
    Failed {
        code: Option<String>,
        reason: String,
    },
}

pub(crate) struct Renewal<'a, T: Managed, N> {
    cell: &'a Cell<T>,
    not_saved: N,
    told: Mutex<Option<Told>>,
}

impl<'a, T: Managed, N: Fn(&StoreError) + Sync> Renewal<'a, T, N> {
    pub(crate) fn new(cell: &'a Cell<T>, not_saved: N) -> Renewal<'a, T, N> {
        Renewal {
            cell,
            not_saved,
            told: Mutex::new(None),
        }
    }

    pub(crate) fn told(self) -> Option<Told> {
        self.told
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, told: Told) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    fn failed(&self, reason: String) {
        self.tell(Told::Failed { code: None, reason });
    }

    fn fresh(&self, row: &Row<Sealed>, old: &Token, new: &T, settled: bool) -> Answer<Sealed> {
        let cell = self.cell;
        let token = new.token().clone().keeping_of(old);
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
        let ends = row.times.ends.map(|end| end.since(row.now));
        let spread = cell.key.spread();
        let life = policy::life(cell.policy, &token, clock::now(), ends, spread);
        self.tell(Told::Refreshed { rotated, settled });
        Answer::Fresh(cell.shared.keys.seal(&cell.key, &token), life)
    }
}

impl<T: Managed, N: Fn(&StoreError) + Sync> Renewing for Renewal<'_, T, N> {
    async fn renew(&self, row: &Row<Sealed>, failures: u32, uncertain: bool) -> Answer<Sealed> {
        let began = clock::instant();
        let cell = self.cell;
        let provider = T::provider();
        let cannot = |kind: TroubleKind, reason: String| {
            self.failed(reason);
            let wait = match kind {
                TroubleKind::Transient => policy::wait(failures),
                _ => policy::UNTIL_MENDED,
            };
            Answer::Unspent(kind, wait)
        };
        if let Some(wait) = cell.shared.breakers.wait(provider.id, began) {
            self.failed(format!("{} is down for others, too", provider.name));
            return Answer::Unspent(TroubleKind::Transient, wait);
        }
        let old = match cell.shared.keys.open(&cell.key, &row.tokens) {
            Ok(old) => old,
            Err(error) => return cannot(TroubleKind::MendApp, error.to_string()),
        };
        let inputs = match cell.inputs_of(row.login).await {
            Ok(inputs) => inputs,
            Err((kind, reason)) => return cannot(kind, reason),
        };
        let Some(call) = T::renew(&cell.app, &inputs, old.clone()) else {
            self.failed("nothing renews it".to_owned());
            return Answer::Dead;
        };
        if uncertain {
            let key = cell.key.clone();
            cell.shared.tell(Event::OutcomeUnknown { key });
        }
        let sent = cell.shared.http.send(call).await;
        let answered = |error: &Error| {
            error.kind() != Kind::Unreachable && !matches!(error.status(), Some(500..))
        };
        let is_up = sent.as_ref().err().is_none_or(answered);
        cell.shared
            .breakers
            .tell(provider.id, is_up, clock::instant());
        match sent {
            Ok(new) => self.fresh(row, &old, &new, uncertain),
            Err(mut error) => {
                self.tell(Told::Failed {
                    code: error.code().map(printable),
                    reason: error.incident(),
                });
                policy::failed(&mut error, failures, began.elapsed())
            }
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

impl<T: Managed> Cell<T> {
    /// What the calls need of the connection: read again where somebody has logged in since. A failure says what kind it
    /// is.
    pub(crate) async fn inputs_of(&self, login: u64) -> Result<T::Inputs, (TroubleKind, String)> {
        let (of, inputs) = self.inputs().clone();
        if of == login {
            return Ok(inputs);
        }
        let kept = self.shared.store.load(&self.key).await;
        let later = |reason: &dyn ToString| (TroubleKind::Transient, reason.to_string());
        let wrong = |reason: &dyn ToString| (TroubleKind::MendApp, reason.to_string());
        let kept = kept.map_err(|error| later(&error))?;
        let kept = kept.ok_or_else(|| later(&"the connection is gone"))?;
        let about: About = serde_json::from_str(&kept.about)
            .map_err(|_| wrong(&"what the row says of its app cannot be read"))?;
        let inputs = about.inputs::<T>().map_err(|error| wrong(&error))?;
        *self.inputs() = (kept.row.login, inputs.clone());
        Ok(inputs)
    }

    /// The same as it was known last.
    pub(crate) fn known_inputs(&self) -> T::Inputs {
        self.inputs().1.clone()
    }

    fn inputs(&self) -> MutexGuard<'_, (u64, T::Inputs)> {
        self.inputs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
