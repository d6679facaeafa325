//! Refresh responses that fail a protective check. Their tokens are sealed and set apart, no request goes to the foreign
//! host, and a person decides.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Parser as _;
use oauth_providers::{google, salesforce};
use oauth_runtime::lifecycle::store::Store;
use oauth_runtime::lifecycle::{
    Connection, Event, Health, KeepAliveSummary, Manager, MemoryStore, RefreshResult, Revocation,
    TokenError,
};
use oauth_runtime::operator::{Command, OperatorError};
use oauth_runtime::provider::StoredToken;
use serde_json::json;

use crate::modules::mutations::good::{Good, NEW_ACCESS, NEW_REFRESH};
use crate::modules::mutations::modules::{Visit, each_renewal};
use crate::modules::mutations::{an_hour_left, key};
use crate::support::scripted::{Scripted, answer, text};

const HOUR: Duration = Duration::from_secs(3600);

/// Hosts that no spec lists. Some of them resemble a listed host.
const FOREIGN: [&str; 7] = [
    "https://evil.example",
    "https://evil.example/path",
    "http://127.0.0.1:8080",
    "//evil.example",
    "evil.example",
    "https://acme.my.salesforce.com.evil.example",
    "https://www.zohoapis.eu@evil.example",
];

/// Returns values that name no host.
fn nameless() -> [serde_json::Value; 8] {
    [
        json!(null),
        json!(""),
        json!(7),
        json!(1.5),
        json!(true),
        json!("a text"),
        json!(["https://evil.example"]),
        json!({ "host": "https://evil.example" }),
    ]
}

/// A visitor that tries each host that a response may name.
#[derive(Default)]
struct Guards {
    set_apart: usize,
    kept: usize,
}

impl Visit for Guards {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs) {
        let good = Good::of::<T>();
        for path in good.guards() {
            for host in FOREIGN {
                let body = good.with(&path, host.into());
                is_set_apart::<T>(&app, &inputs, &good, &body).await;
                self.set_apart += 1;
            }
            for value in nameless() {
                let body = good.with(&path, value);
                let provider = Scripted::new();
                provider.then(answer(200, body));
                let manager = provider.manager(MemoryStore::new());
                let connection = connected::<T>(&manager, &app, inputs.clone()).await;
                assert_eq!(text(&*connection.refresh().await.unwrap()), NEW_ACCESS);
                self.kept += 1;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_host_in_a_refresh_response_sets_its_tokens_apart() {
    let mut guards = Guards::default();
    each_renewal(&mut guards).await;
    let Guards { set_apart, kept } = guards;
    println!("{set_apart} responses with a foreign host set apart, {kept} that name none kept");
    assert!(set_apart >= 2 * FOREIGN.len() && kept >= 16, "{set_apart}");
}

async fn connected<T: StoredToken>(
    manager: &Manager,
    app: &T::App,
    inputs: T::Inputs,
) -> Connection<T> {
    let token = T::from_stored(an_hour_left("oldaccess0", "oldrefresh0"));
    manager.connect("ann", app, token, inputs).await.unwrap()
}

/// Checks that the tokens of a response are set apart, and used only after a person accepts them.
async fn is_set_apart<T: StoredToken>(app: &T::App, inputs: &T::Inputs, good: &Good, body: &str) {
    let store = Arc::new(MemoryStore::new());
    let provider = Scripted::new();
    provider.then(answer(200, body));
    let manager = provider.manager(store.clone());
    manager.manage::<T>(app);
    let mut events = manager.events();
    let connection = connected::<T>(&manager, app, inputs.clone()).await;

    let refused = connection.refresh().await.unwrap_err();
    let TokenError::SetApart { reason } = &refused else {
        panic!("{body}: {refused:?}");
    };
    assert!(reason.contains("at a host that the spec lists"), "{reason}");
    for secret in ["evil", NEW_ACCESS, NEW_REFRESH] {
        assert!(!refused.to_string().contains(secret), "{refused}");
    }
    let event = events.recv().await.unwrap();
    assert!(
        matches!(&event, Event::SetApart { reason: told, .. } if told == reason),
        "{event:?}"
    );
    let at_hand = connection.token().await.unwrap();
    assert_eq!(text(&*at_hand), "oldaccess0", "the earlier one works");
    let api = connection.api().get("/x").send().await;
    assert!(api.is_err(), "the provider is down");

    // No request is sent after a wait, or by another process.
    let sent = provider.received().len();
    store.advance(2 * HOUR);
    let other = provider.manager(store.clone());
    other.manage::<T>(app);
    let connection = other.connection::<T>("ann", app).await.unwrap();
    let none = connection.token().await.unwrap_err();
    assert!(matches!(none, TokenError::SetApart { .. }), "{none:?}");
    assert_eq!(
        other.keep_alive_once().await,
        Ok(KeepAliveSummary::default())
    );
    assert_eq!(provider.received().len(), sent, "{:?}", provider.received());

    assert_eq!(
        other.accept_tokens_apart(&key::<T>("ann")).await,
        Ok(RefreshResult::Refreshed)
    );
    provider.then(answer(200, good.body.to_string()));
    let renewed = other.refresh(&key::<T>("ann")).await;
    assert_eq!(renewed, Ok(RefreshResult::Refreshed));
    let received = provider.received();
    assert!(received.last().unwrap().contains(NEW_REFRESH), "{body}");
    let evil = |request: &&String| request.contains("evil");
    assert_eq!(received.iter().find(evil), None, "{body}");
}

/// Returns an ID token of this user. It is unsigned, which is allowed for a token from a token endpoint.
fn id_token(issuer: &str, user: &str) -> String {
    let claims = json!({ "iss": issuer, "sub": user, "aud": "id" }).to_string();
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
}

fn refreshed(access: &str, id_token: &str) -> http::Response<Vec<u8>> {
    let refresh = format!("{access}refresh");
    let body = json!({
        "access_token": access, "refresh_token": refresh, "id_token": id_token,
        "token_type": "Bearer", "expires_in": 3600,
    });
    answer(200, body.to_string())
}

const GOOGLE: &str = "https://accounts.google.com";

/// Ann's connection at Google, whose last refresh response has an ID token of another user.
struct Another {
    store: Arc<MemoryStore>,
    provider: Arc<Scripted>,
    manager: Manager,
    app: google::App,
    connection: Connection<google::AccessToken>,
}

impl Another {
    async fn with(foreign: &str) -> Another {
        let store = Arc::new(MemoryStore::new());
        let provider = Scripted::new();
        provider.then(refreshed("first", &id_token(GOOGLE, "ann")));
        provider.then(refreshed("second", foreign));
        let manager = provider.manager(store.clone());
        let back = google::RedirectUri::constant("https://app.example.com/callback");
        let app = google::App::new("id", "secret", back);
        manager.manage::<google::AccessToken>(&app);
        let connection = connected::<google::AccessToken>(&manager, &app, ()).await;
        assert_eq!(text(&*connection.refresh().await.unwrap()), "first");
        let refused = connection.refresh().await.unwrap_err();
        assert!(
            matches!(&refused, TokenError::SetApart { reason } if reason.contains("another user")),
            "{refused:?}"
        );
        Another {
            store,
            provider,
            manager,
            app,
            connection,
        }
    }

    async fn health(&self) -> Health {
        let status = self
            .manager
            .status(&key::<google::AccessToken>("ann"))
            .await;
        status.unwrap().unwrap().health
    }

    async fn says(&self, command: &[&str]) -> Result<String, OperatorError> {
        let mut said = Vec::new();
        let arguments = ["connections"].iter().chain(command);
        let command = Arguments::try_parse_from(arguments).unwrap().command;
        command.run(&self.manager, &mut said).await?;
        Ok(String::from_utf8(said).unwrap())
    }
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[tokio::test(start_paused = true)]
async fn another_user_s_id_token_sets_the_tokens_apart() {
    for foreign in [
        id_token(GOOGLE, "bob"),
        id_token("https://evil.example", "ann"),
    ] {
        let another = Another::with(&foreign).await;
        assert!(matches!(another.health().await, Health::SetApart { .. }));
        let token = another.connection.token().await.unwrap();
        assert_eq!(text(&*token), "first");
        drop(token);
        let sent = another.provider.received().len();
        another.store.advance(2 * HOUR);
        let other = another.provider.manager(another.store.clone());
        let connection = other
            .connection::<google::AccessToken>("ann", &another.app)
            .await
            .unwrap();
        for _ in 0..3 {
            let none = connection.token().await.unwrap_err();
            assert!(matches!(none, TokenError::SetApart { .. }), "{none:?}");
        }
        assert_eq!(another.provider.received().len(), sent);
        // A new login ends the state.
        let new = an_hour_left("third", "thirdrefresh");
        let token = google::AccessToken::from_stored(new);
        let logged_in = other.connect("ann", &another.app, token, ()).await.unwrap();
        assert_eq!(text(&*logged_in.token().await.unwrap()), "third");
        assert_eq!(another.health().await, Health::Well);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_user_s_id_token_is_taken_over() {
    for same in [
        id_token(GOOGLE, "ann"),
        String::new(),
        "e30.e30.x".to_owned(),
    ] {
        let store = MemoryStore::new();
        let provider = Scripted::new();
        provider.then(refreshed("first", &id_token(GOOGLE, "ann")));
        provider.then(refreshed("second", &same));
        let manager = provider.manager(store);
        let back = google::RedirectUri::constant("https://app.example.com/callback");
        let app = google::App::new("id", "secret", back);
        let connection = connected::<google::AccessToken>(&manager, &app, ()).await;
        for expected in ["first", "second"] {
            assert_eq!(text(&*connection.refresh().await.unwrap()), expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_operator_sees_what_is_set_apart_and_accepts_it() {
    let another = Another::with(&id_token(GOOGLE, "bob")).await;
    let shown = another.says(&["show", "ann"]).await.unwrap();
    assert!(shown.contains("tokens set apart       yes"), "{shown}");
    assert!(shown.contains("accept them or log in again"), "{shown}");
    let ill = another.says(&["list", "--ill"]).await.unwrap();
    assert!(ill.contains("tokens set apart since"), "{ill}");
    assert!(another.says(&["doctor"]).await.is_err());
    let none = another.says(&["accept", "bob"]).await.unwrap_err();
    assert_eq!(
        none.to_string(),
        "there is no connection `bob`: run `list` for all names"
    );

    // A failed try with the earlier tokens decides nothing.
    another.provider.then(answer(503, ""));
    assert!(another.says(&["refresh", "ann"]).await.is_err());
    let received = another.provider.received();
    assert!(received.last().unwrap().contains("firstrefresh"));
    assert!(matches!(another.health().await, Health::SetApart { .. }));

    let said = another.says(&["accept", "ann"]).await.unwrap();
    assert_eq!(
        said,
        "ann (google, access) now uses the tokens that were set apart\n"
    );
    assert_eq!(another.health().await, Health::Well);
    let token = another.connection.token().await.unwrap();
    assert_eq!(text(&*token), "second");
    drop(token);
    let again = another.says(&["accept", "ann"]).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        "no tokens of `ann` are set apart: run `show` for its state"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_response_to_the_earlier_token_settles_it() {
    let another = Another::with(&id_token(GOOGLE, "bob")).await;
    another
        .provider
        .then(refreshed("third", &id_token(GOOGLE, "ann")));
    let said = another.says(&["refresh", "ann"]).await.unwrap();
    assert!(said.contains("was refreshed"), "{said}");
    assert_eq!(another.health().await, Health::Well);
    assert!(another.says(&["accept", "ann"]).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_disconnected_user_s_tokens_apart_are_ended_too() {
    let provider = Scripted::new();
    let good = Good::of::<salesforce::AccessToken>();
    let foreign = good.with(&["instance_url".to_owned()], FOREIGN[0].into());
    provider.then(answer(200, foreign));
    let manager = provider.manager(MemoryStore::new());
    let back = salesforce::RedirectUri::constant("https://app.example.com/callback");
    let app = salesforce::App::new("id", "secret", back);
    let instance_url = "https://acme.my.salesforce.com";
    let instance_url = salesforce::InstanceUrl::parse(instance_url).unwrap();
    let inputs = salesforce::AccessTokenInputs { instance_url };
    let connection = connected::<salesforce::AccessToken>(&manager, &app, inputs).await;
    assert!(connection.refresh().await.is_err());
    provider.then(answer(200, ""));
    provider.then(answer(200, ""));
    let revocation = connection.disconnect().await;
    assert!(matches!(revocation, Ok(Revocation::Done)), "{revocation:?}");
    let revoked = provider.received().split_off(1);
    for (request, token) in revoked.iter().zip(["oldrefresh0", NEW_REFRESH]) {
        assert!(request.contains(token), "{revoked:?}");
    }
    assert_eq!(revoked.len(), 2, "{revoked:?}");
}

#[tokio::test(start_paused = true)]
async fn another_user_s_tokens_are_not_ended_with_the_connection() {
    for foreign in [
        id_token(GOOGLE, "bob"),
        id_token("https://evil.example", "ann"),
    ] {
        let another = Another::with(&foreign).await;
        let before = another.provider.received().len();
        another.provider.then(answer(200, "{}"));
        let revocation = another.connection.disconnect().await;
        assert!(matches!(revocation, Ok(Revocation::Done)), "{revocation:?}");
        let revoked = another.provider.received().split_off(before).join("\n");
        assert!(revoked.contains("firstrefresh"), "{revoked}");
        assert!(!revoked.contains("secondrefresh"), "{revoked}");
        let gone = another.store.load(&key::<google::AccessToken>("ann")).await;
        assert_eq!(gone, Ok(None));
    }
}
