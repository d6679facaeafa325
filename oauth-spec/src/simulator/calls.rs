//! The other endpoints: which call a request makes, whether the request is valid, and what its effect is.

use std::time::Duration;

use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::capture::capture_url;
use super::credentials::client;
use super::faults::slow_down;
use super::grants::{called, exchanged, of_app, refreshed, revoked};
use super::issue;
use super::received::Received;
use super::refusal::{Refusal, telling};
use super::requests::{Facts, facts, literal, said};
use super::world::{ClientId, Grant, GrantId, Kind, World};
use super::{answers, api};
use crate::interpret::wire::{self, Given};
use crate::plan::api::needed;
use crate::plan::{
    Authentication, Call, CallKind, Method, Parameter, Plan, Source, Template, Token, Value,
};

type Answer = http::Response<Vec<u8>>;

/// Returns the response if a provider has a call at this URL.
pub(super) fn answer(
    world: &mut World,
    plans: &[Plan],
    whose: Option<usize>,
    received: &Received,
) -> Option<Answer> {
    let mut here = calls_at(plans, received);
    if here.iter().any(|(index, ..)| Some(*index) == whose) {
        here.retain(|(index, ..)| Some(*index) == whose);
    }
    // Calls of one URL differ in their constants, mostly `grant_type`, in the token that is sent, and in the names of
    // their parameters.
    let token = received
        .texts()
        .find_map(|text| Some(world.tokens.get(&text)?.token.clone()));
    let likeness = |(_, _, call): &(usize, &Plan, &Call)| {
        let (shows, names) = likeness(call, received);
        (
            shows,
            call.of_token.is_some() && call.of_token == token,
            names,
        )
    };
    let (index, plan, call) = here.iter().rev().copied().max_by_key(likeness)?;
    let made = facts(plan, call, received).and_then(|facts| {
        let client = client(world, index, facts.iter())?;
        let client = client.or_else(|| by_proof(world, index, plan, &facts));
        computed(world, plan, client, &facts)?;
        let answer = make(world, index, plan, call, client, &facts)?;
        Ok(telling(answer, facts.passed_over))
    });
    let others = here.into_iter().filter(|(own, _, other)| {
        let reads = matches!(other.kind, CallKind::Userinfo | CallKind::Further);
        *own == index && reads && other.id != call.id && reads_too(plan, call, other, received)
    });
    let others: Vec<&Call> = others.map(|(.., call)| call).collect();
    let answer = match made {
        Ok(answer) => answers::with_members_of(world, plan, &others, answer),
        // An application may make the operation of a further call, too, with other parameters.
        Err(_) if call.kind == CallKind::Further && api::is_operation(plan, received) => {
            return None;
        }
        Err(refusal) => answers::refused(plan, call, &refusal),
    };
    Some(with_headers(call, answer))
}

/// Returns whether a request for a call is one for another call, too, so that both read its response.
fn reads_too(plan: &Plan, call: &Call, other: &Call, received: &Received) -> bool {
    let reads = matches!(call.kind, CallKind::Userinfo | CallKind::Further);
    reads && call.response == other.response && facts(plan, other, received).is_ok()
}

/// Adds the headers of every token response (RFC 6749 §5.1), and the challenge of a response with status 401 (RFC 9110
/// §11.6.1). Headers of an example remain.
fn with_headers(call: &Call, mut answer: Answer) -> Answer {
    let challenge = match call.authentication {
        _ if answer.status() != StatusCode::UNAUTHORIZED => None,
        Authentication::Basic | Authentication::BasicRaw => Some("Basic realm=\"simulated\""),
        Authentication::Bearer => Some("Bearer"),
        _ => None,
    };
    let no_store = call.id.is_token_request().then_some("no-store");
    let headers = [(CACHE_CONTROL, no_store), (WWW_AUTHENTICATE, challenge)];
    for (name, value) in headers {
        if let Some(value) = value {
            let value = HeaderValue::from_static(value);
            answer.headers_mut().entry(name).or_insert(value);
        }
    }
    answer
}

/// Returns the calls with this method and URL.
fn calls_at<'p>(plans: &'p [Plan], received: &Received) -> Vec<(usize, &'p Plan, &'p Call)> {
    let mut here = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let own = plan.calls.iter().filter(|call| {
            let is_it = |method: &Method| method.as_str() == received.method;
            (is_it(&call.method) || call.accepts.methods.iter().any(is_it))
                && capture_url(plan, &call.url, &received.url).is_some()
        });
        here.extend(own.map(|call| (index, plan, call)));
    }
    here
}

/// Returns whether a Plan has a call with this method and URL.
pub(super) fn is_at(plan: &Plan, received: &Received) -> bool {
    !calls_at(std::slice::from_ref(plan), received).is_empty()
}

/// Returns the Plan that has a call or an API at this URL.
pub(super) fn plan_at<'p>(plans: &'p [Plan], received: &Received) -> Option<&'p Plan> {
    let first = calls_at(plans, received).into_iter().next();
    let with_api = || plans.iter().find(|plan| api::is_at(plan, received));
    first.map(|(_, plan, _)| plan).or_else(with_api)
}

/// Checks the values that are computed from others, such as a proof with the client secret.
fn computed(
    world: &World,
    plan: &Plan,
    client: Option<ClientId>,
    facts: &Facts,
) -> Result<(), Refusal> {
    let mut known: Vec<(Source, String)> = facts.iter().cloned().collect();
    // Without client authentication, the client is the one that the token was issued to.
    let token = facts.get(&Source::AccessToken);
    let owner = || Some(world.grant(world.tokens.get(token?)?.grant).client);
    if let Some(client) = client.or_else(owner) {
        let secret = world.client(client).secret.clone();
        known.push((Source::ClientSecret, secret));
    }
    for (source, text) in facts.iter() {
        let Source::Function(_, values) = source else {
            continue;
        };
        let mut within = values.iter().flat_map(Template::sources);
        let can_be_known = |source: &Source| {
            matches!(source, Source::Function(..)) || known.iter().any(|(own, _)| own == source)
        };
        if within.all(can_be_known) {
            let template = Template::source(source.clone());
            if wire::template(plan, &template, &Given::of(known.clone())) != *text {
                return Err(Refusal::request("a computed value is wrong"));
            }
        }
    }
    Ok(())
}

/// Returns the client whose id and secret give the computed values of a request, if the request has such values.
fn by_proof(world: &World, index: usize, plan: &Plan, facts: &Facts) -> Option<ClientId> {
    let computed: Vec<&(Source, String)> = facts
        .iter()
        .filter(|(source, _)| matches!(source, Source::Function(..)) && names_client(source))
        .collect();
    let proves = |client: ClientId| {
        let client = world.client(client);
        let mut known: Vec<(Source, String)> = facts.iter().cloned().collect();
        known.push((Source::ClientId, client.id.clone()));
        known.push((Source::ClientSecret, client.secret.clone()));
        computed.iter().all(|(source, text)| {
            let template = Template::source(source.clone());
            wire::template(plan, &template, &Given::of(known.clone())) == *text
        })
    };
    let mut clients = world.clients_of(index).filter(|_| !computed.is_empty());
    clients.find(|client| proves(*client))
}

/// Returns whether a value is computed from the id or the secret of the client.
fn names_client(source: &Source) -> bool {
    match source {
        Source::ClientId | Source::ClientSecret => true,
        Source::Function(_, values) => values.iter().flat_map(Template::sources).any(names_client),
        _ => false,
    }
}

/// Returns whether a request has a call's constants, and how many of the call's parameters it has.
fn likeness(call: &Call, received: &Received) -> (bool, usize) {
    let shows = |row: &Parameter| match &row.value {
        Value::Template(template) => {
            literal(template).is_none_or(|own| said(received, &row.name) == Some(own))
        }
        _ => true,
    };
    let names = call
        .parameters()
        .filter(|row| said(received, &row.name).is_some());
    (call.parameters().all(shows), names.count())
}

fn make(
    world: &mut World,
    index: usize,
    plan: &Plan,
    call: &Call,
    client: Option<ClientId>,
    facts: &Facts,
) -> Result<Answer, Refusal> {
    let said = |source: &Source| facts.get(source).unwrap_or_default();
    match call.kind {
        CallKind::Exchange => {
            let grant = exchanged(world, index, (plan, call), client, facts)?;
            Ok(issue::tokens(world, plan, call, grant, None))
        }
        CallKind::Refresh => {
            let sent = said(&Source::RefreshToken);
            let grant = refreshed(world, index, (plan, call), client, sent, facts)?;
            if let Some(wait) = too_often(world, plan, call, grant) {
                return Ok(slow_down(Some(plan), wait, world.now));
            }
            Ok(issue::tokens(world, plan, call, grant, Some(sent)))
        }
        CallKind::ClientCredentials => {
            let client = client.ok_or_else(Refusal::client)?;
            let grant = Grant {
                scopes: facts.scopes.clone(),
                ..of_app(world, index, client)
            };
            let grant = world.begin(grant);
            Ok(issue::tokens(world, plan, call, grant, None))
        }
        CallKind::Renew | CallKind::Userinfo | CallKind::Further => {
            let (grant, sent) = called(world, index, (plan, call), client, facts)?;
            let issued = world.living(&sent, Kind::Access);
            let scopes = issued.map(|issued| issue::granted(world, grant, &issued.token));
            let scopes = scopes.map(|scopes| api::with_implied(plan, scopes));
            if scopes.is_some_and(|scopes| !api::missing(&call.needs, &scopes).is_empty()) {
                return Err(Refusal::insufficient_scope(&needed(&call.needs)));
            }
            Ok(issue::tokens(world, plan, call, grant, Some(&sent)))
        }
        CallKind::Introspect => {
            let (text, kind) = match facts.get(&Source::RefreshToken) {
                Some(text) => (text, Kind::Refresh),
                None => (said(&Source::AccessToken), Kind::Access),
            };
            let issued = world.living(text, kind);
            let own = issued.filter(|issued| world.grant(issued.grant).plan == index);
            Ok(answers::introspected(world, plan, call, own))
        }
        CallKind::RevokeAccessToken | CallKind::RevokeRefreshToken => {
            revoked(world, index, (plan, call), client, facts)?;
            Ok(answers::done(plan, call))
        }
    }
}

/// Returns how long to wait if the provider limits the rate of refreshes and the grant exceeds it.
fn too_often(world: &mut World, plan: &Plan, call: &Call, grant: GrantId) -> Option<Duration> {
    let mut tokens = plan.tokens.iter();
    let of_call = |own: &&Token| {
        call.of_token
            .as_ref()
            .is_none_or(|token| own.name == *token)
    };
    let (most, within) = tokens.find(of_call)?.policy.rate?;
    world.too_often(grant, usize::try_from(most).ok()?, within)
}
