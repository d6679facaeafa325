//! The workspace from outside, as its users and its reviewers meet it.

mod compiled;
mod findings;
mod fresh;
mod http_door;
mod logins;
mod outside;
mod rules;
mod tidy;
