//! The token lifecycle: stored connections whose tokens are refreshed safely.
//!
//! A [`Manager`] keeps the connections of an application in a [`Store`](store::Store). A [`Connection`] returns a valid
//! access token of the provider's type, or the precise reason why there is none. Every refresh follows one protocol:
//!
//! - Each connection has one refresh at a time, on any number of machines.
//! - New tokens are durable before a caller receives them.
//! - After a crash, the provider's spec decides whether a refresh token may be sent again.
//!
//! [`Connection::api`] calls the provider's API with the token. [`Manager::can`] checks whether a call is permitted.
//! [`Logins`] keep a login until the browser returns. [`Manager::report`] and [`Manager::connections`] return the state of
//! all connections.

// Public for the tests that explore the steps of a refresh. It is not part of the stable interface.
#[doc(hidden)]
pub mod protocol;
pub mod store;

mod api;
mod connection;
#[cfg(feature = "tower")]
mod layer;
mod logins;
mod manager;
pub(crate) mod operate;
mod options;
mod permission;
mod shared;

#[doc(hidden)]
pub use crate::clock::sleep_of_the_machine;
pub use crate::lifecycle::api::{Api, ApiRequest};
pub use crate::lifecycle::connection::Connection;
pub use crate::lifecycle::connection::disconnect::Revocation;
pub use crate::lifecycle::connection::token_error::TokenError;
pub use crate::lifecycle::connection::token_guard::TokenGuard;
#[cfg(feature = "tower")]
pub use crate::lifecycle::layer::{ApiLayer, ApiService, Limits};
pub use crate::lifecycle::logins::{LoginError, LoginRedirect, Logins, Owner};
pub use crate::lifecycle::manager::Manager;
pub use crate::lifecycle::operate::event::{Change, Event};
pub use crate::lifecycle::operate::keep_alive::{KeepAlive, KeepAliveSummary, RefreshResult};
#[cfg(feature = "metrics")]
pub use crate::lifecycle::operate::metrics;
pub use crate::lifecycle::operate::report::Report;
pub use crate::lifecycle::operate::status::{Health, Status};
pub use crate::lifecycle::operate::tally::CallCount;
pub use crate::lifecycle::options::Options;
pub use crate::lifecycle::permission::{Evidence, Lack, Permission};
pub use crate::lifecycle::protocol::{row, stored};
pub use crate::lifecycle::store::conformance;
pub use crate::lifecycle::store::deployment::Deployment;
pub use crate::lifecycle::store::login_store::LoginStore;
pub use crate::lifecycle::store::memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use crate::lifecycle::store::postgres::PostgresStore;
pub use crate::lifecycle::store::reseal::Resealed;
pub use crate::lifecycle::store::sealing::{InvalidKeys, SealFormat, SealingKeys, UnsealError};
#[cfg(feature = "sqlite")]
pub use crate::lifecycle::store::sqlite::SqliteStore;
