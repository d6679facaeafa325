//! Rows of the first seal format. Managers read them, convert them to the second format, and can be set to reject them.

use oauth_runtime::lifecycle::{
    Manager, RefreshResult, Resealed, SealFormat, TokenError, UnsealError,
};

use super::ground::Ground;
use super::pairs::{BOTH, Hosts, Which};
use super::situations::each;
use super::world::{Brings, World, keys};

pub(super) async fn all(ground: &Ground) -> usize {
    let in_any_store: usize = each!(
        Hosts,
        ground,
        [
            a_refresh_writes_the_second_format,
            resealing_brings_all_rows_to_the_second_format,
            machines_with_either_format_read_each_other,
        ]
    );
    let by_statements: usize = match ground {
        Ground::Memory => 0,
        Ground::Sqlite | Ground::Postgres(_) => each!(
            Hosts,
            ground,
            [
                a_row_that_states_no_inputs_is_refreshed_by_the_only_app_that_it_can_be,
                a_row_of_the_second_format_without_inputs_does_not_open,
            ]
        ),
    };
    in_any_store + by_statements
}

/// Returns a manager that seals in the first format.
fn first(world: &World<Hosts>) -> Manager {
    world.second_with(keys().sealing_as(SealFormat::First))
}

/// Returns whether a connection's tokens open in a manager that rejects the first format.
async fn is_second(world: &World<Hosts>, which: Which) -> bool {
    let strict = world.second_with(keys().refusing_first_format());
    match World::<Hosts>::open(&strict, which.connection(), which).await {
        Ok(_) => true,
        Err(TokenError::Sealed(UnsealError::Foreign)) => false,
        Err(other) => panic!("{other}"),
    }
}

async fn log_in(manager: &Manager, which: Which) {
    let name = which.connection();
    World::<Hosts>::log_in(manager, name, which, Brings::Expired).await;
}

async fn a_refresh_writes_the_second_format(world: &World<Hosts>) -> [usize; 2] {
    log_in(&first(world), Which::A).await;
    assert!(!is_second(world, Which::A).await);
    let opened = World::<Hosts>::open(&world.manager, "ann", Which::A).await;
    opened.unwrap().token().await.unwrap();
    assert!(is_second(world, Which::A).await);
    [1, 0]
}

async fn resealing_brings_all_rows_to_the_second_format(world: &World<Hosts>) -> [usize; 2] {
    for which in BOTH {
        log_in(&first(world), which).await;
        assert!(!is_second(world, which).await);
    }
    let resealed = world.manager.reseal().await.unwrap();
    let expected = Resealed {
        anew: 2,
        ..Resealed::default()
    };
    assert_eq!(resealed, expected);
    for which in BOTH {
        assert!(is_second(world, which).await);
        let opened = World::<Hosts>::open(&world.manager, which.connection(), which).await;
        opened.unwrap().token().await.unwrap();
    }
    let again = world.manager.reseal().await.unwrap();
    assert_eq!(again, Resealed::default());
    [1, 1]
}

async fn machines_with_either_format_read_each_other(world: &World<Hosts>) -> [usize; 2] {
    let (older, newer) = (first(world), world.second());
    log_in(&older, Which::A).await;
    let by_newer = World::<Hosts>::open(&newer, "ann", Which::A).await.unwrap();
    by_newer.refresh().await.unwrap();
    assert!(is_second(world, Which::A).await);
    let by_older = World::<Hosts>::open(&older, "ann", Which::A).await.unwrap();
    by_older.refresh().await.unwrap();
    assert!(!is_second(world, Which::A).await);
    // This refresh finds the token that the older machine stored, and sends no request.
    by_newer.refresh().await.unwrap();
    // The first token had expired, so the first refresh sent two requests.
    [3, 0]
}

async fn a_row_that_states_no_inputs_is_refreshed_by_the_only_app_that_it_can_be(
    world: &World<Hosts>,
) -> [usize; 2] {
    log_in(&first(world), Which::A).await;
    world.database.forget_app_inputs().await;
    let key = World::<Hosts>::key("ann");
    let both = world.second();
    for which in BOTH {
        World::<Hosts>::manage(&both, which);
    }
    // The row may belong to either app, so its token is sent to neither.
    assert_eq!(both.refresh(&key).await, Ok(RefreshResult::Foreign));
    let own = world.second();
    World::<Hosts>::manage(&own, Which::A);
    assert_eq!(own.refresh(&key).await, Ok(RefreshResult::Refreshed));
    assert!(is_second(world, Which::A).await);
    [1, 0]
}

async fn a_row_of_the_second_format_without_inputs_does_not_open(
    world: &World<Hosts>,
) -> [usize; 2] {
    log_in(&world.manager, Which::A).await;
    world.database.forget_app_inputs().await;
    let key = World::<Hosts>::key("ann");
    for which in BOTH {
        let manager = world.second();
        World::<Hosts>::manage(&manager, which);
        let opened = World::<Hosts>::open(&manager, "ann", which).await;
        let foreign = Some(TokenError::Sealed(UnsealError::Foreign));
        assert_eq!(opened.err(), foreign, "{which:?}");
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Failed));
    }
    [0, 0]
}
