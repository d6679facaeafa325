//! A PostgreSQL of one's own: a new cluster in a new folder, on a socket in it, gone when dropped.

use std::path::{Path, PathBuf};
use std::process::Command;

use deadpool_postgres::{Config, Pool, Runtime};
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A cluster that runs.
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
}

impl Cluster {
    /// Makes and starts one. PostgreSQL does not run as root: then it runs as the user `postgres`.
    ///
    /// # Panics
    ///
    /// If there is no PostgreSQL, or it does not start.
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

    /// Starts it again after [`Cluster::crash`].
    ///
    /// # Panics
    ///
    /// If it does not start.
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

    /// Stops it as a loss of power would: nothing is written any more, and the next start recovers.
    ///
    /// # Panics
    ///
    /// If it does not stop.
    pub fn crash(&self) {
        run(self
            .program("pg_ctl")
            .args(["--mode=immediate", "--pgdata"])
            .arg(self.data())
            .arg("stop"));
    }

    /// The folder that its socket is in.
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
        // It may have been stopped before.
        stop.output().ok();
    }
}

/// A pool for the cluster whose socket is in this folder.
///
/// # Panics
///
/// If the pool cannot be made.
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

/// Where Debian has the programs of the newest version, or nowhere: then they are in the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders.max().unwrap_or_default()
}
