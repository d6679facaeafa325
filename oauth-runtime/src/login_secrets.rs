//! What a login draws anew: state and code verifier, from one draw of the system's entropy.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::short::Short;

/// The state (RFC 6749 §10.12), the code verifier and its challenge (RFC 7636) of one login.
///
/// `login` of a generated module draws them; only tests and examples fix them.
pub struct LoginSecrets {
    pub(crate) state: Short,
    pub(crate) code_verifier: Short,
    pub(crate) nonce: Short,
    code_challenge: [u8; 43],
}

impl LoginSecrets {
    /// 126 bits of state, 258 bits of verifier (RFC 7636 §4.1 recommends 256), 126 bits of nonce.
    ///
    /// # Panics
    ///
    /// If the operating system has no entropy to give: a login without it would be forgeable.
    pub fn draw() -> LoginSecrets {
        let mut entropy = [0; 63];
        getrandom::fill(&mut entropy).expect("the operating system gives entropy");
        let mut text = [0; 84];
        let written = URL_SAFE_NO_PAD.encode_slice(entropy, &mut text);
        debug_assert_eq!(written, Ok(84));
        zeroize::Zeroize::zeroize(&mut entropy);
        // 63 bytes are 84 characters without a remainder, so each part is as random as its length.
        let text = std::str::from_utf8(&text).unwrap_or_default();
        let secrets = Self::from_parts(&text[..21], &text[21..64]);
        secrets
            .and_then(|secrets| secrets.with_nonce(&text[64..]))
            .expect("84 characters fit")
    }

    /// Secrets that are known beforehand, and a constant nonce: for tests and examples only. `None` if one is
    /// longer than 128 bytes, or if the verifier has other characters than letters, digits, `-`, `.`, `_`
    /// (RFC 7636 §4.1 has `~`, too): it goes into a form as it is.
    ///
    /// ```
    /// use oauth_runtime::LoginSecrets;
    ///
    /// // RFC 7636, Appendix B.
    /// let secrets = LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    /// assert_eq!(secrets.code_challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    /// ```
    pub fn from_parts(state: &str, code_verifier: &str) -> Option<LoginSecrets> {
        let mut code_challenge = [0; 43];
        let written = URL_SAFE_NO_PAD.encode_slice(
            Sha256::digest(code_verifier.as_bytes()),
            &mut code_challenge,
        );
        debug_assert_eq!(written, Ok(43));
        Some(LoginSecrets {
            state: Short::new(state)?,
            code_verifier: unreserved(code_verifier)?,
            nonce: unreserved("nonce")?,
            code_challenge,
        })
    }

    /// The same with another nonce, under the verifier's conditions.
    pub fn with_nonce(mut self, nonce: &str) -> Option<LoginSecrets> {
        self.nonce = unreserved(nonce)?;
        Some(self)
    }

    /// The state parameter.
    pub fn state(&self) -> &str {
        self.state.as_str()
    }

    /// The nonce of the ID token (OpenID Connect Core §3.1.2.1).
    pub fn nonce(&self) -> &str {
        self.nonce.as_str()
    }

    /// The S256 code challenge (RFC 7636 §4.2).
    pub fn code_challenge(&self) -> &str {
        std::str::from_utf8(&self.code_challenge).unwrap_or_default()
    }
}

fn unreserved(text: &str) -> Option<Short> {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    Short::new(text).filter(|_| text.bytes().all(is_one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ_and_have_the_lengths_that_rfc_7636_asks_for() {
        let (one, two) = (LoginSecrets::draw(), LoginSecrets::draw());
        assert_ne!(one.state(), two.state());
        assert_ne!(one.code_verifier.as_str(), two.code_verifier.as_str());
        assert!((43..=128).contains(&one.code_verifier.as_str().len()));
        assert!(one.state().len() >= 21);
        assert_ne!(one.nonce(), two.nonce());
        assert_ne!(one.nonce(), one.state());
    }
}
