//! [`VerifiedCallback`]: the code of a callback that belongs to its login, and what a token request says of it.

use std::fmt;

use crate::app_identity::AppIdentity;
use crate::login_text::{CallbackText, CallbackTexts};
use crate::redirect_uri::EncodedUri;

/// A callback whose state, and issuer where there is one, was checked against the login that began it.
/// There is no other way to come by one.
pub struct VerifiedCallback {
    pub(crate) text: CallbackText,
    pub(crate) redirect_uri: EncodedUri,
    pub(crate) inputs: Vec<String>,
    pub(crate) app: AppIdentity,
    pub(crate) id_token: bool,
    /// Why no request can be made of it, if so.
    pub(crate) unfit: Option<&'static str>,
}

impl VerifiedCallback {
    /// What a request may say of it.
    pub fn parts(&self) -> CallbackParts<'_> {
        CallbackParts {
            texts: self.text.texts(),
            redirect_uri: &self.redirect_uri,
            id_token: self.id_token,
        }
    }

    /// The callback for a request of this app. A request of another app than the one that began the login is not sent:
    /// the code would reach another server (RFC 9700 §4.4).
    #[inline]
    pub fn of(mut self, app: AppIdentity) -> VerifiedCallback {
        if self.app != app {
            self.unfit = Some(OTHER_LOGIN);
        }
        self
    }

    /// The callback for a request with these inputs of the connection, in the order of the spec. A request with other
    /// inputs than the login's is not sent.
    pub fn within(mut self, inputs: &[&str]) -> VerifiedCallback {
        if self.inputs != inputs {
            self.unfit = Some(OTHER_LOGIN);
        }
        self
    }

    /// The callback for a request whose response must bring an ID token. If the login did not ask for one, the request is not
    /// sent: the code would be consumed for nothing.
    pub fn needing_id_token(mut self) -> VerifiedCallback {
        if !self.id_token {
            self.unfit = Some(NO_OPENID);
        }
        self
    }

    /// Why no request can be made of it, if so.
    #[inline]
    pub(crate) fn why_unfit(&self) -> Option<&'static str> {
        self.unfit
    }

    /// Uses the callback up: its parts are there while the request is written, and its memory can be written into.
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

    /// The connection's inputs, as they were given to the login.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }
}

/// What a request may say of the callback that it answers.
#[derive(Clone, Copy)]
pub struct CallbackParts<'c> {
    texts: CallbackTexts<'c>,
    redirect_uri: &'c EncodedUri,
    id_token: bool,
}

impl<'c> CallbackParts<'c> {
    /// The authorization code.
    pub fn code(&self) -> &'c str {
        self.texts.code
    }

    /// The verifier that belongs to the login's challenge.
    pub fn code_verifier(&self) -> &'c str {
        self.texts.code_verifier
    }

    /// The state of the login.
    pub fn state(&self) -> &'c str {
        self.texts.state
    }

    /// Whether the login asked for an ID token.
    pub(crate) fn asks_for_id_token(&self) -> bool {
        self.id_token
    }

    /// The nonce that the ID token must repeat.
    pub fn nonce(&self) -> &'c str {
        self.texts.nonce
    }

    /// The redirect URI that the login named.
    pub fn redirect_uri(&self) -> &'c str {
        self.redirect_uri.as_str()
    }

    /// The same as a form value.
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

const OTHER_LOGIN: &str = "the code belongs to the login of another app or of other inputs: exchange it with those that began the login";

const NO_OPENID: &str = "the spec requires a field of the ID token, and the login did not ask for `openid`: add that scope";
