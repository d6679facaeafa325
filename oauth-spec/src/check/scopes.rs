//! Checks of scopes: none contains the separator, and every scope that is referred to is known.

use super::Context;
use crate::plan::{CallId, Encoding, Value};
use crate::rules;
use crate::syntax::document::Chosen;
use crate::syntax::path;
use crate::syntax::read::did_you_mean;

pub(super) fn check(cx: &mut Context<'_>) {
    separators(cx);
    raw(cx);
    unsent(cx);
    references(cx);
    console(cx);
    operations(cx);
}

/// Checks that the login sends each list of scopes that it takes.
fn unsent(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let Some(login) = &plan.login else { return };
    let sends = |index: usize| {
        let mut rows = login.parameters.iter();
        rows.any(|row| row.value == Value::Scopes(index))
    };
    let sets = plan.scope_sets.iter().enumerate();
    let unsent = sets
        .filter(|(_, set)| set.parameter.is_some())
        .find(|(index, _)| !sends(*index));
    if let Some((_, set)) = unsent {
        let message = "the authorization request does not contain these scopes".to_owned();
        let help = "drop the scopes, or what replaces or drops their parameter".to_owned();
        cx.report(&rules::UNREAD_TABLE, &set.path, message, help);
    }
}

/// Checks that scopes that are not encoded are valid in a URL.
fn raw(cx: &mut Context<'_>) {
    // RFC 3986 §3.4, without the characters that end the value.
    let is_valid = |text: &str| {
        let is_valid =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;:@/?=".contains(&byte);
        text.bytes().all(is_valid)
    };
    let mut found = None;
    for set in cx
        .plan
        .scope_sets
        .iter()
        .filter(|set| set.encoding == Encoding::Raw)
    {
        let known = set.known.iter().map(|scope| &scope.id).chain(&set.always);
        let mut sent = known.chain([&set.separator]);
        found = found.or_else(|| sent.find(|text| !is_valid(text)));
    }
    if let Some(text) = found {
        let message = format!("`{text}` is not valid in a URL, and `scopes.encoding` is `raw`");
        let help = "drop `encoding`, or state another separator".to_owned();
        cx.report(&rules::RAW_SCOPES, "scopes.encoding", message, help);
    }
}

/// Reports a scope that is not known, unless the provider has other scopes.
fn unknown(cx: &mut Context<'_>, known: &[&str], open: bool, scope: &str, at: &str) {
    if !known.contains(&scope) && !open {
        let help = did_you_mean(scope, known, || format!("add `known.\"{scope}\" = \"…\"`"));
        let message = format!("unknown scope `{scope}`");
        cx.report(&rules::UNKNOWN_SCOPE, at, message, help);
    }
}

/// Checks that operations and userinfo name only known scopes, and operations at most `MAX_SCOPES` of them.
fn operations(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let open = plan.scope_sets.iter().any(|set| set.open);
    let known: Vec<&str> = plan
        .scope_sets
        .iter()
        .flat_map(|set| &set.known)
        .map(|scope| scope.id.as_str())
        .collect();
    let mut named: Vec<&str> = Vec::new();
    let userinfo = plan.call_by_id(&CallId::Userinfo);
    for scope in userinfo.iter().flat_map(|call| call.needs.iter().flatten()) {
        unknown(cx, &known, open, scope, "userinfo.needs");
    }
    for operation in &plan.operations {
        let at = path::join("operations", &operation.id);
        let needs = operation
            .needs
            .iter()
            .flatten()
            .map(|scope| ("needs", scope));
        let enriches = operation
            .enriches
            .iter()
            .map(|(scope, _)| ("enriches", scope));
        for (key, scope) in needs.chain(enriches) {
            unknown(cx, &known, open, scope, &path::join(&at, key));
            if key == "needs" && !named.contains(&scope.as_str()) {
                named.push(scope);
            }
        }
    }
    if named.len() > MAX_SCOPES {
        let message = format!(
            "the operations need {} scopes; at most {MAX_SCOPES} are allowed",
            named.len()
        );
        let help = "drop the operations that the app does not call".to_owned();
        cx.report(
            &rules::TOO_MANY_OPERATION_SCOPES,
            "operations",
            message,
            help,
        );
    }
}

/// The maximum number of scopes that operations name. The smallest sufficient set is computed in a word of 128 bits.
const MAX_SCOPES: usize = 128;

fn separators(cx: &mut Context<'_>) {
    for set in &cx.plan.scope_sets {
        for scope in set
            .known
            .iter()
            .filter(|scope| scope.id.contains(&set.separator) || scope.id.is_empty())
        {
            let at = path::join(&path::join(&set.path, "known"), &scope.id);
            let message = format!("`{}` contains the separator `{}`", scope.id, set.separator);
            cx.report(
                &rules::SEPARATOR_IN_SCOPE,
                &at,
                message,
                "set `scopes.separator` to the provider's separator, or split the scope".to_owned(),
            );
        }
    }
}

fn references(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let empty = plan
        .scope_sets
        .iter()
        .find(|set| set.always.iter().any(String::is_empty));
    if let Some(set) = empty {
        let at = path::join(&set.path, "always");
        cx.report(
            &rules::UNKNOWN_SCOPE,
            &at,
            "a scope has no name".to_owned(),
            None,
        );
    }
    for (index, set) in plan.scope_sets.iter().enumerate() {
        if set.open {
            continue;
        }
        let known: Vec<&str> = set.known.iter().map(|scope| scope.id.as_str()).collect();
        let mut named: Vec<(String, &str)> = set
            .always
            .iter()
            .map(|scope| (path::join(&set.path, "always"), scope.as_str()))
            .collect();
        // Several lists share `unreported`, so a scope in it may belong to another list.
        let unreported = set.unreported.iter().filter(|_| set.name.is_empty());
        named.extend(unreported.map(|scope| ("scopes.unreported".to_owned(), scope.as_str())));
        for scope in &set.known {
            let at = path::join(&path::join(&set.path, "known"), &scope.id);
            named.extend(
                scope
                    .implies
                    .iter()
                    .chain(&scope.same_as)
                    .map(|other| (at.clone(), other.as_str())),
            );
        }
        let offline = plan
            .login
            .iter()
            .filter(|_| index == 0)
            .flat_map(|login| &login.offline_scopes);
        named.extend(offline.map(|scope| ("authorize.offline.scopes".to_owned(), scope.as_str())));
        for (at, scope) in named
            .into_iter()
            .filter(|(_, scope)| !known.contains(scope))
        {
            let help = did_you_mean(scope, &known, || format!("add `known.\"{scope}\" = \"…\"`"));
            cx.report(
                &rules::UNKNOWN_SCOPE,
                &at,
                format!("unknown scope `{scope}`"),
                help,
            );
        }
    }
}

fn console(cx: &mut Context<'_>) {
    let Some(scopes) = cx
        .document()
        .scopes
        .as_ref()
        .filter(|scopes| scopes.chosen == Some(Chosen::Console))
    else {
        return;
    };
    if scopes
        .always
        .as_ref()
        .is_some_and(|always| !always.is_empty())
    {
        cx.report(
            &rules::SCOPES_FROM_CONSOLE,
            "scopes.always",
            "the console sets the scopes, so these are never sent".to_owned(),
            "drop `always` or `chosen`".to_owned(),
        );
    }
    if cx
        .plan
        .login
        .as_ref()
        .is_some_and(|login| !login.offline_scopes.is_empty())
    {
        cx.report(
            &rules::SCOPES_FROM_CONSOLE,
            "authorize.offline.scopes",
            "the console sets the scopes, so these are never sent".to_owned(),
            "drop them or `chosen`".to_owned(),
        );
    }
}
