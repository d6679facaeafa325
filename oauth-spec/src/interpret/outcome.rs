//! Reading of a response by the Plan: tokens and fields, or an error response.
//!
//! The generated readers make the same decisions with separate code, so that tests can compare the two. How a value becomes
//! a text, a number or a time is the same code, in the runtime's file `conversion.rs`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::body::Body;
use super::conversion::Read;
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
    let body = match parse(call, response.status, &response.body) {
        Some(body) => body,
        None if succeeded => return Err("the body is not in the call's format".to_owned()),
        None => Body::Null,
    };
    let holds = call
        .success
        .iter()
        .all(|(path, expected)| is_met(body.at(path), expected));
    if !(succeeded && holds) || (call.selection.is_none() && refuses_within(call, &body)) {
        return Ok(refusal(plan, call, response, &body));
    }
    if let Some(selection) = &call.selection {
        return selected(plan, call, selection, &body);
    }
    let mut outcome = Expectation::default();
    for reading in &call.readings {
        if let Some(members) = token(plan, reading, &body)? {
            outcome.tokens.push((reading.token.clone(), members));
        }
    }
    outcome.fields = fields(plan, call, &body)?;
    carried(call, &body)?;
    match plan.guards(call).find(|guard| is_foreign(guard, &body)) {
        Some(guard) => Err(format!(
            "`{}` has a host that the spec does not allow",
            guard.path.join(".")
        )),
        None => Ok(outcome),
    }
}

/// Returns whether a response has an unlisted host in this field.
fn is_foreign(guard: &Field, body: &Body) -> bool {
    match (&guard.kind, body.at(&guard.path).value().text()) {
        (FieldKind::Checked(form), Ok(Some(text))) => form.is_foreign(&text),
        _ => false,
    }
}

/// Checks that the response has each member that a later call sends.
fn carried(call: &Call, body: &Body) -> Result<(), String> {
    for path in &call.carried {
        required(body.at(path).value().secret(), path)?;
    }
    Ok(())
}

/// Reads the fields of a response. It skips fields of the callback, which the response does not contain.
fn fields(plan: &Plan, call: &Call, body: &Body) -> Result<Vec<(String, Given)>, String> {
    let first = call.readings.first();
    let id_token = || {
        let path = first.and_then(|reading| reading.id_token.clone());
        let claims = claims(body.at(&path.unwrap_or_else(|| vec!["id_token".to_owned()])));
        unrepeated(call, &FieldSource::IdToken, claims)
    };
    let access_token = || {
        let path = first.map(|reading| reading.access_token.as_slice());
        let claims = claims(body.at(path.unwrap_or_default()));
        unrepeated(call, &FieldSource::AccessToken, claims)
    };
    let mut fields = Vec::new();
    for field in &call.fields {
        let value = match &field.from {
            FieldSource::Callback => continue,
            FieldSource::Answer(_) => self::field(field, body)?,
            FieldSource::IdToken => match id_token() {
                // The ID token identifies the login, so it must be readable.
                Err(why) if plan.checks_nonce(call) => return Err(why),
                claims => self::field(field, &claims.unwrap_or(Body::Null))?,
            },
            // A provider may issue opaque access tokens to some users and JWTs to others.
            FieldSource::AccessToken => self::field(field, &access_token().unwrap_or(Body::Null))?,
        };
        fields.extend(value.map(|value| (field.name.clone(), value)));
    }
    Ok(fields)
}

/// Rejects claims that repeat one that is read.
fn unrepeated(
    call: &Call,
    source: &FieldSource,
    claims: Result<Body, String>,
) -> Result<Body, String> {
    let claims = claims?;
    let mut read = call.fields.iter().filter(|field| field.from == *source);
    match read.find(|field| claims.repeats(&field.path)) {
        Some(field) => Err(format!("the claim `{}` is repeated", field.path.join("."))),
        None => Ok(claims),
    }
}

/// Decodes the claims of a JWT. A missing token has no claims.
fn claims(token: &Body) -> Result<Body, String> {
    let not_jwt = || "the token is not a JWT, so its claims cannot be read".to_owned();
    let Some(token) = token.value().secret().map_err(|_| not_jwt())? else {
        return Ok(Body::Null);
    };
    let body = token.split('.').nth(1);
    let decoded = body.and_then(|body| URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok());
    decoded
        .and_then(|bytes| Body::parse(std::str::from_utf8(&bytes).ok()?))
        .ok_or_else(not_jwt)
}

/// Reads the entries that a call selects from a list.
fn selected(
    plan: &Plan,
    call: &Call,
    selection: &Selection,
    body: &Body,
) -> Result<Expectation, String> {
    let Body::List(list) = body.at(&selection.each) else {
        return Err(format!("`{}` is not a list", selection.each.join(".")));
    };
    let shown = |entry: &&Body| {
        let mut filter = selection.filter.iter();
        filter.all(|(path, expected)| is_met(entry.at(path), expected))
    };
    let mut entries = Vec::new();
    for entry in list.iter().filter(shown) {
        let mut members = fields(plan, call, entry)?;
        carried(call, entry)?;
        if let Some(path) = &selection.label {
            let label = required(entry.at(path).value().text(), path)?;
            members.push(("label".to_owned(), Given::Text(label.into_owned())));
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

/// Parses a body in the format of a call. An error response is JSON, unless the call's responses are forms or texts.
fn parse(call: &Call, status: u16, body: &str) -> Option<Body> {
    // RFC 8259 §8.1.
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let succeeded = (200..300).contains(&status);
    match call.response {
        ResponseFormat::Text if !call.reads_nothing() => Some(Body::Text(body.trim().to_owned())),
        ResponseFormat::Form if !call.reads_nothing() => Some(form(body)),
        ResponseFormat::JsonOrForm if !call.reads_nothing() => {
            match body.trim_start().starts_with(['{', '[']) {
                true => Body::parse(body),
                false => Some(form(body)),
            }
        }
        ResponseFormat::Jwt if succeeded => claims(&Body::Text(body.trim().to_owned())).ok(),
        // A success without a body, such as 204, reads as an empty object.
        _ if body.is_empty() && succeeded => Some(Body::Object(Vec::new())),
        _ => Body::parse(body),
    }
}

fn form(body: &str) -> Body {
    let pairs = body.trim_end().split('&');
    let pairs = pairs.filter_map(|pair| pair.split_once('='));
    Body::Object(
        pairs
            .map(|(name, value)| (decoded(name), Body::Text(decoded(value))))
            .collect(),
    )
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

fn is_met(member: &Body, expected: &Success) -> bool {
    let value = member.value();
    match expected {
        Success::Absent => value.is_absent(),
        Success::True => value.is_boolean(true),
        Success::Number(number) => value.is_integer(*number),
        Success::Text(text) => value.is_text(text),
    }
}

/// Returns whether a response with a success status has an error code and none of the values that a success has.
fn refuses_within(call: &Call, body: &Body) -> bool {
    let is_absent = |path: &Vec<String>| body.at(path).value().is_absent();
    let given = call.surely_given();
    given.is_some_and(|given| given.into_iter().all(is_absent)) && said(&call.error, body).is_some()
}

/// Returns the first text at these paths that is not empty.
fn said(paths: &[Vec<String>], body: &Body) -> Option<String> {
    let texts = paths
        .iter()
        .map(|path| body.at(path).value().lenient_text());
    let said = texts.into_iter().find(|text| !text.is_empty());
    said.map(Cow::into_owned)
}

fn refusal(plan: &Plan, call: &Call, response: &Response, body: &Body) -> Expectation {
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
    body: &'r Body,
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
            && conditions.all(|(path, expected)| is_met(self.body.at(path), expected))
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

/// Returns the value that a response must have at a path.
fn required<T>(read: Read<T>, path: &[String]) -> Result<T, String> {
    let (expected, found) = match read {
        Ok(Some(value)) => return Ok(value),
        Ok(None) => ("a value", "is absent"),
        Err(expected) => (expected, "has another type"),
    };
    Err(format!(
        "`{}` must be {expected}, but {found}",
        path.join(".")
    ))
}

/// Reads a token with its members. As in the runtime, only the access token can fail: any other member that cannot be read
/// counts as absent.
fn token(
    plan: &Plan,
    reading: &Reading,
    body: &Body,
) -> Result<Option<Vec<(String, Given)>>, String> {
    let mut members = Vec::new();
    if !reading.prolonged {
        let own = body.at(&reading.access_token);
        if reading.optional && own.value().is_absent() {
            return Ok(None);
        }
        let text = required(own.value().secret(), &reading.access_token)?;
        let is_refused = |byte: u8| match plan.carries_bearer() {
            true => !byte.is_ascii_graphic(),
            false => byte.is_ascii_control(),
        };
        if text.bytes().any(is_refused) {
            return Err(format!(
                "`{}` has a character that cannot be sent",
                reading.access_token.join(".")
            ));
        }
        refuse_type(reading, body)?;
        members.push(("access_token".to_owned(), Given::Text(text.into_owned())));
    }
    let mut add = |name: &str, value: Option<Given>| {
        members.extend(value.map(|value| (name.to_owned(), value)));
    };
    let at = |path: Option<&Vec<String>>| path.map_or(&Body::Null, |path| body.at(path));
    let texts = |path: Option<&Vec<String>>| at(path).value().secret().ok().flatten();
    let refresh_token = texts(reading.refresh_token.as_ref());
    let refresh_token =
        refresh_token.filter(|text| !text.bytes().any(|own| own.is_ascii_control()));
    add("refresh_token", refresh_token.map(given_text));

    let (lifetime, is_told) = lifetime(reading.expires_in.as_ref(), reading.endless, body);
    let (end, end_is_told) = end(reading.expires_at.as_ref(), body);
    // A lifetime that is present but unreadable is unknown. The documented lifetime replaces only an absent one.
    let documented = reading.documented_lifetime.map(Duration::from_secs);
    let documented = documented.filter(|_| !is_told && !end_is_told);
    add("expires_in", lifetime.or(documented).map(seconds));
    let (lifetime, _) = self::lifetime(
        reading.refresh_token_expires_in.as_ref(),
        reading.refresh_token_endless,
        body,
    );
    add("refresh_token_expires_in", lifetime.map(seconds));
    add("expires_at", end.and_then(moment));
    let (end, _) = self::end(reading.refresh_token_expires_at.as_ref(), body);
    add("refresh_token_expires_at", end.and_then(moment));
    let granted = reading.scope.as_ref();
    let granted = granted.and_then(|(place, separators)| match place {
        GrantedScopes::Member(path) => scopes(body.at(path), separators),
        // The callback reported these scopes before this response.
        GrantedScopes::Callback(_) => None,
    });
    add("scope", granted);
    add("id_token", texts(reading.id_token.as_ref()).map(given_text));
    Ok(Some(members))
}

/// Refuses a token type that needs more than a header (RFC 6749 §7.1).
fn refuse_type(reading: &Reading, body: &Body) -> Result<(), String> {
    let Some((_, object)) = reading.access_token.split_last() else {
        return Ok(());
    };
    let kind = body.at(object).at(&["token_type".to_owned()]);
    let kind = kind.value().lenient_text();
    // RFC 9449, RFC 8693 §2.2.1.
    let needs_more = ["dpop", "mac", "pop", "n_a"];
    match needs_more.iter().any(|own| kind.eq_ignore_ascii_case(own)) {
        true => Err(format!("a token of the type `{kind}` is no bearer token")),
        false => Ok(()),
    }
}

/// Reads a lifetime, and whether the response states one or that there is none.
fn lifetime(
    place: Option<&(Vec<String>, u64)>,
    endless: Option<i64>,
    body: &Body,
) -> (Option<Duration>, bool) {
    let Some((path, unit)) = place else {
        return (None, false);
    };
    let member = body.at(path);
    if endless.is_some() && member.value().integer() == Ok(endless) {
        return (None, true);
    }
    stated(member.value().duration(Duration::from_millis(*unit)))
}

/// Reads a point in time, and whether the response states one.
fn end(place: Option<&(Vec<String>, TimeFormat)>, body: &Body) -> (Option<SystemTime>, bool) {
    let Some((path, format)) = place else {
        return (None, false);
    };
    let value = body.at(path).value();
    stated(match format {
        TimeFormat::Unix => value.moment(Duration::from_secs(1)),
        TimeFormat::UnixMs => value.moment(Duration::from_millis(1)),
        TimeFormat::Rfc3339 => value.date(),
    })
}

fn stated<T>(read: Read<T>) -> (Option<T>, bool) {
    match read {
        Ok(value) => {
            let is_stated = value.is_some();
            (value, is_stated)
        }
        Err(_) => (None, true),
    }
}

fn given_text(text: Cow<'_, str>) -> Given {
    Given::Text(text.into_owned())
}

fn seconds(lifetime: Duration) -> Given {
    Given::Number(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX))
}

/// Returns a point in time in seconds since 1970.
fn moment(end: SystemTime) -> Option<Given> {
    let since = end.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(seconds(since))
}

fn scopes(member: &Body, separators: &[String]) -> Option<Given> {
    let separators: Vec<&str> = separators.iter().map(String::as_str).collect();
    let names = member
        .value()
        .names(&separators, || member.texts())
        .ok()??;
    Some(Given::List(
        names
            .split(' ')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    ))
}

fn field(field: &Field, body: &Body) -> Result<Option<Given>, String> {
    let value = body.at(&field.path).value();
    match &field.kind {
        FieldKind::Checked(form) => {
            let text = read_field(field, value.text())?;
            match text {
                Some(text) if !form.holds(&text) && !field.optional => Err(format!(
                    "`{text}` is not a valid value for `{}`: it must be {}",
                    field.name,
                    words::form(form)
                )),
                text => Ok(text.filter(|text| form.holds(text)).map(given_text)),
            }
        }
        FieldKind::Text => Ok(read_field(field, value.text())?.map(given_text)),
        FieldKind::Secret => Ok(read_field(field, value.secret())?.map(given_text)),
        FieldKind::Integer => Ok(read_field(field, value.integer())?.map(Given::Number)),
        FieldKind::Boolean => Ok(read_field(field, value.boolean())?.map(Given::Boolean)),
    }
}

/// Returns the value of a field. An optional one counts as absent if it has another type.
fn read_field<T>(field: &Field, read: Read<T>) -> Result<Option<T>, String> {
    match field.optional {
        true => Ok(read.unwrap_or_default()),
        false => required(read, &field.path).map(Some),
    }
}
