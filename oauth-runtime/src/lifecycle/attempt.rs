//! Drives the protocol: store, network and clock for its steps.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::{self, MissedTickBehavior};

use crate::clock;
use crate::lifecycle::policy;
use crate::lifecycle::protocol::{Answer, Committing, Outcome, Replay, Sending, Step, Want, begin};
use crate::lifecycle::row::{Place, Row};
use crate::lifecycle::sealing::{Column, Place as SealedAt};
use crate::lifecycle::store::{Kept, Key, Sealed, Store, StoreError};
use crate::lifecycle::stored::{Committed, Lease};
use crate::lifecycle::unavailable::Unavailable;

/// A lease is extended so many times in its length while the call runs.
const EXTENDED: u32 = 4;

/// Before a careful try, a lease is held for this part of its length: twice as long as new tokens wait to be written.
const PAUSE: u32 = 2;

/// Another worker's refresh is looked for so often at first, and so often at last.
const LOOKS: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// What the protocol needs from whoever knows the provider.
pub(crate) trait Renewing: Sync {
    /// Sends the refresh token of these tokens, and says what came of it.
    fn renew(
        &self,
        row: &Row<Sealed>,
        failures: u32,
        uncertain: bool,
    ) -> impl Future<Output = Answer<Sealed>> + Send;

    /// Learns what a row states of its login. An error if another app made it: then nothing of it may be sent.
    fn learn(&self, kept: &Kept) -> Result<(), Unavailable>;

    /// Whether this is the login that was learnt of last.
    fn knows(&self, login: u64) -> bool;

    /// Seals tokens for another place of the row than they were sealed for.
    fn moved(&self, tokens: Sealed, from: SealedAt, to: SealedAt) -> Sealed;

    /// The store does not take new tokens: they are kept, and it is tried again.
    fn not_saved(&self, error: &StoreError);
}

/// How an attempt ended.
pub(crate) struct Attempted {
    pub(crate) outcome: Outcome<Sealed>,
    /// When the outcome's row was asked for: what is left of its times counts from here.
    pub(crate) read_at: Instant,
    /// The store's last error.
    pub(crate) error: Option<StoreError>,
    /// The place that the tokens of [`Outcome::Absent`] were sealed for.
    pub(crate) orphan_at: Option<SealedAt>,
    /// Why nothing may be done with the row, if so: the outcome means nothing then.
    pub(crate) refused: Option<Unavailable>,
}

/// One attempt, from the first read to its outcome.
pub(crate) async fn attempt(
    store: &dyn Store,
    key: &Key,
    (want, replay): (Want, Replay),
    lease: Duration,
    renewing: &impl Renewing,
) -> Attempted {
    let mut step = begin(want, replay);
    let mut error = None;
    let mut read_at = clock::instant();
    let mut leased_at = clock::instant();
    let mut looks = LOOKS.0;
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
                            return Attempted {
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
                looks = LOOKS.1.min(looks * 2);
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
            // What begins later than the lease lasts is not sent.
            Step::Send(sending) if leased_at.elapsed() >= lease => sending.too_late(),
            // A login that came between reading the row and leasing it may be another app's: it is read first.
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
                        // Whoever takes the lease now pauses for longer than this before it uses the token again.
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
                // It runs out by itself if this fails.
                store.release(key, releasing.fence).await.ok();
                releasing.released()
            }
            // What a later login brought is read under what its row states.
            Step::Done(outcome) if !is_known(&outcome, renewing) => begin(want, replay),
            Step::Done(outcome) => {
                return Attempted {
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

/// Whether the row of an outcome is of the login that is known.
fn is_known(outcome: &Outcome<Sealed>, renewing: &impl Renewing) -> bool {
    match outcome {
        Outcome::Ready(row) | Outcome::Failed(row, _) | Outcome::Unsettled(row) => {
            renewing.knows(row.login)
        }
        Outcome::Absent(_) | Outcome::StoreFailed => true,
    }
}

/// Tokens are bound to their place in the row: when that becomes another one, they are sealed for it.
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

/// Makes the call, and extends the lease while it runs. The call is never given up for the lease's sake: its answer may
/// be the only token there is.
async fn send(
    store: &dyn Store,
    key: &Key,
    sending: &Sending<Sealed>,
    lease: Duration,
    renewing: &impl Renewing,
) -> Answer<Sealed> {
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
