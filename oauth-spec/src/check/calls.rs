//! Checks of calls: the settings of PKCE agree, no value that must be random is a constant, and every
//! login sends its `state`.

use super::Context;
use crate::plan::{Authentication, CallKind, Challenge, Source};
use crate::rules;
use crate::syntax::path;
use crate::syntax::shapes::Or;

pub(super) fn check(cx: &mut Context<'_>) {
    pkce(cx);
    constant_nonces(cx);
    states(cx);
}

fn pkce(cx: &mut Context<'_>) {
    let Some(login) = &cx.plan.login else {
        return;
    };
    let at = if cx.written.says("authorize.pkce") {
        "authorize.pkce"
    } else {
        "authorize"
    };
    let exchange = cx
        .plan
        .calls
        .iter()
        .find(|call| call.kind == CallKind::Exchange);
    let public = exchange.is_some_and(|call| call.authentication == Authentication::None);
    if public && !login.sends_pkce() && !cx.plan.app.confidential {
        let message =
            "a public client without PKCE cannot protect its authorization code".to_owned();
        cx.report(
            &rules::PKCE_CONTRADICTION,
            at,
            message,
            "`authorize.pkce = \"required\"`".to_owned(),
        );
    }
    let document = cx.document().authorize.as_ref().and_then(Or::value);
    let stated = document.and_then(|authorize| authorize.pkce.as_ref());
    let is_plain = login.challenge == Challenge::Plain;
    let has_encoding = stated.is_some_and(|stated| stated.encoding().is_some());
    let contradiction = match (has_encoding, is_plain, login.sends_pkce()) {
        (true, true, _) => Some((
            "encoding",
            "with `method = \"plain\"` the code challenge is the verifier, which is not encoded",
        )),
        (true, _, false) => Some((
            "encoding",
            "the authorization request has no code challenge",
        )),
        (_, true, false) => Some(("method", "the authorization request has no code challenge")),
        _ => None,
    };
    if let Some((key, message)) = contradiction {
        let path = path::join("authorize.pkce", key);
        let help = format!("drop `{key}`");
        cx.report(&rules::PKCE_CONTRADICTION, &path, message, help);
    }
    let by_hand = login
        .parameters
        .iter()
        .filter(|row| row.path.starts_with("authorize.params"))
        .find(|row| row.name.starts_with("code_challenge"));
    if let Some(row) = by_hand {
        let (path, message) = (
            row.path.clone(),
            format!(
                "`{}` is a PKCE parameter, which the compiler adds",
                row.name
            ),
        );
        cx.report(
            &rules::PKCE_CONTRADICTION,
            &path,
            message,
            "drop it, and set `authorize.pkce`".to_owned(),
        );
    }
    let verifier = exchange.is_some_and(|call| {
        call.parameters()
            .any(|row| row.carries(&Source::CodeVerifier))
    });
    let challenge = login
        .parameters
        .iter()
        .any(|row| row.carries(&Source::CodeChallenge));
    let halves = if challenge && exchange.is_some() && !verifier {
        Some((
            "token.authorization_code.params.code_verifier",
            "the authorization request sends a code challenge, but the token request sends no code verifier",
        ))
    } else if login.sends_pkce() && !challenge {
        Some((
            "authorize.params.code_challenge",
            "the token request sends a code verifier, but the authorization request sends no code challenge",
        ))
    } else {
        None
    };
    if let Some((at, message)) = halves {
        let help = "write `authorize.pkce = \"ignored\"` to send neither".to_owned();
        cx.report(&rules::PKCE_CONTRADICTION, at, message, help);
    }
}

fn constant_nonces(cx: &mut Context<'_>) {
    let Some(login) = &cx.plan.login else {
        return;
    };
    let rows = login.parameters.iter().chain(&login.offline_parameters);
    for row in rows.filter(|row| matches!(row.name.as_str(), "state" | "nonce")) {
        if row.value.sources().next().is_none() {
            let (at, message) = (
                row.path.clone(),
                format!("`{}` is the same for every login", row.name),
            );
            cx.report(
                &rules::CONSTANT_NONCE,
                &at,
                message,
                match row.name.as_str() {
                    "nonce" => "write `authorize.nonce = \"required\"` instead: the module generates a new nonce for each login",
                    _ => "remove it: the module generates a new state for each login",
                }
                .to_owned(),
            );
        }
    }
}

/// Checks that the login sends the generated `state`, which verifies every callback.
fn states(cx: &mut Context<'_>) {
    let Some(login) = &cx.plan.login else {
        return;
    };
    let (carrier, name) = match login.state_in_redirect {
        true => (Source::RedirectUri, "redirect_uri"),
        false => (Source::State, "state"),
    };
    if login.parameters.iter().any(|row| row.carries(&carrier)) {
        return;
    }
    let stated = ["authorize.params", "authorize.names"].map(|table| path::join(table, name));
    let at = stated.into_iter().find(|at| cx.written.says(at));
    let at = at.unwrap_or_else(|| "authorize".to_owned());
    let message =
        "the authorization request does not send the state, so no callback can be verified";
    let help = match login.state_in_redirect {
        true => format!("drop `{at}`: the state is part of the redirect URI"),
        false => format!(
            "drop `{at}`; if the provider has no such parameter, write `authorize.state = \"in_redirect\"`"
        ),
    };
    cx.report(&rules::UNBOUND_LOGIN, &at, message.to_owned(), help);
}
