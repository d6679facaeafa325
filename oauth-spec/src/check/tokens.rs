//! Checks of tokens: their lifetimes agree, and policies are in the table that is read.

use super::Context;
use crate::plan::{CallKind, Value};
use crate::rules;
use crate::syntax::document::Grant;
use crate::syntax::path;
use crate::syntax::shapes::{Lifetime, Or, Time};

const GRANTS: &[&str] = &[
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "renew",
];

pub(super) fn check(cx: &mut Context<'_>) {
    lives(cx);
    renewals(cx);
    names(cx);
    policies(cx);
    immortal(cx);
    unread(cx);
    members(cx);
    grants(cx);
}

/// Checks that a call returns a token, or that a person can copy one from the provider's console.
fn grants(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let is_given = plan.calls.iter().any(|call| !call.readings.is_empty());
    let is_copied = plan.tokens.iter().any(crate::plan::Token::is_static);
    if !is_given && !is_copied {
        let message = "no call returns a token".to_owned();
        let help = "state `[authorize]`, `[token.client_credentials]`, or `from = \"console\"` for a token".to_owned();
        cx.report(&rules::NO_GRANT, "token", message, help);
    }
}

fn lives(cx: &mut Context<'_>) {
    for token in &cx.plan.tokens {
        let policy = &token.policy;
        let at = match policy.renewal {
            crate::plan::token::Renewal::Exchange | crate::plan::token::Renewal::WithoutToken => {
                "token.renew"
            }
            _ => "token.refresh_token",
        };
        if let (Some(Time::Seconds(margin)), Lifetime::Time(Time::Seconds(lifetime))) =
            (policy.margin, token.lifetime)
            && margin >= lifetime
        {
            let message = format!(
                "a margin of {} is not shorter than the lifetime of `{}`",
                crate::words::duration(margin),
                token.name
            );
            cx.report(
                &rules::MARGIN_TOO_LONG,
                &path::join(at, "margin"),
                message,
                None,
            );
        }
        if let (Some(Time::Seconds(idle)), Some(Time::Seconds(absolute))) =
            (policy.idle, policy.absolute)
            && idle > absolute
        {
            let message = "`idle` is longer than `absolute`".to_owned();
            cx.report(
                &rules::IDLE_TOO_LONG,
                &path::join(at, "idle"),
                message,
                "the shorter one applies: drop `idle`, or correct the wrong value".to_owned(),
            );
        }
    }
}

fn renewals(cx: &mut Context<'_>) {
    let Some(token) = &cx.document().token else {
        return;
    };
    if matches!(token.refresh_token, Some(Or::Is(_))) && matches!(token.renew, Some(Or::Is(_))) {
        cx.report(
            &rules::TWO_RENEWALS,
            "token.renew",
            "a token cannot have both a refresh and a renewal".to_owned(),
            "drop `token.refresh_token` or `token.renew`".to_owned(),
        );
    }
}

fn names(cx: &mut Context<'_>) {
    let named = cx.document().tokens.clone().unwrap_or_default();
    for (name, _) in named
        .iter()
        .filter(|(name, _)| GRANTS.contains(&name.as_str()))
    {
        let message = format!("`tokens.{name}` has the name of a grant");
        cx.report(
            &rules::TOKEN_NAMED_AS_GRANT,
            &path::join("tokens", name),
            message,
            format!("did you mean `token.{name}`?"),
        );
    }
}

fn policies(cx: &mut Context<'_>) {
    let Some(token) = &cx.document().token else {
        return;
    };
    let elsewhere: [(&str, &Option<Or<Grant>>); 2] = [
        ("token.authorization_code", &token.authorization_code),
        ("token.client_credentials", &token.client_credentials),
    ];
    for (at, grant) in elsewhere {
        let Some(grant) = grant.as_ref().and_then(Or::value) else {
            continue;
        };
        let stated = [
            ("rotation", grant.rotation.is_some()),
            ("grace", grant.grace.is_some()),
            ("reuse", grant.reuse.is_some()),
            ("idle", grant.idle.is_some()),
            ("absolute", grant.absolute.is_some()),
            ("max_live", grant.max_live.is_some()),
            ("margin", grant.margin.is_some()),
            ("min_age", grant.min_age.is_some()),
            ("ends_by", grant.ends_by.is_some()),
        ];
        for (key, _) in stated.iter().filter(|(_, is_stated)| *is_stated) {
            let message = format!("`{key}` has no effect at `{at}`");
            cx.report(
                &rules::POLICY_OUT_OF_PLACE,
                &path::join(at, key),
                message,
                format!("move it to `token.refresh_token.{key}`"),
            );
        }
    }
}

fn immortal(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let revokes = |name: &str| {
        plan.calls.iter().any(|call| {
            let kind = matches!(
                call.kind,
                CallKind::RevokeAccessToken | CallKind::RevokeRefreshToken
            );
            kind && call.of_token.as_ref().is_none_or(|token| token == name)
        })
    };
    for token in &plan.tokens {
        // A static key is deleted in the console from which it was copied.
        let lasts = token.lifetime == Lifetime::Time(Time::Never) && !token.is_static();
        if lasts && !revokes(&token.name) {
            let message = format!(
                "the token `{}` neither expires nor can be revoked",
                token.name
            );
            let at = path::join(&path::join("tokens", &token.name), "lifetime");
            let help = "add [revoke], or accept this rule".to_owned();
            cx.report(&rules::IMMORTAL_TOKEN, &at, message, help);
        }
    }
}

fn unread(cx: &mut Context<'_>) {
    let document = cx.document();
    let plan = cx.plan;
    let sends_scopes = plan.login.is_some()
        || plan.calls.iter().any(|call| {
            call.parameters()
                .any(|row| matches!(row.value, Value::Scopes(_)))
        });
    let exchanges = plan.calls.iter().any(|call| !call.fields.is_empty());
    let unread = [
        (
            "callback",
            document.callback.is_some() && plan.login.is_none(),
        ),
        ("fields", document.fields.is_some() && !exchanges),
        ("scopes", document.scopes.is_some() && !sends_scopes),
        ("token.authorization_code", plan.login.is_none()),
        (
            "token",
            document.token.is_some() && plan.calls.iter().all(|call| !call.id.is_token_request()),
        ),
    ];
    for (table, _) in unread
        .iter()
        .filter(|(table, is_unread)| *is_unread && cx.written.says(table))
    {
        let message = format!("no call of this provider reads [{table}]");
        cx.report(
            &rules::UNREAD_TABLE,
            table,
            message,
            format!("drop [{table}], or add a call that reads it"),
        );
    }
}

/// The maximum number of members that one reader of the runtime supports.
const MAX_MEMBERS: usize = 64;

fn members(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for call in &plan.calls {
        // A token has at most eight members, and an error response two.
        let own = call.fields.len() + call.carried.len();
        let count = call.success.len() + 2 + call.readings.len() * 8 + own;
        if count > MAX_MEMBERS {
            let message = format!("`{}` reads more than {MAX_MEMBERS} members", call.id);
            cx.report(
                &rules::TOO_MANY_MEMBERS,
                "fields",
                message,
                "drop the fields that the app does not need".to_owned(),
            );
        }
    }
}
