//! How a value of a response becomes a text, a number, a boolean, a time or a list of names.
//!
//! The conversions are tolerant, and their results are bounded. The compiler `oauth-spec` compiles this file as well, and
//! reads the examples of specs with it, so that `check` accepts what a generated reader accepts. The file therefore imports
//! nothing of its crate.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// The maximum lifetime, at which longer ones are capped: a hundred years.
pub(crate) const MAX_LIFETIME: Duration = Duration::from_secs(100 * 365 * 86400);

/// The first moment after the year 9999, since 1970. All RFC 3339 dates are before it.
pub(crate) const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// A value of a body. Lists and objects have no content here.
pub(crate) enum Value<'a> {
    /// A missing value, or `null`.
    Absent,
    Text(Cow<'a, str>),
    Integer(i64),
    /// The text of a number that is not known to fit into 64 bits, or that has a fraction or an exponent.
    Number(&'a str),
    Boolean(bool),
    List,
    Object,
}

/// A converted value, or `None` if it is absent. The error states what was expected.
pub(crate) type Read<T> = Result<Option<T>, &'static str>;

impl<'a> Value<'a> {
    /// Returns whether the value is missing, `null` or an empty string. An empty parameter counts as absent (RFC 6749
    /// §3.1).
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Value::Absent => true,
            Value::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    /// Returns whether the value is exactly this string.
    #[inline]
    pub(crate) fn is_text(&self, expected: &str) -> bool {
        matches!(self, Value::Text(text) if text == expected)
    }

    /// Returns whether the value is exactly this integer.
    #[inline]
    pub(crate) fn is_integer(&self, expected: i64) -> bool {
        match self {
            Value::Integer(number) => *number == expected,
            Value::Number(number) => number.parse() == Ok(expected),
            _ => false,
        }
    }

    /// Returns whether the value is exactly this boolean.
    #[inline]
    pub(crate) fn is_boolean(&self, expected: bool) -> bool {
        matches!(self, Value::Boolean(boolean) if *boolean == expected)
    }

    /// Converts to a text. A whole number becomes its digits: providers send identifiers as either, of any size.
    #[inline]
    pub(crate) fn text(self) -> Read<Cow<'a, str>> {
        match self {
            Value::Text(text) if !text.is_empty() => Ok(Some(text)),
            Value::Integer(number) => Ok(Some(Cow::Owned(number.to_string()))),
            Value::Number(number) if is_whole(number) => Ok(Some(Cow::Borrowed(number))),
            other => other.absent_or("a string"),
        }
    }

    /// Converts to a secret text. A number is no secret.
    #[inline]
    pub(crate) fn secret(self) -> Read<Cow<'a, str>> {
        match self {
            Value::Text(text) if !text.is_empty() => Ok(Some(text)),
            other => other.absent_or("a string"),
        }
    }

    /// Converts to the text of an error code or of its description. It is empty if the value has another type.
    #[inline]
    pub(crate) fn lenient_text(self) -> Cow<'a, str> {
        self.text().unwrap_or_default().unwrap_or_default()
    }

    /// Converts to a whole number. Accepts digits in quotes, rounds fractions down, and caps a number beyond 64 bits.
    #[inline]
    pub(crate) fn integer(self) -> Read<i64> {
        match self {
            Value::Absent => Ok(None),
            Value::Integer(number) => Ok(Some(number)),
            other => other.other_integer(),
        }
    }

    #[cold]
    fn other_integer(self) -> Read<i64> {
        let number = match &self {
            Value::Number(number) => rounded_down(number),
            Value::Text(text) => rounded_down(text.trim()),
            _ => None,
        };
        match number {
            Some(number) => Ok(Some(number)),
            None => self.absent_or("a whole number"),
        }
    }

    /// Converts to a boolean. Accepts `true` and `false` in quotes, in any case.
    pub(crate) fn boolean(self) -> Read<bool> {
        match &self {
            Value::Boolean(boolean) => return Ok(Some(*boolean)),
            Value::Text(text) if text.eq_ignore_ascii_case("true") => return Ok(Some(true)),
            Value::Text(text) if text.eq_ignore_ascii_case("false") => return Ok(Some(false)),
            _ => {}
        }
        self.absent_or("a boolean")
    }

    /// Converts to a duration, which the value states in units of `unit`. A negative one is an error. A longer one than
    /// [`MAX_LIFETIME`] is capped.
    #[inline]
    pub(crate) fn duration(self, unit: Duration) -> Read<Duration> {
        let Some(count) = self.integer()? else {
            return Ok(None);
        };
        let count = u64::try_from(count).map_err(|_| "a duration that is not negative")?;
        let length = Duration::from_millis(count.saturating_mul(milliseconds(unit)));
        Ok(Some(length.min(MAX_LIFETIME)))
    }

    /// Converts to a point in time, which the value states in units of `unit` since 1970. Zero, a negative number and a
    /// time after the year 9999 are errors.
    pub(crate) fn moment(self, unit: Duration) -> Read<SystemTime> {
        let Some(count) = self.integer()? else {
            return Ok(None);
        };
        let count = u64::try_from(count).ok().filter(|count| *count > 0);
        let since = count.and_then(|count| count.checked_mul(milliseconds(unit)));
        let since = since
            .map(Duration::from_millis)
            .filter(|since| *since < YEAR_10000);
        match since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)) {
            Some(moment) => Ok(Some(moment)),
            None => Err("a time from 1970 to 9999"),
        }
    }

    /// Converts an RFC 3339 date to a point in time.
    pub(crate) fn date(self) -> Read<SystemTime> {
        let date = match &self {
            Value::Text(date) => parsed_date(date.trim()),
            _ => None,
        };
        match date {
            Some(date) => Ok(Some(date)),
            None => self.absent_or("an RFC 3339 date"),
        }
    }

    /// Converts to names, joined by spaces: those in a list, whose strings `texts` returns, or those in a string with
    /// separators.
    #[inline]
    pub(crate) fn names<T: AsRef<str>>(
        self,
        separators: &[&str],
        texts: impl FnOnce() -> Vec<T>,
    ) -> Read<String> {
        match self {
            Value::List => Ok(Some(joined(&texts()))),
            Value::Text(text) if !text.is_empty() => Ok(Some(spaced(&text, separators))),
            other => other.absent_or("a list of names"),
        }
    }

    fn absent_or<T>(self, expected: &'static str) -> Read<T> {
        match self.is_absent() {
            true => Ok(None),
            false => Err(expected),
        }
    }
}

/// Replaces each separator in a text with a space.
pub(crate) fn spaced(text: &str, separators: &[&str]) -> String {
    let mut names = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, separator)) = next_of(rest, separators) {
        names.push_str(&rest[..at]);
        names.push(' ');
        rest = &rest[at + separator.len()..];
    }
    names.push_str(rest);
    names
}

/// Returns the first separator other than a space, and its position.
fn next_of<'s>(text: &str, separators: &[&'s str]) -> Option<(usize, &'s str)> {
    let others = separators
        .iter()
        .filter(|own| **own != " " && !own.is_empty());
    let found = others.filter_map(|own| {
        let at = match own.as_bytes() {
            [byte] => memchr::memchr(*byte, text.as_bytes()),
            _ => text.find(own),
        };
        at.map(|at| (at, *own))
    });
    found.min_by_key(|(at, _)| *at)
}

fn joined<T: AsRef<str>>(names: &[T]) -> String {
    let mut joined = String::new();
    for name in names {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(name.as_ref());
    }
    joined
}

fn milliseconds(unit: Duration) -> u64 {
    u64::try_from(unit.as_millis()).unwrap_or(u64::MAX)
}

/// Returns whether a number has neither a fraction nor an exponent.
fn is_whole(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.bytes().all(|byte| byte.is_ascii_digit())
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
