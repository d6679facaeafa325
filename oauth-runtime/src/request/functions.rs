//! The functions that the values of a spec can use. The set is closed.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// Returns the lower-case hexadecimal digits of bytes, or of the bytes of a text.
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let digits = bytes.as_ref().iter();
    digits
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Encodes bytes as base64 with padding (RFC 4648 §4).
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// Encodes bytes as base64 for URLs, without padding (RFC 4648 §5).
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the MD5 digest of a text (RFC 1321). Some providers sign with it, although it is not secure.
pub fn md5(text: &str) -> [u8; 16] {
    Md5::digest(text.as_bytes()).into()
}

/// Returns the SHA-1 digest of a text (RFC 3174).
pub fn sha1(text: &str) -> [u8; 20] {
    Sha1::digest(text.as_bytes()).into()
}

/// Returns the SHA-256 digest of a text (FIPS 180-4).
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

macro_rules! hmac {
    ($name:ident, $hash:ty, $length:literal, $title:literal) => {
        #[doc = $title]
        pub fn $name(key: &str, text: &str) -> [u8; $length] {
            // HMAC accepts a key of any length, so this does not fail.
            let Ok(mut mac) = hmac::Hmac::<$hash>::new_from_slice(key.as_bytes()) else {
                return [0; $length];
            };
            mac.update(text.as_bytes());
            mac.finalize().into_bytes().into()
        }
    };
}

hmac!(hmac_sha1, Sha1, 20, "HMAC with SHA-1 (RFC 2104).");
hmac!(hmac_sha256, Sha256, 32, "HMAC with SHA-256 (RFC 2104).");
hmac!(hmac_sha512, Sha512, 64, "HMAC with SHA-512 (RFC 2104).");

/// Converts ASCII letters to upper case.
pub fn upper(text: &str) -> String {
    text.to_ascii_uppercase()
}

/// Converts ASCII letters to lower case.
pub fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Returns `text` with every occurrence of `from` replaced by `to`.
pub fn replace(text: &str, from: &str, to: &str) -> String {
    text.replace(from, to)
}

/// Returns the first `count` characters of `text`. A `count` that is not a number counts as 0.
pub fn take(text: &str, count: &str) -> String {
    text.chars().take(count.parse().unwrap_or(0)).collect()
}

/// Returns the part of `text` before the first `mark`, or the whole text if it does not occur.
pub fn before(text: &str, mark: &str) -> String {
    text.split_once(mark)
        .map_or(text, |(before, _)| before)
        .to_owned()
}

/// Returns the host of a URL, or an empty text if it has none.
pub fn host_of(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    uri.and_then(|uri| uri.host().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards_own_vectors() {
        assert_eq!(hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let sha256 = hex(sha256("abc"));
        assert!(sha256.starts_with("ba7816bf8f01cfea") && sha256.ends_with("f20015ad"));
        // This is test case 2 of RFC 2202 and RFC 4231.
        let (key, text) = ("Jefe", "what do ya want for nothing?");
        assert_eq!(
            hex(hmac_sha1(key, text)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert!(hex(hmac_sha256(key, text)).starts_with("5bdcc146bf60754e6a042426089575c7"));
        assert!(hex(hmac_sha512(key, text)).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    }

    #[test]
    fn texts_are_encoded_and_changed_as_their_standards_say() {
        assert_eq!(
            (base64([251, 255]), base64url([251, 255])),
            ("+/8=".to_owned(), "-_8".to_owned())
        );
        assert_eq!(
            (upper("aé"), lower("AÉ")),
            ("Aé".to_owned(), "aÉ".to_owned())
        );
    }

    #[test]
    fn texts_are_cut_where_the_spec_says() {
        assert_eq!(before("a.myshopify.com", ".myshopify.com"), "a");
        assert_eq!(before("a", "."), "a");
        assert_eq!(take("abcé", "4"), "abcé");
        assert_eq!(replace("a-b-c", "-", "_"), "a_b_c");
        assert_eq!(host_of("https://a.example:444/x"), "a.example");
        assert_eq!(
            (hex("a"), base64("a:")),
            ("61".to_owned(), "YTo=".to_owned())
        );
    }
}
