//! [`LoginText`] and [`CallbackText`]: what a login and its callback keep, each in one text.

use crate::draft::Draft;
use crate::login_secrets::LoginSecrets;
use crate::query::Encoded;
use crate::wipe::wipe;

/// The URL of a login and its secrets, one after the other. Wiped when dropped.
pub(crate) struct LoginText {
    text: String,
    url_end: usize,
    ends: SecretEnds,
}

/// Where state and code verifier end among a login's secrets; the nonce goes on to their end.
#[derive(Clone, Copy)]
pub(crate) struct SecretEnds {
    pub(crate) state: usize,
    pub(crate) code_verifier: usize,
}

impl LoginText {
    /// Writes the authorization request, and the secrets behind it, into one allocation.
    #[inline]
    pub(crate) fn write(secrets: &LoginSecrets, say: impl Fn(&mut Draft)) -> LoginText {
        let (mut text, _) = Draft::written(secrets.all().len(), say);
        let url_end = text.len();
        text.push_str(secrets.all());
        LoginText {
            text,
            url_end,
            ends: secrets.ends(),
        }
    }

    /// The same from its parts.
    pub(crate) fn of(url: String, [state, code_verifier, nonce]: [&str; 3]) -> LoginText {
        LoginText {
            url_end: url.len(),
            text: url + state + code_verifier + nonce,
            ends: SecretEnds {
                state: state.len(),
                code_verifier: state.len() + code_verifier.len(),
            },
        }
    }

    /// Where to send the browser.
    pub(crate) fn url(&self) -> &str {
        &self.text[..self.url_end]
    }

    /// The state.
    pub(crate) fn state(&self) -> &str {
        &self.text[self.url_end..self.url_end + self.ends.state]
    }

    /// State, code verifier and nonce.
    pub(crate) fn secrets(&self) -> [&str; 3] {
        let (rest, nonce) = self.text[self.url_end..].split_at(self.ends.code_verifier);
        let (state, code_verifier) = rest.split_at(self.ends.state);
        [state, code_verifier, nonce]
    }

    /// The secrets with the code that answers them.
    pub(crate) fn answered(&self, code: Encoded<'_>) -> CallbackText {
        let secrets = &self.text[self.url_end..];
        let mut text = String::with_capacity(secrets.len() + code.0.len());
        text.push_str(secrets);
        CallbackText {
            text: code.decoded_behind(text),
            secrets_end: secrets.len(),
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
