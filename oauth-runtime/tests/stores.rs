//! Conformance tests of the stores.

use oauth_runtime::lifecycle::{Deployment, MemoryStore, SqliteStore, conformance};

#[tokio::test]
async fn memory_is_a_store() {
    let store = MemoryStore::new();
    conformance::run(&store, |by| store.advance(by)).await;
    conformance::clocks(&store, |by| store.advance(by), |by| store.set_back(by)).await;
    conformance::logins(&store, |by| store.advance(by)).await;
}

#[tokio::test]
async fn sqlite_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    conformance::run(&store, |by| store.advance(by)).await;
    conformance::clocks(&store, |by| store.advance(by), |by| store.set_back(by)).await;
    conformance::logins(&store, |by| store.advance(by)).await;
}
