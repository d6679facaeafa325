//! The closed set of functions that a spec's values may be made with.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Base64 with padding (RFC 4648 §4).
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 for URLs, without padding (RFC 4648 §5).
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// HMAC with SHA-256 (RFC 2104).
pub fn hmac_sha256(key: &str, text: &str) -> [u8; 32] {
    // A key of any length is a key.
    let Ok(mut mac) = hmac::Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return [0; 32];
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

/// Upper case, of ASCII letters.
pub fn upper(text: &str) -> String {
    text.to_ascii_uppercase()
}

/// Lower case, of ASCII letters.
pub fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_give_what_their_standards_print() {
        // RFC 4231, test case 2.
        assert_eq!(
            hex(&hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            (base64(&[251, 255]), base64url(&[251, 255])),
            ("+/8=".to_owned(), "-_8".to_owned())
        );
        assert_eq!(
            (upper("aé"), lower("AÉ")),
            ("Aé".to_owned(), "aÉ".to_owned())
        );
    }
}
