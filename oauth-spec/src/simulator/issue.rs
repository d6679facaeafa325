//! Tokens of a grant: how long they live, what comes with them, and where it stands in an answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::answers::{begun, encoded, plausible, put, remove};
use super::faults::Fault;
use super::grants::{refresh_end, rotates};
use super::received::text;
use super::world::{GrantId, Issued, Kind, World};
use crate::emit::outcome::at;
use crate::plan::token::{GrantedScopes, TimeFormat};
use crate::plan::{Call, CallKind, FieldSource, Plan, Reading};

type Answer = http::Response<Vec<u8>>;

/// A token lives so long where neither the spec nor an example says it.
const LIVES: u64 = 60 * 60;

/// The tokens of a grant, new ones each time. `sent` is the token that the call was made with.
pub(super) fn tokens(
    world: &mut World,
    plan: &Plan,
    call: &Call,
    grant: GrantId,
    sent: Option<&str>,
) -> Answer {
    let mut body = begun(plan, call);
    // RFC 6749 §5.1 wants it in every answer; where an example has none, the provider leaves it out.
    let is_bare = body.as_object().is_some_and(Map::is_empty);
    if is_bare && call.readings.iter().any(|reading| !reading.prolonged) {
        put(&mut body, &["token_type".to_owned()], json!("Bearer"));
    }
    for reading in &call.readings {
        if reading.prolonged {
            prolong(world, plan, reading, sent, &body);
            continue;
        }
        match is_granted(world, plan, grant, reading) {
            true => issue(world, plan, call, grant, reading, sent, &mut body),
            false => remove_token(&mut body, reading),
        }
    }
    // Of a list, the example has the entries.
    let own = call.fields.iter().filter(|_| call.selection.is_none());
    for field in own.filter(|field| !field.optional) {
        let missing = at(&body, &field.path).is_null();
        if matches!(field.from, FieldSource::Answer(_)) && missing {
            put(&mut body, &field.path, plausible(field));
        }
    }
    for path in call.carried.iter().filter(|_| call.selection.is_none()) {
        carry(world, plan, grant, path, &mut body);
    }
    encoded(200, call.response, &body)
}

/// A member that a later call sends on: the token that stands there, or something new of its kind.
fn carry(world: &mut World, plan: &Plan, grant: GrantId, path: &[String], body: &mut Value) {
    let stands = at(body, path);
    let issued = stands
        .as_str()
        .filter(|text| world.tokens.contains_key(*text));
    let value = match (issued, stands) {
        (Some(issued), _) => json!(issued),
        (None, Value::Number(_)) => json!(world.count()),
        (None, _) => json!(world.draw(&format!("{}-member", plan.identity.id))),
    };
    world.members.insert(text(&value), grant);
    put(body, path, value);
}

/// The token that was sent lives on, as long as a new one would.
fn prolong(world: &mut World, plan: &Plan, reading: &Reading, sent: Option<&str>, body: &Value) {
    let lives = lifetime(plan, reading, body);
    let ends = lives.map(|lives| world.now + Duration::from_secs(lives));
    if let Some(issued) = sent.and_then(|sent| world.tokens.get_mut(sent)) {
        issued.ends = ends;
    }
}

/// Whether a token that may be absent is there: if scopes of its own set were granted, where it has a set.
fn is_granted(world: &World, plan: &Plan, grant: GrantId, reading: &Reading) -> bool {
    let has_set = plan.scope_sets.iter().any(|set| set.name == reading.token);
    let mut granted = world.grant(grant).scopes.iter();
    let asked = granted.any(|(set, scopes)| *set == reading.token && !scopes.is_empty());
    !(reading.optional && has_set) || asked
}

fn issue(
    world: &mut World,
    plan: &Plan,
    call: &Call,
    grant: GrantId,
    reading: &Reading,
    sent: Option<&str>,
    body: &mut Value,
) {
    let lives = lifetime(plan, reading, body);
    let access_token = world.draw(&format!("{}-access", plan.identity.id));
    let ends = lives.map(|lives| world.now + Duration::from_secs(lives));
    let own = issued(world, grant, reading, Kind::Access, ends);
    world.tokens.insert(access_token.clone(), own);
    put(body, &reading.access_token, json!(access_token));
    if let Some(lives) = lives {
        tell_lifetime(world, reading, lives, body);
    }
    if let Some(path) = &reading.refresh_token {
        match renewed(world, plan, call, grant, reading, sent) {
            Some(refresh_token) => {
                let ends = refresh_ends(world, plan, grant, reading, body);
                let own = issued(world, grant, reading, Kind::Refresh, ends);
                world.tokens.insert(refresh_token.clone(), own);
                put(body, path, json!(refresh_token));
                tell_refresh_end(world, reading, ends, body);
            }
            None => {
                remove(body, path);
                if let Some(path) = &reading.refresh_token_expires_in {
                    remove(body, path);
                }
            }
        }
    }
    keep_newest(world, plan, grant, reading);
    tell_scopes(world, grant, reading, body);
    if let Some(path) = &reading.id_token {
        match granted(world, grant, &reading.token)
            .iter()
            .any(|scope| scope == "openid")
        {
            true => put(body, path, json!(id_token(world, call, grant))),
            false => remove(body, path),
        }
    }
}

fn issued(
    world: &World,
    grant: GrantId,
    reading: &Reading,
    kind: Kind,
    ends: Option<Duration>,
) -> Issued {
    Issued {
        grant,
        token: reading.token.clone(),
        kind,
        since: world.now,
        ends,
        spent: None,
        successor: None,
    }
}

/// Of more tokens than may live at once, the oldest die, and nobody says so.
fn keep_newest(world: &mut World, plan: &Plan, grant: GrantId, reading: &Reading) {
    let Some(policy) = plan.token(&reading.token).map(|token| &token.policy) else {
        return;
    };
    let most = |count: Option<i64>| usize::try_from(count?).ok();
    let client = world.grant(grant).client;
    if let Some(most) = most(policy.max_live) {
        world.keep_newest(most, |world, issued| {
            let is_its = world.grant(issued.grant).client == client;
            issued.kind == Kind::Refresh && issued.token == reading.token && is_its
        });
    }
    if let Some(most) = most(policy.max_access_tokens) {
        world.keep_newest(most, |_, issued| {
            issued.kind == Kind::Access && issued.token == reading.token && issued.grant == grant
        });
    }
}

fn tell_scopes(world: &World, grant: GrantId, reading: &Reading, body: &mut Value) {
    if let Some((GrantedScopes::Member(path), separators)) = &reading.scope {
        let scopes = granted(world, grant, &reading.token);
        let separator = separators.first().map_or(" ", String::as_str);
        let stands = at(body, path);
        let value = match stands.is_array() {
            true => json!(scopes),
            false => json!(scopes.join(separator)),
        };
        // Of no scopes an answer says nothing, unless the provider's own does.
        if !(scopes.is_empty() && stands.is_null()) {
            put(body, path, value);
        }
    }
}

/// The refresh token of an answer, if it has one. A refresh of a provider that rotates spends the one that was sent.
fn renewed(
    world: &mut World,
    plan: &Plan,
    call: &Call,
    grant: GrantId,
    reading: &Reading,
    sent: Option<&str>,
) -> Option<String> {
    let refreshes = plan
        .token(&reading.token)
        .is_some_and(|token| token.refreshes);
    let gives = match (call.kind, sent) {
        (CallKind::Exchange, _) => refreshes && world.grant(grant).offline,
        (_, Some(_)) => {
            rotates(plan, &reading.token) && world.in_force != Some(Fault::NoRefreshToken)
        }
        _ => false,
    };
    if !gives {
        return None;
    }
    let own = world.draw(&format!("{}-refresh", plan.identity.id));
    if let Some(sent) = sent {
        world.spend(sent, &own);
    }
    Some(own)
}

/// When a refresh token that is issued now ends: by its policy, or as the answer tells.
fn refresh_ends(
    world: &World,
    plan: &Plan,
    grant: GrantId,
    reading: &Reading,
    body: &Value,
) -> Option<Duration> {
    let policy = plan.token(&reading.token).map(|token| &token.policy)?;
    let told = || {
        let path = reading.refresh_token_expires_in.as_ref()?;
        let count = at(body, path);
        let count = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
        Some(world.now + Duration::from_secs(count))
    };
    refresh_end(policy, world.now, world.grant(grant).began).or_else(told)
}

fn tell_refresh_end(world: &World, reading: &Reading, ends: Option<Duration>, body: &mut Value) {
    let Some(ends) = ends else { return };
    if let Some(path) = &reading.refresh_token_expires_in {
        let left = ends.saturating_sub(world.now).as_secs();
        put_number(body, path, left);
    }
    if let Some((path, format)) = &reading.refresh_token_expires_at {
        put(body, path, written(*format, ends.as_secs()));
    }
}

/// A number, in quotes where one stands so.
fn put_number(body: &mut Value, path: &[String], number: u64) {
    let in_quotes = at(body, path).is_string();
    let value = if in_quotes {
        json!(number.to_string())
    } else {
        json!(number)
    };
    put(body, path, value);
}

fn written(format: TimeFormat, seconds: u64) -> Value {
    match format {
        TimeFormat::Unix => json!(seconds),
        TimeFormat::UnixMs => json!(seconds * 1000),
        TimeFormat::Rfc3339 => {
            let time = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            json!(humantime::format_rfc3339_seconds(time).to_string())
        }
    }
}

pub(super) fn granted(world: &World, grant: GrantId, token: &str) -> Vec<String> {
    let sets = &world.grant(grant).scopes;
    let of_token: Vec<_> = sets.iter().filter(|(set, _)| set == token).collect();
    let own = if of_token.is_empty() {
        sets.iter().collect()
    } else {
        of_token
    };
    own.into_iter()
        .flat_map(|(_, scopes)| scopes.clone())
        .collect()
}

/// Seconds; none where the token does not end.
fn lifetime(plan: &Plan, reading: &Reading, body: &Value) -> Option<u64> {
    let told = reading.expires_in.as_ref().and_then(|(path, unit)| {
        let count = at(body, path);
        let count = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
        Some(count.saturating_mul(*unit) / 1000)
    });
    let tells = reading.expires_in.is_some() || reading.expires_at.is_some();
    let expires = plan
        .token(&reading.token)
        .is_some_and(|token| token.expires);
    told.or(reading.documented_lifetime)
        .or_else(|| (tells && expires).then_some(LIVES))
}

fn tell_lifetime(world: &World, reading: &Reading, lives: u64, body: &mut Value) {
    if let Some((path, unit)) = &reading.expires_in {
        put_number(body, path, lives.saturating_mul(1000) / (*unit).max(1));
    }
    if let Some((path, format)) = &reading.expires_at {
        put(body, path, written(*format, world.told().as_secs() + lives));
    }
}

/// An ID token without a signature: whoever gets it from the token endpoint need not check one.
fn id_token(world: &World, call: &Call, grant: GrantId) -> String {
    let mut claims = json!({ "sub": "simulated-user" });
    for field in call
        .fields
        .iter()
        .filter(|field| field.from == FieldSource::IdToken)
    {
        put(&mut claims, &field.path, plausible(field));
    }
    if let Some(nonce) = &world.grant(grant).nonce {
        put(&mut claims, &["nonce".to_owned()], json!(nonce));
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(&claims))
}

fn remove_token(body: &mut Value, reading: &Reading) {
    let mut paths = vec![&reading.access_token];
    paths.extend(&reading.refresh_token);
    paths.extend(reading.expires_in.as_ref().map(|(path, _)| path));
    paths.extend(reading.expires_at.as_ref().map(|(path, _)| path));
    if let Some((GrantedScopes::Member(path), _)) = &reading.scope {
        paths.push(path);
    }
    for path in paths {
        remove(body, path);
    }
    // Its type goes with it (RFC 6749 §5.1).
    if let Some((_, above)) = reading.access_token.split_last() {
        let beside = above.iter().cloned().chain(["token_type".to_owned()]);
        remove(body, &beside.collect::<Vec<_>>());
    }
}
