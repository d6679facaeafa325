//! Replay rules, deadlines and waits, derived from a token's policy.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::error::{Error, ErrorKind};
use crate::lifecycle::protocol::row::{FailureKind, Lifetimes};
use crate::lifecycle::protocol::{RefreshOutcome, Replay};
use crate::provider::{Grace, Remedy, Renewal, Reuse, Rotation, TokenPolicy};
use crate::token::Token;

/// The time before its expiry at which an access token is refreshed, if the spec states no margin. It is at most a quarter
/// of the lifetime.
const MARGIN: Duration = Duration::from_secs(60);

/// The first and the longest wait after a transient failure, before jitter.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15 * 60));

/// The wait before the next attempt if a person must correct the app or the installation first.
pub(crate) const UNTIL_MENDED: Duration = Duration::from_secs(5 * 60);

/// Returns whether a refresh token that may have been used can be sent again without harm.
pub(crate) fn replay(policy: &TokenPolicy) -> Replay {
    if policy.renewal != Renewal::Refresh || policy.rotation == Rotation::Never {
        return Replay::Always;
    }
    match (policy.grace, policy.reuse) {
        (Grace::Unknown, _) | (Grace::Lasts(Duration::ZERO), Reuse::EndsGrant) => Replay::Never,
        (Grace::Lasts(grace), Reuse::EndsGrant) => Replay::Within(grace),
        (Grace::Forever | Grace::UntilNewUsed, _) | (Grace::Lasts(_), Reuse::Refused) => {
            Replay::Always
        }
    }
}

/// Returns the deadlines of tokens that were received at `now`. `ends` is the time left until an end that no refresh
/// extends. `spread`, from 0 to 1, staggers connections whose logins came together.
pub(crate) fn life(
    policy: &TokenPolicy,
    token: &Token,
    now: SystemTime,
    ends: Option<Duration>,
    spread: f64,
) -> Lifetimes {
    let left = |end: SystemTime| end.duration_since(now).unwrap_or_default();
    let expires = token.expires_at().map(left);
    let refresh = expires.map(|expires| {
        let margin = policy.margin.unwrap_or(match policy.renewal {
            // The exchange needs an access token that still works, so it comes well before the expiry.
            Renewal::Exchange => expires / 4,
            _ => MARGIN.min(expires / 4),
        });
        let soonest = policy.min_age.unwrap_or_default();
        expires.saturating_sub(margin).max(soonest).min(expires)
    });
    match policy.renewal {
        Renewal::None => Lifetimes {
            refresh: expires,
            expires,
            lost: expires,
            ends: expires,
            ..Lifetimes::NEVER
        },
        Renewal::ClientCredentials | Renewal::WithoutToken => Lifetimes {
            refresh,
            expires,
            ..Lifetimes::NEVER
        },
        Renewal::Exchange => Lifetimes {
            refresh,
            expires,
            keep_alive: refresh,
            lost: expires,
            ends: None,
        },
        Renewal::Refresh if token.refresh_token().is_none() => Lifetimes {
            refresh: expires,
            expires,
            lost: expires,
            ends: expires,
            ..Lifetimes::NEVER
        },
        Renewal::Refresh => {
            let told = token.refresh_token_expires_at().map(left);
            // If each refresh brings a new refresh token, all limits restart. Otherwise a refresh extends the idle limit
            // alone.
            let is_renewed = policy.rotation == Rotation::Always;
            let (own, all) = match is_renewed {
                true => (least([policy.idle, policy.absolute, told]), None),
                false => (policy.idle, least([policy.absolute, told])),
            };
            let ends = ends.or(all);
            Lifetimes {
                refresh,
                expires,
                keep_alive: own.map(|own| own.mul_f64(0.5 + spread.clamp(0.0, 1.0) / 4.0)),
                lost: least([own, ends, None]),
                ends,
            }
        }
    }
}

fn least<const N: usize>(spans: [Option<Duration>; N]) -> Option<Duration> {
    spans.into_iter().flatten().min()
}

/// Returns what a failed renewal means for the protocol. `failures` is the number of failed attempts before it, and `since`
/// is the time since the row was read. `longest` bounds the wait that the provider asks for.
pub(crate) fn failed<T>(
    error: &mut Error,
    failures: u32,
    since: Duration,
    longest: Duration,
) -> RefreshOutcome<T> {
    let own = error.retry_after().unwrap_or_else(|| wait(failures));
    let wait = since.saturating_add(own.min(longest));
    let never_sent = error.take_refresh_token().is_some() || error.kind() == ErrorKind::Misused;
    let is_refusal = error.kind() == ErrorKind::Refused;
    match error.remedy() {
        Remedy::MendApp if is_refusal && !never_sent && !error.is_known() => {
            RefreshOutcome::Unrecognized(wait)
        }
        Remedy::MendApp if never_sent || is_refusal => {
            RefreshOutcome::Unspent(FailureKind::MendApp, since + UNTIL_MENDED)
        }
        _ if never_sent => RefreshOutcome::Unspent(FailureKind::Transient, wait),
        Remedy::LogIn | Remedy::AskTheUser => RefreshOutcome::Dead,
        Remedy::SlowDown => RefreshOutcome::Unspent(FailureKind::Transient, wait),
        // The provider may have consumed the refresh token before it failed, or before it sent an unreadable response.
        Remedy::Retry | Remedy::MendApp => RefreshOutcome::Unanswered(wait),
    }
}

/// Returns the wait after this number of failures. It grows exponentially, with jitter.
pub(crate) fn wait(failures: u32) -> Duration {
    let (first, longest) = WAITS;
    let mut waits = ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_jitter()
        .without_max_times()
        .build();
    let nth = usize::try_from(failures.min(16)).unwrap_or_default();
    waits.nth(nth).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(86400);

    fn refreshed(rotation: Rotation, grace: Grace, reuse: Reuse) -> TokenPolicy {
        TokenPolicy::new("access", Renewal::Refresh).rotating(rotation, grace, reuse)
    }

    fn token(now: SystemTime) -> Token {
        Token::new(Secret::new("a"))
            .with_refresh_token(Secret::new("r"))
            .with_expires_at(now + HOUR)
    }

    #[test]
    fn a_second_use_is_harmless_where_the_spec_says_so() {
        let none = Grace::Lasts(Duration::ZERO);
        for (policy, expected) in [
            (
                refreshed(Rotation::Never, none, Reuse::EndsGrant),
                Replay::Always,
            ),
            (
                refreshed(Rotation::Always, none, Reuse::EndsGrant),
                Replay::Never,
            ),
            (
                refreshed(Rotation::Always, none, Reuse::Refused),
                Replay::Always,
            ),
            (
                refreshed(Rotation::Always, Grace::Unknown, Reuse::Refused),
                Replay::Never,
            ),
            (
                refreshed(Rotation::Always, Grace::Lasts(HOUR), Reuse::EndsGrant),
                Replay::Within(HOUR),
            ),
            (
                refreshed(Rotation::Always, Grace::UntilNewUsed, Reuse::EndsGrant),
                Replay::Always,
            ),
            (
                TokenPolicy::new("app", Renewal::ClientCredentials),
                Replay::Always,
            ),
        ] {
            assert_eq!(replay(&policy), expected, "{policy:?}");
        }
    }

    #[test]
    fn a_refresh_comes_before_the_end_and_not_before_it_is_allowed() {
        let now = SystemTime::UNIX_EPOCH;
        let refresh = |policy: &TokenPolicy| life(policy, &token(now), now, None, 0.0).refresh;
        let plain = || TokenPolicy::new("access", Renewal::Refresh);
        assert_eq!(refresh(&plain()), Some(Duration::from_secs(3540)));
        assert_eq!(
            refresh(&plain().margin(600)),
            Some(Duration::from_secs(3000))
        );
        assert_eq!(
            refresh(&plain().margin(600).min_age(3300)),
            Some(Duration::from_secs(3300))
        );
        assert_eq!(refresh(&plain().min_age(7200)), Some(HOUR));
        let traded = TokenPolicy::new("access", Renewal::Exchange);
        assert_eq!(refresh(&traded), Some(HOUR * 3 / 4));
    }

    #[test]
    fn a_rotating_token_is_kept_alive_and_a_lasting_one_ends() {
        let now = SystemTime::UNIX_EPOCH;
        let none = Grace::Lasts(Duration::ZERO);
        let rotating = refreshed(Rotation::Always, none, Reuse::Refused).absolute(60 * 86400);
        let own = life(&rotating, &token(now), now, None, 0.0);
        assert_eq!(
            (own.keep_alive, own.lost, own.ends),
            (Some(30 * DAY), Some(60 * DAY), None)
        );
        let late = life(&rotating, &token(now), now, None, 1.0);
        assert_eq!(
            late.keep_alive,
            Some(45 * DAY),
            "keep-alive times are spread"
        );
        let lasting = refreshed(Rotation::Never, none, Reuse::Refused)
            .idle(180 * 86400)
            .absolute(365 * 86400);
        let own = life(&lasting, &token(now), now, None, 0.0);
        assert_eq!(
            (own.keep_alive, own.lost),
            (Some(90 * DAY), Some(180 * DAY))
        );
        assert_eq!(own.ends, Some(365 * DAY));
        let later = life(&lasting, &token(now), now, Some(10 * DAY), 0.0);
        assert_eq!(
            (later.lost, later.ends),
            (Some(10 * DAY), Some(10 * DAY)),
            "a refresh does not extend a fixed end"
        );
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        for failures in 0..40 {
            let wait = wait(failures);
            assert!(
                wait >= WAITS.0 && wait <= 2 * WAITS.1,
                "{failures}: {wait:?}"
            );
        }
        assert!(wait(8) > wait(0));
    }
}
