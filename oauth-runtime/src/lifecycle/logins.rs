//! [`Logins`]: logins bound to the session that began them, each finished once.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::begun_login::BegunLogin;
use crate::contract::Login;
use crate::lifecycle::login_store::LoginStore;
use crate::lifecycle::store::StoreError;
use crate::provider::Provider;
use crate::seal::{SealingKey, entropy};
use crate::secret::Secret;

/// Logins while the browser is away. What a browser holds of one is a ticket; the login itself stays here, bound to
/// whoever began it, and is taken out once: a callback that comes twice, or in somebody else's session, finishes
/// nothing (RFC 9700 §4.7).
///
/// ```no_run
/// # use oauth_runtime::{BegunLogin, lifecycle::{LoginRefused, Logins, Owner}};
/// # async fn example<L: BegunLogin>(logins: Logins, login: L, cookie: &str) -> Result<(), Box<dyn std::error::Error>> {
/// // The user ann asks to connect: the ticket goes into a cookie, the browser to the provider.
/// let begun = logins.begin(Owner::user("ann"), &login).await?;
/// println!("{} {}", begun.url(), begun.ticket().expose());
///
/// // The browser is back.
/// let login: L = logins.take(Owner::user("ann"), cookie).await?;
/// # Ok(())
/// # }
/// ```
pub struct Logins {
    store: Box<dyn LoginStore>,
    key: SealingKey,
}

/// Who began a login: nobody else can finish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner<'a> {
    user: &'a str,
    tenant: &'a str,
}

/// A login that has begun, for the browser of whoever began it.
pub struct Begun {
    url: String,
    ticket: Secret,
    provider: &'static Provider,
}

/// Why a login is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginRefused {
    /// There is no such login: it was finished already, is over, or never began here.
    Unknown,
    /// Somebody else began it. It is used up.
    OtherOwner,
    /// It began at another provider, of this id. It is used up.
    OtherProvider(String),
    /// It was sealed by another key.
    Sealed,
    /// The store failed.
    Store(StoreError),
}

/// What is kept, sealed.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    user: &'a str,
    tenant: &'a str,
    provider: &'a str,
    redirect_uri: &'a str,
    login: &'a str,
}

impl Logins {
    /// Kept in this store, and sealed by this key: a new one ends the logins that are under way.
    pub fn new(store: impl LoginStore + 'static, key: SealingKey) -> Logins {
        Logins {
            store: Box::new(store),
            key,
        }
    }

    /// Keeps a login for its owner. It is over after an hour.
    pub async fn begin<L: BegunLogin>(
        &self,
        owner: Owner<'_>,
        login: &L,
    ) -> Result<Begun, StoreError> {
        let ticket = Secret::new(URL_SAFE_NO_PAD.encode(entropy::<32>()));
        let id = id(ticket.expose());
        let record = Record {
            user: owner.user,
            tenant: owner.tenant,
            provider: &L::provider().reference(),
            redirect_uri: login.redirect_uri(),
            login: &login.sealed(&self.key),
        };
        let text = serde_json::to_string(&record).unwrap_or_default();
        let sealed = self.key.seal(&purpose(&id), Secret::new(text));
        let kept = self.store.keep_login(&id, sealed.into_bytes(), Login::LIFE);
        kept.await?;
        Ok(Begun {
            url: login.authorization_url().to_owned(),
            ticket,
            provider: L::provider(),
        })
    }

    /// Takes the login of a ticket out, for whoever began it. It is used up in any case.
    pub async fn take<L: BegunLogin>(
        &self,
        owner: Owner<'_>,
        ticket: &str,
    ) -> Result<L, LoginRefused> {
        let id = id(ticket);
        let sealed = self.store.take_login(&id).await?;
        let sealed = sealed.ok_or(LoginRefused::Unknown)?;
        let sealed = String::from_utf8(sealed).map_err(|_| LoginRefused::Sealed)?;
        let text = self.key.open(&purpose(&id), &sealed);
        let text = text.map_err(|_| LoginRefused::Sealed)?;
        let record: Record<'_> =
            serde_json::from_str(text.expose()).map_err(|_| LoginRefused::Sealed)?;
        if (record.user, record.tenant) != (owner.user, owner.tenant) {
            return Err(LoginRefused::OtherOwner);
        }
        if record.provider != L::provider().reference() {
            return Err(LoginRefused::OtherProvider(record.provider.to_owned()));
        }
        let login = L::opened(record.login, &self.key).map_err(|_| LoginRefused::Unknown)?;
        // Two redirect URIs of one app are two places where a callback may be mixed up.
        match login.redirect_uri() == record.redirect_uri {
            true => Ok(login),
            false => Err(LoginRefused::Unknown),
        }
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Logins")
    }
}

impl<'a> Owner<'a> {
    /// A user of the application, or the id of a session where nobody has logged in yet.
    pub const fn user(user: &'a str) -> Owner<'a> {
        Owner { user, tenant: "" }
    }

    /// The same within a tenant of the application.
    pub const fn of(mut self, tenant: &'a str) -> Owner<'a> {
        self.tenant = tenant;
        self
    }
}

impl Begun {
    /// Where to send the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What the browser keeps, in a cookie that no script reads.
    pub fn ticket(&self) -> &Secret {
        &self.ticket
    }

    /// The provider.
    pub fn provider(&self) -> &'static Provider {
        self.provider
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Begun")
            .field("provider", &self.provider.id)
            .finish_non_exhaustive()
    }
}

/// A store that somebody reads has no tickets to show.
fn id(ticket: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(ticket))
}

fn purpose(id: &str) -> String {
    format!("login {id}")
}

impl fmt::Display for LoginRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoginRefused::Unknown => formatter.write_str(
                "there is no such login: it was finished already, is over, or never began here; begin again",
            ),
            LoginRefused::OtherOwner => {
                formatter.write_str("somebody else began this login: begin again")
            }
            LoginRefused::OtherProvider(id) => {
                write!(formatter, "this login began at `{id}`: begin again")
            }
            LoginRefused::Sealed => {
                formatter.write_str("this login was sealed by another key: begin again")
            }
            LoginRefused::Store(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for LoginRefused {}

impl From<StoreError> for LoginRefused {
    fn from(error: StoreError) -> LoginRefused {
        LoginRefused::Store(error)
    }
}
