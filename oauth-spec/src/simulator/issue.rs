//! The tokens of a grant: their lifetimes, the values that come with them, and their paths in a response.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::answers::{begun, encoded};
use super::authorize::defaults;
use super::faults::Fault;
use super::grants::{refresh_end, rotates};
use super::received::text;
use super::world::{GrantId, Issued, Kind, World};

use crate::interpret::members::{at, plausible, put, remove, unsigned};
use crate::interpret::wire::{self, Given};
use crate::plan::token::{GrantedScopes, TimeFormat};
use crate::plan::{Call, CallKind, FieldSource, Login, Plan, Reading, ResponseFormat, Source};

type Answer = http::Response<Vec<u8>>;

/// The lifetime of an ID token, in seconds. The simulator's clock does not advance by itself, and clients compare with
/// their own.
const CENTURY: u64 = 100 * 365 * 86400;

/// The lifetime of a token, in seconds, if neither the spec nor an example has one.
const LIVES: u64 = 60 * 60;

/// Issues new tokens of a grant. `sent` is the token that the call sends.
pub(super) fn tokens(
    world: &mut World,
    plan: &Plan,
    call: &Call,
    grant: GrantId,
    sent: Option<&str>,
) -> Answer {
    let mut body = begun(plan, call);
    // RFC 6749 §5.1 requires it in every response. A provider whose example lacks it omits it.
    let is_bare = body.as_object().is_some_and(Map::is_empty);
    if is_bare
        && call.response != ResponseFormat::Text
        && call.readings.iter().any(|reading| !reading.prolonged)
    {
        put(&mut body, &["token_type".to_owned()], json!("Bearer"));
    }
    for reading in &call.readings {
        if reading.prolonged {
            prolong(world, plan, reading, sent, &body);
            continue;
        }
        let issuing = Issuing {
            plan,
            call,
            grant,
            reading,
            sent,
        };
        match is_granted(world, plan, grant, reading) {
            true => issuing.issue(world, &mut body),
            false => remove_token(&mut body, reading),
        }
    }
    // The example contains the entries of a list.
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

/// Writes a member that a later call sends: the issued token at the path, or a new value of the example's type.
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

/// Extends the token that the call sends by the lifetime of a new one.
fn prolong(world: &mut World, plan: &Plan, reading: &Reading, sent: Option<&str>, body: &Value) {
    let lives = lifetime(plan, reading, body);
    let ends = lives.map(|lives| world.now + Duration::from_secs(lives));
    if let Some(issued) = sent.and_then(|sent| world.tokens.get_mut(sent)) {
        issued.ends = ends;
    }
}

/// Returns whether the response contains a token. An optional token with a scope set requires a grant of that set.
fn is_granted(world: &World, plan: &Plan, grant: GrantId, reading: &Reading) -> bool {
    let has_set = plan.scope_sets.iter().any(|set| set.name == reading.token);
    let mut granted = world.grant(grant).scopes.iter();
    let asked = granted.any(|(set, scopes)| *set == reading.token && !scopes.is_empty());
    !(reading.optional && has_set) || asked
}

/// The context of a token in a response.
struct Issuing<'p> {
    plan: &'p Plan,
    call: &'p Call,
    grant: GrantId,
    reading: &'p Reading,
    /// The token that the call sends.
    sent: Option<&'p str>,
}

impl Issuing<'_> {
    fn issue(&self, world: &mut World, body: &mut Value) {
        let reading = self.reading;
        let lives = lifetime(self.plan, reading, body);
        let drawn = world.draw(&format!("{}-access", self.plan.identity.id));
        let access_token = with_claims(world, self.plan, &drawn).unwrap_or(drawn);
        let ends = lives.map(|lives| world.now + Duration::from_secs(lives));
        let own = self.issued(world, Kind::Access, ends);
        world.tokens.insert(access_token.clone(), own);
        put(body, &reading.access_token, json!(access_token));
        if reading.access_token.is_empty() {
            // The whole body is the token.
            return;
        }
        if let Some(lives) = lives {
            tell_lifetime(world, reading, lives, body);
        }
        self.issue_refresh_token(world, body, &access_token);
        self.end_earlier(world, &access_token);
        self.keep_newest(world);
        tell_scopes(world, self.plan, self.grant, reading, body);
        if let Some(path) = &reading.id_token {
            let scopes = granted(world, self.grant, &reading.token);
            // A field that every login has may be in an ID token although the provider has no scope for it.
            let mut fields = self.call.fields.iter();
            let is_certain =
                fields.any(|field| field.from == FieldSource::IdToken && !field.optional);
            let mut known = self.plan.scope_sets.iter().flat_map(|set| &set.known);
            let is_unasked = is_certain && !known.any(|scope| scope.id == "openid");
            match is_unasked || scopes.iter().any(|scope| scope == "openid") {
                true => put(
                    body,
                    path,
                    json!(id_token(world, self.plan, self.call, self.grant)),
                ),
                false => remove(body, path),
            }
        }
    }

    /// Ends the access tokens that were issued before, if the provider does so at a renewal.
    fn end_earlier(&self, world: &mut World, newest: &str) {
        let policy = self
            .plan
            .token(&self.reading.token)
            .map(|token| &token.policy);
        let renews = matches!(self.call.kind, CallKind::Refresh | CallKind::Renew);
        if !renews || !policy.is_some_and(|policy| policy.ends_access_token) {
            return;
        }
        let now = world.now;
        for (text, issued) in &mut world.tokens {
            let is_earlier = issued.kind == Kind::Access && text != newest;
            if is_earlier && issued.grant == self.grant && issued.token == self.reading.token {
                issued.ends = Some(now);
            }
        }
    }

    fn issue_refresh_token(&self, world: &mut World, body: &mut Value, access_token: &str) {
        let Some(path) = &self.reading.refresh_token else {
            return;
        };
        if !self.gives_refresh_token(world) {
            remove(body, path);
            if let Some((path, _)) = &self.reading.refresh_token_expires_in {
                remove(body, path);
            }
            return;
        }
        let refresh_token = world.draw(&format!("{}-refresh", self.plan.identity.id));
        // If the provider rotates refresh tokens, a refresh consumes the one that it sends.
        if let (CallKind::Refresh, Some(sent)) = (self.call.kind, self.sent) {
            world.spend(sent, &refresh_token);
        }
        let ends = self.refresh_ends(world, body);
        let own = Issued {
            beside: Some(access_token.to_owned()),
            ..self.issued(world, Kind::Refresh, ends)
        };
        world.tokens.insert(refresh_token.clone(), own);
        put(body, path, json!(refresh_token));
        tell_refresh_end(world, self.reading, ends, body);
    }

    fn gives_refresh_token(&self, world: &World) -> bool {
        let token = self.plan.token(&self.reading.token);
        let refreshes = token.is_some_and(|token| token.refreshes);
        match self.call.kind {
            CallKind::Exchange => refreshes && world.grant(self.grant).offline,
            CallKind::Refresh => {
                let stopped = world.in_force == Some(Fault::NoRefreshToken);
                rotates(self.plan, &self.reading.token) && !stopped
            }
            CallKind::Further => refreshes,
            _ => false,
        }
    }

    /// Returns when a refresh token that is issued now expires, by its policy or by the lifetime in the response.
    fn refresh_ends(&self, world: &World, body: &Value) -> Option<Duration> {
        let token = self.plan.token(&self.reading.token)?;
        let began = world.grant(self.grant).began;
        let told = || {
            let (path, unit) = self.reading.refresh_token_expires_in.as_ref()?;
            let count = number_at(body, path)?;
            let is_endless = i64::try_from(count).ok() == self.reading.refresh_token_endless;
            let lives = Duration::from_millis(count.saturating_mul(*unit));
            (!is_endless).then(|| world.now.saturating_add(lives))
        };
        refresh_end(&token.policy, world.now, began).or_else(told)
    }

    fn issued(&self, world: &World, kind: Kind, ends: Option<Duration>) -> Issued {
        Issued {
            ends,
            ..Issued::new(self.grant, &self.reading.token, kind, world.now)
        }
    }

    /// Ends the oldest tokens if there are more than may be active at once. No response reports this.
    fn keep_newest(&self, world: &mut World) {
        let (grant, token) = (self.grant, &self.reading.token);
        let Some(policy) = self.plan.token(token).map(|token| &token.policy) else {
            return;
        };
        let most = |count: Option<i64>| usize::try_from(count?).ok();
        let client = world.grant(grant).client;
        if let Some(most) = most(policy.max_live) {
            world.keep_newest(most, |world, issued| {
                let is_its = world.grant(issued.grant).client == client;
                issued.kind == Kind::Refresh && issued.token == *token && is_its
            });
        }
        if let Some(most) = most(policy.max_access_tokens) {
            world.keep_newest(most, |_, issued| {
                issued.kind == Kind::Access && issued.token == *token && issued.grant == grant
            });
        }
    }
}

fn tell_scopes(world: &World, plan: &Plan, grant: GrantId, reading: &Reading, body: &mut Value) {
    if let Some((GrantedScopes::Member(path), separators)) = &reading.scope {
        let mut scopes = granted(world, grant, &reading.token);
        let left_out = |scope: &String| {
            let mut sets = plan.scope_sets.iter();
            sets.any(|set| set.unreported.contains(scope))
        };
        scopes.retain(|scope| !left_out(scope));
        let separator = separators.first().map_or(" ", String::as_str);
        let stands = at(body, path);
        let value = match stands.is_array() {
            true => json!(scopes),
            false => json!(scopes.join(separator)),
        };
        // An empty list of scopes is omitted, unless the provider's example contains the member.
        if !(scopes.is_empty() && stands.is_null()) {
            put(body, path, value);
        }
    }
}

fn tell_refresh_end(world: &World, reading: &Reading, ends: Option<Duration>, body: &mut Value) {
    let Some(ends) = ends else { return };
    if let Some((path, unit)) = &reading.refresh_token_expires_in {
        let left = ends.saturating_sub(world.now).as_secs();
        put_number(body, path, left.saturating_mul(1000) / (*unit).max(1));
    }
    if let Some((path, format)) = &reading.refresh_token_expires_at {
        put(body, path, written(*format, ends.as_secs()));
    }
}

/// Returns the number at a path, or the number in a text there.
fn number_at(body: &Value, path: &[String]) -> Option<u64> {
    let stands = at(body, path);
    stands.as_u64().or_else(|| stands.as_str()?.parse().ok())
}

/// Writes a number at a path, in quotes if the value there is a text.
fn put_number(body: &mut Value, path: &[String], number: u64) {
    let value = match at(body, path).is_string() {
        true => json!(number.to_string()),
        false => json!(number),
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

/// Returns the lifetime of a token in seconds, or `None` if the token does not expire.
fn lifetime(plan: &Plan, reading: &Reading, body: &Value) -> Option<u64> {
    let count = reading.expires_in.as_ref().and_then(|(path, unit)| {
        let count = number_at(body, path)?;
        Some((count, count.saturating_mul(*unit) / 1000))
    });
    // This number means that the token does not expire.
    let is_endless = |(count, _): &(u64, u64)| i64::try_from(*count).ok() == reading.endless;
    if count.as_ref().is_some_and(is_endless) {
        return None;
    }
    let told = count.map(|(_, seconds)| seconds);
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

/// Returns an ID token without a signature. A client that receives it from the token endpoint need not verify one.
fn id_token(world: &World, plan: &Plan, call: &Call, grant: GrantId) -> String {
    let now = world.told().as_secs();
    let client = &world.client(world.grant(grant).client).id;
    let mut claims = json!({
        "sub": "simulated-user",
        "aud": client,
        "iat": now,
        "exp": now + CENTURY,
    });
    for field in call
        .fields
        .iter()
        .filter(|field| field.from == FieldSource::IdToken)
    {
        put(&mut claims, &field.path, plausible(field));
    }
    if let Some(issuer) = issuer(plan, &world.grant(grant).bound) {
        put(&mut claims, &["iss".to_owned()], json!(issuer));
    }
    if let Some(nonce) = &world.grant(grant).nonce {
        put(&mut claims, &["nonce".to_owned()], json!(nonce));
    }
    unsigned(&claims)
}

/// Returns an access token that is a JWT without a signature, if the spec reads claims of access tokens (RFC 9068).
fn with_claims(world: &World, plan: &Plan, id: &str) -> Option<String> {
    let fields = plan.calls.iter().flat_map(|call| &call.fields);
    let read: Vec<_> = fields
        .filter(|field| field.from == FieldSource::AccessToken)
        .collect();
    if read.is_empty() {
        return None;
    }
    let now = world.told().as_secs();
    let mut claims = json!({ "jti": id, "iat": now, "exp": now + CENTURY });
    for field in read {
        put(&mut claims, &field.path, plausible(field));
    }
    Some(unsigned(&claims))
}

/// Returns the name of the authorization server, if the spec states it for callbacks (RFC 9207).
fn issuer(plan: &Plan, bound: &[(Source, String)]) -> Option<String> {
    let mut stated = plan.login.iter().flat_map(Login::verify_early);
    let verify = stated.find(|verify| verify.name == "iss")?;
    let known = bound.iter().cloned().chain(defaults(plan));
    let given = Given::of(known.collect());
    Some(wire::template(plan, &verify.value, &given))
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
    // The token type belongs to the access token (RFC 6749 §5.1).
    if let Some((_, above)) = reading.access_token.split_last() {
        let beside = above.iter().cloned().chain(["token_type".to_owned()]);
        remove(body, &beside.collect::<Vec<_>>());
    }
}
