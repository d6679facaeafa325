//! The queries, and the conversion between rows of the table and `Stored`.

use rusqlite::{Connection, Transaction, params};

use crate::lifecycle::protocol::row::{Deadlines, Entry, LastFailure, Row, Timestamp};
use crate::lifecycle::protocol::stored::Stored;
use crate::lifecycle::store::words::{bounds, kind, moment, number, since, word};
use crate::lifecycle::store::{Key, Outlook, Sealed};

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
        " WHERE connection = ?1 AND provider = ?2 AND token = ?3"
    };
}

pub(super) const SELECT: &str = concat!("SELECT ", columns!(), " FROM connections", by_key!());

pub(super) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM connections WHERE (connection, provider, token) > (?1, ?2, ?3) \
     ORDER BY connection, provider, token LIMIT ?4"
);

pub(super) const DELETE: &str = concat!("DELETE FROM connections", by_key!());

pub(super) const DUE: &str = "SELECT connection, provider, token FROM connections \
     WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2";

/// The condition for rows that become due too late because a clock that was ahead wrote them, their leases or their waits.
/// The index has them among rows that are rightly due later, so all rows are read in table order. `ifnull` keeps SQLite from
/// using the index.
macro_rules! ahead {
    () => {
        " WHERE ifnull(due_at, 0) > ?1 AND (written_at > ?2 OR leased_until > ?3 OR not_before > ?4)"
    };
}

const IS_AHEAD: &str = concat!("SELECT EXISTS (SELECT 1 FROM connections", ahead!(), ")");

const CORRECT: &str = concat!("UPDATE connections SET due_at = ?1", ahead!());

const WRITE: &str = concat!(
    "INSERT OR REPLACE INTO connections (",
    columns!(),
    ", due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)"
);

pub(super) fn key(row: &rusqlite::Row<'_>) -> rusqlite::Result<Key> {
    Ok(Key {
        connection: row.get("connection")?,
        provider: row.get("provider")?,
        token: row.get("token")?,
    })
}

pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Stored<Sealed>, String)> {
    let count = |name| row.get::<_, i64>(name).map(i64::cast_unsigned);
    let optional =
        |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(name)?.map(i64::cast_unsigned));
    let at = |name| optional(name).map(|at| at.map(Timestamp));
    let journal = match (optional("journal_fence")?, optional("journal_version")?) {
        (Some(fence), Some(version)) => Some(Entry {
            fence,
            version,
            at: at("journal_at")?.unwrap_or_default(),
        }),
        _ => None,
    };
    let word: Option<String> = row.get("trouble")?;
    let trouble = match kind(word.as_deref(), at("unrecognized_since")?) {
        Some(kind) => Some(LastFailure {
            kind,
            failures: row.get::<_, Option<u32>>("failures")?.unwrap_or_default(),
            not_before: at("not_before")?.unwrap_or_default(),
        }),
        None => None,
    };
    let own = Row {
        now: Timestamp(count("written_at")?),
        version: count("version")?,
        login: count("login")?,
        tokens: Sealed(row.get("tokens")?),
        spare: row.get::<_, Option<Vec<u8>>>("spare")?.map(Sealed),
        apart: row.get::<_, Option<Vec<u8>>>("apart")?.map(Sealed),
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
    Ok((stored, row.get("about")?))
}

pub(super) fn write(
    transaction: &Transaction<'_>,
    key: &Key,
    about: &str,
    stored: &Stored<Sealed>,
) -> rusqlite::Result<()> {
    let row = &stored.row;
    let mut statement = transaction.prepare_cached(WRITE)?;
    statement.execute(params![
        key.connection,
        key.provider,
        key.token,
        about,
        number(row.version),
        number(row.login),
        row.tokens.0,
        row.spare.as_ref().map(|spare| &spare.0),
        moment(row.times.refresh),
        moment(row.times.expires),
        moment(row.times.keep_alive),
        moment(row.times.lost),
        moment(row.times.ends),
        row.journal.map(|entry| number(entry.fence)),
        row.journal.map(|entry| number(entry.version)),
        row.journal.map(|entry| number(entry.at.0)),
        row.trouble.map(word),
        row.trouble.map(|trouble| trouble.failures),
        row.trouble.map(|trouble| number(trouble.not_before.0)),
        number(stored.fence),
        moment(stored.leased_until),
        number(row.now.0),
        moment(row.trouble.and_then(since)),
        row.apart.as_ref().map(|apart| &apart.0),
        moment(stored.due()),
    ])?;
    Ok(())
}

/// Returns whether a row would become due too late because a clock was ahead.
pub(super) fn is_ahead(connection: &Connection, now: Timestamp) -> rusqlite::Result<bool> {
    connection.query_row(IS_AHEAD, bounds(now), |row| row.get(0))
}

/// Makes rows due now that would become due too late because a clock was ahead.
pub(super) fn correct(connection: &Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(CORRECT, bounds(now)).map(|_| ())
}

pub(super) fn outlook(transaction: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<Outlook> {
    let count = |condition: &str| {
        let query = format!("SELECT count(*) FROM connections WHERE {condition}");
        transaction.query_row(&query, [], |row| row.get(0).map(i64::cast_unsigned))
    };
    let living = "trouble IS NOT 'log in'";
    let rows = count("TRUE")?;
    let given_up = count("trouble IS 'log in'")?;
    let unsettled = count("journal_version = version")?;
    // Rows without a known end come last.
    let query = format!(
        "SELECT lost_at FROM connections WHERE {living} ORDER BY lost_at IS NULL, lost_at LIMIT 1 OFFSET ?1"
    );
    let nth = |nth: u64| -> rusqlite::Result<Option<Timestamp>> {
        use rusqlite::OptionalExtension as _;
        let end = transaction
            .query_row(&query, [number(nth)], |row| row.get::<_, Option<i64>>(0))
            .optional()?;
        Ok(end.flatten().map(|end| Timestamp(end.cast_unsigned())))
    };
    let alive = rows - given_up;
    Ok(Outlook {
        now,
        rows,
        given_up,
        unsettled,
        first: nth(0)?,
        tenth: nth(alive.div_ceil(10).saturating_sub(1))?,
        all: nth(alive.saturating_sub(1))?,
    })
}
