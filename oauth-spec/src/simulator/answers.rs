//! Responses in the provider's shapes: the spec's examples with new values, or responses that the Plan describes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::issue::granted;
use super::received::text;
use super::refusal::{Refusal, Refused};
use super::world::{Issued, World};
use crate::interpret::members::{at, plausible, put, remove, succeeding, unsigned};
use crate::plan::example::Response;
use crate::plan::token::ErrorClass;
use crate::plan::{Call, CallId, ErrorCode, KnownError, Plan, ResponseFormat, Success};

type Answer = http::Response<Vec<u8>>;

/// Returns a plain-text response.
pub(super) fn plain(status: u16, words: &str) -> Answer {
    written(status, "text/plain", words.to_owned())
}

/// Returns an HTML page instead of the response that a program expects.
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

/// Returns the error response of an example with that meaning. Without an example, it builds one from the spec.
pub(super) fn refused(plan: &Plan, call: &Call, refusal: &Refusal) -> Answer {
    let mut answer = refusing(plan, call, refusal);
    let why = Refused(refusal.words().to_owned());
    answer.extensions_mut().insert(why);
    answer
}

/// Returns the spec's code for the reason to reject a request to the API or to the authorization endpoint, or the
/// standard's code.
pub(super) fn code<'p>(plan: &'p Plan, place: &CallId, refusal: &Refusal) -> &'p str {
    let rows = || {
        let named = |known: &&KnownError| !known.is_conditional() && known.code.status().is_none();
        plan.errors.iter().filter(named)
    };
    let own = rows().filter(|known| known.call.as_ref() == Some(place));
    let mut own = own.filter(|known| refusal.is_of_class(known.class));
    let general = || rows().filter(|known| known.call.is_none());
    let is_standard = |known: &&KnownError| known.code.name() == Some(refusal.standard());
    let known = own
        .find(|known| refusal.is_said_by(&known.code, known.class) || refusal.is_denial())
        .or_else(|| general().find(is_standard))
        .or_else(|| general().find(|known| refusal.is_said_by(&known.code, known.class)));
    let code = known.and_then(|known| known.code.name());
    code.unwrap_or(refusal.standard())
}

fn refusing(plan: &Plan, call: &Call, refusal: &Refusal) -> Answer {
    let refusals = || examples(plan, call).filter_map(|(response, error)| Some((response, error?)));
    let same = refusals().find(|(_, (code, class))| {
        // A temporary error does not describe something that is no longer valid.
        let passes = matches!(class.as_str(), "retry" | "limit");
        let code = code.as_deref().filter(|_| !passes).map(ErrorCode::parse);
        let class = ErrorClass::of(class);
        code.zip(class)
            .is_some_and(|(code, class)| refusal.is_said_by(&code, class))
    });
    if let Some((response, _)) = same {
        return shown(call, response);
    }
    let code = code(plan, &call.id, refusal);
    let mut body = Value::Object(Map::new());
    let standard = || vec!["error".to_owned()];
    put(
        &mut body,
        &call.error.first().cloned().unwrap_or_else(standard),
        json!(code),
    );
    if let Some(path) = call.error_description.first() {
        put(&mut body, path, json!(refusal.words()));
    }
    for (path, expected) in &call.success {
        if *expected == Success::True {
            put(&mut body, path, json!(false));
        }
    }
    // A provider that sends error responses with a success status always does so.
    let mut statuses = refusals().map(|(response, _)| response.status).peekable();
    let within_success = match statuses.peek() {
        Some(_) => statuses.any(|status| (200..300).contains(&status)),
        None => !call.success.is_empty(),
    };
    let by_status = plan.errors.iter().find_map(|known| {
        let here = known.call.as_ref().is_none_or(|own| *own == call.id);
        let says_it = here && refusal.is_said_by(&known.code, known.class);
        known.code.status().filter(|_| says_it)
    });
    let status = match refusal.standard() {
        _ if within_success => 200,
        _ if by_status.is_some() => by_status.unwrap_or(400),
        "invalid_client" | "invalid_token" => 401,
        "insufficient_scope" => 403,
        _ => 400,
    };
    encoded(status, ResponseFormat::Json, &body)
}

/// Returns the introspection response: whether a token is active, and until when (RFC 7662 §2.2).
pub(super) fn introspected(
    world: &World,
    plan: &Plan,
    call: &Call,
    issued: Option<&Issued>,
) -> Answer {
    let mut body = match issued {
        Some(_) => begun(plan, call),
        None => Value::Object(Map::new()),
    };
    for field in call.own_fields() {
        let client = issued.map(|issued| world.client(world.grant(issued.grant).client));
        let value = match (&*field.name, issued) {
            ("active", _) => Some(json!(issued.is_some())),
            ("exp", Some(issued)) => issued.ends.map(|ends| json!(ends.as_secs())),
            ("scope", Some(issued)) => {
                Some(json!(granted(world, issued.grant, &issued.token).join(" ")))
            }
            ("client_id", _) => client.map(|client| json!(client.id)),
            _ => continue,
        };
        match value {
            Some(value) => put(&mut body, &field.path, value),
            None => remove(&mut body, &field.path),
        }
    }
    encoded(200, call.response, &body)
}

/// Returns a success without values.
pub(super) fn done(plan: &Plan, call: &Call) -> Answer {
    let success = examples(plan, call).find(|(_, error)| error.is_none());
    match success {
        Some((response, _)) => shown(call, response),
        None => encoded(200, call.response, &begun(plan, call)),
    }
}

/// Adds the members that other calls read from the same response.
pub(super) fn with_members_of(
    world: &mut World,
    plan: &Plan,
    others: &[&Call],
    answer: Answer,
) -> Answer {
    let body = serde_json::from_slice(answer.body());
    let (Ok(mut body), true) = (body, answer.status().is_success()) else {
        return answer;
    };
    for call in others {
        let own = begun(plan, call);
        for field in call.own_fields().filter(|field| !field.optional) {
            let missing = at(&body, &field.path).is_null();
            let value = match at(&own, &field.path) {
                Value::Null => plausible(field),
                value => value.clone(),
            };
            if missing {
                put(&mut body, &field.path, value);
            }
        }
        for path in call.carried.iter().filter(|_| call.selection.is_none()) {
            if at(&body, path).is_null() {
                let value = world.draw(&format!("{}-member", plan.identity.id));
                put(&mut body, path, json!(value));
            }
        }
    }
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(http::header::CONTENT_LENGTH);
    http::Response::from_parts(parts, body.to_string().into_bytes())
}

/// Returns the body of the call's example, or a body with only the members that a success must have.
pub(super) fn begun(plan: &Plan, call: &Call) -> Value {
    let success = examples(plan, call).find(|(_, error)| error.is_none());
    let mut body = success.and_then(|(response, _)| decoded(call.response, &response.body));
    let body = body.get_or_insert_with(|| Value::Object(Map::new()));
    succeeding(body, &call.success);
    body.take()
}

type Error = (Option<String>, String);

/// Returns the example responses of a call, each with the error that the example expects.
fn examples<'p>(
    plan: &'p Plan,
    call: &'p Call,
) -> impl Iterator<Item = (&'p Response, Option<&'p Error>)> {
    let own = plan.examples.iter().filter(|example| {
        let about = plan.call_of(example);
        about.is_some_and(|about| (&about.id, &about.of_token) == (&call.id, &call.of_token))
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
        ResponseFormat::Json | ResponseFormat::JsonOrForm => "application/json",
        ResponseFormat::Form => "application/x-www-form-urlencoded",
        ResponseFormat::Text => "text/plain",
        ResponseFormat::Jwt => "application/jwt",
    }
}

fn decoded(format: ResponseFormat, body: &str) -> Option<Value> {
    match format {
        ResponseFormat::Json => serde_json::from_str(body).ok(),
        ResponseFormat::JsonOrForm => {
            decoded(ResponseFormat::Json, body).or_else(|| decoded(ResponseFormat::Form, body))
        }
        ResponseFormat::Form => {
            let pairs = form_urlencoded::parse(body.trim().as_bytes()).into_owned();
            Some(Value::Object(
                pairs.map(|(name, value)| (name, json!(value))).collect(),
            ))
        }
        ResponseFormat::Jwt => {
            let claims = body.split('.').nth(1)?;
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
        }
        ResponseFormat::Text => None,
    }
}

pub(super) fn encoded(status: u16, format: ResponseFormat, body: &Value) -> Answer {
    let members = || body.as_object().into_iter().flatten();
    let written_out = match format {
        ResponseFormat::Json | ResponseFormat::JsonOrForm => body.to_string(),
        ResponseFormat::Form => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            members().for_each(|(name, value)| {
                form.append_pair(name, &text(value));
            });
            form.finish()
        }
        ResponseFormat::Jwt => unsigned(body),
        ResponseFormat::Text => match body {
            Value::String(text) => text.clone(),
            _ => members()
                .next()
                .map_or_else(String::new, |(_, value)| text(value)),
        },
    };
    written(status, media_type(format), written_out)
}
