//! How an API says that it was called too often, as data, and how long that means to wait.

use std::time::{Duration, SystemTime};

/// What a spec says of an API's limits.
#[derive(Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The statuses that say "too often".
    pub statuses: &'static [u16],
    /// The header that says when to come back.
    pub retry_after: Option<(&'static str, Wait)>,
    /// What is counted.
    pub buckets: &'static [Bucket],
}

/// Something that is counted, with the headers that say so.
#[derive(Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the spec.
    pub name: &'static str,
    /// The most that is allowed.
    pub limit: Option<&'static str>,
    /// What is left.
    pub remaining: Option<&'static str>,
    /// When it is full again.
    pub reset: Option<(&'static str, Wait)>,
}

/// The form of a time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Seconds from now.
    Seconds,
    /// Milliseconds from now.
    Milliseconds,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// A date as HTTP writes it (RFC 9110 §5.6.7).
    HttpDate,
    /// A date by RFC 3339.
    Rfc3339,
    /// A length of time with units, such as `6m0s`.
    Duration,
}

/// What is left of something that a provider counts, as an answer said it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limit {
    /// The name in the spec of what is counted, which says the unit, too: `requests`, `input_tokens`.
    pub name: &'static str,
    /// The most that is allowed.
    pub limit: Option<f64>,
    /// What is left.
    pub remaining: Option<f64>,
    /// So long it takes until it is full again.
    pub resets_in: Option<Duration>,
}

/// `Retry-After` in either of its forms (RFC 9110 §10.2.3), a day at most. A time that is over is no wait.
pub(crate) fn retry_after(headers: &http::HeaderMap, now: SystemTime) -> Option<Duration> {
    let wait = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let wait = Wait::Seconds.until(wait.trim(), now)?;
    (!wait.is_zero()).then_some(wait.min(RateLimit::MAX_WAIT))
}

impl RateLimit {
    /// The longest wait that a provider can ask for. One header, wrong by a unit, must not stop a connection for years.
    pub const MAX_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

    /// As the standard has it: status 429 (RFC 6585 §4), and `Retry-After`.
    pub(crate) const STANDARD: RateLimit = RateLimit {
        statuses: &[429],
        retry_after: Some(("retry-after", Wait::Seconds)),
        buckets: &[],
    };

    /// What an answer says of each bucket; those of which it says nothing are left out.
    pub fn limits(&self, headers: &http::HeaderMap, now: SystemTime) -> Vec<Limit> {
        let number = |name: Option<&'static str>| text(headers, name?)?.parse::<f64>().ok();
        let limits = self.buckets.iter().filter_map(|bucket| {
            let limit = Limit {
                name: bucket.name,
                limit: number(bucket.limit),
                remaining: number(bucket.remaining),
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

    /// How long to wait before the next call, [`RateLimit::MAX_WAIT`] at most, or `None` if this answer is not about
    /// limits.
    ///
    /// A status other than 429 is about limits only if a header says so: when to come back, or that
    /// nothing is left.
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
            let left = bucket.remaining.and_then(|name| text(headers, name));
            left.and_then(|left| left.parse::<f64>().ok())
                .is_some_and(|left| left <= 0.0)
        });
        let mut is_empty = false;
        let full_again = empty
            .inspect(|_| is_empty = true)
            .filter_map(|bucket| bucket.reset.and_then(of))
            .max();
        let wait = told.or(full_again).map(|wait| wait.min(Self::MAX_WAIT));
        match status == 429 || is_empty {
            true => Some(wait.unwrap_or_default()),
            false => wait,
        }
    }
}

/// No provider counts over a longer period: a time that is added to this one stays a time.
const LONGEST_PERIOD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A number of seconds above this is a point in time, in the year 2001 or after it, and no wait of 31 years.
const A_DATE_FROM: f64 = 1e9;

impl Wait {
    fn until(self, text: &str, now: SystemTime) -> Option<Duration> {
        // Without the words that are numbers to Rust alone, such as `inf`.
        let is_number = text.starts_with(|first: char| first.is_ascii_digit());
        let number = || is_number.then(|| text.parse::<f64>().ok()).flatten();
        let since = |end: SystemTime| end.duration_since(now).unwrap_or_default();
        let since_1970 = |end: Duration| {
            let now = now.duration_since(SystemTime::UNIX_EPOCH);
            end.saturating_sub(now.unwrap_or_default())
        };
        let wait = match self {
            // Retry-After has two forms (RFC 9110 §10.2.3), and servers have a third.
            Wait::Seconds => match number() {
                Some(date) if date > A_DATE_FROM => since_1970(seconds(date)),
                Some(number) => seconds(number),
                None => since(httpdate::parse_http_date(text).ok()?),
            },
            Wait::Milliseconds => seconds(number()? / 1000.0),
            Wait::Duration => match humantime::parse_duration(text) {
                Ok(duration) => duration,
                // A fraction with too many digits is no long time.
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

/// So many seconds, which are not negative, or as many as there can be.
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
        buckets: &[Bucket {
            name: "core",
            limit: Some("x-limit"),
            remaining: Some("x-remaining"),
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
            // Over, so there is nothing to wait for.
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
