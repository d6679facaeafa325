#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
mod slack;

fn main() {}
