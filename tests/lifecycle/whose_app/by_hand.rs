//! Rows edited by hand. Sealed tokens open only where they were sealed, and tokens that do not open are never sent.

use oauth_runtime::SealingKey;
use oauth_runtime::lifecycle::store::{Sealed, Store as _};
use oauth_runtime::lifecycle::{RefreshResult, Resealed, SealingKeys, TokenError, UnsealError};

use super::ground::Ground;
use super::pairs::{Hosts, Which};
use super::situations::each;
use super::world::{World, other_app};

pub(super) async fn all(ground: &Ground) -> usize {
    let in_any_store: usize = each!(
        Hosts,
        ground,
        [
            tokens_of_an_older_version_do_not_open,
            tokens_of_an_older_login_do_not_open,
            tokens_of_another_row_do_not_open,
        ]
    );
    let by_statements: usize = match ground {
        Ground::Memory => 0,
        Ground::Sqlite | Ground::Postgres(_) => each!(
            Hosts,
            ground,
            [
                a_row_that_states_the_other_host_does_not_open,
                tokens_in_the_place_of_a_spare_do_not_open,
                tokens_in_the_place_of_those_set_apart_are_not_accepted,
            ]
        ),
    };
    in_any_store + by_statements
}

fn foreign() -> TokenError {
    TokenError::Sealed(UnsealError::Foreign)
}

async fn tokens(world: &World<Hosts>, name: &str) -> Sealed {
    let kept = world.store().load(&World::<Hosts>::key(name)).await;
    kept.unwrap().unwrap().row.tokens
}

/// Replaces the tokens of a row, and nothing else.
async fn put(world: &World<Hosts>, name: &str, tokens_then: Sealed) {
    let key = World::<Hosts>::key(name);
    let now = tokens(world, name).await;
    let put = world.store().reseal(&key, &now, tokens_then).await;
    assert_eq!(put, Ok(true));
}

/// Checks that no manager opens the tokens of a row.
async fn is_sealed(world: &World<Hosts>, name: &str) {
    let key = World::<Hosts>::key(name);
    for manager in [&world.second(), &world.elsewhere().await] {
        World::<Hosts>::manage(manager, Which::A);
        let opened = World::<Hosts>::open(manager, name, Which::A).await;
        assert_eq!(opened.err(), Some(foreign()));
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Failed));
    }
}

async fn tokens_of_an_older_version_do_not_open(world: &World<Hosts>) -> [usize; 2] {
    let own = world.connect(Which::A).await;
    let older = tokens(world, "ann").await;
    own.token().await.unwrap();
    put(world, "ann", older).await;
    is_sealed(world, "ann").await;
    // The handle's token is newer than the row's, which do not open, so a refresh fails.
    assert!(own.refresh().await.is_err());
    [1, 0]
}

async fn tokens_of_an_older_login_do_not_open(world: &World<Hosts>) -> [usize; 2] {
    drop(world.connect(Which::A).await);
    let older = tokens(world, "ann").await;
    drop(world.connect(Which::A).await);
    put(world, "ann", older).await;
    is_sealed(world, "ann").await;
    [0, 0]
}

async fn tokens_of_another_row_do_not_open(world: &World<Hosts>) -> [usize; 2] {
    drop(world.connect(Which::A).await);
    drop(world.connect(Which::B).await);
    let others = tokens(world, "bob").await;
    put(world, "ann", others).await;
    is_sealed(world, "ann").await;
    [0, 0]
}

async fn a_row_that_states_the_other_host_does_not_open(world: &World<Hosts>) -> [usize; 2] {
    let own = world.connect(Which::A).await;
    world
        .database
        .edit(
            "UPDATE {connections} SET about = replace(about, 'one.vendor.example', 'two.vendor.example')",
        )
        .await;
    let stated = world.store().load(&World::<Hosts>::key("ann")).await;
    let stated = stated.unwrap().unwrap().about;
    assert!(stated.contains("two.vendor.example"), "{stated}");
    // The row states the other app's host, but its tokens were sealed for the first app.
    let key = World::<Hosts>::key("ann");
    for manager in [&world.manager, &world.second(), &world.elsewhere().await] {
        World::<Hosts>::manage(manager, Which::B);
        let opened = World::<Hosts>::open(manager, "ann", Which::B).await;
        assert_eq!(opened.err(), Some(foreign()));
        assert_eq!(manager.refresh(&key).await, Ok(RefreshResult::Failed));
        let opened = World::<Hosts>::open(manager, "ann", Which::A).await;
        assert_eq!(opened.err(), Some(other_app()));
    }
    assert_eq!(own.token().await.err(), Some(other_app()));
    [0, 0]
}

async fn tokens_in_the_place_of_those_set_apart_are_not_accepted(
    world: &World<Hosts>,
) -> [usize; 2] {
    let own = world.connect(Which::A).await;
    for column in ["tokens", "spare"] {
        let statement = format!("UPDATE {{connections}} SET spare = tokens, apart = {column}");
        world.database.edit(&statement).await;
        let key = World::<Hosts>::key("ann");
        World::<Hosts>::manage(&world.manager, Which::A);
        let accepted = world.manager.accept_tokens_apart(&key).await;
        assert_eq!(accepted, Ok(RefreshResult::Failed));
        if world
            .store()
            .load(&key)
            .await
            .unwrap()
            .unwrap()
            .row
            .apart
            .is_some()
        {
            assert_eq!(own.accept_tokens_apart().await, Err(foreign()));
        }
    }
    [0, 0]
}

async fn tokens_in_the_place_of_a_spare_do_not_open(world: &World<Hosts>) -> [usize; 2] {
    drop(world.connect(Which::A).await);
    let statement = "UPDATE {connections} SET spare = tokens";
    world.database.edit(statement).await;
    // Resealing with a later key covers what opens: the tokens, and not their copy in `spare`.
    let later = SealingKeys::new("two", SealingKey::from_bytes(&[8; 32]));
    let both = later.and("one", SealingKey::from_bytes(&[7; 32]));
    let resealed = world.second_with(both).reseal().await.unwrap();
    let expected = Resealed {
        anew: 1,
        unopened: 1,
        moved_on: 0,
    };
    assert_eq!(resealed, expected);
    [0, 0]
}
