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

use crate::lifecycle::operate::dates::date;
use crate::lifecycle::store::{Key, StoreError};
use crate::lifecycle::{Health, Manager, RefreshResult, Report, Status};
use crate::printable::printable_line;

/// The maximum number of rows per read.
const PAGE_SIZE: u32 = 1000;

/// The limit for the difference between this machine's clock and the store's. With a larger one, expiry times that providers
/// state as points in time are wrong.
const CLOCK_MAY_DIFFER: Duration = Duration::from_secs(5);

/// A command for on-call operators. No command prints a secret. Only `refresh`, `accept`, `reseal` and `claim` make changes.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// List connections and their states
    List {
        /// List only connections with a problem
        #[arg(long)]
        ill: bool,
        /// List only connections at this provider
        #[arg(long)]
        provider: Option<String>,
    },
    /// Show the details of a connection, without secrets
    Show {
        /// The name that the application gave to the connection
        connection: String,
    },
    /// Report when connections will be lost, which ones need a new login, and which client secrets expire
    Report,
    /// Refresh a connection now; this is safe while its workers run
    Refresh {
        /// The name that the application gave to the connection
        connection: String,
        /// Refresh only the connection at this provider
        #[arg(long)]
        provider: Option<String>,
    },
    /// Accept tokens that were set apart; first find out why the protective check failed and whose tokens they are
    Accept {
        /// The name that the application gave to the connection
        connection: String,
        /// Accept only tokens of this provider
        #[arg(long)]
        provider: Option<String>,
    },
    /// Reseal all tokens with the first sealing key
    Reseal,
    /// Assign a copied store to this deployment; first stop the deployment that uses the original
    Claim,
    /// Check the store, the clock and the connections for problems
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
                writeln!(out, "{} resealed with the first key", done.anew)?;
                writeln!(
                    out,
                    "{} cannot be opened with any of the keys",
                    done.unopened
                )?;
                Ok(writeln!(
                    out,
                    "{} changed during the run: run `reseal` again for them",
                    done.moved_on
                )?)
            }
            Command::Claim => {
                manager.claim().await?;
                Ok(writeln!(out, "the store now belongs to this deployment")?)
            }
            Command::Doctor => doctor(manager, out).await,
        }
    }
}

/// Calls `tell` for each connection, in the order of the keys.
async fn each(
    manager: &Manager,
    mut tell: impl FnMut(Status) -> io::Result<()>,
) -> Result<(), OperatorError> {
    let mut after = None;
    loop {
        let page = manager.connections(after.as_ref(), PAGE_SIZE).await?;
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
        let page = manager.connections(Some(&after), PAGE_SIZE).await?;
        let own = page
            .into_iter()
            .take_while(|own| own.key.connection == connection);
        let before = found.len();
        found.extend(own);
        match found
            .last()
            .filter(|_| found.len() - before == PAGE_SIZE as usize)
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

/// Returns the connections of this name at this provider, or at all providers.
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
        "access token expires",
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
            .map_or_else(|| "no known expiry".to_owned(), date);
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
            ("access token expires", own.expires),
            ("refresh on use from", own.refresh),
            ("keep-alive refresh", own.keep_alive),
            ("lost if not refreshed", own.lost),
            ("login required from", own.ends),
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
    writeln!(out, "\nconnections lost if refreshing stopped now")?;
    let ends = [
        ("first", report.first_lost),
        ("one in ten", report.tenth_lost),
        ("all", report.all_lost),
    ];
    for (which, end) in ends {
        let end = end.map_or_else(|| "never, or unknown".to_owned(), date);
        writeln!(out, "  {which:<26} {end}")?;
    }
    if !report.ends.is_empty() {
        writeln!(
            out,
            "\nconnections that need a new login even if they are refreshed"
        )?;
        for (end, key) in &report.ends {
            writeln!(out, "  {:<26} {key}", date(*end))?;
        }
    }
    if !report.app_secrets.is_empty() {
        writeln!(out, "\nclient secrets that expire")?;
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
            RefreshResult::Foreign => return Err(OperatorError::NoApp(key)),
            RefreshResult::Absent => return Err(OperatorError::Absent(connection.to_owned())),
            RefreshResult::Failed => {
                return Err(OperatorError::NotRefreshed(key, Box::new(after.health)));
            }
            RefreshResult::Refreshed => {
                let ends = after.expires.map_or_else(|| "unknown".to_owned(), date);
                writeln!(
                    out,
                    "{key} was refreshed; expiry of the access token: {ends}"
                )?;
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
            RefreshResult::Foreign => return Err(OperatorError::NoApp(key)),
            RefreshResult::Absent => return Err(OperatorError::Absent(connection.to_owned())),
            RefreshResult::Failed => {
                let after = manager.status(&key).await?;
                let after = after.ok_or_else(|| OperatorError::Absent(connection.to_owned()))?;
                return Err(OperatorError::NotAccepted(key, Box::new(after.health)));
            }
            RefreshResult::Refreshed => {
                writeln!(out, "{key} now uses the tokens that were set apart")?;
            }
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
        format!("clock: this machine's clock differs from the store's by {seconds:.1} seconds"),
    )?;
    let (given_up, all) = (report.given_up, report.connections);
    let (ahead, overlong) = (report.written_ahead, report.overlong);
    tell(
        ahead == 0,
        format!("clock: {ahead} of {all} connections were written by a clock that was ahead"),
    )?;
    tell(
        overlong == 0,
        format!("clock: {overlong} leases or waits exceed the maximum and are ignored"),
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
                    "there is no connection `{}`: run `list` for all names",
                    printable_line(name)
                )
            }
            OperatorError::NoApp(key) => write!(
                formatter,
                "this process does not have the app that made {key}: run the command in the application that has it"
            ),
            OperatorError::NotRefreshed(key, health) => {
                write!(formatter, "{key} was not refreshed: {health}")
            }
            OperatorError::NothingApart(name) => {
                write!(
                    formatter,
                    "no tokens of `{}` are set apart: run `show` for its state",
                    printable_line(name)
                )
            }
            OperatorError::NotAccepted(key, health) => {
                write!(formatter, "no tokens of {key} were accepted: {health}")
            }
            OperatorError::Ill(1) => formatter.write_str("found 1 problem"),
            OperatorError::Ill(findings) => write!(formatter, "found {findings} problems"),
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
