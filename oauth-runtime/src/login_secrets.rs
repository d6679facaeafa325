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
    code_challenge: [u8; 43],
}

impl LoginSecrets {
    /// 128 bits of state and 256 bits of verifier, as RFC 7636 §4.1 recommends.
    ///
    /// # Panics
    ///
    /// If the operating system has no entropy to give: a login without it would be forgeable.
    pub fn draw() -> LoginSecrets {
        let mut entropy = [0; 48];
        getrandom::fill(&mut entropy).expect("the operating system gives entropy");
        let mut text = [0; 64];
        let written = URL_SAFE_NO_PAD.encode_slice(entropy, &mut text);
        debug_assert_eq!(written, Ok(64));
        zeroize::Zeroize::zeroize(&mut entropy);
        // 48 bytes are 64 characters without a remainder, so either part is as random as its length.
        let text = std::str::from_utf8(&text).unwrap_or_default();
        Self::from_parts(&text[..21], &text[21..]).expect("64 characters fit")
    }

    /// Secrets that are known beforehand: for tests and examples only. `None` if one is longer than
    /// 128 bytes.
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
            code_verifier: Short::new(code_verifier)?,
            code_challenge,
        })
    }

    /// The state parameter.
    pub fn state(&self) -> &str {
        self.state.as_str()
    }

    /// The nonce of the ID token (OpenID Connect Core §3.1.2.1).
    pub fn nonce(&self) -> String {
        nonce(self.code_verifier.as_str())
    }

    /// The S256 code challenge (RFC 7636 §4.2).
    pub fn code_challenge(&self) -> &str {
        std::str::from_utf8(&self.code_challenge).unwrap_or_default()
    }
}

/// A nonce that only this login has: a digest of its verifier, which nobody else knows, and another one
/// than the challenge.
pub(crate) fn nonce(code_verifier: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"nonce ")
        .chain_update(code_verifier.as_bytes())
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
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
        assert_ne!(one.nonce(), one.code_challenge());
    }
}
