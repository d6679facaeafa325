//! A private PostgreSQL: a new cluster in a new folder with its socket. Both are removed when it is dropped.

use std::path::{Path, PathBuf};
use std::process::Command;

use deadpool_postgres::{Config, Pool, Runtime};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A running cluster.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
}

impl Cluster {
    /// Creates and starts a cluster. PostgreSQL does not run as root; in that case it runs as the user `postgres`.
    ///
    /// # Panics
    ///
    /// Panics if PostgreSQL is not installed or does not start.
    pub fn start() -> Cluster {
        let cluster = Cluster {
            folder: tempfile::tempdir().expect("a folder"),
            programs: programs(),
        };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(cluster.folder()));
        }
        let data = cluster.data();
        run(cluster
            .program("initdb")
            .args(["--auth=trust", "--username=postgres", "--pgdata"])
            .arg(&data));
        cluster.begin();
        cluster
    }

    /// Starts the cluster again after [`Cluster::crash`].
    ///
    /// # Panics
    ///
    /// Panics if the cluster does not start.
    pub fn begin(&self) {
        let options = format!("-k {} -c listen_addresses=''", self.folder().display());
        let log = self.folder().join("log");
        run(self
            .program("pg_ctl")
            .args(["--wait", "--options", &options, "--pgdata"])
            .arg(self.data())
            .arg("--log")
            .arg(log)
            .arg("start"));
    }

    /// Stops the cluster as a power loss would: nothing more is written, and the next start recovers.
    ///
    /// # Panics
    ///
    /// Panics if the cluster does not stop.
    pub fn crash(&self) {
        run(self
            .program("pg_ctl")
            .args(["--mode=immediate", "--pgdata"])
            .arg(self.data())
            .arg("stop"));
    }

    /// Returns the folder of the cluster's socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(path);
                command
            }
            false => Command::new(path),
        };
        command.current_dir(self.folder());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut stop = self.program("pg_ctl");
        stop.args(["--mode=immediate", "--pgdata"])
            .arg(self.data())
            .arg("stop");
        // The cluster may already have been stopped.
        stop.output().ok();
    }
}

/// Returns a pool for the cluster whose socket is in this folder.
///
/// # Panics
///
/// Panics if the pool cannot be made.
pub fn pool(folder: &Path) -> Pool {
    let mut config = Config::new();
    config.host = Some(folder.to_string_lossy().into_owned());
    config.user = Some("postgres".to_owned());
    config.dbname = Some("postgres".to_owned());
    let mut pool = deadpool_postgres::PoolConfig::new(8);
    pool.timeouts.wait = Some(std::time::Duration::from_secs(10));
    config.pool = Some(pool);
    config
        .create_pool(Some(Runtime::Tokio1), NoTls)
        .expect("a pool")
}

fn run(command: &mut Command) {
    let output = command.output().expect("it can be run");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}");
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.starts_with(b"0\n"))
}

/// Returns the folder in which Debian installs the newest version's programs. Returns an empty path where there is none, so
/// that the programs are looked up in `PATH`.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders.max().unwrap_or_default()
}
