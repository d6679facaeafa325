//! [`RedirectUri`]: a redirect URI that a provider's rule has passed.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::encode;
use crate::redirect::{InvalidRedirectUri, RedirectRule};

/// A checked redirect URI; cheap to clone. Generated modules wrap it, so that each provider's rule holds.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri(Text);

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Shared(Arc<Shared>),
}

/// A URI as it is and as a form has it: it goes into every login and every exchange.
struct Shared {
    text: String,
    form: String,
}

impl Text {
    fn shared(text: &str) -> Text {
        Text::Shared(Arc::new(Shared {
            form: encode::form_encode(text),
            text: text.to_owned(),
        }))
    }
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
        Ok(RedirectUri(Text::shared(uri)))
    }

    /// The same with the login's state as a parameter, for providers that send none back.
    pub fn with_state(&self, state: &str) -> RedirectUri {
        let mark = if self.as_str().contains('?') {
            '&'
        } else {
            '?'
        };
        let state = encode::form_encode(state);
        RedirectUri(Text::shared(&format!(
            "{}{mark}state={state}",
            self.as_str()
        )))
    }

    /// A URI that was checked before and sealed since.
    pub(crate) fn unsealed(uri: &str) -> RedirectUri {
        RedirectUri(Text::shared(uri))
    }

    /// The same with its form value at hand, for an app that sends it often.
    pub fn encoded_once(self) -> RedirectUri {
        match self.0 {
            Text::Constant(text) => RedirectUri(Text::shared(text)),
            Text::Shared(_) => self,
        }
    }

    /// The URI as a form value.
    pub fn form(&self) -> Cow<'_, str> {
        match &self.0 {
            Text::Constant(text) => Cow::Owned(encode::form_encode(text)),
            Text::Shared(shared) => Cow::Borrowed(&shared.form),
        }
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Constant(text) => text,
            Text::Shared(shared) => &shared.text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        RedirectUri(self.clone()).as_str() == RedirectUri(other.clone()).as_str()
    }
}

impl Eq for Text {}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}
