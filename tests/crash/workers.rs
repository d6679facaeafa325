//! The worker processes, and the state that they share.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crash::postgres::Cluster;
use crash::{BACK, Planted, Step, lenient, manager, open, strict};
use futures_util::future::join_all;
use oauth_runtime::lifecycle::Manager;
use oauth_runtime::{Http, http::TransportError, provider::StoredToken};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::provider::Provider;

/// The number of workers that settle the connections after the kills. Each careful try takes a pause, so there are many.
const SETTLING: usize = 16;

/// The location of the connections.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres(Cluster),
}

impl Place {
    pub(crate) fn sqlite() -> Place {
        Place::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) fn postgres() -> Place {
        Place::Postgres(Cluster::start())
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Place::Sqlite(folder) => {
                format!("sqlite:{}", folder.path().join("connections.db").display())
            }
            Place::Postgres(cluster) => format!("postgres:{}", cluster.folder().display()),
        }
    }
}

/// Connections in a store, and workers that refresh them.
pub(crate) struct Crew {
    place: Place,
    provider: Arc<Provider>,
    manager: Manager,
    pub(crate) planted: Planted,
    connections: usize,
    next: AtomicUsize,
    retired: Mutex<BTreeSet<String>>,
    /// The number of reported careful tries, by connection.
    careful: Mutex<BTreeMap<String, usize>>,
}

impl Crew {
    /// Creates a crew with this many connections, each from a separate login.
    pub(crate) async fn new(
        provider: Arc<Provider>,
        place: Place,
        planted: Planted,
        connections: usize,
    ) -> Crew {
        let http = Http::over(provider.simulator.transport::<TransportError>());
        let manager = manager(open(&place.name()).await.store, http.clone());
        for name in 0..connections {
            let name = name.to_string();
            let refresh_token = match provider.name {
                "lenient" => lenient_login(&provider, &manager, &http, &name).await,
                _ => strict_login(&provider, &manager, &http, &name).await,
            };
            provider.logged_in(&name, &refresh_token);
        }
        Crew {
            place,
            provider,
            manager,
            planted,
            connections,
            next: AtomicUsize::new(0),
            retired: Mutex::default(),
            careful: Mutex::default(),
        }
    }

    /// Starts a worker, and returns it when it is ready.
    pub(crate) async fn worker(&self, stop: Option<Step>, planted: Planted) -> Worker {
        let program = Command::new(env!("CARGO_BIN_EXE_worker"));
        self.begun(program, stop, planted).await
    }

    /// Starts a worker whose system calls are recorded in this folder, in a file for each of its threads.
    pub(crate) async fn traced_worker(&self, folder: &std::path::Path) -> Worker {
        let mut program = Command::new("strace");
        program
            .args(["-ff", "-ttt", "-T", "-s", "24", "-o"])
            .arg(folder.join("thread"))
            .arg("-e")
            .arg("trace=fsync,fdatasync,read,write,writev,sendto,recvfrom")
            .arg(env!("CARGO_BIN_EXE_worker"));
        self.begun(program, None, Planted::Nothing).await
    }

    /// Starts a worker whose clock is off, such as by `+60s`.
    pub(crate) async fn worker_at(&self, time: &str) -> Worker {
        let mut program = Command::new(env!("CARGO_BIN_EXE_worker"));
        fake_clock(&mut program);
        program.env("FAKETIME", time);
        self.begun(program, None, Planted::Nothing).await
    }

    async fn begun(&self, mut program: Command, stop: Option<Step>, planted: Planted) -> Worker {
        let client = &self.provider.client;
        program
            .arg(self.place.name())
            .args([&self.provider.url(), &client.id, &client.secret])
            .arg(stop.map_or("none".to_owned(), Step::name))
            .arg(format!("{planted:?}"))
            .arg(self.provider.name);
        Worker::begun(program).await
    }

    /// Returns the next connection with which no worker was killed, so that each loss belongs to one kill.
    pub(crate) fn pick(&self) -> String {
        loop {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let name = (next % self.connections).to_string();
            if !self.retired.lock().unwrap().contains(&name) {
                return name;
            }
        }
    }

    /// Excludes a connection from all kills until the end.
    pub(crate) fn retire(&self, name: &str) {
        self.retired.lock().unwrap().insert(name.to_owned());
    }

    /// Returns a random number below `most`.
    pub(crate) fn random(&self, most: u64) -> u64 {
        RandomState::new().hash_one(self.next.load(Ordering::Relaxed)) % most
    }

    /// Returns the cluster that the connections are in.
    pub(crate) fn cluster(&self) -> &Cluster {
        match &self.place {
            Place::Postgres(cluster) => cluster,
            Place::Sqlite(_) => panic!("there is none"),
        }
    }

    /// Counts the careful tries that a worker reported.
    pub(crate) fn note(&self, worker: &mut Worker) {
        let mut careful = self.careful.lock().unwrap();
        for line in worker.said.drain(..) {
            if let Some(name) = line.strip_prefix("uncertain ") {
                *careful.entry(name.to_owned()).or_default() += 1;
            }
        }
    }

    pub(crate) fn careful(&self) -> BTreeMap<String, usize> {
        self.careful.lock().unwrap().clone()
    }

    /// Refreshes each connection once more, with undisturbed workers. Returns the connections that are given up.
    pub(crate) async fn settle(&self) -> BTreeSet<String> {
        let workers = SETTLING.min(self.connections);
        let shares = (0..workers).map(|nth| self.settle_share(nth, workers));
        join_all(shares).await.into_iter().flatten().collect()
    }

    async fn settle_share(&self, first: usize, step: usize) -> BTreeSet<String> {
        let mut worker = self.worker(None, Planted::Nothing).await;
        let mut given_up = BTreeSet::new();
        let names = (first..self.connections).step_by(step);
        for name in names.map(|name| name.to_string()) {
            match worker.refresh(&name).await {
                line if line == format!("refreshed {name}") => {}
                line if line == format!("dead {name}") => {
                    given_up.insert(name);
                }
                other => panic!("{other}"),
            }
        }
        self.note(&mut worker);
        given_up
    }

    /// Returns the refresh tokens in the store.
    pub(crate) async fn held(&self) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        self.manager.forget();
        for name in (0..self.connections).map(|name| name.to_string()) {
            held.extend(match self.provider.name {
                "lenient" => {
                    stored::<lenient::AccessToken>(
                        &self.manager,
                        &lenient_app(&self.provider),
                        &name,
                    )
                    .await
                }
                _ => {
                    stored::<strict::AccessToken>(&self.manager, &strict_app(&self.provider), &name)
                        .await
                }
            });
        }
        held
    }
}

/// Runs a program with the time that `FAKETIME` or `FAKETIME_TIMESTAMP_FILE` states. Timers are not affected.
pub(crate) fn fake_clock(program: &mut Command) {
    let library = std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clock.sh"));
    let library = { library }.stderr(Stdio::inherit()).output().unwrap();
    let library = String::from_utf8(library.stdout).unwrap();
    assert!(!library.trim().is_empty(), "libfaketime is there");
    program
        .env("LD_PRELOAD", library.trim())
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// Returns the refresh token of a connection, if it can be opened and has a fresh token.
async fn stored<T: StoredToken>(manager: &Manager, app: &T::App, name: &str) -> Option<String> {
    let connection = manager.connection::<T>(name, app).await.ok()?;
    let token = connection.fresh()?;
    let refresh_token = token.stored().refresh_token()?;
    Some(refresh_token.expose().to_owned())
}

pub(crate) fn strict_app(provider: &Provider) -> strict::App {
    let back = strict::RedirectUri::constant(BACK);
    strict::App::new(&*provider.client.id, &*provider.client.secret, back)
}

fn lenient_app(provider: &Provider) -> lenient::App {
    let back = lenient::RedirectUri::constant(BACK);
    lenient::App::new(&*provider.client.id, &*provider.client.secret, back)
}

async fn strict_login(provider: &Provider, manager: &Manager, http: &Http, name: &str) -> String {
    let app = strict_app(provider);
    let login = strict::login(&app, &[strict::Scope::READ]);
    let back = provider.simulator.browse(login.url()).unwrap();
    let call = strict::exchange(&app, login.callback(&back).unwrap());
    let token = http.send(call).await.unwrap().access;
    kept(manager, &app, name, token).await
}

async fn lenient_login(provider: &Provider, manager: &Manager, http: &Http, name: &str) -> String {
    let app = lenient_app(provider);
    let login = lenient::login(&app, &[lenient::Scope::READ]);
    let back = provider.simulator.browse(login.url()).unwrap();
    let call = lenient::exchange(&app, login.callback(&back).unwrap());
    let token = http.send(call).await.unwrap().access;
    kept(manager, &app, name, token).await
}

async fn kept<T: StoredToken<Inputs = ()>>(
    manager: &Manager,
    app: &T::App,
    name: &str,
    token: T,
) -> String {
    let refresh_token = token.stored().refresh_token().unwrap().expose().to_owned();
    manager.connect(name, app, token, ()).await.unwrap();
    refresh_token
}

/// A worker process.
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    said: Vec<String>,
}

impl Worker {
    /// Starts the program, and waits until it is ready.
    pub(crate) async fn begun(mut program: Command) -> Worker {
        let mut child = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut worker = Worker {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            said: Vec::new(),
        };
        assert_eq!(worker.hear().await.as_deref(), Some("ready"));
        worker
    }

    /// Returns the process id while the worker runs.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns all lines that it printed.
    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Sends the worker a signal, such as `STOP`.
    pub(crate) async fn signal(&self, signal: &str) {
        let process = self.process().expect("it runs").to_string();
        let kill = ["-c", "kill -s \"$0\" \"$1\"", signal, &process];
        let sent = Command::new("sh").args(kill).status().await.unwrap();
        assert!(sent.success(), "{signal}");
    }

    pub(crate) async fn tell(&mut self, line: &str) {
        // The worker may be dead.
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .ok();
    }

    /// Returns the next line that does not report an unknown outcome, or `None` if the process has ended.
    pub(crate) async fn hear(&mut self) -> Option<String> {
        loop {
            let line = self.output.next_line().await.ok()??;
            self.said.push(line.clone());
            if !line.starts_with("uncertain ") {
                return Some(line);
            }
        }
    }

    pub(crate) async fn answer(&mut self) -> String {
        self.hear()
            .await
            .unwrap_or_else(|| panic!("the worker ended: {:?}", self.said))
    }

    pub(crate) async fn refresh(&mut self, name: &str) -> String {
        self.tell(name).await;
        self.answer().await
    }

    /// Closes the worker's input, and waits until it ends by itself.
    pub(crate) async fn end(self) {
        let Worker {
            mut child, input, ..
        } = self;
        drop(input);
        assert!(child.wait().await.unwrap().success());
    }

    /// Sends SIGKILL, and reads the rest of the output.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
        while self.hear().await.is_some() {}
    }
}
