//! Parses expressions in templates, such as `hex(hmac_sha256(client_secret, callback.rest))`. The set of functions is
//! closed.

use super::Context;
use super::template::{self, Available};
use crate::plan::{Function, Piece, Source, Template};
use crate::rules;
use crate::syntax::read::did_you_mean;

/// The maximum depth of functions inside each other.
const MAX_DEPTH: usize = 8;

/// The maximum number of arguments of a function.
const MAX_ARGUMENTS: usize = 32;

/// Parses the text between two braces: a name, or a function of names and texts whose result is text.
pub(crate) fn value(
    cx: &mut Context<'_>,
    text: &str,
    path: &str,
    available: Available<'_>,
) -> Option<Source> {
    if !text.contains('(') {
        return template::source(cx, text, path, available);
    }
    let source = function(cx, text, path, available, 0)?;
    match source {
        Source::Function(function, _) if function.gives_bytes() => {
            let help = format!("write `hex({text})`, or use `base64` or `base64url`");
            refuse(
                cx,
                path,
                &format!("`{}` returns bytes, but text is required", function.name()),
                help,
            )
        }
        source => Some(source),
    }
}

fn refuse(cx: &mut Context<'_>, path: &str, message: &str, help: String) -> Option<Source> {
    cx.report(&rules::BAD_TEMPLATE, path, message, help);
    None
}

fn function(
    cx: &mut Context<'_>,
    text: &str,
    path: &str,
    available: Available<'_>,
    depth: usize,
) -> Option<Source> {
    let names: Vec<&str> = Function::ALL
        .iter()
        .map(|function| function.name())
        .collect();
    let open = text
        .split_once('(')
        .and_then(|(name, rest)| Some((name.trim(), rest.strip_suffix(')')?)));
    let Some((name, inside)) = open.filter(|_| depth < MAX_DEPTH) else {
        let help = "write a function and its values in parentheses, such as `hex(sha256(code))`"
            .to_owned();
        return refuse(
            cx,
            path,
            &format!("`{text}` is not a valid expression"),
            help,
        );
    };
    let Some(function) = Function::ALL
        .iter()
        .copied()
        .find(|function| function.name() == name)
    else {
        let help = did_you_mean(name, &names, || format!("one of: {}", names.join(", ")));
        return refuse(cx, path, &format!("unknown function `{name}`"), help);
    };
    let arguments = arguments(inside);
    if function
        .arity()
        .is_some_and(|arity| arity != arguments.len())
        || arguments.is_empty()
        || arguments.len() > MAX_ARGUMENTS
    {
        let wants = function.arity().map_or_else(
            || format!("1 to {MAX_ARGUMENTS}"),
            |arity| arity.to_string(),
        );
        return refuse(
            cx,
            path,
            &format!("`{name}` takes {wants} values"),
            format!("`{text}` has {}", arguments.len()),
        );
    }
    let values: Option<Vec<Template>> = arguments
        .iter()
        .map(|argument| self::argument(cx, argument.trim(), path, available, function, depth))
        .collect();
    values.map(|values| Source::Function(function, values))
}

fn argument(
    cx: &mut Context<'_>,
    text: &str,
    path: &str,
    available: Available<'_>,
    taker: Function,
    depth: usize,
) -> Option<Template> {
    let quoted = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    let piece = match quoted {
        Some(literal) => Piece::Text(literal.to_owned()),
        // The number of characters is written without quotes.
        None if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Piece::Text(text.to_owned())
        }
        None if text.contains('(') => {
            Piece::Source(function(cx, text, path, available, depth + 1)?)
        }
        None => Piece::Source(template::source(cx, text, path, available)?),
    };
    let bytes = matches!(&piece, Piece::Source(Source::Function(own, _)) if own.gives_bytes());
    if bytes && !taker.encodes() {
        let help = format!("write `hex({text})`, or use `base64` or `base64url`");
        refuse(
            cx,
            path,
            &format!("`{}` takes text, not bytes", taker.name()),
            help,
        )?;
    }
    Some(Template(vec![piece]))
}

/// Splits a text at commas, except commas inside parentheses and quotes.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut arguments = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                arguments.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        arguments.push(&text[start..]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    #[test]
    fn commas_inside_parentheses_and_quotes_do_not_count() {
        assert_eq!(
            super::arguments("a, b(c, d), ','"),
            ["a", " b(c, d)", " ','"]
        );
        assert_eq!(super::arguments(""), Vec::<&str>::new());
    }
}
