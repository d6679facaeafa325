//! `modules TIMES`: makes every request of every module so many times, ours and its twin, each in a function of
//! its own that a profile tells apart, and prints what each allocates.

use std::hint::black_box;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use benchmarks::counting::{Counting, since};
use oauth_runtime::{Drawn, LoginSecrets, Secret, Token};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Whose request it is.
#[derive(Clone, Copy)]
enum Side {
    Ours,
    Twin,
}

/// A request of a module.
pub struct Case {
    id: &'static str,
    function: &'static str,
    run: fn(usize, &mut dyn FnMut(Side, &mut dyn FnMut())),
}

/// What an application writes for HTTP Basic.
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
        // Once beforehand, so that nothing is set up within.
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
    let _: Option<(Drawn, LoginSecrets, Secret, Token)> = None;
}
