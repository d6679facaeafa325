//! A worker process. It reads one command per line, and prints one line per event.
//!
//! - A connection's name refreshes that connection.
//! - `time` prints the worker's time, in seconds since 1970.
//! - `advance 3600` moves the clock of its store an hour ahead.
//! - `race 50 64` lets 64 tasks request the tokens of 50 connections at once, all of which have expired.
//!
//! At the step given on the command line, the worker prints the step. It then hangs until it is killed or gets another
//! line. A worker of a real server writes all log events to its standard error.

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use crash::{
    At, BACK, Planted, Step, Watched, glewlwyd, glewlwyd_app, lenient, manager, oidc_provider,
    oidc_provider_app, open, strict,
};
use oauth_runtime::lifecycle::{Event, Manager, TokenError};
use oauth_runtime::{Http, http::TransportError, provider::StoredToken};
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinSet;
use tracing_subscriber::filter::LevelFilter;

/// The arguments of the command line.
struct Given {
    place: String,
    /// The URL of the simulator, or the port of a real server's proxy.
    server: String,
    client: (String, String),
    stop: Option<Step>,
    planted: Planted,
    provider: String,
}

fn given() -> Given {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .expect("place, server, client, secret, step, planted, provider")
    };
    Given {
        place: next(),
        server: next(),
        client: (next(), next()),
        stop: {
            let name = next();
            Step::ALL.into_iter().find(|step| step.name() == name)
        },
        planted: {
            let name = next();
            let known = Planted::ALL.into_iter();
            let mut named = known.filter(|own| format!("{own:?}") == name);
            named.next().expect("a planted bug")
        },
        provider: next(),
    }
}

/// Prints a line, and flushes it so that the test has it before the worker continues.
fn say(line: &str) {
    let mut out = stdout().lock();
    writeln!(out, "{line}").expect("somebody listens");
    out.flush().expect("somebody listens");
}

fn hear() -> Option<String> {
    let mut line = String::new();
    let read = stdin()
        .lock()
        .read_line(&mut line)
        .expect("somebody speaks");
    (read > 0).then(|| line.trim().to_owned())
}

/// Returns a client that sends requests for `https://host/path` to `/host/path` at the simulator's socket.
fn http(server: &str, at: At, doubts: Doubts) -> Http {
    let server = server.to_owned();
    let client = reqwest::Client::builder().build().expect("a client");
    Http::over(move |mut request: http::Request<Vec<u8>>| {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let moved = format!("{server}/{host}{}", request.uri().path());
        *request.uri_mut() = moved.parse().expect("a URL");
        let (client, at, doubts) = (client.clone(), at.clone(), doubts.clone());
        async move {
            doubts.say();
            at(Step::Send);
            let answer = carried(&client, request).await;
            at(Step::Answered);
            answer.map_err(|error| TransportError::other(error.without_url().to_string(), true))
        }
    })
}

async fn carried(
    client: &reqwest::Client,
    request: http::Request<Vec<u8>>,
) -> reqwest::Result<http::Response<Vec<u8>>> {
    let answer = client.execute(request.try_into()?).await?;
    let mut carried = http::Response::new(Vec::new());
    *carried.status_mut() = answer.status();
    *carried.headers_mut() = answer.headers().clone();
    *carried.body_mut() = answer.bytes().await?.to_vec();
    Ok(carried)
}

/// The connections whose refresh has an unknown outcome. They are printed before another request is sent.
#[derive(Clone, Default)]
struct Doubts(Arc<OnceLock<Mutex<Receiver<Event>>>>);

impl Doubts {
    fn say(&self) {
        let events = self.0.get().expect("the manager is there");
        let mut events = events.lock().expect("nobody panicked");
        while let Ok(event) = events.try_recv() {
            if let Event::OutcomeUnknown { key } = event {
                say(&format!("uncertain {}", key.connection));
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given = given();
    let stop = given.stop;
    let at: At = Arc::new(move |step| {
        if Some(step) == stop {
            say(&format!("at {}", step.name()));
            // The whole process hangs: no lease is extended, and no command is answered.
            hear();
        }
    });
    let opened = open(&given.place).await;
    let store = Watched {
        store: opened.store,
        at: at.clone(),
        planted: given.planted,
    };
    let doubts = Doubts::default();
    let http = match given.provider.as_str() {
        "strict" | "lenient" => http(&given.server, at.clone(), doubts.clone()),
        _ => {
            log_everything();
            Http::new().expect("a client")
        }
    };
    let manager = manager(store, http);
    doubts.0.get_or_init(|| Mutex::new(manager.events()));
    let (id, secret) = given.client;
    match given.provider.as_str() {
        "oidc_provider" => {
            let app = oidc_provider_app(&given.server, &id, &secret);
            work::<oidc_provider::AccessToken>(&manager, &app, &at, &opened.advance).await;
        }
        "glewlwyd" => {
            let app = glewlwyd_app(&given.server, &id, &secret);
            work::<glewlwyd::AccessToken>(&manager, &app, &at, &opened.advance).await;
        }
        "lenient" => {
            let back = lenient::RedirectUri::constant(BACK);
            let app = lenient::App::new(id, secret, back);
            work::<lenient::AccessToken>(&manager, &app, &at, &opened.advance).await;
        }
        _ => {
            let back = strict::RedirectUri::constant(BACK);
            let app = strict::App::new(id, secret, back);
            work::<strict::AccessToken>(&manager, &app, &at, &opened.advance).await;
        }
    }
}

fn log_everything() {
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(std::io::stderr)
        .init();
}

async fn work<T: StoredToken<Inputs = ()>>(
    manager: &Manager,
    app: &T::App,
    at: &At,
    advance: &dyn Fn(Duration),
) {
    say("ready");
    // Running refreshes continue while the worker waits for the next line.
    while let Ok(Some(name)) = tokio::task::spawn_blocking(hear).await {
        if name == "time" {
            let since = UNIX_EPOCH.elapsed().expect("it is after 1970");
            say(&since.as_secs().to_string());
            continue;
        }
        if let Some(seconds) = name.strip_prefix("advance ") {
            advance(Duration::from_secs(seconds.parse().expect("a number")));
            manager.forget();
            say("advanced");
            continue;
        }
        if let Some(race) = name.strip_prefix("race ") {
            let (connections, tasks) = race.split_once(' ').expect("two numbers");
            // All processes of the race move their clock two hours ahead.
            advance(Duration::from_secs(7200));
            raced::<T>(manager, app, connections, tasks).await;
            continue;
        }
        let done = refreshed::<T>(manager, app, &name).await;
        if done.is_ok() {
            at(Step::Published);
        }
        say(&match done {
            Ok(()) => format!("refreshed {name}"),
            Err(TokenError::LogIn) => format!("dead {name}"),
            Err(other) => format!("failed {name}: {other}"),
        });
    }
}

async fn raced<T: StoredToken<Inputs = ()>>(
    manager: &Manager,
    app: &T::App,
    connections: &str,
    tasks: &str,
) {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let (connections, tasks) = (number(connections), number(tasks));
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let (manager, app) = (manager.clone(), app.clone());
        running.spawn(async move {
            // Each task begins with a different connection.
            for nth in (0..connections).map(|nth| (nth + task) % connections) {
                let connection = manager.connection::<T>(&nth.to_string(), &app).await?;
                connection.token().await?;
            }
            Ok::<(), TokenError>(())
        });
    }
    while let Some(done) = running.join_next().await {
        match done {
            Ok(Ok(())) => {}
            other => say(&format!("failed: {other:?}")),
        }
    }
    say("raced");
}

async fn refreshed<T: StoredToken<Inputs = ()>>(
    manager: &Manager,
    app: &T::App,
    name: &str,
) -> Result<(), TokenError> {
    let connection = manager.connection::<T>(name, app).await?;
    let old = connection.token().await?;
    connection.token_instead_of(old).await?;
    Ok(())
}
