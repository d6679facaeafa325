//! Operations of our modules and of the crate `oauth2`, each of which can be measured alone.
//!
//! [`operations`] lists them; a binary gives each a [`Meter`]. The inputs of an operation are made before the meter runs.
//! Each operation has run once by then, so that no one-time setup is measured.

pub mod bodies;
pub mod counting;
pub mod least;
pub mod ours;
pub mod peer;
pub mod same;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A function that runs the closure once, and adds its cost to the costs measured before.
pub type Meter<'a> = &'a mut dyn FnMut(&mut dyn FnMut());

/// One side of an operation: a function that runs it this many times under the meter.
pub type Run = fn(usize, Meter<'_>);

/// An operation that is measured on both sides.
pub struct Operation {
    /// The name on the command line.
    pub id: &'static str,
    /// Our implementation.
    pub ours: Run,
    /// The nearest equivalent of another crate, such as `oauth2`.
    pub peer: Option<Run>,
    /// Extra work that the peer cannot avoid. Its figures are subtracted.
    pub peer_less: Option<Run>,
}

/// Returns every operation, in the order of the table.
pub fn operations() -> Vec<Operation> {
    let both = |id, ours, peer| Operation {
        id,
        ours,
        peer: Some(peer),
        peer_less: None,
    };
    let reading = |id, ours, peer, less| Operation {
        id,
        ours,
        peer: Some(peer),
        peer_less: Some(less),
    };
    let alone = |id, ours| Operation {
        id,
        ours,
        peer: None,
        peer_less: None,
    };
    vec![
        alone("nothing", |times, meter| {
            repeat(times, meter, || (), |()| ())
        }),
        both("url_slack", ours::url_slack as Run, peer::url_slack as Run),
        both("url_google", ours::url_google, peer::url_google),
        both("url_fresh", ours::url_fresh, peer::url_fresh),
        both(
            "request_basic",
            ours::request_basic as Run,
            peer::request_basic,
        ),
        both("request_post", ours::request_post, peer::request_post),
        both("request_json", ours::request_json, peer::request_json),
        alone("convert", ours::convert),
        reading(
            "read_google",
            ours::read_google as Run,
            peer::read_google as Run,
            peer::request_post as Run,
        ),
        reading(
            "read_slack",
            ours::read_slack,
            peer::read_slack,
            peer::request_basic,
        ),
        reading(
            "read_error",
            ours::read_error,
            peer::read_error,
            peer::request_post,
        ),
        both("callback", ours::callback, peer::callback),
        both("token_hot", ours::token_hot, peer::token_hot),
        both("token_hot_by_hand", ours::token_hot, least::token_hot),
        both("token_hot_in_yup", ours::token_hot, peer::token_hot_in_yup),
    ]
}

/// Runs the closure where callgrind measures it (`--toggle-collect=measured`).
#[unsafe(no_mangle)]
#[inline(never)]
pub fn measured(run: &mut dyn FnMut()) {
    run();
}

/// Returns the value of a future that never waits.
///
/// # Panics
///
/// Panics if the future waits.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// Calls `run` once, then `times` times under the meter. Each call gets a separate input that was prepared outside the
/// meter. Inputs are prepared one by one, as in a real program, because a heap of unused inputs would slow the allocator
/// down. The meter includes the drop of each output.
pub fn repeat<I, O>(
    times: usize,
    meter: Meter<'_>,
    mut prepare: impl FnMut() -> I,
    mut run: impl FnMut(I) -> O,
) {
    black_box(run(prepare()));
    for _ in 0..times {
        let mut input = Some(prepare());
        meter(&mut || {
            if let Some(input) = input.take() {
                let mut output = Some(run(input));
                let_go(black_box(&mut output));
            }
        });
    }
}

/// Drops the output in a separate function, so that callgrind can exclude it.
#[inline(never)]
fn let_go<O>(output: &mut Option<O>) {
    *output = None;
}
