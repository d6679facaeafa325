//! `cargo run --example connect`: a web application that connects its users to providers and displays the states of the
//! connections. It stores connections in SQLite.
//!
//! Without credentials it starts simulated providers. With credentials in the environment it connects to the real ones:
//!
//! ```sh
//! export GITHUB_CLIENT_ID=… GITHUB_CLIENT_SECRET=… OAUTH_SEALING_KEYS=2026-11:$(openssl rand -base64 32)
//! cargo run --example connect                          # or BOX_…, GOOGLE_…
//! cargo run --example connect -- connections report    # a report for on-call operators
//! ```

mod offer;
mod page;
mod session;

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use clap::Parser;
use oauth_runtime::lifecycle::{Deployment, Logins, Manager, Owner, SealingKeys, SqliteStore};
use oauth_runtime::operator::Command;
use oauth_runtime::web::{Callback, PendingLogins};
use oauth_runtime::{Http, SealingKey, http::TransportError};
use oauth_spec::simulator::{Server, Simulator};

use offer::Offer;
use session::Session;

#[derive(clap::Parser)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(clap::Subcommand)]
enum What {
    /// Inspect and operate the connections
    #[command(subcommand)]
    Connections(Command),
}

/// The state that all handlers share.
struct Application {
    manager: Manager,
    logins: Logins,
    http: Http,
    offers: Vec<Box<dyn Offer>>,
    said: session::Said,
    /// The URL of the simulated providers, if there are any.
    simulated: Option<String>,
}

type Shared = State<Arc<Application>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let port = variable("CONNECT_PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let own = format!("http://127.0.0.1:{port}");
    let credentials = offer::from_environment(&own)?;
    let (application, _providers) = match credentials.is_empty() {
        true => simulated(&own).await?,
        false => (real(credentials)?, None),
    };
    if let Some(What::Connections(command)) = arguments.what {
        return Ok(command
            .run(&application.manager, &mut std::io::stdout())
            .await?);
    }
    let _keeping_alive = application.manager.keep_alive();
    println!("{own}");
    axum::serve(listener?, router(application)).await?;
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Returns an application for the real providers whose credentials are in the environment.
fn real(offers: Vec<Box<dyn Offer>>) -> Result<Application, Box<dyn Error>> {
    let path = variable("CONNECT_STORE").map_or_else(|| "connections.db".into(), PathBuf::from);
    let keys = SealingKeys::from_env("OAUTH_SEALING_KEYS")?;
    application(&path, keys, Http::new()?, offers, None)
}

/// Returns an application for providers that are simulated in this process, and their server. The connections end with the
/// process.
async fn simulated(own: &str) -> Result<(Application, Option<Server>), Box<dyn Error>> {
    let simulator = Simulator::start(offer::SIMULATED)?;
    let server = simulator.serve((Ipv4Addr::LOCALHOST, 0)).await?;
    let offers = offer::simulated(&simulator, own)?;
    let folder = tempfile::tempdir()?.keep();
    let keys = SealingKeys::new("this run", SealingKey::generate());
    let http = Http::over(simulator.transport::<TransportError>());
    let at = Some(server.url());
    let application = application(&folder.join("connections.db"), keys, http, offers, at)?;
    Ok((application, Some(server)))
}

fn application(
    path: &Path,
    keys: SealingKeys,
    http: Http,
    offers: Vec<Box<dyn Offer>>,
    simulated: Option<String>,
) -> Result<Application, Box<dyn Error>> {
    let store = Arc::new(SqliteStore::open(path, &Deployment::named("connect"))?);
    let manager = Manager::new(store.clone(), http.clone(), keys);
    for offer in &offers {
        offer.manage(&manager);
    }
    Ok(Application {
        manager,
        logins: Logins::new(store, SealingKey::generate()),
        http,
        offers,
        said: session::Said::default(),
        simulated,
    })
}

fn router(application: Application) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/connect/{provider}", post(connect))
        .route("/callback/{provider}", get(called_back))
        .route("/refresh/{provider}", post(refresh))
        .route("/disconnect/{provider}", post(disconnect))
        .with_state(Arc::new(application))
}

impl Application {
    fn offer(&self, provider: &str) -> Result<&dyn Offer, Failed> {
        let offer = self.offers.iter().find(|offer| offer.id() == provider);
        let offer =
            offer.ok_or_else(|| Failed(StatusCode::NOT_FOUND, "unknown provider".into()))?;
        Ok(&**offer)
    }

    /// Redirects to the page of connections, which will display the message.
    fn home(&self, session: &Session, words: String) -> Redirect {
        self.said.say(session, words);
        Redirect::to("/")
    }
}

async fn home(State(own): Shared, session: Session) -> Result<Response, Failed> {
    let page = page::connections(&own, &session).await?;
    Ok(session.keeping(page))
}

/// Begins a login and redirects the browser to the provider.
async fn connect(
    State(own): Shared,
    session: Session,
    Segment(provider): Segment<String>,
    pending: PendingLogins,
) -> Result<Response, Failed> {
    let offer = own.offer(&provider)?;
    let begun = offer.begin(&own.logins, Owner::user(session.id())).await;
    let mut departure = (pending, begun.map_err(Failed::of)?).into_response();
    if let Some(simulated) = &own.simulated {
        offer::to_simulated(&mut departure, simulated);
    }
    Ok(departure)
}

/// Handles the callback and finishes the login.
async fn called_back(
    State(own): Shared,
    session: Session,
    Segment(provider): Segment<String>,
    callback: Callback,
) -> Result<impl IntoResponse, Failed> {
    let offer = own.offer(&provider)?;
    let connected = offer.finish(&own, session.id(), &callback).await;
    let words = match connected {
        Ok(()) => format!("{} is connected.", offer.name()),
        Err(error) => format!("{} is not connected: {error}", offer.name()),
    };
    Ok((callback, own.home(&session, words)))
}

async fn refresh(
    State(own): Shared,
    session: Session,
    Segment(provider): Segment<String>,
) -> Result<Redirect, Failed> {
    let offer = own.offer(&provider)?;
    let words = match offer.refresh(&own.manager, session.id()).await {
        Ok(()) => format!("{} was refreshed.", offer.name()),
        Err(why) => format!("{} was not refreshed: {why}.", offer.name()),
    };
    Ok(own.home(&session, words))
}

async fn disconnect(
    State(own): Shared,
    session: Session,
    Segment(provider): Segment<String>,
) -> Result<Redirect, Failed> {
    let offer = own.offer(&provider)?;
    let words = match offer.disconnect(&own.manager, session.id()).await {
        Ok(what) => format!("{} is disconnected: {what}.", offer.name()),
        Err(why) => format!("{} was not disconnected: {why}.", offer.name()),
    };
    Ok(own.home(&session, words))
}

/// An error response: the status and a message.
struct Failed(StatusCode, String);

impl Failed {
    fn of(error: impl std::fmt::Display) -> Failed {
        Failed(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}
