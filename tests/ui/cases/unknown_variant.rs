#[oauth_runtime::oauth_provider("../../../specs/slack.toml", variant = "rotated")]
mod slack {}

fn main() {}
