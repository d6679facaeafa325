//! Workers at real servers are killed at random moments while a proxy corrupts one response. Only tokens that no client
//! could have kept are lost, and no refresh token is sent twice. `DRIVER.md` describes the driver.

mod durable;
mod faults;
mod judge;
mod proxy;
mod steps;
mod table;

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crash::random::Random;
use crash::server::{Client, Kind, Server};
use crash::{
    LEASE, REAL_BACK, glewlwyd, glewlwyd_app, manager, oidc_provider, oidc_provider_app, open,
};
use futures_util::future::join_all;
use oauth_runtime::lifecycle::Manager;
use oauth_runtime::provider::RegisteredApp as _;
use oauth_runtime::{Http, provider::StoredToken};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::{sleep, timeout};

use self::durable::durable;
use self::faults::{Fault, Hit, ROWS};
use self::judge::{History, Loss, Stop};
use self::proxy::Proxy;
use self::steps::{Moment, Settled, refresh_on, settle_share};
use self::table::{Found, Tally, table};
use crate::workers::{Place, Worker, fake_clock};

/// The number of kills without `DRIVER_KILLS`. It covers each row of the table at least once.
const KILLS: usize = 20;
const _: () = assert!(KILLS >= ROWS.len());

/// The client of both servers that authenticates with HTTP Basic.
const CLIENT: &str = "basic";

/// The number of workers that settle the connections of one store after the kills.
const SETTLING: usize = 3;

/// The common interface of the modules of the two servers.
trait Driven: StoredToken<Inputs = ()> {
    fn app(port: &str, client: &Client) -> Self::App;

    /// Logs in at the server itself, without the proxy, and returns the tokens.
    async fn log_in(server: &Server, http: &Http) -> Self;
}

macro_rules! driven {
    ($module:ident, $app:ident) => {
        impl Driven for $module::AccessToken {
            fn app(port: &str, Client { id, secret }: &Client) -> $module::App {
                $app(port, id, secret)
            }

            async fn log_in(server: &Server, http: &Http) -> $module::AccessToken {
                let app = Self::app(&server.port.to_string(), &server.client(CLIENT));
                let login = $module::login(&app, &[$module::Scope::API_READ]);
                let back = server.browse(login.url()).await;
                let call = $module::exchange(&app, login.callback(&back).unwrap());
                http.send(call).await.unwrap().access
            }
        }
    };
}

type Oidc = oidc_provider::AccessToken;
type Glewlwyd = glewlwyd::AccessToken;

driven!(oidc_provider, oidc_provider_app);
driven!(glewlwyd, glewlwyd_app);

/// Starts a server whose refresh tokens outlast the run.
fn start(kind: Kind) -> Server {
    Server::start_with(
        kind,
        &[("REFRESH_TTL", "86400"), ("REDIRECT_URI", REAL_BACK)],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_worker_loses_no_client_could_keep() {
    let number = |name: &str| {
        let stated = std::env::var(name).ok();
        stated.map(|stated| stated.parse::<u64>().expect("a number"))
    };
    let kills = number("DRIVER_KILLS").map_or(KILLS, |kills| usize::try_from(kills).unwrap());
    let seed = number("DRIVER_SEED").unwrap_or_else(|| RandomState::new().hash_one(kills));
    println!("DRIVER_KILLS={kills} DRIVER_SEED={seed}");
    let oidc = start(Kind::OidcProvider);
    // Each crew has a separate glewlwyd. When two shared one, it responded to some requests with 500, or with a success
    // without tokens.
    let glewlwyds = [start(Kind::Glewlwyd), start(Kind::Glewlwyd)];
    // With at least four times as many kills as rows, each row reaches each server and each store.
    let share = |crew: usize| -> Vec<usize> {
        let kills = 0..kills;
        kills
            .filter(|nth| (nth + nth / ROWS.len()) % 4 == crew)
            .map(|nth| nth % ROWS.len())
            .collect()
    };
    let random = |crew: u64| Random::new(seed.wrapping_add(crew));
    let (one, two, three, four) = tokio::join!(
        Box::pin(driven::<Oidc>(&oidc, Place::sqlite(), share(0), random(0))),
        Box::pin(driven::<Oidc>(
            &oidc,
            Place::postgres(),
            share(1),
            random(1)
        )),
        Box::pin(driven::<Glewlwyd>(
            &glewlwyds[0],
            Place::sqlite(),
            share(2),
            random(2)
        )),
        Box::pin(driven::<Glewlwyd>(
            &glewlwyds[1],
            Place::postgres(),
            share(3),
            random(3)
        )),
    );
    let mut found = Found::default();
    for crew in [one, two, three, four] {
        found.add(crew);
    }
    println!("{}", table(&found.tallies));
    println!(
        "{} refresh requests, {} bytes of logs",
        found.requests, found.logged
    );
    assert!(found.wrong.is_empty(), "{}", found.wrong.join("\n"));
    let total = |of: fn(&Tally) -> usize| found.tallies.iter().map(of).sum::<usize>();
    assert_eq!(total(|row| row.kills), kills);
    assert_eq!(total(|row| row.avoidable), 0);
    assert_eq!(total(|row| row.double_sends), 0);
    assert!(found.hits > kills / 2, "most kills hit a refresh");
    assert!(found.logged > 0, "the workers log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_lost_what_a_worker_gave_out_is_found() {
    let server = start(Kind::OidcProvider);
    let place = Place::sqlite();
    let driver = Driver::<Oidc>::new(&server, place, Random::new(0));
    let mut driver = Box::pin(driver).await;
    let at = Box::pin(driver.log_in()).await;
    driver.stopped(at, Instant::now()).await;
    let (mut worker, log) = driver.worker(Hit::Kill, at).await;
    assert_eq!(worker.refresh("0").await, "refreshed 0");
    let given_out = Instant::now();
    driver.kill(&mut worker, &log, "0").await;
    driver.stopped(at, Instant::now()).await;
    assert_eq!(driver.found.wrong, Vec::<String>::new());
    assert!(driver.found.logged > 0, "a worker logs");
    let history = &mut driver.connections[at].history;
    history.refreshed.push(given_out);
    assert!(history.is_kept());
    // Pretend that the row still has its contents from before the refresh.
    history.stops.swap(0, 1);
    let later = history.stops[0].at;
    history.stops[1].at = later;
    assert_eq!(
        (history.is_kept(), history.loss()),
        (false, Loss::Avoidable)
    );
}

async fn driven<T: Driven>(
    server: &Server,
    place: Place,
    rows: Vec<usize>,
    random: Random,
) -> Found {
    let mut driver = Box::pin(Driver::<T>::new(server, place, random)).await;
    for row in rows {
        Box::pin(driver.life(row)).await;
    }
    Box::pin(driver.settle()).await;
    driver.judged()
}

/// A connection and its history.
struct Connection {
    name: String,
    history: History,
    /// The index of the row of the table that hit it last.
    row: usize,
    /// Whether no worker refreshes it until the end.
    is_retired: bool,
    /// Whether a response asked the worker to wait for longer than a test can.
    waits: bool,
    /// The time at which the lease of the killed worker has expired.
    rested: Instant,
    /// The result of settling, if the connection was settled.
    settled: Option<Settled>,
}

/// A driver that kills the workers of one server and one store.
struct Driver<'a, T: Driven> {
    server: &'a Server,
    place: Place,
    proxy: Proxy,
    /// The app whose server is the proxy.
    app: T::App,
    manager: Manager,
    http: Http,
    random: Random,
    connections: Vec<Connection>,
    logs: TempDir,
    workers: usize,
    found: Found,
}

impl<'a, T: Driven> Driver<'a, T> {
    async fn new(server: &'a Server, place: Place, random: Random) -> Driver<'a, T> {
        let proxy = Proxy::start(&server.port.to_string()).await;
        let http = Http::new().unwrap();
        Driver {
            app: T::app(&proxy.port, &server.client(CLIENT)),
            manager: manager(open(&place.name()).await.store, http.clone()),
            server,
            place,
            proxy,
            http,
            random,
            connections: Vec::new(),
            logs: tempfile::tempdir().unwrap(),
            workers: 0,
            found: Found {
                tallies: vec![Tally::default(); ROWS.len()],
                ..Found::default()
            },
        }
    }

    /// Returns the index of a connection without a lease. Logs in if there is none.
    async fn pick(&mut self) -> usize {
        let now = Instant::now();
        let is_free = |own: &Connection| !own.is_retired && own.rested <= now;
        match self.connections.iter().position(is_free) {
            Some(at) => at,
            None => self.log_in().await,
        }
    }

    async fn log_in(&mut self) -> usize {
        let name = self.connections.len().to_string();
        let token = Box::pin(T::log_in(self.server, &self.http)).await;
        let refresh_token = token.stored().refresh_token().unwrap().expose().to_owned();
        let access_token = token.stored().access_token().expose().to_owned();
        self.proxy.logged_in(&name, &refresh_token, &access_token);
        let connected = self.manager.connect(&name, &self.app, token, ());
        Box::pin(connected).await.unwrap();
        self.connections.push(Connection {
            name,
            history: History {
                login: refresh_token,
                ..History::default()
            },
            row: 0,
            is_retired: false,
            waits: false,
            rested: Instant::now(),
            settled: None,
        });
        self.connections.len() - 1
    }

    /// Lets a worker refresh a connection under a fault of a row of the table, and kills the worker.
    async fn life(&mut self, row: usize) {
        let at = Box::pin(self.pick()).await;
        let name = self.connections[at].name.clone();
        let fault = ROWS[row].faults[self.random.below(ROWS[row].faults.len())];
        let hit = ROWS[row].hit;
        self.proxy.plan(&name, fault);
        let (mut worker, log) = self.worker(hit, at).await;
        let before = self.proxy.exchanges(&name).len();
        let moment = self.moment(fault, hit);
        let mut refreshed = Vec::new();
        tokio::select! {
            () = refresh_on(&mut worker, &name, &mut refreshed) => {}
            () = moment.comes(&self.proxy, before, &name) => {}
        }
        self.connections[at].history.refreshed.extend(refreshed);
        match hit {
            Hit::Kill | Hit::KillAt(_) => {}
            Hit::Stall => self.stall(&mut worker, at).await,
            Hit::Jump => {
                for time in ["+2d", "+0"] {
                    self.jump(at, time);
                    let pause = self.random.millis(200);
                    sleep(pause).await;
                }
            }
        }
        let killed = Instant::now();
        self.kill(&mut worker, &log, &name).await;
        self.stopped(at, killed).await;
        self.found.hits += usize::from(self.proxy.exchanges(&name).len() > before);
        let connection = &mut self.connections[at];
        connection.row = row;
        connection.waits |= ROWS[row].waits;
        connection.rested = Instant::now() + LEASE + Duration::from_secs(1);
        let is_kept = connection.history.is_kept();
        connection.is_retired =
            hit != Hit::Kill || ROWS[row].waits || !connection.history.is_alive();
        self.found.tallies[row].kills += 1;
        if !is_kept {
            let wrong = format!(
                "{}: {name} of {}: the row lacks what the server issued last: {:?}",
                ROWS[row].name,
                self.place.name(),
                connection.history
            );
            self.found.wrong.push(wrong);
        }
    }

    /// Returns the moment at which the worker is hit: mostly after its request, sometimes before it.
    fn moment(&mut self, fault: Fault, hit: Hit) -> Moment {
        let is_early = hit == Hit::Kill && self.random.below(5) == 0;
        let window = match is_early {
            true => Duration::from_millis(80),
            false => fault.window(),
        };
        let millis = u64::try_from(window.as_millis()).unwrap();
        Moment {
            is_early,
            wait: self.random.millis(millis),
        }
    }

    /// Starts a worker. Returns it when it is ready, with the path of its log.
    async fn worker(&mut self, hit: Hit, at: usize) -> (Worker, PathBuf) {
        self.workers += 1;
        let log = self.logs.path().join(format!("{}.log", self.workers));
        let mut program = Command::new(env!("CARGO_BIN_EXE_worker"));
        let Client { id, secret } = self.server.client(CLIENT);
        program
            .arg(self.place.name())
            .args([&self.proxy.port, &id, &secret])
            .args(["none", "Nothing", T::App::PROVIDER.id])
            .stderr(File::create(&log).unwrap());
        match hit {
            Hit::Kill | Hit::Stall => {}
            Hit::KillAt(time) => {
                fake_clock(&mut program);
                program.env("FAKETIME", time);
            }
            Hit::Jump => {
                self.jump(at, "+0");
                fake_clock(&mut program);
                program
                    .env("FAKETIME_TIMESTAMP_FILE", self.time_of(at))
                    .env("FAKETIME_NO_CACHE", "1");
            }
        }
        (Worker::begun(program).await, log)
    }

    fn time_of(&self, at: usize) -> PathBuf {
        self.logs.path().join(format!("{at}.time"))
    }

    /// Sets the clock of a running worker. The worker never reads half of the file, because the file is replaced by a
    /// rename.
    fn jump(&self, at: usize, time: &str) {
        let new = self.logs.path().join(format!("{at}.new"));
        std::fs::write(&new, time).unwrap();
        std::fs::rename(new, self.time_of(at)).unwrap();
    }

    /// Stops the worker until another one has taken over its lease, and then resumes it.
    async fn stall(&mut self, worker: &mut Worker, at: usize) {
        let name = self.connections[at].name.clone();
        worker.signal("STOP").await;
        self.stopped(at, Instant::now()).await;
        let (mut second, log) = self.worker(Hit::Kill, at).await;
        // The second worker may wait for a database lock of the first one.
        let answer = timeout(3 * LEASE, second.refresh(&name)).await;
        if answer.is_ok_and(|answer| answer.starts_with("refreshed")) {
            let refreshed = &mut self.connections[at].history.refreshed;
            refreshed.push(Instant::now());
        }
        worker.signal("CONT").await;
        timeout(Duration::from_secs(2), worker.hear()).await.ok();
        self.kill(&mut second, &log, &name).await;
    }

    /// Kills a worker, and searches its log and its output for secrets.
    async fn kill(&mut self, worker: &mut Worker, log: &Path, name: &str) {
        let process = worker.process();
        worker.kill().await;
        if let Some(process) = process {
            // libfaketime leaves these files behind when its process is killed.
            for left in ["faketime_shm_", "sem.faketime_sem_"] {
                std::fs::remove_file(format!("/dev/shm/{left}{process}")).ok();
            }
        }
        self.proxy.quiet(name).await;
        // Clear the fault that was planned for a request that the worker never sent.
        self.proxy.plan(name, Fault::Nothing);
        self.search(worker, log, self.proxy.secrets(name));
    }

    /// Reads the row of a connection whose worker was stopped at this time, and records it.
    async fn stopped(&mut self, at: usize, time: Instant) {
        let name = self.connections[at].name.clone();
        let durable = Box::pin(durable::<T>(&self.place, &self.app, &name)).await;
        let history = &mut self.connections[at].history;
        history.stops.push(Stop { at: time, durable });
        history.exchanges = self.proxy.exchanges(&name);
    }

    fn search(&mut self, worker: &Worker, log: &Path, mut secrets: BTreeSet<String>) {
        secrets.insert(self.server.client(CLIENT).secret);
        let logged = std::fs::read(log).unwrap();
        self.found.logged += logged.len();
        let logged = String::from_utf8_lossy(&logged).into_owned() + &worker.said();
        if secrets.iter().any(|secret| logged.contains(secret)) {
            let wrong = format!("a secret is in a worker's log:\n{logged}");
            self.found.wrong.push(wrong);
        }
        std::fs::remove_file(log).unwrap();
    }

    /// Refreshes each connection once more, with undisturbed workers.
    async fn settle(&mut self) {
        sleep(LEASE).await;
        for waits in [false, true] {
            let of_these = |own: &(usize, &Connection)| own.1.waits == waits;
            let numbered = self.connections.iter().enumerate();
            let all: Vec<usize> = numbered.filter(of_these).map(|(at, _)| at).collect();
            let mut workers = Vec::new();
            for nth in 0..SETTLING.min(all.len()) {
                let share: Vec<usize> = all.iter().skip(nth).step_by(SETTLING).copied().collect();
                let (mut worker, log) = self.worker(Hit::Kill, 0).await;
                if waits {
                    worker.tell("advance 172800").await;
                    assert_eq!(worker.answer().await, "advanced");
                }
                workers.push((worker, log, share));
            }
            let connections = &self.connections;
            let settling = workers.iter_mut().map(|(worker, _, share)| {
                settle_share(worker, share.iter().map(move |at| &*connections[*at].name))
            });
            let settled = join_all(settling).await;
            for ((mut worker, log, share), settled) in workers.into_iter().zip(settled) {
                let mut secrets = BTreeSet::new();
                worker.kill().await;
                for (at, settled) in share.into_iter().zip(settled) {
                    secrets.extend(self.proxy.secrets(&self.connections[at].name));
                    self.connections[at].settled = Some(settled);
                }
                self.search(&worker, &log, secrets);
            }
            for at in all {
                let name = self.connections[at].name.clone();
                self.proxy.quiet(&name).await;
                // This time is long after the last response, so the response counts as durable.
                let time = Instant::now() + Duration::from_secs(60);
                self.stopped(at, time).await;
            }
        }
    }

    /// Judges each connection.
    fn judged(mut self) -> Found {
        self.found.wrong.extend(self.proxy.odd());
        for connection in &self.connections {
            let history = &connection.history;
            let tally = &mut self.found.tallies[connection.row];
            self.found.requests += history.exchanges.len();
            let double_sends = history.double_sends();
            tally.double_sends += double_sends;
            let settled = connection.settled.as_ref();
            let wrong = match settled.expect("each is settled") {
                Settled::Alive if history.is_kept() => None,
                Settled::Alive => Some("alive, and the row lacks its refresh token".to_owned()),
                Settled::Dead => match history.loss() {
                    Loss::Unavoidable => {
                        tally.unavoidable += 1;
                        None
                    }
                    Loss::Stated => {
                        tally.stated += 1;
                        None
                    }
                    Loss::Avoidable => {
                        tally.avoidable += 1;
                        Some("an avoidable loss".to_owned())
                    }
                },
                Settled::Stuck(said) => Some(format!("not settled: {said}")),
            };
            let wrong = wrong.or_else(|| {
                (double_sends > 0).then(|| format!("{double_sends} tokens were sent twice"))
            });
            if let Some(wrong) = wrong {
                let row = ROWS[connection.row].name;
                let place = self.place.name();
                let name = &connection.name;
                let wrong = format!("{row}: {name} of {place}: {wrong}: {history:?}");
                self.found.wrong.push(wrong);
            }
        }
        self.found
    }
}
