//! The workspace from outside, as its users and its reviewers meet it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod bite;
mod compiled;
mod documented;
mod findings;
mod fresh;
mod http_door;
mod logins;
mod outside;
mod regional;
mod rules;
mod signed;
mod tidy;
