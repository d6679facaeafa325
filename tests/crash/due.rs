//! Many connections that are due at once. The test prints the response time above which the provider limits the refreshes.
//!
//! `DUE=10000 cargo test --release -p crash due -- --nocapture` is the full run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crash::{manager, open, strict};
use futures_util::StreamExt as _;
use oauth_runtime::lifecycle::KeepAliveSummary;
use oauth_runtime::{Http, http::TransportError};

use crate::provider::Provider;
use crate::workers::strict_app;

/// The default number of due connections. `DUE=10000` is the full run.
const DUE: usize = 300;

/// The number of connections that keep-alive refreshes at once.
const AT_ONCE: usize = 32;

const DAY: Duration = Duration::from_secs(86400);

/// Returns a client that sends requests for `https://host/path` to `/host/path` at the provider's socket.
fn through_the_socket(provider: &Provider) -> Http {
    let server = provider.url();
    let client = reqwest::Client::builder().build().unwrap();
    Http::over(move |mut request: http::Request<Vec<u8>>| {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let moved = format!("{server}/{host}{}", request.uri().path());
        *request.uri_mut() = moved.parse().unwrap();
        let client = client.clone();
        async move {
            let lost = |error: reqwest::Error| {
                TransportError::other(error.without_url().to_string(), true)
            };
            let request = request.try_into().map_err(lost)?;
            let answer = client.execute(request).await.map_err(lost)?;
            let mut carried = http::Response::new(Vec::new());
            *carried.status_mut() = answer.status();
            *carried.body_mut() = answer.bytes().await.map_err(lost)?.to_vec();
            Ok(carried)
        }
    })
}

async fn logged_in(provider: &Provider, http: &Http) -> strict::AccessToken {
    let app = strict_app(provider);
    let login = strict::login(&app, &[strict::Scope::READ]);
    let back = provider.simulator.browse(login.url()).unwrap();
    let call = strict::exchange(&app, login.callback(&back).unwrap());
    http.send(call).await.unwrap().access
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_that_is_due_is_refreshed_once() {
    let due = std::env::var("DUE").map_or(DUE, |due| due.parse().unwrap());
    let provider = Arc::new(Provider::strict().await);
    let app = strict_app(&provider);
    let direct = Http::over(provider.simulator.transport::<TransportError>());
    let http = through_the_socket(&provider);

    // First, send such requests without a manager and a store.
    let mut tokens = Vec::new();
    for _ in 0..due {
        tokens.push(logged_in(&provider, &direct).await);
    }
    let began = Instant::now();
    let bare = futures_util::stream::iter(tokens).map(|mut token| {
        let call = strict::refresh(&app, token.take_refresh_token().unwrap());
        http.send(call)
    });
    let answered = bare.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    assert!(answered.iter().all(Result::is_ok));
    let bare = began.elapsed();

    let folder = tempfile::tempdir().unwrap();
    let place = format!("sqlite:{}", folder.path().join("connections.db").display());
    let store = open(&place).await;
    let manager = manager(store.store, http.clone());
    for nth in 0..due {
        let token = logged_in(&provider, &direct).await;
        let name = nth.to_string();
        manager.connect(&name, &app, token, ()).await.unwrap();
    }
    (store.advance)(25 * DAY);
    manager.forget();
    manager.manage::<strict::AccessToken>(&app);
    let uses = provider.uses();
    let began = Instant::now();
    let kept = manager.keep_alive_once().await.unwrap();
    let whole = began.elapsed();
    let all = KeepAliveSummary {
        refreshed: due,
        ..KeepAliveSummary::default()
    };
    assert_eq!(kept, all);
    assert_eq!(provider.uses() - uses, due, "each once");
    let ratio = whole.as_secs_f64() / bare.as_secs_f64();
    println!("{due} due: {whole:?}; the same requests alone: {bare:?}; {ratio:.1} times that");
    // With a slower provider, the responses take longer than everything around them.
    let [due, at_once] = [due, AT_ONCE].map(|count| u32::try_from(count).unwrap());
    let answer = whole * at_once / due;
    println!("it is bounded by a provider that answers in {answer:?} or more");
}
