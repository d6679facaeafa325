//! Reading of a response by the Plan: tokens and fields, or an error response.
//!
//! The generated readers make the same decisions with separate code, so that tests can compare the two.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::plan::example::Response;
use crate::plan::token::{ErrorClass, GrantedScopes, TimeFormat};
use crate::steps;
use crate::words;

use crate::plan::{
    Call, CallId, Choice, ErrorCode, Expectation, Field, FieldKind, FieldSource, KnownError, Plan,
    Reading, ResponseFormat, Selection, Success,
};
use crate::syntax::shapes::Given;

/// Reads a response as tokens and fields, or as an error response.
///
/// # Errors
///
/// Returns a message that describes what the Plan cannot read.
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
    if !(succeeded && holds) || (call.selection.is_none() && refuses_within(call, &body)) {
        return Ok(refusal(plan, call, response, &body));
    }
    if let Some(selection) = &call.selection {
        return selected(call, selection, &body);
    }
    let mut outcome = Expectation::default();
    for reading in &call.readings {
        if let Some(members) = token(reading, &body)? {
            outcome.tokens.push((reading.token.clone(), members));
        }
    }
    outcome.fields = fields(call, &body)?;
    match plan.guards(call).find(|guard| is_foreign(guard, &body)) {
        Some(guard) => Err(format!(
            "`{}` has a host that the spec does not allow",
            guard.path.join(".")
        )),
        None => Ok(outcome),
    }
}

/// Returns whether a response has an unlisted host in this field.
fn is_foreign(guard: &Field, body: &Value) -> bool {
    match (&guard.kind, at(body, &guard.path).as_str()) {
        (FieldKind::Checked(form), Some(text)) => form.is_foreign(text),
        _ => false,
    }
}

/// Reads the fields of a response. It skips fields of the callback, which the response does not contain.
fn fields(call: &Call, body: &Value) -> Result<Vec<(String, Given)>, String> {
    let first = call.readings.first();
    let id_token = first.and_then(|reading| reading.id_token.clone());
    let mut fields = Vec::new();
    for field in &call.fields {
        let value = match &field.from {
            FieldSource::Callback => continue,
            FieldSource::Answer(_) => self::field(field, body)?,
            FieldSource::IdToken => {
                let path = id_token
                    .clone()
                    .unwrap_or_else(|| vec!["id_token".to_owned()]);
                claim(field, at(body, &path))?
            }
            FieldSource::AccessToken => {
                let path = first.map(|reading| reading.access_token.as_slice());
                claim(field, at(body, path.unwrap_or_default()))?
            }
        };
        fields.extend(value.map(|value| (field.name.clone(), value)));
    }
    Ok(fields)
}

/// Reads a claim of a token. An optional claim is absent if the token is not a JWT.
fn claim(field: &Field, token: &Value) -> Result<Option<Given>, String> {
    match claims(token) {
        Err(_) if field.optional => Ok(None),
        claims => self::field(field, &claims?),
    }
}

/// Decodes the claims of a JWT. A missing token has no claims.
fn claims(token: &Value) -> Result<Value, String> {
    let Some(token) = token.as_str() else {
        return Ok(Value::Null);
    };
    let body = token.split('.').nth(1);
    let decoded = body.and_then(|body| URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok());
    decoded
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or_else(|| "the token is not a JWT, so its claims cannot be read".to_owned())
}

/// Reads the entries that a call selects from a list.
fn selected(call: &Call, selection: &Selection, body: &Value) -> Result<Expectation, String> {
    let list = at(body, &selection.each).as_array();
    let list = list.ok_or_else(|| format!("`{}` is not a list", selection.each.join(".")))?;
    let shown = |entry: &&Value| {
        let mut filter = selection.filter.iter();
        filter.all(|(path, expected)| is_met(at(entry, path), expected))
    };
    let mut entries = Vec::new();
    for entry in list.iter().filter(shown) {
        let mut members = fields(call, entry)?;
        if let Some(path) = &selection.label {
            let label = text(at(entry, path));
            let label = label.ok_or_else(|| format!("an entry has no `{}`", path.join(".")))?;
            members.push(("label".to_owned(), Given::Text(label)));
        }
        entries.push(members);
    }
    let fields = match (selection.choice, entries.as_slice()) {
        (Choice::Caller, _) => Vec::new(),
        (Choice::First, [first, ..]) | (Choice::Only, [first]) => first.clone(),
        (_, entries) => {
            return Err(format!(
                "the call must select one entry, but {} match",
                entries.len()
            ));
        }
    };
    Ok(Expectation {
        fields,
        entries: match selection.choice {
            Choice::Caller => entries,
            _ => Vec::new(),
        },
        ..Expectation::default()
    })
}

fn parse(format: ResponseFormat, body: &str) -> Option<Value> {
    match format {
        ResponseFormat::Text => Some(Value::from(body.trim())),
        // A success without a body, such as 204, reads as an empty object.
        ResponseFormat::Json if body.is_empty() => Some(Value::Object(serde_json::Map::new())),
        ResponseFormat::Json => serde_json::from_str(body).ok(),
        // An error response is JSON even if a success is a JWT.
        ResponseFormat::Jwt => claims(&Value::from(body.trim()))
            .ok()
            .or_else(|| parse(ResponseFormat::Json, body)),
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

/// Returns the value at a path, or null if there is none.
pub(crate) fn at<'v>(body: &'v Value, path: &[String]) -> &'v Value {
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

/// Returns whether a response with a success status has an error code and none of the values that a success has.
fn refuses_within(call: &Call, body: &Value) -> bool {
    let is_absent = |path: &Vec<String>| text(at(body, path)).is_none_or(|text| text.is_empty());
    let given = call.surely_given();
    given.is_some_and(|given| given.into_iter().all(is_absent)) && said(&call.error, body).is_some()
}

/// Returns the first text at these paths that is not empty.
fn said(paths: &[Vec<String>], body: &Value) -> Option<String> {
    let mut said = paths.iter().filter_map(|path| text(at(body, path)));
    said.find(|text| !text.is_empty())
}

fn refusal(plan: &Plan, call: &Call, response: &Response, body: &Value) -> Expectation {
    let own = said(&call.error, body);
    let (code, words) = match own.is_some() {
        true => (own, said(&call.error_description, body)),
        false => {
            let words = || challenged(response, "error_description");
            let words = said(&call.error_description, body).or_else(words);
            (challenged(response, "error"), words)
        }
    };
    let refused = Refused {
        call: &call.id,
        status: response.status,
        code: code.as_deref(),
        words: words.as_deref().unwrap_or_default(),
        body,
    };
    let class = refused.class(plan).word().to_owned();
    Expectation {
        error: Some((code, class)),
        ..Expectation::default()
    }
}

/// Returns a parameter of a challenge (RFC 6750 §3). It finds quoted values only, since examples quote them.
fn challenged(response: &Response, name: &str) -> Option<String> {
    let is_challenge = |name: &str| name.eq_ignore_ascii_case("www-authenticate");
    let mut headers = response.headers.iter();
    let (_, value) = headers.find(|(name, _)| is_challenge(name))?;
    let begins = format!("{name}=\"");
    let mut found = value.match_indices(&begins);
    let (at, _) = found.find(|(at, _)| value[..*at].ends_with([' ', ',']))?;
    let text = value[at + begins.len()..].split('"').next()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An error response, with everything that a spec's error rows match.
struct Refused<'r> {
    call: &'r CallId,
    status: u16,
    code: Option<&'r str>,
    words: &'r str,
    body: &'r Value,
}

impl Refused<'_> {
    /// Returns the class of the error response. A status of 500 or more means a retry.
    ///
    /// For other statuses the first match decides: the spec's row for the code, the standard, the spec's row for the
    /// status, the status. A row for the call precedes a general row.
    fn class(&self, plan: &Plan) -> ErrorClass {
        if self.status >= 500 {
            return ErrorClass::Retry;
        }
        let status = self.status;
        let by_status = || self.stated(plan, |code| code.status() == Some(status));
        let code = self.code;
        code.and_then(|code| self.stated(plan, |own| own.name() == Some(code)))
            .or_else(|| code.and_then(ErrorClass::of_standard))
            .or_else(by_status)
            .unwrap_or_else(|| ErrorClass::of_status(self.status))
    }

    fn stated(&self, plan: &Plan, is_it: impl Fn(&ErrorCode) -> bool) -> Option<ErrorClass> {
        let rows = || {
            let rows = plan.errors.iter().filter(|error| is_it(&error.code));
            rows.filter(|error| self.fits(error))
        };
        rows()
            .find(|error| error.call.as_ref() == Some(self.call))
            .or_else(|| rows().find(|error| error.call.is_none()))
            .map(|error| error.class)
    }

    fn fits(&self, error: &KnownError) -> bool {
        let fits = |pattern: &String| fits(pattern, self.words);
        let mut conditions = error.conditions.iter();
        (error.descriptions.is_empty() || error.descriptions.iter().any(fits))
            && conditions.all(|(path, expected)| is_met(at(self.body, path), expected))
    }
}

/// Returns whether a text matches a pattern. `*` matches any text, and the case of ASCII letters does not matter.
///
/// The runtime uses the same rules. Each star takes the first match, so that no pattern backtracks.
fn fits(pattern: &str, text: &str) -> bool {
    steps::count(pattern.len() + text.len());
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let Some((first, behind)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = behind.rsplit_once('*').unwrap_or(("", behind));
    for piece in middle.split('*') {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Reads a whole number, or a string that contains one. Fractions are truncated.
fn number(value: &Value) -> Option<i64> {
    let whole = |text: &str| text.split('.').next().and_then(|text| text.parse().ok());
    match value {
        Value::Number(number) => number.as_i64().or_else(|| whole(&number.to_string())),
        Value::String(text) => whole(text.trim()),
        _ => None,
    }
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_bool(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn token(reading: &Reading, body: &Value) -> Result<Option<Vec<(String, Given)>>, String> {
    let told = text(at(body, &reading.access_token)).filter(|token| !token.is_empty());
    let mut members = Vec::new();
    if let Some(access_token) = told.filter(|_| !reading.prolonged) {
        members.push(("access_token".to_owned(), Given::Text(access_token)));
    } else if !reading.prolonged {
        return match reading.optional {
            true => Ok(None),
            false => Err(format!(
                "`{}` does not contain an access token",
                reading.access_token.join(".")
            )),
        };
    }
    let mut add = |name: &str, value: Option<Given>| {
        members.extend(value.map(|value| (name.to_owned(), value)));
    };
    let member = |path: Option<&Vec<String>>| {
        let text = path.and_then(|path| text(at(body, path)));
        text.filter(|text| !text.is_empty()).map(Given::Text)
    };
    let seconds = |path: &[String], unit: u64, endless: Option<i64>| {
        let count = number(at(body, path)).filter(|count| *count >= 0)?;
        if endless == Some(count) {
            return None;
        }
        let milliseconds = count.saturating_mul(i64::try_from(unit).ok()?);
        Some(Given::Number(milliseconds / 1000))
    };
    add("refresh_token", member(reading.refresh_token.as_ref()));
    let told = reading
        .expires_in
        .as_ref()
        .and_then(|(path, unit)| seconds(path, *unit, reading.endless));
    // A lifetime that is present but unreadable is unknown. The documented lifetime replaces only an absent one.
    let is_told = reading.expires_in.as_ref().is_some_and(|(path, _)| {
        let value = at(body, path);
        let is_endless = reading.endless.is_some() && number(value) == reading.endless;
        !(value.is_null() || value.as_str() == Some("") || is_endless)
    });
    let documented = reading
        .documented_lifetime
        .and_then(|seconds| i64::try_from(seconds).ok())
        .map(Given::Number);
    let ends = reading.expires_at.is_some();
    add(
        "expires_in",
        told.or(documented.filter(|_| !ends && !is_told)),
    );
    add(
        "refresh_token_expires_in",
        reading
            .refresh_token_expires_in
            .as_ref()
            .and_then(|(path, unit)| seconds(path, *unit, reading.refresh_token_endless)),
    );
    let end = |place: &Option<(Vec<String>, TimeFormat)>| {
        let (path, format) = place.as_ref()?;
        moment(at(body, path), *format).map(Given::Number)
    };
    add("expires_at", end(&reading.expires_at));
    add(
        "refresh_token_expires_at",
        end(&reading.refresh_token_expires_at),
    );
    add(
        "scope",
        reading
            .scope
            .as_ref()
            .and_then(|(place, separators)| match place {
                GrantedScopes::Member(path) => scopes(at(body, path), separators),
                // The callback reported these scopes before this response.
                GrantedScopes::Callback(_) => None,
            }),
    );
    add("id_token", member(reading.id_token.as_ref()));
    Ok(Some(members))
}

/// Reads a point in time, in seconds since 1970.
fn moment(value: &Value, format: TimeFormat) -> Option<i64> {
    match format {
        TimeFormat::Unix => number(value),
        TimeFormat::UnixMs => number(value).map(|count| count / 1000),
        TimeFormat::Rfc3339 => {
            let moment = humantime::parse_rfc3339_weak(value.as_str()?).ok()?;
            let since = moment.duration_since(std::time::UNIX_EPOCH).ok()?;
            i64::try_from(since.as_secs()).ok()
        }
    }
}

fn scopes(value: &Value, separators: &[String]) -> Option<Given> {
    match value {
        Value::Array(list) => Some(Given::List(list.iter().filter_map(text).collect())),
        Value::String(scopes) if !scopes.is_empty() => {
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
    let read = match &field.kind {
        FieldKind::Checked(form) => {
            let text = text(value).filter(|text| form.holds(text) || !field.optional);
            if let Some(text) = text.as_ref().filter(|text| !form.holds(text)) {
                return Err(format!(
                    "`{text}` is not a valid value for `{}`: it must be {}",
                    field.name,
                    words::form(form)
                ));
            }
            text.map(Given::Text)
        }
        FieldKind::Text | FieldKind::Secret => {
            text(value).filter(|text| !text.is_empty()).map(Given::Text)
        }
        FieldKind::Integer => number(value).map(Given::Number),
        FieldKind::Boolean => boolean(value).map(Given::Boolean),
    };
    match (read, field.optional) {
        (None, false) => Err(format!(
            "`{}` does not have the type of the field `{}`",
            field.path.join("."),
            field.name
        )),
        (read, _) => Ok(read),
    }
}
