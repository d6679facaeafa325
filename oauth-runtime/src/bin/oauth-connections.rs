//! `oauth-connections`: what whoever is on call asks of the connections in an SQLite file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use oauth_runtime::Http;
use oauth_runtime::lifecycle::{Deployment, Manager, SealingKeys, SqliteStore};
use oauth_runtime::operator::Command;

/// Connections and their tokens, without any secret
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The SQLite file that has the connections
    #[arg(long, env = "OAUTH_CONNECTIONS")]
    store: PathBuf,
    /// The deployment that this is
    #[arg(long, env = "OAUTH_DEPLOYMENT")]
    deployment: String,
    /// A file of sealing keys, `id:key` on each line; else they are read from the variable OAUTH_SEALING_KEYS
    #[arg(long)]
    keys: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    if !arguments.store.exists() {
        return Err(format!("there is no file {}", arguments.store.display()).into());
    }
    let keys = match &arguments.keys {
        Some(path) => SealingKeys::from_file(path)?,
        None => SealingKeys::from_env("OAUTH_SEALING_KEYS")?,
    };
    let deployment = Deployment::named(&arguments.deployment);
    let store = SqliteStore::open(&arguments.store, &deployment)?;
    let manager = Manager::new(store, Http::new()?, keys);
    let mut out = std::io::stdout();
    Ok(arguments.command.run(&manager, &mut out).await?)
}
