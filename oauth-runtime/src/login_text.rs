//! [`LoginText`] and [`CallbackText`]: what a login and its callback keep, each in one text.

use arrayvec::ArrayString;
use zeroize::Zeroize;

use crate::draft::Draft;
use crate::login_secrets::LoginSecrets;
use crate::query::Encoded;
use crate::wipe::{wipe, with_room};

/// A login's secrets and its URL, one after the other. Wiped when dropped.
pub(crate) struct LoginText {
    text: String,
    secrets_end: usize,
    ends: SecretEnds,
}

/// So many bytes a login takes at least: the request that a short code goes into has room in them, too.
const ROOM: usize = 640;

fn room(len: usize) -> String {
    String::with_capacity(len.max(ROOM))
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
        LoginText {
            text: Draft::written_behind(secrets.all(), room, say).text,
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
        let mut text = room(ends.code_verifier + nonce.len() + url.len());
        text.extend([state, code_verifier, nonce, url]);
        LoginText {
            text,
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

    /// The secrets with the code that answers them: it takes the place of the URL. A raw one is not decoded.
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

/// The secrets of a login and its code, one after the other. Wiped when dropped.
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

    /// Uses the text up and gives its memory away. What it says stands on the stack meanwhile; if that is too long, the
    /// text stays where it is, and the memory is none.
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

/// A text in two. That a place is always in it, the compiler cannot know, and would keep what nobody asks for.
#[inline]
fn parted(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or_default()
}

/// The texts of a verified callback.
#[derive(Clone, Copy)]
pub(crate) struct CallbackTexts<'c> {
    pub(crate) state: &'c str,
    pub(crate) code_verifier: &'c str,
    pub(crate) nonce: &'c str,
    pub(crate) code: &'c str,
}

/// Secrets have 84 bytes; a code that is longer than the rest has seldom room for its request where it stands.
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
