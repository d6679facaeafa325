//! The thread that has the database.

use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use crate::lifecycle::deployment::Deployment;
use crate::lifecycle::store::{StoreError, StoreErrorKind};

/// So many writes share a transaction at most.
const MOST_TOGETHER: usize = 256;

/// Something to do within a transaction, or to be told why there is none. Its answer is held back until that is durable.
type Job = Box<dyn FnOnce(Result<&Transaction<'_>, StoreError>, &Deployment) -> Answer + Send>;

/// Gives the answer, or tells why the transaction failed.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Message {
    Read(Job),
    Write(Job),
}

/// A hand on the thread, which ends with it.
pub(super) struct Database(Sender<Message>);

impl Database {
    pub(super) fn new(
        connection: Connection,
        deployment: Deployment,
    ) -> Result<Database, StoreError> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("oauth-connections".to_owned())
            .spawn(move || serve(&connection, &deployment, &receiver))
            .map_err(|error| StoreError {
                kind: StoreErrorKind::Unreachable,
                reason: error.to_string(),
            })?;
        Ok(Database(sender))
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read_by_deployment(move |transaction, _| job(transaction))
            .await
    }

    /// The same, knowing which deployment this is.
    pub(super) async fn read_by_deployment<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>, &Deployment) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(Message::Read, move |transaction, deployment| {
            job(transaction, deployment).map_err(|error| told(&error))
        })
        .await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.ask(Message::Write, move |transaction, deployment| {
            is_ours(transaction, deployment)?;
            job(transaction).map_err(|error| told(&error))
        })
        .await
    }

    pub(super) async fn claim(&self) -> Result<(), StoreError> {
        self.ask(Message::Write, move |transaction, deployment| {
            let name = deployment.as_str();
            let claimed = transaction.execute("UPDATE deployment SET name = ?1", params![name]);
            claimed.map(|_| ()).map_err(|error| told(&error))
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        message: fn(Job) -> Message,
        job: impl FnOnce(&Transaction<'_>, &Deployment) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |transaction, deployment| {
            let done = transaction.and_then(|transaction| job(transaction, deployment));
            Box::new(move |durable| {
                // Who asked may have gone away.
                drop(sender.send(durable.and(done)));
            })
        });
        let gone = || StoreError {
            kind: StoreErrorKind::Unreachable,
            reason: "its thread has ended".to_owned(),
        };
        self.0.send(message(job)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

fn is_ours(transaction: &Transaction<'_>, deployment: &Deployment) -> Result<(), StoreError> {
    let mut statement = transaction
        .prepare_cached("SELECT name FROM deployment")
        .map_err(|error| told(&error))?;
    let name: String = statement
        .query_row([], |row| row.get(0))
        .map_err(|error| told(&error))?;
    deployment.owns(&name)
}

fn serve(connection: &Connection, deployment: &Deployment, receiver: &Receiver<Message>) {
    let mut waiting = None;
    while let Some(first) = waiting.take().or_else(|| receiver.recv().ok()) {
        let (behavior, writes, job) = match first {
            Message::Read(job) => (TransactionBehavior::Deferred, false, job),
            Message::Write(job) => (TransactionBehavior::Immediate, true, job),
        };
        let transaction = match Transaction::new_unchecked(connection, behavior) {
            Ok(transaction) => transaction,
            Err(error) => {
                job(Err(told(&error)), deployment)(Ok(()));
                continue;
            }
        };
        let mut answers = vec![job(Ok(&transaction), deployment)];
        // A failure may have ended the transaction: then nothing more is to be written as if within it.
        while writes
            && !connection.is_autocommit()
            && answers.len() < MOST_TOGETHER
            && let Ok(next) = receiver.try_recv()
        {
            match next {
                Message::Write(job) => answers.push(job(Ok(&transaction), deployment)),
                read @ Message::Read(_) => {
                    waiting = Some(read);
                    break;
                }
            }
        }
        let durable = transaction.commit().map_err(|error| told(&error));
        for answer in answers {
            answer(durable.clone());
        }
    }
}

/// The error in words of our own: SQLite's may repeat what was written.
pub(super) fn told(error: &rusqlite::Error) -> StoreError {
    let (kind, reason) = match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            (StoreErrorKind::ReadOnly, "the file cannot be written")
        }
        Some(ErrorCode::DiskFull) => (StoreErrorKind::Full, "no room on the disk"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            StoreErrorKind::Unreachable,
            "another process kept it locked",
        ),
        Some(ErrorCode::SystemIoFailure) => (StoreErrorKind::Unreachable, "the disk failed"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            StoreErrorKind::Unreadable,
            "the file is no database, or a broken one",
        ),
        _ => (StoreErrorKind::Unreadable, "the database refused"),
    };
    StoreError {
        kind,
        reason: reason.to_owned(),
    }
}
