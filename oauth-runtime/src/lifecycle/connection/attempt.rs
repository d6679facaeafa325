//! Drives the refresh protocol: runs its steps with the store, the network and the clock.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::{self, MissedTickBehavior};

use crate::clock;
use crate::lifecycle::connection::token_error::TokenError;
use crate::lifecycle::protocol::policy;
use crate::lifecycle::protocol::row::{Place, Row};
use crate::lifecycle::protocol::stored::{Committed, Lease};
use crate::lifecycle::protocol::{
    Committing, Outcome, RefreshOutcome, Replay, Sending, Step, Want, begin,
};
use crate::lifecycle::store::binding::{Column, Place as SealedAt};
use crate::lifecycle::store::{Key, Sealed, Store, StoreError, StoredRow};

/// The number of times that a lease is extended within its length while the token request runs.
const EXTENDED: u32 = 4;

/// The lease length divided by this is the pause before a second use of a refresh token. It is twice the longest pause
/// between attempts to write new tokens.
const PAUSE: u32 = 2;

/// The first and the longest interval at which the row is read while another worker refreshes it.
const POLL_INTERVALS: (Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(500));

/// The parts of the refresh protocol that depend on the provider.
pub(crate) trait Renewing: Sync {
    /// Sends the refresh token of these tokens and returns the result.
    fn renew(
        &self,
        row: &Row<Sealed>,
        failures: u32,
        uncertain: bool,
    ) -> impl Future<Output = RefreshOutcome<Sealed>> + Send;

    /// Reads the login's metadata in a row. Returns an error if another app made the login. Nothing of the row may be sent
    /// then.
    fn learn(&self, kept: &StoredRow) -> Result<(), TokenError>;

    /// Returns whether the metadata that was read last belongs to this login.
    fn knows(&self, login: u64) -> bool;

    /// Seals tokens again for another place of the row.
    fn moved(&self, tokens: Sealed, from: SealedAt, to: SealedAt) -> Sealed;

    /// Reports that the store failed to write new tokens. They are kept, and the write is repeated.
    fn not_saved(&self, error: &StoreError);
}

/// The result of an attempt.
pub(crate) struct AttemptResult {
    pub(crate) outcome: Outcome<Sealed>,
    /// The time at which the outcome's row was requested. The remaining times of the row count from here.
    pub(crate) read_at: Instant,
    /// The last error of the store.
    pub(crate) error: Option<StoreError>,
    /// The place that the tokens of [`Outcome::Absent`] were sealed for.
    pub(crate) orphan_at: Option<SealedAt>,
    /// The reason why the row must not be used, if there is one. The outcome has no meaning then.
    pub(crate) refused: Option<TokenError>,
}

/// Runs one attempt, from the first read to its outcome.
pub(crate) async fn attempt(
    store: &dyn Store,
    key: &Key,
    (want, replay): (Want, Replay),
    lease: Duration,
    renewing: &impl Renewing,
) -> AttemptResult {
    let mut step = begin(want, replay);
    let mut error = None;
    let mut read_at = clock::instant();
    let mut leased_at = clock::instant();
    let mut looks = POLL_INTERVALS.0;
    let mut unsaved = 0;
    let mut orphan_at = None;
    loop {
        step = match step {
            Step::Load(loading) => {
                read_at = clock::instant();
                match store.load(key).await {
                    Ok(kept) => {
                        let learnt = kept.as_ref().map_or(Ok(()), |kept| renewing.learn(kept));
                        if let Err(refused) = learnt {
                            return AttemptResult {
                                outcome: Outcome::Absent(None),
                                read_at,
                                error,
                                orphan_at,
                                refused: Some(refused),
                            };
                        }
                        loading.loaded(kept.map(|kept| kept.row))
                    }
                    Err(own) => {
                        error = Some(own);
                        loading.failed()
                    }
                }
            }
            Step::Lease(leasing) => {
                leased_at = clock::instant();
                read_at = leased_at;
                match store.lease(key, lease).await {
                    Ok(Lease::Taken(row, fence)) => leasing.leased(row, fence),
                    Ok(Lease::Held(remaining)) => leasing.held(remaining),
                    Ok(Lease::Absent) => leasing.absent(),
                    Err(own) => {
                        error = Some(own);
                        leasing.failed()
                    }
                }
            }
            Step::Wait(waiting) => {
                time::sleep(looks.min(waiting.at_most)).await;
                looks = POLL_INTERVALS.1.min(looks * 2);
                waiting.over()
            }
            Step::Pause(pausing) => {
                time::sleep(lease / PAUSE).await;
                read_at = clock::instant();
                let held = store.extend(key, pausing.fence(), lease).await;
                if held == Ok(true) {
                    leased_at = read_at;
                }
                match store.load(key).await {
                    Ok(kept) => pausing.over(kept.map(|kept| kept.row)),
                    Err(own) => {
                        error = Some(own);
                        pausing.failed()
                    }
                }
            }
            Step::Journal(journaling) => {
                let (fence, version) = (journaling.fence(), journaling.version());
                match store.journal(key, fence, version).await {
                    Ok(true) => journaling.written(),
                    Ok(false) => journaling.lost(),
                    Err(own) => {
                        error = Some(own);
                        journaling.failed()
                    }
                }
            }
            // Nothing is sent after the lease has expired.
            Step::Send(sending) if leased_at.elapsed() >= lease => sending.too_late(),
            // A login between the read and the lease may be another app's, so its metadata is read first.
            Step::Send(sending) if !renewing.knows(sending.row().login) => sending.too_late(),
            Step::Send(sending) => {
                let spare = SealedAt::of_row(sending.row(), Column::Spare);
                let answer = send(store, key, &sending, lease, renewing).await;
                match sending.answered(answer) {
                    Step::Commit(promoting) if promoting.commit().place == Place::Promoted => {
                        Step::Commit(resealed(promoting, spare, renewing))
                    }
                    step => step,
                }
            }
            Step::Commit(committing) => {
                read_at = clock::instant();
                match store.commit(key, committing.commit()).await {
                    Ok(Committed::Done(row)) => committing.committed(row),
                    Ok(Committed::Conflict(row)) => {
                        let before = SealedAt::of_commit(committing.commit());
                        match committing.conflict(&row) {
                            Step::Commit(moved) => Step::Commit(resealed(moved, before, renewing)),
                            step => step,
                        }
                    }
                    Ok(Committed::Absent) => {
                        orphan_at = Some(SealedAt::of_commit(committing.commit()));
                        committing.absent()
                    }
                    Err(own) => {
                        renewing.not_saved(&own);
                        // A worker that takes the lease now pauses for longer than this before it sends the refresh token
                        // again.
                        time::sleep(policy::wait(unsaved).min(lease / EXTENDED)).await;
                        unsaved += 1;
                        committing.failed()
                    }
                }
            }
            Step::Note(noting) => match store.note(key, noting.note()).await {
                Ok(true) => noting.noted(),
                Ok(false) => noting.moved_on(),
                Err(own) => {
                    error.get_or_insert(own);
                    noting.failed()
                }
            },
            Step::Release(releasing) => {
                // The lease expires if this fails.
                store.release(key, releasing.fence).await.ok();
                releasing.released()
            }
            // The row belongs to a later login. Its metadata must be read before the row is used.
            Step::Done(outcome) if !is_known(&outcome, renewing) => begin(want, replay),
            Step::Done(outcome) => {
                return AttemptResult {
                    outcome,
                    read_at,
                    error,
                    orphan_at,
                    refused: None,
                };
            }
        };
    }
}

/// Returns whether the metadata that was read last belongs to the login of the outcome's row.
fn is_known(outcome: &Outcome<Sealed>, renewing: &impl Renewing) -> bool {
    match outcome {
        Outcome::Ready(row) | Outcome::Failed(row, _) | Outcome::Unsettled(row) => {
            renewing.knows(row.login)
        }
        Outcome::Absent(_) | Outcome::StoreFailed => true,
    }
}

/// Seals the tokens again if their place in the row has changed. Sealed tokens are bound to their place.
fn resealed(
    committing: Committing<Sealed>,
    before: SealedAt,
    renewing: &impl Renewing,
) -> Committing<Sealed> {
    let to = SealedAt::of_commit(committing.commit());
    match to == before {
        true => committing,
        false => committing.with_tokens(|tokens| renewing.moved(tokens, before, to)),
    }
}

/// Sends the token request, and extends the lease while it runs. The request is not cancelled when the lease is lost, since
/// its response may contain the only valid token.
async fn send(
    store: &dyn Store,
    key: &Key,
    sending: &Sending<Sealed>,
    lease: Duration,
    renewing: &impl Renewing,
) -> RefreshOutcome<Sealed> {
    let call = renewing.renew(sending.row(), sending.failures(), sending.is_uncertain());
    tokio::pin!(call);
    let mut extended = time::interval(lease / EXTENDED);
    extended.set_missed_tick_behavior(MissedTickBehavior::Delay);
    extended.reset();
    loop {
        tokio::select! {
            answer = &mut call => return answer,
            _ = extended.tick() => {
                store.extend(key, sending.fence(), lease).await.ok();
            }
        }
    }
}
