//! Commands about connections for on-call operators: for the binary `oauth-connections`, or for an application that includes
//! them as its subcommands.
//!
//! ```no_run
//! use clap::Parser as _;
//! use oauth_runtime::operator::Command;
//!
//! #[derive(clap::Parser)]
//! struct Arguments {
//!     #[command(subcommand)]
//!     connections: Command,
//! }
//!
//! # async fn example(manager: oauth_runtime::lifecycle::Manager) -> Result<(), Box<dyn std::error::Error>> {
//! // An application that calls `manager.manage::<slack::BotToken>(&app)` can refresh, too.
//! Arguments::parse().connections.run(&manager, &mut std::io::stdout()).await?;
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use crate::lifecycle::dates::date;
use crate::lifecycle::store::{Key, StoreError};
use crate::lifecycle::{Health, Manager, Report, Status, Tried};
use crate::printable::printable_line;

/// The maximum number of rows per read.
const BATCH: u32 = 1000;

/// The limit for the difference between this machine's clock and the store's. With a larger one, expiry times that providers
/// state as points in time are wrong.
const CLOCK_MAY_DIFFER: Duration = Duration::from_secs(5);

/// A command of whoever is on call. None shows a secret, and none but the named ones changes anything.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum Command {
    /// List connections, and how each fares
    List {
        /// Only those that something is wrong with
        #[arg(long)]
        ill: bool,
        /// Only those at this provider
        #[arg(long)]
        provider: Option<String>,
    },
    /// Show all that is known of a connection
    Show {
        /// The name that the application gave it
        connection: String,
    },
    /// Say what will be lost, when, and what mends it
    Report,
    /// Refresh a connection now, safely: its workers go on meanwhile
    Refresh {
        /// The name that the application gave it
        connection: String,
        /// At this provider, if it has connections at several
        #[arg(long)]
        provider: Option<String>,
    },
    /// Use tokens that were set apart, after you found out why a protective check failed and whose they are
    Accept {
        /// The name that the application gave it
        connection: String,
        /// At this provider, if it has connections at several
        #[arg(long)]
        provider: Option<String>,
    },
    /// Seal all tokens by the first sealing key
    Reseal,
    /// Make the store belong to this deployment: after whoever has the original was stopped
    Claim,
    /// Look for what is wrong with the store, the clock and the connections
    Doctor,
}

/// The reason why a command failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum OperatorError {
    /// The store failed.
    Store(StoreError),
    /// No connection has this name.
    Absent(String),
    /// This process does not have the app of the connection, which could refresh it.
    NoApp(Key),
    /// The refresh returned no new token. The connection's state contains the reason.
    NotRefreshed(Key, Box<Health>),
    /// No tokens of the connection are set apart.
    NothingApart(String),
    /// Tokens that are set apart could not be used. The connection's state contains the reason.
    NotAccepted(Key, Box<Health>),
    /// The doctor found this number of problems.
    Ill(usize),
    /// The output could not be written.
    Output(io::Error),
}

impl Command {
    /// Runs the command, and writes its output to `out`.
    ///
    /// # Errors
    ///
    /// The command failed, its output could not be written, or the doctor found a problem.
    pub async fn run(self, manager: &Manager, out: &mut dyn Write) -> Result<(), OperatorError> {
        match self {
            Command::List { ill, provider } => list(manager, out, ill, provider.as_deref()).await,
            Command::Show { connection } => show(manager, out, &connection).await,
            Command::Report => Ok(report(out, &manager.report().await?)?),
            Command::Refresh {
                connection,
                provider,
            } => refresh(manager, out, &connection, provider.as_deref()).await,
            Command::Accept {
                connection,
                provider,
            } => accept(manager, out, &connection, provider.as_deref()).await,
            Command::Reseal => {
                let done = manager.reseal().await?;
                writeln!(out, "{} sealed by the first key", done.anew)?;
                writeln!(out, "{} open by none of the keys", done.unopened)?;
                Ok(writeln!(
                    out,
                    "{} changed meanwhile: run it again for them",
                    done.moved_on
                )?)
            }
            Command::Claim => {
                manager.claim().await?;
                Ok(writeln!(out, "the store belongs to this deployment")?)
            }
            Command::Doctor => doctor(manager, out).await,
        }
    }
}

/// Calls `tell` for each connection, in the order of their keys.
async fn each(
    manager: &Manager,
    mut tell: impl FnMut(Status) -> io::Result<()>,
) -> Result<(), OperatorError> {
    let mut after = None;
    loop {
        let page = manager.connections(after.as_ref(), BATCH).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.key.clone());
        for status in page {
            tell(status)?;
        }
    }
}

/// Returns the connections of this name. There can be one for each provider and token.
async fn named(manager: &Manager, connection: &str) -> Result<Vec<Status>, OperatorError> {
    let mut after = Key {
        connection: connection.to_owned(),
        provider: String::new(),
        token: String::new(),
    };
    let mut found = Vec::new();
    loop {
        let page = manager.connections(Some(&after), BATCH).await?;
        let own = page
            .into_iter()
            .take_while(|own| own.key.connection == connection);
        let before = found.len();
        found.extend(own);
        match found
            .last()
            .filter(|_| found.len() - before == BATCH as usize)
        {
            Some(last) => after = last.key.clone(),
            None => break,
        }
    }
    match found.is_empty() {
        true => Err(OperatorError::Absent(connection.to_owned())),
        false => Ok(found),
    }
}

/// Those at this provider, or at any.
async fn at(
    manager: &Manager,
    connection: &str,
    provider: Option<&str>,
) -> Result<Vec<Status>, OperatorError> {
    let mut found = named(manager, connection).await?;
    found.retain(|own| provider.is_none_or(|provider| own.key.provider == provider));
    match found.is_empty() {
        true => Err(OperatorError::Absent(connection.to_owned())),
        false => Ok(found),
    }
}

async fn list(
    manager: &Manager,
    out: &mut dyn Write,
    ill: bool,
    provider: Option<&str>,
) -> Result<(), OperatorError> {
    let row = |own: [&str; 5]| {
        // An application, a provider or a database chose these texts, so they may contain control characters.
        let [connection, provider, token, expires, health] = own.map(printable_line);
        format!("{connection:<24} {provider:<20} {token:<10} {expires:<21} {health}")
    };
    let head = [
        "connection",
        "provider",
        "token",
        "access token ends",
        "state",
    ];
    writeln!(out, "{}", row(head))?;
    each(manager, |own| {
        let wanted = provider.is_none_or(|provider| own.key.provider == provider);
        if !wanted || (ill && own.health == Health::Well) {
            return Ok(());
        }
        let expires = own
            .expires
            .map_or_else(|| "never, or unknown".to_owned(), date);
        let health = own.health.to_string();
        let Key {
            connection,
            provider,
            token,
        } = &own.key;
        writeln!(
            out,
            "{}",
            row([connection, provider, token, &expires, &health])
        )
    })
    .await
}

async fn show(
    manager: &Manager,
    out: &mut dyn Write,
    connection: &str,
) -> Result<(), OperatorError> {
    for own in named(manager, connection).await? {
        let mut lines = vec![
            ("connection", own.key.to_string()),
            ("state", own.health.to_string()),
            ("client id", own.client_id.clone()),
        ];
        lines.extend(own.redirect_uri.clone().map(|uri| ("redirect URI", uri)));
        lines.extend(own.environment.clone().map(|own| ("environment", own)));
        for (name, value) in &own.inputs {
            lines.push(("input", format!("{name} = {value}")));
        }
        if let Some(scopes) = &own.scopes {
            lines.push(("scopes", scopes.iter().collect::<Vec<_>>().join(" ")));
        }
        for change in &own.changes {
            lines.push(("changed in the spec", change.to_string()));
        }
        let has = if own.has_refresh_token { "yes" } else { "no" };
        lines.push(("refresh token", has.to_owned()));
        if own.has_tokens_apart {
            lines.push(("tokens set apart", "yes".to_owned()));
        }
        let times = [
            ("access token ends", own.expires),
            ("refreshed when used", own.refresh),
            ("refreshed in any case", own.keep_alive),
            ("lost if not refreshed", own.lost),
            ("needs a login", own.ends),
            ("leased until", own.leased_until),
        ];
        let told = times.into_iter();
        lines.extend(told.filter_map(|(name, at)| Some((name, date(at?)))));
        for (name, value) in lines {
            writeln!(out, "{name:<22} {}", printable_line(&value))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn report(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    writeln!(out, "{:<28} {}", "connections", report.connections)?;
    writeln!(out, "{:<28} {}", "need a login", report.given_up)?;
    writeln!(out, "{:<28} {}", "outcome unknown", report.unsettled)?;
    writeln!(out, "\nif nothing refreshed from now on, lost would be")?;
    let ends = [
        ("the first", report.first_lost),
        ("one in ten", report.tenth_lost),
        ("all", report.all_lost),
    ];
    for (which, end) in ends {
        let end = end.map_or_else(|| "never, or nobody knows when".to_owned(), date);
        writeln!(out, "  {which:<26} {end}")?;
    }
    if !report.ends.is_empty() {
        writeln!(out, "\nwhatever is refreshed, only a new login helps from")?;
        for (end, key) in &report.ends {
            writeln!(out, "  {:<26} {key}", date(*end))?;
        }
    }
    if !report.app_secrets.is_empty() {
        writeln!(out, "\nclient secrets expire")?;
        for (end, provider, client_id) in &report.app_secrets {
            let of = printable_line(&format!("{provider}, {client_id}"));
            writeln!(out, "  {:<26} {of}", date(*end))?;
        }
    }
    Ok(())
}

async fn refresh(
    manager: &Manager,
    out: &mut dyn Write,
    connection: &str,
    provider: Option<&str>,
) -> Result<(), OperatorError> {
    for own in at(manager, connection, provider).await? {
        let key = own.key;
        let tried = manager.refresh(&key).await?;
        let after = manager.status(&key).await?;
        let after = after.ok_or_else(|| OperatorError::Absent(connection.to_owned()))?;
        match tried {
            Tried::Foreign => return Err(OperatorError::NoApp(key)),
            Tried::Absent => return Err(OperatorError::Absent(connection.to_owned())),
            Tried::Failed => {
                return Err(OperatorError::NotRefreshed(key, Box::new(after.health)));
            }
            Tried::Refreshed => {
                let ends = after
                    .expires
                    .map_or_else(|| "no end is known".to_owned(), date);
                writeln!(out, "{key} is refreshed: the access token ends {ends}")?;
            }
        }
    }
    Ok(())
}

async fn accept(
    manager: &Manager,
    out: &mut dyn Write,
    connection: &str,
    provider: Option<&str>,
) -> Result<(), OperatorError> {
    let found = at(manager, connection, provider).await?;
    let apart = found.into_iter().filter(|own| own.has_tokens_apart);
    let mut apart = apart.peekable();
    if apart.peek().is_none() {
        return Err(OperatorError::NothingApart(connection.to_owned()));
    }
    for own in apart {
        let key = own.key;
        match manager.accept_tokens_apart(&key).await? {
            Tried::Foreign => return Err(OperatorError::NoApp(key)),
            Tried::Absent => return Err(OperatorError::Absent(connection.to_owned())),
            Tried::Failed => {
                let after = manager.status(&key).await?;
                let after = after.ok_or_else(|| OperatorError::Absent(connection.to_owned()))?;
                return Err(OperatorError::NotAccepted(key, Box::new(after.health)));
            }
            Tried::Refreshed => writeln!(out, "{key} uses the tokens that were set apart")?,
        }
    }
    Ok(())
}

async fn doctor(manager: &Manager, out: &mut dyn Write) -> Result<(), OperatorError> {
    let mut findings = 0;
    let mut tell = |is_right: bool, what: String| {
        findings += usize::from(!is_right);
        let what = printable_line(&what);
        writeln!(out, "{}  {what}", if is_right { "ok   " } else { "WRONG" })
    };
    for own in manager.settings().await? {
        let must_be = own.must_be.as_ref().filter(|_| !own.is_right());
        let must_be = must_be.map_or_else(String::new, |must_be| format!(", must be {must_be}"));
        tell(
            own.is_right(),
            format!("store: {} is {}{must_be}", own.name, own.value),
        )?;
    }
    let report = manager.report().await?;
    let differs = report.clock_differs;
    let seconds = differs.as_secs_f64();
    tell(
        differs < CLOCK_MAY_DIFFER,
        format!("clock: it differs from the store's by {seconds:.1} seconds"),
    )?;
    let (given_up, all) = (report.given_up, report.connections);
    let (ahead, overlong) = (report.written_ahead, report.overlong);
    tell(
        ahead == 0,
        format!("clock: {ahead} of {all} connections were written by a clock that was ahead"),
    )?;
    tell(
        overlong == 0,
        format!("clock: {overlong} leases or waits end too late to be honoured"),
    )?;
    tell(
        given_up == 0,
        format!("{given_up} of {all} connections need a login"),
    )?;
    let mut ill = Vec::new();
    each(manager, |own| {
        if !matches!(own.health, Health::Well | Health::NeedsLogin) {
            ill.push(own);
        }
        Ok(())
    })
    .await?;
    for own in ill {
        tell(false, format!("{}: {}", own.key, own.health))?;
    }
    match findings {
        0 => Ok(()),
        findings => Err(OperatorError::Ill(findings)),
    }
}

impl fmt::Display for OperatorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OperatorError::Store(error) => error.fmt(formatter),
            OperatorError::Absent(name) => {
                write!(
                    formatter,
                    "there is no connection `{}`: `list` has all names",
                    printable_line(name)
                )
            }
            OperatorError::NoApp(key) => write!(
                formatter,
                "this process has no app that made {key}: run the command by the application that has it"
            ),
            OperatorError::NotRefreshed(key, health) => {
                write!(formatter, "{key} is not refreshed: {health}")
            }
            OperatorError::NothingApart(name) => {
                write!(
                    formatter,
                    "no tokens of `{}` are set apart: `show` says how it fares",
                    printable_line(name)
                )
            }
            OperatorError::NotAccepted(key, health) => {
                write!(formatter, "no tokens of {key} were accepted: {health}")
            }
            OperatorError::Ill(1) => formatter.write_str("one thing is wrong"),
            OperatorError::Ill(findings) => write!(formatter, "{findings} things are wrong"),
            OperatorError::Output(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for OperatorError {}

impl From<StoreError> for OperatorError {
    fn from(error: StoreError) -> OperatorError {
        OperatorError::Store(error)
    }
}

impl From<io::Error> for OperatorError {
    fn from(error: io::Error) -> OperatorError {
        OperatorError::Output(error)
    }
}
