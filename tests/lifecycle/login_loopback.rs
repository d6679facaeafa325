//! A tool without a web server listens on loopback for its callback, regardless of other requests.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauth_providers::github;
use oauth_runtime::{
    CallbackError, Http, PendingLogin,
    http::TransportError,
    login::{CallbackErrorKind, Loopback},
    provider::Provider,
};
use oauth_runtime::{SealingKey, contract, secret::SealError};
use oauth_spec::simulator::{Simulator, User};

fn github_app(redirect_uri: &str, id: &str, secret: &str) -> github::App {
    let back = github::RedirectUri::parse(redirect_uri).unwrap();
    github::App::new(id, secret, back)
}

fn github_login(app: &github::App) -> github::Login {
    github::login(app, &[], github::LoginOptions::default())
}

/// Returns the status and the text that a browser gets.
async fn visited(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Returns a loopback listener, an app, and the problems that the listener reports.
async fn tool(
    path: &str,
    simulator: &Simulator,
) -> (Loopback, github::App, Arc<Mutex<Vec<CallbackErrorKind>>>) {
    let problems = Arc::new(Mutex::new(Vec::new()));
    let reported = problems.clone();
    let loopback = Loopback::bind(0).await.unwrap();
    let loopback = loopback.with_path(path).unwrap();
    let loopback = loopback.with_report(move |error| {
        reported.lock().unwrap().push(error.problem().clone());
    });
    let client = simulator.register("github", &loopback.redirect_uri());
    let client = client.unwrap();
    let app = github_app(&loopback.redirect_uri(), &client.id, &client.secret);
    (loopback, app, problems)
}

#[tokio::test]
async fn a_tool_listens_for_its_own_callback_and_reports_the_others() {
    let simulator = Simulator::start(["github"]).unwrap();
    let (loopback, app, problems) = tool("/oauth/callback", &simulator).await;
    let redirect_uri = loopback.redirect_uri();
    assert!(redirect_uri.starts_with("http://127.0.0.1:"));
    assert!(redirect_uri.ends_with("/oauth/callback"));
    let login = github_login(&app);
    let back = simulator.browse(login.url()).unwrap();
    let browser = async {
        // The second connection sends nothing.
        let address = redirect_uri.strip_prefix("http://").unwrap();
        let address = address.strip_suffix("/oauth/callback").unwrap();
        let silent = tokio::net::TcpStream::connect(address).await.unwrap();
        let elsewhere = format!("http://{address}/callback?code=c");
        assert_eq!(visited(&elsewhere).await.0, 404);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let head = client.head(&back).send().await.unwrap();
        assert_eq!(head.status(), 404);
        let prefetch = client.get(&back).header("sec-purpose", "prefetch");
        assert_eq!(prefetch.send().await.unwrap().status(), 503);
        let (status, page) = visited(&format!("{redirect_uri}?code=stolen&state=guessed")).await;
        assert_eq!(status, 400);
        assert!(page.contains("still pending"), "{page}");
        let unverified = format!("{redirect_uri}?error=%3Cb%3Eaccess_denied");
        let (status, page) = visited(&unverified).await;
        assert_eq!(status, 400);
        assert!(
            page.contains("still pending") && !page.contains("<b>"),
            "{page}"
        );
        let (status, page) = visited(&back).await;
        drop(silent);
        assert_eq!(status, 200);
        page
    };
    let (callback, page) = tokio::join!(loopback.callback(&login), browser);
    assert!(page.contains("The login is complete."), "{page}");
    let unverified = CallbackErrorKind::Unverified {
        code: "<b>access_denied".to_owned(),
    };
    assert_eq!(
        *problems.lock().unwrap(),
        [CallbackErrorKind::OtherState, unverified]
    );
    let code = login.callback(&callback.unwrap()).unwrap();
    let http = Http::over(simulator.transport::<TransportError>());
    http.send(github::exchange(&app, code)).await.unwrap();
}

#[tokio::test]
async fn a_refused_login_is_not_called_done() {
    let simulator = Simulator::start(["github"]).unwrap();
    simulator.user(User::Denies);
    let (loopback, app, _) = tool("/callback", &simulator).await;
    let login = github_login(&app);
    let back = simulator.browse(login.url()).unwrap();
    let (callback, (status, page)) = tokio::join!(loopback.callback(&login), visited(&back));
    assert_eq!(status, 200);
    assert!(
        page.contains("the login at GitHub failed: access_denied"),
        "{page}"
    );
    assert!(!page.contains("complete"), "{page}");
    let error = login.callback(&callback.unwrap()).unwrap_err();
    assert!(error.is_refusal(), "{error}");
}

#[tokio::test]
async fn a_tool_stops_at_its_deadline_and_names_the_last_stray_callback() {
    let simulator = Simulator::start(["github"]).unwrap();
    let (loopback, app, _) = tool("/callback", &simulator).await;
    let loopback = loopback.with_deadline(Duration::from_secs(2));
    let login = github_login(&app);
    let refusal = format!("{}?error=access_denied", loopback.redirect_uri());
    let (late, _) = tokio::join!(loopback.callback(&login), visited(&refusal));
    let late = late.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TimedOut);
    let late = late.to_string();
    assert!(
        late.contains("`access_denied`") && late.contains("unverified"),
        "{late}"
    );
    let silent = loopback.callback(&login).await.unwrap_err();
    assert_eq!(
        silent.to_string(),
        "the browser did not return from the login within 2s"
    );
}

#[tokio::test]
async fn a_path_begins_with_a_slash_and_has_no_query() {
    for path in [
        "",
        "callback",
        "/a b",
        "/a?b",
        "/a#b",
        "/ä",
        "/a\n",
        "http://evil.example/a",
    ] {
        let loopback = Loopback::bind(0).await.unwrap();
        let refused = loopback.with_path(path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{path}");
    }
    for path in ["/", "/callback", "/oauth/callback/", "/a%20b"] {
        let loopback = Loopback::bind(0).await.unwrap();
        let redirect_uri = loopback.with_path(path).unwrap().redirect_uri();
        assert!(redirect_uri.ends_with(path), "{redirect_uri}");
    }
}

/// A login with a wrong authorization URL in its spec.
struct Elsewhere(&'static str);

static NOWHERE: Provider = Provider::new("nowhere", "Nowhere", "https://nowhere.example");

impl PendingLogin for Elsewhere {
    type App = ();

    fn provider() -> &'static Provider {
        &NOWHERE
    }

    fn callback_names() -> &'static contract::names::CallbackNames {
        &contract::names::CallbackNames::STANDARD
    }

    fn authorization_url(&self) -> &str {
        self.0
    }

    fn redirect_uri(&self) -> &'static str {
        "http://127.0.0.1/callback"
    }

    fn state(&self) -> &'static str {
        "xyz"
    }

    fn check(&self, _: &str) -> Result<(), CallbackError> {
        Ok(())
    }

    fn is_of(&self, (): &()) -> bool {
        true
    }

    fn sealed(&self, _: &SealingKey) -> String {
        String::new()
    }

    fn opened(_: &str, _: &SealingKey) -> Result<Elsewhere, SealError> {
        Err(SealError::Foreign)
    }
}

#[tokio::test]
async fn nothing_but_a_web_page_is_opened() {
    let loopback = Loopback::bind(0).await.unwrap();
    for url in [
        "file:///etc/x.desktop",
        "file://host/etc/x.desktop",
        "javascript:alert(1)",
        "ms-settings:privacy",
        "http://id.example/authorize",
        "http://localhost@evil.example/authorize",
        "https://",
        "-a Calculator",
        "",
    ] {
        let refused = loopback.login(&Elsewhere(url)).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{url}");
        assert!(refused.to_string().contains("must be https"), "{refused}");
    }
}
