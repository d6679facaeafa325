//! Every spec of this repository logs in at its own simulator: the documented and the reported ones, the fixtures of the
//! census and the unusual combinations. `logins/README.md` has the counts.
//!
//! Examples that a spec lacks are made from it, as `check --fix` does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use oauth_spec::interpret::sample::{self, Missing};
use oauth_spec::plan::{CallKind, Piece, Plan, Template};
use oauth_spec::{Demand, Source, compile};

use crate::support::pages;
use crate::support::trial::{Trial, name};

const TESTS: &str = env!("CARGO_MANIFEST_DIR");

const FOLDERS: [&str; 4] = [
    "../specs",
    "../specs/reported",
    "documents/census/fixtures",
    "compiler/combinations",
];

/// Returns whether a URL has a fragment.
fn has_fragment(url: &Template) -> bool {
    let mut pieces = url.0.iter();
    pieces.any(|piece| matches!(piece, Piece::Text(text) if text.contains('#')))
}

/// Returns the folders of the specs. `LOGIN_SPECS` names another one, for a run by hand that prints the table.
fn folders() -> Vec<String> {
    match std::env::var("LOGIN_SPECS") {
        Ok(folder) => vec![folder],
        Err(_) => FOLDERS.map(str::to_owned).to_vec(),
    }
}

/// The steps of a connection, in order.
const STEPS: [&str; 6] = [
    "login",
    "exchange",
    "refresh",
    "userinfo",
    "client credentials",
    "revocation",
];

/// Returns the base and the variants of the specs in a folder, with an example of every call.
fn plans(folder: &str) -> Vec<Plan> {
    let mut plans = Vec::new();
    for path in pages::specs(Path::new(TESTS).join(folder)) {
        let read = oauth_spec::files::read(&path, &path.to_string_lossy()).unwrap();
        let source: Source = read.source;
        let compiled = compile(&source, Demand::Sound);
        let compiled = compiled.unwrap_or_else(|found| panic!("{}: {found:?}", path.display()));
        for plan in compiled.plans() {
            let made = sample::missing(plan).into_iter();
            let made = made.filter(|missing| !matches!(missing, Missing::Refusal(_)));
            let made = made.map(|missing| {
                sample::example(plan, missing)
                    .unwrap_or_else(|why| panic!("{} {missing:?}: {why}", name(plan)))
            });
            let mut plan = plan.clone();
            plan.examples.extend(made.collect::<Vec<_>>());
            plans.push(plan);
        }
    }
    plans
}

/// Takes the steps that the Plan has. The error names the step that failed.
pub(crate) fn connect(plan: &Plan) -> Result<Vec<&'static str>, String> {
    connect_by(&Trial::of(plan))
}

fn connect_by(trial: &Trial<'_>) -> Result<Vec<&'static str>, String> {
    let plan = trial.plan;
    let of_kind = |kind: CallKind| plan.calls.iter().find(|call| call.kind == kind);
    let mut taken = Vec::new();
    let mut held = None;
    if plan.login.is_some() {
        trial.login().map_err(|why| format!("login: {why}"))?;
        taken.push("login");
        let tokens = trial.held().map_err(|why| format!("exchange: {why}"))?;
        taken.push("exchange");
        held = Some(tokens);
    }
    let succeeds = |call: CallKind, values: &[(&str, &str)]| {
        let call = of_kind(call)?;
        let request = trial.request(&call.id.to_string(), &trial.client, values)?;
        let outcome = match trial.read(call, &request) {
            Ok((_, outcome)) => outcome,
            Err(why) => return Some(Err(why)),
        };
        Some(match outcome.error {
            None => Ok(outcome),
            Some(error) => Err(format!(
                "{}: {error:?}: {:?}",
                call.id,
                trial.heard.borrow().last()
            )),
        })
    };
    let refresh_token = held.as_ref().and_then(|held| held.refresh_token.as_deref());
    let mut access_token = held.as_ref().map(|held| held.access_token.clone());
    if let Some(refresh_token) = refresh_token
        && let Some(outcome) = succeeds(CallKind::Refresh, &[("refresh_token", refresh_token)])
    {
        let outcome = outcome?;
        taken.push("refresh");
        let members = outcome.tokens.iter().flat_map(|(_, members)| members);
        let mut members = members.filter(|(name, _)| name == "access_token");
        access_token = members
            .next()
            .map(|(_, token)| match token {
                oauth_spec::syntax::shapes::Given::Text(text) => text.clone(),
                other => format!("{other:?}"),
            })
            .or(access_token);
    }
    if let Some(access_token) = &access_token
        && let Some(outcome) = succeeds(CallKind::Userinfo, &[("access_token", access_token)])
    {
        outcome?;
        taken.push("userinfo");
    }
    if let Some(outcome) = succeeds(CallKind::ClientCredentials, &[]) {
        let outcome = outcome?;
        assert!(!outcome.tokens.is_empty());
        taken.push("client credentials");
    }
    if let Some(access_token) = &access_token
        && let Some(outcome) = succeeds(
            CallKind::RevokeAccessToken,
            &[("access_token", access_token)],
        )
    {
        outcome?;
        taken.push("revocation");
    }
    Ok(taken)
}

#[test]
fn every_spec_logs_in_at_its_own_simulator() {
    let mut page = String::from(
        "<!-- Written by tests/simulator/logins.rs. -->\n\n# Logins of every spec\n\nHow many modules take each step at their \
         own simulator, in process and over a socket. A module \
         without a login, without refresh tokens and so on does not have the step. No step fails.\n\n\
         | specs | modules |",
    );
    for step in STEPS {
        let _ = write!(page, " {step} |");
    }
    page.push_str("\n|---|---|---|---|---|---|---|---|\n");
    let (mut holes, mut in_process) = (Vec::new(), 0);
    for folder in folders() {
        let plans = plans(&folder);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for plan in &plans {
            let steps = match connect(plan) {
                Ok(steps) => steps,
                Err(why) => {
                    holes.push(format!("{}: {why}", name(plan)));
                    continue;
                }
            };
            // A client does not send the fragment of a URL: in a browser, a script of the provider's page reads it.
            let login = plan.login.as_ref();
            match login.is_some_and(|login| login.in_fragment || has_fragment(&login.url)) {
                true => in_process += 1,
                false => match connect_by(&Trial::over_a_socket(plan)) {
                    Ok(own) => assert_eq!(own, steps, "{}", name(plan)),
                    Err(why) => holes.push(format!("{} over a socket: {why}", name(plan))),
                },
            }
            for step in steps {
                *counts.entry(step).or_default() += 1;
            }
        }
        let _ = write!(
            page,
            "| `{}` | {} |",
            folder.trim_start_matches("../"),
            plans.len()
        );
        for step in STEPS {
            let _ = write!(page, " {} |", counts.get(step).copied().unwrap_or_default());
        }
        page.push('\n');
    }
    let _ = write!(
        page,
        "\n{in_process} of the modules log in in process only: the authorization URL has a fragment, which clients do not \
         send.\n"
    );
    assert!(holes.is_empty(), "{} holes: {holes:#?}", holes.len());
    if std::env::var_os("LOGIN_SPECS").is_some() {
        println!("{page}");
        return;
    }
    let path = Path::new(TESTS).join("simulator/logins/README.md");
    pages::assert_fresh(&path, &page, "logins");
}
