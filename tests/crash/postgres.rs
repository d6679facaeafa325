//! PostgreSQL as a store. A copy of a database consumes no refresh token.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use crash::postgres::{Cluster, pool};
use oauth_runtime::lifecycle::row::Lifetimes;
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
    conformance::clocks(&store, |by| store.advance(by), |by| store.set_back(by)).await;
    conformance::logins(&store, |by| store.advance(by)).await;
    let key = Key {
        connection: "ann".to_owned(),
        provider: "acme".to_owned(),
        token: "access".to_owned(),
    };
    let tokens = || Sealed(b"sealed".to_vec());
    store
        .log_in(&key, "about", tokens().into(), Lifetimes::NEVER)
        .await
        .unwrap();
    // Pretend that the database was copied to another machine and opened there.
    let elsewhere = Deployment::named("a laptop");
    let copy = PostgresStore::open(pool(cluster.folder()), &elsewhere)
        .await
        .unwrap();
    assert!(copy.load(&key).await.unwrap().is_some(), "it can be read");
    let refused = copy.lease(&key, Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::ReadOnly, "{refused}");
    assert!(refused.reason.contains("`here`"), "{refused}");
    let refused = copy
        .log_in(&key, "about", tokens().into(), Lifetimes::NEVER)
        .await
        .unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::ReadOnly, "{refused}");
    copy.claim().await.unwrap();
    let written = copy
        .log_in(&key, "about", tokens().into(), Lifetimes::NEVER)
        .await
        .unwrap();
    assert!(
        store
            .log_in(&key, "about", tokens().into(), Lifetimes::NEVER)
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

#[tokio::test]
async fn a_database_that_takes_no_writes_is_opened_to_read() {
    let cluster = Cluster::start();
    let here = Deployment::named("here");
    let key = Key {
        connection: "ann".to_owned(),
        provider: "acme".to_owned(),
        token: "access".to_owned(),
    };
    let writes = pool(cluster.folder());
    let client = writes.get().await.unwrap();
    let read_only = async |how: &str| {
        let set = format!("ALTER DATABASE postgres SET default_transaction_read_only = {how}");
        client.batch_execute(&set).await.unwrap();
    };
    read_only("on").await;
    let empty = PostgresStore::open(pool(cluster.folder()), &here).await;
    let refused = empty
        .err()
        .expect("there are no tables, and none can be made");
    assert_eq!(refused.kind, StoreErrorKind::ReadOnly, "{refused}");
    read_only("off").await;
    let store = PostgresStore::open(pool(cluster.folder()), &here)
        .await
        .unwrap();
    let tokens = || Sealed(b"sealed".to_vec());
    let row = store
        .log_in(&key, "about", tokens().into(), Lifetimes::NEVER)
        .await
        .unwrap();
    read_only("on").await;
    let reader = PostgresStore::open(pool(cluster.folder()), &here)
        .await
        .unwrap();
    let kept = reader.load(&key).await.unwrap().unwrap();
    assert_eq!(kept.row.tokens, row.tokens);
    assert_eq!(reader.list(None, 10).await.unwrap().len(), 1);
    assert_eq!(reader.outlook().await.unwrap().rows, 1);
    assert!(reader.due(10).await.unwrap().is_empty());
    let second = Duration::from_secs(1);
    let leased = reader.lease(&key, second).await.unwrap_err();
    let logged_in = reader.log_in(&key, "about", tokens().into(), Lifetimes::NEVER);
    let logged_in = logged_in.await.unwrap_err();
    let deleted = reader.delete(&key).await.unwrap_err();
    for refused in [leased, logged_in, deleted] {
        assert_eq!(refused.kind, StoreErrorKind::ReadOnly, "{refused}");
        assert!(refused.reason.contains("read-only"), "{refused}");
    }
}

/// The default number of rows. `CONNECTIONS=1000000` is the full run.
const CONNECTIONS: u64 = 5000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_found_by_its_index_and_nothing_else_is_read() {
    let told = std::env::var("CONNECTIONS");
    let connections = told.map_or(CONNECTIONS, |told| told.parse().unwrap());
    let cluster = Cluster::start();
    let pool = pool(cluster.folder());
    let here = Deployment::named("here");
    let store = PostgresStore::open(pool.clone(), &here).await.unwrap();
    let life = Lifetimes {
        keep_alive: Some(Duration::from_secs(3600)),
        ..Lifetimes::NEVER
    };
    let key = |connection: String| Key {
        connection,
        provider: "acme".to_owned(),
        token: "access".to_owned(),
    };
    let first = key("connection 0".to_owned());
    store
        .log_in(&first, "", Sealed(vec![0; 200]).into(), life)
        .await
        .unwrap();
    let client = pool.get().await.unwrap();
    // The database makes the other rows from the first one. One in a hundred is due.
    let others = "INSERT INTO oauth_connections SELECT (jsonb_populate_record(own, jsonb_build_object( \
                  'connection', 'connection ' || nth, \
                  'due_at', CASE nth % 100 WHEN 0 THEN nth ELSE own.due_at END))).* \
                  FROM oauth_connections own, generate_series(1, $1::BIGINT) nth";
    client
        .execute(others, &[&connections.cast_signed()])
        .await
        .unwrap();
    client
        .batch_execute("VACUUM ANALYZE oauth_connections")
        .await
        .unwrap();
    let counted = async || {
        let counts = "SELECT t.seq_tup_read, i.idx_scan, i.idx_tup_read FROM pg_stat_user_tables t \
                      JOIN pg_stat_user_indexes i USING (relid) WHERE indexrelname = 'oauth_connections_due'";
        let row = client.query_one(counts, &[]).await.unwrap();
        [0, 1, 2].map(|at| row.get::<_, i64>(at))
    };
    // A session reports its statistics with its next statement, if that comes a second later.
    let told = async || {
        tokio::time::sleep(Duration::from_millis(1200)).await;
        store.load(&first).await.unwrap();
    };
    told().await;
    let before = counted().await;
    let began = Instant::now();
    let due = store.due(10).await.unwrap();
    println!(
        "{connections} connections: {} due in {:?}",
        due.len(),
        began.elapsed()
    );
    assert_eq!(due.len(), 10);
    told().await;
    let after = counted().await;
    let read = [0, 1, 2].map(|at: usize| after[at] - before[at]);
    assert_eq!(
        read,
        [0, 1, 10],
        "rows of a whole scan, index scans, index entries"
    );
}
