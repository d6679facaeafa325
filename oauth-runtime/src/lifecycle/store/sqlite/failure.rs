//! Conversion of SQLite's error codes to store errors.

use rusqlite::{ErrorCode, ffi};

use crate::lifecycle::store::{StoreError, StoreErrorKind};

/// Describes an SQLite error in fixed words, since SQLite's message may repeat written values.
pub(super) fn store_error(error: &rusqlite::Error) -> StoreError {
    let extended = error.sqlite_extended_error_code();
    let (kind, reason) = extended
        .and_then(by_extended_code)
        .unwrap_or_else(|| by_code(error.sqlite_error_code()));
    StoreError {
        kind,
        reason: reason.to_owned(),
    }
}

/// Returns the error for an extended code whose primary code is too general or misleading.
fn by_extended_code(code: i32) -> Option<(StoreErrorKind, &'static str)> {
    Some(match code {
        // SQLite does not return `SQLITE_FULL` for a quota, a file size limit, or shared memory that cannot grow.
        ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE => (
            StoreErrorKind::Full,
            "the disk is full, or a quota or size limit is reached",
        ),
        ffi::SQLITE_READONLY_DIRECTORY => (
            StoreErrorKind::ReadOnly,
            "the file's folder is not writable",
        ),
        ffi::SQLITE_READONLY_RECOVERY
        | ffi::SQLITE_READONLY_CANTLOCK
        | ffi::SQLITE_READONLY_ROLLBACK
        | ffi::SQLITE_READONLY_CANTINIT => (
            StoreErrorKind::ReadOnly,
            "the file cannot be written, and its journal must be recovered",
        ),
        ffi::SQLITE_READONLY_DBMOVED => (
            StoreErrorKind::Unreachable,
            "the file was moved or replaced while it was open",
        ),
        ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS => {
            (StoreErrorKind::Unreachable, "the disk could not be read")
        }
        ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC => (
            StoreErrorKind::Unreachable,
            "the disk did not confirm the write",
        ),
        _ => return None,
    })
}

fn by_code(code: Option<ErrorCode>) -> (StoreErrorKind, &'static str) {
    match code {
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            (StoreErrorKind::ReadOnly, "the file cannot be written")
        }
        Some(ErrorCode::CannotOpen) => (StoreErrorKind::Unreachable, "the file cannot be opened"),
        Some(ErrorCode::DiskFull) => (StoreErrorKind::Full, "the disk is full"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            StoreErrorKind::Unreachable,
            "another process kept the file locked",
        ),
        Some(ErrorCode::SystemIoFailure) => (StoreErrorKind::Unreachable, "the disk failed"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => (
            StoreErrorKind::Unreadable,
            "the file is not a database, or is corrupt",
        ),
        _ => (
            StoreErrorKind::Unreadable,
            "the database rejected the operation",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_the_kind_that_says_what_to_do() {
        for (code, kind, word) in [
            (ffi::SQLITE_FULL, StoreErrorKind::Full, "the disk is full"),
            (
                ffi::SQLITE_IOERR_WRITE,
                StoreErrorKind::Full,
                "the disk is full",
            ),
            (
                ffi::SQLITE_IOERR_SHMSIZE,
                StoreErrorKind::Full,
                "the disk is full",
            ),
            (
                ffi::SQLITE_READONLY,
                StoreErrorKind::ReadOnly,
                "cannot be written",
            ),
            (
                ffi::SQLITE_READONLY_DIRECTORY,
                StoreErrorKind::ReadOnly,
                "folder",
            ),
            (
                ffi::SQLITE_READONLY_CANTINIT,
                StoreErrorKind::ReadOnly,
                "journal",
            ),
            (
                ffi::SQLITE_READONLY_DBMOVED,
                StoreErrorKind::Unreachable,
                "moved",
            ),
            (ffi::SQLITE_IOERR_READ, StoreErrorKind::Unreachable, "read"),
            (
                ffi::SQLITE_IOERR_FSYNC,
                StoreErrorKind::Unreachable,
                "confirm",
            ),
            (
                ffi::SQLITE_IOERR_LOCK,
                StoreErrorKind::Unreachable,
                "disk failed",
            ),
            (
                ffi::SQLITE_CANTOPEN,
                StoreErrorKind::Unreachable,
                "cannot be opened",
            ),
            (ffi::SQLITE_BUSY, StoreErrorKind::Unreachable, "locked"),
            (ffi::SQLITE_CORRUPT, StoreErrorKind::Unreadable, "corrupt"),
            (
                ffi::SQLITE_CONSTRAINT,
                StoreErrorKind::Unreadable,
                "rejected",
            ),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            let error = store_error(&error);
            assert_eq!(error.kind, kind, "{code}: {error}");
            assert!(error.reason.contains(word), "{code}: {error}");
        }
    }
}
