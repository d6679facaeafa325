//! A test of a machine that sleeps. It needs a separate process, since it moves the clock of all its connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oauth_runtime::lifecycle::{
    Connection, Manager, MemoryStore, SealingKeys, sleep_of_the_machine,
};
use oauth_runtime::{
    Http, SealingKey, Secret, http::TransportError, oauth_provider, provider::StoredToken,
};

#[oauth_provider("./acme.toml")]
mod acme {}

const FIVE_HOURS: Duration = Duration::from_secs(5 * 3600);

async fn text<T: StoredToken>(connection: &Connection<T>) -> String {
    let token = connection.token().await.expect("a token is at hand");
    token.stored().access_token().expose().to_owned()
}

#[tokio::test]
async fn a_token_expires_while_the_machine_sleeps() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let http = Http::over(move |_| {
        let nth = counted.fetch_add(1, Ordering::SeqCst);
        let tokens = format!(
            r#"{{"access_token":"access-{nth}","expires_in":3600,"refresh_token":"refresh-{nth}"}}"#
        );
        async move { Ok::<_, TransportError>(http::Response::new(tokens.into_bytes())) }
    });
    let back = acme::RedirectUri::constant("https://app.example.com/callback");
    let app = acme::App::new("id", "secret", back);
    let first = acme::RefreshToken::from_stored(Secret::new("first"));
    let token = http.send(acme::refresh(&app, first)).await.unwrap();
    let store = Arc::new(MemoryStore::new());
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    let manager = Manager::new(store.clone(), http, keys);
    let connection = manager.connect("ann", &app, token, ()).await.unwrap();

    assert_eq!(text(&connection).await, "access-0");
    // The store's clock does not expire a token that is in memory, since the clocks of machines may differ.
    store.advance(FIVE_HOURS);
    assert_eq!(text(&connection).await, "access-0");
    sleep_of_the_machine(FIVE_HOURS);
    assert_eq!(text(&connection).await, "access-1");
    assert_eq!(text(&connection).await, "access-1", "this one is new");
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}
