//! Tokens that are never lost.

pub mod protocol;
pub mod row;
pub mod stored;
