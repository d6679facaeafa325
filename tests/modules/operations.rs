//! A login gets the operations of the app instead of scopes, and the compiler computes the scopes.

use oauth_runtime::{LoginSecrets, oauth_provider};

#[oauth_provider("../../specs/slack.toml")]
mod slack {}

use slack::Operation;

/// Scopes that the compiler computes. Only a slice of constants remains in the program.
const ASKED: slack::BotScopesNeeded = slack::BotScopesNeeded::by(&[
    Operation::CHAT_POST_MESSAGE,
    Operation::REACTIONS_ADD,
    Operation::USERS_INFO,
]);

#[test]
fn a_login_for_three_operations_asks_for_their_three_scopes() {
    let app = slack::App::new(
        "id",
        "secret",
        slack::RedirectUri::constant("https://app.example.com/cb"),
    );
    let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
    let options = slack::LoginOptions {
        bot_scopes: ASKED.as_slice(),
        ..Default::default()
    };
    let login = slack::login_with(&app, options, &secrets);
    let mut scopes: Vec<&str> = ASKED
        .as_slice()
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["chat:write", "reactions:write", "users:read"]);
    let url = login.url().to_owned();
    let mut in_url: Vec<&str> = url
        .split('&')
        .find_map(|pair| pair.strip_prefix("scope="))
        .unwrap()
        .split("%2C")
        .collect();
    in_url.sort_unstable();
    assert_eq!(
        in_url.join(","),
        "chat%3Awrite,reactions%3Awrite,users%3Aread",
        "{url}"
    );
}

#[test]
fn any_of_several_scopes_is_asked_for_only_if_none_is_there() {
    const HISTORY: slack::BotScopesNeeded =
        slack::BotScopesNeeded::by(&[Operation::CONVERSATIONS_HISTORY]);
    assert_eq!(HISTORY.as_slice().len(), 1);
}

#[test]
fn a_scope_beyond_the_operations_is_asked_for_by_name() {
    #[expect(deprecated, reason = "the warning is what this test is about")]
    const MORE: slack::BotScopesNeeded = ASKED.and(slack::BotScope::COMMANDS);
    assert_eq!(MORE.as_slice().len(), 4);
}

#[test]
fn the_page_shows_what_each_operation_needs_and_why() {
    let page = include_str!("../../generated/docs/slack.md");
    assert!(page.contains("## Permissions"));
    let row = page
        .lines()
        .find(|line| line.starts_with("| `chat:write` |"))
        .unwrap();
    assert!(row.contains("Post a message"), "{row}");
    let operation = page
        .lines()
        .find(|line| line.starts_with("| [`users.info`]"))
        .unwrap();
    assert!(
        operation.contains("`users:read`") && operation.contains("users:read.email"),
        "{operation}"
    );
}
