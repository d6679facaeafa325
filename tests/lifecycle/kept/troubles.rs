//! The errors and reports that callers and operators get during a problem, and how long they get them.

use std::collections::VecDeque;
use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauth_providers::r#box as box_;
use oauth_runtime::lifecycle::store::Store as _;
use oauth_runtime::lifecycle::{
    Connection, Event, KeepAliveSummary, Manager, Options, RefreshResult, SealingKeys, TokenError,
};
use oauth_runtime::operator::Command;
use oauth_runtime::{Http, SealingKey, api::ApiErrorKind, http::TransportError};

use super::{DAY, HOUR, World, manager, text};

const SECOND: Duration = Duration::from_secs(1);

/// A scripted response, and the delay before it arrives.
type Stated = (Duration, http::Response<Vec<u8>>);

/// A provider with scripted responses. The simulator responds when none is left.
#[derive(Clone, Default)]
struct Script {
    next: Arc<Mutex<VecDeque<Stated>>>,
    sent: Arc<AtomicUsize>,
}

impl Script {
    fn responds(&self, after: Duration, status: u16, header: (&str, &str), body: &str) {
        let response = http::Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header(header.0, header.1);
        let response = response.body(body.as_bytes().to_vec()).unwrap();
        self.next.lock().unwrap().push_back((after, response));
    }

    fn issues(&self, after: Duration, name: &str, lifetime: u64) {
        let body = format!(
            "{{\"access_token\":\"{name}\",\"refresh_token\":\"{name}-next\",\
             \"token_type\":\"bearer\",\"expires_in\":{lifetime}}}"
        );
        self.responds(after, 200, ("cache-control", "no-store"), &body);
    }

    fn refuses(&self, code: &str) {
        let body = format!("{{\"error\":\"{code}\"}}");
        let none = Duration::ZERO;
        self.responds(none, 400, ("cache-control", "no-store"), &body);
    }

    fn ends(&self) {
        self.next.lock().unwrap().clear();
    }

    /// Returns the number of requests so far.
    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    fn manager(&self, world: &World, options: Options) -> Manager {
        let (carry, script) = (world.simulator.transport::<TransportError>(), self.clone());
        let http = Http::over(move |request: http::Request<Vec<u8>>| {
            script.sent.fetch_add(1, Ordering::SeqCst);
            let stated = script.next.lock().unwrap().pop_front();
            let carried = stated.is_none().then(|| carry(request));
            async move {
                match (stated, carried) {
                    (Some((after, response)), _) => {
                        if !after.is_zero() {
                            tokio::time::sleep(after).await;
                        }
                        Ok(response)
                    }
                    (None, Some(carried)) => carried.await,
                    (None, None) => unreachable!("one of the two"),
                }
            }
        });
        let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
        Manager::with(world.store.clone(), http, keys, options)
    }
}

/// Opens Ann's connection with this manager.
async fn ann(world: &World, manager: &Manager) -> Connection<box_::AccessToken> {
    let app = world.box_app();
    let opened = manager.connection::<box_::AccessToken>("ann", &app).await;
    opened.unwrap()
}

#[tokio::test]
async fn a_dead_grant_needs_a_login_in_every_later_call_here_and_elsewhere() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    world.simulator.revoked_by_user(&world.client);
    // The API rejected a token that has not expired.
    let held = connection.token().await.unwrap();
    let refused = connection.token_instead_of(held).await.err();
    assert_eq!(refused, Some(TokenError::LogIn));
    let calls = world.calls();
    let other = elsewhere(&world).await;
    for connection in [connection, other] {
        for _ in 0..3 {
            let token = connection.token().await.err();
            assert_eq!(token, Some(TokenError::LogIn));
            let refreshed = connection.refresh().await.err();
            assert_eq!(refreshed, Some(TokenError::LogIn));
            let called = connection.api().get("/users/me").send().await;
            let called = called.unwrap_err();
            assert_eq!(called.kind(), ApiErrorKind::NoToken, "{called}");
            let why = called.source().map(ToString::to_string);
            assert_eq!(why, Some(TokenError::LogIn.to_string()));
        }
    }
    assert_eq!(world.calls(), calls, "a dead grant is not tried again");
}

#[tokio::test]
async fn a_token_of_a_second_or_less_is_refreshed_once_for_each_call() {
    for lifetime in 0..=2 {
        let world = World::of("box");
        drop(world.box_connection().await);
        world.advance(2 * HOUR);
        let script = Script::default();
        let manager = script.manager(&world, Options::default());
        let connection = ann(&world, &manager).await;
        let mut last = String::new();
        for nth in 0..4 {
            script.ends();
            let name = format!("token-{nth}");
            script.issues(Duration::ZERO, &name, lifetime);
            let sent = script.sent();
            let token = connection.token().await;
            let token = token.unwrap_or_else(|why| panic!("{lifetime} s, call {nth}: {why}"));
            match script.sent() - sent {
                1 => last = name,
                // A token that has not expired is handed out again.
                0 => assert!(lifetime > 0 && nth > 0, "{lifetime} s, call {nth}"),
                more => panic!("{lifetime} s, call {nth}: {more} requests"),
            }
            assert_eq!(text(&*token), last, "{lifetime} s, call {nth}");
        }
    }
}

#[tokio::test]
async fn a_refusal_that_nothing_explains_is_tried_again_and_costs_no_connection() {
    let world = World::of("box");
    drop(world.box_connection().await);
    world.advance(2 * HOUR);
    let script = Script::default();
    let manager = script.manager(&world, Options::default());
    let connection = ann(&world, &manager).await;
    let mut events = manager.events();
    let mut waits = Vec::new();
    for _ in 0..6 {
        script.refuses("not_today");
        let sent = script.sent();
        let failed = connection.token().await.err();
        let Some(TokenError::Later { wait, reason }) = failed else {
            panic!("{failed:?}");
        };
        assert!(reason.contains("not_today"), "{reason}");
        let told = events.try_recv();
        assert!(matches!(told, Ok(Event::Failed { .. })), "{told:?}");
        let soon = connection.token().await.err();
        assert!(matches!(soon, Some(TokenError::Later { .. })), "{soon:?}");
        assert_eq!(script.sent(), sent + 1, "no one asks again so soon");
        waits.push(wait);
        world.advance(wait + SECOND);
    }
    assert!(waits[5] > 4 * waits[0], "the waits grow: {waits:?}");
    // An outage does not count as a success.
    script.responds(Duration::ZERO, 503, ("cache-control", "no-store"), "");
    assert!(connection.token().await.is_err());
    world.advance(DAY);
    script.refuses("not_today");
    let failed = connection.token().await.err();
    let Some(TokenError::ProbablyLogIn { wait, .. }) = failed else {
        panic!("{failed:?}");
    };
    let outlook = manager.outlook().await.unwrap();
    assert_eq!((outlook.rows, outlook.given_up), (1, 0), "the row is kept");
    world.advance(wait + SECOND);
    let token = connection.token().await;
    assert!(token.is_ok(), "it was the provider's mistake: {token:?}");
}

#[tokio::test]
async fn an_operator_ignores_a_stored_wait_and_nothing_else_does() {
    let world = World::of("box");
    drop(world.box_connection().await);
    let script = Script::default();
    let manager = script.manager(&world, Options::default());
    manager.manage::<box_::AccessToken>(&world.box_app());
    // The refresh token expires if unused for 60 days.
    world.advance(50 * DAY);
    script.responds(Duration::ZERO, 429, ("retry-after", "3600"), "{}");
    let kept = manager.keep_alive_once().await.unwrap();
    assert_eq!((kept.refreshed, kept.failed), (0, 1), "{kept:?}");
    let sent = script.sent();
    let kept = manager.keep_alive_once().await.unwrap();
    assert_eq!(
        kept,
        KeepAliveSummary::default(),
        "it is not due before the wait is over"
    );
    let connection = ann(&world, &manager).await;
    for _ in 0..2 {
        let waits = connection.token().await.err();
        let Some(TokenError::Later { wait, .. }) = waits else {
            panic!("{waits:?}");
        };
        assert!(wait > HOUR / 2 && wait <= HOUR, "{wait:?}");
    }
    assert_eq!(script.sent(), sent, "the provider asked for an hour");
    let rows = world.store.list(None, 10).await.unwrap();
    let tried = manager.refresh(&rows[0].0).await.unwrap();
    assert_eq!(tried, RefreshResult::Refreshed);
    assert_eq!(script.sent(), sent + 1);
    assert!(connection.token().await.is_ok());
}

// With the clock paused, the delay passes once every task waits.
#[tokio::test(start_paused = true)]
async fn a_slow_refresh_lets_its_callers_go_and_commits() {
    let world = World::of("box");
    drop(world.box_connection().await);
    world.advance(2 * HOUR);
    let script = Script::default();
    let options = Options::default().answer_within(SECOND);
    let manager = script.manager(&world, options);
    let connection = ann(&world, &manager).await;
    script.issues(10 * SECOND, "late", 3600);
    let sent = script.sent();
    for _ in 0..3 {
        let failed = connection.token().await.err();
        assert!(
            matches!(failed, Some(TokenError::Later { .. })),
            "{failed:?}"
        );
    }
    assert_eq!(script.sent(), sent + 1, "one refresh is under way");
    let row = world.store.list(None, 10).await.unwrap().remove(0).1.row;
    assert!(row.open_entry().is_some(), "and it has not ended");
    tokio::time::sleep(20 * SECOND).await;
    let token = connection.token().await.unwrap();
    assert_eq!(text(&*token), "late");
    assert_eq!(script.sent(), sent + 1, "what came late is stored");
    let other = elsewhere(&world).await;
    assert_eq!(text(&*other.token().await.unwrap()), "late");
}

async fn elsewhere(world: &World) -> Connection<box_::AccessToken> {
    ann(world, &manager(&world.simulator, world.store.clone())).await
}

#[tokio::test]
async fn the_doctor_counts_what_a_clock_wrote_that_was_ahead() {
    let world = World::of("box");
    world.store.advance(3 * DAY);
    drop(world.box_connection().await);
    let rows = world.store.list(None, 10).await.unwrap();
    world.store.lease(&rows[0].0, SECOND).await.unwrap();
    let doctor = async || {
        let mut said = Vec::new();
        let found = Command::Doctor.run(&world.manager, &mut said).await;
        (String::from_utf8(said).unwrap(), found.is_ok())
    };
    let ahead = "connections were written by a clock that was ahead";
    let (said, _) = doctor().await;
    assert!(
        said.contains(&format!("ok     clock: 0 of 1 {ahead}")),
        "{said}"
    );
    world.store.set_back(3 * DAY);
    let (said, is_well) = doctor().await;
    assert!(!is_well, "{said}");
    assert!(
        said.contains(&format!("WRONG  clock: 1 of 1 {ahead}")),
        "{said}"
    );
    assert!(said.contains("WRONG  clock: 1 leases or waits"), "{said}");
    // A refresh rewrites the row by the corrected clock.
    let connection = ann(&world, &world.manager).await;
    assert!(connection.refresh().await.is_ok());
    let (said, is_well) = doctor().await;
    assert!(is_well, "{said}");
}
