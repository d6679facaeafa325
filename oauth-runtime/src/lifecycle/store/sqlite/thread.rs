//! The thread that owns the database.

use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::failure::store_error;
use super::file::{File, Opened};
use crate::lifecycle::store::deployment::Deployment;
use crate::lifecycle::store::{StoreError, StoreErrorKind};

/// The maximum number of writes that share a transaction.
const MAX_TOGETHER: usize = 256;

/// A job to run within a transaction. Its result is held back until the transaction is durable, and until then it can run
/// again.
trait Job: Send {
    /// Runs the job, and returns whether it succeeded.
    fn run(&mut self, transaction: &Transaction<'_>, deployment: &Deployment) -> bool;

    /// Sends the caller the result of the last run, or the reason why its transaction failed.
    fn answer(self: Box<Self>, durable: Result<(), StoreError>);
}

/// A job whose caller waits for the result.
struct Asked<T, F> {
    job: F,
    done: Option<Result<T, StoreError>>,
    sender: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for Asked<T, F>
where
    T: Send,
    F: FnMut(&Transaction<'_>, &Deployment) -> Result<T, StoreError> + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>, deployment: &Deployment) -> bool {
        let done = (self.job)(transaction, deployment);
        let has_succeeded = done.is_ok();
        self.done = Some(done);
        has_succeeded
    }

    fn answer(self: Box<Self>, durable: Result<(), StoreError>) {
        let Asked { done, sender, .. } = *self;
        let done = done.unwrap_or_else(|| Err(gone()));
        // The caller may have stopped waiting.
        drop(sender.send(durable.and(done)));
    }
}

enum Message {
    Read(Box<dyn Job>),
    Write(Box<dyn Job>),
}

/// A handle of the thread. The thread ends when the handle is dropped.
pub(super) struct Database(Sender<Message>);

impl Database {
    pub(super) fn new(file: File, opened: Opened) -> Result<Database, StoreError> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("oauth-connections".to_owned())
            .spawn(move || serve(&file, opened, &receiver))
            .map_err(|error| StoreError {
                kind: StoreErrorKind::Unreachable,
                reason: error.to_string(),
            })?;
        Ok(Database(sender))
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read_by_deployment(move |transaction, _| job(transaction))
            .await
    }

    /// Runs a read that depends on the deployment.
    pub(super) async fn read_by_deployment<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&Transaction<'_>, &Deployment) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(Message::Read, move |transaction, deployment| {
            job(transaction, deployment).map_err(|error| store_error(&error))
        })
        .await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        mut job: impl FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(Message::Write, move |transaction, deployment| {
            is_ours(transaction, deployment)?;
            job(transaction).map_err(|error| store_error(&error))
        })
        .await
    }

    pub(super) async fn claim(&self) -> Result<(), StoreError> {
        self.ask(Message::Write, move |transaction, deployment| {
            let name = deployment.as_str();
            let claimed = transaction.execute("UPDATE deployment SET name = ?1", params![name]);
            claimed.map(|_| ()).map_err(|error| store_error(&error))
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        message: fn(Box<dyn Job>) -> Message,
        job: impl FnMut(&Transaction<'_>, &Deployment) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(Asked {
            job,
            done: None,
            sender,
        });
        self.0.send(message(job)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

fn gone() -> StoreError {
    StoreError {
        kind: StoreErrorKind::Unreachable,
        reason: "its thread has ended".to_owned(),
    }
}

fn is_ours(transaction: &Transaction<'_>, deployment: &Deployment) -> Result<(), StoreError> {
    let mut statement = transaction
        .prepare_cached("SELECT name FROM deployment")
        .map_err(|error| store_error(&error))?;
    let name: String = statement
        .query_row([], |row| row.get(0))
        .map_err(|error| store_error(&error))?;
    deployment.owns(&name)
}

fn serve(file: &File, mut opened: Opened, receiver: &Receiver<Message>) {
    let deployment = file.deployment();
    let mut waiting = None;
    while let Some(first) = waiting.take().or_else(|| receiver.recv().ok()) {
        // The disk may accept writes by now.
        if matches!(opened, Opened::ReadOnly(_))
            && let Ok(again) = file.open()
        {
            opened = again;
        }
        match (&opened, first) {
            (Opened::Whole(connection), Message::Read(job)) => {
                alone(connection, TransactionBehavior::Deferred, job, deployment);
            }
            (Opened::Whole(connection), Message::Write(job)) => {
                waiting = together(connection, job, deployment, receiver);
            }
            (Opened::ReadOnly(_), Message::Read(job)) => match file.as_it_is() {
                Ok(connection) => {
                    alone(&connection, TransactionBehavior::Deferred, job, deployment);
                }
                Err(error) => job.answer(Err(error)),
            },
            (Opened::ReadOnly(why), Message::Write(job)) => job.answer(Err(why.clone())),
        }
    }
}

/// Runs a job in a separate transaction.
fn alone(
    connection: &Connection,
    behavior: TransactionBehavior,
    mut job: Box<dyn Job>,
    deployment: &Deployment,
) {
    let transaction = Transaction::new_unchecked(connection, behavior);
    let durable = transaction.and_then(|transaction| match job.run(&transaction, deployment) {
        true => transaction.commit(),
        // The transaction is dropped, which rolls back the job's writes.
        false => Ok(()),
    });
    job.answer(durable.map_err(|error| store_error(&error)));
}

/// Runs a write, and the writes that are queued after it, in one transaction. Returns the read that ended them, if one did.
fn together(
    connection: &Connection,
    first: Box<dyn Job>,
    deployment: &Deployment,
    receiver: &Receiver<Message>,
) -> Option<Message> {
    let transaction = match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            first.answer(Err(store_error(&error)));
            return None;
        }
    };
    let (mut jobs, mut next, mut waiting) = (Vec::new(), Some(first), None);
    let mut has_succeeded = true;
    while let Some(mut job) = next.take() {
        has_succeeded = job.run(&transaction, deployment);
        jobs.push(job);
        if has_succeeded && jobs.len() < MAX_TOGETHER {
            match receiver.try_recv() {
                Ok(Message::Write(job)) => next = Some(job),
                Ok(read @ Message::Read(_)) => waiting = Some(read),
                Err(_) => {}
            }
        }
    }
    let failure = match has_succeeded {
        true => transaction.commit().err(),
        false => {
            // The failed job must not leave a part of its writes, and the other jobs must not fail with it.
            drop(transaction);
            None
        }
    };
    if (has_succeeded && failure.is_none()) || jobs.len() == 1 {
        let durable = failure.map_or(Ok(()), |error| Err(store_error(&error)));
        for job in jobs {
            job.answer(durable.clone());
        }
    } else {
        // A single page or row may be broken. In separate transactions, only the jobs that need it fail.
        for job in jobs {
            alone(connection, TransactionBehavior::Immediate, job, deployment);
        }
    }
    waiting
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::{Seek as _, SeekFrom, Write as _};
    use std::path::Path;
    use std::sync::Arc;

    use tokio::task::{JoinSet, yield_now};

    use super::*;
    use crate::lifecycle::SqliteStore;
    use crate::lifecycle::protocol::row::{Lifetimes, MAX_LEASE};
    use crate::lifecycle::protocol::stored::Lease;
    use crate::lifecycle::store::{Key, Sealed, Store as _};

    /// The number of connections. They fill more than a dozen pages.
    const CONNECTIONS: usize = 200;

    /// A number of rows that exceeds those of two pages.
    const NEAR: usize = 32;

    /// Overwrites one page of rows.
    fn break_a_page(path: &Path) {
        let file = Connection::open(path).unwrap();
        let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
        // The thread of the store that wrote the file may still run.
        while file.query_row(checkpoint, [], |row| row.get::<_, i64>(0)) != Ok(0) {
            std::thread::yield_now();
        }
        let fourth = "SELECT pageno FROM dbstat WHERE name = 'connections' AND pagetype = 'leaf' \
                      ORDER BY path LIMIT 1 OFFSET 3";
        let page: i64 = file.query_row(fourth, [], |row| row.get(0)).unwrap();
        let size: i64 = file
            .pragma_query_value(None, "page_size", |row| row.get(0))
            .unwrap();
        drop(file);
        let mut file = OpenOptions::new().write(true).open(path).unwrap();
        let begin = u64::try_from((page - 1) * size).unwrap();
        file.seek(SeekFrom::Start(begin)).unwrap();
        let garbage = vec![0xff; usize::try_from(size).unwrap()];
        file.write_all(&garbage).unwrap();
    }

    #[tokio::test]
    async fn a_broken_page_fails_the_writes_that_need_it_and_no_others_of_their_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.db");
        let here = Deployment::named("here");
        let store = SqliteStore::open(&path, &here).unwrap();
        let mut rows = Vec::new();
        for nth in 0..CONNECTIONS {
            let key = Key {
                connection: format!("connection {nth:04}"),
                provider: "acme".to_owned(),
                token: "access".to_owned(),
            };
            let tokens = Sealed(vec![0; 200]).into();
            store
                .log_in(&key, "", tokens, Lifetimes::NEVER)
                .await
                .unwrap();
            // From here on the row has its final length, so that a write to it moves no other row.
            let leased = store.lease(&key, MAX_LEASE).await.unwrap();
            let Lease::Taken(_, fence) = leased else {
                panic!("the lease is free: {leased:?}");
            };
            rows.push((key, fence));
        }
        drop(store);
        break_a_page(&path);

        let store = Arc::new(SqliteStore::open(&path, &here).unwrap());
        let mut broken = Vec::new();
        for (nth, (key, _)) in rows.iter().enumerate() {
            if store.load(key).await.is_err() {
                broken.push(nth);
            }
        }
        assert!((1..CONNECTIONS / 4).contains(&broken.len()), "{broken:?}");

        // The thread is blocked until all writes are queued, so that they begin in one transaction.
        let (go, gate) = channel::<()>();
        let mut writes = JoinSet::new();
        let held = store.clone();
        writes.spawn(async move {
            let wait = held.database.read(move |_| {
                gate.recv().ok();
                Ok(())
            });
            wait.await.unwrap();
            None
        });
        for (nth, (key, fence)) in rows.into_iter().enumerate() {
            let store = store.clone();
            writes.spawn(async move {
                let written = store.extend(&key, fence, MAX_LEASE).await;
                Some((nth, written == Ok(true)))
            });
        }
        for _ in 0..CONNECTIONS {
            yield_now().await;
        }
        go.send(()).unwrap();
        let mut failed = Vec::new();
        while let Some(ended) = writes.join_next().await {
            if let Some((nth, false)) = ended.unwrap() {
                failed.push(nth);
            }
        }
        // Replacing a row may move a row of an adjacent page.
        let near = broken[0].saturating_sub(NEAR)..=broken[broken.len() - 1] + NEAR;
        assert!(broken.iter().all(|nth| failed.contains(nth)), "{failed:?}");
        assert!(failed.iter().all(|nth| near.contains(nth)), "{failed:?}");
        assert!(failed.len() <= broken.len() + 4, "{failed:?}");
    }
}
