//! `oauth-connections`: commands for operators, on connections in an SQLite file or in PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use oauth_runtime::Http;
use oauth_runtime::lifecycle::{Deployment, Manager, SealingKeys, SqliteStore};
use oauth_runtime::operator::Command;

/// Inspect and operate OAuth connections; no command prints a secret
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The SQLite file with the connections, or a PostgreSQL URL; there is no TLS, so connect through a socket or a tunnel
    #[arg(long, env = "OAUTH_CONNECTIONS", hide_env_values = true)]
    store: String,
    /// The name of this deployment
    #[arg(long, env = "OAUTH_DEPLOYMENT", hide_env_values = true)]
    deployment: String,
    /// A former name of the deployment, or the original's name for a claimed copy; tokens sealed under it can be opened
    #[arg(long)]
    formerly: Vec<String>,
    /// A file of sealing keys, one `id:key` per line, with mode 0600; by default the keys are read from the environment
    /// variable OAUTH_SEALING_KEYS
    #[arg(long)]
    keys: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

type Failure = Box<dyn std::error::Error>;

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

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let keys = match &arguments.keys {
        Some(path) => SealingKeys::from_file(path)?,
        None => SealingKeys::from_env("OAUTH_SEALING_KEYS")?,
    };
    let mut deployment = Deployment::named(&arguments.deployment);
    for name in &arguments.formerly {
        deployment = deployment.formerly(name);
    }
    let manager = opened(&arguments.store, &deployment, keys).await?;
    let mut out = std::io::stdout();
    Ok(arguments.command.run(&manager, &mut out).await?)
}

async fn opened(
    store: &str,
    deployment: &Deployment,
    keys: SealingKeys,
) -> Result<Manager, Failure> {
    let http = Http::new()?;
    if store.starts_with("postgres://") || store.starts_with("postgresql://") {
        return in_postgres(store, deployment, http, keys).await;
    }
    let path = Path::new(store);
    if !path.exists() {
        return Err(format!("there is no file {}", path.display()).into());
    }
    let store = SqliteStore::open(path, deployment)?;
    Ok(Manager::new(store, http, keys))
}

#[cfg(feature = "postgres")]
async fn in_postgres(
    url: &str,
    deployment: &Deployment,
    http: Http,
    keys: SealingKeys,
) -> Result<Manager, Failure> {
    use deadpool_postgres::{Manager as Connecting, Pool};

    // The error of the parser could contain the URL and its password.
    let config = url.parse::<tokio_postgres::Config>();
    let config = config.map_err(|_| "invalid PostgreSQL URL")?;
    let connecting = Connecting::new(config, tokio_postgres::NoTls);
    let pool = Pool::builder(connecting).max_size(2).build()?;
    let store = oauth_runtime::lifecycle::PostgresStore::open(pool, deployment).await?;
    Ok(Manager::new(store, http, keys))
}

#[cfg(not(feature = "postgres"))]
#[expect(clippy::unused_async, reason = "with the feature it connects")]
async fn in_postgres(_: &str, _: &Deployment, _: Http, _: SealingKeys) -> Result<Manager, Failure> {
    Err("this binary was built without the feature `postgres`".into())
}
