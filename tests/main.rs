//! The workspace from outside, as its users and its reviewers meet it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod api_client;
mod bite;
mod browser;
mod census;
mod changes;
mod compiled;
mod connected;
mod defects;
mod documented;
mod editor;
mod every_module;
mod findings;
mod foreign;
mod fresh;
mod granted;
mod http_door;
mod kept;
mod leaks;
mod login_sessions;
mod logins;
mod on_call;
mod operations;
mod outside;
mod overlays;
mod pages;
mod planted;
mod regional;
mod reported;
mod rules;
mod schema;
mod signed;
mod simulated;
mod simulated_orders;
mod simulated_plans;
mod simulated_served;
mod tidy;
mod trial;
mod whose_app;
