//! Comparison of examples with a Plan: the request that the Plan produces, and how it reads the response.

use super::{outcome, wire};
use crate::plan::example::Response;
use crate::plan::{Example, ExampleSubject, Expectation, Field, Plan};
use crate::syntax::shapes::Given;

/// Returns the request that the Plan produces from an example's values, or `None` if the Plan does not have the
/// example's call.
pub fn request(plan: &Plan, example: &Example) -> Option<String> {
    let given = wire::Given::example(plan, example);
    let begins = example.call == ExampleSubject::Authorize;
    match plan.login.as_ref().filter(|_| begins) {
        Some(login) => Some(wire::login_message(plan, login, &given).exact()),
        None => {
            let call = plan.call_of(example)?;
            Some(wire::call_message(plan, call, &given).exact())
        }
    }
}

/// Reads a response with the example's call. Returns `None` if the Plan does not have that call.
///
/// The inner error describes what the Plan cannot read.
pub fn outcome(
    plan: &Plan,
    example: &Example,
    response: &Response,
) -> Option<Result<Expectation, String>> {
    let call = plan.call_of(example)?;
    let read = outcome::read(plan, call, response).map(|mut outcome| {
        if call.fields.iter().any(Field::from_callback) && outcome.error.is_none() {
            outcome.fields.extend(callback_fields(plan, example));
        }
        outcome
    });
    Some(read)
}

/// Returns the callback fields that the example has values for.
fn callback_fields(plan: &Plan, example: &Example) -> Vec<(String, Given)> {
    let given = |name: &String| {
        example
            .text(name)
            .map(|text| (name.clone(), Given::Text(text)))
    };
    plan.callback_fields()
        .filter_map(|field| given(&field.name))
        .collect()
}

/// Returns whether the Plan produces the example's request and reads its response as the example expects.
pub fn holds(plan: &Plan, example: &Example) -> bool {
    let requested = example.request.is_none()
        || example.call.comes_from_browser()
        || match (&example.request, request(plan, example)) {
            (Some(stated), Some(produced)) => same(stated, &produced),
            _ => false,
        };
    let read = example.response.as_ref().is_none_or(|response| {
        matches!(outcome(plan, example, response), Some(Ok(outcome)) if means(&outcome, &example.expected))
    });
    requested && read
}

/// Returns whether two requests mean the same: the order of parameters, of headers and of members does not matter.
pub fn same(stated: &str, produced: &str) -> bool {
    stated == produced || sorted(stated) == sorted(produced)
}

/// The parts of a request whose order does not matter, each sorted.
type Parts<'r> = (
    &'r str,
    Vec<&'r str>,
    Vec<&'r str>,
    Result<serde_json::Value, Vec<&'r str>>,
);

fn sorted(request: &str) -> Parts<'_> {
    fn parts(text: &str, separator: char) -> Vec<&str> {
        let mut parts: Vec<&str> = text.split(separator).collect();
        parts.sort_unstable();
        parts
    }
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
    let (url, query) = first.split_once(['?', '#']).unwrap_or((first, ""));
    let body = match serde_json::from_str(body) {
        Ok(json @ serde_json::Value::Object(_)) => Ok(json),
        _ => Err(parts(body, '&')),
    };
    (url, parts(query, '&'), parts(headers, '\n'), body)
}

/// Returns whether an outcome equals an example's expectation. The order of tokens and members does not matter.
pub fn means(outcome: &Expectation, expected: &Expectation) -> bool {
    let sorted = |members: &[(String, Given)]| {
        let mut members = members.to_vec();
        members.sort_by(|left, right| left.0.cmp(&right.0));
        members
    };
    let tokens = |all: &Expectation| {
        let mut tokens: Vec<_> = all
            .tokens
            .iter()
            .map(|(name, members)| (name.clone(), sorted(members)))
            .collect();
        tokens.sort_by(|left, right| left.0.cmp(&right.0));
        tokens
    };
    outcome.error == expected.error
        && tokens(outcome) == tokens(expected)
        && sorted(&outcome.fields) == sorted(&expected.fields)
        && outcome
            .entries
            .iter()
            .map(|own| sorted(own))
            .collect::<Vec<_>>()
            == expected
                .entries
                .iter()
                .map(|own| sorted(own))
                .collect::<Vec<_>>()
}
