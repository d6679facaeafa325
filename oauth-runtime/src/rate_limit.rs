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

/// `Retry-After` in either of its forms (RFC 9110 §10.2.3). A time that is over is no wait.
pub(crate) fn retry_after(headers: &http::HeaderMap, now: SystemTime) -> Option<Duration> {
    let wait = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let wait = Wait::Seconds.until(wait.trim(), now)?;
    (!wait.is_zero()).then_some(wait)
}

impl RateLimit {
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
                    .and_then(|(name, wait)| wait.until(text(headers, name)?, now)),
            };
            let says = limit.limit.or(limit.remaining).is_some() || limit.resets_in.is_some();
            says.then_some(limit)
        });
        limits.collect()
    }

    /// How long to wait before the next call, or `None` if this answer is not about limits.
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
        let wait = told.or(full_again);
        match status == 429 || is_empty {
            true => Some(wait.unwrap_or_default()),
            false => wait,
        }
    }
}

impl Wait {
    fn until(self, text: &str, now: SystemTime) -> Option<Duration> {
        let number = || text.parse::<f64>().ok().filter(|number| *number >= 0.0);
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        let since_1970 = |duration: Duration| SystemTime::UNIX_EPOCH.checked_add(duration);
        let end = match self {
            // Retry-After has two forms (RFC 9110 §10.2.3).
            Wait::Seconds => match number() {
                Some(number) => return seconds(number),
                None => httpdate::parse_http_date(text).ok()?,
            },
            Wait::Milliseconds => return seconds(number()? / 1000.0),
            Wait::Duration => return humantime::parse_duration(text).ok(),
            Wait::Unix => since_1970(seconds(number()?)?)?,
            Wait::UnixMs => since_1970(seconds(number()? / 1000.0)?)?,
            Wait::HttpDate => httpdate::parse_http_date(text).ok()?,
            Wait::Rfc3339 => humantime::parse_rfc3339_weak(text).ok()?,
        };
        Some(end.duration_since(now).unwrap_or_default())
    }
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
