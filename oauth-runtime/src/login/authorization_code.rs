//! [`AuthorizationCode`]: the code of a verified callback, and the data of its login that a token request contains.

use std::borrow::Cow;
use std::fmt;

use crate::login::redirect_uri::EncodedUri;
use crate::login::text::CallbackText;
use crate::provider::app_identity::AppIdentity;
use crate::request::exchangeable::Exchangeable;
use crate::request::writer::RequestWriter;

/// The name and the text of an input of the connection.
pub(crate) type Input = (Cow<'static, str>, String);

/// The authorization code of a callback whose state, and issuer if it has one, was checked against the login that began it.
/// Only that check creates the type. [`Code`](crate::login::Code) adds the provider's types.
pub struct AuthorizationCode {
    pub(crate) text: CallbackText,
    pub(crate) redirect_uri: EncodedUri,
    pub(crate) inputs: Vec<Input>,
    pub(crate) app: AppIdentity,
    pub(crate) id_token: bool,
}

impl AuthorizationCode {
    /// Returns the authorization code.
    pub fn code(&self) -> &str {
        self.text.code()
    }

    /// Returns the code verifier of the login's code challenge.
    pub fn code_verifier(&self) -> &str {
        self.text.code_verifier()
    }

    /// Returns the state of the login.
    pub fn state(&self) -> &str {
        self.text.state()
    }

    /// Returns the nonce that the ID token must contain.
    pub fn nonce(&self) -> &str {
        self.text.nonce()
    }

    /// Returns the redirect URI of the login.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// Returns the redirect URI of the login as a form value.
    pub fn redirect_uri_form(&self) -> &str {
        self.redirect_uri.form()
    }

    /// Returns the text of an input of the connection, as it was passed to the login, or an empty text.
    pub(crate) fn input(&self, name: &str) -> String {
        let own = self.inputs.iter().find(|(own, _)| own == name);
        own.map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// Returns whether this app began the login. The code must not reach another server (RFC 9700 §4.4).
    pub fn belongs_to(&self, app: AppIdentity) -> Exchangeable {
        Exchangeable(match self.app == app {
            true => None,
            false => Some(OTHER_LOGIN),
        })
    }

    /// Returns whether these are the inputs of the login, in the order of the spec.
    pub fn has_inputs(&self, inputs: &[&str]) -> Exchangeable {
        let own = self.inputs.iter().map(|(_, text)| text.as_str());
        Exchangeable(match own.eq(inputs.iter().copied()) {
            true => None,
            false => Some(OTHER_LOGIN),
        })
    }

    /// Returns whether the login asked for an ID token, which the response must contain. Without one, the request would
    /// consume the code for nothing.
    pub fn has_id_token(&self) -> Exchangeable {
        Exchangeable(match self.id_token {
            true => None,
            false => Some(NO_OPENID),
        })
    }
}

impl RequestWriter {
    /// Writes the expected claims of the response's ID token, which are not sent: the nonce of the login, the client id, and
    /// the issuer, which is empty if the spec states none (OpenID Connect Core §3.1.3.7).
    #[inline]
    pub fn expect_id_token(&mut self, code: &AuthorizationCode, client_id: &str, issuer: &[&str]) {
        self.expected_claims(code.nonce(), code.id_token, client_id, issuer);
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthorizationCode")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

const OTHER_LOGIN: &str = "the code belongs to a login of another app or with other inputs: \
     exchange it with the app and the inputs that began the login";

const NO_OPENID: &str = "the spec requires a field of the ID token, but the login did not request `openid`: add that scope";
