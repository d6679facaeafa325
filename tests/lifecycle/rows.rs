//! Rows that revision 2fe160a wrote, before sealed tokens were bound to more than their connection. They open, are
//! refreshed and are upgraded to the second format, in SQLite and in PostgreSQL.

use std::sync::{Arc, Mutex};

use oauth_runtime::lifecycle::store::Key;
use oauth_runtime::lifecycle::{
    Health, Manager, RefreshResult, Resealed, SealFormat, SealingKeys, TokenError, UnsealError,
};
use oauth_runtime::{Http, http::TransportError, oauth_provider};

use crate::lifecycle::whose_app::ground::{Database, Ground};
use crate::support::scripted::keys;

#[oauth_provider("../../oauth-runtime/tests/acme.toml")]
mod acme {}
#[oauth_provider("../specs/hosted.toml")]
mod hosted {}

const ROWS: &str = include_str!("rows/first-format.sql");
const BACK: &str = "https://app.example.com/callback";

fn app() -> acme::App {
    let back = acme::RedirectUri::constant(BACK);
    acme::App::new("the client", "secret", back)
}

fn hosted_app(host: &str) -> hosted::App {
    let back = hosted::RedirectUri::constant(BACK);
    let host = hosted::Host::parse(host).unwrap();
    hosted::App::new("the client", "secret", back, host)
}

fn key(connection: &str, provider: &str) -> Key {
    Key {
        connection: connection.to_owned(),
        provider: provider.to_owned(),
        token: "access".to_owned(),
    }
}

/// The bodies of the received requests, each with its host.
type Asked = Arc<Mutex<Vec<String>>>;

async fn manager(database: &Database, keys: SealingKeys) -> (Manager, Asked) {
    let asked = Asked::default();
    let seen = asked.clone();
    let http = Http::over(move |request: http::Request<Vec<u8>>| {
        let body = String::from_utf8(request.body().clone()).unwrap();
        let host = request.uri().host().unwrap_or_default();
        seen.lock().unwrap().push(format!("{host} {body}"));
        let response = r#"{"access_token":"new","refresh_token":"newer","token_type":"Bearer","expires_in":3600}"#;
        let response = http::Response::new(response.as_bytes().to_vec());
        async { Ok::<_, TransportError>(response) }
    });
    let store = database.open().await.store();
    (Manager::new(store, http, keys), asked)
}

async fn in_each_database(claim: impl AsyncFn(&Database)) {
    for ground in Ground::with_statements() {
        let database = ground.fresh().await;
        // Opening the database creates its tables.
        database.open().await;
        database.edit(&database.literal(ROWS)).await;
        claim(&database).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_an_earlier_revision_open_and_are_refreshed_into_the_second_format() {
    in_each_database(async |database| {
        let (manager, asked) = manager(database, keys()).await;
        let app = app();
        let ann = manager.connection::<acme::AccessToken>("ann", &app);
        let ann = ann.await.unwrap();
        manager.manage::<acme::AccessToken>(&app);
        let key = key("ann", "acme");
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Refreshed));
        assert!(asked.lock().unwrap()[0].contains("refresh_token=refresh+of+ann"));
        let token = ann.token().await.unwrap();
        assert_eq!(token.stored().access_token().expose(), "new");
        // The row now has the second format, and still belongs to the app.
        let (strict, _) = self::manager(database, keys().refusing_first_format()).await;
        assert!(
            strict
                .connection::<acme::AccessToken>("ann", &app)
                .await
                .is_ok()
        );
        let gone = manager.status(&self::key("gone", "acme")).await.unwrap();
        assert_eq!(gone.unwrap().health, Health::NeedsLogin);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resealing_brings_tokens_and_spare_ones_to_the_second_format() {
    in_each_database(async |database| {
        let (manager, _) = manager(database, keys()).await;
        let expected = Resealed {
            anew: 5,
            ..Resealed::default()
        };
        assert_eq!(manager.reseal().await, Ok(expected));
        assert_eq!(manager.reseal().await, Ok(Resealed::default()));
        let (strict, _) = self::manager(database, keys().refusing_first_format()).await;
        for name in ["ann", "spared", "gone"] {
            let opened = strict.connection::<acme::AccessToken>(name, &app()).await;
            assert!(opened.is_ok(), "{name}: {opened:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn machines_are_upgraded_one_by_one() {
    in_each_database(async |database| {
        let (upgraded, _) = manager(database, keys().sealing_as(SealFormat::First)).await;
        upgraded.manage::<acme::AccessToken>(&app());
        let refreshed = upgraded.refresh(&key("ann", "acme")).await;
        assert_eq!(refreshed, Ok(RefreshResult::Refreshed));
        // The refreshed row has the first format, which the other machines read.
        let (strict, _) = manager(database, keys().refusing_first_format()).await;
        let opened = strict.connection::<acme::AccessToken>("ann", &app()).await;
        assert_eq!(opened.err(), Some(TokenError::Sealed(UnsealError::Foreign)));
        assert_eq!(upgraded.reseal().await, Ok(Resealed::default()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_does_not_state_its_app_s_host_belongs_to_no_app_while_two_could_be_meant() {
    in_each_database(async |database| {
        let bob = key("bob", "hosted");
        let (one, asked) = manager(database, keys()).await;
        one.manage::<hosted::AccessToken>(&hosted_app("a.vendor.example"));
        one.manage::<hosted::AccessToken>(&hosted_app("b.vendor.example"));
        assert_eq!(one.refresh(&bob).await, Ok(RefreshResult::Foreign));
        for host in ["a.vendor.example", "b.vendor.example"] {
            let app = hosted_app(host);
            let opened = one.connection::<hosted::AccessToken>("bob", &app);
            let refused = opened.await.err();
            assert!(
                matches!(refused, Some(TokenError::OtherApp { .. })),
                "{refused:?}"
            );
        }
        assert!(asked.lock().unwrap().is_empty());
        let (one, asked) = manager(database, keys()).await;
        one.manage::<hosted::AccessToken>(&hosted_app("a.vendor.example"));
        assert_eq!(one.refresh(&bob).await, Ok(RefreshResult::Refreshed));
        assert!(asked.lock().unwrap()[0].starts_with("a.vendor.example "));
    })
    .await;
}
