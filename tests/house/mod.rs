//! Rules of the code base, the repository and its workflows: dependencies, secrets, and the results of a security review.

mod imports;
pub(crate) mod leaks;
mod packages;
mod security;
mod tidy;
mod workflows;
