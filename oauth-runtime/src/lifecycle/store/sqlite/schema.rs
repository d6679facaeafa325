//! The tables, and the migrations from earlier revisions.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::columns;
use crate::lifecycle::protocol::row::Timestamp;
use crate::lifecycle::store::Setting;
use crate::lifecycle::store::deployment::Deployment;

/// The migrations. Each one brings a file from the revision of its index to the next. A released migration never changes.
const MIGRATIONS: [&str; 4] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
];

/// Sets up durability, and brings the tables up to date. A new file belongs to this deployment. A file that is up to date is
/// not written to.
pub(super) fn prepare(connection: &Connection, deployment: &Deployment) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    if is_current(connection)? {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let revision = revision(&transaction)?;
    for (next, migration) in (1_u32..).zip(MIGRATIONS).skip(revision as usize) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", next)?;
    }
    if revision == 0 {
        transaction.execute(
            "INSERT INTO deployment (name) VALUES (?1)",
            params![deployment.as_str()],
        )?;
    }
    transaction.commit()
}

/// Makes rows due now that would become due too late because a clock was ahead, if the file belongs to this deployment.
pub(super) fn correct(
    connection: &Connection,
    deployment: &Deployment,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let owner: String =
        connection.query_row("SELECT name FROM deployment", [], |row| row.get(0))?;
    if deployment.owns(&owner).is_err() || !columns::is_ahead(connection, now)? {
        return Ok(());
    }
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    columns::correct(&transaction, now)?;
    transaction.commit()
}

/// Returns whether the tables have this revision or a later one.
pub(super) fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(revision(connection)? as usize >= MIGRATIONS.len())
}

fn revision(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Returns the settings that durability depends on, and the state of the file.
pub(super) fn settings(
    connection: &Connection,
    deployment: &Deployment,
) -> rusqlite::Result<Vec<Setting>> {
    let text = |pragma: &str| {
        connection.pragma_query_value(None, pragma, |row| {
            let value = row.get_ref(0)?;
            Ok(match value {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                value => value.as_str().unwrap_or_default().to_owned(),
            })
        })
    };
    let owner = connection.query_row("SELECT name FROM deployment", [], |row| row.get(0))?;
    let setting = |name, value, must_be: Option<&str>| Setting {
        name,
        value,
        must_be: must_be.map(str::to_owned),
    };
    let is_read_only = connection.is_readonly("main")?;
    // A read-only file is opened without a journal.
    let mode = (!is_read_only).then_some("wal");
    Ok(vec![
        setting("journal_mode", text("journal_mode")?, mode),
        setting("read_only", is_read_only.to_string(), Some("false")),
        // 2 is FULL.
        setting("synchronous", text("synchronous")?, Some("2")),
        setting("quick_check", text("quick_check")?, Some("ok")),
        setting("user_version", text("user_version")?, None),
        setting("deployment", owner, Some(deployment.as_str())),
    ])
}
