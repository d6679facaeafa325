//! Situations of two apps and their connections. Each returns the number of requests that each app's host must get.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_runtime::lifecycle::{Connection, KeepAliveSummary, RefreshResult, Revocation};
use oauth_runtime::operator::{Command, OperatorError};
use oauth_runtime::provider::StoredToken;

use super::ground::Ground;
use super::pairs::{BOTH, CLIENT_ID, Pair, SECRET, Which};
use super::world::{Brings, World, other_app};

/// The client secret that replaces the first one.
const NEW_SECRET: &str = "new-secret";

/// Runs each situation in a new world, and counts them.
macro_rules! each {
    ($pair:ty, $ground:expr, [$($situation:ident),* $(,)?]) => {{
        let mut met = 0;
        $({
            let world = World::<$pair>::new($ground).await;
            let sent = Box::pin($situation(&world)).await;
            world.wire.check(stringify!($situation), sent);
            met += 1;
        })*
        met
    }};
}
pub(super) use each;

pub(super) async fn all<P: Pair>(ground: &Ground) -> usize {
    each!(
        P,
        ground,
        [
            a_token_is_refreshed_by_its_own_app,
            a_refresh_that_is_asked_for_goes_to_its_own_app,
            a_call_to_the_api_carries_its_own_token,
            the_other_app_does_not_get_the_connection,
            the_other_app_alone_keeps_nothing_alive,
            the_other_app_alone_refreshes_nothing_by_key,
            the_operator_without_the_app_refreshes_nothing,
            each_is_kept_alive_by_its_own_app,
            each_is_refreshed_by_key_by_its_own_app,
            the_operator_refreshes_each_by_its_own_app,
            a_login_of_the_other_app_ends_the_older_handle,
            a_login_of_the_other_app_elsewhere_ends_the_older_handle,
            a_token_at_hand_stays_with_its_app_after_a_login_of_the_other_one,
            the_grant_is_revoked_by_its_own_app,
            an_older_handle_does_not_disconnect_the_other_app,
            a_secret_replaced_by_opening_reaches_every_handle,
            a_secret_replaced_by_managing_reaches_every_handle,
            the_other_app_s_new_secret_changes_nothing,
        ]
    )
}

/// Requests a token, and checks that it belongs to this app.
async fn refreshed<T: StoredToken>(connection: &Connection<T>, which: Which) {
    let token = connection.token().await.unwrap();
    let text = token.stored().access_token().expose();
    assert!(text.contains(which.mark()), "{text} is not of {which:?}");
}

async fn a_token_is_refreshed_by_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    for which in BOTH {
        let connection = world.connect(which).await;
        refreshed(&connection, which).await;
    }
    [1, 1]
}

async fn a_refresh_that_is_asked_for_goes_to_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    for which in BOTH {
        let name = which.connection();
        let connection = World::<P>::log_in(&world.manager, name, which, Brings::Fresh).await;
        connection.refresh().await.unwrap();
        refreshed(&connection, which).await;
    }
    [1, 1]
}

async fn a_call_to_the_api_carries_its_own_token<P: Pair>(world: &World<P>) -> [usize; 2] {
    for which in BOTH {
        let connection = world.connect(which).await;
        let api = connection.api();
        api.get(P::API[which.nth()]).send().await.unwrap();
        // If the apps differ by host, the other app's host is outside this app's API.
        if P::OWN[0].split('/').nth(2) != P::OWN[1].split('/').nth(2) {
            let other = P::API[which.other().nth()];
            assert!(api.get(other).send().await.is_err(), "{other}");
        }
    }
    [2, 2]
}

async fn the_other_app_does_not_get_the_connection<P: Pair>(world: &World<P>) -> [usize; 2] {
    let elsewhere = world.elsewhere().await;
    let own = world.connect(Which::A).await;
    for manager in [&world.manager, &elsewhere] {
        let opened = World::<P>::open(manager, "ann", Which::B).await;
        assert_eq!(opened.err(), Some(other_app()), "while there is a handle");
    }
    drop(own);
    for manager in [&world.manager, &elsewhere] {
        let opened = World::<P>::open(manager, "ann", Which::B).await;
        assert_eq!(opened.err(), Some(other_app()), "without a handle");
    }
    let own = World::<P>::open(&elsewhere, "ann", Which::A).await;
    let own = own.unwrap();
    let opened = World::<P>::open(&elsewhere, "ann", Which::B).await;
    assert_eq!(opened.err(), Some(other_app()), "after it was opened");
    refreshed(&own, Which::A).await;
    [1, 0]
}

async fn the_other_app_alone_keeps_nothing_alive<P: Pair>(world: &World<P>) -> [usize; 2] {
    world.connect(Which::A).await;
    world.become_due();
    for manager in [&world.manager, &world.second()] {
        World::<P>::manage(manager, Which::B);
        let kept = manager.keep_alive_once().await.unwrap();
        let foreign = usize::from(P::IS_KEPT_ALIVE);
        let expected = KeepAliveSummary {
            foreign,
            ..KeepAliveSummary::default()
        };
        assert_eq!(kept, expected);
    }
    [0, 0]
}

async fn the_other_app_alone_refreshes_nothing_by_key<P: Pair>(world: &World<P>) -> [usize; 2] {
    let own = world.connect(Which::A).await;
    let key = World::<P>::key("ann");
    for manager in [&world.manager, &world.second(), &world.elsewhere().await] {
        World::<P>::manage(manager, Which::B);
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Foreign));
    }
    drop(own);
    assert_eq!(
        world.manager.refresh(&key).await,
        Ok(RefreshResult::Foreign)
    );
    [0, 0]
}

async fn the_operator_without_the_app_refreshes_nothing<P: Pair>(world: &World<P>) -> [usize; 2] {
    world.connect(Which::A).await;
    let manager = world.elsewhere().await;
    World::<P>::manage(&manager, Which::B);
    let command = Command::Refresh {
        connection: "ann".to_owned(),
        provider: None,
    };
    let ran = command.run(&manager, &mut Vec::<u8>::new()).await;
    assert!(matches!(ran, Err(OperatorError::NoApp(_))), "{ran:?}");
    [0, 0]
}

async fn each_is_kept_alive_by_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    let manager = world.second();
    for which in BOTH {
        world.connect(which).await;
        World::<P>::manage(&manager, which);
    }
    world.become_due();
    let kept = manager.keep_alive_once().await.unwrap();
    let each = usize::from(P::IS_KEPT_ALIVE);
    let expected = KeepAliveSummary {
        refreshed: 2 * each,
        ..KeepAliveSummary::default()
    };
    assert_eq!(kept, expected);
    [each, each]
}

async fn each_is_refreshed_by_key_by_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    let manager = world.elsewhere().await;
    for which in BOTH {
        world.connect(which).await;
        World::<P>::manage(&manager, which);
    }
    for which in BOTH {
        let key = World::<P>::key(which.connection());
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Refreshed));
        let opened = World::<P>::open(&manager, which.connection(), which).await;
        refreshed(&opened.unwrap(), which).await;
    }
    [1, 1]
}

async fn the_operator_refreshes_each_by_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    for which in BOTH {
        world.connect(which).await;
        World::<P>::manage(&world.manager, which);
    }
    for which in BOTH {
        let command = Command::Refresh {
            connection: which.connection().to_owned(),
            provider: None,
        };
        let mut said = Vec::new();
        command.run(&world.manager, &mut said).await.unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.starts_with(which.connection()), "{said}");
    }
    [1, 1]
}

async fn a_login_of_the_other_app_ends_the_older_handle<P: Pair>(world: &World<P>) -> [usize; 2] {
    let older = world.connect(Which::A).await;
    let newer = World::<P>::log_in(&world.manager, "ann", Which::B, Brings::Expired).await;
    is_over(&older, P::API[0]).await;
    refreshed(&newer, Which::B).await;
    newer.api().get(P::API[1]).send().await.unwrap();
    is_over(&older, P::API[0]).await;
    [0, 2]
}

async fn a_login_of_the_other_app_elsewhere_ends_the_older_handle<P: Pair>(
    world: &World<P>,
) -> [usize; 2] {
    let older = world.connect(Which::A).await;
    let elsewhere = world.elsewhere().await;
    let newer = World::<P>::log_in(&elsewhere, "ann", Which::B, Brings::Expired).await;
    is_over(&older, P::API[0]).await;
    refreshed(&newer, Which::B).await;
    newer.api().get(P::API[1]).send().await.unwrap();
    is_over(&older, P::API[0]).await;
    [0, 2]
}

/// Checks that a handle is unusable, since its connection now belongs to the other app.
async fn is_over<T: StoredToken>(handle: &Connection<T>, api: &str) {
    assert_eq!(handle.token().await.err(), Some(other_app()));
    assert_eq!(handle.refresh().await.err(), Some(other_app()));
    let called = handle.api().get(api).send().await;
    assert!(called.is_err());
}

async fn a_token_at_hand_stays_with_its_app_after_a_login_of_the_other_one<P: Pair>(
    world: &World<P>,
) -> [usize; 2] {
    let manager = &world.manager;
    let older = World::<P>::log_in(manager, "ann", Which::A, Brings::Fresh).await;
    let newer = World::<P>::log_in(manager, "ann", Which::B, Brings::Fresh).await;
    older.api().get(P::API[0]).send().await.unwrap();
    newer.api().get(P::API[1]).send().await.unwrap();
    // A refresh reads the store, so the older handle is unusable from here on.
    assert_eq!(older.refresh().await.err(), Some(other_app()));
    is_over(&older, P::API[0]).await;
    newer.refresh().await.unwrap();
    [1, 2]
}

async fn the_grant_is_revoked_by_its_own_app<P: Pair>(world: &World<P>) -> [usize; 2] {
    for which in BOTH {
        world.connect(which).await;
    }
    let elsewhere = world.elsewhere().await;
    for which in BOTH {
        let opened = World::<P>::open(&elsewhere, which.connection(), which).await;
        let ended = opened.unwrap().disconnect().await.unwrap();
        assert!(matches!(ended, Revocation::Done), "{ended:?}");
    }
    [1, 1]
}

async fn an_older_handle_does_not_disconnect_the_other_app<P: Pair>(
    world: &World<P>,
) -> [usize; 2] {
    let older = world.connect(Which::A).await;
    World::<P>::log_in(&world.manager, "ann", Which::B, Brings::Fresh).await;
    assert_eq!(older.disconnect().await.err(), Some(other_app()));
    let kept = world.store().load(&World::<P>::key("ann")).await.unwrap();
    assert!(kept.is_some(), "the other app's connection is there");
    [0, 0]
}

/// Returns the `Authorization` value of an app with this secret.
fn credential(secret: &str) -> String {
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{secret}"));
    format!("Basic {pair}")
}

async fn a_secret_replaced_by_opening_reaches_every_handle<P: Pair>(
    world: &World<P>,
) -> [usize; 2] {
    let first = world.connect(Which::A).await;
    let again = World::<P>::log_in(&world.manager, "eve", Which::A, Brings::Fresh).await;
    for secret in [NEW_SECRET, SECRET] {
        let app = P::app(Which::A, secret);
        let opened = world.manager.connection::<P::Token>("ann", &app).await;
        for handle in [&first, &again, &opened.unwrap()] {
            // Every refresh sends a request here, so the last request is this handle's.
            handle.refresh().await.unwrap();
            assert_eq!(world.wire.last_credential(), credential(secret));
        }
    }
    // The first token had expired, so the first refresh sent two requests.
    [7, 0]
}

async fn a_secret_replaced_by_managing_reaches_every_handle<P: Pair>(
    world: &World<P>,
) -> [usize; 2] {
    let handle = World::<P>::log_in(&world.manager, "ann", Which::A, Brings::Fresh).await;
    let key = World::<P>::key("ann");
    for secret in [NEW_SECRET, SECRET] {
        world.manager.manage::<P::Token>(&P::app(Which::A, secret));
        handle.refresh().await.unwrap();
        assert_eq!(world.wire.last_credential(), credential(secret));
        assert_eq!(
            world.manager.refresh(&key).await,
            Ok(RefreshResult::Refreshed)
        );
        assert_eq!(world.wire.last_credential(), credential(secret));
    }
    [4, 0]
}

async fn the_other_app_s_new_secret_changes_nothing<P: Pair>(world: &World<P>) -> [usize; 2] {
    let manager = &world.manager;
    let own = World::<P>::log_in(manager, "ann", Which::A, Brings::Fresh).await;
    let other = World::<P>::log_in(manager, "bob", Which::B, Brings::Fresh).await;
    manager.manage::<P::Token>(&P::app(Which::B, NEW_SECRET));
    own.refresh().await.unwrap();
    assert_eq!(world.wire.last_credential(), credential(SECRET));
    other.refresh().await.unwrap();
    assert_eq!(world.wire.last_credential(), credential(NEW_SECRET));
    [1, 1]
}
