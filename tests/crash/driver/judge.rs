//! The verdict on one connection, from the proxy's record and the durable rows only.

use std::time::{Duration, Instant};

use super::durable::Durable;
use super::proxy::{Delivered, Exchange, Stated};

/// The time within which a worker makes a response durable.
const DURABLE_WITHIN: Duration = Duration::from_secs(3);

/// The maximum time that a request of a killed worker waits in the proxy's socket. A lease lasts longer.
const LATE_BY: Duration = Duration::from_secs(1);

/// The history of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// The refresh token of the login.
    pub(crate) login: String,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) stops: Vec<Stop>,
    /// The times at which a worker gave out a refreshed token.
    pub(crate) refreshed: Vec<Instant>,
}

/// The durable state after a worker was killed or stopped.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    pub(crate) at: Instant,
    pub(crate) durable: Durable,
}

/// The reason for the loss of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The server rotated, and the response did not reach a worker that could make it durable.
    Unavoidable,
    /// A response stated that the grant has ended, though the server got no request.
    Stated,
    /// The refresh token could have been kept.
    Avoidable,
}

impl History {
    /// Returns the refresh token that the server issued last.
    fn newest(&self) -> &str {
        let issued = self.exchanges.iter().rev();
        let mut issued = issued.filter_map(|exchange| exchange.issued.as_deref());
        issued.next().unwrap_or(&self.login)
    }

    /// Returns whether no worker could make the server's response durable.
    fn is_cut_off(&self, exchange: &Exchange) -> bool {
        let Some(issued) = &exchange.issued else {
            return false;
        };
        let lacks = |durable: &Durable| !durable.tokens.contains(issued);
        self.is_interrupted(exchange, None, lacks)
    }

    /// Returns whether a stop before `by` left the outcome of an exchange unknown. `lacks` returns whether a row has no
    /// trace of the outcome.
    fn is_interrupted(
        &self,
        exchange: &Exchange,
        by: Option<Instant>,
        lacks: impl Fn(&Durable) -> bool,
    ) -> bool {
        let Delivered::Wholly(written) = exchange.delivered else {
            return true;
        };
        let mut stops = self.stops.iter();
        stops.any(|stop| {
            let is_within =
                stop.at + LATE_BY >= exchange.arrived && stop.at <= written + DURABLE_WITHIN;
            let is_given_out = |at: &Instant| (written..stop.at).contains(at);
            by.is_none_or(|by| stop.at <= by)
                && is_within
                && lacks(&stop.durable)
                && !self.refreshed.iter().any(is_given_out)
        })
    }

    /// Returns whether the last row has the newest refresh token of the server, and was not given up.
    pub(crate) fn is_alive(&self) -> bool {
        let newest = self.newest();
        self.stops.last().is_some_and(|Stop { durable, .. }| {
            !durable.given_up && durable.tokens.iter().any(|token| token == newest)
        })
    }

    /// Returns whether the last row has the newest refresh token of the server, or could not have it.
    pub(crate) fn is_kept(&self) -> bool {
        self.is_alive() || self.loss() != Loss::Avoidable
    }

    /// Returns the reason for the loss of a connection, if it is lost.
    pub(crate) fn loss(&self) -> Loss {
        let is_used = |token: &str| {
            let mut later = self.exchanges.iter();
            later.any(|later| later.sent == token && later.issued.is_some())
        };
        let cut_off = self.exchanges.iter().filter(|own| self.is_cut_off(own));
        let mut lost = cut_off.filter_map(|own| own.issued.as_deref());
        if lost.any(|token| !is_used(token)) {
            return Loss::Unavoidable;
        }
        let is_stated = |own: &Exchange| !own.is_asked && own.stated == Stated::ErrorResponse;
        match self.exchanges.iter().any(is_stated) {
            true => Loss::Stated,
            false => Loss::Avoidable,
        }
    }

    /// Counts the requests that sent a refresh token again although the outcome of an earlier request was known.
    pub(crate) fn double_sends(&self) -> usize {
        let again = self.exchanges.iter().enumerate().filter(|(nth, later)| {
            let mut earlier = self.exchanges[..*nth].iter();
            earlier.any(|earlier| earlier.sent == later.sent && self.is_known(earlier, later))
        });
        again.count()
    }

    /// Returns whether the outcome of an exchange was known when a later one was sent.
    fn is_known(&self, earlier: &Exchange, later: &Exchange) -> bool {
        let by = Some(later.arrived);
        match (earlier.stated, &earlier.issued) {
            (Stated::ParseError, _) => false,
            (Stated::Tokens, Some(issued)) => {
                let lacks = |durable: &Durable| !durable.tokens.contains(issued);
                !self.is_interrupted(earlier, by, lacks)
            }
            (Stated::Tokens, None) => true,
            (Stated::ErrorResponse, _) => {
                !self.is_interrupted(earlier, by, |durable| !durable.given_up)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the moment this many milliseconds after the beginning.
    fn at(began: Instant, millis: u64) -> Instant {
        began + Duration::from_millis(millis)
    }

    /// Returns an exchange with the times of its request and of its response.
    fn rotated(began: Instant, (sent, issued): (&str, &str), times: (u64, u64)) -> Exchange {
        Exchange {
            sent: sent.to_owned(),
            arrived: at(began, times.0),
            is_asked: true,
            stated: Stated::Tokens,
            issued: Some(issued.to_owned()),
            delivered: Delivered::Wholly(at(began, times.1)),
            is_over: true,
        }
    }

    fn refused(began: Instant, sent: &str, times: (u64, u64)) -> Exchange {
        Exchange {
            stated: Stated::ErrorResponse,
            issued: None,
            ..rotated(began, (sent, ""), times)
        }
    }

    fn stop(began: Instant, millis: u64, token: &str) -> Stop {
        Stop {
            at: at(began, millis),
            durable: Durable {
                tokens: vec![token.to_owned()],
                given_up: false,
            },
        }
    }

    fn history(exchanges: Vec<Exchange>, stops: Vec<Stop>) -> History {
        History {
            login: "a".to_owned(),
            exchanges,
            stops,
            refreshed: Vec::new(),
        }
    }

    #[test]
    fn a_response_that_came_long_before_the_kill_must_be_in_the_row() {
        let began = Instant::now();
        let answer = || vec![rotated(began, ("a", "b"), (0, 10))];
        assert!(history(answer(), vec![stop(began, 20, "b")]).is_kept());
        let short_before = history(answer(), vec![stop(began, 20, "a")]);
        assert_eq!(
            (short_before.is_kept(), short_before.loss()),
            (true, Loss::Unavoidable)
        );
        let long_before = history(answer(), vec![stop(began, 9000, "a")]);
        assert_eq!(
            (long_before.is_kept(), long_before.loss()),
            (false, Loss::Avoidable)
        );
        let mut given_out = short_before;
        given_out.refreshed.push(at(began, 15));
        assert!(
            !given_out.is_kept(),
            "a token was given out before it was durable"
        );
    }

    #[test]
    fn a_response_that_was_never_delivered_is_lost_to_every_client() {
        let began = Instant::now();
        for delivered in [Delivered::Not, Delivered::Partly] {
            let exchange = Exchange {
                delivered,
                ..rotated(began, ("a", "b"), (0, 10))
            };
            let lost = history(vec![exchange], vec![stop(began, 9000, "a")]);
            assert_eq!(lost.loss(), Loss::Unavoidable, "{delivered:?}");
        }
    }

    #[test]
    fn a_token_may_be_sent_again_only_if_its_outcome_was_unknown() {
        let began = Instant::now();
        let twice = || {
            vec![
                rotated(began, ("a", "b"), (0, 10)),
                refused(began, "a", (8000, 8010)),
            ]
        };
        let count = |stops| history(twice(), stops).double_sends();
        assert_eq!(count(Vec::new()), 1, "nothing stopped the worker");
        assert_eq!(count(vec![stop(began, 20, "a")]), 0, "the row lacked it");
        assert_eq!(count(vec![stop(began, 20, "b")]), 1, "the row had it");
        assert_eq!(count(vec![stop(began, 8005, "a")]), 1, "stopped too late");
    }

    #[test]
    fn a_refused_token_is_sent_again_only_by_a_successor_that_does_not_know_it() {
        let began = Instant::now();
        let twice = || {
            vec![
                refused(began, "a", (0, 10)),
                refused(began, "a", (8000, 8010)),
            ]
        };
        assert_eq!(history(twice(), Vec::new()).double_sends(), 1);
        assert_eq!(
            history(twice(), vec![stop(began, 20, "a")]).double_sends(),
            0
        );
    }

    #[test]
    fn a_grant_that_was_given_up_for_a_failure_is_an_avoidable_loss() {
        let began = Instant::now();
        let failed = Exchange {
            stated: Stated::ParseError,
            is_asked: false,
            ..refused(began, "a", (0, 10))
        };
        let mut given_up = stop(began, 20, "a");
        given_up.durable.given_up = true;
        let lost = history(vec![failed.clone()], vec![given_up.clone()]);
        assert!(!lost.is_kept());
        let stated = Exchange {
            stated: Stated::ErrorResponse,
            ..failed
        };
        let stated = history(vec![stated], vec![given_up]);
        assert_eq!((stated.is_kept(), stated.loss()), (true, Loss::Stated));
    }
}
