//! Compiles OAuth provider specs.
//!
//! ```text
//! text ──parse──▶ Document ──lower──▶ Plan ──check──▶ ──emit──▶ Rust | Markdown | HTTP messages
//!        syntax              lower            check            emit
//! ```
//!
//! Nothing here touches files, the environment or the clock; `main.rs` and [`build`] do.

pub mod diagnostic;
pub mod plan;
pub mod render;
pub mod rules;
pub mod source;
pub mod syntax;

mod lower;
mod words;

pub use diagnostic::{Diagnostic, Diagnostics};
pub use plan::Plan;
pub use source::Source;
