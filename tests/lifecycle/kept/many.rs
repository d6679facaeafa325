//! Refreshes many due connections at a real server, and compares the time with that of the bare refresh requests.
//!
//! `DUE=10000 cargo test --release -p outer-tests -- many --nocapture` is the full run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use oauth_runtime::lifecycle::{Deployment, KeepAliveSummary, Manager, SealingKeys, SqliteStore};
use oauth_runtime::{Http, SealingKey};

use crate::real::logins::oidc_provider::{
    self, AccessToken, LoginOptions, Port, RedirectUri, Scope,
};
use crate::real::logins::server::{Kind, Server};

/// The number of due connections unless the variable `DUE` sets another.
const DUE: usize = 64;

/// The number of concurrent requests, equal to that of `keep_alive_once`.
const AT_ONCE: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_due_at_a_real_server_is_refreshed() {
    let due = std::env::var("DUE").map_or(DUE, |due| due.parse().unwrap());
    let server = &Server::start(Kind::OidcProvider);
    let client = server.client("basic");
    let redirect_uri = RedirectUri::parse(server.redirect_uri()).unwrap();
    let port = Port::parse(server.port.to_string()).unwrap();
    let app = &oidc_provider::App::new(client.id, &*client.secret, redirect_uri, port);
    let http = &Http::new().unwrap();
    let logged_in = async |_| {
        let login = oidc_provider::login(app, &[Scope::API_READ], LoginOptions::default());
        let callback = server.browse(login.url()).await;
        let call = oidc_provider::exchange(app, login.callback(&callback).unwrap());
        http.send(call).await.unwrap().access
    };
    let logins = futures_util::stream::iter(0..due).map(logged_in);
    let tokens: Vec<AccessToken> = logins.buffer_unordered(AT_ONCE).collect().await;

    // First, the bare refresh requests, without manager and store.
    let began = Instant::now();
    let bare = futures_util::stream::iter(tokens).map(|mut token| {
        let refresh_token = token.take_refresh_token().unwrap();
        http.send(oidc_provider::refresh(app, refresh_token))
    });
    let renewed: Vec<_> = bare.buffer_unordered(AT_ONCE).collect().await;
    let bare = began.elapsed();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let store = Arc::new(SqliteStore::open(&path, &Deployment::named("here")).unwrap());
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    let manager = Manager::new(store.clone(), http.clone(), keys);
    for (nth, token) in renewed.into_iter().enumerate() {
        let name = nth.to_string();
        manager
            .connect(&name, app, token.unwrap(), ())
            .await
            .unwrap();
    }
    // An unused refresh token of this server expires after 60 minutes.
    store.advance(Duration::from_secs(55 * 60));
    manager.forget();
    manager.manage::<AccessToken>(app);
    let began = Instant::now();
    let kept = manager.keep_alive_once().await.unwrap();
    let whole = began.elapsed();
    let all = KeepAliveSummary {
        refreshed: due,
        ..KeepAliveSummary::default()
    };
    assert_eq!(kept, all);
    let ratio = whole.as_secs_f64() / bare.as_secs_f64();
    println!("{due} due: {whole:?}; the server's answers alone: {bare:?}; {ratio:.2} times that");
}
