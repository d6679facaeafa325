//! Checks of the paths at which a response has its members: each can match a response of its call's format.

use super::Context;
use crate::plan::token::GrantedScopes;
use crate::plan::{Call, Reading, ResponseFormat, Success};
use crate::rules;
use crate::syntax::path;

pub(super) fn check(cx: &mut Context<'_>) {
    for call in &cx.plan.calls {
        let paths = members(call);
        let is_object = paths.iter().any(|own| !own.is_empty());
        let whole = |own: &[String]| {
            let is_json = matches!(
                call.response,
                ResponseFormat::Json | ResponseFormat::JsonOrForm
            );
            let is_one = call.selection.is_none() && own.is_empty() && is_object;
            (is_json && is_one).then_some("the body has other members")
        };
        let is_list = |own: &[String]| {
            let selection = call.selection.as_ref();
            let is_list = selection.is_some_and(|selection| selection.each.is_empty());
            let is_index = |name: &String| name.parse::<usize>().is_ok();
            let mut conditions = call.success.iter();
            let is_condition =
                conditions.any(|(path, expected)| path == own && *expected != Success::Absent);
            let names_member = !own.first().is_some_and(is_index);
            (is_list && is_condition && names_member).then_some("the body is a list")
        };
        let problem = |own| {
            let problem = problem(call.response, own).or_else(|| whole(own));
            problem.or_else(|| is_list(own))
        };
        let problems = paths.iter().filter_map(|own| Some((*own, problem(own)?)));
        if let Some((own, problem)) = problems.into_iter().next() {
            let message = format!("`{}` cannot match: {problem}", written(own));
            let help = "names are separated by dots; `$` is the whole body".to_owned();
            let field = call.own_fields().find(|field| field.path == own);
            let at = match field {
                Some(field) => path::join("fields", &field.name),
                None => call.id.table(),
            };
            cx.report(&rules::UNMATCHABLE_PATH, &at, message, help);
        }
    }
}

/// Returns the paths that a call reads from a success, and those of its conditions.
fn members(call: &Call) -> Vec<&[String]> {
    let mut paths: Vec<&[String]> = call.readings.iter().flat_map(of_reading).collect();
    paths.extend(call.success.iter().map(|(path, _)| path.as_slice()));
    paths.extend(call.carried.iter().map(Vec::as_slice));
    paths.extend(call.own_fields().map(|field| field.path.as_slice()));
    if let Some(selection) = &call.selection {
        paths.push(&selection.each);
        paths.extend(selection.filter.iter().map(|(path, _)| path.as_slice()));
        paths.extend(selection.label.as_deref());
    }
    paths
}

fn of_reading(reading: &Reading) -> Vec<&[String]> {
    let access_token = (!reading.prolonged).then_some(&reading.access_token);
    let in_seconds = [&reading.expires_in, &reading.refresh_token_expires_in];
    let at_times = [&reading.expires_at, &reading.refresh_token_expires_at];
    let scope = match &reading.scope {
        Some((GrantedScopes::Member(path), _)) => Some(path),
        _ => None,
    };
    let paths = access_token.into_iter().chain(&reading.refresh_token);
    let paths = paths.chain(&reading.id_token).chain(scope);
    let in_seconds = in_seconds.into_iter().flatten().map(|(path, _)| path);
    let at_times = at_times.into_iter().flatten().map(|(path, _)| path);
    paths
        .chain(in_seconds)
        .chain(at_times)
        .map(Vec::as_slice)
        .collect()
}

fn problem(format: ResponseFormat, path: &[String]) -> Option<&'static str> {
    let is_nested = path.len() > 1;
    match format {
        _ if path.iter().any(String::is_empty) => Some("it has an empty name"),
        ResponseFormat::Form | ResponseFormat::Jwt if path.is_empty() => {
            Some("the body has names and values")
        }
        ResponseFormat::Form if is_nested => Some("a form has no nested members"),
        ResponseFormat::Text if !path.is_empty() => Some("the body is one text"),
        _ => None,
    }
}

/// Returns a path as a spec writes it.
fn written(path: &[String]) -> String {
    match path {
        [] => "$".to_owned(),
        path => path
            .iter()
            .map(|name| match name.contains('.') {
                true => format!("\"{name}\""),
                false => name.clone(),
            })
            .collect::<Vec<_>>()
            .join("."),
    }
}
