//! [`Logins`]: pending logins, each bound to the session that started it, and finished once.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::lifecycle::store::StoreError;
use crate::lifecycle::store::login_store::LoginStore;
use crate::login::authorization_request::AuthorizationRequest;
use crate::login::callback::CallbackError;
use crate::login::pending_login::PendingLogin;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::secret::seal::{SealingKey, entropy};

/// Pending logins, kept while the browser is away. The browser has a ticket for each login. The login itself stays in the
/// store, bound to its owner.
///
/// A login is taken once (RFC 9700 section 4.7), and only by a callback that belongs to it: state, owner, provider and
/// redirect URI are checked before the login is consumed. Any other request changes nothing. A browser may have several
/// pending logins, for example in two tabs, so keep each ticket under [`LoginRedirect::cookie_name`].
///
/// ```no_run
/// # use oauth_runtime::{PendingLogin, lifecycle::{LoginError, Logins, Owner}};
/// # async fn example<L: PendingLogin>(
/// #     logins: Logins, app: L::App, login: L, cookie: &str, target: &str
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// // The user ann asks to connect: the ticket goes into a cookie, and the browser to the provider.
/// let begun = logins.begin(Owner::user("ann"), &login).await?;
/// println!("{} {}={}", begun.url(), begun.cookie_name(), begun.ticket().expose());
///
/// // The browser is back, at `/callback?code=…&state=…`.
/// let login: L = logins.take(Owner::user("ann"), &app, cookie, target).await?;
/// # Ok(())
/// # }
/// ```
pub struct Logins {
    store: Box<dyn LoginStore>,
    key: SealingKey,
    path_prefix: String,
}

/// The user or session that started a login. Only its owner can finish a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    user: &'a str,
    tenant: &'a str,
}

/// A pending login that was just stored, and its ticket for the owner's browser.
pub struct LoginRedirect {
    url: String,
    ticket: Secret,
    state: Secret,
    provider: &'static Provider,
}

/// The reason why a callback does not finish a login. The login, if it exists, stays pending. A login that the user denied is
/// finished: [`Logins::take`] returns it, and its `callback` returns the denial.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginError {
    /// The login is unknown: it was finished already, expired, or was never started in this browser. With the feature `axum`, a
    /// forged callback has this error, too: its state identifies no login of the browser.
    Unknown,
    /// Another owner started the login.
    OtherOwner,
    /// The login was started at another provider, which has this id.
    OtherProvider(String),
    /// Another app of the provider started the login: one with another client id, environment or input per app.
    OtherApp,
    /// The callback does not belong to the login, or has no code.
    Callback(CallbackError),
    /// The login was sealed with another key, or its stored text is not valid.
    Sealed,
    /// The store failed.
    Store(StoreError),
}

/// The plain text of a stored login.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    user: Cow<'a, str>,
    #[serde(borrow)]
    tenant: Cow<'a, str>,
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    login: Cow<'a, str>,
}

impl Logins {
    /// The prefix of the cookies' names. Browsers accept a cookie with the prefix `__Host-` only with `Secure` and `Path=/`,
    /// and return it only to the host that set it, so that no other host can plant a ticket.
    pub const COOKIE_PREFIX: &str = "__Host-oauth-login-";

    /// Returns the name of the cookie for the ticket of the login that has this state: [`Logins::COOKIE_PREFIX`] and 96 bits
    /// of the state's SHA-256 in base64url. Each pending login of a browser has such a cookie, and the state of the callback
    /// identifies it.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::Logins;
    ///
    /// assert!(Logins::cookie_name("af0ifjsldkj").starts_with(Logins::COOKIE_PREFIX));
    /// ```
    pub fn cookie_name(state: &str) -> String {
        let hash = id(state);
        format!("{}{}", Logins::COOKIE_PREFIX, &hash[..16])
    }

    /// Creates a `Logins` that keeps pending logins in this store, sealed with this key. Pending logins cannot be finished
    /// after the key changes.
    ///
    /// ```
    /// use oauth_runtime::SealingKey;
    /// use oauth_runtime::lifecycle::{Logins, MemoryStore};
    ///
    /// let logins = Logins::new(MemoryStore::new(), SealingKey::generate());
    /// ```
    pub fn new(store: impl LoginStore + 'static, key: SealingKey) -> Logins {
        Logins {
            store: Box::new(store),
            key,
            path_prefix: String::new(),
        }
    }

    /// Sets the path prefix that a proxy removes from requests, such as `/app`. It is added to the path of each callback
    /// before that is compared with the path of the redirect URI.
    ///
    /// ```
    /// # fn example(logins: oauth_runtime::lifecycle::Logins) {
    /// // The proxy passes `https://example.com/app/callback` on as `/callback`.
    /// let logins = logins.with_path_prefix("/app");
    /// # }
    /// ```
    pub fn with_path_prefix(mut self, prefix: impl Into<String>) -> Logins {
        self.path_prefix = prefix.into();
        self
    }

    /// Stores a login for its owner. The login expires after an hour.
    ///
    /// ```
    /// # use oauth_runtime::{PendingLogin, lifecycle::{Logins, Owner}};
    /// # async fn example<L: PendingLogin>(logins: Logins, login: L) -> Result<(), Box<dyn std::error::Error>> {
    /// let redirect = logins.begin(Owner::user("ann"), &login).await?;
    /// println!("set the cookie {} and send the browser to {}", redirect.cookie_name(), redirect.url());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store failed.
    ///
    /// # Panics
    ///
    /// Panics if the operating system provides no entropy.
    pub async fn begin<L: PendingLogin>(
        &self,
        owner: Owner<'_>,
        login: &L,
    ) -> Result<LoginRedirect, StoreError> {
        let ticket = Secret::new(URL_SAFE_NO_PAD.encode(entropy::<32>()));
        let id = id(ticket.expose());
        let record = Record {
            user: owner.user.into(),
            tenant: owner.tenant.into(),
            provider: L::provider().reference().into(),
            login: login.sealed(&self.key).into(),
        };
        let text = serde_json::to_string(&record).unwrap_or_default();
        let sealed = self.key.seal(&purpose(&id), Secret::new(text));
        let url = login.authorization_url().to_owned();
        let state = Secret::new(login.state());
        let kept = self
            .store
            .keep_login(&id, sealed.into_bytes(), AuthorizationRequest::LIFE);
        kept.await?;
        Ok(LoginRedirect {
            url,
            ticket,
            state,
            provider: L::provider(),
        })
    }

    /// Removes the login of a ticket from the store and returns it, if the callback belongs to it.
    ///
    /// `callback` is the request's path and query, such as `/callback?code=…&state=…`. For a `form_post` response it is the
    /// path, a question mark and the form. Scheme and host are not compared, since a proxy may change them.
    ///
    /// ```
    /// # use oauth_runtime::{PendingLogin, lifecycle::{Logins, Owner}};
    /// # async fn example<L: PendingLogin>(
    /// #     logins: Logins, app: L::App, ticket: &str
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let callback = "/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj";
    /// let login: L = logins.take(Owner::user("ann"), &app, ticket, callback).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The callback does not finish a login. A login is consumed only by a callback that passes every check, and then this
    /// function succeeds, even if the provider or the user denied the authorization. `Login::callback` returns that error
    /// response.
    pub async fn take<L: PendingLogin>(
        &self,
        owner: Owner<'_>,
        app: &L::App,
        ticket: &str,
        callback: &str,
    ) -> Result<L, LoginError> {
        let id = id(ticket);
        let found = self.store.find_login(&id).await?;
        let login: L = self.opened(&id, found.ok_or(LoginError::Unknown)?, owner)?;
        if !login.is_of(app) {
            return Err(LoginError::OtherApp);
        }
        let checked = match callback.starts_with('/') {
            true => login.check(&[self.path_prefix.as_str(), callback].concat()),
            false => login.check(callback),
        };
        if let Err(error) = checked
            && !error.is_refusal()
        {
            return Err(error.into());
        }
        // Of two concurrent callbacks, only one takes the login.
        match self.store.take_login(&id).await? {
            Some(_) => Ok(login),
            None => Err(LoginError::Unknown),
        }
    }

    /// Opens a stored login for its owner.
    fn opened<L: PendingLogin>(
        &self,
        id: &str,
        sealed: Vec<u8>,
        owner: Owner<'_>,
    ) -> Result<L, LoginError> {
        let sealed = String::from_utf8(sealed).map_err(|_| LoginError::Sealed)?;
        let text = self.key.open(&purpose(id), &sealed);
        let text = text.map_err(|_| LoginError::Sealed)?;
        let record: Record<'_> =
            serde_json::from_str(text.expose()).map_err(|_| LoginError::Sealed)?;
        if (&*record.user, &*record.tenant) != (owner.user, owner.tenant) {
            return Err(LoginError::OtherOwner);
        }
        if record.provider != L::provider().reference() {
            return Err(LoginError::OtherProvider(record.provider.into_owned()));
        }
        L::opened(&record.login, &self.key).map_err(|_| LoginError::Unknown)
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Logins")
    }
}

impl<'a> Owner<'a> {
    /// Names a user of the application, or a session where the user has not signed in yet.
    pub const fn user(user: &'a str) -> Owner<'a> {
        Owner { user, tenant: "" }
    }

    /// Names the tenant of the application that the user belongs to.
    ///
    /// ```
    /// use oauth_runtime::lifecycle::Owner;
    ///
    /// assert_ne!(Owner::user("ann").of("example.com"), Owner::user("ann"));
    /// ```
    pub const fn of(mut self, tenant: &'a str) -> Owner<'a> {
        self.tenant = tenant;
        self
    }
}

impl LoginRedirect {
    /// Returns the URL of the authorization request, where the browser is sent.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the ticket, which the browser keeps in a cookie that no script can read.
    pub fn ticket(&self) -> &Secret {
        &self.ticket
    }

    /// Returns the name of the ticket's cookie, by [`Logins::cookie_name`].
    pub fn cookie_name(&self) -> String {
        Logins::cookie_name(self.state.expose())
    }

    /// Returns the provider.
    pub fn provider(&self) -> &'static Provider {
        self.provider
    }
}

impl fmt::Debug for LoginRedirect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LoginRedirect")
            .field("provider", &self.provider.id)
            .finish_non_exhaustive()
    }
}

/// Returns the hash of a ticket or a state. The store contains only hashes, so that reading it reveals no ticket.
fn id(ticket: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(ticket))
}

fn purpose(id: &str) -> String {
    format!("login {id}")
}

impl fmt::Display for LoginError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoginError::Unknown => formatter.write_str(
                "unknown login: it is already finished, has expired, or did not begin here; begin again",
            ),
            LoginError::OtherOwner => {
                formatter.write_str("another user or session began this login: begin again")
            }
            LoginError::OtherApp => formatter.write_str("another app began this login: begin again"),
            LoginError::OtherProvider(id) => {
                write!(formatter, "this login began at `{id}`: begin again")
            }
            LoginError::Callback(error) => error.fmt(formatter),
            LoginError::Sealed => {
                formatter.write_str("this login cannot be opened: another key sealed it, or its record is damaged; begin again")
            }
            LoginError::Store(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for LoginError {}

impl From<CallbackError> for LoginError {
    fn from(error: CallbackError) -> LoginError {
        LoginError::Callback(error)
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> LoginError {
        LoginError::Store(error)
    }
}
