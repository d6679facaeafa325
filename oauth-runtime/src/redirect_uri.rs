//! [`RedirectUri`]: a redirect URI that a provider's rule has passed.

use std::fmt;
use std::sync::Arc;

use crate::redirect::{InvalidRedirectUri, RedirectRule};

/// A checked redirect URI; cheap to clone. Generated modules wrap it, so that each provider's rule holds.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri(Text);

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Shared(Arc<str>),
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
        Ok(RedirectUri(Text::Shared(uri.into())))
    }

    /// The same with the login's state as a parameter, for providers that send none back.
    pub fn with_state(&self, state: &str) -> RedirectUri {
        let mark = if self.as_str().contains('?') {
            '&'
        } else {
            '?'
        };
        let state = crate::encode::form_encode(state);
        RedirectUri(Text::Shared(
            format!("{}{mark}state={state}", self.as_str()).into(),
        ))
    }

    /// A URI that was checked before and sealed since.
    pub(crate) fn unsealed(uri: &str) -> RedirectUri {
        RedirectUri(Text::Shared(uri.into()))
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Constant(text) => text,
            Text::Shared(text) => text,
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
