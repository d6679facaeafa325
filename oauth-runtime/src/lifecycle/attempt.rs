//! Drives the protocol: store, network and clock for its steps.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::time::{self, MissedTickBehavior};

use crate::clock;
use crate::lifecycle::policy;
use crate::lifecycle::protocol::{Answer, Outcome, Replay, Sending, Step, Want, begin};
use crate::lifecycle::row::Row;
use crate::lifecycle::store::{Key, Sealed, Store, StoreError};
use crate::lifecycle::stored::{Committed, Lease};

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
    loop {
        step = match step {
            Step::Load(loading) => {
                read_at = clock::instant();
                match store.load(key).await {
                    Ok(kept) => loading.loaded(kept.map(|kept| kept.row)),
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
            Step::Send(sending) => {
                let answer = send(store, key, &sending, lease, renewing).await;
                sending.answered(answer)
            }
            Step::Commit(committing) => {
                read_at = clock::instant();
                match store.commit(key, committing.commit()).await {
                    Ok(Committed::Done(row)) => committing.committed(row),
                    Ok(Committed::Conflict(row)) => committing.conflict(&row),
                    Ok(Committed::Absent) => committing.absent(),
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
            Step::Done(outcome) => {
                return Attempted {
                    outcome,
                    read_at,
                    error,
                };
            }
        };
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
