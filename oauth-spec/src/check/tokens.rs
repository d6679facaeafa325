//! Tokens: their lives fit together, and policies stand where they are read.

use super::Context;
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
}

fn lives(cx: &mut Context<'_>) {
    for token in &cx.plan.tokens {
        let policy = &token.policy;
        let at = match policy.renewal {
            crate::plan::token::Renewal::Exchange => "token.renew",
            _ => "token.refresh_token",
        };
        if let (Some(Time::Seconds(margin)), Lifetime::Time(Time::Seconds(lifetime))) =
            (policy.margin, token.lifetime)
            && margin >= lifetime
        {
            let message = format!(
                "a margin of {} is as long as the life of `{}`",
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
            let message = "idle is longer than absolute".to_owned();
            cx.report(
                &rules::IDLE_TOO_LONG,
                &path::join(at, "idle"),
                message,
                "the shorter one decides: drop idle, or look both up again".to_owned(),
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
            "a token has a refresh and a renewal".to_owned(),
            "drop one of token.refresh_token and token.renew".to_owned(),
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
            let message = format!("`{key}` says nothing at `{at}`");
            cx.report(
                &rules::POLICY_OUT_OF_PLACE,
                &path::join(at, key),
                message,
                format!("move it to `token.refresh_token.{key}`"),
            );
        }
    }
}
