//! Logins in a web application: what a browser sends, in which order, with which cookies.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::request::Builder;
use axum::routing::get;
use oauth_providers::{github, slack};
use oauth_runtime::lifecycle::{Begun, Logins, MemoryStore, Owner};
use oauth_runtime::web::{Callback, PendingLogins};
use oauth_runtime::{Http, SealingKey, TransportError};
use oauth_spec::simulator::{Simulator, User};
use proptest::prelude::*;
use tower::ServiceExt as _;

const OWN: &str = "https://app.example.com";

/// An application whose users say who they are.
struct App {
    logins: Logins,
    slack: slack::App,
    github: github::App,
    http: Http,
}

type Shared = State<Arc<App>>;

fn user(headers: &HeaderMap) -> Owner<'_> {
    let name = headers.get("x-user").and_then(|name| name.to_str().ok());
    Owner::user(name.unwrap_or("ann"))
}

async fn to_slack(
    State(app): Shared,
    headers: HeaderMap,
    pending: PendingLogins,
) -> (PendingLogins, Begun) {
    let scopes = [slack::BotScope::CHAT_WRITE];
    let login = slack::login(&app.slack, &scopes, &[], slack::LoginOptions::default());
    let begun = app.logins.begin(user(&headers), &login).await;
    (pending, begun.unwrap())
}

async fn to_github(
    State(app): Shared,
    headers: HeaderMap,
    pending: PendingLogins,
) -> (PendingLogins, Begun) {
    let login = github::login(&app.github, &[], github::LoginOptions::default());
    let begun = app.logins.begin(user(&headers), &login).await;
    (pending, begun.unwrap())
}

async fn at_slack(
    State(app): Shared,
    headers: HeaderMap,
    callback: Callback,
) -> (Callback, String) {
    let words = slack_connected(&app, user(&headers), &callback).await;
    (callback, words.unwrap_or_else(|error| error))
}

async fn slack_connected(
    app: &App,
    owner: Owner<'_>,
    callback: &Callback,
) -> Result<String, String> {
    let login = callback
        .login::<slack::Login>(&app.logins, owner, &app.slack)
        .await;
    let login = login.map_err(|error| error.to_string())?;
    let code = login.callback(callback.query());
    let code = code.map_err(|error| error.to_string())?;
    let tokens = app.http.send(slack::exchange(&app.slack, code)).await;
    tokens.map_err(|error| error.to_string())?;
    Ok("slack is connected".to_owned())
}

async fn at_github(
    State(app): Shared,
    headers: HeaderMap,
    callback: Callback,
) -> (Callback, String) {
    let words = github_connected(&app, user(&headers), &callback).await;
    (callback, words.unwrap_or_else(|error| error))
}

async fn github_connected(
    app: &App,
    owner: Owner<'_>,
    callback: &Callback,
) -> Result<String, String> {
    let login = callback
        .login::<github::Login>(&app.logins, owner, &app.github)
        .await;
    let login = login.map_err(|error| error.to_string())?;
    let code = login.callback(callback.query());
    let code = code.map_err(|error| error.to_string())?;
    let tokens = app.http.send(github::exchange(&app.github, code)).await;
    tokens.map_err(|error| error.to_string())?;
    Ok("github is connected".to_owned())
}

/// The application, its providers, and a browser.
fn world() -> (Simulator, Browser) {
    let simulator = Simulator::start(["slack", "github"]).unwrap();
    let back = |provider: &str| format!("{OWN}/nested/callback/{provider}");
    let client = |provider: &str| simulator.register(provider, &back(provider)).unwrap();
    let (slack_client, github_client) = (client("slack"), client("github"));
    let app = App {
        logins: Logins::new(MemoryStore::new(), SealingKey::from_bytes(&[7; 32])),
        slack: slack::App::new(
            &*slack_client.id,
            &*slack_client.secret,
            slack::RedirectUri::parse(&back("slack")).unwrap(),
        ),
        github: github::App::new(
            &*github_client.id,
            &*github_client.secret,
            github::RedirectUri::parse(&back("github")).unwrap(),
        ),
        http: Http::over(simulator.transport::<TransportError>()),
    };
    let routes = Router::new()
        .route("/connect/slack", get(to_slack))
        .route("/connect/github", get(to_github))
        .route("/callback/slack", get(at_slack).post(at_slack))
        .route("/callback/github", get(at_github).post(at_github))
        .route("/callback/other", get(at_slack).post(at_slack));
    let router = Router::new()
        .nest("/nested", routes)
        .with_state(Arc::new(app));
    (simulator, Browser::of(router))
}

/// A browser, with its cookies in the order in which they came.
#[derive(Clone)]
struct Browser {
    application: Router,
    cookies: Vec<(String, String)>,
}

/// What a browser gets.
struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

const FORM: &str = "application/x-www-form-urlencoded";

impl Browser {
    fn of(application: Router) -> Browser {
        Browser {
            application,
            cookies: Vec::new(),
        }
    }

    async fn send(&mut self, request: Builder, body: &str) -> Page {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request.header("cookie", format!("theme=dark; {}", pairs.join("; ")));
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let answer = self.application.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once("; ").unwrap();
            let life = attributes.strip_prefix("HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=");
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-oauth-login-"), "{name}");
            self.cookies.retain(|(own, _)| own != name);
            match life {
                Some("3600") => self.cookies.push((name.to_owned(), value.to_owned())),
                Some("0") => assert_eq!(value, ""),
                _ => panic!("{attributes}"),
            }
        }
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    async fn get(&mut self, path: &str) -> Page {
        self.send(http::Request::get(path), "").await
    }

    async fn post(&mut self, path: &str, form: &str) -> Page {
        let request = http::Request::post(path).header("content-type", FORM);
        self.send(request, form).await
    }

    /// The request that the provider does not post for: its site gets no `SameSite=Lax` cookies into it.
    async fn post_across_sites(&self, path: &str, form: &str) -> Page {
        Browser::of(self.application.clone()).post(path, form).await
    }

    /// Goes to a provider. Returns the target of the callback that the provider sends the browser to.
    async fn depart(&mut self, simulator: &Simulator, provider: &str) -> String {
        let departure = self.get(&format!("/nested/connect/{provider}")).await;
        assert_eq!(departure.status, 303);
        assert_eq!(departure.headers["referrer-policy"], "no-referrer");
        assert_eq!(departure.headers["cache-control"], "no-store");
        let location = departure.headers["location"].to_str().unwrap();
        let back = simulator.browse(location).unwrap();
        back.strip_prefix(OWN).unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_login_is_finished_by_its_callback_and_its_cookie_is_cleared() {
    let (simulator, mut browser) = world();
    let back = browser.depart(&simulator, "slack").await;
    assert_eq!(browser.cookies.len(), 1);
    // Another browser has no ticket: a callback that was smuggled in ends there, and costs nothing.
    let mut other = Browser::of(browser.application.clone());
    let smuggled = other.get(&back).await.text;
    assert!(smuggled.starts_with("there is no such login"), "{smuggled}");
    assert_eq!(browser.get(&back).await.text, "slack is connected");
    assert!(browser.cookies.is_empty());
    let twice = browser.get(&back).await.text;
    assert!(twice.starts_with("there is no such login"), "{twice}");
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
    // The tab was restored, with the cookie that it had.
    browser.cookies.extend(tickets);
    let again = browser.get(&stale).await.text;
    assert!(again.starts_with("there is no such login"), "{again}");
    assert_eq!(browser.cookies.len(), 1, "the new one");
    assert_eq!(browser.get(&new).await.text, "slack is connected");
}

/// Requests that are not the login's callback, made of its target, and what the browser gets.
fn foreign(own: &str) -> Vec<(Builder, &'static str, u16, &'static str)> {
    let get = |target: String| http::Request::get(target);
    let (path, _) = own.split_once('?').unwrap();
    let form = |target: String| http::Request::post(target).header("content-type", FORM);
    let missing = "carries no state";
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
            "the error `access_denied` and no state",
        ),
        (get(format!("{own}x")), "", 200, "there is no such login"),
        (get(format!("{own}&state=x")), "", 200, "more than once"),
        (get(own.replace("code=", "no=")), "", 200, "carries no code"),
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
        (form(own.to_owned()), "state=x", 200, "more than once"),
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
        // The state must be the last parameter, so that a longer one is another.
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
    assert!(
        refused.contains("refused the login: access_denied"),
        "{refused}"
    );
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
    assert!(oldest.starts_with("there is no such login"), "{oldest}");
    for back in &backs[3..] {
        assert_eq!(browser.get(back).await.text, "slack is connected");
    }
}

/// The hidden fields of a page, as a form has them.
fn fields(page: &str) -> String {
    let text = |field: &str, name: &str| {
        let (_, behind) = field.split_once(&format!("{name}=\"")).unwrap();
        let text = behind.split('"').next().unwrap();
        let text = text.replace("&lt;", "<").replace("&gt;", ">");
        let text = text.replace("&quot;", "\"").replace("&#39;", "'");
        encoded(&text.replace("&amp;", "&"))
    };
    let pairs = page.split("<input type=\"hidden\" ").skip(1);
    let pairs = pairs.map(|field| format!("{}={}", text(field, "name"), text(field, "value")));
    pairs.collect::<Vec<_>>().join("&")
}

/// As a browser encodes: letters, digits and hyphens stay.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
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
    // `no-referrer` would take the origin off the second request.
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
    assert!(forged.starts_with("there is no such login"), "{forged}");
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
            let form: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
            let page = browser.post("/callback?tenant=a", &form.join("&")).await;
            let inputs = page.text.matches("<input").count();
            assert_eq!(inputs, pairs.len() + 1, "{}", page.text);
            let again = browser.post("/callback?tenant=a", &fields(&page.text)).await;
            let mut expected = vec![("tenant".to_owned(), "a".to_owned())];
            expected.extend(pairs);
            assert_eq!(decoded(&again.text), expected);
        });
    }
}

/// The handlers of the README, as they are there.
mod readme {
    use std::convert::Infallible;
    use std::sync::Arc;

    use axum::Router;
    use axum::extract::{FromRequestParts, State};
    use axum::http::StatusCode;
    use axum::http::request::Parts;
    use axum::response::{IntoResponse, Response};
    use axum::routing::get;
    use oauth_providers::slack;
    use oauth_runtime::Http;
    use oauth_runtime::lifecycle::{Logins, Owner};
    use oauth_runtime::web::{Callback, PendingLogins};

    pub(super) struct App {
        pub(super) logins: Logins,
        pub(super) slack: slack::App,
        pub(super) http: Http,
    }

    pub(super) struct User(String);

    impl User {
        fn owner(&self) -> Owner<'_> {
            Owner::user(&self.0)
        }
    }

    impl<S: Sync> FromRequestParts<S> for User {
        type Rejection = Infallible;

        async fn from_request_parts(_: &mut Parts, _: &S) -> Result<User, Infallible> {
            Ok(User("ann".to_owned()))
        }
    }

    pub(super) struct Error(String);

    impl<E: std::error::Error> From<E> for Error {
        fn from(error: E) -> Error {
            Error(error.to_string())
        }
    }

    impl IntoResponse for Error {
        fn into_response(self) -> Response {
            (StatusCode::BAD_REQUEST, self.0).into_response()
        }
    }

    pub(super) fn router(app: App) -> Router {
        Router::new()
            .route("/connect", get(connect))
            .route("/callback", get(called_back).post(called_back))
            .with_state(Arc::new(app))
    }

    fn slack_login(app: &slack::App) -> slack::Login {
        let scopes = [slack::BotScope::CHAT_WRITE];
        slack::login(app, &scopes, &[], slack::LoginOptions::default())
    }

    fn connected(tokens: &slack::Tokens) -> String {
        format!("connected as {}", tokens.authed_user_id)
    }

    async fn connect(
        State(app): State<Arc<App>>,
        user: User,
        pending: PendingLogins,
    ) -> Result<impl IntoResponse, Error> {
        let begun = app
            .logins
            .begin(user.owner(), &slack_login(&app.slack))
            .await?;
        Ok((pending, begun))
    }

    async fn called_back(
        State(app): State<Arc<App>>,
        user: User,
        callback: Callback,
    ) -> Result<impl IntoResponse, Error> {
        let login: slack::Login = callback
            .login(&app.logins, user.owner(), &app.slack)
            .await?;
        let code = login.callback(callback.query())?;
        let tokens = app.http.send(slack::exchange(&app.slack, code)).await?;
        Ok((callback, connected(&tokens)))
    }
}

#[tokio::test]
async fn the_handlers_of_the_readme_connect_a_user() {
    let back = format!("{OWN}/callback");
    let simulator = Simulator::start(["slack"]).unwrap();
    let client = simulator.register("slack", &back).unwrap();
    let app = readme::App {
        logins: Logins::new(MemoryStore::new(), SealingKey::from_bytes(&[7; 32])),
        slack: slack::App::new(
            &*client.id,
            &*client.secret,
            slack::RedirectUri::parse(&back).unwrap(),
        ),
        http: Http::over(simulator.transport::<TransportError>()),
    };
    let router = readme::router(app);
    let ask = async |uri: &str, cookie: &str| {
        let request = http::Request::get(uri).header("cookie", cookie);
        let request = request.body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap()
    };
    let departs = ask("/connect", "").await;
    let header = |name: &str| departs.headers()[name].to_str().unwrap().to_owned();
    let cookie = header("set-cookie").split(';').next().unwrap().to_owned();
    let back = simulator.browse(&header("location")).unwrap();
    let target = back.strip_prefix(OWN).unwrap().to_owned();
    let arrives = ask(&target, &cookie).await;
    assert!(arrives.status().is_success());
    let cleared = arrives.headers()["set-cookie"].to_str().unwrap();
    assert!(cleared.contains("Max-Age=0"), "{cleared}");
}
