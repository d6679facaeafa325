//! Converting values of a response to numbers and points in time. The conversions are tolerant, and their results are
//! bounded.

use std::time::{Duration, SystemTime};

/// The maximum lifetime, at which longer ones are capped: a hundred years.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(100 * 365 * 86400);

/// The first moment after the year 9999, since 1970. All RFC 3339 dates are before it.
pub(crate) const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// Returns the text of a number, or `None` if the number has a fraction or an exponent.
pub(crate) fn digits(number: &[u8]) -> Option<&str> {
    let whole = number.strip_prefix(b"-").unwrap_or(number);
    let is_whole = whole.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(number).ok().filter(|_| is_whole)
}

/// Parses a number, rounded down to a whole number and capped to 64 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the cast caps values outside the range of 64 bits"
)]
pub(crate) fn rounded_down(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let is_number =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E');
    let starts = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let number: f64 = match starts && text.bytes().all(is_number) {
        true => text.parse().ok()?,
        false => return None,
    };
    Some(number.floor() as i64)
}

/// Parses a date with or without an offset. A date without one is read as UTC, which most providers mean.
pub(crate) fn parsed_date(date: &str) -> Option<SystemTime> {
    let moment = date.parse::<jiff::Timestamp>().or_else(|error| {
        let civil = date.parse::<jiff::civil::DateTime>().map_err(|_| error)?;
        jiff::tz::TimeZone::UTC.to_timestamp(civil)
    });
    SystemTime::try_from(moment.ok()?).ok()
}
