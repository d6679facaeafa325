//! Operations of our modules and of the crate `oauth2`, ready to be measured one by one.
//!
//! [`operations`] lists them; a binary gives each a [`Meter`]. Whatever an operation needs is made
//! before the meter runs, and everything was done once, so that nothing is set up within.

pub mod bodies;
pub mod counting;
pub mod least;
pub mod ours;
pub mod peer;
pub mod same;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs the closure once, and adds what it took to what it measured before.
pub type Meter<'a> = &'a mut dyn FnMut(&mut dyn FnMut());

/// One side of an operation: does it so many times under the meter.
pub type Run = fn(usize, Meter<'_>);

/// An operation that is measured on both sides.
pub struct Operation {
    /// Its name on the command line.
    pub id: &'static str,
    /// Ours.
    pub ours: Run,
    /// The nearest that `oauth2` does.
    pub peer: Option<Run>,
    /// What the peer cannot but do besides: its figures are taken off.
    pub peer_less: Option<Run>,
}

/// Every operation, in the order of the table.
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

/// What callgrind watches: `--toggle-collect=measured`.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn measured(run: &mut dyn FnMut()) {
    run();
}

/// What a future gives that has nothing to wait for.
///
/// # Panics
///
/// If it waits.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// Does `run` once, then `times` under the meter, each time with an input of its own that was prepared
/// outside of it: one after the other, as a program does it, so that no heap of unused inputs slows the
/// allocator. What comes out is dropped under the meter, too.
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

/// Drops what came out: a function of its own, so that callgrind can leave it out.
#[inline(never)]
fn let_go<O>(output: &mut Option<O>) {
    *output = None;
}
