#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
mod slack {}

#[oauth_runtime::oauth_provider("../../../specs/github.toml")]
mod github {}

fn give(app: &slack::App, token: &github::AccessToken) {
    let _ = slack::revoke_bot(app, token);
}

fn main() {}
