//! The compiler and its command: the language, its rules and findings, and the output that a Plan determines.

mod bite;
pub(crate) mod changed;
mod changes;
mod combinations;
mod compiled;
mod defects;
mod editor;
mod findings;
pub(crate) mod fresh;
mod hostile;
mod hosts;
mod overlays;
mod profiles;
mod random;
mod reported;
mod rules;
mod schema;
mod spec_text;
mod writing;
