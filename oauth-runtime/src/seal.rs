//! Sealing: encrypted and authenticated text for places that others can read, such as a cookie.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::secret::Secret;

const NONCE: usize = 24;

/// A key of 256 bits that seals logins (XChaCha20-Poly1305). Keep it like a password; a new one ends
/// the logins that are under way and nothing else.
///
/// ```
/// use oauth_runtime::SealingKey;
///
/// let key = SealingKey::generate();
/// assert_eq!(format!("{key:?}"), "SealingKey(…)");
/// ```
///
/// The key is in one place in memory however often the value moves, and is overwritten when it is dropped.
pub struct SealingKey(Box<XChaCha20Poly1305>);

impl SealingKey {
    /// A new key, for one process: logins that it sealed end with it.
    ///
    /// # Panics
    ///
    /// If the operating system has no entropy to give.
    pub fn generate() -> SealingKey {
        SealingKey::from_bytes(&Zeroizing::new(entropy::<32>()))
    }

    /// A key that several processes share.
    pub fn from_bytes(bytes: &[u8; 32]) -> SealingKey {
        SealingKey(Box::new(XChaCha20Poly1305::new(bytes.into())))
    }

    /// A key as text: 32 bytes in base64, in either alphabet, padded or not. None where it is no such text.
    pub fn parse(text: &str) -> Option<SealingKey> {
        let text = text.trim_end_matches('=');
        // Longer than any key, and what an alphabet decoded before it gave up is wiped, too.
        let mut decoded = Zeroizing::new([0_u8; 64]);
        let length = STANDARD_NO_PAD
            .decode_slice(text, &mut *decoded)
            .or_else(|_| URL_SAFE_NO_PAD.decode_slice(text, &mut *decoded));
        let bytes = <&[u8; 32]>::try_from(&decoded[..length.ok()?]).ok()?;
        Some(SealingKey::from_bytes(bytes))
    }

    /// Seals `plain` so that it opens for `purpose` alone.
    ///
    /// # Panics
    ///
    /// If the operating system has no entropy to give, or `plain` is longer than 256 GiB.
    pub(crate) fn seal(&self, purpose: &str, plain: Secret) -> String {
        let nonce: [u8; NONCE] = entropy();
        let payload = Payload {
            msg: plain.expose().as_bytes(),
            aad: purpose.as_bytes(),
        };
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), payload)
            .expect("short enough to seal");
        drop(plain);
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens what [`SealingKey::seal`] made for the same purpose.
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
    getrandom::fill(&mut bytes).expect("the operating system gives entropy");
    bytes
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealingKey(…)")
    }
}

/// A sealed text that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SealError {
    /// It was not sealed by this key for this purpose, or it was changed since.
    Foreign,
    /// It is too old.
    Expired,
}

impl fmt::Display for SealError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SealError::Foreign => "sealed by another key or for another purpose, or changed since",
            SealError::Expired => "this login was begun too long ago: begin a new one",
        })
    }
}

impl std::error::Error for SealError {}
