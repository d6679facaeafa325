//! Arithmetic and output for points in time that come from outside. No value makes it fail.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::response::conversion::YEAR_10000;

/// Formats a point in time by RFC 3339. If it lies outside the years 1970 to 9999, the text states on which side.
pub(crate) fn date(at: SystemTime) -> String {
    match at.duration_since(UNIX_EPOCH) {
        Err(_) => "before 1970-01-01".to_owned(),
        Ok(since) if since >= YEAR_10000 => "after 9999-12-31".to_owned(),
        Ok(_) => humantime::format_rfc3339_seconds(at).to_string(),
    }
}

/// Returns the point in time that is later by this much, or the beginning of the year 10000 if the clock cannot represent
/// it.
pub(crate) fn later(at: SystemTime, by: Duration) -> SystemTime {
    at.checked_add(by).unwrap_or(UNIX_EPOCH + YEAR_10000)
}

/// Returns the point in time that is earlier by this much, or 1970 if the clock cannot represent it.
pub(crate) fn earlier(at: SystemTime, by: Duration) -> SystemTime {
    at.checked_sub(by).unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_in_time_is_printed() {
        let second = Duration::from_secs(1);
        for (at, printed) in [
            (UNIX_EPOCH, "1970-01-01T00:00:00Z"),
            (UNIX_EPOCH - second, "before 1970-01-01"),
            (UNIX_EPOCH + YEAR_10000 - second, "9999-12-31T23:59:59Z"),
            (UNIX_EPOCH + YEAR_10000, "after 9999-12-31"),
            (later(UNIX_EPOCH, Duration::MAX), "after 9999-12-31"),
            (
                later(UNIX_EPOCH, Duration::from_millis(u64::MAX)),
                "after 9999-12-31",
            ),
            (earlier(UNIX_EPOCH, Duration::MAX), "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(date(at), printed);
        }
    }
}
