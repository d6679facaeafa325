//! The minimum cost of an available token that many tasks share: a guard of `arc-swap` and a read of the coarse clock.

use std::hint::black_box;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustix::time::{ClockId, clock_gettime};

use crate::bodies::GOOGLE;
use crate::{Meter, ready, repeat};

/// An access token, and the second of the monotonic clock at which it expires.
pub struct Held {
    token: String,
    until: i64,
}

/// Returns a token that is valid for an hour.
pub fn held() -> Arc<ArcSwap<Held>> {
    let token: serde_json::Value = serde_json::from_str(GOOGLE).expect("tokens");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let until = clock_gettime(ClockId::MonotonicCoarse).tv_sec + 3600;
    Arc::new(ArcSwap::from_pointee(Held { token, until }))
}

/// Returns the length of the token, or `None` if it has expired.
pub async fn token_len(held: &ArcSwap<Held>) -> Option<usize> {
    let held = held.load();
    let now = clock_gettime(ClockId::MonotonicCoarse).tv_sec;
    (now < held.until).then(|| held.token.len())
}

pub fn token_hot(times: usize, meter: Meter<'_>) {
    let held = held();
    repeat(
        times,
        meter,
        || (),
        |()| ready(token_len(black_box(&held))).expect("a token"),
    );
}
