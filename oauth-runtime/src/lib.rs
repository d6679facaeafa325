//! The runtime of generated OAuth provider modules.
//!
//! A compiler generates a provider module from a TOML spec: by the attribute [`oauth_provider`], in a build script, or as
//! part of the crate `oauth-providers`. The module builds requests, and this crate sends them.
//!
//! ```
//! use oauth_runtime::oauth_provider;
//!
//! #[oauth_provider("tests/acme.toml")]
//! pub mod acme {}
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const REDIRECT_URI: acme::RedirectUri = acme::RedirectUri::constant("https://app.example.com/callback");
//! let app = acme::App::new("client id", "client secret", REDIRECT_URI);
//!
//! let login = acme::login(&app, &[acme::Scope::READ]);
//! assert!(login.url().starts_with("https://id.acme.example/authorize?response_type=code"));
//!
//! // The browser returns with a query. A forged one is an error, and no call is made.
//! assert!(login.callback("code=stolen&state=guessed").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! The [`guide`] continues with logins, refresh tokens, API calls, tests and operations.
//!
//! | feature | adds |
//! |---|---|
//! | `macros` | the attribute `oauth_provider` |
//! | `reqwest` | [`Http`] over reqwest with rustls; without it, [`Http`] works over any [`Transport`] |
//! | `lifecycle` | connections whose tokens are stored and refreshed; API calls with these tokens |
//! | `sqlite`, `postgres` | stores for connections: SQLite for one machine, PostgreSQL for several |
//! | `tower` | API calls through any `tower` service |
//! | `axum` | a response that begins a login, and an extractor for its callback |
//! | `loopback` | the callback of a tool without a web server |
//! | `operator` | commands for on-call operators |
//! | `metrics` | counters and measurements, through the `metrics` facade |
//!
//! Reading order: a module writes a request with a [`contract::names::Draft`], which becomes a [`Request`]. A [`Call`] pairs
//! the request with a parser for its response. [`Http`] sends the request, and the parser reads the
//! [`contract::names::Answer`] into a [`Token`] or an [`Error`]. Before that, [`contract::Login`] builds the authorization
//! request and verifies the callback.

mod api;
mod call;
mod error;
mod http;
mod json;
mod printable;
mod request;
mod response;
mod scope;
mod token;

mod login;

mod clock;
mod provider;
mod secret;

pub mod contract;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "lifecycle")]
pub mod lifecycle;
#[cfg(feature = "operator")]
pub mod operator;
#[cfg(feature = "axum")]
pub mod web;

pub use crate::api::{
    Access, AccessError, Answered, ApiAnswer, ApiConventions, ApiError, ApiErrorKind, ApiOperation,
    Operation,
};
pub use crate::call::Call;
pub use crate::error::{Error, Kind};
#[cfg(feature = "reqwest")]
pub use crate::http::HttpBounds;
pub use crate::http::{Http, Transport, TransportFuture};
pub use crate::login::callback::{CallbackError, CallbackErrorKind};
#[cfg(feature = "loopback")]
pub use crate::login::loopback::Loopback;
pub use crate::login::pending_login::PendingLogin;
pub use crate::login::redirect::InvalidRedirectUri;
pub use crate::login::secrets::LoginSecrets;
pub use crate::login::{Code, Login};
pub use crate::provider::app_identity::AppIdentity;
pub use crate::provider::fingerprint::{Fingerprint, SpecChange};
pub use crate::provider::input::InvalidInput;
pub use crate::provider::registered_app::{RegisteredApp, Registration};
pub use crate::provider::stored_token::{StoredInputs, StoredToken};
pub use crate::provider::{
    ErrorCode, Grace, KnownError, Provider, Remedy, Renewal, Reuse, Rotation, TokenPolicy,
};
pub use crate::request::Request;
pub use crate::request::drawn::Drawn;
pub use crate::request::method::Method;
pub use crate::response::failure::{Failure, Refusal, Rescue};
pub use crate::response::rate_limit::{Bucket, Limit, RateLimit, Wait};
pub use crate::response::unreachable::{TransportError, Unreachable};
pub use crate::secret::Secret;
pub use crate::secret::seal::{SealError, SealingKey};
pub use crate::token::refresh_token::RefreshToken;
pub use crate::token::{Scopes, Token, TokenType};

#[cfg(feature = "macros")]
pub use oauth_macros::oauth_provider;
