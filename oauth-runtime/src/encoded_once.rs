//! [`EncodedOnce`]: a text of the app that goes into many requests, encoded when the app is made.

use std::fmt;

use crate::encode;
use crate::secret::Secret;
use crate::wipe::wipe;

/// A client id or a client secret, as it is and as a form has it. Wiped when dropped; `Debug` shows nothing.
#[derive(Clone)]
pub struct EncodedOnce {
    text: String,
    /// Only where it differs.
    form: Option<String>,
}

impl EncodedOnce {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> EncodedOnce {
        let text = text.into();
        let form = encode::form_encode(&text);
        EncodedOnce {
            form: (form != text).then_some(form),
            text,
        }
    }

    /// The text of a secret.
    pub fn of_secret(secret: &Secret) -> EncodedOnce {
        EncodedOnce::new(secret.expose())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The text as a form value.
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
