//! Faults of the provider and of the store. Each has a defined outcome, and none loses a token.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use oauth_providers::{r#box as box_, slack};
use oauth_runtime::lifecycle::store::{Store as _, StoreErrorKind};
use oauth_runtime::lifecycle::{
    Change, Deployment, Event, Manager, Revocation, SealingKeys, SqliteStore, TokenError,
};
use oauth_runtime::{Http, SealingKey, Secret, Token, http::TransportError};
use oauth_spec::simulator::Fault;

use super::stores::{Failing, Held};
use super::{BACK, HOUR, World, manager, text};

#[tokio::test]
async fn each_fault_of_the_provider_has_its_outcome_and_nothing_is_lost_but_a_lost_answer() {
    let minute = Duration::from_secs(60);
    for (fault, lost) in [
        (Fault::LostRequest, false),
        (Fault::TimeOutBefore, false),
        (Fault::TooManyRequests(minute), false),
        (Fault::ServerError(500), false),
        (Fault::ServerError(503), false),
        (Fault::Page, false),
        (Fault::LostAnswer, true),
        (Fault::TimeOutAfter, true),
        (Fault::Truncated, true),
    ] {
        let world = World::of("box");
        let connection = world.box_connection().await;
        world.advance(2 * HOUR);
        let mut events = world.manager.events();
        world.simulator.fault(fault.clone());
        let failed = connection.token().await.err();
        let Some(TokenError::Later { wait, reason }) = failed else {
            panic!("{fault:?}: {failed:?}");
        };
        assert!(!reason.is_empty(), "{fault:?}");
        if matches!(fault, Fault::TooManyRequests(_)) {
            assert!(
                wait > minute / 2 && wait <= minute,
                "as the provider asks: {wait:?}"
            );
        }
        let calls = world.calls();
        let soon = connection.token().await.err();
        assert!(matches!(soon, Some(TokenError::Later { .. })), "{fault:?}");
        assert_eq!(
            world.calls(),
            calls,
            "no further request is sent: {fault:?}"
        );
        assert!(
            matches!(events.try_recv(), Ok(Event::Failed { .. })),
            "{fault:?}"
        );
        assert!(events.try_recv().is_err(), "and it is told once: {fault:?}");
        world.advance(HOUR);
        match (connection.token().await, lost) {
            (Ok(_), false) => {}
            (Err(TokenError::LogIn), true) => {
                assert!(matches!(
                    events.try_recv(),
                    Ok(Event::OutcomeUnknown { .. })
                ));
                assert!(matches!(events.try_recv(), Ok(Event::NeedsLogin { .. })));
                let calls = world.calls();
                let again = connection.token().await.err();
                assert_eq!(again, Some(TokenError::LogIn));
                assert_eq!(world.calls(), calls, "a dead grant is not tried again");
                assert!(events.try_recv().is_err(), "nor told again");
            }
            (other, _) => panic!("{fault:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_outage_kills_no_connection_whose_token_works() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    let first = text(&*connection.token().await.unwrap());
    // The access token is due for a refresh but has not expired.
    world.advance(Duration::from_secs(3570));
    for _ in 0..3 {
        world.simulator.fault(Fault::ServerError(503));
        let token = connection.token().await;
        assert_eq!(token.map(|token| text(&*token)), Ok(first.clone()));
        world.advance(Duration::from_secs(5));
    }
    world.advance(HOUR);
    let token = connection.token().await;
    assert_ne!(
        token.map(|token| text(&*token)),
        Ok(first),
        "and lives on after it"
    );
}

// With the clock paused, the wait before the careful retry passes at once.
#[tokio::test(start_paused = true)]
async fn a_careful_provider_s_token_is_not_sent_twice_while_the_access_token_works() {
    let world = World::of(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/strict.toml"));
    let connection = world.strict_connection().await;
    let mut events = world.manager.events();
    world.advance(Duration::from_secs(3570));
    world.simulator.fault(Fault::TimeOutBefore);
    let calls = world.calls();
    assert!(connection.token().await.is_ok(), "the old one still works");
    world.advance(Duration::from_secs(10));
    assert!(connection.token().await.is_ok());
    assert_eq!(
        world.calls(),
        calls,
        "a time-out leaves no trace, and nothing more was sent"
    );
    world.advance(HOUR);
    assert!(
        connection.token().await.is_ok(),
        "the careful try, once it has ended"
    );
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    assert!(
        matches!(
            told[..],
            [
                Event::Failed { .. },
                Event::OutcomeUnknown { .. },
                Event::Refreshed { settled: true, .. }
            ]
        ),
        "{told:?}"
    );
}

#[tokio::test]
async fn wrong_credentials_stop_it_until_somebody_mends_the_app() {
    let world = World::of("box");
    world.box_connection().await;
    let back = box_::RedirectUri::constant(BACK);
    let wrong = box_::App::new(&*world.client.id, "not the secret", back);
    let other = manager(&world.simulator, world.store.clone());
    let connection = other
        .connection::<box_::AccessToken>("ann", &wrong)
        .await
        .unwrap();
    world.advance(2 * HOUR);
    other.forget();
    let mut events = other.events();
    let failed = connection.token().await.err();
    assert!(
        matches!(failed, Some(TokenError::MendApp { .. })),
        "{failed:?}"
    );
    assert!(matches!(events.try_recv(), Ok(Event::AppIsWrong { .. })));
    let calls = world.calls();
    assert!(connection.token().await.is_err());
    assert_eq!(world.calls(), calls);
    // With the right secret, a later refresh succeeds with the unchanged refresh token.
    world.advance(HOUR);
    let right = manager(&world.simulator, world.store.clone());
    let connection = right
        .connection::<box_::AccessToken>("ann", &world.box_app())
        .await
        .unwrap();
    assert!(connection.token().await.is_ok());
}

#[tokio::test]
async fn a_provider_that_stops_to_rotate_is_told() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    world.advance(2 * HOUR);
    let mut events = world.manager.events();
    world.simulator.fault(Fault::NoRefreshToken);
    assert!(connection.token().await.is_ok());
    let Ok(Event::ProviderChanged { how, .. }) = events.try_recv() else {
        panic!("it is told");
    };
    assert_eq!(how, Change::StoppedRotating);
}

#[tokio::test]
async fn a_store_that_takes_no_writes_spends_no_token() {
    for kind in [
        StoreErrorKind::Full,
        StoreErrorKind::ReadOnly,
        StoreErrorKind::Unreachable,
    ] {
        let world = World::of("box");
        let token = world.box_login().await;
        let store = Arc::new(Failing::new(world.store.clone()));
        let manager = manager(&world.simulator, store.clone());
        let connection = manager
            .connect("ann", &world.box_app(), token, ())
            .await
            .unwrap();
        world.advance(2 * HOUR);
        manager.forget();
        let calls = world.calls();
        store.fail(Held::Journal, kind, 1);
        let failed = connection.token().await.err();
        assert!(
            matches!(&failed, Some(TokenError::Store(error)) if error.kind == kind),
            "{failed:?}"
        );
        assert_eq!(world.calls(), calls, "nothing was sent");
        assert!(connection.token().await.is_ok(), "and nothing is lost");
    }
}

#[tokio::test(start_paused = true)]
async fn new_tokens_that_the_store_does_not_take_are_kept_until_it_does() {
    let world = World::of("box");
    let token = world.box_login().await;
    let store = Arc::new(Failing::new(world.store.clone()));
    let manager = manager(&world.simulator, store.clone());
    let connection = manager
        .connect("ann", &world.box_app(), token, ())
        .await
        .unwrap();
    world.advance(2 * HOUR);
    manager.forget();
    let calls = world.calls();
    let mut events = manager.events();
    store.fail(Held::Commit, StoreErrorKind::Full, 3);
    let failed = connection.token().await.err();
    assert!(
        matches!(failed, Some(TokenError::NotSaved(_))),
        "{failed:?}"
    );
    let failed = connection.token().await.err();
    assert!(
        matches!(failed, Some(TokenError::NotSaved(_))),
        "not given out: {failed:?}"
    );
    // The paused clock advances once every task waits, so the waits between the attempts pass.
    tokio::time::sleep(HOUR).await;
    assert!(connection.token().await.is_ok());
    assert_eq!(world.calls(), calls + 1, "it was fetched once");
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let unsaved = told
        .iter()
        .filter(|event| matches!(event, Event::NotSaved { .. }));
    assert_eq!(unsaved.count(), 3, "{told:?}");
    assert!(matches!(told.last(), Some(Event::Refreshed { .. })));
}

#[tokio::test(start_paused = true)]
async fn new_tokens_of_a_connection_that_is_gone_are_ended() {
    let world = World::of("box");
    let token = world.box_login().await;
    let app = world.box_app();
    let store = Arc::new(Failing::new(world.store.clone()));
    let manager = manager(&world.simulator, store.clone());
    let connection = manager.connect("ann", &app, token, ()).await.unwrap();
    world.advance(2 * HOUR);
    manager.forget();
    store.fail(Held::Commit, StoreErrorKind::Full, 1);
    assert!(
        connection.token().await.is_err(),
        "they are in memory alone"
    );
    let rows = store.list(None, 10).await.unwrap();
    store.delete(&rows[0].0).await.unwrap();
    tokio::time::sleep(HOUR).await;
    let received = world.simulator.received();
    assert_eq!(received.last().unwrap().uri().path(), "/oauth2/revoke");
}

#[tokio::test]
async fn a_provider_that_does_not_answer_keeps_nothing_here() {
    let world = World::of("box");
    let connection = world.box_connection().await;
    world.simulator.fault(Fault::ServerError(503));
    let ended = connection.disconnect().await.unwrap();
    assert!(matches!(ended, Revocation::Failed(_)), "{ended:?}");
    let outlook = world.manager.outlook().await.unwrap();
    assert_eq!(outlook.rows, 0);
}

/// Returns a manager whose next request gets this response. Later requests reach the simulator.
fn answering_once(world: &World, answer: http::Response<Vec<u8>>) -> Manager {
    let carry = world.simulator.transport::<TransportError>();
    let (answer, answered) = (Arc::new(answer), AtomicBool::new(false));
    let http = Http::over(move |request: http::Request<Vec<u8>>| {
        let once = (!answered.swap(true, Ordering::SeqCst)).then(|| answer.clone());
        let carried = once.is_none().then(|| carry(request));
        async move {
            match (once, carried) {
                (Some(answer), _) => Ok((*answer).clone()),
                (_, Some(carried)) => carried.await,
                (None, None) => unreachable!("one of the two"),
            }
        }
    });
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    Manager::new(world.store.clone(), http, keys)
}

#[tokio::test]
async fn a_wait_may_be_told_in_seconds_or_as_a_date() {
    let in_a_minute = || {
        let end = std::time::UNIX_EPOCH.elapsed().unwrap() + Duration::from_secs(60);
        httpdate::fmt_http_date(std::time::UNIX_EPOCH + end)
    };
    for told in ["60".to_owned(), in_a_minute()] {
        let world = World::of("box");
        drop(world.box_connection().await);
        world.advance(2 * HOUR);
        let answer = http::Response::builder()
            .status(429)
            .header("retry-after", &told);
        let manager = answering_once(&world, answer.body(Vec::new()).unwrap());
        let app = world.box_app();
        let connection = manager.connection::<box_::AccessToken>("ann", &app).await;
        let failed = connection.unwrap().token().await.err();
        let Some(TokenError::Later { wait, .. }) = failed else {
            panic!("{told}: {failed:?}");
        };
        assert!((55..=60).contains(&wait.as_secs()), "{told}: {wait:?}");
    }
}

#[tokio::test]
async fn a_refusal_within_a_success_is_a_refusal() {
    let world = World::of("slack");
    for (code, expected) in [
        ("invalid_refresh_token", None),
        ("internal_error", Some("next attempt in")),
    ] {
        let back = slack::rotating::RedirectUri::constant(BACK);
        let app = slack::rotating::App::new(&*world.client.id, &*world.client.secret, back);
        let token = Token::new(Secret::new("old")).with_refresh_token(Secret::new("spent"));
        let token = token.with_expires_at(std::time::UNIX_EPOCH);
        let token = slack::rotating::BotToken::from_stored(token);
        let body = format!("{{\"ok\":false,\"error\":\"{code}\"}}").into_bytes();
        let manager = answering_once(&world, http::Response::new(body));
        let connection = manager.connect(code, &app, token, ()).await.unwrap();
        let failed = connection.token().await.err().unwrap();
        match expected {
            None => assert_eq!(failed, TokenError::LogIn),
            Some(words) => assert!(failed.to_string().contains(words), "{failed}"),
        }
    }
}

/// The environment variable with the folder of the small disk. Only the inner process has it.
const DISK: &str = "OUTER_TESTS_DISK";

/// Mounts a small disk in a private namespace. Where the kernel does not permit that, the test prints a note and ends, and
/// only the tests with the failing store cover full disks.
#[test]
fn a_disk_that_is_full_or_read_only_spends_no_token() {
    if let Ok(disk) = std::env::var(DISK) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        return runtime.block_on(on_a_small_disk(disk.as_ref()));
    }
    let may_mount = Command::new("unshare").args(["-rm", "true"]).status();
    if !may_mount.is_ok_and(|status| status.success()) {
        println!("no disk can be mounted here: unshare -rm is refused");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut inner = Command::new("unshare");
    inner.args([
        "-rm",
        "sh",
        "-c",
        "mount -t tmpfs -o size=640k disk \"$0\" && exec \"$@\"",
    ]);
    inner
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap());
    inner.args([
        "--exact",
        "lifecycle::kept::faults::a_disk_that_is_full_or_read_only_spends_no_token",
    ]);
    let done = inner.env(DISK, folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
}

async fn on_a_small_disk(disk: &std::path::Path) {
    let world = World::of("box");
    let path = disk.join("connections.db");
    let opened = || {
        let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
        let store = Arc::new(store);
        (manager(&world.simulator, store.clone()), store)
    };
    let (manager, store) = opened();
    let token = world.box_login().await;
    let app = world.box_app();
    let connection = manager.connect("ann", &app, token, ()).await.unwrap();
    let due = || {
        world.simulator.advance(2 * HOUR);
        store.advance(2 * HOUR);
        manager.forget();
    };
    let refused = async |kind| {
        due();
        let calls = world.calls();
        let failed = connection.token().await.err();
        let is_so = matches!(&failed, Some(TokenError::Store(error)) if error.kind == kind);
        assert!(is_so, "{failed:?}");
        assert_eq!(world.calls(), calls, "nothing was sent");
    };

    let filler = disk.join("filler");
    let filled = std::fs::write(&filler, vec![0; 1024 * 1024]);
    assert_eq!(filled.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    refused(StoreErrorKind::Full).await;
    std::fs::remove_file(&filler).unwrap();
    connection.token().await.unwrap();

    // A database on a full disk still opens, and tokens that need no refresh can be read.
    let reopened = async |kind: Option<StoreErrorKind>| {
        let (manager, store) = opened();
        let connection = manager.connection::<box_::AccessToken>("ann", &app).await;
        let connection = connection.unwrap();
        let token = connection.token().await.unwrap();
        assert!(connection.fresh().is_some(), "it needs no refresh");
        let calls = world.calls();
        let newer = connection.token_instead_of(token).await;
        match kind {
            Some(kind) => {
                let failed = newer.err();
                let is_so = matches!(&failed, Some(TokenError::Store(error)) if error.kind == kind);
                assert!(is_so, "{failed:?}");
                assert_eq!(world.calls(), calls, "nothing was sent");
                assert!(connection.token().await.is_ok(), "it can be read still");
            }
            None => assert!(newer.is_ok(), "{newer:?}"),
        }
        (store, connection)
    };
    drop((connection, manager, store));
    let journal = disk.join("connections.db-wal");
    // The store's thread ends without being joined, and removes this file as it ends.
    let closed = || {
        while journal.exists() {
            std::thread::yield_now();
        }
    };
    closed();
    // This store uses the machine's clock, without an advance.
    let (manager, store) = opened();
    let token = world.box_login().await;
    let connection = manager.connect("ann", &app, token, ()).await.unwrap();
    drop((connection, manager, store));
    closed();
    std::fs::write(&filler, vec![0; 1024 * 1024]).unwrap_err();
    let (store, connection) = reopened(Some(StoreErrorKind::Full)).await;
    std::fs::remove_file(&filler).unwrap();
    let token = connection.token().await.unwrap();
    let newer = connection.token_instead_of(token).await;
    assert!(newer.is_ok(), "there is room again: {newer:?}");
    drop((newer, store, connection));

    let mount = |how: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-o", how]).arg(disk);
        mount.status().unwrap().success()
    };
    closed();
    while !mount("remount,ro") {
        std::thread::yield_now();
    }
    let (store, connection) = reopened(Some(StoreErrorKind::ReadOnly)).await;
    let settings = store.settings().await.unwrap();
    let wrong = settings.iter().filter(|setting| !setting.is_right());
    let wrong: Vec<_> = wrong.map(|setting| setting.name).collect();
    assert_eq!(wrong, ["read_only"]);
    assert!(mount("remount,rw"));
    let token = connection.token().await.unwrap();
    let newer = connection.token_instead_of(token).await;
    assert!(newer.is_ok(), "it takes writes again: {newer:?}");
    drop((newer, store, connection));
    reopened(None).await;
}
