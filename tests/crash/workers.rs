//! The workers, as processes, and what they share.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crash::postgres::Cluster;
use crash::{BACK, Planted, Step, lenient, manager, open, strict};
use futures_util::future::join_all;
use oauth_runtime::lifecycle::Manager;
use oauth_runtime::{Http, Managed, TransportError};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::provider::Provider;

/// So many workers settle what the killed ones left: each careful try takes a pause.
const SETTLING: usize = 16;

/// Where the connections are.
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
    /// How many careful tries of each connection were told.
    careful: Mutex<BTreeMap<String, usize>>,
}

impl Crew {
    /// So many connections, each by a login of its own.
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

    /// A process that is ready.
    pub(crate) async fn worker(&self, stop: Option<Step>, planted: Planted) -> Worker {
        let program = Command::new(env!("CARGO_BIN_EXE_worker"));
        self.begun(program, stop, planted).await
    }

    /// One whose system calls are written down in this folder, a file for each of its threads.
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

    /// One whose clock says another time, such as `+60s`.
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

    /// The next connection that no worker was killed with: so each loss has one kill to answer for it.
    pub(crate) fn pick(&self) -> String {
        loop {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let name = (next % self.connections).to_string();
            if !self.retired.lock().unwrap().contains(&name) {
                return name;
            }
        }
    }

    /// Leaves it alone until the end.
    pub(crate) fn retire(&self, name: &str) {
        self.retired.lock().unwrap().insert(name.to_owned());
    }

    /// A number below `most`.
    pub(crate) fn random(&self, most: u64) -> u64 {
        RandomState::new().hash_one(self.next.load(Ordering::Relaxed)) % most
    }

    /// The cluster that the connections are in.
    pub(crate) fn cluster(&self) -> &Cluster {
        match &self.place {
            Place::Postgres(cluster) => cluster,
            Place::Sqlite(_) => panic!("there is none"),
        }
    }

    /// Counts what a worker was not sure of.
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

    /// Refreshes each connection once more by workers that nothing happens to: those that are given up.
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

    /// The refresh tokens that the store has.
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

/// Lets a program believe that it is the time which `FAKETIME` or `FAKETIME_TIMESTAMP_FILE` states. Timers go on as they
/// do.
pub(crate) fn fake_clock(program: &mut Command) {
    let library = std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/clock.sh"));
    let library = { library }.stderr(Stdio::inherit()).output().unwrap();
    let library = String::from_utf8(library.stdout).unwrap();
    assert!(!library.trim().is_empty(), "libfaketime is there");
    program
        .env("LD_PRELOAD", library.trim())
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}

/// The refresh token of a connection that is alive.
async fn stored<T: Managed>(manager: &Manager, app: &T::App, name: &str) -> Option<String> {
    let connection = manager.connection::<T>(name, app).await.ok()?;
    let token = connection.fresh()?;
    let refresh_token = token.token().refresh_token()?;
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

async fn kept<T: Managed<Inputs = ()>>(
    manager: &Manager,
    app: &T::App,
    name: &str,
    token: T,
) -> String {
    let refresh_token = token.token().refresh_token().unwrap().expose().to_owned();
    manager.connect(name, app, token, ()).await.unwrap();
    refresh_token
}

/// A process.
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

    /// The number of the process while it runs.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns all lines that it printed.
    pub(crate) fn said(&self) -> String {
        self.said.join("\n")
    }

    /// Sends it a signal, such as `STOP`.
    pub(crate) async fn signal(&self, signal: &str) {
        let process = self.process().expect("it runs").to_string();
        let kill = ["-c", "kill -s \"$0\" \"$1\"", signal, &process];
        let sent = Command::new("sh").args(kill).status().await.unwrap();
        assert!(sent.success(), "{signal}");
    }

    pub(crate) async fn tell(&mut self, line: &str) {
        // It may be dead.
        self.input
            .write_all(format!("{line}\n").as_bytes())
            .await
            .ok();
    }

    /// The next line that is no doubt; none where the process has ended.
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

    /// Lets it end by itself: nobody speaks to it any more.
    pub(crate) async fn end(self) {
        let Worker {
            mut child, input, ..
        } = self;
        drop(input);
        assert!(child.wait().await.unwrap().success());
    }

    /// SIGKILL, and all that it had said.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
        while self.hear().await.is_some() {}
    }
}
