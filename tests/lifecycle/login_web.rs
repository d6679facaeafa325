//! Logins in a web application: the requests of a browser, their order and their cookies.

pub(crate) mod application;
mod browser;
mod forms;
mod guide;

use axum::http::request::Builder;
use oauth_runtime::web::PendingLogins;
use oauth_spec::simulator::User;

use self::application::world;
use self::browser::{Browser, FORM};

const OWN: &str = "https://app.example.com";

#[tokio::test]
async fn a_login_is_finished_by_its_callback_and_its_cookie_is_cleared() {
    let (simulator, mut browser) = world();
    let back = browser.depart(&simulator, "slack").await;
    assert_eq!(browser.cookies.len(), 1);
    // Another browser has no ticket, so a smuggled callback fails there and consumes nothing.
    let mut other = Browser::of(browser.application.clone());
    let smuggled = other.get(&back).await.text;
    assert!(smuggled.starts_with("unknown login"), "{smuggled}");
    assert_eq!(browser.get(&back).await.text, "slack is connected");
    assert!(browser.cookies.is_empty());
    let twice = browser.get(&back).await.text;
    assert!(twice.starts_with("unknown login"), "{twice}");
}

#[tokio::test]
async fn two_tabs_and_two_providers_finish_in_any_order() {
    let (simulator, mut browser) = world();
    let mut tabs = Vec::new();
    for provider in ["slack", "slack", "github", "slack", "github"] {
        tabs.push((provider, browser.depart(&simulator, provider).await));
    }
    for index in [3, 0, 2, 4, 1] {
        let (provider, back) = &tabs[index];
        let connected = browser.get(back).await.text;
        assert_eq!(connected, format!("{provider} is connected"));
    }
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_stale_tab_leaves_the_new_one_alone_and_loses_its_cookie() {
    let (simulator, mut browser) = world();
    let stale = browser.depart(&simulator, "slack").await;
    let tickets = browser.cookies.clone();
    assert_eq!(browser.get(&stale).await.text, "slack is connected");
    let new = browser.depart(&simulator, "slack").await;
    // The tab was restored, with its earlier cookie.
    browser.cookies.extend(tickets);
    let again = browser.get(&stale).await.text;
    assert!(again.starts_with("unknown login"), "{again}");
    assert_eq!(browser.cookies.len(), 1, "the new one");
    assert_eq!(browser.get(&new).await.text, "slack is connected");
}

/// Returns requests that are similar to the login's callback, each with the response that the browser gets.
fn foreign(own: &str) -> Vec<(Builder, &'static str, u16, &'static str)> {
    let get = |target: String| http::Request::get(target);
    let (path, _) = own.split_once('?').unwrap();
    let form = |target: String| http::Request::post(target).header("content-type", FORM);
    let missing = "has no state";
    let mut all = vec![
        (http::Request::head(own), "", 204, ""),
        (http::Request::put(own), "", 405, ""),
        (get(path.to_owned()), "", 200, missing),
        (get(format!("{path}?x")), "", 200, missing),
        (get(format!("{path}?state=")), "", 200, missing),
        (
            get(format!("{path}?error=access_denied")),
            "",
            200,
            "the error `access_denied` but no state",
        ),
        (get(format!("{own}x")), "", 200, "unknown login"),
        (
            get(format!("{own}&state=x")),
            "",
            200,
            "more than one `state`",
        ),
        (get(own.replace("code=", "no=")), "", 200, "has no code"),
        (
            get(own.replace("slack", "other")),
            "",
            200,
            "arrived at `/nested/callback/other`",
        ),
        (
            get(own.replace("slack", "github")),
            "",
            200,
            "this login began at `slack`",
        ),
        (
            get(own.to_owned()).header("x-user", "bob"),
            "",
            200,
            "another user or session began this login",
        ),
        (form(path.to_owned()), "code=c", 200, missing),
        (form(path.to_owned()), "", 200, missing),
        (
            form(own.to_owned()),
            "state=x",
            200,
            "more than one `state`",
        ),
        (http::Request::post(own), "", 400, "is not a form"),
    ];
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ] {
        all.push((get(own.to_owned()).header(name, value), "", 503, ""));
    }
    all
}

#[tokio::test]
async fn a_request_that_is_not_the_login_s_callback_changes_nothing() {
    let (simulator, mut browser) = world();
    let all = foreign("/?").len();
    for chosen in (0..all).map(Some).chain([None]) {
        let own = browser.depart(&simulator, "slack").await;
        // The state must be the last parameter, so that a longer target has another state.
        let (path, query) = own.split_once('?').unwrap();
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_by_key(|pair| pair.starts_with("state="));
        let own = format!("{path}?{}", pairs.join("&"));
        for (index, (request, body, status, words)) in foreign(&own).into_iter().enumerate() {
            if chosen.is_some_and(|chosen| chosen != index) {
                continue;
            }
            let page = browser.send(request, body).await;
            assert_eq!(page.status, status, "{index}: {}", page.text);
            match words {
                "" => assert_eq!(page.text, "", "{index}"),
                _ => assert!(page.text.contains(words), "{index}: {}", page.text),
            }
            if [204, 503].contains(&status) {
                assert_eq!(page.headers["cache-control"], "no-store");
                let vary = page.headers["vary"].to_str().unwrap();
                assert!(vary.contains("Sec-Purpose"), "{vary}");
            }
            assert_eq!(browser.cookies.len(), 1, "{index}: its ticket");
        }
        let finished = browser.get(&own).await.text;
        assert_eq!(finished, "slack is connected", "after {chosen:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_ends_the_login() {
    let (simulator, mut browser) = world();
    simulator.user(User::Denies);
    let back = browser.depart(&simulator, "slack").await;
    let refused = browser.get(&back).await.text;
    assert!(refused.contains("failed: access_denied"), "{refused}");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_browser_keeps_the_newest_pending_logins() {
    let (simulator, mut browser) = world();
    let mut backs = Vec::new();
    for begun in 1..=PendingLogins::MAX + 3 {
        backs.push(browser.depart(&simulator, "slack").await);
        assert_eq!(browser.cookies.len(), begun.min(PendingLogins::MAX));
    }
    let length: usize = browser
        .cookies
        .iter()
        .map(|(name, value)| name.len() + value.len() + 3)
        .sum();
    assert!(length < 1024, "{length} bytes of cookies");
    let oldest = browser.get(&backs[2]).await.text;
    assert!(oldest.starts_with("unknown login"), "{oldest}");
    for back in &backs[3..] {
        assert_eq!(browser.get(back).await.text, "slack is connected");
    }
}
