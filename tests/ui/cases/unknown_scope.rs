#[oauth_runtime::oauth_provider("../../../specs/slack.toml")]
mod slack {}

fn main() {
    let _ = slack::BotScope::CHAT_WRIT;
}
