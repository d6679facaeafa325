//! The other endpoints: which call a request makes, whether all of it is right, and what follows.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::answers::{self, Refusal};
use super::capture::capture;
use super::received::{Content, Received, text};
use super::world::{ClientId, Grant, GrantId, Issued, Kind, World};
use crate::emit::wire::{self, Given};
use crate::plan::token::Rotation;
use crate::plan::{
    Argument, Authentication, Body, Call, CallKind, Parameter, Piece, Plan, Source, Template, Value,
};
use crate::syntax::shapes::Grace;

type Answer = http::Response<Vec<u8>>;

/// What comes back, if a provider has a call at this URL.
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
    // Calls of one URL are told apart by their constants, `grant_type` mostly, else by the names of their parameters.
    let likeness = |(_, _, call): &(usize, &Plan, &Call)| likeness(call, received);
    let (index, plan, call) = here.into_iter().rev().max_by_key(likeness)?;
    if !is_known(call) {
        let words = "the simulator does not make this call yet";
        return Some(answers::plain(501, words));
    }
    let made = facts(plan, call, received).and_then(|facts| {
        let client = client(world, index, call, &facts)?;
        computed(world, plan, client, &facts)?;
        make(world, index, plan, call, client, &facts)
    });
    Some(made.unwrap_or_else(|refusal| answers::refused(plan, call, &refusal)))
}

/// The calls of this method and URL.
fn calls_at<'p>(plans: &'p [Plan], received: &Received) -> Vec<(usize, &'p Plan, &'p Call)> {
    let mut here = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let own = plan.calls.iter().filter(|call| {
            call.method.as_str() == received.method
                && capture(plan, &call.url, &received.url).is_some()
        });
        here.extend(own.map(|call| (index, plan, call)));
    }
    here
}

/// The Plan that has a call there.
pub(super) fn plan_at<'p>(plans: &'p [Plan], received: &Received) -> Option<&'p Plan> {
    let first = calls_at(plans, received).into_iter().next();
    first.map(|(_, plan, _)| plan)
}

/// Calls about a token's life, and those that send on what another call brought, are not simulated.
fn is_known(call: &Call) -> bool {
    let by_token = call.sources().any(|source| *source == Source::AccessToken);
    let sends_on = call
        .sources()
        .any(|source| matches!(source, Source::Member(..)));
    match call.kind {
        CallKind::Introspect => false,
        CallKind::Renew | CallKind::Userinfo | CallKind::Further => by_token && !sends_on,
        _ => true,
    }
}

/// Holds what is computed of other values, such as a proof by the secret, to what it must be.
fn computed(
    world: &World,
    plan: &Plan,
    client: Option<ClientId>,
    facts: &Facts<'_>,
) -> Result<(), Refusal> {
    let mut known: Vec<(Source, String)> = facts
        .iter()
        .map(|(source, text)| ((*source).clone(), text.clone()))
        .collect();
    if let Some(client) = client {
        let secret = world.client(client).secret.clone();
        known.push((Source::ClientSecret, secret));
    }
    for (source, text) in facts {
        let Source::Function(_, values) = source else {
            continue;
        };
        let mut within = values.iter().flat_map(Template::sources);
        let can_be_known = |source: &&Source| known.iter().any(|(own, _)| own == *source);
        if within.all(|source| can_be_known(&source)) {
            let template = Template::source((*source).clone());
            if wire::template(plan, &template, &Given::of(known.clone())) != *text {
                return Err(Refusal::request("a computed value is not what it must be"));
            }
        }
    }
    Ok(())
}

/// Whether a request shows a call's constants, and how many of the call's parameters.
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

/// The text of a template that has no value in it.
fn literal(template: &Template) -> Option<String> {
    template
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Origin(text) => Some(text.as_str()),
            Piece::Source(_) => None,
        })
        .collect()
}

/// What a request says under a name, in body or query.
fn said(received: &Received, name: &str) -> Option<String> {
    let in_body = match &received.body {
        Content::Form(pairs) => pairs
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone()),
        Content::Json(members) => members
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| text(value)),
        Content::Empty | Content::Other => None,
    };
    let in_query = || {
        received
            .query
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
    };
    in_body.or_else(in_query)
}

/// What a request says, by what the spec says stands there.
type Facts<'p> = Vec<(&'p Source, String)>;

fn fact<'f>(facts: &'f Facts<'_>, source: &Source) -> Option<&'f str> {
    facts
        .iter()
        .find(|(own, _)| *own == source)
        .map(|(_, text)| text.as_str())
}

/// Reads everything of a request, and refuses what the spec does not have.
fn facts<'p>(plan: &'p Plan, call: &'p Call, received: &Received) -> Result<Facts<'p>, Refusal> {
    let mut facts = capture(plan, &call.url, &received.url).unwrap_or_default();
    read_rows(plan, call, &call.query, &received.query, &mut facts)?;
    match (&call.body, &received.body) {
        (Body::Empty, Content::Empty) => {}
        (Body::Form(rows), Content::Form(pairs)) => read_rows(plan, call, rows, pairs, &mut facts)?,
        (Body::Json(rows), Content::Json(members)) => {
            let pairs: Vec<_> = members
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            read_rows(plan, call, rows, &pairs, &mut facts)?;
        }
        (Body::Form(rows) | Body::Json(rows), Content::Empty) => {
            read_rows(plan, call, rows, &[], &mut facts)?;
        }
        _ => {
            return Err(Refusal::request(
                "the body has another media type than the spec says",
            ));
        }
    }
    for row in &call.headers {
        let template = row.value.template();
        let found = received.header(&row.name).zip(template);
        match found.and_then(|(value, template)| capture(plan, template, value)) {
            Some(captured) => facts.extend(captured),
            None if row.value.sources().any(shows_client) => return Err(Refusal::client()),
            None if row.carries(&Source::AccessToken) => return Err(Refusal::token()),
            None => {
                return Err(Refusal::request(&format!(
                    "the header `{}` is not as the spec says",
                    row.name
                )));
            }
        }
    }
    // One way of authentication at a time (RFC 6749 §2.3).
    let has_header = call.headers.iter().any(|row| row.name == "authorization");
    if !has_header && received.header("authorization").is_some() {
        return Err(Refusal::request(
            "the client shows itself in a header, where the spec has parameters",
        ));
    }
    Ok(facts)
}

fn shows_client(source: &Source) -> bool {
    matches!(
        source,
        Source::Basic | Source::ClientId | Source::ClientSecret
    )
}

fn read_rows<'p>(
    plan: &'p Plan,
    call: &'p Call,
    rows: &'p [Parameter],
    pairs: &[(String, String)],
    facts: &mut Facts<'p>,
) -> Result<(), Refusal> {
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(other, _)| other == name) {
            return Err(Refusal::request(&format!("`{name}` comes more than once")));
        }
        let row = rows.iter().find(|row| row.name == *name);
        let row =
            row.ok_or_else(|| Refusal::request(&format!("`{name}` is no parameter of this call")))?;
        let wrong = || Refusal::request(&format!("`{name}` is not as the spec says"));
        match &row.value {
            Value::Template(template) => {
                facts.extend(capture(plan, template, value).ok_or_else(wrong)?);
            }
            Value::Number(number) if *value == number.to_string() => {}
            Value::Boolean(boolean) if *value == boolean.to_string() => {}
            Value::Scopes(_) => {}
            Value::Number(_) | Value::Boolean(_) => return Err(wrong()),
        }
    }
    let said = |row: &Parameter| pairs.iter().any(|(name, _)| *name == row.name);
    let missing = rows
        .iter()
        .find(|row| !said(row) && !may_be_absent(&call.arguments, row));
    match missing {
        Some(row) if row.carries(&Source::ClientSecret) => Err(Refusal::client()),
        Some(row) if row.carries(&Source::CodeVerifier) => {
            Err(Refusal::grant("the code verifier is missing"))
        }
        Some(row) => Err(Refusal::request(&format!("`{}` is missing", row.name))),
        None => Ok(()),
    }
}

/// Whether a request is right without a parameter: arguments may be left out, and scopes may be none.
pub(super) fn may_be_absent(arguments: &[Argument], row: &Parameter) -> bool {
    let optional = |source: &Source| {
        matches!(source, Source::Argument(name)
            if arguments.iter().any(|own| own.name == *name && own.may_be_left_out()))
    };
    matches!(row.value, Value::Scopes(_)) || row.value.sources().any(optional)
}

/// Who calls; nobody, where the token itself is the only credential.
fn client(
    world: &World,
    index: usize,
    call: &Call,
    facts: &Facts<'_>,
) -> Result<Option<ClientId>, Refusal> {
    let basic = fact(facts, &Source::Basic).map(|value| credentials(call, value));
    let (id, secret) = match basic {
        Some(credentials) => credentials
            .map(|(id, secret)| (Some(id), Some(secret)))
            .ok_or_else(Refusal::client)?,
        None => (
            fact(facts, &Source::ClientId).map(str::to_owned),
            fact(facts, &Source::ClientSecret).map(str::to_owned),
        ),
    };
    let Some(id) = id else {
        return Ok(None);
    };
    let client = world.client_of(index, &id).ok_or_else(Refusal::client)?;
    match secret.is_none_or(|secret| secret == world.client(client).secret) {
        true => Ok(Some(client)),
        false => Err(Refusal::client()),
    }
}

/// Id and secret of a Basic credential.
fn credentials(call: &Call, header: &str) -> Option<(String, String)> {
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decoded = |half: &str| match call.authentication {
        Authentication::BasicRaw => half.to_owned(),
        _ => form_urlencoded::parse(format!("={half}").as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect(),
    };
    Some((decoded(id), decoded(secret)))
}

fn make(
    world: &mut World,
    index: usize,
    plan: &Plan,
    call: &Call,
    client: Option<ClientId>,
    facts: &Facts<'_>,
) -> Result<Answer, Refusal> {
    match call.kind {
        CallKind::Exchange => {
            let grant = exchanged(world, index, client, facts)?;
            Ok(answers::tokens(world, plan, call, grant, None))
        }
        CallKind::Refresh => {
            let sent = fact(facts, &Source::RefreshToken)
                .unwrap_or_default()
                .to_owned();
            let grant = refreshed(world, index, plan, client, &sent)?;
            Ok(answers::tokens(world, plan, call, grant, Some(&sent)))
        }
        CallKind::ClientCredentials => {
            let client = client.ok_or_else(Refusal::client)?;
            let grant = world.begin(Grant {
                plan: index,
                client,
                scopes: Vec::new(),
                offline: false,
                nonce: None,
                alive: true,
            });
            Ok(answers::tokens(world, plan, call, grant, None))
        }
        CallKind::Renew | CallKind::Userinfo | CallKind::Further | CallKind::Introspect => {
            let text = fact(facts, &Source::AccessToken).unwrap_or_default();
            let living = world
                .living(text, Kind::Access)
                .ok_or_else(Refusal::token)?;
            let grant = living.grant;
            match world.grant(grant).plan == index {
                true => Ok(answers::tokens(world, plan, call, grant, None)),
                false => Err(Refusal::token()),
            }
        }
        CallKind::RevokeAccessToken | CallKind::RevokeRefreshToken => {
            revoked(world, index, facts)?;
            Ok(answers::done(plan, call))
        }
    }
}

/// The grant of a code that is right in every respect.
fn exchanged(
    world: &mut World,
    index: usize,
    client: Option<ClientId>,
    facts: &Facts<'_>,
) -> Result<GrantId, Refusal> {
    let now = world.now;
    let text = fact(facts, &Source::Code).unwrap_or_default();
    let code = world
        .codes
        .get_mut(text)
        .ok_or_else(|| Refusal::grant("there is no such code"))?;
    let grant = code.grant;
    let again = std::mem::replace(&mut code.used, true);
    let expired = code.ends <= now;
    let redirect_uri = fact(facts, &Source::RedirectUri).is_none_or(|own| own == code.redirect_uri);
    let verifier = fact(facts, &Source::CodeVerifier);
    let proven = match (&code.challenge, verifier) {
        (Some(challenge), Some(verifier)) => {
            URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == *challenge
        }
        (None, None) => true,
        _ => false,
    };
    if again {
        // RFC 6749 §4.1.2: what was issued for it ends, too.
        world.end(grant);
        return Err(Refusal::grant("the code was used before"));
    }
    let owner = world.grant(grant);
    if !owner.alive {
        return Err(Refusal::grant(
            "the user took back what the code stands for",
        ));
    }
    if owner.plan != index || client.is_some_and(|client| client != owner.client) {
        return Err(Refusal::grant("the code was made for another client"));
    }
    match (expired, redirect_uri, proven) {
        (true, ..) => Err(Refusal::grant("the code has expired")),
        (_, false, _) => Err(Refusal::redirect_uri()),
        (.., false) => Err(Refusal::grant(
            "the code verifier does not belong to the challenge",
        )),
        _ => Ok(grant),
    }
}

/// The grant of a refresh token that may be used, or used once more.
fn refreshed(
    world: &mut World,
    index: usize,
    plan: &Plan,
    client: Option<ClientId>,
    sent: &str,
) -> Result<GrantId, Refusal> {
    let dead = || Refusal::grant("the refresh token is not one that lives");
    let Issued {
        grant,
        token,
        spent,
        ..
    } = world.living(sent, Kind::Refresh).ok_or_else(dead)?;
    let (grant, spent) = (*grant, *spent);
    let owner = world.grant(grant);
    if owner.plan != index || client.is_some_and(|client| client != owner.client) {
        return Err(Refusal::grant(
            "the refresh token belongs to another client",
        ));
    }
    let policy = plan.token(token).map(|token| &token.policy);
    let Some(spent) = spent else {
        return Ok(grant);
    };
    let in_grace = policy.is_some_and(|policy| match policy.grace {
        Grace::Forever => true,
        Grace::UntilNewUsed => !world.successor_was_used(sent),
        Grace::Time(time) => time
            .seconds()
            .is_some_and(|seconds| world.now.as_secs() < spent.as_secs() + seconds),
    });
    if in_grace {
        return Ok(grant);
    }
    if policy.is_some_and(|policy| policy.reuse_ends_grant) {
        world.end(grant);
    }
    Err(Refusal::grant("the refresh token was spent before"))
}

/// Whether a refresh spends the token that it was made with.
pub(super) fn rotates(plan: &Plan, token: &str) -> bool {
    plan.token(token)
        .is_some_and(|token| token.policy.rotation == Rotation::Always)
}

/// Ends what a token belongs to. One that is unknown is gone already (RFC 7009 §2.2), unless it is the credential.
fn revoked(world: &mut World, index: usize, facts: &Facts<'_>) -> Result<(), Refusal> {
    let access = fact(facts, &Source::AccessToken);
    let text = access
        .or_else(|| fact(facts, &Source::RefreshToken))
        .unwrap_or_default();
    let grant = match world.tokens.get(text) {
        Some(issued) => issued.grant,
        None if access.is_some() => return Err(Refusal::token()),
        None => return Ok(()),
    };
    if world.grant(grant).plan == index {
        world.end(grant);
    }
    Ok(())
}
