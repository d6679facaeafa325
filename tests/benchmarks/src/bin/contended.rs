//! `contended`: measures one lookup of an available token, in nanoseconds of processor time and of wall-clock time, from
//! one task and from 64 tasks on two threads. Each figure is the minimum of nine rounds, because other programs use the
//! machine, too.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use benchmarks::{least, ours, peer};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

const LOOKS: u32 = 1 << 18;
const ROUNDS: usize = 9;

/// Returns the processor time and the wall-clock time of one lookup in nanoseconds, with all lookups divided among the
/// tasks.
fn round<F: Future<Output = ()> + Send + 'static>(
    runtime: &Runtime,
    tasks: u32,
    looks: &impl Fn(u32) -> F,
) -> (f64, f64) {
    let processor = || {
        let now = clock_gettime(ClockId::ProcessCPUTime);
        now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
    };
    let (before, began) = (processor(), Instant::now());
    runtime.block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|_| tokio::spawn(looks(LOOKS / tasks)))
            .collect();
        for task in tasks {
            task.await.expect("a task that ends");
        }
    });
    let each = |nanoseconds: f64| nanoseconds / f64::from(LOOKS);
    (
        each(processor() - before),
        each(began.elapsed().as_nanos() as f64),
    )
}

fn row<F: Future<Output = ()> + Send + 'static>(name: &str, looks: impl Fn(u32) -> F) {
    let runtime = Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    let least = |tasks| {
        let rounds = (0..ROUNDS).map(|_| round(&runtime, tasks, &looks));
        rounds.fold((f64::MAX, f64::MAX), |(cpu, wall), own| {
            (cpu.min(own.0), wall.min(own.1))
        })
    };
    let (one, many) = (least(1), least(64));
    println!("| {name} | {:.0} | {:.0} | {:.0} |", one.0, many.0, many.1);
}

fn main() {
    let connection = ours::connection();
    row("ours", |looks| {
        let connection = connection.clone();
        async move {
            for _ in 0..looks {
                let token = black_box(&connection).token().await.expect("a token");
                black_box(token.access_token().expose().len());
            }
        }
    });
    let held = least::held();
    row(
        "a guard of `arc-swap` and the coarse clock, by hand",
        |looks| {
            let held = Arc::clone(&held);
            async move {
                for _ in 0..looks {
                    black_box(least::token_len(black_box(&held)).await.expect("a token"));
                }
            }
        },
    );
    let kept = peer::Kept::for_an_hour();
    row("`oauth2` in a mutex of tokio's", |looks| {
        let kept = Arc::clone(&kept);
        async move {
            for _ in 0..looks {
                black_box(kept.token().await.expect("a token"));
            }
        }
    });
    let authenticator = peer::authenticator();
    row("yup-oauth2", |looks| {
        let authenticator = authenticator.clone();
        async move {
            for _ in 0..looks {
                black_box(authenticator.token(&peer::SCOPES).await.expect("a token"));
            }
        }
    });
}
