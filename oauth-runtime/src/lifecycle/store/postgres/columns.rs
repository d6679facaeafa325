//! The queries, and the conversion between rows of the table and `Stored`.

use deadpool_postgres::GenericClient;
use tokio_postgres::Error;
use tokio_postgres::types::ToSql;

use crate::lifecycle::protocol::row::{Deadlines, Entry, LastFailure, Row, Timestamp};
use crate::lifecycle::protocol::stored::Stored;
use crate::lifecycle::store::postgres::store_error;
use crate::lifecycle::store::words::{bounds, kind, moment, number, since, word};
use crate::lifecycle::store::{Key, Outlook, Sealed, StoreError};

macro_rules! columns {
    () => {
        "connection, provider, token, about, version, login, tokens, spare, \
         refresh_at, expires_at, keep_alive_at, lost_at, ends_at, \
         journal_fence, journal_version, journal_at, trouble, failures, not_before, \
         fence, leased_until, written_at, unrecognized_since, apart"
    };
}

macro_rules! by_key {
    () => {
        " WHERE connection = $1 AND provider = $2 AND token = $3"
    };
}

macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT"
    };
}

const SELECT: &str = concat!("SELECT ", columns!(), " FROM oauth_connections", by_key!());

const LOCK: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM oauth_connections",
    by_key!(),
    " FOR UPDATE"
);

const NOW: &str = concat!("SELECT ", now!(), ", name FROM oauth_deployment");

const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM oauth_connections WHERE (connection, provider, token) > ($1, $2, $3) \
     ORDER BY connection, provider, token LIMIT $4"
);

/// The statement that makes rows due now if they become due too late because a clock that was ahead wrote them, their leases
/// or their waits.
const CORRECT: &str = "UPDATE oauth_connections SET due_at = $1 WHERE due_at > $1 \
     AND (written_at > $2 OR leased_until > $3 OR not_before > $4)";

const DELETE: &str = concat!("DELETE FROM oauth_connections", by_key!());

const DUE: &str = concat!(
    "SELECT connection, provider, token FROM oauth_connections WHERE due_at <= ",
    now!(),
    " + $1 ORDER BY due_at LIMIT $2"
);

const WRITE: &str = concat!(
    "INSERT INTO oauth_connections (",
    columns!(),
    ", due_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) \
     ON CONFLICT (connection, provider, token) DO UPDATE SET \
     about = $4, version = $5, login = $6, tokens = $7, spare = $8, refresh_at = $9, expires_at = $10, \
     keep_alive_at = $11, lost_at = $12, ends_at = $13, journal_fence = $14, journal_version = $15, journal_at = $16, \
     trouble = $17, failures = $18, not_before = $19, fence = $20, leased_until = $21, written_at = $22, unrecognized_since = $23, apart = $24, due_at = $25"
);

type Read = (Stored<Sealed>, String);

fn stored(row: &tokio_postgres::Row) -> Result<Read, Error> {
    let count = |name| row.try_get::<_, i64>(name).map(i64::cast_unsigned);
    let optional = |name| {
        let own = row.try_get::<_, Option<i64>>(name);
        own.map(|own| own.map(i64::cast_unsigned))
    };
    let at = |name| optional(name).map(|at| at.map(Timestamp));
    let journal = match (optional("journal_fence")?, optional("journal_version")?) {
        (Some(fence), Some(version)) => Some(Entry {
            fence,
            version,
            at: at("journal_at")?.unwrap_or_default(),
        }),
        _ => None,
    };
    let word: Option<&str> = row.try_get("trouble")?;
    let trouble = match kind(word, at("unrecognized_since")?) {
        Some(kind) => Some(LastFailure {
            kind,
            failures: u32::try_from(optional("failures")?.unwrap_or_default()).unwrap_or(u32::MAX),
            not_before: at("not_before")?.unwrap_or_default(),
        }),
        None => None,
    };
    let own = Row {
        now: Timestamp(count("written_at")?),
        version: count("version")?,
        login: count("login")?,
        tokens: Sealed(row.try_get("tokens")?),
        spare: row.try_get::<_, Option<Vec<u8>>>("spare")?.map(Sealed),
        apart: row.try_get::<_, Option<Vec<u8>>>("apart")?.map(Sealed),
        times: Deadlines {
            refresh: at("refresh_at")?,
            expires: at("expires_at")?,
            keep_alive: at("keep_alive_at")?,
            lost: at("lost_at")?,
            ends: at("ends_at")?,
        },
        journal,
        trouble,
    };
    let stored = Stored {
        row: own,
        fence: count("fence")?,
        leased_until: at("leased_until")?,
    };
    Ok((stored, row.try_get("about")?))
}

fn named(row: &tokio_postgres::Row) -> Result<Key, Error> {
    Ok(Key {
        connection: row.try_get("connection")?,
        provider: row.try_get("provider")?,
        token: row.try_get("token")?,
    })
}

/// Runs a query for a row, and reads the clock and the database's owner. Both queries are pipelined. The server runs them in
/// order, so it reads the clock with the lock held.
async fn with_now(
    client: &impl GenericClient,
    query: &str,
    key: &Key,
) -> Result<(Option<Read>, (i64, String)), Error> {
    let (query, now) = tokio::join!(client.prepare_cached(query), client.prepare_cached(NOW));
    let (query, now) = (query?, now?);
    let parameters: [&(dyn ToSql + Sync); 3] = [&key.connection, &key.provider, &key.token];
    let (row, now) = tokio::join!(
        client.query_opt(&query, &parameters),
        client.query_one(&now, &[])
    );
    // The first error is the cause. After it, the second query only reports that the transaction is aborted.
    let (row, now) = (row?, now?);
    let row = row.as_ref().map(stored).transpose()?;
    Ok((row, (now.try_get(0)?, now.try_get(1)?)))
}

pub(super) async fn locked(
    client: &impl GenericClient,
    key: &Key,
) -> Result<(Option<Read>, (i64, String)), StoreError> {
    with_now(client, LOCK, key)
        .await
        .map_err(|error| store_error(&error))
}

pub(super) async fn read(
    client: &impl GenericClient,
    key: &Key,
) -> Result<(Option<Read>, i64), StoreError> {
    let read = with_now(client, SELECT, key).await;
    let (row, (now, _)) = read.map_err(|error| store_error(&error))?;
    Ok((row, now))
}

pub(super) async fn write(
    client: &impl GenericClient,
    key: &Key,
    about: &str,
    stored: &Stored<Sealed>,
) -> Result<(), StoreError> {
    let row = &stored.row;
    let parameters: [&(dyn ToSql + Sync); 25] = [
        &key.connection,
        &key.provider,
        &key.token,
        &about,
        &number(row.version),
        &number(row.login),
        &row.tokens.0,
        &row.spare.as_ref().map(|spare| &*spare.0),
        &moment(row.times.refresh),
        &moment(row.times.expires),
        &moment(row.times.keep_alive),
        &moment(row.times.lost),
        &moment(row.times.ends),
        &row.journal.map(|entry| number(entry.fence)),
        &row.journal.map(|entry| number(entry.version)),
        &row.journal.map(|entry| number(entry.at.0)),
        &row.trouble.map(word),
        &row.trouble.map(|trouble| i64::from(trouble.failures)),
        &row.trouble.map(|trouble| number(trouble.not_before.0)),
        &number(stored.fence),
        &moment(stored.leased_until),
        &number(row.now.0),
        &moment(row.trouble.and_then(since)),
        &row.apart.as_ref().map(|apart| &*apart.0),
        &moment(stored.due()),
    ];
    let written = async {
        let write = client.prepare_cached(WRITE).await?;
        client.execute(&write, &parameters).await
    };
    written
        .await
        .map(|_| ())
        .map_err(|error| store_error(&error))
}

pub(super) async fn delete(client: &impl GenericClient, key: &Key) -> Result<(), StoreError> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&key.connection, &key.provider, &key.token];
    let deleted = client.execute(DELETE, &parameters).await;
    deleted.map(|_| ()).map_err(|error| store_error(&error))
}

/// Returns the server's time in milliseconds, and the name of the deployment that owns the database.
pub(super) async fn now(client: &impl GenericClient) -> Result<(i64, String), StoreError> {
    let now = async {
        let now = client.query_one(NOW, &[]).await?;
        Ok((now.try_get(0)?, now.try_get(1)?))
    };
    now.await.map_err(|error: Error| store_error(&error))
}

/// Makes rows due now that would become due too late because a clock was ahead.
pub(super) async fn correct(client: &impl GenericClient, now: Timestamp) -> Result<(), StoreError> {
    let [now, written, leased, waits] = bounds(now);
    let parameters: [&(dyn ToSql + Sync); 4] = [&now, &written, &leased, &waits];
    let corrected = client.execute(CORRECT, &parameters).await;
    corrected.map(|_| ()).map_err(|error| store_error(&error))
}

pub(super) async fn due(
    client: &impl GenericClient,
    ahead: i64,
    most: u32,
) -> Result<Vec<Key>, StoreError> {
    let due = async {
        let due = client.prepare_cached(DUE).await?;
        let rows = client.query(&due, &[&ahead, &i64::from(most)]).await?;
        rows.iter().map(named).collect::<Result<_, Error>>()
    };
    due.await.map_err(|error| store_error(&error))
}

pub(super) async fn list(
    client: &impl GenericClient,
    after: Option<&Key>,
    most: u32,
) -> Result<(Vec<(Key, Read)>, i64), StoreError> {
    let text = |of: fn(&Key) -> &str| after.map_or("", of);
    let (connection, provider, token) = (
        text(|key| &key.connection),
        text(|key| &key.provider),
        text(|key| &key.token),
    );
    let listed = async {
        let rows = client
            .query(LIST, &[&connection, &provider, &token, &i64::from(most)])
            .await?;
        let now = client.query_one(NOW, &[]).await?;
        let rows: Result<Vec<_>, Error> = rows
            .iter()
            .map(|row| Ok((named(row)?, stored(row)?)))
            .collect();
        Ok((rows?, now.try_get(0)?))
    };
    listed.await.map_err(|error: Error| store_error(&error))
}

pub(super) async fn outlook(client: &impl GenericClient) -> Result<Outlook, StoreError> {
    let outlook = async {
        let counted = client
            .query_one(
                concat!(
                    "SELECT ",
                    now!(),
                    ", count(*), count(*) FILTER (WHERE trouble = 'log in'), \
                     count(*) FILTER (WHERE journal_version = version) FROM oauth_connections"
                ),
                &[],
            )
            .await?;
        let count = |at| counted.try_get::<_, i64>(at).map(i64::cast_unsigned);
        let (now, rows, given_up, unsettled) = (count(0)?, count(1)?, count(2)?, count(3)?);
        let alive = rows - given_up;
        let mut ends = [None; 3];
        let places = [
            0,
            alive.div_ceil(10).saturating_sub(1),
            alive.saturating_sub(1),
        ];
        for (end, place) in ends.iter_mut().zip(places) {
            let row = client
                .query_opt(
                    "SELECT lost_at FROM oauth_connections WHERE trouble IS DISTINCT FROM 'log in' \
                     ORDER BY lost_at NULLS LAST LIMIT 1 OFFSET $1",
                    &[&number(place)],
                )
                .await?;
            let at: Option<i64> = row.map(|row| row.try_get(0)).transpose()?.flatten();
            *end = at.map(|at| Timestamp(at.cast_unsigned()));
        }
        let [first, tenth, all] = ends;
        Ok(Outlook {
            now: Timestamp(now),
            rows,
            given_up,
            unsettled,
            first,
            tenth,
            all,
        })
    };
    outlook.await.map_err(|error: Error| store_error(&error))
}
