//! `simulate`, which serves simulated providers on localhost, for clients in any language.

use std::io::{self, Write};
use std::path::Path;

use clap::{Args, ValueEnum};
use oauth_spec::control;
use oauth_spec::emit::docs;
use oauth_spec::plan::{Call, Plan};
use oauth_spec::simulator::{Client, PassedOver, Refused, Server, Simulator, User};

use super::{Done, Stop, path_of, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The providers: paths of specs, ids of specs in the folder `specs`, or ids of shipped specs
    #[arg(required = true)]
    specs: Vec<String>,
    /// The port on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The redirect URI of the registered apps. The default is /callback on port 3000 of this machine
    #[arg(long)]
    redirect_uri: Option<String>,
    /// The user's decision on the consent page
    #[arg(long, value_enum, default_value_t)]
    user: Answer,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Answer {
    /// The user consents to every request
    #[default]
    Consents,
    /// The user denies every request
    Denies,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let told = |error: io::Error| Stop::Usage(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
    let specs = arguments.specs.iter();
    let specs = specs.map(|spec| path_of(Path::new(spec)).to_string_lossy().into_owned());
    let simulator = Simulator::start(specs).map_err(|error| Stop::Usage(error.to_string()))?;
    simulator.user(match arguments.user {
        Answer::Consents => User::Consents,
        Answer::Denies => User::Denies,
    });
    runtime.block_on(async {
        let serving = simulator.serve_and_tell(("127.0.0.1", arguments.port), |request, answer| {
            let what = match answer {
                Ok(answer) => told_of(answer),
                Err(lost) => lost.to_string(),
            };
            let (method, uri) = (request.method(), request.uri());
            let host = uri.authority().map_or("", |host| host.as_str());
            let line = format!("{method} /{host}{} {what}", uri.path());
            print(&format!("{}\n", control::escaped(&line)));
        });
        let server = serving.await.map_err(told)?;
        for plan in simulator.plans() {
            let reference = plan.identity.reference();
            let local = plan.app.redirect_uri.accepted.local();
            let redirect_uri = arguments.redirect_uri.as_deref().unwrap_or(local);
            let shown = match plan.has_client() {
                true => simulator
                    .register(&reference, redirect_uri)
                    .map(Shown::Client),
                false => simulator.key(&reference).map(Shown::Key),
            };
            print(&shown.map_or_else(String::new, |shown| described(plan, shown, &server)));
        }
        let user = match arguments.user {
            Answer::Consents => "consents to every request",
            Answer::Denies => "denies every request",
        };
        print(&format!(
            "The user {user}. Press Ctrl-C to stop the server.\n\n"
        ));
        let _ = io::stdout().flush();
        tokio::signal::ctrl_c().await.map_err(told)
    })
}

/// Describes a response: its status, and the reason or the ignored parameters that the simulator reports.
fn told_of(answer: &http::Response<Vec<u8>>) -> String {
    let (status, beside) = (answer.status(), answer.extensions());
    if let Some(Refused(why)) = beside.get() {
        return format!("{status}: {why}");
    }
    match beside.get() {
        Some(PassedOver(names)) => {
            format!(
                "{status}: unknown parameters ignored: `{}`",
                names.join("`, `")
            )
        }
        None => status.to_string(),
    }
}

/// The credentials of an app.
enum Shown {
    Client(Client),
    Key(String),
}

/// Describes an app at a provider, and the URLs of its endpoints.
fn described(plan: &Plan, shown: Shown, server: &Server) -> String {
    let mut out = format!("{} ({})\n", plan.identity.name, plan.identity.reference());
    let login = plan.login.iter().map(|_| "login".to_owned());
    let functions = login.chain(plan.calls.iter().map(Call::function));
    let mut rows: Vec<(String, String)> = functions
        .filter_map(|function| {
            let message = docs::request(plan, &function);
            let (method, url) = message.lines().next()?.split_once(' ')?;
            let url = url.split('?').next().unwrap_or(url);
            Some((function, format!("{method} {}", server.mounted(url))))
        })
        .collect();
    let api = plan.api.iter().map(|api| docs::base(plan, api));
    rows.extend(api.map(|base| ("api".to_owned(), server.mounted(&base))));
    match shown {
        Shown::Client(client) => rows.extend([
            ("client_id".to_owned(), client.id),
            ("client_secret".to_owned(), client.secret),
            ("redirect_uri".to_owned(), client.redirect_uri),
        ]),
        Shown::Key(key) => rows.push(("key".to_owned(), key)),
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        out.push_str(&format!("  {name:width$}  {value}\n"));
    }
    out.push('\n');
    out
}
