//! A pending login belongs to its owner and is found by its state. Only its callback consumes it, and only once.

use std::sync::Arc;
use std::time::Duration;

use oauth_providers::{github, slack};
use oauth_runtime::PendingLogin as _;
use oauth_runtime::lifecycle::{LoginError, LoginRedirect, Logins, MemoryStore, Owner};
use oauth_runtime::{SealingKey, login::CallbackErrorKind};
use proptest::prelude::*;

const BACK: &str = "https://app.example.com/callback";
const ANN: Owner<'static> = Owner::user("ann");

fn logins() -> (Arc<MemoryStore>, Logins) {
    let store = Arc::new(MemoryStore::new());
    let key = SealingKey::from_bytes(&[7; 32]);
    (store.clone(), Logins::new(store, key))
}

fn slack_app() -> slack::App {
    slack::App::new("id", "secret", slack::RedirectUri::constant(BACK))
}

fn slack_login() -> slack::Login {
    let scopes = [slack::BotScope::CHAT_WRITE];
    slack::login(
        &slack_app(),
        slack::LoginOptions {
            bot_scopes: &scopes,
            ..Default::default()
        },
    )
}

/// Returns the callback of a login, as a request target.
fn target(login: &slack::Login) -> String {
    let (_, behind) = login.url().split_once("state=").unwrap();
    let state = behind.split('&').next().unwrap();
    format!("/callback?code=c&state={state}")
}

async fn taken(
    logins: &Logins,
    owner: Owner<'_>,
    begun: &LoginRedirect,
    target: &str,
) -> Result<String, LoginError> {
    let ticket = begun.ticket().expose();
    let login = logins
        .take::<slack::Login>(owner, &slack_app(), ticket, target)
        .await?;
    Ok(login.state().to_owned())
}

#[tokio::test]
async fn a_login_is_taken_once_by_its_owner() {
    let (_, logins) = logins();
    for owner in [
        ANN,
        ANN.of("acme"),
        Owner::user("a \"quoted\" \\ näme\n").of("\u{7}"),
    ] {
        let login = slack_login();
        let begun = logins.begin(owner, &login).await.unwrap();
        assert_eq!(begun.url(), login.url());
        let target = target(&login);
        let first = taken(&logins, owner, &begun, &target).await;
        assert_eq!(first.as_deref(), Ok(login.state()));
        let again = taken(&logins, owner, &begun, &target).await;
        assert_eq!(again, Err(LoginError::Unknown), "it was taken");
    }
    let app = slack_app();
    let forged = logins.take::<slack::Login>(ANN, &app, "forged", "/callback?code=c&state=s");
    assert_eq!(forged.await.err(), Some(LoginError::Unknown));
}

#[tokio::test]
async fn of_two_callbacks_at_once_one_takes_the_login() {
    let (_, logins) = logins();
    let login = slack_login();
    let begun = logins.begin(ANN, &login).await.unwrap();
    let target = target(&login);
    let take = || taken(&logins, ANN, &begun, &target);
    let (one, other) = tokio::join!(take(), take());
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_callback_that_is_not_the_login_s_own_changes_nothing() {
    let (_, logins) = logins();
    let login = slack_login();
    let begun = logins.begin(ANN.of("acme"), &login).await.unwrap();
    let own = target(&login);
    let other = target(&slack_login());
    for owner in [Owner::user("bob").of("acme"), ANN.of("other"), ANN] {
        let foreign = taken(&logins, owner, &begun, &own).await;
        assert_eq!(foreign, Err(LoginError::OtherOwner));
    }
    let ticket = begun.ticket().expose();
    let at_github = github::App::new("id", "secret", github::RedirectUri::constant(BACK));
    let github = logins.take::<github::Login>(ANN.of("acme"), &at_github, ticket, &own);
    let at_slack = LoginError::OtherProvider("slack".to_owned());
    assert_eq!(github.await.err(), Some(at_slack));
    for app in [
        slack_app().with_environment(slack::Environment::Gov),
        slack::App::new("other", "secret", slack::RedirectUri::constant(BACK)),
    ] {
        let foreign = logins.take::<slack::Login>(ANN.of("acme"), &app, ticket, &own);
        assert_eq!(foreign.await.err(), Some(LoginError::OtherApp));
    }
    let elsewhere = |path: &str| CallbackErrorKind::OtherRedirectUri {
        path: path.to_owned(),
        expected: "/callback".to_owned(),
    };
    let unverified = CallbackErrorKind::Unverified {
        code: "access_denied".to_owned(),
    };
    for (target, problem) in [
        ("/callback?x".to_owned(), CallbackErrorKind::MissingState),
        ("/callback".to_owned(), CallbackErrorKind::MissingState),
        ("/callback?error=access_denied".to_owned(), unverified),
        (other, CallbackErrorKind::OtherState),
        (
            format!("{own}&state=s"),
            CallbackErrorKind::Repeated("state".to_owned()),
        ),
        (
            own.replace("code=c", "code="),
            CallbackErrorKind::MissingCode,
        ),
        (own.replace("/callback", "/other"), elsewhere("/other")),
        (
            own.replace("/callback", "/callback/"),
            elsewhere("/callback/"),
        ),
        (
            own.replace("/callback", "https://app.example.com/other"),
            elsewhere("/other"),
        ),
    ] {
        let refused = taken(&logins, ANN.of("acme"), &begun, &target).await;
        match refused {
            Err(LoginError::Callback(error)) => {
                assert_eq!(*error.problem(), problem, "{target}");
            }
            other => panic!("{target}: {other:?}"),
        }
    }
    let finished = taken(&logins, ANN.of("acme"), &begun, &own).await;
    assert_eq!(finished.as_deref(), Ok(login.state()));
}

#[tokio::test]
async fn a_refusal_with_the_login_s_state_ends_it() {
    let (_, logins) = logins();
    let login = slack_login();
    let begun = logins.begin(ANN, &login).await.unwrap();
    let target = target(&login).replace("code=c", "error=access_denied");
    let ticket = begun.ticket().expose();
    let app = slack_app();
    let ended = logins
        .take::<slack::Login>(ANN, &app, ticket, &target)
        .await;
    let error = ended.unwrap().callback(&target).unwrap_err();
    assert!(error.is_refusal(), "{error}");
    let again = taken(&logins, ANN, &begun, &target).await;
    assert_eq!(again, Err(LoginError::Unknown));
}

#[tokio::test]
async fn a_login_expires_after_an_hour() {
    let (store, logins) = logins();
    let login = slack_login();
    let begun = logins.begin(ANN, &login).await.unwrap();
    store.advance(Duration::from_secs(3600));
    let late = taken(&logins, ANN, &begun, &target(&login)).await;
    assert_eq!(late, Err(LoginError::Unknown));
}

#[tokio::test]
async fn a_path_that_a_proxy_removes_is_put_back() {
    let (_, logins) = logins();
    let logins = logins.with_path_prefix("/tools");
    let back = slack::RedirectUri::constant("https://app.example.com/tools/callback");
    let app = slack::App::new("id", "secret", back);
    let login = slack::login(&app, slack::LoginOptions::default());
    let begun = logins.begin(ANN, &login).await.unwrap();
    let own = target(&login);
    let twice = format!("/tools{own}");
    assert!(taken(&logins, ANN, &begun, &twice).await.is_err());
    let finished = taken(&logins, ANN, &begun, &own).await;
    assert_eq!(finished.as_deref(), Ok(login.state()));
}

#[test]
fn the_pending_logins_of_a_browser_have_cookies_of_different_names() {
    let names: Vec<String> = ["", "a", "b", "aa", "A"].map(Logins::cookie_name).to_vec();
    for (index, name) in names.iter().enumerate() {
        let own = name.strip_prefix(Logins::COOKIE_PREFIX).unwrap();
        assert_eq!(own.len(), 16);
        assert!(
            own.chars()
                .all(|own| own.is_ascii_alphanumeric() || "-_".contains(own))
        );
        assert!(!names[..index].contains(name), "{name}");
    }
}

proptest! {
    #[test]
    fn no_text_without_the_state_changes_a_login(texts in prop::collection::vec("[a-e=&%?/:#+st0-9]{0,40}", 1..4)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (_, logins) = logins();
            let login = slack_login();
            let begun = logins.begin(ANN, &login).await.unwrap();
            for text in &texts {
                for target in [text.clone(), format!("/callback?{text}"), format!("/callback?code=c&state={text}")] {
                    let refused = taken(&logins, ANN, &begun, &target).await;
                    assert!(matches!(refused, Err(LoginError::Callback(_))), "{target}: {refused:?}");
                }
            }
            let finished = taken(&logins, ANN, &begun, &target(&login)).await;
            assert_eq!(finished.as_deref(), Ok(login.state()));
        });
    }
}
