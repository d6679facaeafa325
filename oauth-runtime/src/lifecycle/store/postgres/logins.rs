//! Pending logins in the database.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{PostgresStore, begun, committed, store_error};
use crate::lifecycle::store::StoreFuture;
use crate::lifecycle::store::login_store::LoginStore;
use crate::lifecycle::store::words::number;

macro_rules! now {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT + $1"
    };
}

/// The statement that deletes expired logins whenever another login begins.
const SWEEP: &str = concat!("DELETE FROM oauth_logins WHERE over_at <= ", now!());

const KEEP: &str = concat!(
    "INSERT INTO oauth_logins (id, sealed, over_at) VALUES ($2, $3, ",
    now!(),
    " + $4)"
);

const FIND: &str = concat!(
    "SELECT sealed FROM oauth_logins WHERE id = $2 AND over_at > ",
    now!()
);

const TAKE: &str = concat!(
    "DELETE FROM oauth_logins WHERE id = $2 RETURNING sealed, over_at > ",
    now!(),
    " AS lives"
);

impl LoginStore for PostgresStore {
    fn keep_login<'a>(
        &'a self,
        id: &'a str,
        sealed: Vec<u8>,
        length: Duration,
    ) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            let ahead = self.ahead.load(Ordering::Relaxed);
            let millis = number(u64::try_from(length.as_millis()).unwrap_or(u64::MAX));
            let swept = transaction.execute(SWEEP, &[&ahead]).await;
            swept.map_err(|error| store_error(&error))?;
            let kept = transaction
                .execute(KEEP, &[&ahead, &id, &sealed, &millis])
                .await;
            kept.map_err(|error| store_error(&error))?;
            committed(transaction).await
        })
    }

    fn find_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let client = self.client().await?;
            let ahead = self.ahead.load(Ordering::Relaxed);
            let row = client.query_opt(FIND, &[&ahead, &id]).await;
            let row = row.map_err(|error| store_error(&error))?;
            let found = row.map(|row| row.try_get::<_, Vec<u8>>("sealed"));
            found.transpose().map_err(|error| store_error(&error))
        })
    }

    fn take_login<'a>(&'a self, id: &'a str) -> StoreFuture<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let mut client = self.client().await?;
            let transaction = begun(&mut client).await?;
            let ahead = self.ahead.load(Ordering::Relaxed);
            let row = transaction.query_opt(TAKE, &[&ahead, &id]).await;
            let row = row.map_err(|error| store_error(&error))?;
            committed(transaction).await?;
            let taken = row.map(|row| {
                let lives: bool = row.try_get("lives")?;
                let sealed: Vec<u8> = row.try_get("sealed")?;
                Ok::<_, tokio_postgres::Error>(lives.then_some(sealed))
            });
            let taken = taken.transpose().map_err(|error| store_error(&error))?;
            Ok(taken.flatten())
        })
    }
}
