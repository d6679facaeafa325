//! Emitters that generate Rust and Markdown. They read nothing but the Plan.

#[cfg(feature = "docs")]
pub mod docs;
#[cfg(feature = "cli")]
pub mod example;
pub mod package;
mod prose;
pub mod rust;
pub(crate) mod text;
