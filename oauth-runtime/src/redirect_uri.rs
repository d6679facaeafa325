//! [`RedirectUri`]: a redirect URI that a provider's rule has passed; [`EncodedUri`]: one that is sent often.

use std::fmt;
use std::sync::Arc;

use crate::encode;
use crate::redirect::{InvalidRedirectUri, RedirectRule};

/// A checked redirect URI; cheap to clone. Generated modules wrap it, so that each provider's rule holds.
#[derive(Clone)]
pub struct RedirectUri(Text);

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Encoded(EncodedUri),
}

impl RedirectUri {
    /// For constants: a URI that breaks the rule does not compile.
    ///
    /// # Panics
    ///
    /// If `uri` breaks the rule; in a `const` that is a compile error.
    pub const fn constant(rule: RedirectRule, uri: &'static str) -> RedirectUri {
        rule.assert(uri);
        RedirectUri(Text::Constant(uri))
    }

    /// For URIs that come from a configuration.
    pub fn parse(rule: RedirectRule, uri: &str) -> Result<RedirectUri, InvalidRedirectUri> {
        rule.check(uri)?;
        Ok(RedirectUri(Text::Encoded(EncodedUri::new(uri))))
    }

    /// The same with its form value at hand, for an app that sends it often.
    pub fn encoded_once(self) -> EncodedUri {
        match self.0 {
            Text::Constant(text) => EncodedUri::new(text),
            Text::Encoded(encoded) => encoded,
        }
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Constant(text) => text,
            Text::Encoded(encoded) => encoded.as_str(),
        }
    }
}

/// A checked redirect URI as it is and as a form has it: it goes into every login and every exchange.
#[derive(Clone)]
pub struct EncodedUri(Arc<Both>);

struct Both {
    text: String,
    form: String,
}

impl EncodedUri {
    /// A URI that was checked before.
    pub(crate) fn new(uri: &str) -> EncodedUri {
        EncodedUri(Arc::new(Both {
            form: encode::form_encode(uri),
            text: uri.to_owned(),
        }))
    }

    /// The same with the login's state as a parameter, for providers that send none back.
    pub fn with_state(&self, state: &str) -> EncodedUri {
        let mark = if self.as_str().contains('?') {
            '&'
        } else {
            '?'
        };
        let state = encode::form_encode(state);
        EncodedUri::new(&format!("{}{mark}state={state}", self.as_str()))
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The URI as a form value.
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
