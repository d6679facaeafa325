//! Waits and lifetimes that a provider returns. No number blocks a connection for long or stops an operator's command.

use std::sync::Arc;
use std::time::Duration;

use oauth_runtime::lifecycle::{Manager, MemoryStore, RefreshResult, TokenError};
use oauth_runtime::operator::Command;
use oauth_runtime::provider::RateLimit;

use super::{Answer, answer, app, customers, expired, kept, key, keys, lasting, network};

/// A wait of about 31,688 years, in seconds.
const CENTURIES: &str = "999999999999";

fn centuries(status: u16) -> Answer {
    answer(status, &[("retry-after", CENTURIES)], "")
}

fn tokens() -> Answer {
    let body = r#"{"access_token":"new","refresh_token":"next","expires_in":60}"#;
    answer(200, &[], body)
}

#[tokio::test]
async fn a_wait_of_centuries_ends_after_a_day() {
    for status in [429, 503] {
        let (http, requests) = network(vec![centuries(status), tokens()]);
        let store = Arc::new(MemoryStore::new());
        let manager = Manager::new(store.clone(), http, keys());
        let connected = manager.connect("ann", &app(), expired(), kept()).await;
        let ann = connected.unwrap();
        let refused = ann.token().await.err();
        let Some(TokenError::Later { wait, .. }) = refused else {
            panic!("{status}: {refused:?}");
        };
        let hour = Duration::from_secs(3600);
        assert!(wait < RateLimit::MAX_WAIT + hour, "{status}: {wait:?}");
        store.advance(RateLimit::MAX_WAIT + hour);
        manager.forget();
        assert!(ann.token().await.is_ok(), "{status}");
        assert_eq!(requests.lock().unwrap().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn an_operator_s_refresh_ignores_a_stored_wait() {
    let (http, requests) = network(vec![centuries(429), tokens()]);
    let manager = Manager::new(MemoryStore::new(), http, keys());
    manager.manage::<customers::AccessToken>(&app());
    let connected = manager.connect("ann", &app(), expired(), kept()).await;
    let ann = connected.unwrap();
    assert!(ann.token().await.is_err());
    assert!(ann.token().await.is_err());
    assert_eq!(requests.lock().unwrap().len(), 1);
    assert_eq!(
        manager.refresh(&key("ann")).await,
        Ok(RefreshResult::Refreshed)
    );
    assert_eq!(requests.lock().unwrap().len(), 2);
}

fn commands() -> [Command; 4] {
    let connection = "ann".to_owned();
    [
        Command::List {
            ill: false,
            provider: None,
        },
        Command::Show { connection },
        Command::Report,
        Command::Doctor,
    ]
}

#[tokio::test]
async fn no_number_of_a_provider_stops_an_operator() {
    let lives = |number: &str| {
        let body =
            format!(r#"{{"access_token":"new","refresh_token":"next","expires_in":{number}}}"#);
        answer(200, &[], &body)
    };
    for response in [
        centuries(429),
        centuries(503),
        lives("4294967295"),
        lives("18446744073709551615"),
        lives("1e308"),
        lives("1e400"),
        lives("-9223372036854775808"),
    ] {
        let told = format!("{response:?}");
        let (http, _) = network(vec![response]);
        let manager = Manager::new(MemoryStore::new(), http, keys());
        let connected = manager.connect("ann", &app(), expired(), kept()).await;
        // The result does not matter here. The commands must print the connection.
        let _ = connected.unwrap().token().await;
        for command in commands() {
            let mut out = Vec::new();
            // `doctor` fails when it finds a problem.
            let _ = command.run(&manager, &mut out).await;
            assert!(!out.is_empty(), "{told}");
        }
    }
}

#[tokio::test]
async fn a_wait_in_words_that_no_duration_holds_is_capped() {
    let words = "18446744073709551615s 999ms 999us 999ns";
    let (http, requests) = network(vec![answer(429, &[("x-wait", words)], "")]);
    let manager = Manager::new(MemoryStore::new(), http, keys());
    let token = customers::AccessToken::from_stored(lasting());
    let connected = manager.connect("ann", &app(), token, kept()).await;
    let api = connected.unwrap().api();
    for patience in [Duration::ZERO, Duration::from_millis(50)] {
        let api = api.clone().patience(patience);
        let refused = api.get("/me").send().await.map(|_| ()).unwrap_err();
        let wait = refused.wait();
        assert!(wait.is_some(), "{refused}");
        assert!(wait <= Some(RateLimit::MAX_WAIT), "{wait:?}");
    }
    assert_eq!(requests.lock().unwrap().len(), 2);
}
