//! An application that connects its users at two providers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use oauth_providers::{github, slack};
use oauth_runtime::lifecycle::{LoginRedirect, Logins, MemoryStore, Owner};
use oauth_runtime::web::{Callback, PendingLogins};
use oauth_runtime::{Http, SealingKey, http::TransportError};
use oauth_spec::simulator::Simulator;

use super::OWN;
use super::browser::Browser;

/// An application that reads its user's name from a request header.
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

/// Defines the handlers that begin a login at one provider and finish it in the callback.
macro_rules! login_handlers {
    ($module:ident, $owner:path, $login:path, $depart:ident, $arrive:ident, $connected:ident) => {
        async fn $depart(
            State(app): Shared,
            headers: HeaderMap,
            pending: PendingLogins,
        ) -> (PendingLogins, LoginRedirect) {
            let begun = app.logins.begin($owner(&headers), &$login(&app)).await;
            (pending, begun.unwrap())
        }

        async fn $arrive(
            State(app): Shared,
            headers: HeaderMap,
            callback: Callback,
        ) -> (Callback, String) {
            let words = $connected(&app, $owner(&headers), &callback).await;
            (callback, words.unwrap_or_else(|error| error))
        }

        async fn $connected(
            app: &App,
            owner: Owner<'_>,
            callback: &Callback,
        ) -> Result<String, String> {
            let login = callback
                .login::<$module::Login>(&app.logins, owner, &app.$module)
                .await;
            let login = login.map_err(|error| error.to_string())?;
            let code = login.callback(callback.query());
            let code = code.map_err(|error| error.to_string())?;
            let exchange = $module::exchange(&app.$module, code);
            let tokens = app.http.send(exchange).await;
            tokens.map_err(|error| error.to_string())?;
            Ok(concat!(stringify!($module), " is connected").to_owned())
        }
    };
}
pub(crate) use login_handlers;

fn slack_login(app: &App) -> slack::Login {
    let scopes = [slack::BotScope::CHAT_WRITE];
    slack::login(
        &app.slack,
        slack::LoginOptions {
            bot_scopes: &scopes,
            ..Default::default()
        },
    )
}

fn github_login(app: &App) -> github::Login {
    github::login(&app.github, &[], github::LoginOptions::default())
}

login_handlers!(
    slack,
    user,
    slack_login,
    to_slack,
    at_slack,
    slack_connected
);
login_handlers!(
    github,
    user,
    github_login,
    to_github,
    at_github,
    github_connected
);

/// Returns a simulator of both providers, and a browser at an application that uses them.
pub(super) fn world() -> (Simulator, Browser) {
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
