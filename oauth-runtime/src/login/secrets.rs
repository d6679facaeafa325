//! [`LoginSecrets`]: the state, code verifier and nonce of a login, from one read of the system's entropy.

use arrayvec::ArrayString;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::request::encode;

/// The state (RFC 6749 §10.12), the code verifier and code challenge (RFC 7636), and the nonce of one login.
///
/// The `login` function of a generated module generates them. Only tests and examples choose them.
pub struct LoginSecrets {
    /// The state, the code verifier and the nonce, concatenated.
    all: ArrayString<{ 3 * LoginSecrets::MAX_LENGTH }>,
    ends: SecretEnds,
    /// The state as a form value, if it differs from the state.
    state_form: Option<Box<str>>,
    code_challenge: ArrayString<43>,
}

/// The positions at which the state and the code verifier end in a login's secrets. The nonce follows, up to the end.
#[derive(Clone, Copy)]
pub(crate) struct SecretEnds {
    pub(crate) state: usize,
    pub(crate) code_verifier: usize,
}

impl LoginSecrets {
    /// The maximum length of each secret, in bytes. RFC 7636 §4.1 limits a code verifier to 128 characters.
    const MAX_LENGTH: usize = 128;

    /// Generates 126 bits of state, 258 bits of code verifier (RFC 7636 §4.1 recommends 256), and 126 bits of nonce.
    ///
    /// # Panics
    ///
    /// If the operating system provides no entropy. A login without entropy could be forged.
    pub fn generate() -> LoginSecrets {
        let mut entropy = [0; 63];
        getrandom::fill(&mut entropy).expect("the operating system provides entropy");
        let mut text = [0; 84];
        let written = URL_SAFE_NO_PAD.encode_slice(entropy, &mut text);
        debug_assert_eq!(written, Ok(84));
        entropy.zeroize();
        // 63 bytes encode to exactly 84 characters, so each character has six random bits.
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let ends = SecretEnds {
            state: 21,
            code_verifier: 64,
        };
        // A form value needs no encoding for the alphabet of base64url.
        Self::plain(&[text], ends).expect("84 characters have room")
    }

    /// Creates secrets from a known state and code verifier, with a constant nonce, for tests and examples only.
    ///
    /// Returns `None` if one is longer than 128 bytes, or if the verifier has characters other than letters, digits, `-`,
    /// `.` and `_`. RFC 7636 §4.1 also allows `~`, but a form value would have to encode it.
    ///
    /// ```
    /// use oauth_runtime::LoginSecrets;
    ///
    /// // RFC 7636, Appendix B.
    /// let secrets = LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    /// assert_eq!(secrets.code_challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// ```
    pub fn from_parts(state: &str, code_verifier: &str) -> Option<LoginSecrets> {
        Self::of(state, code_verifier, "nonce")
    }

    /// Replaces the nonce. Returns `None` if the nonce does not meet the conditions for a code verifier in
    /// [`LoginSecrets::from_parts`].
    pub fn with_nonce(self, nonce: &str) -> Option<LoginSecrets> {
        Self::of(self.state(), self.code_verifier(), nonce)
    }

    fn of(state: &str, code_verifier: &str, nonce: &str) -> Option<LoginSecrets> {
        let plain = encode::is_plain_text(code_verifier) && encode::is_plain_text(nonce);
        let parts = [state, code_verifier, nonce];
        if !plain
            || parts
                .iter()
                .any(|part| part.len() > LoginSecrets::MAX_LENGTH)
        {
            return None;
        }
        let ends = SecretEnds {
            state: state.len(),
            code_verifier: state.len() + code_verifier.len(),
        };
        let mut secrets = Self::plain(&parts, ends)?;
        secrets.state_form =
            (!encode::is_plain_text(state)).then(|| encode::form_encode(state).into());
        Some(secrets)
    }

    /// Creates secrets whose form values need no encoding. Returns `None` if they are too long.
    fn plain(parts: &[&str], ends: SecretEnds) -> Option<LoginSecrets> {
        let mut all = ArrayString::new();
        for part in parts {
            all.try_push_str(part).ok()?;
        }
        let mut code_challenge = [0; 43];
        let digest = Sha256::digest(&all.as_bytes()[ends.state..ends.code_verifier]);
        let written = URL_SAFE_NO_PAD.encode_slice(digest, &mut code_challenge);
        debug_assert_eq!(written, Ok(43));
        Some(LoginSecrets {
            all,
            ends,
            state_form: None,
            code_challenge: ArrayString::from_byte_string(&code_challenge).ok()?,
        })
    }

    /// Returns the state parameter.
    pub fn state(&self) -> &str {
        &self.all[..self.ends.state]
    }

    /// Returns the state as a form value.
    pub fn state_form(&self) -> &str {
        self.state_form.as_deref().unwrap_or_else(|| self.state())
    }

    /// Returns the state, the code verifier and the nonce, concatenated.
    pub(crate) fn all(&self) -> &str {
        &self.all
    }

    pub(crate) fn ends(&self) -> SecretEnds {
        self.ends
    }

    /// Returns the code verifier.
    pub(crate) fn code_verifier(&self) -> &str {
        &self.all[self.ends.state..self.ends.code_verifier]
    }

    /// Returns the nonce of the ID token (OpenID Connect Core §3.1.2.1).
    pub fn nonce(&self) -> &str {
        &self.all[self.ends.code_verifier..]
    }

    /// Returns the S256 code challenge (RFC 7636 §4.2).
    pub fn code_challenge(&self) -> &str {
        &self.code_challenge
    }

    /// Returns the SHA-256 digest of the code verifier in hexadecimal digits, which some providers require as the code
    /// challenge.
    pub fn code_challenge_hex(&self) -> String {
        crate::request::functions::hex(Sha256::digest(self.code_verifier()))
    }

    /// Returns the code challenge of the method `plain` (RFC 7636 §4.2): the code verifier itself.
    pub fn code_challenge_plain(&self) -> &str {
        self.code_verifier()
    }
}

impl Drop for LoginSecrets {
    fn drop(&mut self) {
        // Zeroizing a `str` overwrites many bytes at a time.
        self.all.as_mut_str().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_made_in_each_way_that_providers_want() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let secrets = LoginSecrets::from_parts("s", verifier).unwrap();
        let hex = secrets.code_challenge_hex();
        let bytes: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(URL_SAFE_NO_PAD.encode(bytes), secrets.code_challenge());
        assert_eq!(secrets.code_challenge_plain(), verifier);
    }

    #[test]
    fn two_draws_differ_and_have_the_lengths_that_rfc_7636_asks_for() {
        let (one, two) = (LoginSecrets::generate(), LoginSecrets::generate());
        assert_ne!(one.state(), two.state());
        assert_ne!(one.code_verifier(), two.code_verifier());
        assert!((43..=128).contains(&one.code_verifier().len()));
        assert!(one.state().len() >= 21);
        assert_ne!(one.nonce(), two.nonce());
        assert_ne!(one.nonce(), one.state());
    }
}
