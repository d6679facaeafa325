//! Emitters that generate Rust and Markdown. They read nothing but the Plan.

#[cfg(feature = "docs")]
pub mod docs;
pub mod package;
mod prose;
pub mod rust;
mod text;
