//! The API, which checks that a call has an active token, the values that every call needs, and the scopes of its
//! operation.
//!
//! Operations have no effect, so a success contains only the members that every success must have.

use serde_json::{Map, Value, json};

use super::answers::{self, encoded};
use super::capture::{capture, capture_url};
use super::issue::granted;
use super::received::Received;
use super::refusal::{Refusal, Refused};
use super::world::{Issued, Kind, World};
use crate::interpret::members::{put, succeeding};
use crate::interpret::wire::{self, Given};
use crate::plan::{
    Api, Call, CallId, CallKind, NeededScopes, Operation, Parameter, Piece, Placement, Plan,
    ResponseFormat, Source, Success,
};

type Answer = http::Response<Vec<u8>>;

/// The name of the argument that captures the path after the base.
const REST: &str = "the path after the base";

/// Returns the response of a provider's API, or `None` if the URL is not under one.
pub(super) fn answer(
    world: &World,
    plans: &[Plan],
    whose: Option<usize>,
    received: &Received,
) -> Option<Answer> {
    let here = || {
        plans.iter().enumerate().filter_map(|(index, plan)| {
            let api = plan.api.as_ref()?;
            Some((index, plan, api, path_within(plan, api, &received.url)?))
        })
    };
    let own = here().find(|(index, ..)| Some(*index) == whose);
    let (index, plan, api, path) = own.or_else(|| here().next())?;
    Some(match issued(world, index, plan, api, received) {
        Err(refusal) => refused(plan, api, &refusal),
        Ok(issued) => match lacking(world, plan, issued, (&received.method, &path)) {
            Some((operation, missing)) => lacks_scope(api, operation, &missing),
            None => {
                let mut body = Value::Object(Map::new());
                succeeding(&mut body, &api.success);
                encoded(200, ResponseFormat::Json, &body)
            }
        },
    })
}

/// Returns the error response to a request of an operation whose scopes the token lacks.
pub(super) fn lacking_scope(
    world: &World,
    plans: &[Plan],
    whose: Option<usize>,
    received: &Received,
) -> Option<Answer> {
    let index = whose?;
    let plan = plans.get(index)?;
    let api = plan.api.as_ref()?;
    let path = path_within(plan, api, &received.url)?;
    // Providers grant what userinfo needs without being asked.
    let identifies = |call: &Call| {
        call.kind == CallKind::Userinfo && capture_url(plan, &call.url, &received.url).is_some()
    };
    if plan.calls.iter().any(identifies) {
        return None;
    }
    let issued = issued(world, index, plan, api, received).ok()?;
    let (operation, missing) = lacking(world, plan, issued, (&received.method, &path))?;
    Some(lacks_scope(api, operation, &missing))
}

/// Returns whether a request is one of an operation.
pub(super) fn is_operation(plan: &Plan, received: &Received) -> bool {
    let path = plan.api.as_ref();
    let path = path.and_then(|api| path_within(plan, api, &received.url));
    let mut operations = plan.operations.iter();
    path.is_some_and(|path| operations.any(|own| is_call_of(own, (&received.method, &path))))
}

/// Returns whether the URL of a request is under the provider's API.
pub(super) fn is_at(plan: &Plan, received: &Received) -> bool {
    let api = plan.api.as_ref();
    api.is_some_and(|api| path_within(plan, api, &received.url).is_some())
}

fn path_within(plan: &Plan, api: &Api, url: &str) -> Option<String> {
    let rest = Source::Argument(REST.to_owned());
    api.bases().find_map(|base| {
        let mut template = base.clone();
        template.0.push(Piece::Text("/".to_owned()));
        template.0.push(Piece::Source(rest.clone()));
        let captured = capture(plan, &template, url)?;
        let (_, path) = captured.into_iter().find(|(source, _)| **source == rest)?;
        Some(path)
    })
}

/// Returns the token of a call, if the call has all values that every call needs.
fn issued<'w>(
    world: &'w World,
    index: usize,
    plan: &Plan,
    api: &Api,
    received: &Received,
) -> Result<&'w Issued, Refusal> {
    let text = shown(plan, api, received).ok_or_else(Refusal::token)?;
    let issued = world.living(&text, Kind::Access);
    let own = issued
        .filter(|issued| world.grant(issued.grant).plan == index && api.accepts(&issued.token));
    let own = own.ok_or_else(Refusal::token)?;
    own.is_used.set(true);
    let client = world.client(world.grant(own.grant).client);
    let known = [
        (Source::AccessToken, text.clone()),
        (Source::ClientId, client.id.clone()),
        (Source::ClientSecret, client.secret.clone()),
    ];
    let in_headers = api
        .headers
        .iter()
        .map(|row| (row, received.header(&row.name)));
    let in_query = api.parameters.iter().map(|row| {
        let mut said = received.query.iter().filter(|(name, _)| *name == row.name);
        (row, said.next().map(|(_, value)| value.as_str()))
    });
    for (row, said) in in_headers.chain(in_query) {
        if !is_said(plan, row, said, &known) {
            let words = format!(
                "`{}` does not have the value that every call to the API needs",
                row.name
            );
            return Err(Refusal::request(&words));
        }
    }
    Ok(own)
}

fn shown(plan: &Plan, api: &Api, received: &Received) -> Option<String> {
    match &api.placement {
        Placement::Bearer => {
            let (scheme, token) = received.header("authorization")?.split_once(' ')?;
            // The scheme is case-insensitive (RFC 9110 §11.1).
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.to_owned())
        }
        Placement::Query => {
            let mut query = received.query.iter();
            let (_, token) = query.find(|(name, _)| name == "access_token")?;
            Some(token.clone())
        }
        Placement::Headers(rows) => rows.iter().find_map(|row| {
            let captured = capture(plan, row.value.template()?, received.header(&row.name)?)?;
            let mut captured = captured.into_iter();
            let (_, token) = captured.find(|(source, _)| **source == Source::AccessToken)?;
            Some(token)
        }),
    }
}

/// Returns whether a value is as the spec requires. A value that is computed from known values must equal the result.
fn is_said(plan: &Plan, row: &Parameter, said: Option<&str>, known: &[(Source, String)]) -> bool {
    let Some(template) = row.value.template() else {
        return said.is_some();
    };
    let Some(said) = said else { return false };
    let is_known = |source: &Source| {
        matches!(source, Source::Function(..)) || known.iter().any(|(own, _)| own == source)
    };
    let mut sources = template.sources().peekable();
    match sources.peek().is_some() && sources.all(is_known) {
        true => wire::template(plan, template, &Given::of(known.to_vec())) == said,
        false => capture(plan, template, said).is_some(),
    }
}

/// Returns the operation of a call if the token lacks scopes for it, and the scopes that would be sufficient.
fn lacking<'p>(
    world: &World,
    plan: &'p Plan,
    issued: &Issued,
    call: (&str, &str),
) -> Option<(&'p Operation, Vec<&'p str>)> {
    let operation = plan.operations.iter().find(|own| is_call_of(own, call))?;
    let granted = with_implied(plan, granted(world, issued.grant, &issued.token));
    let missing = missing(&operation.needs, &granted);
    (!missing.is_empty()).then_some((operation, missing))
}

/// Returns the scopes that are not granted, of each list of which one is required.
pub(super) fn missing<'p>(needs: &'p [Vec<String>], granted: &[String]) -> Vec<&'p str> {
    let has = |any: &&Vec<String>| any.iter().any(|scope| granted.contains(scope));
    let missing = needs.iter().filter(|any| !has(any)).flatten();
    missing.map(String::as_str).collect()
}

/// Adds the scopes that granted ones include.
pub(super) fn with_implied(plan: &Plan, mut granted: Vec<String>) -> Vec<String> {
    let mut at = 0;
    while let Some(own) = granted.get(at).cloned() {
        let known = plan.scope_sets.iter().flat_map(|set| &set.known);
        for scope in known.filter(|scope| scope.id == own) {
            for implied in &scope.implies {
                if !granted.contains(implied) {
                    granted.push(implied.clone());
                }
            }
        }
        at += 1;
    }
    granted
}

/// Returns whether a call is to an operation.
///
/// It matches the operation's probe, the id as a path, or the id as method and path with placeholders.
fn is_call_of(operation: &Operation, (method, path): (&str, &str)) -> bool {
    let own = |method: &str, path: &str| format!("{method} /{path}");
    let probe = operation.probe.as_ref();
    let is_probe = probe.is_some_and(|(own_method, own_path)| {
        let own_path = own_path.split('?').next().unwrap_or_default();
        own_method.as_str() == method && own_path.trim_start_matches('/') == path
    });
    let is_named = match operation.id.split_once(' ') {
        Some(_) => is_like(&operation.id, &own(method, path)),
        None => operation.id == path,
    };
    is_probe || is_named
}

fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), text.split('/').collect());
    let same = |(own, other): (&&str, &&str)| own.starts_with('{') || own == other;
    pattern.len() == text.len() && pattern.iter().zip(&text).all(same)
}

fn refused(plan: &Plan, api: &Api, refusal: &Refusal) -> Answer {
    let code = answers::code(plan, &CallId::Api, refusal);
    let status = match refusal.standard() {
        _ if !api.success.is_empty() => 200,
        "invalid_token" => 401,
        _ => 400,
    };
    let mut answer = with_code(api, status, code, refusal.words());
    let why = Refused(refusal.words().to_owned());
    answer.extensions_mut().insert(why);
    answer
}

fn lacks_scope(api: &Api, operation: &Operation, missing: &[&str]) -> Answer {
    let (status, code) = match api.success.is_empty() {
        true => (403, "insufficient_scope"),
        false => (200, "missing_scope"),
    };
    let mut answer = with_code(api, status, code, "the token lacks a required scope");
    let headers = answer.headers_mut();
    let mut say = |name: &str, value: String| {
        let name = http::HeaderName::try_from(name);
        let value = http::HeaderValue::try_from(value);
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    };
    match &api.needed_scopes {
        Some(NeededScopes::Header(name)) => say(name, missing.join(", ")),
        Some(NeededScopes::Member(path)) => {
            let mut body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
            put(&mut body, path, json!(missing.join(",")));
            *answer.body_mut() = body.to_string().into_bytes();
        }
        // RFC 6750 §3.1 defines this challenge.
        None => {
            let scopes = missing.join(" ");
            say(
                "www-authenticate",
                format!("Bearer error=\"insufficient_scope\", scope=\"{scopes}\""),
            );
        }
    }
    let why = Refused(format!("`{}` needs {}", operation.id, operation.needed()));
    answer.extensions_mut().insert(why);
    answer
}

fn with_code(api: &Api, status: u16, code: &str, words: &str) -> Answer {
    let mut body = Value::Object(Map::new());
    if let Some(path) = api.error.first() {
        put(&mut body, path, json!(code));
    }
    if let Some(path) = api.error_description.first() {
        put(&mut body, path, json!(words));
    }
    for (path, expected) in &api.success {
        if *expected == Success::True {
            put(&mut body, path, json!(false));
        }
    }
    encoded(status, ResponseFormat::Json, &body)
}
