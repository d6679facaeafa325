//! What goes wrong between an application and a provider, on demand.

use std::fmt;
use std::time::Duration;

use super::{Simulator, answers};

/// What happens to a request instead of the right answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is lost before the provider sees it.
    LostRequest,
    /// The provider does what it is asked for, and its answer is lost.
    LostAnswer,
    /// Status 429, with `Retry-After` in seconds (RFC 9110 §10.2.3).
    TooManyRequests(Duration),
    /// Status 503.
    Unavailable,
    /// Status 200 with a page for people.
    Page,
    /// The right answer, of which the second half is missing.
    Truncated,
    /// The right answer without the refresh token that it should have: the provider has stopped to rotate.
    NoRefreshToken,
}

/// That no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whether the provider did what it was asked for. An application cannot know it.
    pub processed: bool,
}

impl fmt::Display for Lost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection broke")
    }
}

impl std::error::Error for Lost {}

impl Simulator {
    /// What happens to the next request of [`Simulator::carry`]; further ones wait their turn.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.push_back(fault);
    }

    /// The same as [`Simulator::answer`], by a network on which faults happen.
    pub fn carry(&self, request: &http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Lost> {
        let fault = self.world().faults.pop_front();
        Ok(match fault {
            None => self.answer(request),
            Some(Fault::LostRequest) => return Err(Lost { processed: false }),
            Some(Fault::LostAnswer) => {
                self.answer(request);
                return Err(Lost { processed: true });
            }
            Some(Fault::TooManyRequests(wait)) => {
                let mut answer = answers::plain(429, "slow down");
                let seconds = http::HeaderValue::from(wait.as_secs());
                answer
                    .headers_mut()
                    .insert(http::header::RETRY_AFTER, seconds);
                answer
            }
            Some(Fault::Unavailable) => answers::plain(503, "back in a minute"),
            Some(Fault::Page) => answers::page("<!doctype html><title>Please log in</title>"),
            Some(Fault::Truncated) => {
                let mut answer = self.answer(request);
                let half = answer.body().len() / 2;
                answer.body_mut().truncate(half);
                answer
            }
            Some(Fault::NoRefreshToken) => {
                self.world().stopped_rotating = true;
                let answer = self.answer(request);
                self.world().stopped_rotating = false;
                answer
            }
        })
    }
}
