//! All that it takes.

#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
pub mod slack {}
