//! Emitters that generate Rust, Markdown and HTTP messages. They read nothing but the Plan.

#[cfg(feature = "docs")]
pub mod docs;
pub mod examples;
mod functions;
pub mod outcome;
pub mod package;
mod prose;
pub mod rust;
mod text;
pub mod wire;
