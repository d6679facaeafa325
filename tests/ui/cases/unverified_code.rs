#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
mod slack {}

fn trade(app: &slack::App) {
    let _ = slack::exchange(app, "a code from somewhere");
}

fn main() {}
