//! The values that a call reads from its response, and their paths.

use super::cell;
use crate::emit::prose;
use crate::plan::token::{GrantedScopes, TimeFormat};
use crate::plan::{Call, FieldSource, Plan, Reading, ResponseFormat, Success};

/// Returns a row for each value that a call reads, with its path.
pub(super) fn rows(plan: &Plan, call: &Call) -> Vec<[String; 2]> {
    let mut rows = Vec::new();
    if call.reads_nothing() {
        return rows;
    }
    let format = match call.response {
        ResponseFormat::Json => "JSON",
        ResponseFormat::Form => "a form",
        ResponseFormat::JsonOrForm => "JSON or a form",
        ResponseFormat::Text => "text",
        ResponseFormat::Jwt => "a JWT, whose signature is not verified",
    };
    rows.push(["body".to_owned(), format.to_owned()]);
    for (path, success) in &call.success {
        rows.push(["success if".to_owned(), shows(path, success)]);
    }
    for reading in call.readings.iter().filter(|reading| !reading.prolonged) {
        of_reading(plan, reading, &mut rows);
    }
    if let Some(selection) = &call.selection {
        rows.push(["the list".to_owned(), stands(&selection.each)]);
        for (path, success) in &selection.filter {
            rows.push(["entries with".to_owned(), shows(path, success)]);
        }
        let label = selection.label.iter();
        rows.extend(label.map(|path| ["label of an entry".to_owned(), stands(path)]));
    }
    for field in &call.fields {
        let place = stands(&field.path);
        let place = match field.from {
            FieldSource::Answer(_) => place,
            FieldSource::IdToken => format!("{place} of the ID token's claims"),
            FieldSource::AccessToken => format!("{place} of the access token's claims"),
            FieldSource::Callback => continue,
        };
        rows.push([prose::code(&field.name), place]);
    }
    for guard in plan.guards(call) {
        let place = stands(&guard.path);
        let condition = format!("{place}; an unlisted host sets the tokens apart");
        rows.push([
            format!("{} (only checked)", prose::code(&guard.name)),
            condition,
        ]);
    }
    for path in &call.carried {
        rows.push(["sent by a later call".to_owned(), stands(path)]);
    }
    rows.into_iter()
        .map(|row| row.map(|markdown| cell(&markdown)))
        .collect()
}

fn shows(path: &[String], success: &Success) -> String {
    let expected = match success {
        Success::Absent => "is absent".to_owned(),
        Success::True => "is true".to_owned(),
        Success::Number(number) => format!("is {number}"),
        Success::Text(text) => format!("is {}", prose::code(text)),
    };
    format!("{} {expected}", stands(path))
}

fn of_reading(plan: &Plan, reading: &Reading, rows: &mut Vec<[String; 2]>) {
    let of = match plan.tokens.len() {
        1 => String::new(),
        _ => format!(" of {}", prose::code(&reading.token)),
    };
    let mut add = |what: &str, stands: String| rows.push([format!("{what}{of}"), stands]);
    add("access token", stands(&reading.access_token));
    if let Some((path, unit)) = &reading.expires_in {
        add("lifetime", counted(path, *unit, reading.endless));
    }
    if let Some((path, format)) = &reading.expires_at {
        add("expiry", format!("{}, {}", stands(path), written(*format)));
    }
    if let Some(path) = &reading.refresh_token {
        add("refresh token", stands(path));
    }
    if let Some((path, unit)) = &reading.refresh_token_expires_in {
        let counted = counted(path, *unit, reading.refresh_token_endless);
        add("refresh token lifetime", counted);
    }
    if let Some((path, format)) = &reading.refresh_token_expires_at {
        add(
            "refresh token expiry",
            format!("{}, {}", stands(path), written(*format)),
        );
    }
    match &reading.scope {
        Some((GrantedScopes::Member(path), separators)) => {
            let between: Vec<_> = separators.iter().map(|own| named(own)).collect();
            let between = between.join(" or ");
            add(
                "granted scopes",
                format!("{}, separated by {between}", stands(path)),
            );
        }
        Some((GrantedScopes::Callback(name), _)) => {
            add(
                "granted scopes",
                format!("{} in the callback", prose::code(name)),
            );
        }
        None => {}
    }
    if let Some(path) = &reading.id_token {
        add("ID token", stands(path));
    }
}

/// Describes the path of a lifetime, and the meaning of its number.
fn counted(path: &[String], unit: u64, endless: Option<i64>) -> String {
    let unit = match unit {
        1 => "milliseconds".to_owned(),
        1000 => "seconds".to_owned(),
        60_000 => "minutes".to_owned(),
        other => format!("units of {other} milliseconds"),
    };
    let endless = endless.map(|number| format!("; {number} means no expiry"));
    format!("{}, in {unit}{}", stands(path), endless.unwrap_or_default())
}

/// Returns a legible name of a separator.
fn named(separator: &str) -> String {
    match separator {
        " " => "a space".to_owned(),
        other => prose::code(other),
    }
}

fn written(format: TimeFormat) -> &'static str {
    match format {
        TimeFormat::Unix => "in seconds since 1970",
        TimeFormat::UnixMs => "in milliseconds since 1970",
        TimeFormat::Rfc3339 => "as an RFC 3339 date",
    }
}

fn stands(path: &[String]) -> String {
    match path.is_empty() {
        true => "the body itself".to_owned(),
        false => prose::code(&path.join(".")),
    }
}
