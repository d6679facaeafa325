//! [`AuthorizationRequest`]: a login from its authorization request (RFC 6749 §4.1.1) to the verified callback.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::login::authorization_code::{AuthorizationCode, Input};
use crate::login::callback::{
    CallbackError, CallbackErrorKind, CallbackNames, ExpectedParameter, arrived, first_said, once,
    stated,
};
use crate::login::query::{Encoded, ParameterName, parameters};
use crate::login::redirect_uri::EncodedUri;
use crate::login::secrets::LoginSecrets;
use crate::login::text::LoginText;
use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredInputs;
use crate::request::writer::RequestWriter;
use crate::secret::seal::{SealError, SealingKey};
use crate::secret::{Secret, same};

/// An authorization request whose callback is pending, for any provider. [`Login`](crate::login::Login) adds the provider's
/// types.
pub struct AuthorizationRequest {
    provider: &'static Provider,
    /// The app that began the login. An exchange by another app does not get the code.
    app: AppIdentity,
    text: LoginText,
    redirect_uri: EncodedUri,
    /// Whether the login asks for an ID token, which the token response must then contain.
    id_token: bool,
    /// The time at which an opened login was first sealed. It is `None` for a login that stayed in memory, which does not
    /// expire.
    sealed_at: Option<SystemTime>,
    /// The callback parameters that the spec requires, with their values.
    constants: &'static [ExpectedParameter<'static>],
    expected: Vec<Expected>,
    inputs: Vec<Input>,
}

/// The name and the value of a callback parameter, and whether the parameter may be absent.
type Expected = (Cow<'static, str>, Cow<'static, str>, bool);

impl AuthorizationRequest {
    /// The time for which a sealed login can be opened: one hour.
    pub const LIFE: Duration = Duration::from_secs(60 * 60);

    /// Begins a login, and writes its authorization request (RFC 6749 §4.1.1).
    #[inline]
    pub fn begin<A: RegisteredApp>(
        app: &A,
        secrets: &LoginSecrets,
        redirect_uri: &EncodedUri,
        write: impl Fn(&mut RequestWriter),
    ) -> AuthorizationRequest {
        AuthorizationRequest {
            provider: A::PROVIDER,
            app: app.identity(),
            text: LoginText::write(secrets, write),
            redirect_uri: redirect_uri.clone(),
            id_token: false,
            sealed_at: None,
            constants: &[],
            expected: Vec::new(),
            inputs: Vec::new(),
        }
    }

    /// Sets whether the login asks for an ID token. If it does, the token response must contain one.
    pub fn with_id_token(mut self, asks: bool) -> AuthorizationRequest {
        self.id_token = asks;
        self
    }

    /// Sets the callback parameters that [`AuthorizationRequest::verify`] checks, with their values, such as `iss` (RFC 9207).
    pub fn expecting_all(
        mut self,
        constants: &'static [ExpectedParameter<'static>],
    ) -> AuthorizationRequest {
        self.constants = constants;
        self
    }

    /// Requires the callback parameter `name` to have this value.
    pub fn expecting(
        mut self,
        name: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> AuthorizationRequest {
        self.expected.push((name.into(), value.into(), false));
        self
    }

    /// Requires the callback parameter `name` to have this value or to be absent.
    pub fn expecting_if_present(
        mut self,
        name: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> AuthorizationRequest {
        self.expected.push((name.into(), value.into(), true));
        self
    }

    /// Sets the inputs of the connection, which the login stores.
    pub fn with_inputs(mut self, inputs: &impl StoredInputs) -> AuthorizationRequest {
        let inputs = inputs.texts().into_iter();
        self.inputs = inputs.map(|(name, text)| (name.into(), text)).collect();
        self
    }

    /// Returns the URL of the authorization request, to which the browser is sent. It is empty for a login that was opened.
    pub fn url(&self) -> &str {
        self.text.url()
    }

    /// Returns the state of the authorization request.
    pub fn state(&self) -> &str {
        self.text.state()
    }

    /// Checks the parameters of a callback, in this order: state, redirect URI, the values that identify the provider,
    /// error, code.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL. If it has a
    /// path, the path must be that of the redirect URI.
    ///
    /// # Errors
    ///
    /// The callback does not belong to this login, or has no code. The error [is a refusal](CallbackError::is_refusal) if
    /// the callback belongs to this login and reports that the provider or the user refused.
    pub fn verify(
        self,
        callback: &str,
        names: &CallbackNames,
    ) -> Result<AuthorizationCode, CallbackError> {
        match self.code_in(callback, names) {
            Ok(code) => Ok(AuthorizationCode {
                text: self.text.into_callback(code, names.code_is_raw),
                redirect_uri: self.redirect_uri,
                inputs: self.inputs,
                app: self.app,
                id_token: self.id_token,
            }),
            Err(problem) => Err(CallbackError::new(self.provider, problem)),
        }
    }

    /// Performs the checks of [`AuthorizationRequest::verify`] without consuming the login.
    ///
    /// # Errors
    ///
    /// The callback does not belong to this login, or has no code. The error [is a refusal](CallbackError::is_refusal) if
    /// the callback belongs to this login and reports that the provider or the user refused.
    pub fn check(&self, callback: &str, names: &CallbackNames) -> Result<(), CallbackError> {
        match self.code_in(callback, names) {
            Ok(_) => Ok(()),
            Err(problem) => Err(CallbackError::new(self.provider, problem)),
        }
    }

    /// Returns whether this is the state of the login. Some providers return the state without encoding it.
    fn is_own(&self, state: Encoded<'_>) -> bool {
        let own = self.text.state();
        same(state.0, own) || same(&state.decoded(), own)
    }

    fn code_in<'q>(
        &self,
        callback: &'q str,
        names: &CallbackNames,
    ) -> Result<Encoded<'q>, CallbackErrorKind> {
        // Most providers have at most one constant, so the first one is read in the same pass.
        let first = self.constants.first();
        let wanted = [
            &names.state,
            &names.error,
            &names.error_description,
            &names.code,
            first.map_or(const { &ParameterName::of("") }, |shown| &shown.name),
        ];
        let [state, error, description, code, shown] = parameters(callback, wanted);
        if !self.is_own(stated(names, state, error)?) {
            return Err(CallbackErrorKind::OtherState);
        }
        arrived(callback, self.redirect_uri.as_str())?;
        let error = first_said(callback, (names.error, error), names.further_errors)?;
        let is_refusal = error.is_some();
        if let Some(first) = first {
            first.holds(shown, is_refusal)?;
        }
        let shows = |shown: &ExpectedParameter<'_>| {
            let [said] = parameters(callback, [&shown.name]);
            shown.holds(said, is_refusal)
        };
        self.constants.iter().skip(1).try_for_each(shows)?;
        self.bound().try_for_each(|shown| shows(&shown))?;
        if let Some(code) = error {
            let said = (names.error_description, description);
            let description = first_said(callback, said, names.further_descriptions)?;
            return Err(CallbackErrorKind::Refused {
                code: code.decoded().into_owned(),
                description: description.map(|said| said.decoded().into_owned()),
            });
        }
        once(names.code, code)?.ok_or(CallbackErrorKind::MissingCode)
    }

    /// Returns the callback parameters that this login requires in addition to those of the spec.
    fn bound(&self) -> impl Iterator<Item = ExpectedParameter<'_>> {
        let own = self.expected.iter();
        own.map(|(name, value, optional)| ExpectedParameter::new(name, value, *optional))
    }

    /// Returns the redirect URI, to which the provider sends the browser back.
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_str()
    }

    /// Returns the identity of the app that began the login.
    pub fn app(&self) -> AppIdentity {
        self.app
    }

    /// Seals the login: returns it as an opaque text, encrypted and authenticated, for a session or a cookie. The text does
    /// not contain the URL, which the browser has opened by the time the login is opened again.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    pub fn seal(&self, key: &SealingKey) -> String {
        let sealed_at = self.sealed_at.unwrap_or_else(clock::now);
        let since_1970 = sealed_at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let [state, code_verifier, nonce] = self.text.secrets();
        let expected = self.constants.iter().copied().chain(self.bound());
        let expected = expected.map(|shown| (shown.name.as_str(), shown.value, shown.optional));
        let parts = (
            state,
            code_verifier,
            nonce,
            self.redirect_uri.as_str(),
            since_1970.as_secs(),
            expected.collect::<Vec<_>>(),
            &self.inputs,
            (self.app.to_number(), self.id_token),
        );
        // Strings, numbers and booleans always serialize.
        let plain = serde_json::to_string(&parts).unwrap_or_default();
        key.seal(&purpose(self.provider), Secret::new(plain))
    }

    /// Opens a login that [`AuthorizationRequest::seal`] sealed for the same provider, at most
    /// [`AuthorizationRequest::LIFE`] ago.
    ///
    /// # Errors
    ///
    /// The text was not sealed by this key for this provider, was changed since, or has expired.
    pub fn open(
        provider: &'static Provider,
        sealed: &str,
        key: &SealingKey,
    ) -> Result<AuthorizationRequest, SealError> {
        type Text<'a> = Cow<'a, str>;
        type Parts<'a> = (
            Text<'a>,
            Text<'a>,
            Text<'a>,
            Text<'a>,
            u64,
            Vec<(String, String, bool)>,
            Vec<(String, String)>,
            (u128, bool),
        );
        let plain = key.open(&purpose(provider), sealed)?;
        let (
            state,
            code_verifier,
            nonce,
            redirect_uri,
            sealed_at,
            expected,
            inputs,
            (app, id_token),
        ): Parts = serde_json::from_str(plain.expose()).map_err(|_| SealError::Foreign)?;
        let sealed_at = SystemTime::UNIX_EPOCH + Duration::from_secs(sealed_at);
        match clock::now().duration_since(sealed_at) {
            Ok(age) if age > AuthorizationRequest::LIFE => Err(SealError::Expired),
            _ => Ok(AuthorizationRequest {
                provider,
                app: AppIdentity::from_number(app),
                id_token,
                text: LoginText::of([&state, &code_verifier, &nonce]),
                redirect_uri: EncodedUri::new(&redirect_uri),
                sealed_at: Some(sealed_at),
                constants: &[],
                expected: expected
                    .into_iter()
                    .map(|(name, value, optional)| (name.into(), value.into(), optional))
                    .collect(),
                inputs: inputs
                    .into_iter()
                    .map(|(name, text)| (name.into(), text))
                    .collect(),
            }),
        }
    }
}

/// Returns the purpose of a sealed login. It contains the provider, so that the login does not open for another one.
fn purpose(provider: &Provider) -> String {
    format!(
        "login 6 {} {}",
        provider.id,
        provider.variant.unwrap_or_default()
    )
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuthorizationRequest")
            .field("provider", &self.provider.id)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
