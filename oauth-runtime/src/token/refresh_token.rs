//! [`RefreshToken`]: a refresh token of one type of token.

use std::fmt;
use std::marker::PhantomData;

use crate::secret::Secret;

/// A refresh token (RFC 6749 §1.5), which renews the token type `T`.
pub struct RefreshToken<T> {
    refresh_token: Secret,
    renews: PhantomData<fn() -> T>,
}

impl<T> RefreshToken<T> {
    /// Restores a refresh token from a store, or from an error that returned it.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// use oauth_runtime::Secret;
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// assert_eq!(refresh_token.as_secret().expose(), "tGzv3JOkF0XG5Qx2TlKWIA");
    /// # }
    /// ```
    pub fn from_stored(refresh_token: Secret) -> RefreshToken<T> {
        RefreshToken {
            refresh_token,
            renews: PhantomData,
        }
    }

    /// Returns the refresh token. Send it only to this provider's token endpoint.
    pub fn as_secret(&self) -> &Secret {
        &self.refresh_token
    }

    /// Returns the value to store.
    pub fn into_secret(self) -> Secret {
        self.refresh_token
    }
}

impl<T> fmt::Debug for RefreshToken<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RefreshToken(…)")
    }
}
