//! Pending logins in Chromium: an application and two providers on different sites, over https. A proxy terminates TLS, and
//! gives the application a `Host` other than the browser's.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use oauth_runtime::lifecycle::{LoginRedirect, Logins, MemoryStore, Owner};
use oauth_runtime::web::{Callback, PendingLogins};
use oauth_runtime::{Http, LoginSecrets, SealingKey, http::TransportError, oauth_provider};
use oauth_spec::simulator::Simulator;

use crate::lifecycle::login_web::application::login_handlers;

#[oauth_provider("../specs/posting.toml")]
mod posting {}

#[oauth_provider("../specs/strict.toml")]
mod strict {}

/// An application with a session for each browser.
struct App {
    logins: Logins,
    posting: posting::App,
    strict: strict::App,
    http: Http,
}

type Shared = State<Arc<App>>;

const SESSION: &str = "__Host-session=";

/// Returns the session of a request, or `nobody` if it has no session cookie.
fn session(headers: &HeaderMap) -> &str {
    let cookies = headers.get_all(header::COOKIE).iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split("; "));
    pairs
        .find_map(|pair| pair.strip_prefix(SESSION))
        .unwrap_or("nobody")
}

async fn home() -> impl IntoResponse {
    let id = LoginSecrets::generate();
    let cookie = format!(
        "{SESSION}{}; Path=/; Secure; HttpOnly; SameSite=Lax",
        id.state()
    );
    let page = "<!doctype html><title>Home</title><p>Home</p>";
    ([(header::SET_COOKIE, cookie)], Html(page))
}

fn owner(headers: &HeaderMap) -> Owner<'_> {
    Owner::user(session(headers))
}

fn posting_login(app: &App) -> posting::Login {
    posting::login(&app.posting, &[posting::Scope::READ])
}

fn strict_login(app: &App) -> strict::Login {
    strict::login(&app.strict, &[strict::Scope::READ])
}

login_handlers!(
    posting,
    owner,
    posting_login,
    to_posting,
    at_posting,
    posting_connected
);
login_handlers!(
    strict,
    owner,
    strict_login,
    to_strict,
    at_strict,
    strict_connected
);

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;")
}

/// Serves the consent pages of both providers. The element that allows the login leads back to the application.
async fn consent(State(simulator): State<Simulator>, uri: Uri) -> Html<String> {
    let query = uri.query().unwrap_or_default();
    let posts = query.contains("response_mode=form_post");
    let host = if posts {
        "posting.example"
    } else {
        "id.strict.example"
    };
    let back = simulator.browse(&format!("https://{host}/authorize?{query}"));
    let back = back.unwrap();
    let allow = match posts {
        false => format!("<a id=\"allow\" href=\"{}\">Allow</a>", attribute(&back)),
        true => {
            let url = reqwest::Url::parse(&back).unwrap();
            let fields: String = url
                .query_pairs()
                .map(|(name, value)| {
                    let (name, value) = (attribute(&name), attribute(&value));
                    format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
                })
                .collect();
            let (action, _) = back.split_once('?').unwrap();
            format!(
                "<form method=\"post\" action=\"{action}\">{fields}<button id=\"allow\">Allow</button></form>"
            )
        }
    };
    Html(format!("<!doctype html><title>Consent</title>{allow}"))
}

/// Serves on a free port until the test ends, and returns the port.
async fn served(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_finishes_each_login_and_nothing_else_does() {
    let simulator = Simulator::start([
        concat!(env!("CARGO_MANIFEST_DIR"), "/specs/posting.toml"),
        concat!(env!("CARGO_MANIFEST_DIR"), "/specs/strict.toml"),
    ]);
    let simulator = simulator.unwrap();
    let back = |provider: &str| format!("https://app.example/callback/{provider}");
    let client = |provider: &str| simulator.register(provider, &back(provider)).unwrap();
    let (to_post, to_redirect) = (client("posting"), client("strict"));
    let app = App {
        logins: Logins::new(MemoryStore::new(), SealingKey::generate()),
        posting: posting::App::new(
            &*to_post.id,
            &*to_post.secret,
            posting::RedirectUri::parse(&back("posting")).unwrap(),
        ),
        strict: strict::App::new(
            &*to_redirect.id,
            &*to_redirect.secret,
            strict::RedirectUri::parse(&back("strict")).unwrap(),
        ),
        http: Http::over(simulator.transport::<TransportError>()),
    };
    let application = Router::new()
        .route("/", get(home))
        .route("/connect/posting", get(to_posting))
        .route("/connect/strict", get(to_strict))
        .route("/callback/posting", get(at_posting).post(at_posting))
        .route("/callback/strict", get(at_strict).post(at_strict))
        .with_state(Arc::new(app));
    let providers = Router::new()
        .route("/authorize", get(consent))
        .with_state(simulator);
    let driven =
        tokio::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/real/browser/run.sh"))
            .arg("logins.mjs")
            .arg(served(application).await)
            .arg(served(providers).await)
            .output()
            .await
            .unwrap();
    let said = String::from_utf8_lossy(&driven.stdout);
    println!("{said}");
    let complaint = String::from_utf8_lossy(&driven.stderr);
    assert!(driven.status.success(), "{said}{complaint}");
    assert_eq!(said.matches(": holds").count(), 8, "{said}");
}
