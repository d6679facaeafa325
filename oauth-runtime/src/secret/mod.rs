//! [`Secret`]: a text that cannot be printed, is compared in constant time, and is wiped when it is dropped.

pub(crate) mod seal;
pub(crate) mod wipe;

use std::fmt;

use subtle::ConstantTimeEq;

use crate::secret::wipe::wipe;

pub use crate::secret::seal::{SealError, SealingKey};

/// A secret text that never reaches a log by accident, such as a client secret, a token or a code.
///
/// `Debug` prints no character of it, and there is no `Display`. [`Secret::expose`] is the only way to the text, and is easy
/// to search for.
///
/// ```
/// use oauth_runtime::Secret;
///
/// let secret = Secret::new("gX1fBat3bV");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "gX1fBat3bV");
/// ```
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Creates a secret from a text.
    ///
    /// ```
    /// use oauth_runtime::Secret;
    ///
    /// assert_eq!(Secret::new("gX1fBat3bV"), Secret::new(String::from("gX1fBat3bV")));
    /// ```
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// Returns the text. The caller is responsible for where it goes.
    ///
    /// ```
    /// use oauth_runtime::Secret;
    ///
    /// let token = Secret::new("2YotnFZFEjr1zCsicMWpAA");
    /// assert_eq!(format!("Bearer {}", token.expose()), "Bearer 2YotnFZFEjr1zCsicMWpAA");
    /// ```
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl Drop for Secret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(text.to_owned())
    }
}

/// Compares two texts. For texts of the same length, the duration does not depend on where they differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_in_its_debug_text() {
        assert!(!format!("{:#?}", Some(Secret::new("hush"))).contains("hush"));
    }

    #[test]
    fn secrets_are_equal_by_their_text() {
        assert_eq!(Secret::new("a"), Secret::from("a".to_owned()));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_eq!(
            Secret::new("twenty-one characters"),
            Secret::new("twenty-one characters")
        );
        for other in [
            "Twenty-one characters",
            "twenty-one Characters",
            "twenty-one characterS",
            "twenty-one character",
        ] {
            assert_ne!(Secret::new("twenty-one characters"), Secret::new(other));
        }
    }
}
