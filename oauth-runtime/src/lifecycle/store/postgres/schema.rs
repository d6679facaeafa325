//! The tables, and the migrations from earlier revisions.

use deadpool_postgres::Transaction;

use crate::lifecycle::store::Setting;
use crate::lifecycle::store::deployment::Deployment;

/// The migrations. Each one brings a database from the revision of its index to the next. A released migration never
/// changes.
const MIGRATIONS: [&str; 4] = [
    include_str!("1.sql"),
    include_str!("2.sql"),
    include_str!("3.sql"),
    include_str!("4.sql"),
];

/// The advisory lock that serializes processes which open the database at once.
const LOCK: i64 = 0x6f61_7574_6800;

/// Returns whether the tables have this revision or a later one. It writes nothing, so it works on a standby.
pub(super) async fn is_current(
    transaction: &Transaction<'_>,
) -> Result<bool, tokio_postgres::Error> {
    let exists =
        "SELECT to_regclass(quote_ident(current_schema()) || '.oauth_deployment') IS NOT NULL";
    let exists: bool = transaction.query_one(exists, &[]).await?.try_get(0)?;
    if !exists {
        return Ok(false);
    }
    let row = transaction
        .query_opt("SELECT revision FROM oauth_deployment", &[])
        .await?;
    let revision: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
    Ok((1_i64..).zip(MIGRATIONS).all(|(next, _)| next <= revision))
}

/// Creates the tables, or brings them up to date. A new database belongs to this deployment.
pub(super) async fn prepare(
    transaction: &Transaction<'_>,
    deployment: &Deployment,
) -> Result<(), tokio_postgres::Error> {
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    transaction
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS oauth_deployment (name TEXT NOT NULL, revision BIGINT NOT NULL)",
        )
        .await?;
    let row = transaction
        .query_opt("SELECT revision FROM oauth_deployment", &[])
        .await?;
    let revision: i64 = match &row {
        Some(row) => row.try_get(0)?,
        None => {
            let name = deployment.as_str();
            let new = "INSERT INTO oauth_deployment (name, revision) VALUES ($1, 0)";
            transaction.execute(new, &[&name]).await?;
            0
        }
    };
    for (next, migration) in (1_i64..)
        .zip(MIGRATIONS)
        .filter(|(next, _)| *next > revision)
    {
        transaction.batch_execute(migration).await?;
        let written = "UPDATE oauth_deployment SET revision = $1";
        transaction.execute(written, &[&next]).await?;
    }
    Ok(())
}

/// Returns the settings that durability depends on, and the deployment. The transaction must be begun like that of a write,
/// so that the settings are those of a write.
pub(super) async fn settings(
    transaction: &Transaction<'_>,
    deployment: &Deployment,
) -> Result<Vec<Setting>, tokio_postgres::Error> {
    let row = transaction
        .query_one(
            "SELECT current_setting('synchronous_commit'), current_setting('fsync'), \
             current_setting('full_page_writes'), current_setting('server_version'), \
             (SELECT name FROM oauth_deployment)",
            &[],
        )
        .await?;
    let setting = |name, at: usize, must_be: Option<&str>| {
        Ok::<_, tokio_postgres::Error>(Setting {
            name,
            value: row.try_get(at)?,
            must_be: must_be.map(str::to_owned),
        })
    };
    Ok(vec![
        setting("synchronous_commit", 0, Some("on"))?,
        setting("fsync", 1, Some("on"))?,
        setting("full_page_writes", 2, Some("on"))?,
        setting("server_version", 3, None)?,
        setting("deployment", 4, Some(deployment.as_str()))?,
    ])
}
