//! Every shipped Plan against its simulation. A valid request gets the response that the Plan describes. Each planted
//! mistake is rejected with the provider's error code, or the Plan gives a reason why it cannot be made.
//! `planted/README.md` has every cell.

#[allow(clippy::unnecessary_wraps, reason = "what every mistake comes to")]
mod exchange;
#[allow(clippy::unnecessary_wraps, reason = "what every mistake comes to")]
mod later;
#[allow(clippy::unnecessary_wraps, reason = "what every mistake comes to")]
mod login;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use oauth_spec::plan::{Call, Plan};

use crate::support::pages;
use crate::support::trial::{BACK, PLANS, Request, Trial, name};

/// A mistake that is planted at a provider.
pub(crate) struct Mistake {
    pub(crate) name: &'static str,
    pub(crate) plant: fn(&Trial<'_>) -> Planted,
}

/// The provider's error, or `None` if it accepts the mistake. An `Err` is the reason why the mistake cannot be made there.
pub(crate) type Planted = Result<Option<String>, &'static str>;

/// Returns the error with which the provider rejects this request of a call.
pub(crate) fn refusal(trial: &Trial<'_>, call: &Call, request: &Request) -> Option<String> {
    let (status, outcome) = trial.answered(call, request);
    let (code, _) = outcome.error?;
    Some(match code {
        Some(code) if !code.starts_with("status:") => format!("{status} {code}"),
        _ => status.to_string(),
    })
}

/// Returns whether two requests are equal on the wire.
pub(crate) fn same(one: &Request, other: &Request) -> bool {
    one.body() == other.body() && one.headers() == other.headers() && one.uri() == other.uri()
}

/// Changes the parameters of a body, or of the query if there is no body.
pub(crate) fn change(
    request: Request,
    change: impl Fn(&mut Vec<(String, String)>),
) -> Result<Request, &'static str> {
    let (mut parts, body) = request.into_parts();
    let body = String::from_utf8(body).unwrap();
    let uri = parts.uri.to_string();
    let (url, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let text = if body.is_empty() { query } else { &body };
    let (open, close, separator, colon) = match text.starts_with('{') {
        true => ("{", "}", ",", ":"),
        false => ("", "", "&", "="),
    };
    let split = |pair: &str| {
        let (name, value) = pair.split_once(colon)?;
        Some((name.trim_matches('"').to_owned(), value.to_owned()))
    };
    let inner = text.trim_start_matches(open).trim_end_matches(close);
    let mut pairs: Vec<_> = inner.split(separator).filter_map(split).collect();
    let before = pairs.clone();
    change(&mut pairs);
    if pairs == before {
        return Err("the request does not send it");
    }
    let quote = if open.is_empty() { "" } else { "\"" };
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| {
            let bare = open.is_empty() || value.starts_with('"');
            let value = if bare {
                value.clone()
            } else {
                format!("\"{value}\"")
            };
            format!("{quote}{name}{quote}{colon}{value}")
        })
        .collect();
    let changed = format!("{open}{}{close}", pairs.join(separator));
    if body.is_empty() {
        parts.uri = format!("{url}?{changed}").parse().map_err(|_| "no URL")?;
        return Ok(Request::from_parts(parts, Vec::new()));
    }
    Ok(Request::from_parts(parts, changed.into_bytes()))
}

/// Sets a parameter to another value.
pub(crate) fn set(request: Request, name: &str, value: &str) -> Result<Request, &'static str> {
    change(request, |pairs| {
        for (own, other) in pairs.iter_mut() {
            if own == name {
                value.clone_into(other);
            }
        }
    })
}

pub(crate) fn without(request: Request, name: &str) -> Result<Request, &'static str> {
    change(request, |pairs| pairs.retain(|(own, _)| own != name))
}

pub(crate) fn with(request: Request, name: &str, value: &str) -> Result<Request, &'static str> {
    change(request, |pairs| {
        pairs.push((name.to_owned(), value.to_owned()));
    })
}

pub(crate) fn mistakes() -> impl Iterator<Item = &'static Mistake> {
    login::MISTAKES
        .iter()
        .chain(exchange::MISTAKES)
        .chain(later::MISTAKES)
}

#[test]
fn every_mistake_is_refused_or_does_not_exist_for_a_reason_that_the_plan_has() {
    let mut page = String::from(PAGE);
    let mut sections = String::new();
    let mut taken = Vec::new();
    for plan in PLANS.iter().filter(|plan| plan.login.is_some()) {
        let mut refused = Vec::new();
        let mut absent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for mistake in mistakes() {
            let trial = Trial::of(plan);
            match (mistake.plant)(&trial) {
                Ok(Some(said)) => refused.push((mistake.name, said)),
                Ok(None) => taken.push(format!("{} takes {}", name(plan), mistake.name)),
                Err(why) => absent.entry(why).or_default().push(mistake.name),
            }
        }
        assert!(refused.len() >= 12, "{} has {}", name(plan), refused.len());
        section(&mut sections, plan, &refused, &absent);
        let of = mistakes().count();
        let _ = writeln!(page, "| {} | {} of {of} |", name(plan), refused.len());
    }
    assert!(taken.is_empty(), "{taken:#?}");
    assert!(mistakes().count() >= 25);
    page.push_str(&sections);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/simulator/planted/README.md");
    pages::assert_fresh(path.as_ref(), &page, "planted");
}

fn section(
    page: &mut String,
    plan: &Plan,
    refused: &[(&str, String)],
    absent: &BTreeMap<&str, Vec<&str>>,
) {
    let (id, own) = (name(plan), &plan.identity.name);
    let _ = write!(
        page,
        "\n## {id}\n\n| mistake | what {own} says |\n|---|---|\n"
    );
    for (mistake, said) in refused {
        let _ = writeln!(page, "| {mistake} | `{said}` |");
    }
    let _ = writeln!(page, "\nNot there:\n");
    for (why, mistakes) in absent {
        let _ = writeln!(page, "- {}: {why}", mistakes.join(", "));
    }
}

#[test]
fn an_app_without_mistakes_gets_tokens_from_every_plan() {
    for plan in PLANS.iter().filter(|plan| plan.login.is_some()) {
        let trial = Trial::of(plan);
        let held = trial.held();
        assert!(held.is_ok(), "{}: {:?}", name(plan), held.err());
    }
    let without: Vec<_> = PLANS
        .iter()
        .filter(|plan| plan.login.is_none())
        .map(name)
        .collect();
    assert_eq!(
        without,
        ["anthropic", "box::server", "zoom::server_to_server"]
    );
}

const PAGE: &str = "\
# Planted mistakes

Written by `WRITE_PAGES=1 cargo test -p outer-tests`. Each mistake is made once at each simulated provider, by the
messages of its spec's own examples. A cell is the status and the code of the refusal, in the words of that provider's
spec. What a provider does not refuse, or does not have, is named with the reason, which is derived from its Plan.

| provider | mistakes refused |
|---|---|
";
