//! Emitters: from the Plan to Rust, to Markdown and to HTTP messages. They see nothing but the Plan.

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
