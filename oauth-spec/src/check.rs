//! Checks of the document and the Plan: one small function for each rule. Each reports its findings and continues.

mod calls;
mod chosen;
mod domains;
mod endpoints;
mod evidence;
mod examples;
mod further;
mod inputs;
mod names;
mod paths;
mod profiles;
mod prose;
mod registry;
mod scopes;
pub(crate) mod tally;
mod tokens;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::plan::Plan;
use crate::rules::{self, Demand, Rule};
use crate::source::{Source, Span};
use crate::syntax::document::Document;
use crate::syntax::{Written, path};

/// The input of the checks, and the list of findings to report to.
struct Context<'a> {
    written: &'a Written,
    plan: &'a Plan,
    diagnostics: Diagnostics,
}

impl<'a> Context<'a> {
    fn document(&self) -> &'a Document {
        &self.written.document
    }

    fn report(
        &mut self,
        rule: &'static Rule,
        path: &str,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let place = self.written.place(path);
        self.diagnostics
            .report(rule, place.span, place.origin, message, help);
    }

    /// Returns the path at which a call declares an argument: among its parameters or its headers.
    fn place_of_argument(&self, call: &str, name: &str) -> String {
        let places = [
            path::join(call, "params"),
            path::join(call, "headers"),
            "token.headers".to_owned(),
        ];
        let written = places
            .iter()
            .map(|place| path::join(place, name))
            .find(|place| self.written.says(place));
        written.unwrap_or_else(|| call.to_owned())
    }

    /// Reports a finding at an example. Its path is that of this module, not of the example.
    fn report_example(
        &mut self,
        rule: &'static Rule,
        position: usize,
        message: String,
        help: Option<String>,
    ) {
        let span = Span {
            start: position,
            end: position + "[[example]]".len(),
        };
        let path = self
            .written
            .variant
            .as_ref()
            .map_or_else(|| "example".to_owned(), |name| path::join("variant", name));
        self.diagnostics.report(rule, span, path, message, help);
    }
}

/// Checks every rule for the base and each variant, then removes the findings that the spec accepts.
pub(crate) fn check(
    written: &[Written],
    plans: &[Plan],
    demand: Demand,
    diagnostics: &mut Diagnostics,
) {
    let mut said_of_base: Vec<Diagnostic> = Vec::new();
    for (written, plan) in written.iter().zip(plans) {
        let mut own = check_one(written, plan);
        match &written.variant {
            None => said_of_base = own.iter().cloned().collect(),
            Some(name) => own = only_of_variant(own, name, &said_of_base),
        }
        diagnostics.append(own);
    }
    if let (Demand::Current(today), Some((base, plan))) =
        (demand, written.first().zip(plans.first()))
    {
        evidence::stale(base, plan, today, diagnostics);
        evidence::ending(base, plan, today, diagnostics);
    }
    diagnostics.retain(|diagnostic| diagnostic.rule.applies_at(demand));
    if plans.first().is_some_and(|plan| plan.identity.is_reported) {
        diagnostics.retain(|diagnostic| !RELAXED.contains(&diagnostic.rule));
    }
    if let Some(base) = written.first() {
        accept(base, demand, diagnostics);
    }
}

/// The rules that a reported spec need not follow: it has no messages to show, and its facts are as old as the project that
/// reports them.
const RELAXED: &[&Rule] = &[&rules::MISSING_EXAMPLE, &rules::STALE_EVIDENCE];

fn check_one(written: &Written, plan: &Plan) -> Diagnostics {
    let mut cx = Context {
        written,
        plan,
        diagnostics: Diagnostics::new(),
    };
    names::check(&mut cx);
    inputs::check(&mut cx);
    endpoints::check(&mut cx);
    calls::check(&mut cx);
    registry::check(&mut cx);
    further::check(&mut cx);
    paths::check(&mut cx);
    profiles::check(&mut cx);
    scopes::check(&mut cx);
    tokens::check(&mut cx);
    evidence::check(&mut cx);
    prose::check(&mut cx);
    examples::check(&mut cx);
    cx.diagnostics
}

/// Keeps the findings that only the variant causes, and drops those that the base has, too. A finding outside the
/// variant's table gets the name of the variant in its message.
fn only_of_variant(mut own: Diagnostics, name: &str, said_of_base: &[Diagnostic]) -> Diagnostics {
    let own_lines = path::join("variant", name);
    own.retain(|diagnostic| {
        let same = |other: &Diagnostic| {
            other.rule == diagnostic.rule && other.message == diagnostic.message
        };
        // A variant may have no use for an input or a table of the base.
        let useless = [&rules::UNUSED_INPUT, &rules::UNREAD_TABLE];
        let unused =
            useless.contains(&diagnostic.rule) && !path::covers(&own_lines, &diagnostic.path);
        !unused && !said_of_base.iter().any(same)
    });
    own.each(|diagnostic| {
        if !path::covers(&own_lines, &diagnostic.path) {
            diagnostic.message = format!("in variant `{name}`: {}", diagnostic.message);
        }
    });
    own
}

/// Checks that the file of a shared spec has the provider's id as its name: shared specs are found by id.
pub(crate) fn file_name(
    source: &Source,
    written: &[Written],
    demand: Demand,
    diagnostics: &mut Diagnostics,
) {
    let stem = source
        .name
        .rsplit(['/', '\\'])
        .next()
        .and_then(|name| name.strip_suffix(".toml"));
    let id = written
        .first()
        .and_then(|base| base.document.provider.as_ref()?.id.as_deref());
    if let (Some(stem), Some(id), Some(base)) = (stem, id, written.first())
        && demand >= Demand::Complete
        && stem != id
    {
        let message = format!("the spec of `{id}` is in `{stem}.toml`");
        let span = base.place("provider.id").span;
        diagnostics.report(
            &rules::BAD_ID,
            span,
            "provider.id",
            message,
            format!("rename the file to `{id}.toml`"),
        );
    }
}

/// Removes the findings that each `[[accept]]` names. An `[[accept]]` that names none is a finding itself.
fn accept(base: &Written, demand: Demand, diagnostics: &mut Diagnostics) {
    for accept in base.document.accept.iter().flatten() {
        let word = accept.rule.as_deref().unwrap_or_default();
        let paths = accept.paths.as_deref().unwrap_or_default();
        let place = base.find_text(word).unwrap_or_default();
        let mut refuse = |message: String| {
            let help = "correct the rule and the paths, or drop this [[accept]]".to_owned();
            diagnostics.report(&rules::ACCEPT_FOR_NOTHING, place, "accept", message, help);
        };
        let Some(rule) = rules::find(word) else {
            refuse(format!("unknown rule `{word}`"));
            continue;
        };
        if !rule.can_be_accepted {
            refuse(format!(
                "{} ({}) cannot be accepted: a spec that breaks it cannot be compiled",
                rule.code, rule.name
            ));
            continue;
        }
        let mut found = !rule.applies_at(demand);
        diagnostics.retain(|diagnostic| {
            let named = rule == diagnostic.rule
                && paths
                    .iter()
                    .any(|above| path::covers(above, &diagnostic.path));
            found |= named;
            !named
        });
        if !found {
            let message = format!(
                "this [[accept]] matches no finding of {} ({})",
                rule.code, rule.name
            );
            diagnostics.report(
                &rules::ACCEPT_FOR_NOTHING,
                place,
                "accept",
                message,
                "correct the paths, or drop this [[accept]]".to_owned(),
            );
        }
    }
}
