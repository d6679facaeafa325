//! Third-party OAuth clients of other ecosystems at the simulated providers. They log in where a provider is standard
//! enough for them, and are rejected where it is not. `foreign/README.md` has every cell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use oauth_spec::emit::docs;
use oauth_spec::plan::{Authentication, Piece, Plan, Source, Value};
use oauth_spec::simulator::{Refused, Simulator};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::pages;
use crate::support::trial::{PLANS, name};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/simulator/foreign");
const BACK: &str = "https://client.example.com/cb";

/// The script that runs each client, and the client's name on the page.
const CLIENTS: [(&str, &str); 4] = [
    ("authlib_client.py", "Authlib"),
    ("requests_oauthlib_client.py", "requests-oauthlib"),
    ("oauth4webapi_client.mjs", "oauth4webapi"),
    ("basic_first.py", "Basic, then parameters"),
];

/// A step of a client: its name, and the reason for its failure, if it failed.
struct Step {
    name: String,
    failed: Option<String>,
}

/// Returns the configuration that a developer gives an ordinary client: endpoints, credentials, one scope, and the
/// constants that every login needs.
fn configuration(
    plan: &Plan,
    mounted: impl Fn(&str) -> String,
    client: &oauth_spec::simulator::Client,
) -> serde_json::Value {
    let url = |function: &str| {
        let message = docs::request(plan, function);
        let first = message.lines().next().unwrap_or_default();
        let url = first.split_once(' ').map_or("", |(_, url)| url);
        mounted(url.split('?').next().unwrap_or_default())
    };
    let login = plan.login.as_ref().unwrap();
    let authentication = plan.exchange().map(|call| call.authentication);
    let constant = |value: &Value| match value {
        Value::Template(template) if template.sources().next().is_none() => {
            Some(template.0.iter().map(text).collect::<String>())
        }
        Value::Boolean(boolean) => Some(boolean.to_string()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let standard = ["response_type", "code_challenge_method"];
    let rows = login.parameters.iter().chain(&login.offline_parameters);
    let extra: BTreeMap<_, _> = rows
        .filter(|row| !standard.contains(&&*row.name))
        .filter_map(|row| Some((row.name.clone(), constant(&row.value)?)))
        .collect();
    let scopes = plan.scope_sets.iter().find(|set| set.parameter.is_some());
    // `openid` is excluded, because a simulated ID token has no signature and these clients report that as an error.
    let ordinary = |id: &String| id != "openid" && !login.offline_scopes.contains(id);
    let known = scopes.and_then(|set| set.known.iter().find(|scope| ordinary(&scope.id)));
    let scope = known.map(|scope| scope.id.clone());
    let offline = login.offline_scopes.iter().cloned();
    let scope: Vec<_> = scope.into_iter().chain(offline).collect();
    let issuer = login.verify.iter().find(|verify| verify.name == "iss");
    let issuer = issuer.map_or_else(String::new, |verify| {
        let piece = |piece: &Piece| match piece {
            Piece::Source(Source::Input(name)) => plan.input(name).unwrap().sample(),
            piece => text(piece).to_owned(),
        };
        verify.value.0.iter().map(piece).collect::<String>()
    });
    serde_json::json!({
        "authorize": url("login"),
        "token": url("exchange"),
        "client_id": client.id,
        "client_secret": client.secret,
        "redirect_uri": BACK,
        "auth": match authentication {
            Some(Authentication::None) => "none",
            Some(Authentication::Post) => "client_secret_post",
            _ => "client_secret_basic",
        },
        "pkce": login.parameters.iter().any(|row| row.carries(&Source::CodeChallenge)),
        "scope": scope.join(" "),
        "extra": extra,
        "issuer": if issuer.is_empty() { mounted("https://issuer.example") } else { issuer },
    })
}

fn text(piece: &Piece) -> &str {
    match piece {
        Piece::Text(text) | Piece::Origin(text) => text,
        Piece::Source(_) => "",
    }
}

/// Runs a client, and returns the result of each step.
async fn run(script: &str, installed: &str, at: &serde_json::Value) -> Vec<Step> {
    let path = format!("{FOLDER}/{script}");
    let mut command = if script
        .rsplit_once('.')
        .is_some_and(|(_, kind)| kind == "mjs")
    {
        let mut node = Command::new("node");
        let code = std::fs::read_to_string(&path).unwrap();
        node.args(["--input-type=module", "--eval", &code]);
        node.current_dir(installed);
        node
    } else {
        let mut python = Command::new("python3");
        python.arg(&path);
        python.env("PYTHONPATH", format!("{installed}/python"));
        python.env("PYTHONDONTWRITEBYTECODE", "1");
        // A fixed hash seed keeps the order of scopes in a library's messages stable.
        python.env("PYTHONHASHSEED", "0");
        // Both libraries reject http on loopback unless these variables are set.
        python.env("AUTHLIB_INSECURE_TRANSPORT", "1");
        python.env("OAUTHLIB_INSECURE_TRANSPORT", "1");
        python
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.env("NO_PROXY", "127.0.0.1");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(at.to_string().as_bytes()).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}{wrong}");
    let steps = said.lines().map(|line| {
        let step: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| step[name].as_str().unwrap().to_owned();
        Step {
            name: text("step"),
            failed: (!step["ok"].as_bool().unwrap()).then(|| text("why")),
        }
    });
    steps.collect()
}

/// Runs a client at a new provider. Returns its steps, and the provider's reason for rejecting the last request, if it did.
async fn tried(
    plan: &'static Plan,
    script: &'static str,
    installed: String,
) -> (Vec<Step>, Option<String>) {
    let simulator = Simulator::of([plan.clone()]);
    let client = simulator.register(&plan.identity.id, BACK).unwrap();
    let refused = Arc::new(Mutex::new(None));
    let hear = refused.clone();
    let server = simulator.serve_and_tell("127.0.0.1:0", move |_, answer| {
        let refusal = answer.as_ref().ok().and_then(|own| own.extensions().get());
        *hear.lock().unwrap() = refusal.map(|Refused(why)| why.clone());
    });
    let server = server.await.unwrap();
    let at = configuration(plan, |url| server.mounted(url), &client);
    let steps = run(script, &installed, &at).await;
    let refused = refused.lock().unwrap().clone();
    (steps, refused)
}

/// Returns a cell of the table: the last step of a client, or the step that failed.
fn cell(steps: &[Step], refused: Option<&String>, reasons: &mut Vec<String>) -> String {
    let done: Vec<_> = steps.iter().filter(|step| step.failed.is_none()).collect();
    let came = done.last().map_or("–", |step| step.name.as_str());
    let stopped = steps
        .iter()
        .find_map(|step| Some((&step.name, step.failed.as_ref()?)));
    let Some((step, why)) = stopped else {
        return came.to_owned();
    };
    let reason = match refused {
        Some(refused) => format!("{step}: {refused}"),
        None => format!("{step}: the client says `{why}`"),
    };
    let number = match reasons.iter().position(|own| *own == reason) {
        Some(at) => at + 1,
        None => {
            reasons.push(reason);
            reasons.len()
        }
    };
    format!("no {step} ({number})")
}

#[tokio::test]
async fn clients_of_other_ecosystems_log_in_where_a_provider_is_standard_enough() {
    let installed = pages::installed(FOLDER);
    let mut page = String::from(PAGE);
    let (mut reasons, mut whole) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for plan in PLANS.iter().filter(|plan| plan.login.is_some()) {
        let _ = write!(page, "| {} |", name(plan));
        let tried = CLIENTS.map(|(script, _)| tokio::spawn(tried(plan, script, installed.clone())));
        for (tried, (_, client)) in tried.into_iter().zip(CLIENTS) {
            let (steps, refused) = tried.await.unwrap();
            if steps.iter().all(|step| step.failed.is_none()) {
                *whole.entry(client).or_default() += 1;
            }
            let cell = cell(&steps, refused.as_ref(), &mut reasons);
            let _ = write!(page, " {cell} |");
        }
        page.push('\n');
    }
    page.push('\n');
    for (at, reason) in reasons.iter().enumerate() {
        let _ = writeln!(page, "{}. {reason}", at + 1);
    }
    for (_, client) in CLIENTS {
        assert!(
            whole.get(client) >= Some(&5),
            "{client} got through at {whole:?}"
        );
    }
    let path = format!("{FOLDER}/README.md");
    pages::assert_fresh(path.as_ref(), &page, "foreign");
}

const PAGE: &str = "\
# Clients of other ecosystems at the simulated providers

Written by `WRITE_PAGES=1 cargo test -p outer-tests foreign`. Each client is told what a developer would tell it of a
provider: endpoints, credentials, one scope, how the client shows itself, and the constants that every login needs. A
cell is the last step that went well, or the first that did not, with the reason below.

| provider | Authlib | requests-oauthlib | oauth4webapi | Basic, then parameters |
|---|---|---|---|---|
";
