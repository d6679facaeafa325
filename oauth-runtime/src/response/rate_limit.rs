//! The rate limits of an API as data, and the time to wait that follows from a response.

use std::time::{Duration, SystemTime};

/// The rate limits of an API, as a spec describes them.
#[derive(Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The statuses of responses that can report a rate limit.
    pub statuses: &'static [u16],
    /// The header with the time to wait, and the form of that time.
    pub retry_after: Option<(&'static str, Wait)>,
    /// The time to wait if no header states one.
    pub wait: Option<Duration>,
    /// The quantities that the API counts.
    pub buckets: &'static [Bucket],
}

/// A quantity that an API counts, with the headers that report it.
#[derive(Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The name of the quantity in the spec.
    pub name: &'static str,
    /// The header with the maximum.
    pub limit: Option<&'static str>,
    /// The header with the remaining amount.
    pub remaining: Option<&'static str>,
    /// The header with the amount that was used. With the maximum it gives the remaining amount.
    pub used: Option<&'static str>,
    /// The position of the values of this quantity in its headers, from 0, if they are lists with commas.
    pub position: Option<usize>,
    /// The header with the time at which the full amount is available again, and the form of that time.
    pub reset: Option<(&'static str, Wait)>,
}

/// The form of a time to wait in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// A number of seconds from now. An HTTP date is accepted, too, and a number above 10^9 as seconds since 1970.
    Seconds,
    /// A number of milliseconds from now.
    Milliseconds,
    /// A number of seconds since 1970.
    Unix,
    /// A number of milliseconds since 1970.
    UnixMs,
    /// A date in the format of HTTP (RFC 9110 §5.6.7).
    HttpDate,
    /// A date in the format of RFC 3339.
    Rfc3339,
    /// A duration with units, such as `6m0s`.
    Duration,
}

/// The remaining amount of a quantity that a provider counts, as a response reported it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// The name of the quantity in the spec, which is also its unit: `requests`, `input_tokens`.
    pub name: &'static str,
    /// The maximum amount.
    pub limit: Option<f64>,
    /// The remaining amount.
    pub remaining: Option<f64>,
    /// The time until the full amount is available again.
    pub resets_in: Option<Duration>,
}

/// Returns the wait of a `Retry-After` header in either form (RFC 9110 §10.2.3), at most a day. Returns `None` for zero and
/// for a time in the past.
pub(crate) fn retry_after(headers: &http::HeaderMap, now: SystemTime) -> Option<Duration> {
    let wait = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let wait = Wait::Seconds.until(wait.trim(), now)?;
    (!wait.is_zero()).then_some(wait.min(RateLimit::MAX_WAIT))
}

impl Bucket {
    fn number(&self, headers: &http::HeaderMap, name: Option<&'static str>) -> Option<f64> {
        let text = text(headers, name?)?;
        let text = match self.position {
            Some(position) => text.split(',').nth(position)?.trim(),
            None => text,
        };
        text.parse().ok()
    }

    /// Returns the maximum and the remaining amount.
    fn amounts(&self, headers: &http::HeaderMap) -> (Option<f64>, Option<f64>) {
        let limit = self.number(headers, self.limit);
        let used = || Some(limit? - self.number(headers, self.used)?);
        (limit, self.number(headers, self.remaining).or_else(used))
    }
}

impl RateLimit {
    /// The longest wait that a provider can request: one day. A header that is wrong by a unit must not stop a connection
    /// for years.
    pub const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

    /// The rate limit of the standards: status 429 (RFC 6585 §4) with `Retry-After`.
    pub(crate) const STANDARD: RateLimit = RateLimit {
        statuses: &[429],
        retry_after: Some(("retry-after", Wait::Seconds)),
        wait: None,
        buckets: &[],
    };

    /// Returns the limits that a response reports. Buckets that it does not report are omitted.
    pub fn limits(&self, headers: &http::HeaderMap, now: SystemTime) -> Vec<Limit> {
        let limits = self.buckets.iter().filter_map(|bucket| {
            let (limit, remaining) = bucket.amounts(headers);
            let limit = Limit {
                name: bucket.name,
                limit,
                remaining,
                resets_in: bucket
                    .reset
                    .and_then(|(name, wait)| wait.until(text(headers, name)?, now))
                    .map(|resets_in| resets_in.min(LONGEST_PERIOD)),
            };
            let says = limit.limit.or(limit.remaining).is_some() || limit.resets_in.is_some();
            says.then_some(limit)
        });
        limits.collect()
    }

    /// Returns the time to wait before the next call, at most [`RateLimit::MAX_WAIT`], or `None` if the response does not
    /// report a rate limit.
    ///
    /// A status other than 429 reports a rate limit only if a header confirms it: with a time to wait, or with a remaining
    /// amount of zero.
    pub fn wait(
        &self,
        status: u16,
        headers: &http::HeaderMap,
        now: SystemTime,
    ) -> Option<Duration> {
        if !self.statuses.contains(&status) {
            return None;
        }
        let of = |(name, wait): (&str, Wait)| wait.until(text(headers, name)?, now);
        let told = self.retry_after.and_then(of);
        let empty = self.buckets.iter().filter(|bucket| {
            let (_, left) = bucket.amounts(headers);
            left.is_some_and(|left| left <= 0.0)
        });
        let mut is_empty = false;
        let full_again = empty
            .inspect(|_| is_empty = true)
            .filter_map(|bucket| bucket.reset.and_then(of))
            .max();
        let wait = told.or(full_again).map(|wait| wait.min(Self::MAX_WAIT));
        match status == 429 || is_empty {
            true => Some(wait.or(self.wait).unwrap_or_default()),
            false => wait,
        }
    }
}

/// The maximum of [`Limit::resets_in`], which no provider's period exceeds. It can be added to a point in time without
/// overflow.
const LONGEST_PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// The number of seconds above which `Retry-After` is a point in time, in the year 2001 or later, and not a wait of 31
/// years.
const A_DATE_FROM: f64 = 1e9;

impl Wait {
    fn until(self, text: &str, now: SystemTime) -> Option<Duration> {
        // Rust also parses words such as `inf` as numbers.
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        let number = || is_number.then(|| text.parse::<f64>().ok()).flatten();
        let since = |end: SystemTime| end.duration_since(now).unwrap_or_default();
        let since_1970 = |end: Duration| {
            let now = now.duration_since(SystemTime::UNIX_EPOCH);
            end.saturating_sub(now.unwrap_or_default())
        };
        let wait = match self {
            // Retry-After has two forms (RFC 9110 §10.2.3). Some servers send a third: seconds since 1970.
            Wait::Seconds => match number() {
                Some(date) if date > A_DATE_FROM => since_1970(seconds(date)),
                Some(number) => seconds(number),
                None => since(httpdate::parse_http_date(text).ok()?),
            },
            Wait::Milliseconds => seconds(number()? / 1000.0),
            Wait::Duration => match humantime::parse_duration(text) {
                Ok(duration) => duration,
                // A fraction with too many digits overflows, too, but is not a long time.
                Err(humantime::DurationError::NumberOverflow) if !text.contains('.') => {
                    Duration::MAX
                }
                Err(_) => return None,
            },
            Wait::Unix => since_1970(seconds(number()?)),
            Wait::UnixMs => since_1970(seconds(number()? / 1000.0)),
            Wait::HttpDate => since(httpdate::parse_http_date(text).ok()?),
            Wait::Rfc3339 => since(humantime::parse_rfc3339_weak(text).ok()?),
        };
        Some(wait)
    }
}

/// Returns a number of seconds, which must not be negative, as a duration. A number beyond the range becomes the maximum.
fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX)
}

fn text<'h>(headers: &'h http::HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit {
        statuses: &[429, 403],
        retry_after: Some(("retry-after", Wait::Seconds)),
        wait: None,
        buckets: &[Bucket {
            name: "core",
            limit: Some("x-limit"),
            remaining: Some("x-remaining"),
            used: None,
            position: None,
            reset: Some(("x-reset", Wait::Unix)),
        }],
    };

    #[track_caller]
    fn waits(status: u16, headers: &[(&'static str, &'static str)], expected: Option<u64>) {
        let map = headers
            .iter()
            .map(|(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, http::HeaderValue::from_static(value))
            })
            .collect();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let waited = LIMIT.wait(status, &map, now);
        assert_eq!(
            waited,
            expected.map(Duration::from_secs),
            "{status} {headers:?}"
        );
    }

    /// Two periods in one pair of headers, which state what was used (Strava).
    const PERIODS: RateLimit = RateLimit {
        statuses: &[429],
        retry_after: None,
        wait: Some(Duration::from_secs(900)),
        buckets: &[
            Bucket {
                name: "quarter_hour",
                limit: Some("x-limit"),
                remaining: None,
                used: Some("x-used"),
                position: Some(0),
                reset: None,
            },
            Bucket {
                name: "day",
                limit: Some("x-limit"),
                remaining: None,
                used: Some("x-used"),
                position: Some(1),
                reset: None,
            },
        ],
    };

    #[test]
    fn two_periods_in_one_header_are_two_limits_and_used_gives_what_remains() {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-limit", "200, 2000".parse().unwrap());
        headers.insert("x-used", "200,1500".parse().unwrap());
        let now = SystemTime::UNIX_EPOCH;
        let remaining = |limit: &Limit| (limit.name, limit.limit, limit.remaining);
        let limits: Vec<_> = PERIODS
            .limits(&headers, now)
            .iter()
            .map(remaining)
            .collect();
        assert_eq!(
            limits,
            [
                ("quarter_hour", Some(200.0), Some(0.0)),
                ("day", Some(2000.0), Some(500.0))
            ]
        );
        let wait = PERIODS.wait(429, &headers, now);
        assert_eq!(wait, Some(Duration::from_secs(900)));
    }

    #[test]
    fn a_status_and_its_headers_say_how_long() {
        waits(200, &[("retry-after", "7")], None);
        waits(429, &[], Some(0));
        waits(429, &[("retry-after", "7")], Some(7));
        waits(
            429,
            &[("retry-after", "Thu, 01 Jan 1970 00:16:50 GMT")],
            Some(10),
        );
        waits(429, &[("x-remaining", "0"), ("x-reset", "1060")], Some(60));
        waits(403, &[("x-remaining", "0"), ("x-reset", "1060")], Some(60));
    }

    #[test]
    fn a_refusal_that_no_header_explains_is_no_limit() {
        waits(403, &[], None);
        waits(403, &[("x-remaining", "12"), ("x-reset", "1060")], None);
        waits(429, &[("retry-after", "soon")], Some(0));
        waits(429, &[("retry-after", "-1")], Some(0));
    }

    #[test]
    fn no_header_asks_for_more_than_a_day() {
        let day = RateLimit::MAX_WAIT.as_secs();
        for wait in [
            "86401",
            "999999999",
            "9999999999",
            "999999999999",
            "18446744073709551616",
            "1e300",
            "1e999",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            waits(429, &[("retry-after", wait)], Some(day));
            let mut headers = http::HeaderMap::new();
            headers.insert("retry-after", http::HeaderValue::from_static(wait));
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
            assert_eq!(retry_after(&headers, now), Some(RateLimit::MAX_WAIT));
        }
        for reset in ["99999999999999999999", "1e300"] {
            waits(403, &[("x-remaining", "0"), ("x-reset", reset)], Some(day));
        }
    }

    #[test]
    fn a_number_that_is_a_point_in_time_is_read_as_one() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_771_404_500);
        for (text, wait) in [
            ("1771404540", 40),
            // This time is in the past, so there is nothing to wait for.
            ("1771404499", 0),
            ("1000000000", 1_000_000_000),
        ] {
            let expected = Some(Duration::from_secs(wait));
            assert_eq!(Wait::Seconds.until(text, now), expected, "{text}");
        }
    }

    #[test]
    fn what_no_duration_can_hold_is_the_longest_there_is() {
        let now = SystemTime::UNIX_EPOCH;
        for (wait, text) in [
            (Wait::Seconds, "1e300"),
            (Wait::Milliseconds, "1e300"),
            (Wait::Unix, "1e300"),
            (Wait::UnixMs, "1e300"),
            (Wait::Duration, "99999999999999999999s"),
            (Wait::Duration, "18446744073709551615years"),
        ] {
            assert_eq!(
                wait.until(text, now),
                Some(Duration::MAX),
                "{wait:?} {text}"
            );
        }
        let most = Wait::Duration.until("18446744073709551615s 999ms", now);
        assert!(most > Some(RateLimit::MAX_WAIT));
        for text in ["inf", "nan", "-1", "-inf", "infinity"] {
            assert_eq!(Wait::Milliseconds.until(text, now), None, "{text}");
        }
    }

    #[test]
    fn an_answer_says_what_is_left_of_each_bucket() {
        let mut headers = http::HeaderMap::new();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        assert_eq!(LIMIT.limits(&headers, now), []);
        headers.insert("x-remaining", http::HeaderValue::from_static("12"));
        headers.insert("x-reset", http::HeaderValue::from_static("1060"));
        let core = Limit {
            name: "core",
            limit: None,
            remaining: Some(12.0),
            resets_in: Some(Duration::from_secs(60)),
        };
        assert_eq!(LIMIT.limits(&headers, now), [core]);
    }

    #[test]
    fn times_come_in_seven_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        for (wait, text) in [
            (Wait::Seconds, "60"),
            (Wait::Milliseconds, "60000"),
            (Wait::Unix, "1060"),
            (Wait::UnixMs, "1060000"),
            (Wait::HttpDate, "Thu, 01 Jan 1970 00:17:40 GMT"),
            (Wait::Rfc3339, "1970-01-01T00:17:40Z"),
            (Wait::Duration, "1m0s"),
        ] {
            assert_eq!(
                wait.until(text, now),
                Some(Duration::from_secs(60)),
                "{wait:?}"
            );
            assert_eq!(wait.until("x", now), None, "{wait:?}");
        }
    }
}
