//! Sealing: encrypted and authenticated text for places that others can read, such as a cookie.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::secret::Secret;

const NONCE: usize = 24;

/// A key of 256 bits that seals logins and stored tokens (XChaCha20-Poly1305). Protect it like a password. Logins and tokens
/// that it sealed do not open by another key.
///
/// ```
/// use oauth_runtime::SealingKey;
///
/// let key = SealingKey::generate();
/// assert_eq!(format!("{key:?}"), "SealingKey(…)");
/// ```
///
/// Moving the value does not copy the key in memory. The key is overwritten when it is dropped.
pub struct SealingKey(Box<XChaCha20Poly1305>);

impl SealingKey {
    /// Generates a new key, for use in one process. Logins that it sealed do not open after the process has ended.
    ///
    /// # Panics
    ///
    /// If the operating system provides no entropy.
    pub fn generate() -> SealingKey {
        SealingKey::from_bytes(&Zeroizing::new(entropy::<32>()))
    }

    /// Creates a key from bytes, which several processes can share.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::SealingKey;
    ///
    /// let bytes = std::fs::read("/run/secrets/sealing-key")?;
    /// let bytes: [u8; 32] = bytes.try_into().map_err(|_| "the key must have 32 bytes")?;
    /// let key = SealingKey::from_bytes(&bytes);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_bytes(bytes: &[u8; 32]) -> SealingKey {
        SealingKey(Box::new(XChaCha20Poly1305::new(bytes.into())))
    }

    /// Parses a key: 32 bytes in base64, in either alphabet, padded or not. Returns `None` for any other text.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    ///
    /// assert!(SealingKey::parse("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE").is_some());
    /// assert!(SealingKey::parse("too short").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<SealingKey> {
        let text = text.trim_end_matches('=');
        // The buffer is longer than any key. Wiping all of it includes the bytes of a decoding that failed.
        let mut decoded = Zeroizing::new([0_u8; 64]);
        let length = STANDARD_NO_PAD
            .decode_slice(text, &mut *decoded)
            .or_else(|_| URL_SAFE_NO_PAD.decode_slice(text, &mut *decoded));
        let bytes = <&[u8; 32]>::try_from(&decoded[..length.ok()?]).ok()?;
        Some(SealingKey::from_bytes(bytes))
    }

    /// Seals `plain`, so that it opens only for `purpose`.
    ///
    /// # Panics
    ///
    /// If the operating system provides no entropy, or `plain` is longer than 256 GiB.
    pub(crate) fn seal(&self, purpose: &str, plain: Secret) -> String {
        let nonce: [u8; NONCE] = entropy();
        let payload = Payload {
            msg: plain.expose().as_bytes(),
            aad: purpose.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .expect("the text is shorter than the limit of the cipher");
        drop(plain);
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens a text that [`SealingKey::seal`] sealed for the same purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Result<Secret, SealError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_| SealError::Foreign)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE>()
            .ok_or(SealError::Foreign)?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        let plain = self
            .0
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| SealError::Foreign)?;
        String::from_utf8(plain)
            .map(Secret::new)
            .map_err(|_| SealError::Foreign)
    }
}

pub(crate) fn entropy<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system provides entropy");
    bytes
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealingKey(…)")
    }
}

/// The reason why a sealed text does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// The text was not sealed by this key for this purpose, or was changed since.
    Foreign,
    /// The text was sealed too long ago.
    Expired,
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SealError::Foreign => {
                "the text was sealed by another key or for another purpose, or was changed"
            }
            SealError::Expired => "this login was begun too long ago: begin a new one",
        })
    }
}

impl std::error::Error for SealError {}
