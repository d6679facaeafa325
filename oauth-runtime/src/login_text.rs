//! [`LoginText`] and [`CallbackText`]: what a login and its callback keep, each in one text.

use crate::draft::Draft;
use crate::login_secrets::LoginSecrets;
use crate::query::Encoded;
use crate::wipe::wipe;

/// A login's secrets and its URL, one after the other. Wiped when dropped.
pub(crate) struct LoginText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

/// Where state and code verifier end among a login's secrets; the nonce goes on to their end.
#[derive(Clone, Copy)]
pub(crate) struct SecretEnds {
    pub(crate) state: usize,
    pub(crate) code_verifier: usize,
}

impl LoginText {
    /// Writes the secrets, and the authorization request behind them, into one allocation.
    #[inline]
    pub(crate) fn write(secrets: &LoginSecrets, say: impl Fn(&mut Draft)) -> LoginText {
        let (text, _) = Draft::written_behind(secrets.all(), say);
        LoginText {
            text,
            secrets_end: secrets.all().len(),
            ends: secrets.ends(),
        }
    }

    /// The same from its parts.
    pub(crate) fn of(url: &str, [state, code_verifier, nonce]: [&str; 3]) -> LoginText {
        let ends = SecretEnds {
            state: state.len(),
            code_verifier: state.len() + code_verifier.len(),
        };
        LoginText {
            text: [state, code_verifier, nonce, url].concat(),
            secrets_end: ends.code_verifier + nonce.len(),
            ends,
        }
    }

    /// Where to send the browser.
    pub(crate) fn url(&self) -> &str {
        &self.text[self.secrets_end..]
    }

    /// The state.
    pub(crate) fn state(&self) -> &str {
        &self.text[..self.ends.state]
    }

    /// State, code verifier and nonce.
    pub(crate) fn secrets(&self) -> [&str; 3] {
        let (rest, nonce) = self.text[..self.secrets_end].split_at(self.ends.code_verifier);
        let (state, code_verifier) = rest.split_at(self.ends.state);
        [state, code_verifier, nonce]
    }

    /// The secrets with the code that answers them: it takes the place of the URL.
    pub(crate) fn answered(mut self, code: Encoded<'_>) -> CallbackText {
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.secrets_end);
        if text.capacity() - text.len() < code.0.len() {
            // Growing would leave a copy that nobody wipes.
            let mut longer = String::with_capacity(text.len() + code.0.len());
            longer.push_str(&text);
            wipe(&mut text);
            text = longer;
        }
        CallbackText {
            text: code.decoded_behind(text),
            secrets_end: self.secrets_end,
            ends: self.ends,
        }
    }
}

/// The secrets of a login and its code, one after the other. Wiped when dropped.
pub(crate) struct CallbackText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

impl CallbackText {
    /// The authorization code.
    pub(crate) fn code(&self) -> &str {
        &self.text[self.secrets_end..]
    }

    /// The state.
    pub(crate) fn state(&self) -> &str {
        &self.text[..self.ends.state]
    }

    /// The code verifier.
    pub(crate) fn code_verifier(&self) -> &str {
        &self.text[self.ends.state..self.ends.code_verifier]
    }

    /// The nonce.
    pub(crate) fn nonce(&self) -> &str {
        &self.text[self.ends.code_verifier..self.secrets_end]
    }
}

impl Drop for LoginText {
    fn drop(&mut self) {
        wipe(&mut self.text);
    }
}

impl Drop for CallbackText {
    fn drop(&mut self) {
        wipe(&mut self.text);
    }
}
