//! Examples that a Plan makes from itself, with placeholder values. They show what the spec says, and are no evidence for it.

use serde_json::{Map, Value, json};

use super::members::{plausible, put, remove, succeeding, unsigned};
use super::{examples, outcome, wire};
use crate::plan::example::Response;
use crate::plan::token::{ErrorClass, GrantedScopes, Rotation, TimeFormat};
use crate::plan::{
    Argument, Call, CallKind, ErrorCode, Example, ExampleSubject, Expectation, Field, FieldKind,
    FieldSource, Form, Login, Plan, Reading, ResponseFormat, ScopeSet, Source, Token,
};
use crate::syntax::shapes::{Given, Lifetime, Time};

/// What no example of a Plan shows.
#[derive(Clone, Copy, Debug)]
pub enum Missing<'p> {
    /// The authorization request.
    Login,
    /// A call, with a response that is a success.
    Call(&'p Call),
    /// An error response to this call. One for all calls is enough.
    Refusal(&'p Call),
}

/// Returns what no example of a Plan shows.
pub fn missing(plan: &Plan) -> Vec<Missing<'_>> {
    let mut missing = Vec::new();
    let logs_in =
        |example: &Example| example.call == ExampleSubject::Authorize && example.request.is_some();
    if plan.login.is_some() && !plan.examples.iter().any(logs_in) {
        missing.push(Missing::Login);
    }
    let shown = |call: &&Call| {
        !plan
            .examples
            .iter()
            .any(|example| shows(plan, example, call))
    };
    missing.extend(plan.calls.iter().filter(shown).map(Missing::Call));
    let fails = |example: &Example| example.expected.error.is_some() && example.response.is_some();
    let issues = |call: &&Call| {
        matches!(
            call.kind,
            CallKind::Exchange | CallKind::Refresh | CallKind::Renew | CallKind::ClientCredentials
        )
    };
    if !plan.examples.iter().any(fails) {
        missing.extend(plan.calls.iter().find(issues).map(Missing::Refusal));
    }
    missing
}

/// Returns whether an example shows a success of a call.
fn shows(plan: &Plan, example: &Example, call: &Call) -> bool {
    let succeeds = example.expected.error.is_none() && example.response.is_some();
    let own = plan.call_of(example);
    succeeds && own.is_some_and(|own| own.function() == call.function())
}

/// Returns examples of the base that show what no example of a variant shows, and that hold for the variant, too.
pub(crate) fn serving(base: &Plan, variant: &Plan) -> Vec<Example> {
    let missing = missing(variant);
    let serves = |example: &&Example| {
        let is_missing = missing.iter().any(|missing| match missing {
            Missing::Login => example.call == ExampleSubject::Authorize,
            Missing::Call(call) => shows(variant, example, call),
            Missing::Refusal(_) => {
                example.expected.error.is_some() && variant.call_of(example).is_some()
            }
        });
        is_missing && examples::holds(variant, example)
    };
    base.examples.iter().filter(serves).cloned().collect()
}

/// Makes an example from the Plan.
///
/// # Errors
///
/// Returns the reason why the Plan cannot read the response that it describes.
pub fn example(plan: &Plan, missing: Missing<'_>) -> Result<Example, String> {
    let (name, subject) = match missing {
        Missing::Login => ("authorize".to_owned(), ExampleSubject::Authorize),
        Missing::Call(call) => (call.function(), ExampleSubject::Call(call.id.clone())),
        Missing::Refusal(call) => (
            format!("{}, refused", call.function()),
            ExampleSubject::Call(call.id.clone()),
        ),
    };
    let mut example = Example {
        name,
        call: subject,
        token: None,
        environment: None,
        source: None,
        generated: true,
        given: given(plan, missing),
        request: None,
        response: None,
        expected: Expectation::default(),
        inherited: false,
        path: "example".to_owned(),
        position: 0,
    };
    match missing {
        Missing::Login => example.request = examples::request(plan, &example),
        Missing::Call(call) => {
            example.token.clone_from(&call.of_token);
            example.request = examples::request(plan, &example);
            let response = success(plan, call, &example);
            example.expected = outcome::read(plan, call, &response)?;
            let callback = plan.callback_fields().map(|field| field.name.as_str());
            let callback: Vec<&str> = callback.collect();
            let has_callback = call.fields.iter().any(Field::from_callback);
            let given = example.given.iter().filter(|_| has_callback);
            let given = given.filter(|(name, _)| callback.contains(&name.as_str()));
            example.expected.fields.extend(given.cloned());
            example.response = Some(response);
        }
        Missing::Refusal(call) => {
            example.token.clone_from(&call.of_token);
            let response = refusal(plan, call);
            example.expected = outcome::read(plan, call, &response)?;
            if example.expected.error.is_none() {
                return Err("the spec does not tell an error response from a success".to_owned());
            }
            let is_argument = |name: &String| call.arguments.iter().any(|own| own.name == *name);
            let is_list = |value: &Given| matches!(value, Given::List(_));
            example
                .given
                .retain(|(name, value)| is_argument(name) || is_list(value));
            example.response = Some(response);
        }
    }
    Ok(example)
}

/// Returns values for everything that the request needs and that has no standard value.
fn given(plan: &Plan, missing: Missing<'_>) -> Vec<(String, Given)> {
    let (arguments, sources): (&[Argument], Vec<&Source>) = match (missing, &plan.login) {
        (Missing::Login, Some(login)) => {
            let rows = login.parameters.iter().flat_map(|row| row.value.sources());
            (&login.arguments, rows.chain(login.url.sources()).collect())
        }
        (Missing::Call(call) | Missing::Refusal(call), _) => {
            (&call.arguments, call.sources().collect())
        }
        _ => (&[], Vec::new()),
    };
    let mut given: Vec<(String, Given)> = Vec::new();
    let mut add = |name: String, value: Given| {
        if !given.iter().any(|(own, _)| *own == name) {
            given.push((name, value));
        }
    };
    for argument in arguments.iter().filter(|own| !own.may_be_left_out()) {
        let first = argument.one_of.first().cloned();
        let value = first.unwrap_or_else(|| argument.name.clone());
        add(argument.name.clone(), Given::Text(value));
    }
    for source in sources {
        match source {
            Source::Input(name) | Source::InputText(name, _) => {
                if let Some(input) = plan.input(name).filter(|input| input.default.is_none()) {
                    add(name.clone(), of_form(&input.form, input.sample()));
                }
            }
            Source::Field(name) => {
                let mut fields = plan.fields.iter();
                if let Some(field) = fields.find(|field| field.name == *name) {
                    let text = match plausible(field) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    add(name.clone(), Given::Text(text));
                }
            }
            Source::Member(call, path) => {
                let name = format!("{}.{}", call.source(), path.join("."));
                add(name, Given::Text("placeholder".to_owned()));
            }
            _ => {}
        }
    }
    let scopes = plan
        .scope_sets
        .iter()
        .filter(|_| asks_for_scopes(plan, missing));
    for set in scopes {
        let name = match set.name.as_str() {
            "" => "scope",
            own => own,
        };
        let first = set.known.first().map(|scope| scope.id.clone());
        let known: Vec<String> = set.always.first().cloned().or(first).into_iter().collect();
        if !known.is_empty() {
            add(name.to_owned(), Given::List(known));
        }
    }
    // The exchange belongs to a login that requested the ID token.
    if let Missing::Call(call) | Missing::Refusal(call) = missing
        && call.kind == CallKind::Exchange
        && call
            .fields
            .iter()
            .any(|field| field.from == FieldSource::IdToken)
    {
        let openid = "openid".to_owned();
        let asks = |set: &&ScopeSet| set.known.iter().any(|scope| scope.id == openid);
        if let Some(set) = plan.login_scopes().find(asks) {
            let name = if set.name.is_empty() {
                "scope"
            } else {
                &set.name
            };
            add(name.to_owned(), Given::List(vec![openid]));
        }
    }
    if let Missing::Call(call) = missing
        && call.fields.iter().any(Field::from_callback)
    {
        for field in plan.callback_fields() {
            let value = match &field.kind {
                FieldKind::Checked(form) => form.sample(),
                _ => field.name.clone(),
            };
            add(field.name.clone(), Given::Text(value));
        }
    }
    given
}

/// Returns whether the request contains scopes that the caller chooses.
fn asks_for_scopes(plan: &Plan, missing: Missing<'_>) -> bool {
    let is_scopes = |value: &crate::plan::Value| matches!(value, crate::plan::Value::Scopes(_));
    match (missing, &plan.login) {
        (Missing::Login, Some(login)) => login.parameters.iter().any(|row| is_scopes(&row.value)),
        (Missing::Call(call), _) => call.parameters().any(|row| is_scopes(&row.value)),
        _ => false,
    }
}

fn of_form(form: &Form, sample: String) -> Given {
    match form {
        Form::Integer => sample.parse().map_or(Given::Text(sample), Given::Number),
        Form::Boolean => Given::Boolean(sample == "true"),
        _ => Given::Text(sample),
    }
}

/// Returns the response that the Plan describes as a success.
fn success(plan: &Plan, call: &Call, example: &Example) -> Response {
    let mut body = Value::Object(Map::new());
    for reading in &call.readings {
        if !reading.prolonged {
            token(plan, call, reading, example, &mut body);
        } else if let Some((path, unit)) = &reading.expires_in {
            put(&mut body, path, json!(LIFETIME * 1000 / (*unit).max(1)));
        }
    }
    let mut entry = Value::Object(Map::new());
    let own = match &call.selection {
        Some(_) => &mut entry,
        None => &mut body,
    };
    for field in call.own_fields() {
        put(own, &field.path, placeholder(plausible(field)));
    }
    for path in &call.carried {
        put(own, path, json!("placeholder"));
    }
    if let Some(selection) = &call.selection {
        succeeding(&mut entry, &selection.filter);
        if let Some(path) = &selection.label {
            put(&mut entry, path, json!("placeholder"));
        }
        put(&mut body, &selection.each, json!([entry]));
    }
    succeeding(&mut body, &call.success);
    let is_empty = body.as_object().is_some_and(Map::is_empty);
    encoded(200, call.response, &body, is_empty)
}

/// Returns a value whose text says that it is a placeholder.
fn placeholder(value: Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("simulated-", "placeholder-")),
        other => other,
    }
}

/// The lifetime of a token, in seconds.
const LIFETIME: u64 = 3600;

/// A point in time at which tokens expire, in seconds since 1970: noon of the first day of 2030.
const END: u64 = 1_893_499_200;

fn token(plan: &Plan, call: &Call, reading: &Reading, example: &Example, body: &mut Value) {
    // A refresh returns other tokens than those that it sends (the values are from OpenID Connect Core §12.2).
    let standard = |name: &str| match (call.kind, name) {
        (CallKind::Refresh, "access_token") => "TlBN45jURg",
        (CallKind::Refresh, "refresh_token") => "9yNOxJtZa5",
        _ => wire::standard_value(name).unwrap_or_default(),
    };
    let claims = |from: &FieldSource| {
        let own = call.fields.iter().filter(|field| field.from == *from);
        let mut claims = Value::Object(Map::new());
        for field in own {
            put(&mut claims, &field.path, placeholder(plausible(field)));
        }
        claims
    };
    let read = claims(&FieldSource::AccessToken);
    let access_token = match read.as_object().is_some_and(|members| !members.is_empty()) {
        true => unsigned(&read),
        false => standard("access_token").to_owned(),
    };
    put(body, &reading.access_token, json!(access_token));
    if reading.access_token.is_empty() {
        // The whole body is the token.
        return;
    }
    if let Some((_, object)) = reading.access_token.split_last() {
        let path = [object, &["token_type".to_owned()]].concat();
        put(body, &path, json!("Bearer"));
    }
    let documented = plan.token(&reading.token).map(|token| token.lifetime);
    let lifetime = match documented {
        Some(Lifetime::Time(Time::Seconds(seconds))) => seconds,
        _ => LIFETIME,
    };
    if let Some((path, unit)) = &reading.expires_in {
        put(
            body,
            path,
            json!(lifetime.saturating_mul(1000) / (*unit).max(1)),
        );
    }
    let end = |format: TimeFormat| match format {
        TimeFormat::Unix => json!(END),
        TimeFormat::UnixMs => json!(END * 1000),
        TimeFormat::Rfc3339 => json!("2030-01-01T12:00:00Z"),
    };
    if let Some((path, format)) = &reading.expires_at {
        put(body, path, end(*format));
    }
    let of_plan = plan.token(&reading.token);
    let keeps =
        |token: &Token| call.kind == CallKind::Refresh && token.policy.rotation == Rotation::Never;
    if let Some(path) = &reading.refresh_token
        && of_plan.is_some_and(|token| token.refreshes && !keeps(token))
    {
        put(body, path, json!(standard("refresh_token")));
        if let Some((path, unit)) = &reading.refresh_token_expires_in {
            put(body, path, json!(24 * LIFETIME * 1000 / (*unit).max(1)));
        }
        if let Some((path, format)) = &reading.refresh_token_expires_at {
            put(body, path, end(*format));
        }
    }
    if let Some((GrantedScopes::Member(path), separators)) = &reading.scope {
        let own = example.list(&reading.token);
        let scopes = match own.is_empty() {
            true => example.list("scope"),
            false => own,
        };
        let separator = separators.first().map_or(" ", String::as_str);
        match scopes.is_empty() {
            true => remove(body, path),
            false => put(body, path, json!(scopes.join(separator))),
        }
    }
    let mut claims = claims(&FieldSource::IdToken);
    if plan.checks_nonce(call) {
        put(&mut claims, &["nonce".to_owned()], json!(standard("nonce")));
        put(
            &mut claims,
            &["aud".to_owned()],
            json!(standard("client_id")),
        );
        let mut stated = plan.login.iter().flat_map(Login::verify_early);
        if let Some(issuer) = stated.find(|verify| verify.name == "iss") {
            let given = wire::Given::example(plan, example);
            let issuer = wire::template(plan, &issuer.value, &given);
            put(&mut claims, &["iss".to_owned()], json!(issuer));
        }
    }
    let is_read = claims
        .as_object()
        .is_some_and(|members| !members.is_empty());
    if let Some(path) = reading.id_token.as_ref().filter(|_| is_read) {
        put(body, path, json!(unsigned(&claims)));
    }
}

/// Returns an error response: of a code of the spec that ends the grant, or `invalid_grant` (RFC 6749 §5.2).
fn refusal(plan: &Plan, call: &Call) -> Response {
    let here = |own: &Option<crate::plan::CallId>| own.as_ref().is_none_or(|own| *own == call.id);
    let known = plan.errors.iter().find(|error| {
        error.class == ErrorClass::Login
            && here(&error.call)
            && !error.is_conditional()
            && matches!(error.code, ErrorCode::Named(_))
    });
    let code = known.and_then(|known| known.code.name());
    let code = code.unwrap_or("invalid_grant");
    let mut body = Value::Object(Map::new());
    if let Some(path) = call.error.first() {
        let number = code.parse::<i64>().map(|number| json!(number));
        put(&mut body, path, number.unwrap_or_else(|_| json!(code)));
    }
    let format = match call.response {
        ResponseFormat::Form => ResponseFormat::Form,
        _ => ResponseFormat::Json,
    };
    encoded(400, format, &body, false)
}

fn encoded(status: u16, format: ResponseFormat, body: &Value, is_empty: bool) -> Response {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let members = || body.as_object().into_iter().flatten();
    let (media_type, body) = match format {
        _ if is_empty => (None, String::new()),
        ResponseFormat::Json | ResponseFormat::JsonOrForm => {
            let pretty = serde_json::to_string_pretty(body);
            (Some("application/json"), pretty.unwrap_or_default())
        }
        ResponseFormat::Form => {
            let pairs = members()
                .map(|(name, value)| format!("{}={}", wire::form(name), wire::form(&text(value))));
            let pairs: Vec<String> = pairs.collect();
            (Some("application/x-www-form-urlencoded"), pairs.join("&"))
        }
        ResponseFormat::Jwt => (Some("application/jwt"), unsigned(body)),
        ResponseFormat::Text => {
            let first = members().next().map_or(body, |(_, value)| value);
            (Some("text/plain"), text(first))
        }
    };
    let media_type = media_type.map(|own| ("content-type".to_owned(), own.to_owned()));
    Response {
        status,
        headers: media_type.into_iter().collect(),
        body,
    }
}
