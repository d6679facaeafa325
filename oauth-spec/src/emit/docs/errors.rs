//! Error responses on the page: their codes, where they occur, and what to do.

use serde::Serialize;

use super::{code_in_cell, in_cell};
use crate::emit::prose;
use crate::plan::{CallId, KnownError, Plan, Success};

#[derive(PartialEq, Serialize)]
pub(super) struct ErrorView {
    code: String,
    place: String,
    means: String,
    advice: String,
}

/// Returns the error responses, each with the functions of the calls that may receive it.
fn errors(plan: &Plan) -> Vec<ErrorView> {
    let mut rows: Vec<(ErrorView, Vec<String>)> = Vec::new();
    for own in &plan.errors {
        let call = own.call.as_ref();
        let function = call.map(|id| match id {
            CallId::Callback => Some("the callback".to_owned()),
            CallId::Api => Some("calls to the API".to_owned()),
            id => plan
                .call_by_id(id)
                .map(|call| prose::code(&call.function())),
        });
        let Some(function) = function.map_or(Some(None), |function| function.map(Some)) else {
            continue;
        };
        let view = error(own);
        match rows
            .iter_mut()
            .find(|(row, functions)| *row == view && functions.is_empty() == function.is_none())
        {
            Some((_, functions)) => functions.extend(function),
            None => rows.push((view, function.into_iter().collect())),
        }
    }
    let placed = |(view, functions): (ErrorView, Vec<String>)| {
        let calls = match functions.is_empty() {
            true => String::new(),
            false => format!(" in {}", functions.join(", ")),
        };
        ErrorView {
            place: calls,
            ..view
        }
    };
    rows.into_iter().map(placed).collect()
}

/// Returns the error responses of a provider, and those that only a variant has.
pub(super) fn all(base: &Plan, variants: &[Plan]) -> Vec<ErrorView> {
    let mut all = errors(base);
    for variant in variants {
        let name = variant.identity.variant.as_ref();
        let own = name.map_or_else(String::new, |(name, _)| {
            format!(", variant {}", code_in_cell(name))
        });
        let further = errors(variant).into_iter().filter(|row| !all.contains(row));
        let further: Vec<ErrorView> = further.collect();
        all.extend(further.into_iter().map(|row| ErrorView {
            place: format!("{}{own}", row.place),
            ..row
        }));
    }
    all
}

/// Returns the code, with what distinguishes it from other rows of that code.
fn code(error: &KnownError) -> String {
    let said = error.descriptions.iter().map(|own| format!("“{own}”"));
    let said: Vec<String> = said.collect();
    let shown = error.conditions.iter().map(|(path, expected)| {
        let path = path.join(".");
        match expected {
            Success::Absent => format!("no {path}"),
            Success::True => format!("{path} = true"),
            Success::Number(number) => format!("{path} = {number}"),
            Success::Text(text) => format!("{path} = {text}"),
        }
    });
    let said = (!said.is_empty()).then(|| format!("if the description is {}", said.join(" or ")));
    let told: Vec<String> = said.into_iter().chain(shown).collect();
    match told.is_empty() {
        true => code_in_cell(&error.code.to_string()),
        false => format!(
            "{}, {}",
            code_in_cell(&error.code.to_string()),
            in_cell(&told.join(", "))
        ),
    }
}

fn error(error: &KnownError) -> ErrorView {
    let means = match error.class.word() {
        "login" => "log in again",
        "retry" => "try again later",
        "limit" => "wait",
        "denied" => "access was denied",
        _ => "fix the app",
    };
    let texts: Vec<&str> = error
        .doc
        .iter()
        .chain(&error.advice)
        .map(String::as_str)
        .collect();
    ErrorView {
        code: code(error),
        place: String::new(),
        means: means.to_owned(),
        advice: in_cell(&texts.join(". ")),
    }
}
