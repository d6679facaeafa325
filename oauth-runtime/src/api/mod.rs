//! Requests to a provider's API: what they carry, and what the responses mean. This module needs no stored connection.

mod access;
mod answer;
mod answered;
mod error;
mod manners;
mod operation;

pub use access::{Access, Unfit};
pub use answer::ApiAnswer;
pub use answered::Answered;
pub use error::{ApiError, ApiErrorKind};
pub use manners::Manners;
pub use operation::{Operates, Operation};

#[cfg(feature = "lifecycle")]
pub(crate) use error::Details;
