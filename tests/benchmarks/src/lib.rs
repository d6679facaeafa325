//! Operations of our modules and of the crate `oauth2`, each of which can be measured alone.
//!
//! [`operations`] lists them; a binary gives each a [`Meter`]. The inputs of an operation are made before the meter runs.
//! Each operation has run once by then, so that no one-time setup is measured.

pub mod bodies;
pub mod counting;
pub mod huskarl;
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
    /// The same message or token, written by hand with as little work as possible.
    pub least: Option<Run>,
}

/// Returns every operation, in the order of the table.
pub fn operations() -> Vec<Operation> {
    let both = |id, ours, peer| Operation {
        id,
        ours,
        peer: Some(peer),
        peer_less: None,
        least: None,
    };
    let limited = |id, ours, peer, least| Operation {
        id,
        ours,
        peer: Some(peer),
        peer_less: None,
        least: Some(least),
    };
    let reading = |id, ours, peer, less| Operation {
        id,
        ours,
        peer: Some(peer),
        peer_less: Some(less),
        least: None,
    };
    let alone = |id, ours| Operation {
        id,
        ours,
        peer: None,
        peer_less: None,
        least: None,
    };
    vec![
        alone("nothing", |times, meter| {
            repeat(times, meter, || (), |()| ())
        }),
        limited(
            "url_slack",
            ours::url_slack as Run,
            peer::url_slack as Run,
            least::url_slack as Run,
        ),
        limited(
            "url_google",
            ours::url_google,
            peer::url_google,
            least::url_google,
        ),
        both("url_fresh", ours::url_fresh as Run, peer::url_fresh as Run),
        limited(
            "http_basic",
            ours::http_basic,
            peer::request_basic,
            least::http_basic,
        ),
        limited(
            "http_post",
            ours::http_post,
            peer::request_post,
            least::http_post,
        ),
        limited(
            "http_json",
            ours::http_json,
            peer::request_json,
            least::http_json,
        ),
        alone("request_basic", ours::request_basic as Run),
        alone("request_post", ours::request_post),
        alone("request_json", ours::request_json),
        alone("request_post_long", ours::request_post_long),
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
        alone("read_escaped", ours::read_escaped),
        both("callback", ours::callback, peer::callback),
        alone("sealed", ours::sealed),
        limited(
            "token_hot",
            ours::token_hot,
            peer::token_hot,
            least::token_hot,
        ),
        both("token_hot_in_yup", ours::token_hot, peer::token_hot_in_yup),
        both("token_hot_in_huskarl", ours::token_hot, huskarl::token_hot),
        limited(
            "api_request",
            ours::api_request,
            peer::api_request,
            least::api_request,
        ),
        both(
            "api_request_in_huskarl",
            ours::api_request,
            huskarl::api_request,
        ),
        alone("api_access", ours::api_access),
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
