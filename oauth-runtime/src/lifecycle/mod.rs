//! Tokens that are never lost.

pub mod conformance;
pub mod protocol;
pub mod row;
pub mod store;
pub mod stored;

mod deployment;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store_clock;

pub use crate::lifecycle::deployment::Deployment;
pub use crate::lifecycle::memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use crate::lifecycle::sqlite::SqliteStore;
