//! [`LoginText`] and [`CallbackText`]: the data of a login and of its callback, each in one allocation.

use arrayvec::ArrayString;
use zeroize::Zeroize;

use crate::login::query::Encoded;
use crate::login::secrets::LoginSecrets;
use crate::request::draft::Draft;
use crate::secret::wipe::{wipe, with_room};

/// The secrets of a login and its URL, concatenated. The text is wiped when it is dropped.
pub(crate) struct LoginText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

/// The minimum capacity of a login's text, in bytes. It also has room for the token request with a short code.
const ROOM: usize = 640;

fn room(len: usize) -> String {
    String::with_capacity(len.max(ROOM))
}

/// The positions at which the state and the code verifier end in a login's secrets. The nonce follows, up to the end.
#[derive(Clone, Copy)]
pub(crate) struct SecretEnds {
    pub(crate) state: usize,
    pub(crate) code_verifier: usize,
}

impl LoginText {
    /// Writes the secrets, followed by the authorization request, into one allocation.
    #[inline]
    pub(crate) fn write(secrets: &LoginSecrets, say: impl Fn(&mut Draft)) -> LoginText {
        LoginText {
            text: Draft::written_behind(secrets.all(), room, say).text,
            secrets_end: secrets.all().len(),
            ends: secrets.ends(),
        }
    }

    /// Creates the text of a login from its parts.
    pub(crate) fn of(url: &str, [state, code_verifier, nonce]: [&str; 3]) -> LoginText {
        let ends = SecretEnds {
            state: state.len(),
            code_verifier: state.len() + code_verifier.len(),
        };
        let mut text = room(ends.code_verifier + nonce.len() + url.len());
        text.extend([state, code_verifier, nonce, url]);
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
    pub(crate) fn answered(mut self, code: Encoded<'_>, is_raw: bool) -> CallbackText {
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.secrets_end);
        let mut text = with_room(text, code.0.len());
        CallbackText {
            text: match is_raw {
                true => {
                    text.push_str(code.0);
                    text
                }
                false => code.decoded_behind(text),
            },
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
    pub(crate) fn texts(&self) -> CallbackTexts<'_> {
        self.texts_in(&self.text)
    }

    #[inline]
    fn texts_in<'c>(&self, text: &'c str) -> CallbackTexts<'c> {
        let (secrets, code) = parted(text, self.secrets_end);
        let (rest, nonce) = parted(secrets, self.ends.code_verifier);
        let (state, code_verifier) = parted(rest, self.ends.state);
        CallbackTexts {
            state,
            code_verifier,
            nonce,
            code,
        }
    }

    /// Consumes the text, and passes its parts and its memory to `use_up`. The parts are copied to the stack. If they are
    /// too long for that, the text stays where it is, and the memory is an empty string.
    #[inline]
    pub(crate) fn spent<T>(mut self, use_up: impl FnOnce(CallbackTexts<'_>, String) -> T) -> T {
        let mut moved = OnStack(ArrayString::new());
        let memory = match moved.0.try_push_str(&self.text) {
            Ok(()) => std::mem::take(&mut self.text),
            Err(_) => String::new(),
        };
        let text = match memory.is_empty() {
            true => &self.text,
            false => moved.0.as_str(),
        };
        use_up(self.texts_in(text), memory)
    }
}

/// Splits a text at a position, which is always within it. The compiler cannot know that, and would keep the code of a
/// panic.
#[inline]
fn parted(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or_default()
}

/// The parts of a verified callback's text.
#[derive(Clone, Copy)]
pub(crate) struct CallbackTexts<'c> {
    pub(crate) state: &'c str,
    pub(crate) code_verifier: &'c str,
    pub(crate) nonce: &'c str,
    pub(crate) code: &'c str,
}

/// A copy of a callback's text on the stack. Drawn secrets take 84 of its bytes. With a code that is longer than the rest,
/// the memory of the text seldom has room for the token request.
struct OnStack(ArrayString<512>);

impl Drop for OnStack {
    fn drop(&mut self) {
        self.0.as_mut_str().zeroize();
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
