//! A provider module in a crate outside the workspace. One attribute is the whole setup.

#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
pub mod slack {}
