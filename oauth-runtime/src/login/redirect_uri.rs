//! [`RedirectUri`]: a redirect URI that meets a provider's rule; [`EncodedUri`]: one with its form value.

use std::fmt;
use std::sync::Arc;

use crate::login::redirect::{InvalidRedirectUri, RedirectRule};
use crate::request::encode;

/// A checked redirect URI, which is cheap to clone. Generated modules wrap it, so that each provider's rule applies.
#[derive(Clone)]
pub struct RedirectUri(Text);

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Encoded(EncodedUri),
}

impl RedirectUri {
    /// Creates a redirect URI from a constant. A URI that breaks the rule does not compile.
    ///
    /// # Panics
    ///
    /// If `uri` breaks the rule; in a `const` that is a compile error.
    pub const fn constant(rule: RedirectRule, uri: &'static str) -> RedirectUri {
        rule.assert(uri);
        RedirectUri(Text::Constant(uri))
    }

    /// Checks a redirect URI that comes from a configuration.
    ///
    /// # Errors
    ///
    /// `uri` breaks the rule.
    pub fn parse(rule: RedirectRule, uri: &str) -> Result<RedirectUri, InvalidRedirectUri> {
        rule.check(uri)?;
        Ok(RedirectUri(Text::Encoded(EncodedUri::new(uri))))
    }

    /// Returns the URI with its form value, for an app that sends it often.
    pub fn encoded_once(self) -> EncodedUri {
        match self.0 {
            Text::Constant(text) => EncodedUri::new(text),
            Text::Encoded(encoded) => encoded,
        }
    }

    /// Returns the URI.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Constant(text) => text,
            Text::Encoded(encoded) => encoded.as_str(),
        }
    }
}

/// A checked redirect URI with its form value. Every authorization request and every token request for a code contains it.
#[derive(Clone)]
pub struct EncodedUri(Arc<Both>);

struct Both {
    text: String,
    form: String,
}

impl EncodedUri {
    /// Encodes a URI that was checked before.
    pub(crate) fn new(uri: &str) -> EncodedUri {
        EncodedUri(Arc::new(Both {
            form: encode::form_encode(uri),
            text: uri.to_owned(),
        }))
    }

    /// Adds the state of the login as a parameter, for providers that do not return the state.
    pub fn with_state(&self, state: &str) -> EncodedUri {
        let mark = if self.as_str().contains('?') {
            '&'
        } else {
            '?'
        };
        let state = encode::form_encode(state);
        EncodedUri::new(&format!("{}{mark}state={state}", self.as_str()))
    }

    /// Returns the URI.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Returns the URI as a form value.
    pub fn form(&self) -> &str {
        &self.0.form
    }
}

impl PartialEq for RedirectUri {
    fn eq(&self, other: &RedirectUri) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RedirectUri {}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Debug for EncodedUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}
