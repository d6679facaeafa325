//! Requests to a provider's API: what they carry, and what the responses mean. This module needs no stored connection.

mod access;
mod answer;
mod answered;
mod conventions;
mod error;
mod operation;

pub use access::{Access, AccessError};
pub use answer::ApiResponse;
pub use answered::ApiResponseReader;
pub use conventions::ApiConventions;
pub use error::{ApiError, ApiErrorKind};
pub use operation::{ApiOperation, Operation};

#[cfg(feature = "lifecycle")]
pub(crate) use error::Details;
