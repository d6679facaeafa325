//! Faults between an application and a provider, on demand.

use std::future::{Ready, ready};
use std::time::{Duration, SystemTime};
use std::{fmt, io};

use super::received::Received;
use super::world::World;
use super::{Simulator, answer, answers, calls};
use crate::plan::Plan;
use crate::plan::api::{RateLimit, WaitFormat};

/// A fault that replaces the normal response to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is refused. The provider does not receive the request, and the application knows that.
    LostRequest,
    /// The provider processes the request, and the connection breaks before the response.
    LostAnswer,
    /// No response comes, and the provider does not process the request.
    TimeOutBefore,
    /// No response comes, although the provider processes the request.
    TimeOutAfter,
    /// The provider's rate-limit response, with this time to wait.
    ///
    /// If the spec does not describe one, the response has status 429 and `Retry-After` in seconds (RFC 9110 §10.2.3).
    TooManyRequests(Duration),
    /// A response with this status, which is 500 or more, and a text.
    ServerError(u16),
    /// A response with status 200 and an HTML page.
    Page,
    /// The normal response without the second half of its body.
    Truncated,
    /// The normal response with a body that takes this time: see [`Slowly`].
    Slow(Duration),
    /// The normal response without its refresh token, as from a provider that stopped rotating.
    NoRefreshToken,
    /// The normal response of a provider whose clock is ahead by this time.
    ClockAhead(Duration),
    /// The normal response of a provider whose clock is behind by this time.
    ClockBehind(Duration),
    /// A response with status 308, since the endpoint has moved to this URL (RFC 9110 §15.4.9).
    Moved(String),
}

/// The error of a request that received no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whether the provider processed the request. An application cannot know that.
    pub processed: bool,
    /// Whether the connection stays open, so that the application waits until its timeout.
    pub silent: bool,
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.silent {
            true => "no response before the timeout",
            false => "the connection broke",
        })
    }
}

impl std::error::Error for Lost {}

/// Returns the error that a socket would return.
impl From<Lost> for io::Error {
    fn from(lost: Lost) -> io::Error {
        let kind = match lost {
            Lost { silent: true, .. } => io::ErrorKind::TimedOut,
            Lost {
                processed: true, ..
            } => io::ErrorKind::ConnectionReset,
            Lost { .. } => io::ErrorKind::ConnectionRefused,
        };
        io::Error::new(kind, lost)
    }
}

/// The time that the body of a response takes.
///
/// Responses with [`Fault::Slow`] have it in their extensions. A transport in memory may ignore it. The server sends such a
/// body in twenty pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slowly(pub Duration);

type Request = http::Request<Vec<u8>>;
type Answer = http::Response<Vec<u8>>;

impl Simulator {
    /// Adds a fault for the next request of [`Simulator::carry`]. Further faults apply to the requests after it.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.push_back(fault);
    }

    /// Returns the response to a request as [`Simulator::answer`] does, but applies the next fault.
    ///
    /// # Errors
    ///
    /// Returns an error if the fault prevents a response.
    pub fn carry(&self, request: &Request) -> Result<Answer, Lost> {
        let mut world = self.world();
        match world.faults.pop_front() {
            Some(fault) => happen(&mut world, &self.plans, request, fault),
            None => Ok(answer(&mut world, &self.plans, request)),
        }
    }
}

impl Simulator {
    /// Returns [`Simulator::carry`] as the transport of an HTTP client, such as `oauth_runtime::Http`.
    ///
    /// The client must accept a function as its transport. Requests to any host reach the simulator.
    pub fn transport<E: From<io::Error>>(
        &self,
    ) -> impl Fn(Request) -> Ready<Result<Answer, E>> + Clone + Send + Sync + 'static {
        let simulator = self.clone();
        move |request| {
            let carried = simulator.carry(&request);
            ready(carried.map_err(|lost| io::Error::from(lost).into()))
        }
    }
}

fn happen(
    world: &mut World,
    plans: &[Plan],
    request: &Request,
    fault: Fault,
) -> Result<Answer, Lost> {
    let lost = |processed, silent| Err(Lost { processed, silent });
    match fault {
        Fault::LostRequest => lost(false, false),
        Fault::TimeOutBefore => lost(false, true),
        Fault::LostAnswer => {
            answer(world, plans, request);
            lost(true, false)
        }
        Fault::TimeOutAfter => {
            answer(world, plans, request);
            lost(true, true)
        }
        Fault::TooManyRequests(wait) => {
            let plan = calls::plan_at(plans, &Received::of(request));
            Ok(slow_down(plan, wait, world.now))
        }
        Fault::ServerError(status) => Ok(answers::plain(status, "internal server error")),
        Fault::Page => Ok(answers::page("<!doctype html><title>Please log in</title>")),
        Fault::Truncated => {
            let mut answer = answer(world, plans, request);
            let whole = answer.body().len();
            put(&mut answer, "content-length", &whole.to_string());
            answer.body_mut().truncate(whole / 2);
            Ok(answer)
        }
        Fault::Slow(time) => {
            let mut answer = answer(world, plans, request);
            answer.extensions_mut().insert(Slowly(time));
            Ok(answer)
        }
        Fault::Moved(url) => {
            let mut answer = answers::plain(308, "");
            put(&mut answer, "location", &url);
            Ok(answer)
        }
        Fault::NoRefreshToken | Fault::ClockAhead(_) | Fault::ClockBehind(_) => {
            world.in_force = Some(fault);
            let answer = answer(world, plans, request);
            world.in_force = None;
            Ok(answer)
        }
    }
}

/// Returns the rate-limit response of a provider.
pub(super) fn slow_down(plan: Option<&Plan>, wait: Duration, now: Duration) -> Answer {
    let own = plan.and_then(|plan| plan.api.as_ref()?.rate_limit.as_ref());
    let Some(limit) = own else {
        let mut answer = answers::plain(429, "slow down");
        put(&mut answer, "retry-after", &wait.as_secs().to_string());
        return answer;
    };
    let first = limit.statuses.first().copied().unwrap_or(429);
    let status = if limit.statuses.contains(&429) {
        429
    } else {
        first
    };
    let mut answer = answers::plain(status, "slow down");
    for (name, value) in counted(limit, wait, now) {
        put(&mut answer, name, &value);
    }
    answer
}

/// Returns the headers of an exhausted rate limit.
fn counted(limit: &RateLimit, wait: Duration, now: Duration) -> Vec<(&str, String)> {
    let mut said = Vec::new();
    // Limits that share a header have as many values in it.
    let shared = limit.buckets.iter().filter_map(|own| own.position).max();
    let values = |value: &str| vec![value; shared.map_or(1, |last| last + 1)].join(",");
    for bucket in &limit.buckets {
        let full = bucket.limit.iter().chain(&bucket.used);
        said.extend(full.map(|name| (&**name, values("100"))));
        let empty = bucket.remaining.iter();
        said.extend(empty.map(|name| (&**name, values("0"))));
        let reset = bucket.reset.iter();
        said.extend(reset.map(|(name, format)| (&**name, written(*format, wait, now))));
    }
    let retry_after = limit.retry_after.iter();
    said.extend(retry_after.map(|(name, format)| (&**name, written(*format, wait, now))));
    said
}

fn written(format: WaitFormat, wait: Duration, now: Duration) -> String {
    let end = SystemTime::UNIX_EPOCH + now + wait;
    match format {
        WaitFormat::Seconds => wait.as_secs().to_string(),
        WaitFormat::Milliseconds => wait.as_millis().to_string(),
        WaitFormat::Unix => (now + wait).as_secs().to_string(),
        WaitFormat::UnixMs => (now + wait).as_millis().to_string(),
        WaitFormat::HttpDate => httpdate::fmt_http_date(end),
        WaitFormat::Rfc3339 => humantime::format_rfc3339_seconds(end).to_string(),
        WaitFormat::Duration => format!("{}m{}s", wait.as_secs() / 60, wait.as_secs() % 60),
    }
}

fn put(answer: &mut Answer, name: &str, value: &str) {
    let name = http::HeaderName::try_from(name);
    if let (Ok(name), Ok(value)) = (name, http::HeaderValue::try_from(value)) {
        answer.headers_mut().insert(name, value);
    }
}
