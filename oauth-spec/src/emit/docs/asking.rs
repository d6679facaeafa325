//! What a login may ask for beside its scopes, and what asking for offline access adds.

use super::super::wire;
use crate::plan::{Argument, Login, Plan, Source, Value};

/// What the caller of `login` may give: parameter, values, what it is.
pub(super) fn options(login: &Login) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for parameter in &login.parameters {
        let is_its =
            |argument: &&Argument| parameter.carries(&Source::Argument(argument.name.clone()));
        if let Some(argument) = login.arguments.iter().find(is_its) {
            let words: Vec<_> = argument
                .one_of
                .iter()
                .map(|word| format!("`{word}`"))
                .collect();
            let values = match words.is_empty() {
                true => "a text".to_owned(),
                false => words.join(" or "),
            };
            let default = argument.default.as_ref();
            let default = default.map_or_else(String::new, |own| format!(", `{own}` if not given"));
            let doc = argument.doc.clone();
            rows.push([parameter.name.clone(), format!("{values}{default}"), doc]);
        }
    }
    rows
}

/// What goes along with a login that asks for offline access.
pub(super) fn offline(plan: &Plan, login: &Login) -> Vec<String> {
    let given = wire::Given::names(plan);
    let parameters = login.offline_parameters.iter().map(|row| {
        let value = match &row.value {
            Value::Template(template) => wire::template(plan, template, &given),
            Value::Number(number) => number.to_string(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::Scopes(_) => String::new(),
        };
        format!("`{}={value}`", row.name)
    });
    let scopes = login
        .offline_scopes
        .iter()
        .map(|scope| format!("the scope `{scope}`"));
    parameters.chain(scopes).collect()
}

/// What stands between two scopes, for each list of scopes that is sent.
pub(super) fn separators(plan: &Plan) -> Vec<String> {
    let sent = plan
        .scope_sets
        .iter()
        .filter_map(|set| Some((set.parameter.as_ref()?, set)));
    let rows = sent.map(|(parameter, set)| {
        let between = match set.separator.as_str() {
            " " => "spaces".to_owned(),
            other => format!("`{other}`"),
        };
        format!("Scopes in `{parameter}` are separated by {between}")
    });
    rows.collect()
}
