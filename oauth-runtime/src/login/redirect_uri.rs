//! [`RedirectUri`]: a redirect URI that meets a provider's rule; [`EncodedUri`]: one with its form value.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::login::redirect::{InvalidRedirectUri, RedirectRule};
use crate::request::encode;

/// A redirect URI that meets the rule `R`. It is cheap to clone.
pub struct RedirectUri<R> {
    text: Text,
    rule: PhantomData<fn() -> R>,
}

#[derive(Clone)]
enum Text {
    Constant(&'static str),
    Encoded(EncodedUri),
}

/// A provider's rule for redirect URIs, as a type.
pub trait Rule {
    /// The rule.
    const RULE: RedirectRule;
}

/// The rule that a redirect URI is an https URI.
pub enum Https {}

/// The rule that a redirect URI is an https URI, or an http URI of a loopback address.
pub enum HttpsOrLoopback {}

/// The rule that a redirect URI is any absolute URI.
pub enum AnyUri {}

/// The rule that a redirect URI is an https URI, or one of the stated kinds: an http URI to any host, to a loopback IP
/// address, or to `localhost`, or a URI with a private-use scheme.
pub enum HttpsOr<
    const HTTP: bool,
    const LOOPBACK: bool,
    const LOCALHOST: bool,
    const PRIVATE_USE: bool,
> {}

impl Rule for Https {
    const RULE: RedirectRule = RedirectRule::HTTPS;
}

impl Rule for HttpsOrLoopback {
    const RULE: RedirectRule = RedirectRule::HTTPS_OR_LOOPBACK;
}

impl Rule for AnyUri {
    const RULE: RedirectRule = RedirectRule::ANY;
}

impl<const HTTP: bool, const LOOPBACK: bool, const LOCALHOST: bool, const PRIVATE_USE: bool> Rule
    for HttpsOr<HTTP, LOOPBACK, LOCALHOST, PRIVATE_USE>
{
    const RULE: RedirectRule = RedirectRule {
        http: HTTP,
        loopback: LOOPBACK,
        localhost: LOCALHOST,
        private_use: PRIVATE_USE,
    };
}

impl<R: Rule> RedirectUri<R> {
    /// Creates a redirect URI in a `const`, where an invalid one does not compile.
    ///
    /// # Panics
    ///
    /// Panics if the URI is invalid. In a `const` that is a compile error.
    pub const fn constant(uri: &'static str) -> RedirectUri<R> {
        R::RULE.assert(uri);
        RedirectUri {
            text: Text::Constant(uri),
            rule: PhantomData,
        }
    }

    /// Parses a redirect URI, for example from a configuration.
    ///
    /// # Errors
    ///
    /// The URI is invalid for this provider.
    pub fn parse(uri: &str) -> Result<RedirectUri<R>, InvalidRedirectUri> {
        R::RULE.check(uri)?;
        Ok(RedirectUri {
            text: Text::Encoded(EncodedUri::new(uri)),
            rule: PhantomData,
        })
    }
}

impl<R> RedirectUri<R> {
    /// Returns the URI with its form value, for an app that sends it often. Generated modules use it.
    #[doc(hidden)]
    pub fn encoded_once(self) -> EncodedUri {
        match self.text {
            Text::Constant(text) => EncodedUri::new(text),
            Text::Encoded(encoded) => encoded,
        }
    }

    /// Returns the URI.
    pub fn as_str(&self) -> &str {
        match &self.text {
            Text::Constant(text) => text,
            Text::Encoded(encoded) => encoded.as_str(),
        }
    }
}

impl<R> Clone for RedirectUri<R> {
    fn clone(&self) -> RedirectUri<R> {
        RedirectUri {
            text: self.text.clone(),
            rule: PhantomData,
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

impl<R> PartialEq for RedirectUri<R> {
    fn eq(&self, other: &RedirectUri<R>) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<R> Eq for RedirectUri<R> {}

impl<R> fmt::Debug for RedirectUri<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Debug for EncodedUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}
