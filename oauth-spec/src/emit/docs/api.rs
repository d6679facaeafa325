//! The API on the page: the token's placement, the rate limits, and the purpose of each permission.

use serde::Serialize;

use super::{cell, code_in_cell, in_cell};
use crate::emit::prose;
use crate::interpret::wire;
use crate::plan::api::WaitFormat;
use crate::plan::{
    Api as Planned, Header, NeededScopes, Operation, Placement, Plan, RateLimit, Success, Value,
};

#[derive(Serialize)]
pub(super) struct Api {
    base: String,
    bases: String,
    /// The words for the bases in a sentence.
    below: &'static str,
    /// The tokens that the API accepts, if it does not accept each one.
    tokens: String,
    arguments: String,
    docs: Option<String>,
    method: &'static str,
    carried: Vec<String>,
    headers: Vec<String>,
    parameters: Vec<String>,
    answers: Vec<String>,
    limit: Option<Limit>,
}

#[derive(Serialize)]
struct Limit {
    doc: Option<String>,
    statuses: String,
    retry_after: Option<String>,
    buckets: Vec<Vec<String>>,
}

pub(super) fn view(plan: &Plan, api: &Planned) -> Api {
    let line = |row: &Header| format!("{}: {}", row.name, value(plan, row));
    Api {
        base: base(plan, api),
        bases: bases(plan, api),
        below: match api.further_bases.is_empty() {
            true => "this base",
            false => "one of these bases",
        },
        tokens: match api.tokens.len() == plan.tokens.len() {
            true => String::new(),
            false => prose::codes(&api.tokens, " or "),
        },
        arguments: crate::emit::rust::carrier_arguments(plan, api),
        docs: api.docs.clone(),
        method: match &api.placement {
            Placement::Bearer => "bearer",
            Placement::Query => "query",
            Placement::Headers(_) => "credentials",
        },
        carried: api.placement.headers().iter().map(line).collect(),
        headers: api.headers.iter().map(line).collect(),
        parameters: api
            .parameters
            .iter()
            .map(|row| format!("{}={}", row.name, value(plan, row)))
            .collect(),
        answers: answers(api),
        limit: api.rate_limit.as_ref().map(limit),
    }
}

/// Returns the base of every API call, with the names of the values in it.
pub fn base(plan: &Plan, api: &Planned) -> String {
    wire::template(plan, &api.base, &wire::Given::names(plan))
}

/// Returns the bases of API calls as code.
fn bases(plan: &Plan, api: &Planned) -> String {
    let names = wire::Given::names(plan);
    let bases = api.bases().map(|base| wire::template(plan, base, &names));
    prose::codes(&bases.collect::<Vec<_>>(), " and ")
}

/// Describes how API responses are read, in a sentence for each rule.
fn answers(api: &Planned) -> Vec<String> {
    let path = |path: &[String]| prose::code(&path.join("."));
    let mut sentences = Vec::new();
    for (member, expected) in &api.success {
        let member = path(member);
        sentences.push(match expected {
            Success::Absent => format!("A successful response has no {member}"),
            Success::True => format!("In a successful response {member} is `true`"),
            Success::Number(number) => format!("In a successful response {member} is {number}"),
            Success::Text(text) => {
                format!("In a successful response {member} is {}", prose::code(text))
            }
        });
    }
    let codes: Vec<String> = api.error.iter().map(|own| path(own)).collect();
    if !codes.is_empty() {
        let codes = codes.join(" or ");
        sentences.push(format!("The error code is at {codes}"));
    }
    sentences.extend(api.needed_scopes.as_ref().map(|needed| match needed {
        NeededScopes::Header(name) => {
            let name = prose::code(name);
            format!("The header {name} lists scopes that would be sufficient")
        }
        NeededScopes::Member(own) => {
            format!(
                "An error response for a missing scope has the scope at {}",
                path(own)
            )
        }
    }));
    let request_id = api.request_id.as_ref();
    sentences.extend(request_id.map(|name| {
        let name = prose::code(name);
        format!("The header {name} has the request id for support")
    }));
    sentences
}

fn value(plan: &Plan, row: &Header) -> String {
    match &row.value {
        Value::Template(template) => wire::template(plan, template, &wire::Given::names(plan)),
        Value::Number(number) => number.to_string(),
        _ => "true".to_owned(),
    }
}

fn limit(limit: &RateLimit) -> Limit {
    let statuses: Vec<String> = limit.statuses.iter().map(u16::to_string).collect();
    let told = |(name, format): &(String, WaitFormat)| {
        format!("{}, {}", prose::code(name), words(*format))
    };
    let buckets = limit.buckets.iter().map(|bucket| {
        let header =
            |name: Option<&String>| name.map_or_else(String::new, |name| code_in_cell(name));
        let reset = bucket.reset.as_ref().map(told).unwrap_or_default();
        vec![
            code_in_cell(&bucket.name),
            header(bucket.limit.as_ref()),
            match &bucket.used {
                Some(used) => format!("the limit less {}", code_in_cell(used)),
                None => header(bucket.remaining.as_ref()),
            },
            cell(&match bucket.position {
                Some(position) => format!("value {} of each header {reset}", position + 1),
                None => reset,
            }),
        ]
    });
    Limit {
        doc: limit.doc.clone(),
        statuses: statuses.join(" or "),
        retry_after: limit
            .retry_after
            .as_ref()
            .filter(|_| limit.states_retry_after)
            .map(told),
        buckets: buckets.collect(),
    }
}

fn words(format: WaitFormat) -> &'static str {
    match format {
        WaitFormat::Seconds => "seconds from now",
        WaitFormat::Milliseconds => "milliseconds from now",
        WaitFormat::Unix => "seconds since 1970",
        WaitFormat::UnixMs => "milliseconds since 1970",
        WaitFormat::HttpDate => "an HTTP date",
        WaitFormat::Rfc3339 => "an RFC 3339 date",
        WaitFormat::Duration => "a duration",
    }
}

/// Returns a row for each permission that an operation needs or profits from: what it allows and why it is requested.
///
/// The rows are for readers who do not program.
pub(super) fn permissions(plan: &Plan) -> Vec<Vec<String>> {
    let rows = plan.scope_sets.iter().flat_map(|set| &set.known);
    let rows = rows.filter_map(|scope| {
        let what = |own: &Operation| prose::text(own.doc.as_ref().unwrap_or(&own.id));
        let needed = plan.operations.iter().filter_map(|own| {
            let any = own.needs.iter().find(|any| any.contains(&scope.id))?;
            let either = if any.len() > 1 {
                " (this one or another)"
            } else {
                ""
            };
            Some(format!("{}{either}", what(own)))
        });
        let enriched = plan.operations.iter().filter_map(|own| {
            let (_, empty) = own.enriches.iter().find(|(id, _)| *id == scope.id)?;
            let empty = prose::text(&crate::words::uncapitalized(empty));
            Some(format!(
                "{} (without it the response lacks {empty})",
                what(own)
            ))
        });
        let reasons: Vec<String> = needed.chain(enriched).collect();
        (!reasons.is_empty()).then(|| {
            vec![
                code_in_cell(&scope.id),
                in_cell(&scope.doc),
                cell(&reasons.join("; ")),
            ]
        })
    });
    let mut seen: Vec<Vec<String>> = Vec::new();
    for row in rows {
        if !seen.contains(&row) {
            seen.push(row);
        }
    }
    seen
}

pub(super) fn operation(own: &Operation) -> Vec<String> {
    let id = prose::code(&own.id);
    let id = match &own.docs {
        Some(docs) => prose::link_from(&id, docs),
        None => id,
    };
    let enriches: Vec<String> = own
        .enriches
        .iter()
        .map(|(scope, empty)| {
            let empty = prose::text(&crate::words::uncapitalized(empty));
            format!("{}: {empty}", prose::code(scope))
        })
        .collect();
    vec![
        cell(&id),
        in_cell(own.doc.as_deref().unwrap_or_default()),
        in_cell(&own.needed()),
        cell(&enriches.join("; ")),
    ]
}
