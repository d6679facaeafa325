//! Stored connections: generated modules, the manager and its stores at simulated providers. Time passes only where a test
//! moves it.

mod faults;
mod many;
mod stores;
mod troubles;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use oauth_providers::{r#box as box_, facebook, google, slack, zoho};
use oauth_runtime::lifecycle::store::{Store, StoreErrorKind};
use oauth_runtime::lifecycle::{
    Connection, Deployment, KeepAliveSummary, Manager, MemoryStore, Revocation, SealingKeys,
    SqliteStore, TokenError,
};
use oauth_runtime::{Http, SealingKey, Secret, Token, http::TransportError, oauth_provider};
use oauth_spec::simulator::{Client, Fault, Simulator};

#[oauth_provider("../specs/strict.toml")]
mod strict {}

const BACK: &str = "https://app.example.com/callback";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86400);

/// A simulated provider, an app at it, and a store whose clock moves with the provider's.
struct World {
    simulator: Simulator,
    client: Client,
    store: Arc<MemoryStore>,
    manager: Manager,
}

impl World {
    fn of(provider: &str) -> World {
        let simulator = Simulator::start([provider]).unwrap();
        let id = simulator.plans()[0].identity.id.clone();
        let client = simulator.register(&id, BACK).unwrap();
        let store = Arc::new(MemoryStore::new());
        let manager = manager(&simulator, store.clone());
        World {
            simulator,
            client,
            store,
            manager,
        }
    }

    fn http(&self) -> Http {
        Http::over(self.simulator.transport::<TransportError>())
    }

    /// Moves the clocks of the provider and the store ahead, and clears the manager's cache.
    fn advance(&self, time: Duration) {
        self.simulator.advance(time);
        self.store.advance(time);
        self.manager.forget();
    }

    /// Returns the number of requests to the token endpoint.
    fn calls(&self) -> usize {
        let received = self.simulator.received();
        let posted = received.iter().filter(|request| request.method() == "POST");
        posted.count()
    }

    fn box_app(&self) -> box_::App {
        let back = box_::RedirectUri::constant(BACK);
        box_::App::new(&*self.client.id, &*self.client.secret, back)
    }

    async fn box_login(&self) -> box_::AccessToken {
        let app = self.box_app();
        let login = box_::login(&app, &[]);
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let tokens = self.http().send(box_::exchange(&app, code)).await;
        tokens.unwrap().access
    }

    async fn box_connection(&self) -> Connection<box_::AccessToken> {
        let token = self.box_login().await;
        let app = self.box_app();
        let connected = self.manager.connect("ann", &app, token, ()).await;
        connected.unwrap()
    }

    async fn strict_connection(&self) -> Connection<strict::AccessToken> {
        let back = strict::RedirectUri::constant(BACK);
        let app = strict::App::new(&*self.client.id, &*self.client.secret, back);
        let login = strict::login(&app, &[strict::Scope::READ]);
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let tokens = self.http().send(strict::exchange(&app, code)).await;
        let access = tokens.unwrap().access;
        let connected = self.manager.connect("ann", &app, access, ());
        connected.await.unwrap()
    }
}

fn manager(simulator: &Simulator, store: impl Store + 'static) -> Manager {
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    Manager::new(
        store,
        Http::over(simulator.transport::<TransportError>()),
        keys,
    )
}

fn text<T: oauth_runtime::provider::StoredToken>(token: &T) -> String {
    token.stored().access_token().expose().to_owned()
}

#[tokio::test]
async fn a_token_guard_is_passed_where_a_function_takes_the_token() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    let http = Http::over(world.simulator.transport::<TransportError>());
    let token = connection.token().await.unwrap();
    let user = http.send(box_::userinfo(&token)).await.unwrap();
    assert!(!user.sub.is_empty());
}

#[tokio::test]
async fn a_token_is_at_hand_until_it_is_due_and_refreshed_then() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    let first = text(&*connection.token().await.unwrap());
    let calls = world.calls();
    world.advance(HOUR / 2);
    assert_eq!(text(&*connection.token().await.unwrap()), first);
    assert_eq!(world.calls(), calls, "it is still fresh");
    world.advance(HOUR);
    let second = text(&*connection.token().await.unwrap());
    assert_ne!(second, first);
    assert_eq!(world.calls(), calls + 1);
}

#[tokio::test]
async fn however_many_wait_it_is_refreshed_once() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    // Another machine has a separate manager over a common store.
    let other = manager(&world.simulator, world.store.clone());
    let app = world.box_app();
    let other = other.connection::<box_::AccessToken>("ann", &app).await;
    let other = other.unwrap();
    world.advance(2 * HOUR);
    let calls = world.calls();
    let asked = (0..128).map(|nth| {
        let connection = [&connection, &other][nth % 2].clone();
        tokio::spawn(async move { connection.token().await.map(|token| text(&*token)) })
    });
    let mut tokens = HashMap::<String, usize>::new();
    for asked in asked.collect::<Vec<_>>() {
        *tokens.entry(asked.await.unwrap().unwrap()).or_default() += 1;
    }
    // The other manager had a cached token, and its clock did not move.
    assert_eq!(world.calls(), calls + 1, "{tokens:?}");
}

#[tokio::test]
async fn who_began_it_may_go_away_and_the_others_get_it() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    world.advance(2 * HOUR);
    let calls = world.calls();
    let starter = tokio::spawn({
        let connection = connection.clone();
        async move { connection.token().await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    starter.abort();
    connection.token().await.unwrap();
    assert_eq!(world.calls(), calls + 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once_for_all_who_held_it() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    let calls = world.calls();
    let (one, two) = (
        connection.token().await.unwrap(),
        connection.token().await.unwrap(),
    );
    let refused = text(&*one);
    let new = text(&*connection.token_instead_of(one).await.unwrap());
    let same = text(&*connection.token_instead_of(two).await.unwrap());
    assert_ne!(new, refused);
    assert_eq!((same, world.calls()), (new, calls + 1));
}

#[tokio::test]
async fn another_app_of_the_provider_is_refused_before_any_call() {
    let world = World::of("box");
    world.box_connection().await;
    let other = world.simulator.register("box", BACK).unwrap();
    let back = box_::RedirectUri::constant(BACK);
    let app = box_::App::new(&*other.id, &*other.secret, back);
    let refused = world
        .manager
        .connection::<box_::AccessToken>("ann", &app)
        .await
        .err();
    let expected = TokenError::OtherApp {
        client_id: world.client.id.clone(),
    };
    assert_eq!(refused, Some(expected));
}

#[tokio::test]
async fn what_the_user_takes_back_needs_a_login_and_a_login_mends_it() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    world.simulator.revoked_by_user(&world.client);
    world.advance(2 * HOUR);
    assert_eq!(connection.token().await.err(), Some(TokenError::LogIn));
    let again = world.box_connection().await;
    assert!(again.token().await.is_ok());
    assert!(
        connection.token().await.is_ok(),
        "the older handle has it, too"
    );
}

#[tokio::test]
async fn what_nobody_uses_is_kept_alive() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    drop(connection);
    world.manager.manage::<box_::AccessToken>(&world.box_app());
    let quiet = world.manager.keep_alive_once().await.unwrap();
    assert_eq!(quiet, KeepAliveSummary::default());
    for _ in 0..4 {
        // An unused refresh token expires after 60 days.
        world.advance(50 * DAY);
        let kept = world.manager.keep_alive_once().await.unwrap();
        assert_eq!(kept.refreshed, 1, "{kept:?}");
    }
    let outlook = world.manager.outlook().await.unwrap();
    assert_eq!((outlook.rows, outlook.given_up), (1, 0));
    let left = outlook.first.unwrap().since(outlook.now);
    assert!(left > 59 * DAY && left <= 60 * DAY, "{left:?}");
    let foreign = manager(&world.simulator, world.store.clone());
    world.advance(50 * DAY);
    assert_eq!(foreign.keep_alive_once().await.unwrap().foreign, 1);
}

#[tokio::test]
async fn a_connection_that_was_ended_is_gone_for_all_its_handles_and_at_the_provider() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    let app = world.box_app();
    let mut token = connection.token().await.unwrap().clone();
    let other = connection.clone();
    let ended = connection.disconnect().await.unwrap();
    assert!(matches!(ended, Revocation::Done), "{ended:?}");
    assert_eq!(other.token().await.err(), Some(TokenError::Absent));
    let gone = world
        .manager
        .connection::<box_::AccessToken>("ann", &app)
        .await;
    assert_eq!(gone.err(), Some(TokenError::Absent));
    world.advance(Duration::from_secs(1));
    let anew = world.box_connection().await;
    assert!(anew.token().await.is_ok(), "and can be made anew");
    assert!(other.token().await.is_ok());
    let refresh_token = token.take_refresh_token().unwrap();
    let dead = world.http().send(box_::refresh(&app, refresh_token)).await;
    assert_eq!(dead.unwrap_err().remedy(), oauth_runtime::Remedy::LogIn);
}

#[tokio::test]
async fn keys_are_replaced_while_everything_runs() {
    let world = World::of("box");
    world.box_connection().await;
    let (one, two) = ([7; 32], [8; 32]);
    let with = |keys: SealingKeys| Manager::new(world.store.clone(), world.http(), keys);
    let both = with(
        SealingKeys::new("two", SealingKey::from_bytes(&two))
            .and("one", SealingKey::from_bytes(&one)),
    );
    let app = world.box_app();
    let new = || with(SealingKeys::new("two", SealingKey::from_bytes(&two)));
    let early = new().connection::<box_::AccessToken>("ann", &app).await;
    assert!(matches!(early.err(), Some(TokenError::Sealed(_))));
    assert_eq!(both.reseal().await.unwrap().anew, 1);
    assert_eq!(both.reseal().await.unwrap().anew, 0);
    assert!(
        new()
            .connection::<box_::AccessToken>("ann", &app)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_guide_s_lines_keep_a_connection() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = &folder.path().join("connections.db");
    let simulator = Simulator::start(["slack"])?;
    let client = simulator.register("slack", BACK).unwrap();
    let http = Http::over(simulator.transport::<TransportError>());
    let back = slack::RedirectUri::constant(BACK);
    let app = slack::App::new(client.id, client.secret, back);
    let scopes = [slack::BotScope::CHAT_WRITE];
    let login = slack::login(
        &app,
        slack::LoginOptions {
            bot_scopes: &scopes,
            ..Default::default()
        },
    );
    let back = simulator.browse(login.url())?;
    let code = login.callback(&back)?;
    let tokens = http.send(slack::exchange(&app, code)).await?;
    let (bot, key) = (tokens.bot.unwrap(), SealingKey::generate());

    let store = SqliteStore::open(path, &Deployment::named("production-eu"))?;
    let manager = Manager::new(store, http, SealingKeys::new("2026-11", key));
    manager.connect("ann", &app, bot, ()).await?;

    // Later, in any process:
    let ann = manager.connection::<slack::BotToken>("ann", &app).await?;
    let token = ann.token().await?;

    assert!(
        token
            .bearer(&app, "https://slack.com/api/chat.postMessage")
            .is_ok()
    );
    Ok(())
}

#[tokio::test]
async fn a_copied_file_takes_no_writes_until_it_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let world = World::of("box");
    let (token, app) = (world.box_login().await, world.box_app());
    let here = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    let own = manager(&world.simulator, here);
    own.connect("ann", &app, token, ()).await.unwrap();
    let laptop = Deployment::named("a laptop").formerly("here");
    let copy = SqliteStore::open(&path, &laptop).unwrap();
    let copy = Arc::new(copy);
    let other = manager(&world.simulator, copy.clone());
    let connection = other
        .connection::<box_::AccessToken>("ann", &app)
        .await
        .unwrap();
    let held = connection.token().await.unwrap();
    let calls = world.calls();
    let refused = connection.token_instead_of(held).await.err();
    let Some(TokenError::Store(error)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(error.kind, StoreErrorKind::ReadOnly);
    assert_eq!(world.calls(), calls, "no refresh token is spent");
    copy.claim().await.unwrap();
    let held = connection.token().await.unwrap();
    assert!(connection.token_instead_of(held).await.is_ok());
}

#[tokio::test]
async fn google_s_lasting_refresh_token_is_used_again_and_again() {
    let world = World::of("google");
    let back = google::RedirectUri::constant(BACK);
    let app = google::App::new(&*world.client.id, &*world.client.secret, back);
    let options = google::LoginOptions {
        offline: true,
        ..google::LoginOptions::default()
    };
    let login = google::login(&app, &[google::Scope::DRIVE_FILE], options);
    let back = world.simulator.browse(login.url()).unwrap();
    let code = login.callback(&back).unwrap();
    let tokens = world
        .http()
        .send(google::exchange(&app, code))
        .await
        .unwrap();
    let connection = world
        .manager
        .connect("ann", &app, tokens.access, ())
        .await
        .unwrap();
    for _ in 0..3 {
        world.advance(2 * HOUR);
        assert!(connection.token().await.is_ok());
    }
    world.simulator.fault(Fault::TimeOutAfter);
    world.advance(2 * HOUR);
    assert!(connection.token().await.is_err());
    world.advance(HOUR);
    assert!(
        connection.token().await.is_ok(),
        "a lost answer loses nothing here"
    );
}

#[tokio::test]
async fn facebook_s_token_is_traded_in_while_it_lives() {
    let world = World::of("facebook");
    let back = facebook::RedirectUri::constant(BACK);
    let app = facebook::App::new(&*world.client.id, &*world.client.secret, back);
    let login = facebook::login(
        &app,
        &[facebook::Scope::EMAIL],
        facebook::LoginOptions::default(),
    );
    let back = world.simulator.browse(login.url()).unwrap();
    let code = login.callback(&back).unwrap();
    let tokens = world
        .http()
        .send(facebook::exchange(&app, code))
        .await
        .unwrap();
    let connection = world
        .manager
        .connect("ann", &app, tokens.access, ())
        .await
        .unwrap();
    let first = text(&*connection.token().await.unwrap());
    // The access token expires after 5152 seconds.
    world.advance(Duration::from_secs(4500));
    let second = text(&*connection.token().await.unwrap());
    assert_ne!(first, second);
}

#[tokio::test]
async fn what_the_callback_told_is_kept_for_the_refresh() {
    let world = World::of("zoho");
    let back = zoho::RedirectUri::constant(BACK);
    let app = zoho::App::new(&*world.client.id, &*world.client.secret, back);
    let token = Token::new(Secret::new("old")).with_refresh_token(Secret::new("gone"));
    let inputs = zoho::AccessTokenInputs {
        accounts_server: zoho::AccountsServer::parse("https://accounts.zoho.eu").unwrap(),
        api_domain: zoho::ApiDomain::parse("https://www.zohoapis.eu").unwrap(),
    };
    let token = zoho::AccessToken::from_stored(token.with_expires_at(std::time::UNIX_EPOCH));
    let connected = world
        .manager
        .connect("ann", &app, token, inputs.clone())
        .await;
    drop(connected.unwrap());
    let connection = world
        .manager
        .connection::<zoho::AccessToken>("ann", &app)
        .await
        .unwrap();
    assert_eq!(connection.token().await.err(), Some(TokenError::LogIn));
    let received = world.simulator.received();
    let host = received.last().unwrap().uri().host().unwrap().to_owned();
    assert_eq!(host, "accounts.zoho.eu");
}

#[tokio::test]
async fn a_machine_s_token_is_asked_for_anew_as_it_was_first() {
    use box_::server::{AccessTokenInputs, App, BoxSubjectType};
    let simulator = Simulator::start(["box"]).unwrap();
    let client = simulator.register("box::server", BACK).unwrap();
    let store = Arc::new(MemoryStore::new());
    let kept = manager(&simulator, store.clone());
    let app = App::new(&*client.id, &*client.secret);
    let inputs = AccessTokenInputs {
        box_subject_type: BoxSubjectType::Enterprise,
        box_subject_id: "42".to_owned(),
    };
    let http = Http::over(simulator.transport::<TransportError>());
    let call = box_::server::client_credentials(&app, inputs.box_subject_type, "42");
    let first = http.send(call).await.unwrap();
    let asked = simulator.received().pop().unwrap().into_body();
    kept.connect("machine", &app, first, inputs).await.unwrap();
    simulator.advance(2 * HOUR);
    store.advance(2 * HOUR);

    // Another process knows only what the store has.
    let other = manager(&simulator, store);
    let machine = other.connection::<box_::server::AccessToken>("machine", &app);
    machine.await.unwrap().token().await.unwrap();
    let again = simulator.received().pop().unwrap().into_body();
    assert_eq!(String::from_utf8(again), String::from_utf8(asked));
}
