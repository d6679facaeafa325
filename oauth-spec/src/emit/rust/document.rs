//! Rustdoc of modules and calls, with the content of the provider's page.

use std::fmt::Write as _;

use crate::emit::{prose, text};
use crate::interpret::wire;
use crate::plan::{Call, Deviation, Plan};

/// Returns the module's documentation.
pub(super) fn links(plan: &Plan, variants: &[&Plan]) -> String {
    let identity = &plan.identity;
    let mut text = match &identity.variant {
        Some((name, setting)) => format!(
            "{}, variant {}: {}.\n",
            prose::text(&identity.name),
            prose::code(name),
            prose::text(setting)
        ),
        None => format!(
            "{}: {}\n",
            prose::text(&identity.name),
            prose::link(&identity.docs)
        ),
    };
    if identity.is_reported && identity.variant.is_none() {
        let _ = writeln!(text, "\n{}", text::REPORTED);
    }
    let functions: Vec<String> = plan
        .login
        .iter()
        .map(|_| "[`login`]".to_owned())
        .chain(plan.install.iter().map(|_| "[`install`]".to_owned()))
        .chain(
            plan.calls
                .iter()
                .map(|call| format!("[`{}`]", call.function())),
        )
        .collect();
    if !functions.is_empty() {
        let _ = writeln!(text, "\nCalls: {}.", functions.join(", "));
    }
    for variant in variants {
        if let Some((name, setting)) = &variant.identity.variant {
            let _ = writeln!(
                text,
                "\nVariant [`{}`]: {}.",
                crate::plan::name::snake(name).trim_start_matches("r#"),
                prose::text(setting)
            );
        }
    }
    if plan.identity.variant.is_none() && !plan.app.steps.is_empty() {
        let _ = writeln!(text, "\n# Register the app\n");
        for (index, step) in plan.app.steps.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", index + 1, prose::text(step));
        }
        let secret = text::app::secret(&plan.app.client_secret);
        if !secret.is_empty() {
            let _ = writeln!(text, "\nClient secret: {}.", secret.join("; "));
        }
    }
    let _ = writeln!(text, "\n# Token lifetime\n");
    for token in &plan.tokens {
        let _ = writeln!(text, "- {}", prose::code(&token.name));
        for fact in text::life::facts(token) {
            let _ = writeln!(text, "  - {fact}");
        }
        for end in &token.policy.ends_by {
            let _ = writeln!(text, "  - also ends when: {}", prose::text(end));
        }
    }
    if !plan.deviations.is_empty() {
        let _ = writeln!(
            text,
            "\n# How {} differs from the standard\n",
            prose::text(&identity.name)
        );
        for deviation in &plan.deviations {
            let _ = writeln!(text, "- {}", line(deviation));
        }
    }
    text
}

fn line(deviation: &Deviation) -> String {
    let function = text::deviations::function(deviation);
    let function = function.map_or_else(String::new, |own| format!("{}: ", prose::code(own)));
    let what = text::deviations::what(deviation);
    let consequence = text::deviations::consequence(deviation);
    format!(
        "{function}{} ({}). {consequence}",
        prose::text(&what),
        deviation.standard
    )
}

/// Returns a call's documentation: its purpose, its HTTP message, and the deviations that the message does not show.
pub(super) fn call(plan: &Plan, call: &Call) -> String {
    let mut document = String::from(purpose(plan, call));
    if let Some(doc) = &call.doc {
        let _ = write!(document, "\n\n{}.", prose::text(doc));
    }
    let request = wire::call(plan, call, &wire::Given::names(plan));
    let _ = write!(document, "\n\n{}", prose::fence("http", &request));
    let all = &plan.deviations;
    let is_about = |own: &&Deviation| own.is_about(&call.id, all) && !own.kind.is_in_request();
    for deviation in all.iter().filter(is_about) {
        let what = text::deviations::what(deviation);
        let _ = write!(document, "\n\n{}.", prose::text(&what));
    }
    document
}

fn purpose(plan: &Plan, call: &Call) -> &'static str {
    use crate::plan::{CallKind, Choice, Ends, When};
    match call.kind {
        CallKind::Exchange => {
            "Exchanges the code of a verified callback for tokens (RFC 6749 §4.1.3)."
        }
        CallKind::Refresh => match super::calls::keeps_refresh_token(
            plan,
            call.of_token.as_deref().unwrap_or("access"),
        ) {
            true => {
                "Requests a new access token with the refresh token, which stays valid (RFC 6749 §6)."
            }
            false => {
                "Requests a new access token with the refresh token (RFC 6749 §6). Store the response before you use it, since it may contain a new refresh token."
            }
        },
        CallKind::Renew => "Exchanges the access token for the next one, before it expires.",
        CallKind::ClientCredentials => {
            "Requests an access token for the app itself (RFC 6749 §4.4)."
        }
        CallKind::RevokeRefreshToken => match call.ends {
            Ends::RefreshToken => {
                "Revokes a refresh token (RFC 7009). Access tokens stay valid until they expire."
            }
            _ => "Revokes the grant by its refresh token (RFC 7009).",
        },
        CallKind::RevokeAccessToken => match call.ends {
            Ends::Grant => "Revokes the grant by its access token (RFC 7009).",
            _ => "Revokes an access token (RFC 7009).",
        },
        CallKind::Introspect => "Returns whether a token is valid, and when it expires (RFC 7662).",
        CallKind::Userinfo => "Returns claims about the user (OpenID Connect Core §5.3).",
        CallKind::Further => match (call.when, &call.selection) {
            (When::Login, _) => "A call of this provider, to be made after each login.",
            (When::Migration, _) => {
                "A call of this provider, to be made once for each token of the module that this one replaces."
            }
            (_, Some(selection)) if selection.choice == Choice::Caller => {
                "A call of this provider that returns a list to choose from."
            }
            _ => "A call of this provider.",
        },
    }
}
