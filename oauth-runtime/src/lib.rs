//! An OAuth 2.0 client for applications that connect to many providers.
//!
//! A compiler generates a Rust module for each provider from a TOML spec, which states how the provider differs from the
//! standard. A generated module builds requests and reads responses, without any I/O. This crate sends the requests, verifies
//! callbacks, and stores and refreshes tokens.
//!
//! | a module comes from | how |
//! |---|---|
//! | the attribute [`oauth_provider`] | `#[oauth_provider("specs/slack.toml")] pub mod slack {}` |
//! | a build script | `oauth_spec::build::modules(&["specs/slack.toml"])` |
//! | the crate `oauth-providers` | `features = ["slack"]` |
//!
//! # First login
//!
//! `login` builds the authorization request, `callback` verifies the authorization response, and `exchange` builds the token
//! request. [`Http`] sends it.
//!
//! ```
//! use oauth_runtime::{Http, oauth_provider};
//!
//! #[oauth_provider("tests/acme.toml")]
//! pub mod acme {}
//!
//! async fn connect(http: &Http, query: &str) -> Result<acme::AccessToken, Box<dyn std::error::Error>> {
//!     const REDIRECT_URI: acme::RedirectUri = acme::RedirectUri::constant("https://app.example.com/callback");
//!     let app = acme::App::new("client id", "client secret", REDIRECT_URI);
//!
//!     // Keep the login in the user's session; take it out when the browser is back.
//!     let login = acme::login(&app, &[acme::Scope::READ]);
//!     println!("send the browser to {}", login.url());
//!
//!     // The query of the callback's URL. A forged one is an error, and no request is sent.
//!     let code = login.callback(query)?;
//!
//!     let tokens = http.send(acme::exchange(&app, code)).await?;
//!     Ok(tokens.access)
//! }
//! # fn main() {}
//! ```
//!
//! [`guide::first_login`] continues with scopes, web applications, tools without a web server, and other HTTP clients.
//!
//! # Tokens
//!
//! Each provider has separate token types, which wrap a [`Token`]. A token of one provider is not accepted by the functions of
//! another one. If the provider rotates refresh tokens, `refresh` consumes the refresh token:
//!
//! ```
//! # use oauth_runtime::{Http, oauth_provider};
//! # #[oauth_provider("tests/acme.toml")]
//! # pub mod acme {}
//! async fn renewed(
//!     http: &Http,
//!     app: &acme::App,
//!     mut token: acme::AccessToken,
//! ) -> Result<acme::AccessToken, Box<dyn std::error::Error>> {
//!     let refresh_token = token.take_refresh_token().ok_or("the response has no refresh token")?;
//!     Ok(http.send(acme::refresh(app, refresh_token)).await?)
//! }
//! # fn main() {}
//! ```
//!
//! # Stored connections
//!
//! With the feature `lifecycle`, a `Manager` stores the tokens, sealed, and refreshes them when that is due: once for all
//! callers in all processes. New tokens are durable before a caller receives them.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # mod example {
//! # use std::path::Path;
//! # use oauth_runtime::{Http, oauth_provider};
//! # #[oauth_provider("tests/acme.toml")]
//! # pub mod acme {}
//! use oauth_runtime::lifecycle::{Deployment, Manager, SealingKeys, SqliteStore};
//!
//! # async fn example(
//! #     http: Http, app: acme::App, token: acme::AccessToken
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqliteStore::open(Path::new("connections.db"), &Deployment::named("production-eu"))?;
//! let manager = Manager::new(store, http, SealingKeys::from_env("SEALING_KEYS")?);
//! manager.connect("ann", &app, token, ()).await?;
//!
//! // Later, in any process:
//! let ann = manager.connection::<acme::AccessToken>("ann", &app).await?;
//! let token = ann.token().await?;
//!
//! // Or call the provider's API with the token:
//! let me: serde_json::Value = ann.api().get("/users/me").send().await?.json()?;
//! # Ok(())
//! # }
//! # }
//! # fn main() {}
//! ```
//!
//! [`guide::tokens`] describes refreshes and their failures, and [`guide::api`] describes API calls.
//!
//! # Errors
//!
//! [`Error`] is a failed call. It states which party caused the failure ([`Error::kind`]), the provider's code, and the remedy.
//! Its texts never contain a secret.
//!
//! ```
//! # fn example(error: &oauth_runtime::Error) {
//! use oauth_runtime::Remedy;
//!
//! match error.remedy() {
//!     Remedy::LogIn => println!("ask the user to connect {} again", error.provider()),
//!     Remedy::Retry | Remedy::SlowDown => println!("again in {:?}", error.retry_after()),
//!     _ => println!("a person must correct this: {error}; {}", error.advice()),
//! }
//! # }
//! ```
//!
//! A callback that is not valid is a [`CallbackError`], and a failed API call is an [`ApiError`]. A connection without a valid
//! token is a `lifecycle::TokenError`.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `macros` (default) | the attribute `oauth_provider` |
//! | `reqwest` (default) | [`Http`] over reqwest with rustls; without it, [`Http`] works over any [`Transport`](http::Transport) |
//! | `lifecycle` | connections whose tokens are stored and refreshed; API calls with these tokens |
//! | `sqlite`, `postgres` | stores for connections: SQLite for one machine, PostgreSQL for several; with `lifecycle` |
//! | `tower` | API calls through any `tower` service |
//! | `axum` | a response that begins a login, and an extractor for its callback; axum 0.8, with `lifecycle` |
//! | `loopback` | the callback of a tool without a web server |
//! | `operator` | commands for on-call operators |
//! | `metrics` | counters and measurements, through the `metrics` facade |
//!
//! # Guide
//!
//! - [`guide::first_login`], [`guide::tokens`], [`guide::api`]: the sections above, in detail
//! - [`guide::simulator`]: tests with simulated providers
//! - [`guide::operations`], [`guide::security`]: commands for operators, sealing keys, what is enforced
//! - [`guide::specs`]: how to write a spec
//! - [`guide::compare`]: other OAuth crates for Rust
//!
//! Generated modules use the hidden module `contract`, whose version RELEASING.md describes.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod call;
mod clock;
mod error;
mod json;
mod printable;
mod request;
mod response;
mod scope;

pub mod api;
// Generated modules use it, and applications do not. Error messages then name the items by their public paths.
#[doc(hidden)]
pub mod contract;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod http;
#[cfg(feature = "lifecycle")]
pub mod lifecycle;
pub mod login;
#[cfg(feature = "operator")]
pub mod operator;
pub mod provider;
pub mod secret;
pub mod token;
#[cfg(feature = "axum")]
pub mod web;

#[doc(inline)]
pub use crate::api::ApiError;
pub use crate::call::Call;
pub use crate::error::{Error, ErrorKind};
#[doc(inline)]
pub use crate::http::Http;
#[doc(inline)]
pub use crate::login::{CallbackError, LoginSecrets, PendingLogin};
#[doc(inline)]
pub use crate::provider::Remedy;
#[doc(inline)]
pub use crate::secret::{SealingKey, Secret};
#[doc(inline)]
pub use crate::token::{Scopes, Token};

#[cfg(feature = "macros")]
pub use oauth_macros::oauth_provider;
