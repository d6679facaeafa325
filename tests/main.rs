//! Tests of the workspace from outside, as its users and its reviewers see it. `README.md` describes each folder.

#![allow(clippy::unwrap_used, reason = "tests")]

mod compiler;
mod documents;
mod house;
mod lifecycle;
mod modules;
mod real;
mod simulator;
mod support;
