//! Requests to a provider's API: what they carry, and what the responses mean. This module needs no stored connection.

mod access;
mod conventions;
mod error;
mod operation;
mod response;
mod response_reader;

pub use access::{Access, AccessError};
pub use conventions::ApiConventions;
pub use error::{ApiError, ApiErrorKind};
pub use operation::{ApiOperation, Operation};
pub use response::ApiResponse;
pub use response_reader::ApiResponseReader;

#[cfg(feature = "lifecycle")]
pub(crate) use error::Details;
