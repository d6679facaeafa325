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

mod answer;
mod api;
mod app_identity;
mod bearer;
mod begun_login;
mod call;
mod challenge;
mod claims;
mod draft;
mod encode;
mod encoded_once;
mod error;
mod failure;
mod fingerprint;
mod form_members;
mod http;
mod json;
mod json_members;
mod member_forms;
mod members;
mod method;
mod printable;
mod request;
mod token;
mod unreachable;

mod callback;
mod login;
mod login_secrets;
mod login_text;
mod managed;
mod seal;

mod all_scopes;
mod clock;
mod drawn;
mod functions;
mod granted;
mod input;
mod least_set;
mod marks;
mod paths;
mod pattern;
mod provider;
mod query;
mod rate_limit;
mod redirect;
mod redirect_uri;
mod scan;
mod scope_name;
mod secret;
mod values;
mod verified_callback;
mod wipe;

#[cfg(any(feature = "axum", feature = "loopback"))]
mod browser;
pub mod contract;
#[cfg(any(doc, doctest))]
pub mod guide;
#[cfg(feature = "lifecycle")]
pub mod lifecycle;
#[cfg(feature = "loopback")]
mod loopback;
#[cfg(feature = "operator")]
pub mod operator;
#[cfg(feature = "axum")]
pub mod web;

pub use crate::api::{
    Access, Answered, ApiAnswer, ApiError, ApiErrorKind, Manners, Operates, Operation, Unfit,
};
pub use crate::app_identity::AppIdentity;
pub use crate::begun_login::BegunLogin;
pub use crate::call::Call;
pub use crate::callback::{CallbackError, Problem};
pub use crate::drawn::Drawn;
pub use crate::error::{Error, Kind};
pub use crate::failure::{Failure, Refusal, Rescue};
pub use crate::fingerprint::{Fingerprint, SpecChange};
#[cfg(feature = "reqwest")]
pub use crate::http::HttpBounds;
pub use crate::http::{Answering, Http, Transport};
pub use crate::input::InvalidInput;
pub use crate::login_secrets::LoginSecrets;
#[cfg(feature = "loopback")]
pub use crate::loopback::Loopback;
pub use crate::managed::{KeptInputs, Managed, Registration};
pub use crate::method::Method;
pub use crate::provider::{
    ErrorCode, Grace, KnownError, Provider, Remedy, Renewal, Reuse, Rotation, TokenPolicy,
};
pub use crate::rate_limit::{Bucket, Limit, RateLimit, Wait};
pub use crate::redirect::InvalidRedirectUri;
pub use crate::request::Request;
pub use crate::seal::{SealError, SealingKey};
pub use crate::secret::Secret;
pub use crate::token::{Scopes, Token};
pub use crate::unreachable::{TransportError, Unreachable};

#[cfg(feature = "macros")]
pub use oauth_macros::oauth_provider;
