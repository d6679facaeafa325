//! [`EncodedOnce`]: a client id or a client secret, form-encoded once, when the app is created.

use std::fmt;

use crate::request::encode;
use crate::secret::Secret;
use crate::secret::wipe::wipe;

/// A client id or a client secret, as it is and as a form value. It is wiped when dropped, and `Debug` does not print
/// it.
#[derive(Clone)]
pub struct EncodedOnce {
    text: String,
    /// The form value, if it differs from `text`.
    form: Option<String>,
}

impl EncodedOnce {
    /// Form-encodes a text and keeps both.
    pub fn new(text: impl Into<String>) -> EncodedOnce {
        let text = text.into();
        let form = encode::form_encode(&text);
        EncodedOnce {
            form: (form != text).then_some(form),
            text,
        }
    }

    /// Form-encodes the text of a secret and keeps both.
    pub fn of_secret(secret: &Secret) -> EncodedOnce {
        EncodedOnce::new(secret.expose())
    }

    /// Returns the text as it is.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Returns the text as a form value.
    pub fn form(&self) -> &str {
        self.form.as_ref().unwrap_or(&self.text)
    }
}

impl fmt::Debug for EncodedOnce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EncodedOnce(…)")
    }
}

impl Drop for EncodedOnce {
    fn drop(&mut self) {
        wipe(&mut self.text);
        self.form.as_mut().map(wipe);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_encoded_only_where_that_changes_it() {
        let plain = EncodedOnce::new("s6BhdRkqt3");
        assert_eq!((plain.expose(), plain.form()), ("s6BhdRkqt3", "s6BhdRkqt3"));
        let other = EncodedOnce::new("a b/c");
        assert_eq!((other.expose(), other.form()), ("a b/c", "a+b%2Fc"));
        assert!(!format!("{other:?}").contains('b'));
    }
}
