//! Points in time that others chose, for people: any of them can be reckoned with, and printed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::values::YEAR_10000;

/// A date by RFC 3339, or on which side of all that it can write the date is.
pub(crate) fn date(at: SystemTime) -> String {
    match at.duration_since(UNIX_EPOCH) {
        Err(_) => "before 1970-01-01".to_owned(),
        Ok(since) if since >= YEAR_10000 => "after 9999-12-31".to_owned(),
        Ok(_) => humantime::format_rfc3339_seconds(at).to_string(),
    }
}

/// So much later; where no clock counts that far, the end of all dates.
pub(crate) fn later(at: SystemTime, by: Duration) -> SystemTime {
    at.checked_add(by).unwrap_or(UNIX_EPOCH + YEAR_10000)
}

/// So much earlier; where no clock counts that far back, 1970.
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
