//! Generated modules: the requests that they send, and the responses that they accept or reject.

mod cases;
mod differential;
mod documented;
mod every_module;
pub(crate) mod mutations;
mod operations;
mod regional;
mod signed;
