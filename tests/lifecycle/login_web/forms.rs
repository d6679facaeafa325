//! Callbacks that a provider posts as a form from its own site.

use axum::Router;
use axum::routing::get;
use oauth_runtime::web::Callback;
use proptest::prelude::*;

use super::application::world;
use super::browser::Browser;

/// Returns the form body that a browser submits for the hidden fields of a page.
fn fields(page: &str) -> String {
    let text = |field: &str, name: &str| {
        let (_, behind) = field.split_once(&format!("{name}=\"")).unwrap();
        let text = behind.split('"').next().unwrap();
        let text = text.replace("&lt;", "<").replace("&gt;", ">");
        let text = text.replace("&quot;", "\"").replace("&#39;", "'");
        text.replace("&amp;", "&")
    };
    let pairs = page.split("<input type=\"hidden\" ").skip(1);
    let pairs = pairs.map(|field| (text(field, "name"), text(field, "value")));
    form(&pairs.collect::<Vec<_>>())
}

/// Returns a form body with these fields.
fn form(pairs: &[(String, String)]) -> String {
    let mut url = reqwest::Url::parse("http://a/").unwrap();
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_posted_form_is_submitted_again_with_the_cookies_of_the_site() {
    let (simulator, mut browser) = world();
    let back = browser.depart(&simulator, "slack").await;
    let (path, form) = back.split_once('?').unwrap();
    let first = browser.post_across_sites(path, form).await;
    assert_eq!(first.status, 200);
    assert_eq!(first.headers["cache-control"], "no-store");
    assert_eq!(first.headers["content-type"], "text/html; charset=utf-8");
    // With `no-referrer`, the second request would not state its origin.
    assert_eq!(first.headers["referrer-policy"], "same-origin");
    let policy = first.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert_eq!(browser.cookies.len(), 1);
    let second = browser.post(path, &fields(&first.text)).await;
    assert_eq!(second.text, "slack is connected");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_form_that_comes_with_its_ticket_is_read_at_once() {
    let (simulator, mut browser) = world();
    let back = browser.depart(&simulator, "slack").await;
    let (path, form) = back.split_once('?').unwrap();
    assert_eq!(browser.post(path, form).await.text, "slack is connected");
}

#[tokio::test]
async fn a_form_that_claims_to_be_submitted_again_still_needs_the_ticket() {
    let (simulator, mut browser) = world();
    let back = browser.depart(&simulator, "slack").await;
    let (path, form) = back.split_once('?').unwrap();
    let claims = format!("oauth-resubmitted=1&{form}");
    let forged = browser.post_across_sites(path, &claims).await.text;
    assert!(forged.starts_with("unknown login"), "{forged}");
    assert_eq!(browser.post(path, form).await.text, "slack is connected");
}

#[tokio::test]
async fn a_long_form_is_refused() {
    let (_, browser) = world();
    for (length, status) in [(60_000, 200), (70_000, 400)] {
        let form = format!("code={}", "c".repeat(length));
        let page = browser.post_across_sites("/nested/callback/slack", &form);
        assert_eq!(page.await.status, status);
    }
}

async fn echo(callback: Callback) -> String {
    callback.query().to_owned()
}

fn decoded(query: &str) -> Vec<(String, String)> {
    let url = reqwest::Url::parse(&format!("http://a/?{query}")).unwrap();
    let pairs = url.query_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

proptest! {
    #[test]
    fn every_field_survives_being_submitted_again(
        pairs in prop::collection::vec(("\\PC{1,6}", "\\PC{0,12}"), 1..5)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let application = Router::new().route("/callback", get(echo).post(echo));
            let mut browser = Browser::of(application);
            let pairs: Vec<(String, String)> = pairs;
            let page = browser.post("/callback?tenant=a", &form(&pairs)).await;
            let inputs = page.text.matches("<input").count();
            assert_eq!(inputs, pairs.len() + 1, "{}", page.text);
            let again = browser.post("/callback?tenant=a", &fields(&page.text)).await;
            let mut expected = vec![("tenant".to_owned(), "a".to_owned())];
            expected.extend(pairs);
            assert_eq!(decoded(&again.text), expected);
        });
    }
}
