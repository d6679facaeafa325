//! `modules TIMES`: makes every request of every module `TIMES` times, with the module and with the hand-written twin, and
//! prints the allocations of each. Each runs in a separate function, so that a profile can distinguish them.

use std::hint::black_box;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use benchmarks::counting::{Counting, since};
use oauth_runtime::{LoginSecrets, Secret, Token, http::GeneratedValues};

#[global_allocator]
static COUNTING: Counting = Counting;

/// The side that makes a request: the module, or its hand-written twin.
#[derive(Clone, Copy)]
enum Side {
    Ours,
    Twin,
}

/// A request that a module and its twin can make.
pub struct Case {
    id: &'static str,
    function: &'static str,
    run: fn(usize, &mut dyn FnMut(Side, &mut dyn FnMut())),
}

/// Returns an HTTP Basic header value, written as an application would write it.
fn basic(id: &str, secret: &str) -> String {
    let engine = base64::engine::general_purpose::STANDARD;
    format!("Basic {}", engine.encode(format!("{id}:{secret}")))
}

#[allow(
    unused,
    deprecated,
    clippy::all,
    reason = "written by the build script"
)]
mod cases {
    use super::*;

    include!(concat!(env!("OUT_DIR"), "/cases.rs"));
}

fn main() {
    let times = std::env::args().nth(1).and_then(|times| times.parse().ok());
    for case in cases::CASES {
        // One run before the measurement does all one-time setup.
        (case.run)(1, &mut |_, work| work());
        let mut allocations = [0; 2];
        (case.run)(times.unwrap_or(100), &mut |side, work| {
            let before = since((0, 0));
            work();
            allocations[side as usize] = since(before).0;
        });
        println!(
            "{} {} {} {}",
            case.id, case.function, allocations[0], allocations[1]
        );
    }
    black_box((Duration::ZERO, UNIX_EPOCH));
    let _: Option<(GeneratedValues, LoginSecrets, Secret, Token)> = None;
}
