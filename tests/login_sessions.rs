//! A login belongs to the session that began it, and is finished once; a tool without a server listens on loopback.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use oauth_providers::{github, slack};
use oauth_runtime::lifecycle::{LoginRefused, Logins, MemoryStore, Owner};
use oauth_runtime::web::Callback;
use oauth_runtime::{Http, Loopback, SealingKey, TransportError};
use oauth_spec::simulator::Simulator;
use tower::ServiceExt as _;

const BACK: &str = "https://app.example.com/callback";
const ANN: Owner<'static> = Owner::user("ann");

fn logins() -> (Arc<MemoryStore>, Logins) {
    let store = Arc::new(MemoryStore::new());
    let key = SealingKey::from_bytes(&[7; 32]);
    (store.clone(), Logins::new(store, key))
}

fn slack_app(id: &str, secret: &str) -> slack::App {
    slack::App::new(id, secret, slack::RedirectUri::constant(BACK))
}

fn slack_login(app: &slack::App) -> slack::Login {
    let scopes = [slack::BotScope::CHAT_WRITE];
    slack::login(app, &scopes, &[], slack::LoginOptions::default())
}

#[tokio::test]
async fn a_login_is_taken_once_by_whoever_began_it() {
    let (_, logins) = logins();
    let login = slack_login(&slack_app("id", "secret"));
    let begin = || logins.begin(ANN.of("acme"), &login);
    let taken = |owner, ticket: String| {
        let logins = &logins;
        async move {
            let taken = logins.take::<slack::Login>(owner, &ticket).await;
            taken.map(|login| login.url().to_owned())
        }
    };

    let begun = begin().await.unwrap();
    assert_eq!(begun.url(), login.url());
    let ticket = begun.ticket().expose().to_owned();
    assert_eq!(
        taken(ANN.of("acme"), ticket.clone()).await.unwrap(),
        login.url()
    );
    let again = taken(ANN.of("acme"), ticket).await;
    assert_eq!(again, Err(LoginRefused::Unknown), "it was taken");

    for other in [Owner::user("bob").of("acme"), ANN.of("other"), ANN] {
        let ticket = begin().await.unwrap().ticket().expose().to_owned();
        let foreign = taken(other, ticket.clone()).await;
        assert_eq!(foreign, Err(LoginRefused::OtherOwner));
        let late = taken(ANN.of("acme"), ticket).await;
        assert_eq!(late, Err(LoginRefused::Unknown), "it is used up");
    }
    let forged = taken(ANN.of("acme"), "forged".to_owned()).await;
    assert_eq!(forged, Err(LoginRefused::Unknown));
}

#[tokio::test]
async fn a_login_is_over_after_an_hour_and_stays_at_its_provider() {
    let (store, logins) = logins();
    let login = slack_login(&slack_app("id", "secret"));
    let begun = logins.begin(ANN, &login).await.unwrap();
    store.advance(Duration::from_secs(3600));
    let late = logins
        .take::<slack::Login>(ANN, begun.ticket().expose())
        .await;
    assert_eq!(late.err(), Some(LoginRefused::Unknown));

    let begun = logins.begin(ANN, &login).await.unwrap();
    let other = logins
        .take::<github::Login>(ANN, begun.ticket().expose())
        .await;
    let slack = LoginRefused::OtherProvider("slack".to_owned());
    assert_eq!(other.err(), Some(slack));
}

/// An application whose only user is ann.
struct App {
    logins: Logins,
    slack: slack::App,
    http: Http,
}

async fn connect(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.logins
        .begin(ANN, &slack_login(&app.slack))
        .await
        .unwrap()
}

async fn called_back(State(app): State<Arc<App>>, callback: Callback) -> String {
    let login: slack::Login = match callback.login(&app.logins, ANN).await {
        Ok(login) => login,
        Err(refused) => return refused.to_string(),
    };
    let code = match login.callback(callback.query()) {
        Ok(code) => code,
        Err(error) => return error.to_string(),
    };
    let tokens = app.http.send(slack::exchange(&app.slack, code)).await;
    format!("connected: {}", tokens.unwrap().bot.is_some())
}

#[tokio::test]
async fn a_web_application_says_it_in_two_handlers() {
    let simulator = Simulator::start(["slack"]).unwrap();
    let client = simulator.register("slack", BACK).unwrap();
    let (_, logins) = logins();
    let app = Arc::new(App {
        logins,
        slack: slack_app(&client.id, &client.secret),
        http: Http::over(simulator.transport::<TransportError>()),
    });
    let app = Router::new()
        .route("/connect", get(connect))
        .route("/callback", get(called_back))
        .with_state(app);
    let answer = |path: &str, cookie: &str| {
        let request = http::Request::get(path).header("cookie", cookie);
        app.clone()
            .oneshot(request.body(axum::body::Body::empty()).unwrap())
    };
    let words = |answer: axum::response::Response| async {
        let body = axum::body::to_bytes(answer.into_body(), 4096)
            .await
            .unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };

    let departure = answer("/connect", "").await.unwrap();
    assert_eq!(departure.status(), 303);
    let header = |name| departure.headers()[name].to_str().unwrap().to_owned();
    let cookie = header("set-cookie");
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert!(cookie.starts_with("__Host-oauth-login-slack="), "{cookie}");
    assert_eq!(
        attributes,
        "HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=3600"
    );
    let back = simulator.browse(&header("location")).unwrap();
    let path = back.strip_prefix("https://app.example.com").unwrap();

    // Somebody else's browser has no ticket: a callback that was smuggled in ends there, and costs nothing.
    let smuggled = words(answer(path, "").await.unwrap()).await;
    assert!(smuggled.starts_with("there is no such login"), "{smuggled}");
    let finished = words(
        answer(path, &format!("theme=dark; {cookie}"))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(finished, "connected: true");
    let twice = words(answer(path, cookie).await.unwrap()).await;
    assert!(twice.starts_with("there is no such login"), "{twice}");
}

#[tokio::test]
async fn a_tool_listens_on_loopback_for_its_own_callback() {
    let loopback = Loopback::bind(0).await.unwrap();
    let redirect_uri = loopback.redirect_uri();
    assert!(
        redirect_uri.starts_with("http://127.0.0.1:"),
        "{redirect_uri}"
    );
    let simulator = Simulator::start(["github"]).unwrap();
    let client = simulator.register("github", &redirect_uri).unwrap();
    let back = github::RedirectUri::parse(&redirect_uri).unwrap();
    let app = github::App::new(&*client.id, &*client.secret, back);
    let login = github::login(&app, &[], github::LoginOptions::default());
    let back = simulator.browse(login.url()).unwrap();
    let browser = reqwest::Client::builder().build().unwrap();
    let visited = async {
        // A second connection that says nothing.
        let address = redirect_uri.strip_prefix("http://").unwrap();
        let address = address.strip_suffix("/callback").unwrap();
        let silent = tokio::net::TcpStream::connect(address).await.unwrap();
        let status = async |url: String| browser.get(url).send().await.unwrap().status();
        assert_eq!(status(format!("http://{address}/favicon.ico")).await, 404);
        let forged = format!("{redirect_uri}?code=stolen&state=guessed");
        assert_eq!(status(forged).await, 400);
        let page = browser.get(&back).send().await.unwrap();
        assert_eq!(page.headers()["referrer-policy"], "no-referrer");
        let page = page.text().await.unwrap();
        drop(silent);
        page
    };
    let (query, page) = tokio::join!(loopback.callback(&login), visited);
    assert!(page.contains("The login is done."), "{page}");
    let http = Http::over(simulator.transport::<TransportError>());
    let code = login.callback(&query.unwrap()).unwrap();
    http.send(github::exchange(&app, code)).await.unwrap();
}
