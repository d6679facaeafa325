//! Databases: how tests create them, open them as another process does, and edit their rows by hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crash::postgres::{Cluster, pool};
use oauth_runtime::lifecycle::store::Store;
use oauth_runtime::lifecycle::{Deployment, MemoryStore, PostgresStore, SqliteStore};
use tempfile::TempDir;

/// The kind of database that a test uses.
pub(crate) enum Ground {
    Memory,
    Sqlite,
    Postgres(Cluster),
}

/// The database of one situation.
pub(crate) enum Database {
    Memory(Arc<MemoryStore>),
    Sqlite(TempDir),
    /// The folder of the server's socket.
    Postgres(PathBuf),
}

/// A database that a process has opened.
#[derive(Clone)]
pub(crate) enum Opened {
    Memory(Arc<MemoryStore>),
    Sqlite(Arc<SqliteStore>),
    Postgres(Arc<PostgresStore>),
}

impl Ground {
    /// Returns the kinds of databases whose rows SQL statements can edit.
    pub(crate) fn with_statements() -> [Ground; 2] {
        [Ground::Sqlite, Ground::Postgres(Cluster::start())]
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Ground::Memory => "memory",
            Ground::Sqlite => "SQLite",
            Ground::Postgres(_) => "PostgreSQL",
        }
    }

    /// Creates a database without connections.
    pub(crate) async fn fresh(&self) -> Database {
        match self {
            Ground::Memory => Database::Memory(Arc::new(MemoryStore::new())),
            Ground::Sqlite => Database::Sqlite(tempfile::tempdir().unwrap()),
            Ground::Postgres(cluster) => {
                let database = Database::Postgres(cluster.folder().to_owned());
                // Opening it creates its tables.
                database.open().await;
                database.edit("DELETE FROM {connections}").await;
                database
            }
        }
    }
}

impl Database {
    /// Opens the database as another process would.
    pub(crate) async fn open(&self) -> Opened {
        let here = Deployment::named("here");
        match self {
            Database::Memory(store) => Opened::Memory(store.clone()),
            Database::Sqlite(folder) => {
                let store = SqliteStore::open(&file(folder), &here).unwrap();
                Opened::Sqlite(Arc::new(store))
            }
            Database::Postgres(folder) => {
                let store = PostgresStore::open(pool(folder), &here).await.unwrap();
                Opened::Postgres(Arc::new(store))
            }
        }
    }

    /// Returns the statements with each `{blob:…}`, which contains hexadecimal digits, as a byte literal of this database.
    pub(crate) fn literal(&self, statements: &str) -> String {
        let (before, behind) = match self {
            Database::Postgres(_) => ("'\\x", "'::bytea"),
            _ => ("x'", "'"),
        };
        let mut parts = statements.split("{blob:");
        let mut literal = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (digits, rest) = part.split_once('}').unwrap();
            literal.extend([before, digits, behind, rest]);
        }
        literal
    }

    /// Runs a statement. `{connections}` in it becomes the name of the table.
    pub(crate) async fn edit(&self, statement: &str) {
        match self {
            Database::Memory(_) => panic!("memory has no statements"),
            Database::Sqlite(folder) => {
                let statement = statement.replace("{connections}", "connections");
                let connection = rusqlite::Connection::open(file(folder)).unwrap();
                connection.execute_batch(&statement).unwrap();
            }
            Database::Postgres(folder) => {
                let statement = statement.replace("{connections}", "oauth_connections");
                let pool = pool(folder);
                let client = pool.get().await.unwrap();
                client.batch_execute(&statement).await.unwrap();
            }
        }
    }

    /// Removes the app's inputs from all rows, as in rows of versions that did not store them.
    pub(crate) async fn forget_app_inputs(&self) {
        let without = match self {
            Database::Postgres(_) => "(about::jsonb - 'app_inputs')::text",
            _ => "json_remove(about, '$.app_inputs')",
        };
        let statement = format!("UPDATE {{connections}} SET about = {without}");
        self.edit(&statement).await;
    }
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("connections.db")
}

impl Opened {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Opened::Memory(store) => store.clone(),
            Opened::Sqlite(store) => store.clone(),
            Opened::Postgres(store) => store.clone(),
        }
    }

    pub(crate) fn advance(&self, by: Duration) {
        match self {
            Opened::Memory(store) => store.advance(by),
            Opened::Sqlite(store) => store.advance(by),
            Opened::Postgres(store) => store.advance(by),
        }
    }
}
