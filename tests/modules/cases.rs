//! Situations that users of OAuth clients report in public. Each is a test with a matching name. `cases/README.md` has a
//! row for each reported case.

mod empty;
mod id_tokens;
mod language;
mod people;
mod time;
mod tokens;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use oauth_runtime::lifecycle::{Connection, Manager, MemoryStore, RefreshResult, TokenError};
use oauth_runtime::{LoginSecrets, Token, oauth_provider};

use crate::modules::mutations::{an_hour_left, key};
use crate::support::pages;
use crate::support::scripted::{Scripted, answer};

#[oauth_provider("../specs/plain.toml")]
mod plain {}

const BACK: &str = "https://app.example.com/callback";

/// A reported situation and its tests.
struct Case {
    id: &'static str,
    situation: &'static str,
    was: &'static str,
    now: &'static str,
    /// The tests, each with its file.
    tests: &'static [&'static str],
}

fn cases() -> Vec<&'static Case> {
    let all = [
        tokens::CASES,
        empty::CASES,
        language::CASES,
        time::CASES,
        people::CASES,
    ];
    let mut cases: Vec<_> = all.into_iter().flatten().collect();
    cases.sort_by_key(|case| case.id);
    cases
}

/// An app at the provider `plain`, and a connection to it.
struct World {
    provider: Arc<Scripted>,
    store: Arc<MemoryStore>,
    manager: Manager,
    connection: Connection<plain::AccessToken>,
}

fn app() -> plain::App {
    plain::App::new("id", "secret", plain::RedirectUri::constant(BACK))
}

/// Returns the secrets of a login whose state is `xyz`.
fn secrets() -> LoginSecrets {
    LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap()
}

impl World {
    async fn connected() -> World {
        let provider = Scripted::new();
        let store = Arc::new(MemoryStore::new());
        let manager = provider.manager(store.clone());
        let token = plain::AccessToken::from_stored(an_hour_left("a1", "firstrefresh"));
        let connection = manager.connect("ann", &app(), token, ()).await.unwrap();
        World {
            provider,
            store,
            manager,
            connection,
        }
    }

    /// Refreshes with this response, and returns the stored tokens.
    async fn refreshed(&self, body: impl AsRef<[u8]>) -> Token {
        self.provider.then(answer(200, body));
        let fresh = self.connection.refresh().await.unwrap();
        fresh.stored().clone()
    }

    /// Returns the error of a refresh with this response.
    async fn refused(&self, status: u16, body: impl AsRef<[u8]>) -> TokenError {
        self.provider.then(answer(status, body));
        self.connection.refresh().await.err().unwrap()
    }

    /// Returns the request of another process that refreshes the connection. The refresh ignores a stored wait.
    async fn next(&self) -> String {
        let provider = Scripted::new();
        provider.then(answer(200, r#"{"access_token":"a9","refresh_token":"r9"}"#));
        let manager = provider.manager(self.store.clone());
        manager.manage::<plain::AccessToken>(&app());
        let tried = manager.refresh(&key::<plain::AccessToken>("ann")).await;
        assert_eq!(tried, Ok(RefreshResult::Refreshed));
        provider.received().remove(0)
    }
}

/// Returns the token of a code exchange with this response.
fn exchanged(body: impl AsRef<[u8]>) -> Token {
    let app = app();
    let login = plain::login_with(&app, &[plain::Scope::READ], &secrets());
    let code = login.callback("code=c0de&state=xyz").unwrap();
    let call = plain::exchange(&app, code);
    let read = call.read(&answer(200, body), crate::support::scripted::now());
    read.unwrap().access.stored().clone()
}

/// Returns the tokens of a code exchange and of a refresh with this response. Fails unless both have the tokens `a2` and
/// `r2`, and the refresh stores them.
async fn kept_in_both(body: &[u8]) -> [Token; 2] {
    let world = World::connected().await;
    let both = [exchanged(body), world.refreshed(body).await];
    for token in &both {
        assert_eq!(token.access_token().expose(), "a2");
        assert_eq!(token.refresh_token().unwrap().expose(), "r2");
    }
    assert!(world.next().await.contains("refresh_token=r2"));
    both
}

/// Returns the seconds until the access token expires, rounded to a multiple of five, or `None` if that is unknown.
fn seconds(token: &Token) -> Option<u64> {
    let left = token
        .expires_at()?
        .duration_since(crate::support::scripted::now());
    // Rounding hides the time that the test took.
    Some((left.unwrap_or_default() + Duration::from_secs(2)).as_secs() / 5 * 5)
}

/// Fails unless the file of this test contains it.
fn assert_exists(path: &str) {
    let (module, test) = path.rsplit_once("::").unwrap();
    let folder = match module.starts_with("oauth-runtime") {
        true => concat!(env!("CARGO_MANIFEST_DIR"), "/.."),
        false => env!("CARGO_MANIFEST_DIR"),
    };
    let file = format!("{folder}/{}.rs", module.replace("::", "/"));
    let file = std::fs::read_to_string(file).unwrap();
    assert!(file.contains(&format!("fn {test}(")), "{path}");
}

#[test]
fn every_case_has_its_test_and_stands_on_the_page() {
    let mut page = String::from(PAGE);
    let mut ids = BTreeSet::new();
    for case in cases() {
        for test in case.tests {
            assert_exists(test);
        }
        assert!(ids.insert(case.id), "{} twice", case.id);
        let [situation, was, now] = [case.situation, case.was, case.now].map(pages::cell);
        let tests = case.tests.iter().map(|test| format!("`{test}`"));
        let tests = tests.collect::<Vec<_>>().join(", ");
        page.push_str(&format!(
            "| {} | {situation} | {was} | {now} | {tests} |\n",
            case.id
        ));
    }
    assert!(ids.len() >= 28, "{ids:?}");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/modules/cases/README.md");
    pages::assert_fresh(path.as_ref(), &page, "cases");
}

const PAGE: &str = "\
# Cases from real use

Written by `WRITE_PAGES=1 cargo test -p outer-tests cases`. Each case is a situation that users of OAuth clients reported in
public.

| case | situation | what was wrong | what happens now | tests |
|---|---|---|---|---|
";
