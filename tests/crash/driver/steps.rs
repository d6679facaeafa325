//! The driver's steps with one worker, and their timing.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::proxy::Proxy;
use crate::workers::Worker;

/// A connection that is not settled within this time is stuck.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// The result of settling a connection.
#[derive(Clone, Debug)]
pub(crate) enum Settled {
    Alive,
    Dead,
    /// The last line of a worker that neither refreshed the connection nor gave it up in time.
    Stuck(String),
}

/// Refreshes until the future is dropped, and records the time at which each new token was given out.
pub(crate) async fn refresh_on(worker: &mut Worker, name: &str, refreshed: &mut Vec<Instant>) {
    loop {
        if worker.refresh(name).await.starts_with("refreshed") {
            refreshed.push(Instant::now());
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Settles each of these connections.
pub(crate) async fn settle_share<'n>(
    worker: &mut Worker,
    names: impl Iterator<Item = &'n str>,
) -> Vec<Settled> {
    let mut settled = Vec::new();
    for name in names {
        settled.push(settle(worker, name).await);
    }
    settled
}

async fn settle(worker: &mut Worker, name: &str) -> Settled {
    let began = Instant::now();
    let (alive, dead) = (format!("refreshed {name}"), format!("dead {name}"));
    let mut said = "nothing".to_owned();
    while let Some(left) = SETTLED_WITHIN.checked_sub(began.elapsed()) {
        match timeout(left, worker.refresh(name)).await {
            Ok(line) if line == alive => return Settled::Alive,
            Ok(line) if line == dead => return Settled::Dead,
            Ok(line) => said = line,
            Err(_) => break,
        }
        sleep(Duration::from_millis(200)).await;
    }
    Settled::Stuck(said)
}

/// A moment during a refresh.
pub(crate) struct Moment {
    /// Whether `wait` begins with the worker's first command, not when its request arrives at the proxy.
    pub(crate) is_early: bool,
    pub(crate) wait: Duration,
}

impl Moment {
    /// Waits for the moment. `before` is the number of requests that the connection had when the worker was started.
    pub(crate) async fn comes(&self, proxy: &Proxy, before: usize, name: &str) {
        if !self.is_early {
            let arrived = proxy.more_than(before, name);
            timeout(Duration::from_secs(15), arrived).await.ok();
        }
        sleep(self.wait).await;
    }
}
