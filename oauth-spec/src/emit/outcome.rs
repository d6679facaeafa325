//! What an answer means by the Plan: the tokens and fields, or the refusal. The same judgement that the
//! generated readers make, by other code, so that the two can be held against each other.

use serde_json::Value;

use crate::plan::example::Response;
use crate::plan::token::ErrorClass;
use crate::plan::{Call, Expectation, Field, FieldKind, Plan, Reading, ResponseFormat, Success};
use crate::syntax::shapes::Given;

/// Reads an answer. The error says what the Plan cannot read of it.
pub fn read(plan: &Plan, call: &Call, response: &Response) -> Result<Expectation, String> {
    let succeeded = (200..300).contains(&response.status);
    if succeeded && call.reads_nothing() {
        return Ok(Expectation::default());
    }
    let body = match parse(call.response, &response.body) {
        Some(body) => body,
        None if succeeded => return Err("the body is not in the call's format".to_owned()),
        None => Value::Null,
    };
    let holds = call
        .success
        .iter()
        .all(|(path, expected)| is_met(at(&body, path), expected));
    if !(succeeded && holds) {
        return Ok(refusal(plan, call, response.status, &body));
    }
    let mut outcome = Expectation::default();
    for reading in &call.readings {
        if let Some(members) = token(reading, &body)? {
            outcome.tokens.push((reading.token.clone(), members));
        }
    }
    if call.reads_fields {
        for field in plan.fields.iter().filter(|field| !field.from_callback) {
            if let Some(value) = self::field(field, &body)? {
                outcome.fields.push((field.name.clone(), value));
            }
        }
    }
    Ok(outcome)
}

fn parse(format: ResponseFormat, body: &str) -> Option<Value> {
    match format {
        // A success without a body, such as 204, is an object without members.
        ResponseFormat::Json if body.is_empty() => Some(Value::Object(serde_json::Map::new())),
        ResponseFormat::Json => serde_json::from_str(body).ok(),
        ResponseFormat::Form => Some(Value::Object(
            body.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), Value::from(decoded(value))))
                .collect(),
        )),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escaped = hex
            .filter(|_| byte == b'%')
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn at<'v>(body: &'v Value, path: &[String]) -> &'v Value {
    path.iter().fold(body, |value, key| match value {
        Value::Array(list) => key
            .parse()
            .ok()
            .and_then(|index: usize| list.get(index))
            .unwrap_or(&Value::Null),
        value => value.get(key).unwrap_or(&Value::Null),
    })
}

fn is_met(value: &Value, expected: &Success) -> bool {
    match expected {
        Success::Absent => value.is_null(),
        Success::True => *value == Value::Bool(true),
        Success::Number(number) => value.as_i64() == Some(*number),
        Success::Text(text) => value.as_str() == Some(text),
    }
}

fn refusal(plan: &Plan, call: &Call, status: u16, body: &Value) -> Expectation {
    let code = call
        .error
        .as_ref()
        .and_then(|path| text(at(body, path)))
        .filter(|code| !code.is_empty());
    let class = class(plan, &call.path, status, code.as_deref())
        .word()
        .to_owned();
    Expectation {
        error: Some((code, class)),
        ..Expectation::default()
    }
}

/// The spec decides, the call's own row first; then the standard; then the status.
pub fn class(plan: &Plan, call: &str, status: u16, code: Option<&str>) -> ErrorClass {
    let stated = |code: &str| {
        let rows = || plan.errors.iter().filter(|error| error.code == code);
        rows()
            .find(|error| error.call.as_deref() == Some(call))
            .or_else(|| rows().find(|error| error.call.is_none()))
            .map(|error| error.class)
    };
    code.and_then(stated)
        .or_else(|| stated(&format!("status:{status}")))
        .or_else(|| code.and_then(ErrorClass::of_standard))
        .unwrap_or_else(|| ErrorClass::of_status(status))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn token(reading: &Reading, body: &Value) -> Result<Option<Vec<(String, Given)>>, String> {
    let Some(access_token) =
        text(at(body, &reading.access_token)).filter(|token| !token.is_empty())
    else {
        return match reading.optional {
            true => Ok(None),
            false => Err(format!(
                "`{}` holds no access token",
                reading.access_token.join(".")
            )),
        };
    };
    let mut members = vec![("access_token".to_owned(), Given::Text(access_token))];
    let mut add = |name: &str, value: Option<Given>| {
        members.extend(value.map(|value| (name.to_owned(), value)));
    };
    let member =
        |path: Option<&Vec<String>>| path.and_then(|path| text(at(body, path))).map(Given::Text);
    let seconds = |path: &Vec<String>, unit: u64| {
        let count: i64 = text(at(body, path))?.parse().ok()?;
        let milliseconds = count.checked_mul(i64::try_from(unit).ok()?)?;
        Some(Given::Number(milliseconds / 1000))
    };
    add("refresh_token", member(reading.refresh_token.as_ref()));
    let told = reading
        .expires_in
        .as_ref()
        .and_then(|(path, unit)| seconds(path, *unit));
    let documented = reading
        .documented_lifetime
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(Given::Number);
    add("expires_in", told.or(documented));
    add(
        "refresh_token_expires_in",
        reading
            .refresh_token_expires_in
            .as_ref()
            .and_then(|path| seconds(path, 1000)),
    );
    add(
        "scope",
        reading
            .scope
            .as_ref()
            .and_then(|(path, separators)| scopes(at(body, path), separators)),
    );
    add("id_token", member(reading.id_token.as_ref()));
    Ok(Some(members))
}

fn scopes(value: &Value, separators: &[String]) -> Option<Given> {
    match value {
        Value::Array(list) => Some(Given::List(list.iter().filter_map(text).collect())),
        Value::String(scopes) => {
            let spaced = separators.iter().fold(scopes.clone(), |text, separator| {
                text.replace(separator, " ")
            });
            Some(Given::List(
                spaced.split_whitespace().map(str::to_owned).collect(),
            ))
        }
        _ => None,
    }
}

fn field(field: &Field, body: &Value) -> Result<Option<Given>, String> {
    let value = at(body, &field.path);
    let read = match field.kind {
        FieldKind::Text | FieldKind::Secret | FieldKind::Checked(_) => text(value).map(Given::Text),
        FieldKind::Integer => text(value)
            .and_then(|text| text.parse().ok())
            .map(Given::Number),
        FieldKind::Boolean => value.as_bool().map(Given::Boolean),
    };
    match (read, field.optional) {
        (None, false) => Err(format!(
            "`{}` is not what the field `{}` says",
            field.path.join("."),
            field.name
        )),
        (read, _) => Ok(read),
    }
}
