//! The options of a login besides its scopes, and the parameters of offline access.

use super::super::prose;
use super::{cell, code_in_cell, in_cell};
use crate::interpret::wire;
use crate::plan::{Argument, Call, Login, Parameter, Plan, Source, Value};
use crate::syntax::shapes::Time;
use crate::words;

/// Returns a row for each option of `login`: its parameter, its values and its description.
pub(super) fn options(login: &Login) -> Vec<[String; 3]> {
    rows(login.parameters.iter(), &login.arguments)
}

/// Returns a row for each argument of a call: its parameter or header, its values and its description.
pub(super) fn arguments(call: &Call) -> Vec<[String; 3]> {
    rows(call.parameters().chain(&call.headers), &call.arguments)
}

fn rows<'p>(
    parameters: impl Iterator<Item = &'p Parameter>,
    arguments: &[Argument],
) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for parameter in parameters {
        let is_its =
            |argument: &&Argument| parameter.carries(&Source::Argument(argument.name.clone()));
        if let Some(argument) = arguments.iter().find(is_its) {
            let values = match argument.one_of.is_empty() {
                true => "text".to_owned(),
                false => prose::codes(&argument.one_of, " or "),
            };
            let default = argument.default.as_ref();
            let default = default.map_or_else(String::new, |own| {
                format!(", {} by default", prose::code(own))
            });
            rows.push([
                code_in_cell(&parameter.name),
                cell(&format!("{values}{default}")),
                in_cell(&argument.doc),
            ]);
        }
    }
    rows
}

/// Returns the parameters and scopes that request offline access.
pub(super) fn offline(plan: &Plan, login: &Login) -> Vec<String> {
    let given = wire::Given::names(plan);
    let parameters = login.offline_parameters.iter().map(|row| {
        let value = match &row.value {
            Value::Template(template) => wire::template(plan, template, &given),
            Value::Number(number) => number.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Scopes(_) => String::new(),
        };
        prose::code(&format!("{}={value}", row.name))
    });
    let scopes = login
        .offline_scopes
        .iter()
        .map(|scope| format!("the scope {}", prose::code(scope)));
    parameters.chain(scopes).collect()
}

/// Describes the separator of each scope list that a request sends, and how long the code of a callback is valid.
pub(super) fn facts(plan: &Plan) -> Vec<String> {
    let sent = plan
        .scope_sets
        .iter()
        .filter_map(|set| Some((set.parameter.as_ref()?, set)));
    let rows = sent.map(|(parameter, set)| {
        let between = match set.separator.as_str() {
            " " => "spaces".to_owned(),
            other => prose::code(other),
        };
        let parameter = prose::code(parameter);
        format!("Scopes in {parameter} are separated by {between}")
    });
    let lifetime = plan.login.as_ref().and_then(|login| login.code_lifetime);
    let code = lifetime.and_then(Time::seconds).map(|seconds| {
        let period = words::duration(seconds);
        format!("The authorization code in the callback expires after {period}")
    });
    rows.chain(code).collect()
}
