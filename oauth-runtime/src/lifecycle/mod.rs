//! The token lifecycle: stored connections whose tokens are refreshed safely.
//!
//! A [`Manager`] keeps the connections of an application in a [`Store`](store::Store). A [`Connection`] returns a valid
//! access token of the provider's type, or the precise reason why there is none. Every refresh follows one [`protocol`]:
//!
//! - Each connection has one refresh at a time, on any number of machines.
//! - New tokens are durable before a caller receives them.
//! - After a crash, the provider's spec decides whether a refresh token may be sent again.
//!
//! [`Connection::api`] calls the provider's API with the token. [`Manager::can`] checks whether a call is permitted.
//! [`Logins`] keep a login until the browser returns. [`Manager::report`] and [`Manager::connections`] return the state of
//! all connections.

pub mod conformance;
pub mod protocol;
pub mod row;
pub mod store;
pub mod stored;

mod about;
mod apart;
mod api;
mod attempt;
mod binding;
mod breaker;
mod connection;
pub(crate) mod dates;
mod deployment;
mod disconnect;
mod event;
mod keep_alive;
#[cfg(feature = "tower")]
mod layer;
mod login_store;
mod logins;
mod manager;
mod memory;
#[cfg(feature = "metrics")]
pub mod metrics;
mod permission;
mod policy;
#[cfg(feature = "postgres")]
mod postgres;
mod renewal;
mod report;
mod reseal;
mod sealing;
#[cfg(feature = "sqlite")]
mod sqlite;
mod status;
mod store_clock;
mod tally;
mod unavailable;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod words;

#[doc(hidden)]
pub use crate::clock::sleep_of_the_machine;
pub use crate::lifecycle::api::{Api, ApiRequest};
pub use crate::lifecycle::connection::{Connection, Fresh};
pub use crate::lifecycle::deployment::Deployment;
pub use crate::lifecycle::disconnect::Revocation;
pub use crate::lifecycle::event::{Change, Event};
pub use crate::lifecycle::keep_alive::{KeepAlive, KeptAlive, Tried};
#[cfg(feature = "tower")]
pub use crate::lifecycle::layer::{ApiLayer, ApiService, Limits};
pub use crate::lifecycle::login_store::LoginStore;
pub use crate::lifecycle::logins::{Begun, LoginRefused, Logins, Owner};
pub use crate::lifecycle::manager::{Manager, Options};
pub use crate::lifecycle::memory::MemoryStore;
pub use crate::lifecycle::permission::{Evidence, Lack, Permission};
#[cfg(feature = "postgres")]
pub use crate::lifecycle::postgres::PostgresStore;
pub use crate::lifecycle::report::Report;
pub use crate::lifecycle::reseal::Resealed;
pub use crate::lifecycle::sealing::{InvalidKeys, SealFormat, SealingKeys, Unopened};
#[cfg(feature = "sqlite")]
pub use crate::lifecycle::sqlite::SqliteStore;
pub use crate::lifecycle::status::{Health, Status};
pub use crate::lifecycle::tally::CallCount;
pub use crate::lifecycle::unavailable::Unavailable;
