//! Rows of a database that others can write to. A row's statements have no effect unless its tokens were sealed with them.

use std::sync::Arc;

use oauth_runtime::lifecycle::{
    Deployment, Manager, RefreshResult, SqliteStore, TokenError, UnsealError,
};

use super::{answer, app, customers, kept, key, keys, lasting, network};

#[tokio::test]
async fn a_row_that_states_another_customer_s_host_sends_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let open = || Arc::new(SqliteStore::open(&path, &Deployment::named("here")).unwrap());
    let (http, requests) = network(vec![answer(200, &[], "{}")]);
    let token = customers::AccessToken::from_stored(lasting());
    let before = Manager::new(open(), http.clone(), keys());
    let ann = before.connect("ann", &app(), token, kept()).await.unwrap();
    ann.api().get("/me").send().await.unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    let statement =
        "UPDATE connections SET about = replace(about, 'north.vendor', 'mallory.vendor')";
    assert_eq!(file.execute(statement, []).unwrap(), 1);
    // The application restarts with the same keys.
    let after = Manager::new(open(), http, keys());
    after.manage::<customers::AccessToken>(&app());
    let opened = after
        .connection::<customers::AccessToken>("ann", &app())
        .await;
    let foreign = TokenError::Sealed(UnsealError::Foreign);
    assert_eq!(opened.err(), Some(foreign));
    assert_eq!(after.refresh(&key("ann")).await, Ok(RefreshResult::Failed));
    // The older handle still has its token, and sends it to the original host.
    ann.api().get("/me").send().await.unwrap();
    let requests = requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    for request in requests.iter() {
        assert_eq!(request.uri().host(), Some(super::NORTH));
    }
}
