//! Lowers the API: the base URL, the placement of the token, the rate limits, and the scopes of operations.

use super::template::{self, Available, Fields};
use super::tokens::{member_path, places_or};
use super::{Context, call, further, parameters};
use crate::plan::api::{Bucket, WaitFormat};
use crate::plan::{
    Api, Method, NeededScopes, Operation, Parameter, RateLimit, ScopeSet, Source, Token,
};
use crate::rules;
use crate::syntax::document;
use crate::syntax::path;
use crate::syntax::shapes::{Named, Or, Parameter as Stated, Time};

/// The values that headers and parameters of an API request can use.
const IN_REQUEST: Available<'static> = Available {
    draws: true,
    ..AVAILABLE
};

/// The values that the base URL of the API can use.
const AVAILABLE: Available<'static> = Available {
    standard: &[Source::ClientId, Source::ClientSecret, Source::AccessToken],
    fields: Fields::All,
    ..Available::NOTHING
};

pub(crate) fn api(cx: &mut Context<'_>, tokens: &[Token]) -> Option<Api> {
    let api = cx.document().api.as_ref()?;
    let bases = api.base.iter().flat_map(|bases| &bases.0);
    let mut bases = bases.map(|base| template::url_with(cx, base, "api.base", AVAILABLE));
    let base = bases.next().unwrap_or_default();
    let further_bases = bases.collect();
    let none = Named::default();
    let headers = api.headers.as_ref().unwrap_or(&none);
    let headers = rows(cx, headers, "api.headers");
    let parameters = parameters(cx);
    Some(Api {
        base,
        further_bases,
        tokens: accepted(cx, tokens),
        placement: call::placement(cx, api.auth.as_ref()),
        headers,
        parameters,
        success: api
            .success
            .as_ref()
            .map(call::conditions)
            .unwrap_or_default(),
        error: places_or(api.error.as_ref(), "error"),
        error_description: places_or(api.error_description.as_ref(), "error_description"),
        request_id: api
            .request_id
            .as_ref()
            .map(|name| name.to_ascii_lowercase()),
        needed_scopes: needed_scopes(cx),
        rate_limit: api.rate_limit.as_ref().map(rate_limit),
        docs: api.docs.clone(),
    })
}

/// Returns the names of the tokens that the API accepts.
fn accepted(cx: &mut Context<'_>, tokens: &[Token]) -> Vec<String> {
    let api = cx.document().api.as_ref();
    let stated = api.and_then(|api| api.token.as_ref());
    let stated = stated.map(|own| own.0.iter());
    let stated: Option<Vec<String>> = stated.map(|own| {
        own.filter_map(|name| further::carries(cx, Some(name), "api", tokens))
            .collect()
    });
    let names = tokens.iter().map(|token| token.name.clone());
    let is_accepted = |name: &String| stated.as_ref().is_none_or(|own| own.contains(name));
    names.filter(is_accepted).collect()
}

/// Returns the parameters that every call to the API needs.
pub(crate) fn parameters(cx: &mut Context<'_>) -> Vec<Parameter> {
    let stated = cx
        .document()
        .api
        .as_ref()
        .and_then(|api| api.params.as_ref());
    match stated {
        Some(stated) => rows(cx, stated, "api.params"),
        None => Vec::new(),
    }
}

/// Lowers the headers or parameters of every API request. An argument among them is a finding, since the module does not
/// make these requests.
fn rows(cx: &mut Context<'_>, stated: &Named<Stated>, at: &str) -> Vec<Parameter> {
    let (mut rows, arguments) = parameters::stated(cx, stated, at, IN_REQUEST);
    for argument in &arguments {
        let message = format!(
            "`{}` is an argument, and requests to the API have none",
            argument.name
        );
        let help = "state a value, such as an input of the app or the connection; or remove the row, and let the code that \
                    calls the API add it"
            .to_owned();
        cx.report(
            &rules::UNUSABLE_API,
            &path::join(at, &argument.name),
            message,
            help,
        );
        rows.retain(|row| row.name != argument.name);
    }
    rows
}

/// Lowers the place of the sufficient scopes in an error response. A spec states exactly one.
fn needed_scopes(cx: &mut Context<'_>) -> Option<NeededScopes> {
    let stated = cx.document().api.as_ref()?.needed_scopes.as_ref()?;
    match (&stated.header, &stated.path) {
        (Some(header), None) => Some(NeededScopes::Header(header.to_ascii_lowercase())),
        (None, Some(path)) => Some(NeededScopes::Member(member_path("$", path))),
        _ => {
            let message = "`api.needed_scopes` must have one of `header` and `path`".to_owned();
            let help = "write `header = \"…\"` or `path = \"…\"`".to_owned();
            cx.report(&rules::UNUSABLE_API, "api.needed_scopes", message, help);
            None
        }
    }
}

fn rate_limit(stated: &document::RateLimit) -> RateLimit {
    let statuses = stated.status.clone().unwrap_or_else(|| vec![429]);
    let header = |name: &Option<String>| name.as_ref().map(|name| name.to_ascii_lowercase());
    let buckets = stated.buckets.iter().flat_map(Named::iter);
    RateLimit {
        statuses: statuses
            .iter()
            .filter_map(|status| u16::try_from(*status).ok())
            .collect(),
        retry_after: match &stated.retry_after {
            Some(Or::Absent) => None,
            None => Some(("retry-after".to_owned(), WaitFormat::Seconds)),
            Some(Or::Is(own)) => {
                header(&own.header).map(|name| (name, own.format.unwrap_or(WaitFormat::Seconds)))
            }
        },
        states_retry_after: stated.retry_after.is_some(),
        wait: stated.wait.and_then(Time::seconds),
        buckets: buckets
            .map(|(name, bucket)| Bucket {
                name: name.clone(),
                limit: header(&bucket.limit),
                remaining: header(&bucket.remaining),
                used: header(&bucket.used),
                position: bucket.position.and_then(|own| usize::try_from(own).ok()),
                reset: header(&bucket.reset)
                    .map(|name| (name, bucket.format.unwrap_or(WaitFormat::Seconds))),
            })
            .collect(),
        doc: stated.doc.clone(),
    }
}

/// Returns the operations, or none if they name scopes and the variant has no known scopes.
pub(crate) fn operations(cx: &mut Context<'_>, scope_sets: &[ScopeSet]) -> Vec<Operation> {
    let document = cx.document();
    let stated = || document.operations.iter().flat_map(Named::iter);
    let names_scopes = |operation: &document::Operation| {
        let needs = operation
            .needs
            .as_ref()
            .is_some_and(|needs| !needs.is_empty());
        needs || operation.enriches.is_some()
    };
    let has_scopes = scope_sets.iter().any(|set| !set.known.is_empty());
    if !has_scopes && stated().any(|(_, operation)| names_scopes(operation)) {
        return Vec::new();
    }
    let lowered = stated().map(|(id, operation)| Operation {
        id: id.clone(),
        doc: operation.doc.clone(),
        docs: operation.docs.clone(),
        needs: operation
            .needs
            .iter()
            .flatten()
            .map(|any| any.0.clone())
            .collect(),
        enriches: operation.enriches.clone().unwrap_or_default().0,
        probe: operation
            .probe
            .as_ref()
            .and_then(|probe| self::probe(cx, id, probe)),
    });
    lowered.collect()
}

/// Lowers a probe. It must change nothing, so it is a GET, and its path is under the API's base.
fn probe(cx: &mut Context<'_>, id: &str, stated: &str) -> Option<(Method, String)> {
    let at = path::join(&path::join("operations", id), "probe");
    match (stated.split_once(' '), &cx.document().api) {
        (Some(("GET", path)), Some(_)) if path.starts_with('/') && !path.contains(['{', ' ']) => {
            Some((Method::Get, path.to_owned()))
        }
        (_, api) => {
            let message = format!(
                "`{stated}` is not a valid probe: a probe is a GET request that changes nothing"
            );
            let help = match api {
                Some(_) => "write `GET` and a path under `api.base` without placeholders",
                None => "set `api.base`, which precedes the path",
            };
            cx.report(&rules::UNUSABLE_API, &at, message, help.to_owned());
            None
        }
    }
}

/// Returns whether a call to the API sends the client secret.
pub(crate) fn uses_secret(api: &Api) -> bool {
    let of_placement = api.placement.headers();
    let rows = api
        .headers
        .iter()
        .chain(&api.parameters)
        .chain(of_placement);
    let mut sources = rows.flat_map(|row| row.value.sources());
    sources.any(|source| *source == Source::ClientSecret)
}
