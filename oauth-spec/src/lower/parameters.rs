//! Lowers parameters: those of the standard in their order, as the spec renames, replaces, drops and extends them.

use super::template::Available;
use super::{Context, template};
use crate::plan::value::Argument;
use crate::plan::{Parameter, Source, Template, Value};
use crate::rules;
use crate::syntax::document;
use crate::syntax::path;
use crate::syntax::shapes::{Named, Or, Parameter as Stated};

/// Parameters by their names in the standard.
pub(crate) type Standard = Vec<(String, Value)>;

pub(crate) fn standard<const N: usize>(rows: [(&str, Value); N]) -> Standard {
    rows.into_iter()
        .map(|(word, value)| (word.to_owned(), value))
        .collect()
}

/// Parameters of the standard that `params` can replace. All others can only be renamed or left out.
const REPLACEABLE: &[&str] = &[
    "grant_type",
    "response_type",
    "response_mode",
    "scope",
    "code_challenge_method",
];

/// Returns the standard's parameters as renamed, replaced or dropped, followed by those that the spec adds.
pub(crate) fn with_standard(
    cx: &mut Context<'_>,
    standard: Standard,
    stated: &Named<Stated>,
    at: &str,
    names: &[(&String, &Or<String>, String)],
    available: Available<'_>,
    call: &str,
) -> (Vec<Parameter>, Vec<Argument>) {
    let words: Vec<String> = standard.iter().map(|(word, _)| word.clone()).collect();
    for (word, _, path) in names
        .iter()
        .filter(|(word, ..)| !is_word_of_the_standard(word))
    {
        let message = format!("`{word}` is not a standard parameter");
        cx.report(&rules::UNKNOWN_NAME_OF_PARAMETER, path, message, None);
    }
    for (word, _, path) in names
        .iter()
        .filter(|(_, name, _)| **name == Or::Is(String::new()))
    {
        let message = format!("`{word}` has an empty name");
        let help = format!("write `{word} = false` to omit it");
        cx.report(&rules::UNKNOWN_NAME_OF_PARAMETER, path, message, help);
    }
    let mut rows = Vec::new();
    for (word, value) in standard {
        let renamed = names
            .iter()
            .find(|(own, ..)| **own == word)
            .map(|(_, name, path)| (*name, path.clone()));
        let (name, path) = match renamed {
            Some((Or::Absent, _)) => continue,
            Some((Or::Is(name), path)) => (name.clone(), path),
            None => (word.clone(), call.to_owned()),
        };
        match stated.get(&word) {
            None => rows.push(Parameter {
                name,
                value,
                is_optional: false,
                path,
            }),
            Some(Stated::Absent) => {}
            Some(own) if REPLACEABLE.contains(&word.as_str()) => {
                let own_path = path::join(at, &word);
                let value = stated_value(cx, own, &own_path, &word, available);
                rows.push(Parameter {
                    name,
                    value,
                    is_optional: may_be_left_out(own),
                    path: own_path,
                });
            }
            Some(_) => {
                let message =
                    format!("`{word}` is already sent: it can be renamed or omitted, not replaced");
                cx.report(
                    &rules::REPEATED_PARAMETER,
                    &path::join(at, &word),
                    message,
                    format!("drop the line, or set `names.{word}`"),
                );
            }
        }
    }
    let further = Named(
        stated
            .0
            .iter()
            .filter(|(name, _)| !words.contains(name))
            .cloned()
            .collect(),
    );
    let (own, arguments) = self::stated(cx, &further, at, available);
    rows.extend(own);
    report_repeated(cx, &rows);
    (rows, arguments)
}

/// Returns whether `names` can rename a word in at least one call.
fn is_word_of_the_standard(word: &str) -> bool {
    [
        "response_type",
        "client_id",
        "client_secret",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
        "grant_type",
        "code",
        "code_verifier",
        "refresh_token",
        "token",
    ]
    .contains(&word)
}

pub(super) fn report_repeated(cx: &mut Context<'_>, rows: &[Parameter]) {
    for (index, row) in rows.iter().enumerate() {
        if rows[..index].iter().any(|other| other.name == row.name) {
            let message = format!("`{}` is sent twice", row.name);
            cx.report(&rules::REPEATED_PARAMETER, &row.path, message, None);
        }
    }
}

/// Lowers parameters or headers as the spec states them, and returns the arguments that they declare.
pub(crate) fn stated(
    cx: &mut Context<'_>,
    stated: &Named<Stated>,
    at: &str,
    available: Available<'_>,
) -> (Vec<Parameter>, Vec<Argument>) {
    let mut rows = Vec::new();
    let mut arguments = Vec::new();
    for (name, value) in stated.iter() {
        let path = path::join(at, name);
        match value {
            Stated::Absent => continue,
            Stated::Argument(argument) => arguments.extend(self::argument(name, argument)),
            _ => {}
        }
        let is_optional = may_be_left_out(value);
        let value = stated_value(cx, value, &path, name, available);
        rows.push(Parameter {
            name: name.clone(),
            value,
            is_optional,
            path,
        });
    }
    (rows, arguments)
}

pub(crate) fn stated_value(
    cx: &mut Context<'_>,
    stated: &Stated,
    path: &str,
    name: &str,
    available: Available<'_>,
) -> Value {
    match stated {
        Stated::Absent => Value::Boolean(false),
        Stated::True => Value::Boolean(true),
        Stated::Number(number) => Value::Number(*number),
        Stated::Template(text) => Value::Template(template::value(cx, text, path, available)),
        Stated::Argument(argument) => match &argument.value {
            Some(constant) => Value::Template(template::value(cx, constant, path, available)),
            None => Value::Template(Template::source(Source::Argument(name.to_owned()))),
        },
    }
}

/// Returns whether the provider accepts a request without this constant.
pub(crate) fn may_be_left_out(stated: &Stated) -> bool {
    match stated {
        Stated::Argument(argument) => {
            argument.value.is_some() && argument.optional.unwrap_or_default()
        }
        _ => false,
    }
}

/// Returns the argument that a table declares, unless it states a constant.
pub(crate) fn argument(name: &str, argument: &document::Argument) -> Option<Argument> {
    if argument.value.is_some() {
        return None;
    }
    Some(Argument {
        name: name.to_owned(),
        optional: argument.optional.unwrap_or_default(),
        default: argument.default.clone(),
        one_of: argument.one_of.clone().unwrap_or_default(),
        doc: argument.doc.clone().unwrap_or_default(),
    })
}
