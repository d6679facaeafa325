//! The handlers of the guide, copied without changes.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use oauth_providers::slack;
use oauth_runtime::lifecycle::{Logins, MemoryStore, Owner};
use oauth_runtime::web::{Callback, PendingLogins};
use oauth_runtime::{Http, SealingKey, http::TransportError};
use oauth_spec::simulator::Simulator;
use tower::ServiceExt as _;

use super::OWN;

struct App {
    logins: Logins,
    slack: slack::App,
    http: Http,
}

struct User(String);

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

struct Error(String);

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

fn router(app: App) -> Router {
    Router::new()
        .route("/connect", get(connect))
        .route("/callback", get(called_back).post(called_back))
        .with_state(Arc::new(app))
}

fn slack_login(app: &slack::App) -> slack::Login {
    let scopes = [slack::BotScope::CHAT_WRITE];
    slack::login(
        app,
        slack::LoginOptions {
            bot_scopes: &scopes,
            ..Default::default()
        },
    )
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

#[tokio::test]
async fn the_handlers_of_the_guide_connect_a_user() {
    let back = format!("{OWN}/callback");
    let simulator = Simulator::start(["slack"]).unwrap();
    let client = simulator.register("slack", &back).unwrap();
    let app = App {
        logins: Logins::new(MemoryStore::new(), SealingKey::from_bytes(&[7; 32])),
        slack: slack::App::new(
            &*client.id,
            &*client.secret,
            slack::RedirectUri::parse(&back).unwrap(),
        ),
        http: Http::over(simulator.transport::<TransportError>()),
    };
    let router = router(app);
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
