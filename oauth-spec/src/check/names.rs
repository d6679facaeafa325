//! Checks of names in the spec and of the Rust names that are derived from them.

use super::Context;
use crate::plan::{Argument, CallKind, Source, Template, name};
use crate::rules;
use crate::syntax::path;

pub(super) fn check(cx: &mut Context<'_>) {
    ids(cx);
    scope_constants(cx);
    identifiers(cx);
    shadowed(cx);
    callback(cx);
    arguments(cx);
    unused_inputs(cx);
}

fn ids(cx: &mut Context<'_>) {
    let id = cx.plan.identity.id.clone();
    // The crate of providers has files with these names.
    if !is_id(&id) || matches!(id.as_str(), "lib" | "main" | "support") {
        let message = format!("`{id}` is not a valid id");
        cx.report(
            &rules::BAD_ID,
            "provider.id",
            message,
            "use lower-case letters, digits and underscores, and begin with a letter".to_owned(),
        );
    }
    let document = cx.document();
    let sets = document
        .scopes
        .as_ref()
        .and_then(|scopes| scopes.sets.as_ref());
    let tables: [(&str, Vec<String>); 7] = [
        ("calls", keys(document.calls.as_ref())),
        ("environment", keys(document.environment.as_ref())),
        ("scopes.sets", keys(sets)),
        ("inputs", keys(document.inputs.as_ref())),
        ("tokens", keys(document.tokens.as_ref())),
        ("fields", keys(document.fields.as_ref())),
        ("variant", keys(document.variant.as_ref())),
    ];
    for (table, names) in tables {
        for name in names.iter().filter(|name| !is_id(name)) {
            let message = format!("`{name}` is not a valid name in [{table}]");
            cx.report(
                &rules::BAD_ID,
                &path::join(table, name),
                message,
                "use lower-case letters, digits and underscores, and begin with a letter"
                    .to_owned(),
            );
        }
    }
}

fn keys<T>(named: Option<&crate::syntax::shapes::Named<T>>) -> Vec<String> {
    named
        .map(|named| named.iter().map(|(name, _)| name.clone()).collect())
        .unwrap_or_default()
}

fn is_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !text.contains("__")
        && !text.ends_with('_')
}

fn scope_constants(cx: &mut Context<'_>) {
    for set in &cx.plan.scope_sets {
        let mut seen: Vec<(String, &str)> = vec![("UNLISTED".to_owned(), "unlisted")];
        for scope in &set.known {
            let constant = name::constant(scope.name.as_deref().unwrap_or(&scope.id));
            let at = path::join(&path::join(&set.path, "known"), &scope.id);
            match seen.iter().find(|(other, _)| *other == constant) {
                Some((_, other)) => {
                    let message = format!("`{}` and `{other}` both become `{constant}`", scope.id);
                    cx.report(
                        &rules::COLLIDING_NAMES,
                        &at,
                        message,
                        "give one of them `name = \"…\"`".to_owned(),
                    );
                }
                None => seen.push((constant, &scope.id)),
            }
        }
    }
}

/// Checks that the types of inputs, fields, calls and arguments have distinct names, and so have the members of `Tokens`.
fn identifiers(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let mut types: Vec<(String, String)> = name::RESERVED_TYPES
        .iter()
        .map(|name| ((*name).to_owned(), "the module".to_owned()))
        .collect();
    types.extend(plan.tokens.iter().map(|token| {
        (
            format!("{}Token", name::camel(&token.name)),
            format!("the token `{}`", token.name),
        )
    }));
    let mut add = |cx: &mut Context<'_>, own: &str, at: String| {
        let kind = name::camel(own);
        match types.iter().find(|(other, _)| *other == kind) {
            Some((_, other)) => {
                let message =
                    format!("`{own}` becomes the type `{kind}`, which {other} already uses");
                cx.report(
                    &rules::COLLIDING_NAMES,
                    &at,
                    message,
                    "choose another name".to_owned(),
                );
            }
            None => types.push((kind, format!("`{own}`"))),
        }
    };
    for input in &plan.inputs {
        add(cx, &input.name, path::join("inputs", &input.name));
    }
    for field in &plan.fields {
        if let crate::plan::FieldKind::Checked(_) = field.kind {
            add(cx, &field.name, path::join("fields", &field.name));
        }
    }
    for call in plan
        .calls
        .iter()
        .filter(|call| call.kind == CallKind::Further)
    {
        let own = call.function();
        if name::RESERVED_FUNCTIONS.contains(&own.as_str()) {
            let message = format!("`{own}` is a function of every module");
            let help = "choose another name".to_owned();
            cx.report(&rules::COLLIDING_NAMES, &call.id.table(), message, help);
        }
        add(cx, &own, call.id.table());
    }
    let login = plan.login.iter().flat_map(|login| &login.arguments);
    let login = login.map(|argument| (path::join("authorize.params", &argument.name), argument));
    let calls = plan.calls.iter().flat_map(|call| {
        let place = |argument: &Argument| cx.place_of_argument(&call.id.table(), &argument.name);
        let arguments = call.arguments.iter();
        arguments
            .map(|argument| (place(argument), argument))
            .collect::<Vec<_>>()
    });
    // Calls share the type of an argument, if it has the same words.
    let mut chosen: Vec<(String, &Argument)> = Vec::new();
    for (at, argument) in login.chain(calls).filter(|(_, own)| !own.one_of.is_empty()) {
        let is_same =
            |other: &Argument| other.name == argument.name && other.one_of == argument.one_of;
        if !chosen.iter().any(|(_, other)| is_same(other)) {
            chosen.push((at, argument));
        }
    }
    for (at, argument) in chosen {
        add(cx, &argument.name, at);
    }
    let mut members: Vec<String> = plan
        .tokens
        .iter()
        .map(|token| name::snake(&token.name))
        .collect();
    for field in &plan.fields {
        let own = name::snake(&field.name);
        if members.contains(&own) {
            let message = format!(
                "the field `{}` has the name of a token or of another field",
                field.name
            );
            cx.report(
                &rules::COLLIDING_NAMES,
                &path::join("fields", &field.name),
                message,
                "choose another name".to_owned(),
            );
        }
        members.push(own);
    }
}

fn shadowed(cx: &mut Context<'_>) {
    let standard = crate::lower::standard_names();
    for input in &cx.plan.inputs {
        // An input `environment` collides as a type, which `identifiers` reports.
        let is_taken =
            name::RESERVED_INPUTS.contains(&input.name.as_str()) && input.name != "environment";
        if standard.contains(&input.name.as_str()) || is_taken {
            let message = format!("`{}` is a reserved name", input.name);
            cx.report(
                &rules::SHADOWED_NAME,
                &path::join("inputs", &input.name),
                message,
                "choose another name".to_owned(),
            );
        }
    }
}

/// Checks that each argument has a distinct Rust name: arguments become parameters and members of options.
fn arguments(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let login = plan
        .login
        .iter()
        .map(|login| ("authorize".to_owned(), &login.arguments));
    let calls = plan
        .calls
        .iter()
        .map(|call| (call.id.table(), &call.arguments));
    for (at, arguments) in login.chain(calls) {
        let reserved = name::RESERVED_INPUTS.iter();
        let reserved = reserved.chain(name::RESERVED_ARGUMENTS);
        let mut seen: Vec<String> = reserved.map(|name| (*name).to_owned()).collect();
        for argument in arguments {
            let own = name::snake(&argument.name);
            let place = cx.place_of_argument(&at, &argument.name);
            if !argument.name.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                let message = format!(
                    "the argument `{}` has no letter, so it cannot become a Rust name",
                    argument.name
                );
                cx.report(&rules::BAD_ID, &place, message, None);
            } else if seen.contains(&own) {
                let message = format!(
                    "the argument `{}` becomes `{own}`, which is already used",
                    argument.name
                );
                let help = "an input of the app or the connection can have another name than the parameter; the \
                            language reference lists the names that are taken"
                    .to_owned();
                cx.report(&rules::COLLIDING_NAMES, &place, message, help);
            }
            seen.push(own);
            words(cx, argument, &place);
        }
    }
}

/// Checks that the parameters of the callback have distinct names.
fn callback(cx: &mut Context<'_>) {
    let Some(login) = &cx.plan.login else { return };
    let keys = ["code", "state", "error", "error_description"];
    let named: Vec<(&str, &String)> = keys.into_iter().zip(&login.callback).collect();
    let repeated = named.iter().enumerate().find_map(|(at, (key, name))| {
        let (other, _) = named[..at].iter().find(|(_, other)| other == name)?;
        Some((*key, *other, (*name).clone()))
    });
    if let Some((key, other, name)) = repeated {
        let message = format!("`{key}` and `{other}` of the callback have the name `{name}`");
        let at = path::join("callback", key);
        let at = match cx.written.says(&at) {
            true => at,
            false => path::join("callback", other),
        };
        cx.report(&rules::COLLIDING_NAMES, &at, message, None);
    }
}

/// Checks that each word of an argument has a distinct Rust name: the words become the variants of an enum.
fn words(cx: &mut Context<'_>, argument: &Argument, place: &str) {
    let mut seen: Vec<String> = Vec::new();
    for word in &argument.one_of {
        let own = name::camel(word);
        if own.is_empty() || seen.contains(&own) {
            let message = match own.is_empty() {
                true => format!("the word `{word}` has no letter and no digit"),
                false => format!("the word `{word}` becomes `{own}`, which is already used"),
            };
            let help = "drop `one_of`: then the argument is any text".to_owned();
            cx.report(&rules::COLLIDING_NAMES, place, message, help);
            return;
        }
        seen.push(own);
    }
}

fn unused_inputs(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let used: Vec<&str> = plan
        .templates()
        .flat_map(Template::sources)
        .filter_map(|source| match source {
            Source::Input(name) | Source::InputText(name, _) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let unused: Vec<String> = plan
        .inputs
        .iter()
        .filter(|input| !used.contains(&input.name.as_str()))
        .map(|input| input.name.clone())
        .collect();
    for name in unused {
        let message = format!("the input `{name}` is never used");
        cx.report(
            &rules::UNUSED_INPUT,
            &path::join("inputs", &name),
            message,
            format!("use `{{{name}}}` in a URL or a parameter, or drop it"),
        );
    }
}
