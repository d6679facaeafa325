//! Answers in the provider's shapes: its examples', with what is new written over, or what the Plan says of them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::calls::rotates;
use super::faults::Fault;
use super::received::text;
use super::world::{GrantId, Issued, Kind, World};
use crate::emit::outcome::at;
use crate::plan::example::Response;
use crate::plan::token::{ErrorClass, GrantedScopes, TimeFormat};
use crate::plan::{
    Call, CallKind, Field, FieldKind, FieldSource, Plan, Reading, ResponseFormat, Success,
};

type Answer = http::Response<Vec<u8>>;

/// A token lives so long where neither the spec nor an example says it.
const LIVES: u64 = 60 * 60;

/// Why the simulator refuses a request, in words: stands in the extensions of its answer, since a provider's own
/// answer seldom says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

/// Why a call is refused.
pub(super) struct Refusal {
    /// The standard's code (RFC 6749 §5.2, RFC 6750 §3.1).
    code: &'static str,
    /// What a code of the provider's own for it has in its name.
    hint: &'static str,
    words: String,
}

impl Refusal {
    pub(super) fn request(words: &str) -> Refusal {
        Refusal::new("invalid_request", "invalid_request", words)
    }

    pub(super) fn client() -> Refusal {
        let words = "the client does not show itself as it must";
        Refusal::new("invalid_client", "client", words)
    }

    pub(super) fn grant(words: &str) -> Refusal {
        Refusal::new("invalid_grant", "invalid_grant", words)
    }

    pub(super) fn redirect_uri() -> Refusal {
        let words = "the redirect URI is not that of the login";
        Refusal::new("invalid_grant", "redirect_uri_mismatch", words)
    }

    pub(super) fn token() -> Refusal {
        let words = "the access token is not one that lives";
        Refusal::new("invalid_token", "invalid_token", words)
    }

    fn new(code: &'static str, hint: &'static str, words: &str) -> Refusal {
        let words = words.to_owned();
        Refusal { code, hint, words }
    }

    /// Whether a code of the provider's own, of that class, is what it says to this.
    fn is_said_by(&self, code: &str, class: &str) -> bool {
        let standard = ErrorClass::of_standard(self.code).map(ErrorClass::word);
        // What is dead needs a login, by whatever code; what else is wrong is told apart by its name.
        code == self.code
            || code.contains(self.hint)
            || (standard == Some(ErrorClass::Login.word())
                && standard == Some(class)
                && self.hint == self.code)
    }
}

/// An answer in words.
pub(super) fn plain(status: u16, words: &str) -> Answer {
    written(status, "text/plain", words.to_owned())
}

/// A page for people, where a program asked.
pub(super) fn page(html: &str) -> Answer {
    written(200, "text/html", html.to_owned())
}

fn written(status: u16, media_type: &'static str, body: String) -> Answer {
    let mut answer = http::Response::new(body.into_bytes());
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    let media_type = http::HeaderValue::from_static(media_type);
    answer
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, media_type);
    answer
}

/// The provider's own refusal of that meaning, where an example shows it; else one as its spec describes it.
pub(super) fn refused(plan: &Plan, call: &Call, refusal: &Refusal) -> Answer {
    let mut answer = refusing(plan, call, refusal);
    let why = Refused(refusal.words.clone());
    answer.extensions_mut().insert(why);
    answer
}

fn refusing(plan: &Plan, call: &Call, refusal: &Refusal) -> Answer {
    let refusals = || examples(plan, call).filter_map(|(response, error)| Some((response, error?)));
    let same = refusals().find(|(_, (code, class))| {
        code.as_deref()
            .is_some_and(|code| refusal.is_said_by(code, class))
    });
    if let Some((response, _)) = same {
        return shown(call, response);
    }
    let known = plan.errors.iter().find(|known| {
        let here = known.call.as_ref().is_none_or(|own| *own == call.path);
        here && refusal.is_said_by(&known.code, known.class.word())
    });
    let code = known.map_or(refusal.code, |known| known.code.as_str());
    let mut body = Value::Object(Map::new());
    let standard = || vec!["error".to_owned()];
    put(
        &mut body,
        &call.error.clone().unwrap_or_else(standard),
        json!(code),
    );
    if let Some(path) = &call.error_description {
        put(&mut body, path, json!(refusal.words));
    }
    for (path, expected) in &call.success {
        if *expected == Success::True {
            put(&mut body, path, json!(false));
        }
    }
    // A provider that refuses within a success does so each time.
    let within_success = refusals().any(|(response, _)| (200..300).contains(&response.status));
    let status = match refusal.code {
        _ if within_success => 200,
        "invalid_client" | "invalid_token" => 401,
        _ => 400,
    };
    encoded(status, ResponseFormat::Json, &body)
}

/// A success that has nothing to tell.
pub(super) fn done(plan: &Plan, call: &Call) -> Answer {
    let success = examples(plan, call).find(|(_, error)| error.is_none());
    match success {
        Some((response, _)) => shown(call, response),
        None => encoded(200, call.response, &begun(plan, call)),
    }
}

/// The tokens of a grant, new ones each time. `sent` is the refresh token that a refresh was made with.
pub(super) fn tokens(
    world: &mut World,
    plan: &Plan,
    call: &Call,
    grant: GrantId,
    sent: Option<&str>,
) -> Answer {
    let mut body = begun(plan, call);
    for reading in call.readings.iter().filter(|reading| !reading.prolonged) {
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
    encoded(200, call.response, &body)
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
    let id = &plan.identity.id;
    let access_token = world.draw(&format!("{id}-access"));
    let own = |kind, ends| Issued {
        grant,
        token: reading.token.clone(),
        kind,
        ends,
        spent: None,
        successor: None,
    };
    let ends = lives.map(|lives| world.now + Duration::from_secs(lives));
    world
        .tokens
        .insert(access_token.clone(), own(Kind::Access, ends));
    put(body, &reading.access_token, json!(access_token));
    if let Some(lives) = lives {
        tell_lifetime(world, reading, lives, body);
    }
    if let Some(path) = &reading.refresh_token {
        match renewed(world, plan, call, grant, reading, sent) {
            Some(refresh_token) => {
                world
                    .tokens
                    .entry(refresh_token.clone())
                    .or_insert_with(|| own(Kind::Refresh, None));
                put(body, path, json!(refresh_token));
            }
            None => remove(body, path),
        }
    }
    if let Some((GrantedScopes::Member(path), separators)) = &reading.scope {
        let scopes = granted(world, grant, &reading.token);
        let separator = separators.first().map_or(" ", String::as_str);
        let as_list = at(body, path).is_array();
        put(
            body,
            path,
            if as_list {
                json!(scopes)
            } else {
                json!(scopes.join(separator))
            },
        );
    }
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

fn granted(world: &World, grant: GrantId, token: &str) -> Vec<String> {
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
        let count = lives.saturating_mul(1000) / (*unit).max(1);
        let in_quotes = at(body, path).is_string();
        put(
            body,
            path,
            if in_quotes {
                json!(count.to_string())
            } else {
                json!(count)
            },
        );
    }
    if let Some((path, format)) = &reading.expires_at {
        let end = world.told().as_secs() + lives;
        put(
            body,
            path,
            match format {
                TimeFormat::Unix => json!(end),
                TimeFormat::UnixMs => json!(end * 1000),
                TimeFormat::Rfc3339 => {
                    let end = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(end);
                    json!(humantime::format_rfc3339_seconds(end).to_string())
                }
            },
        );
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

/// A value of a field that no example shows.
pub(super) fn plausible(field: &Field) -> Value {
    match &field.kind {
        FieldKind::Integer => json!(1),
        FieldKind::Boolean => json!(false),
        FieldKind::Text | FieldKind::Secret => json!(format!("simulated-{}", field.name)),
        FieldKind::Checked(form) => json!(form.sample()),
    }
}

/// The body of the call's own example, or as much of one as its success must show.
fn begun(plan: &Plan, call: &Call) -> Value {
    let success = examples(plan, call).find(|(_, error)| error.is_none());
    let mut body = success.and_then(|(response, _)| decoded(call.response, &response.body));
    let body = body.get_or_insert_with(|| Value::Object(Map::new()));
    for (path, expected) in &call.success {
        match expected {
            Success::Absent => remove(body, path),
            Success::True => put(body, path, json!(true)),
            Success::Number(number) => put(body, path, json!(number)),
            Success::Text(text) => put(body, path, json!(text)),
        }
    }
    body.take()
}

type Error = (Option<String>, String);

/// The answers that the spec shows of a call, each with its refusal.
fn examples<'p>(
    plan: &'p Plan,
    call: &'p Call,
) -> impl Iterator<Item = (&'p Response, Option<&'p Error>)> {
    let own = plan.examples.iter().filter(|example| {
        let about = plan.call_of(example);
        about.is_some_and(|about| (&about.path, &about.of_token) == (&call.path, &call.of_token))
    });
    own.filter_map(|example| Some((example.response.as_ref()?, example.expected.error.as_ref())))
}

fn shown(call: &Call, response: &Response) -> Answer {
    let mut answer = written(
        response.status,
        media_type(call.response),
        response.body.clone(),
    );
    for (name, value) in &response.headers {
        let name = http::HeaderName::try_from(name.as_str());
        let value = http::HeaderValue::try_from(value.as_str());
        if let (Ok(name), Ok(value)) = (name, value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn media_type(format: ResponseFormat) -> &'static str {
    match format {
        ResponseFormat::Json => "application/json",
        ResponseFormat::Form => "application/x-www-form-urlencoded",
        ResponseFormat::Text => "text/plain",
    }
}

fn decoded(format: ResponseFormat, body: &str) -> Option<Value> {
    match format {
        ResponseFormat::Json => serde_json::from_str(body).ok(),
        ResponseFormat::Form => {
            let pairs = form_urlencoded::parse(body.trim().as_bytes()).into_owned();
            Some(Value::Object(
                pairs.map(|(name, value)| (name, json!(value))).collect(),
            ))
        }
        ResponseFormat::Text => None,
    }
}

fn encoded(status: u16, format: ResponseFormat, body: &Value) -> Answer {
    let members = || body.as_object().into_iter().flatten();
    let written_out = match format {
        ResponseFormat::Json => body.to_string(),
        ResponseFormat::Form => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            members().for_each(|(name, value)| {
                form.append_pair(name, &text(value));
            });
            form.finish()
        }
        ResponseFormat::Text => members()
            .next()
            .map_or_else(String::new, |(_, value)| text(value)),
    };
    written(status, media_type(format), written_out)
}

/// Writes a value at a path; objects come into being along it.
fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((name, further)) = path.split_first() else {
        *body = value;
        return;
    };
    if let Value::Array(list) = body {
        if let Some(element) = name
            .parse()
            .ok()
            .and_then(|index: usize| list.get_mut(index))
        {
            put(element, further, value);
        }
        return;
    }
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    if let Value::Object(members) = body {
        put(members.entry(name).or_insert(Value::Null), further, value);
    }
}

fn remove(body: &mut Value, path: &[String]) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let holder = above
        .iter()
        .try_fold(body, |value, name| value.get_mut(name));
    if let Some(Value::Object(members)) = holder {
        members.remove(name);
    }
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
}
