//! Checks of evidence: each deviation has a source, and each source names paths that exist.

use std::collections::HashSet;

use super::Context;
use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::rules::{self, Day};
use crate::source::Span;
use crate::syntax::Written;
use crate::words;

pub(super) fn check(cx: &mut Context<'_>) {
    missing(cx);
    for_nothing(cx);
    urls(cx);
    ends_of_nothing(cx);
}

fn missing(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let evidence = plan.evidence_by_path();
    let mut reported = HashSet::new();
    for deviation in &plan.deviations {
        if evidence.of(&deviation.path).is_none() && reported.insert(&deviation.path) {
            let message = format!(
                "`{}` deviates from {} and has no evidence",
                deviation.path, deviation.standard
            );
            let help = format!(
                "add an [[evidence]] with `for = [\"{}\"]`",
                deviation.path.replace('"', "\\\"")
            );
            let place = cx.written.place(&own_path(cx, &deviation.path));
            cx.diagnostics.report(
                &rules::MISSING_EVIDENCE,
                place.span,
                deviation.path.clone(),
                message,
                help,
            );
        }
    }
}

/// Returns a path as this document has it: the keys of its variant are at the top level.
fn own_path(cx: &Context<'_>, path: &str) -> String {
    let prefix = cx
        .written
        .variant
        .as_ref()
        .map(|name| format!("variant.{name}."));
    prefix
        .and_then(|prefix| path.strip_prefix(&prefix).map(str::to_owned))
        .unwrap_or_else(|| path.to_owned())
}

fn for_nothing(cx: &mut Context<'_>) {
    if cx.written.variant.is_some() {
        return;
    }
    let plan = cx.plan;
    for evidence in &plan.evidence {
        for path in evidence.paths.iter().chain(&evidence.against) {
            let place = cx.written.place_of_evidence(path);
            absent(
                cx,
                path,
                "evidence",
                place,
                ", so evidence cannot apply to it",
            );
        }
    }
}

/// Reports a path that evidence or a deprecation names although the spec does not have it.
fn absent(cx: &mut Context<'_>, path: &str, table: &str, place: Span, what: &str) {
    if !cx.written.says(path) {
        let message = format!("the spec has no `{path}`{what}");
        cx.diagnostics
            .report(&rules::EVIDENCE_FOR_NOTHING, place, table, message, None);
    }
}

/// Checks that every deprecated path exists in the spec.
fn ends_of_nothing(cx: &mut Context<'_>) {
    if cx.written.variant.is_some() {
        return;
    }
    let plan = cx.plan;
    for path in plan
        .deprecations
        .iter()
        .flat_map(|deprecation| &deprecation.paths)
    {
        let place = cx.written.find_text(path).unwrap_or_default();
        absent(
            cx,
            path,
            "deprecated",
            place,
            ", so it cannot be deprecated",
        );
    }
}

fn urls(cx: &mut Context<'_>) {
    if cx.written.variant.is_some() {
        return;
    }
    let plan = cx.plan;
    let mut urls: Vec<(&str, &str)> = vec![("provider.docs", &plan.identity.docs)];
    urls.extend(
        plan.app
            .console
            .iter()
            .map(|url| ("app.console", url.as_str())),
    );
    urls.extend(
        plan.api
            .iter()
            .filter_map(|api| Some(("api.docs", api.docs.as_deref()?))),
    );
    urls.extend(
        plan.evidence
            .iter()
            .map(|evidence| ("evidence", evidence.url.as_str())),
    );
    urls.extend(
        plan.examples
            .iter()
            .filter_map(|example| Some(("example", example.source.as_deref()?))),
    );
    for (path, url) in urls {
        let host = url
            .strip_prefix("https://")
            .and_then(|rest| rest.split('/').next());
        if host.is_none_or(|host| !host.contains('.') || host.contains('@'))
            || url.contains(char::is_whitespace)
        {
            let place = cx
                .written
                .find_text(url)
                .unwrap_or_else(|| cx.written.place(path).span);
            let message = format!("`{url}` is not a valid https URL");
            cx.diagnostics
                .report(&rules::BAD_URL, place, path, message, None);
        }
    }
}

/// The number of years after which a source is stale.
const GOOD_FOR: u16 = 2;

/// Reports evidence that was last read too long ago, or on a future day.
pub(super) fn stale(base: &Written, plan: &Plan, today: Day, diagnostics: &mut Diagnostics) {
    for (index, evidence) in plan.evidence.iter().enumerate() {
        let Some(seen) = Day::parse(&evidence.seen) else {
            continue;
        };
        let span = base.place_in_list("evidence", index, "seen");
        let message = if seen > today {
            format!(
                "the date on which `{}` was read is in the future",
                evidence.url
            )
        } else if seen.years_later(GOOD_FOR) < today {
            format!("`{}` was read more than {GOOD_FOR} years ago", evidence.url)
        } else {
            continue;
        };
        let help = "read it again, and update `seen`".to_owned();
        diagnostics.report(&rules::STALE_EVIDENCE, span, "evidence", message, help);
    }
}

/// The number of days before a deprecation's end from which it is reported.
const NOTICE: u32 = 90;

/// Reports deprecations that end within the notice period or have ended.
pub(super) fn ending(base: &Written, plan: &Plan, today: Day, diagnostics: &mut Diagnostics) {
    for deprecation in &plan.deprecations {
        let Some(ends) = deprecation.ends.as_deref().and_then(Day::parse) else {
            continue;
        };
        if today.days_until(ends).is_some_and(|days| days > NOTICE) {
            continue;
        }
        for path in &deprecation.paths {
            let span = base.place(path).span;
            let message = format!("`{path}` {}", words::deprecation(deprecation));
            diagnostics.report(&rules::ENDING, span, path.clone(), message, None);
        }
    }
}
