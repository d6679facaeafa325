//! PostgreSQL is a store, and a copy of a database spends nothing.

#![allow(clippy::unwrap_used, reason = "tests")]

use crash::postgres::{Cluster, pool};
use oauth_runtime::lifecycle::row::Life;
use oauth_runtime::lifecycle::store::{Key, Sealed, Store as _, StoreErrorKind};
use oauth_runtime::lifecycle::{Deployment, PostgresStore, conformance};

#[tokio::test]
async fn postgresql_is_a_store() {
    let cluster = Cluster::start();
    let here = Deployment::named("here");
    let store = PostgresStore::open(pool(cluster.folder()), &here)
        .await
        .unwrap();
    conformance::run(&store, |by| store.advance(by)).await;
    let key = Key {
        connection: "ann".to_owned(),
        provider: "acme".to_owned(),
        token: "access".to_owned(),
    };
    let tokens = || Sealed(b"sealed".to_vec());
    store
        .log_in(&key, "about", tokens(), Life::NEVER)
        .await
        .unwrap();
    // As if the database had been copied to another machine, and opened there.
    let elsewhere = Deployment::named("a laptop");
    let copy = PostgresStore::open(pool(cluster.folder()), &elsewhere)
        .await
        .unwrap();
    assert!(copy.load(&key).await.unwrap().is_some(), "it can be read");
    let refused = copy
        .lease(&key, std::time::Duration::from_secs(1))
        .await
        .unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::ReadOnly);
    assert!(refused.reason.contains("`here`"), "{refused}");
    let refused = copy
        .log_in(&key, "about", tokens(), Life::NEVER)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::ReadOnly);
    copy.claim().await.unwrap();
    let written = copy
        .log_in(&key, "about", tokens(), Life::NEVER)
        .await
        .unwrap();
    assert!(
        store
            .log_in(&key, "about", tokens(), Life::NEVER)
            .await
            .is_err(),
        "and now the other may not"
    );
    cluster.crash();
    let gone = copy.load(&key).await.unwrap_err();
    assert_eq!(gone.kind, StoreErrorKind::Unreachable, "{gone}");
    cluster.begin();
    let kept = copy.load(&key).await.unwrap().unwrap();
    assert_eq!(kept.row.login, written.login, "what was committed is there");
}
