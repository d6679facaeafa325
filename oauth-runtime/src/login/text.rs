//! [`LoginText`] and [`CallbackText`]: the data of a login and of its callback, in one allocation.

use crate::login::query::Encoded;
use crate::login::secrets::{LoginSecrets, SecretEnds};
use crate::request::writer::RequestWriter;
use crate::secret::wipe::{wipe, with_room};

/// The secrets of a login and its URL, concatenated. The text is wiped when it is dropped.
pub(crate) struct LoginText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

impl LoginText {
    /// Writes the secrets, followed by the authorization request, into one allocation.
    #[inline]
    pub(crate) fn write(secrets: &LoginSecrets, write: impl Fn(&mut RequestWriter)) -> LoginText {
        LoginText {
            text: RequestWriter::write_after(secrets.all(), write).text,
            secrets_end: secrets.all().len(),
            ends: secrets.ends(),
        }
    }

    /// Creates the text of a login that was opened. It has no URL.
    pub(crate) fn of([state, code_verifier, nonce]: [&str; 3]) -> LoginText {
        let ends = SecretEnds {
            state: state.len(),
            code_verifier: state.len() + code_verifier.len(),
        };
        let mut text = String::with_capacity(ends.code_verifier + nonce.len());
        text.extend([state, code_verifier, nonce]);
        LoginText {
            text,
            secrets_end: ends.code_verifier + nonce.len(),
            ends,
        }
    }

    /// Returns the URL of the authorization request.
    pub(crate) fn url(&self) -> &str {
        &self.text[self.secrets_end..]
    }

    /// Returns the state.
    pub(crate) fn state(&self) -> &str {
        &self.text[..self.ends.state]
    }

    /// Returns the state, the code verifier and the nonce.
    pub(crate) fn secrets(&self) -> [&str; 3] {
        let (rest, nonce) = self.text[..self.secrets_end].split_at(self.ends.code_verifier);
        let (state, code_verifier) = rest.split_at(self.ends.state);
        [state, code_verifier, nonce]
    }

    /// Replaces the URL with the authorization code. A raw code is not decoded.
    pub(crate) fn into_callback(mut self, code: Encoded<'_>, is_raw: bool) -> CallbackText {
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.secrets_end);
        let mut text = with_room(text, code.0.len());
        match is_raw {
            true => text.push_str(code.0),
            false => text = code.decoded_behind(text),
        }
        CallbackText {
            text,
            secrets_end: self.secrets_end,
            ends: self.ends,
        }
    }
}

/// The secrets of a login and its code, concatenated. The text is wiped when it is dropped.
pub(crate) struct CallbackText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

impl CallbackText {
    /// Returns the state.
    pub(crate) fn state(&self) -> &str {
        &self.text[..self.ends.state]
    }

    /// Returns the code verifier.
    pub(crate) fn code_verifier(&self) -> &str {
        &self.text[self.ends.state..self.ends.code_verifier]
    }

    /// Returns the nonce.
    pub(crate) fn nonce(&self) -> &str {
        &self.text[self.ends.code_verifier..self.secrets_end]
    }

    /// Returns the authorization code.
    pub(crate) fn code(&self) -> &str {
        &self.text[self.secrets_end..]
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
