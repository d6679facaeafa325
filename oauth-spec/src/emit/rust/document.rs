//! Rustdoc: what the page says, at the module and at each call.

use std::fmt::Write as _;

use crate::emit::{life, prose, wire};
use crate::plan::{Call, Deviation, Plan};

/// The module's documentation.
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
        if !plan.app.secret_notes.is_empty() {
            let _ = writeln!(
                text,
                "\nClient secret: {}.",
                plan.app.secret_notes.join("; ")
            );
        }
    }
    let _ = writeln!(text, "\n# Token life\n");
    for token in &plan.tokens {
        let facts = life::facts(token).join("; ");
        let ends: Vec<String> = token
            .policy
            .ends_by
            .iter()
            .map(|end| format!("  - ends, too: {}\n", prose::text(end)))
            .collect();
        let name = prose::code(&token.name);
        let _ = write!(text, "- {name}: {facts}\n{}", ends.concat());
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
    let call = deviation
        .call()
        .map_or_else(String::new, |call| format!("`{call}`: "));
    format!(
        "{call}{} ({}). {}",
        prose::text(&deviation.what),
        deviation.standard,
        deviation.means
    )
}

/// A call's documentation: what it does, what goes over the wire, and where it departs.
pub(super) fn call(plan: &Plan, call: &Call) -> String {
    let mut text = String::from(purpose(plan, call));
    if let Some(doc) = &call.doc {
        let _ = write!(text, "\n\n{}.", prose::text(doc));
    }
    let request = wire::call(plan, call, &wire::Given::names(plan));
    let _ = write!(text, "\n\n{}", prose::fence("http", &request));
    let own: Vec<&Deviation> = plan
        .deviations
        .iter()
        .filter(|deviation| {
            deviation.path.contains(&call.path)
                || deviation.path.strip_prefix("token.").is_some_and(|key| {
                    !key.contains('.')
                        && call.path.starts_with("token.")
                        && !matches!(key, "refresh_token" | "renew")
                        && !is_overridden(plan, call, key)
                })
        })
        .collect();
    for deviation in own {
        let _ = write!(text, "\n\n{}.", prose::text(&deviation.what));
    }
    text
}

/// Whether a call says for itself what `[token]` says for all.
fn is_overridden(plan: &Plan, call: &Call, key: &str) -> bool {
    let own = crate::syntax::path::join(&call.path, key);
    plan.deviations
        .iter()
        .any(|deviation| deviation.path.ends_with(&own))
}

fn purpose(plan: &Plan, call: &Call) -> &'static str {
    use crate::plan::{CallKind, Choice, Ends, When};
    match call.kind {
        CallKind::Exchange => {
            "Trades the code of a verified callback for tokens (RFC 6749 §4.1.3)."
        }
        CallKind::Refresh => match super::calls::keeps_refresh_token(
            plan,
            call.of_token.as_deref().unwrap_or("access"),
        ) {
            true => {
                "Trades the refresh token for a new access token (RFC 6749 §6). The refresh token stays."
            }
            false => {
                "Trades the refresh token for a new access token (RFC 6749 §6). Store what comes back before anything else: another refresh token may be in it."
            }
        },
        CallKind::Renew => "Trades the access token for the next one. Do it while it still lives.",
        CallKind::ClientCredentials => "Asks for a token for the app itself (RFC 6749 §4.4).",
        CallKind::RevokeRefreshToken => match call.ends {
            Ends::RefreshToken => {
                "Ends a refresh token (RFC 7009). Access tokens live on until they end by themselves."
            }
            _ => "Ends the grant by its refresh token (RFC 7009).",
        },
        CallKind::RevokeAccessToken => match call.ends {
            Ends::Grant => "Ends the grant by its access token (RFC 7009).",
            _ => "Ends an access token (RFC 7009).",
        },
        CallKind::Introspect => "Asks whether a token lives, and until when (RFC 7662).",
        CallKind::Userinfo => "Asks who the user is (OpenID Connect Core §5.3).",
        CallKind::Further => match (call.when, &call.selection) {
            (When::Login, _) => "A further call, to be made after each login.",
            (When::Migration, _) => {
                "A further call, once for each token of the module that this one replaces."
            }
            (_, Some(selection)) if selection.choice == Choice::Caller => {
                "A further call, whose answer is a list to choose from."
            }
            _ => "A further call of this provider's own.",
        },
    }
}
