//! Logins: [`Login`] is a pending login with the types of its provider, and [`Code`] the code of its verified callback.

pub(crate) mod authorization_code;
pub(crate) mod authorization_request;
#[cfg(any(feature = "axum", feature = "loopback"))]
pub(crate) mod browser;
pub(crate) mod callback;
#[cfg(feature = "loopback")]
pub(crate) mod loopback;
pub(crate) mod pending_login;
pub(crate) mod query;
pub(crate) mod redirect;
pub(crate) mod redirect_uri;
pub(crate) mod secrets;
pub(crate) mod text;

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use crate::login::authorization_code::AuthorizationCode;
use crate::login::authorization_request::AuthorizationRequest;
use crate::login::callback::CallbackNames;
use crate::provider::Provider;
use crate::provider::input::InvalidInput;
use crate::provider::registered_app::RegisteredApp;
use crate::provider::stored_token::StoredInputs;
use crate::secret::seal::{SealError, SealingKey};

pub use crate::login::callback::{CallbackError, CallbackErrorKind};
#[cfg(feature = "loopback")]
pub use crate::login::loopback::Loopback;
pub use crate::login::pending_login::PendingLogin;
pub use crate::login::redirect::InvalidRedirectUri;
pub use crate::login::redirect_uri::{AnyUri, Https, HttpsOr, HttpsOrLoopback, RedirectUri};
pub use crate::login::secrets::LoginSecrets;

/// The app of a provider that users log in to. Generated modules implement it for their `App`.
pub trait LoginApp: RegisteredApp {
    /// The values of a callback that later requests need; `()` if there are none.
    type CallbackFields: CallbackFields;

    /// Returns the names of the parameters that the provider returns to the redirect URI.
    fn callback_names() -> &'static CallbackNames {
        &CallbackNames::STANDARD
    }

    /// Adds the callback parameters whose expected values depend on the app and on the callback.
    fn expecting(&self, request: AuthorizationRequest, callback: &str) -> AuthorizationRequest {
        let _ = callback;
        request
    }
}

/// The app of a provider whose logins have inputs, such as the host of a user's server.
pub trait LoginInputs: LoginApp {
    /// The inputs of one connection.
    type Inputs: StoredInputs;
}

/// The values of a callback that later requests need.
pub trait CallbackFields: Sized {
    /// Reads the values from a verified callback.
    ///
    /// # Errors
    ///
    /// A value is missing, repeated, or does not have the form that the spec requires.
    fn read(callback: &str) -> Result<Self, CallbackError>;
}

impl CallbackFields for () {
    fn read(_: &str) -> Result<(), CallbackError> {
        Ok(())
    }
}

/// The kind of a login whose callback is verified without the app.
pub enum WithoutApp {}

/// The kind of a login whose callback is verified with the app, for example by a signature with its client secret.
pub enum WithApp {}

/// A pending login. Send the browser to [`Login::url`], store the login in the user's session, and pass the callback to
/// `callback`.
///
/// `callback` consumes a login that stays in memory. A sealed login can be opened repeatedly: it is single-use only if the
/// application deletes the sealed text when it reads it.
pub struct Login<A, C = WithoutApp> {
    request: AuthorizationRequest,
    types: PhantomData<fn() -> (A, C)>,
}

impl<A, C> Login<A, C> {
    /// The time for which a sealed login can be opened: one hour.
    pub const LIFE: Duration = AuthorizationRequest::LIFE;

    pub(crate) fn of(request: AuthorizationRequest) -> Login<A, C> {
        Login {
            request,
            types: PhantomData,
        }
    }

    /// Returns the URL of the authorization request, to redirect the browser to. It is empty for a login that was opened
    /// again: a sealed login does not contain its URL.
    pub fn url(&self) -> &str {
        self.request.url()
    }

    /// Encrypts the login for a session or a cookie.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    pub fn seal(&self, key: &SealingKey) -> String {
        self.request.seal(key)
    }
}

impl<A: LoginApp, C> Login<A, C> {
    /// Decrypts a login that [`Login::seal`] encrypted.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::SealingKey;
    ///
    /// let key = SealingKey::generate();
    /// let login = acme::login(&app, &[acme::Scope::READ]);
    /// let opened = acme::Login::open(&login.seal(&key), &key)?;
    /// assert!(opened.callback("code=stolen&state=guessed").is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The text was changed, comes from another key or provider, or is more than an hour old.
    pub fn open(sealed: &str, key: &SealingKey) -> Result<Login<A, C>, SealError> {
        AuthorizationRequest::open(A::PROVIDER, sealed, key).map(Login::of)
    }
}

impl<A: LoginApp> Login<A, WithoutApp> {
    /// Verifies the callback, and returns its code.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::PendingLogin;
    ///
    /// let login = acme::login(&app, &[acme::Scope::READ]);
    /// let query = format!("code=SplxlOBeZQQYbYS6WxSbIA&state={}", login.state());
    /// let code = login.callback(&query)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The callback does not have this login's state, or the provider returned an error.
    pub fn callback(self, callback: &str) -> Result<Code<A>, CallbackError> {
        Code::of(self.request, callback)
    }
}

impl<A: LoginApp> Login<A, WithApp> {
    /// Verifies the callback with the app's credentials, and returns its code.
    ///
    /// `callback` is the query, the form of a `form_post` response, the path with the query, or the whole URL.
    ///
    /// # Errors
    ///
    /// The callback does not have this login's state, does not come from the provider, or reports an error.
    pub fn callback(self, app: &A, callback: &str) -> Result<Code<A>, CallbackError> {
        Code::of(app.expecting(self.request, callback), callback)
    }
}

impl<A: LoginApp, C> PendingLogin for Login<A, C> {
    type App = A;

    fn provider() -> &'static Provider {
        A::PROVIDER
    }

    fn callback_names() -> &'static CallbackNames {
        A::callback_names()
    }

    fn authorization_url(&self) -> &str {
        self.request.url()
    }

    fn redirect_uri(&self) -> &str {
        self.request.redirect_uri()
    }

    fn state(&self) -> &str {
        self.request.state()
    }

    fn check(&self, callback: &str) -> Result<(), CallbackError> {
        self.request.check(callback, A::callback_names())
    }

    fn is_of(&self, app: &A) -> bool {
        self.request.app() == app.identity()
    }

    fn sealed(&self, key: &SealingKey) -> String {
        self.request.seal(key)
    }

    fn opened(sealed: &str, key: &SealingKey) -> Result<Login<A, C>, SealError> {
        Login::open(sealed, key)
    }
}

impl<A, C> fmt::Debug for Login<A, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.request, formatter)
    }
}

/// The authorization code of a verified callback, with the code verifier and the redirect URI of its login.
pub struct Code<A: LoginApp> {
    code: AuthorizationCode,
    fields: A::CallbackFields,
}

impl<A: LoginApp> Code<A> {
    fn of(request: AuthorizationRequest, callback: &str) -> Result<Code<A>, CallbackError> {
        let code = request.verify(callback, A::callback_names())?;
        let fields = A::CallbackFields::read(callback)?;
        Ok(Code { code, fields })
    }

    /// Splits the code into the parts that a token request contains. Generated modules use it.
    #[doc(hidden)]
    pub fn into_parts(self) -> (AuthorizationCode, A::CallbackFields) {
        (self.code, self.fields)
    }
}

impl<A: LoginInputs> Code<A> {
    /// Returns the connection's inputs, which were passed to the login. Store them with the tokens.
    ///
    /// # Errors
    ///
    /// The spec no longer accepts an input of a sealed login.
    pub fn inputs(&self) -> Result<A::Inputs, CallbackError> {
        let inputs = A::Inputs::from_texts(&|name| self.code.input(name));
        inputs.map_err(|_: InvalidInput| CallbackError::inputs(A::PROVIDER))
    }
}

impl<A: LoginApp> fmt::Debug for Code<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.code, formatter)
    }
}

impl AuthorizationRequest {
    /// Returns the login with the types of its provider.
    pub fn into_login<A, C>(self) -> Login<A, C> {
        Login::of(self)
    }
}
