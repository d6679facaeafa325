//! Checks of further calls: each is needed, none needs its response itself, and each choice has a list to choose from.

use super::Context;
use crate::plan::{Call, CallId, CallKind, FieldSource, Plan, Source, When};
use crate::rules;
use crate::syntax::path;
use crate::syntax::shapes::{Lifetime, Named, Or};

pub(super) fn check(cx: &mut Context<'_>) {
    unneeded(cx);
    circles(cx);
    choices(cx);
    introspection(cx);
}

/// Returns the calls whose responses a call uses: for members that it sends, and for fields that they contain.
fn used_by<'p>(plan: &'p Plan, call: &'p Call) -> Vec<&'p CallId> {
    let of = |source: &'p Source| match source {
        Source::Member(from, _) => Some(from),
        Source::Field(name) => match &plan.field(name)?.from {
            FieldSource::Answer(from) => Some(from),
            _ => None,
        },
        _ => None,
    };
    call.sources().filter_map(of).collect()
}

fn unneeded(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for call in plan
        .calls
        .iter()
        .filter(|call| call.kind == CallKind::Further)
    {
        let gives =
            !call.readings.is_empty() || !call.fields.is_empty() || !call.carried.is_empty();
        if call.when == When::Needed && !gives && call.arguments.is_empty() {
            let message = format!("nothing uses the response of `{}`", call.id);
            let help =
                "add a field or a token `from` it, or write `when = \"login\"` or `when = \"asked\"`".to_owned();
            cx.report(&rules::UNNEEDED_CALL, &call.id.to_string(), message, help);
        }
    }
}

fn circles(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for call in &plan.calls {
        let mut reached: Vec<&CallId> = used_by(plan, call);
        let mut next = 0;
        while let Some(own) = reached.get(next).copied() {
            let further = plan.call_by_id(own).map(|other| used_by(plan, other));
            for other in further.unwrap_or_default() {
                if !reached.contains(&other) {
                    reached.push(other);
                }
            }
            next += 1;
        }
        if reached.contains(&&call.id) {
            let message = format!("`{}` needs its own response", call.id);
            cx.report(&rules::CIRCLE_OF_CALLS, &call.id.to_string(), message, None);
        }
    }
}

fn choices(cx: &mut Context<'_>) {
    let document = cx.document();
    let calls = document.calls.iter().flat_map(Named::iter);
    let mut found = Vec::new();
    for (name, own) in calls {
        let Some(own) = own.value().filter(|own| own.each.is_none()) else {
            continue;
        };
        let stated = [
            ("where", own.filter.is_some()),
            ("choose", own.choose.is_some()),
            ("label", own.label.is_some()),
        ];
        for (key, _) in stated.iter().filter(|(_, is_stated)| *is_stated) {
            found.push(path::join(&path::join("calls", name), key));
        }
    }
    for at in found {
        let message = format!("`{at}` chooses from a list, but the call has no `each`");
        let help =
            "add `each = \"PATH\"`, the path of the list; `$` is the whole response".to_owned();
        cx.report(&rules::CHOICE_WITHOUT_LIST, &at, message, help);
    }
}

fn introspection(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let asks = plan
        .calls
        .iter()
        .any(|call| call.kind == CallKind::Introspect);
    for token in &plan.tokens {
        if token.lifetime == Lifetime::Introspection && !asks {
            let at = path::join(&path::join("tokens", &token.name), "lifetime");
            let message = format!(
                "the lifetime of `{}` needs introspection, which the spec does not have",
                token.name
            );
            cx.report(
                &rules::MISSING_INTROSPECTION,
                &at,
                message,
                "add [introspect]".to_owned(),
            );
        }
    }
    let document = cx.document();
    let token = document.token.as_ref();
    let renew = token
        .and_then(|token| token.renew.as_ref())
        .and_then(Or::value);
    if renew.is_some_and(|renew| renew.prolongs == Some(true))
        && plan
            .tokens
            .iter()
            .all(|token| token.lifetime == Lifetime::Response)
    {
        let message = "a renewal that prolongs a token does not return its new lifetime".to_owned();
        let help = "set `tokens.NAME.lifetime`".to_owned();
        cx.report(
            &rules::MISSING_INTROSPECTION,
            "token.renew.prolongs",
            message,
            help,
        );
    }
}
