//! The database file, opened to read and write, or only to read if it cannot be written.

use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::failure::store_error;
use super::schema;
use crate::lifecycle::store::deployment::Deployment;
use crate::lifecycle::store::{StoreError, StoreErrorKind};

/// The name endings of the files that SQLite keeps beside the database while it is written.
const JOURNALS: [&str; 2] = ["-wal", "-journal"];

/// The path of the file, and the deployment that opens it.
pub(super) struct File {
    path: PathBuf,
    deployment: Deployment,
}

/// The access that a file allows.
pub(super) enum Opened {
    /// The file can be read and written.
    Whole(Connection),
    /// The file can only be read. Each read opens it with [`File::as_it_is`], and writes fail for this reason.
    ReadOnly(StoreError),
}

impl File {
    pub(super) fn new(path: &Path, deployment: &Deployment) -> File {
        File {
            path: path.to_owned(),
            deployment: deployment.clone(),
        }
    }

    pub(super) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// Creates the file, if there is none, for its owner alone. SQLite gives its journals the mode of the file. A failure is
    /// ignored, since SQLite reports the reason when it opens the file.
    pub(super) fn make(&self) {
        if !is_path(&self.path) {
            return;
        }
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(&self.path));
    }

    /// Opens the file with as much access as its disk allows.
    pub(super) fn open(&self) -> Result<Opened, StoreError> {
        let opened = Connection::open(&self.path).and_then(|connection| {
            schema::prepare(&connection, &self.deployment)?;
            Ok(connection)
        });
        let why = match opened {
            Ok(connection) => return Ok(Opened::Whole(connection)),
            Err(error) => self.why(&error),
        };
        let takes_no_writes = matches!(why.kind, StoreErrorKind::ReadOnly | StoreErrorKind::Full);
        match takes_no_writes && self.as_it_is().is_ok() {
            true => Ok(Opened::ReadOnly(why)),
            false => Err(why),
        }
    }

    /// Opens the file for one read, without the files beside it that SQLite needs even to read in WAL mode. No process may
    /// write meanwhile. A full or read-only disk prevents writes, and earlier writers must have left no journal.
    pub(super) fn as_it_is(&self) -> Result<Connection, StoreError> {
        let refused = |reason: &str| StoreError {
            kind: StoreErrorKind::Unreachable,
            reason: reason.to_owned(),
        };
        if self.has_journal() {
            return Err(refused(
                "its journal must be recovered, which requires write access",
            ));
        }
        let path = std::path::absolute(&self.path).ok();
        let path = path.as_deref().and_then(Path::to_str);
        let path = path.filter(|_| is_path(&self.path));
        let path = path.ok_or_else(|| refused("its name is not a path"))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(immutable(path), flags);
        let connection = opened.map_err(|error| store_error(&error))?;
        match schema::is_current(&connection).map_err(|error| store_error(&error))? {
            true => Ok(connection),
            false => Err(refused("its tables are of another revision")),
        }
    }

    fn has_journal(&self) -> bool {
        JOURNALS.iter().any(|ending| {
            let mut name = OsString::from(&self.path);
            name.push(ending);
            fs::metadata(name).is_ok_and(|journal| journal.len() > 0)
        })
    }

    /// Returns why the file cannot be opened. SQLite has a single code for all failures of the file system.
    fn why(&self, error: &rusqlite::Error) -> StoreError {
        if error.sqlite_error_code() != Some(ErrorCode::CannotOpen) {
            return store_error(error);
        }
        let tried = fs::OpenOptions::new().append(true).open(&self.path);
        let (kind, reason) = match tried.map_err(|error| error.kind()) {
            Err(ErrorKind::ReadOnlyFilesystem) => {
                (StoreErrorKind::ReadOnly, "its disk is mounted read-only")
            }
            Err(ErrorKind::PermissionDenied) => {
                (StoreErrorKind::ReadOnly, "the file cannot be written")
            }
            Err(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                (StoreErrorKind::Full, "the disk is full")
            }
            Err(ErrorKind::NotFound) => {
                (StoreErrorKind::Unreachable, "the file's folder is missing")
            }
            Err(_) => (StoreErrorKind::Unreachable, "the file cannot be opened"),
            Ok(_) => (
                StoreErrorKind::ReadOnly,
                "the file's folder is not writable",
            ),
        };
        StoreError {
            kind,
            reason: reason.to_owned(),
        }
    }
}

/// Returns whether SQLite reads this name as a path.
fn is_path(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    !name.is_empty() && name != b":memory:" && !name.starts_with(b"file:")
}

/// Returns the URI of a file that no process writes to (<https://sqlite.org/uri.html>).
fn immutable(path: &str) -> String {
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file://{path}?immutable=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &Path) -> StoreError {
        let file = File::new(path, &Deployment::named("here"));
        file.make();
        match file.open() {
            Err(why) => why,
            Ok(_) => panic!("{} should not open", path.display()),
        }
    }

    #[test]
    fn a_file_is_read_as_it_is_whatever_its_name_and_only_without_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["plain.db", "100%25.db", "what?.db", "a#b c.db", "ü.db"] {
            let path = folder.path().join(name);
            let file = File::new(&path, &Deployment::named("here"));
            let Ok(Opened::Whole(connection)) = file.open() else {
                panic!("{name} should be writable");
            };
            assert!(file.as_it_is().is_err(), "{name}: its journal is in use");
            drop(connection);
            let read = file.as_it_is().unwrap();
            let owner: String = read
                .query_row("SELECT name FROM deployment", [], |row| row.get(0))
                .unwrap();
            assert_eq!(owner, "here", "{name}");
            let written = read.execute("UPDATE deployment SET name = 'another'", []);
            let refused = store_error(&written.unwrap_err());
            assert_eq!(refused.kind, StoreErrorKind::ReadOnly, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_opened_has_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let missing = reason(&folder.path().join("missing/connections.db"));
        assert_eq!(missing.kind, StoreErrorKind::Unreachable);
        assert!(missing.reason.contains("folder is missing"), "{missing}");
        let is_folder = reason(folder.path());
        assert_eq!(is_folder.kind, StoreErrorKind::Unreachable, "{is_folder}");
        let text = folder.path().join("text");
        fs::write(
            &text,
            "not a database, but a longer text than a header is".repeat(9),
        )
        .unwrap();
        assert_eq!(reason(&text).kind, StoreErrorKind::Unreadable);
    }
}
