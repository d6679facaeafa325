//! [`VerifiedCallback`]: the code of a verified callback, and the data of it that a token request contains.

use std::fmt;

use crate::login::redirect_uri::EncodedUri;
use crate::login::text::{CallbackText, CallbackTexts};
use crate::provider::app_identity::AppIdentity;

/// A callback whose state, and issuer if it has one, was checked against the login that began it. Only that check creates
/// the type.
pub struct VerifiedCallback {
    pub(crate) text: CallbackText,
    pub(crate) redirect_uri: EncodedUri,
    pub(crate) inputs: Vec<String>,
    pub(crate) app: AppIdentity,
    pub(crate) id_token: bool,
    /// The reason why no request can be built from the callback, if there is one.
    pub(crate) unfit: Option<&'static str>,
}

impl VerifiedCallback {
    /// Returns the data of the callback that a request may contain.
    pub fn parts(&self) -> CallbackParts<'_> {
        CallbackParts {
            texts: self.text.texts(),
            redirect_uri: &self.redirect_uri,
            id_token: self.id_token,
        }
    }

    /// Restricts the callback to a request of this app. If another app began the login, the request is not sent: the code
    /// would reach another server (RFC 9700 §4.4).
    #[inline]
    pub fn of(mut self, app: AppIdentity) -> VerifiedCallback {
        if self.app != app {
            self.unfit = Some(OTHER_LOGIN);
        }
        self
    }

    /// Restricts the callback to a request with these inputs of the connection, in the order of the spec. If the login has
    /// other inputs, the request is not sent.
    pub fn within(mut self, inputs: &[&str]) -> VerifiedCallback {
        if self.inputs != inputs {
            self.unfit = Some(OTHER_LOGIN);
        }
        self
    }

    /// Restricts the callback to a request whose response must contain an ID token. If the login did not ask for one, the
    /// request is not sent: it would consume the code for nothing.
    pub fn needing_id_token(mut self) -> VerifiedCallback {
        if !self.id_token {
            self.unfit = Some(NO_OPENID);
        }
        self
    }

    /// Returns the reason why no request can be built from the callback, if there is one.
    #[inline]
    pub(crate) fn why_unfit(&self) -> Option<&'static str> {
        self.unfit
    }

    /// Consumes the callback. `use_up` gets its parts, to write the request from, and its memory, to write the request into.
    #[inline]
    pub(crate) fn spent<T>(self, use_up: impl FnOnce(CallbackParts<'_>, String) -> T) -> T {
        let (redirect_uri, id_token) = (&self.redirect_uri, self.id_token);
        self.text.spent(|texts, memory| {
            let parts = CallbackParts {
                texts,
                redirect_uri,
                id_token,
            };
            use_up(parts, memory)
        })
    }

    /// Returns the inputs of the connection, as they were passed to the login.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }
}

/// The data of a callback that a request may contain.
#[derive(Clone, Copy)]
pub struct CallbackParts<'c> {
    texts: CallbackTexts<'c>,
    redirect_uri: &'c EncodedUri,
    id_token: bool,
}

impl<'c> CallbackParts<'c> {
    /// Returns the authorization code.
    pub fn code(&self) -> &'c str {
        self.texts.code
    }

    /// Returns the code verifier of the login's code challenge.
    pub fn code_verifier(&self) -> &'c str {
        self.texts.code_verifier
    }

    /// Returns the state of the login.
    pub fn state(&self) -> &'c str {
        self.texts.state
    }

    /// Returns whether the login asked for an ID token.
    pub(crate) fn asks_for_id_token(&self) -> bool {
        self.id_token
    }

    /// Returns the nonce that the ID token must contain.
    pub fn nonce(&self) -> &'c str {
        self.texts.nonce
    }

    /// Returns the redirect URI of the login.
    pub fn redirect_uri(&self) -> &'c str {
        self.redirect_uri.as_str()
    }

    /// Returns the redirect URI of the login as a form value.
    pub fn redirect_uri_form(&self) -> &'c str {
        self.redirect_uri.form()
    }
}

impl fmt::Debug for VerifiedCallback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VerifiedCallback")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

const OTHER_LOGIN: &str = "the code belongs to a login of another app or with other inputs: \
     exchange it with the app and the inputs that began the login";

const NO_OPENID: &str = "the spec requires a field of the ID token, but the login did not request `openid`: add that scope";
