//! Pending logins in the file.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};

use super::SqliteStore;
use crate::lifecycle::store::StoreFuture;
use crate::lifecycle::store::login_store::LoginStore;
use crate::lifecycle::store::words::number;

/// The statement that deletes expired logins whenever another login begins.
const SWEEP: &str = "DELETE FROM logins WHERE over_at <= ?1";

const KEEP: &str = "INSERT INTO logins (id, sealed, over_at) VALUES (?1, ?2, ?3)";

const FIND: &str = "SELECT sealed FROM logins WHERE id = ?1 AND over_at > ?2";

const TAKE: &str = "DELETE FROM logins WHERE id = ?1 RETURNING sealed, over_at";

impl LoginStore for SqliteStore {
    fn keep_login<'a>(
        &'a self,
        id: &'a str,
        sealed: Vec<u8>,
        length: Duration,
    ) -> StoreFuture<'a, ()> {
        let (id, clock) = (id.to_owned(), self.clock.clone());
        Box::pin(self.database.write(move |transaction| {
            let now = clock.now();
            transaction.execute(SWEEP, params![number(now.0)])?;
            let over = number(now.after(length).0);
            transaction.execute(KEEP, params![id, sealed, over])?;
            Ok(())
        }))
    }

    fn find_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let (id, clock) = (id.to_owned(), self.clock.clone());
        Box::pin(self.database.read(move |transaction| {
            let now = number(clock.now().0);
            transaction
                .query_row(FIND, params![id, now], |row| {
                    row.get::<_, Vec<u8>>("sealed")
                })
                .optional()
        }))
    }

    fn take_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        let (id, clock) = (id.to_owned(), self.clock.clone());
        Box::pin(self.database.write(move |transaction| {
            let taken = transaction.query_row(TAKE, params![id], |row| {
                Ok((row.get::<_, Vec<u8>>("sealed")?, row.get("over_at")?))
            });
            let taken: Option<(Vec<u8>, i64)> = taken.optional()?;
            let now = number(clock.now().0);
            Ok(taken
                .filter(|(_, over)| now < *over)
                .map(|(sealed, _)| sealed))
        }))
    }
}
