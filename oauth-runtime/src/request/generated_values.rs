//! [`GeneratedValues`]: the generated values of a request, a random id and the time.

use std::time::SystemTime;

use crate::clock;

/// The generated values of one request. All uses of a value in one request are equal.
///
/// Generated modules call [`GeneratedValues::generate`]. Only tests and examples choose the values.
#[derive(Clone, Debug)]
pub struct GeneratedValues {
    uuid: String,
    seconds: String,
    milliseconds: String,
    rfc3339: String,
    basic: String,
}

impl GeneratedValues {
    /// Generates a random UUID (RFC 9562 §5.4) and reads the time of this machine's clock.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    pub fn generate() -> GeneratedValues {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system provides entropy");
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = crate::request::functions::hex(bytes);
        let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        let uuid = parts.map(|(start, end)| &digits[start..end]).join("-");
        GeneratedValues::from_parts(&uuid, clock::now())
    }

    /// Creates values that the caller chooses, for tests and examples only.
    ///
    /// ```
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let values = oauth_runtime::http::GeneratedValues::from_parts("id", UNIX_EPOCH + Duration::from_millis(1500));
    /// assert_eq!((values.uuid(), values.now(), values.now_ms()), ("id", "1", "1500"));
    /// assert_eq!(values.now_rfc3339(), "1970-01-01T00:00:01Z");
    /// assert_eq!(values.now_basic(), "19700101T000001Z");
    /// ```
    pub fn from_parts(uuid: &str, now: SystemTime) -> GeneratedValues {
        let since = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let rfc3339 = humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string();
        GeneratedValues {
            uuid: uuid.to_owned(),
            seconds: since.as_secs().to_string(),
            milliseconds: since.as_millis().to_string(),
            basic: rfc3339.replace(['-', ':'], ""),
            rfc3339,
        }
    }

    /// Returns the UUID.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// Returns the seconds since 1970, in decimal digits.
    pub fn now(&self) -> &str {
        &self.seconds
    }

    /// Returns the milliseconds since 1970, in decimal digits.
    pub fn now_ms(&self) -> &str {
        &self.milliseconds
    }

    /// Returns the time in UTC (RFC 3339), such as `2026-11-30T12:00:00Z`.
    pub fn now_rfc3339(&self) -> &str {
        &self.rfc3339
    }

    /// Returns the time in UTC without separators (ISO 8601), such as `20261130T120000Z`.
    pub fn now_basic(&self) -> &str {
        &self.basic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_draw_has_an_id_of_its_own_in_the_usual_form() {
        let (one, two) = (GeneratedValues::generate(), GeneratedValues::generate());
        assert_ne!(one.uuid(), two.uuid());
        assert_eq!(one.uuid().len(), 36);
        assert_eq!(&one.uuid()[14..15], "4");
    }
}
