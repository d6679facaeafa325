//! Checks: one small function for each rule, over the document and the Plan. Each reports and goes on.

mod calls;
mod endpoints;
mod evidence;
mod examples;
mod names;
mod scopes;
pub(crate) mod tally;
mod tokens;

use crate::diagnostic::Diagnostics;
use crate::plan::Plan;
use crate::rules::{self, Demand, Rule};
use crate::source::{Source, Span};
use crate::syntax::document::Document;
use crate::syntax::{Written, path};

/// What a check sees and where it reports.
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

    /// Reports at an example, which belongs to this module whatever its path.
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

/// Runs every rule over the base and each variant, then takes out what the spec accepts.
pub(crate) fn check(
    written: &[Written],
    plans: &[Plan],
    demand: Demand,
    diagnostics: &mut Diagnostics,
) {
    for (written, plan) in written.iter().zip(plans) {
        let mut cx = Context {
            written,
            plan,
            diagnostics: Diagnostics::new(),
        };
        names::check(&mut cx);
        endpoints::check(&mut cx);
        calls::check(&mut cx);
        scopes::check(&mut cx);
        tokens::check(&mut cx);
        evidence::check(&mut cx);
        examples::check(&mut cx);
        let mut own = cx.diagnostics;
        if let Some(name) = &written.variant {
            // What stands in the base was said of the base.
            let own_lines = path::join("variant", name);
            own.retain(|diagnostic| path::covers(&own_lines, &diagnostic.path));
        }
        diagnostics.append(own);
    }
    diagnostics.retain(|diagnostic| diagnostic.rule.demand() <= demand);
    if let Some(base) = written.first() {
        accept(base, diagnostics);
    }
}

/// A spec that others rely on is found by its id.
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
        && demand == Demand::Complete
        && stem != id
    {
        let message = format!("the spec of `{id}` lies in `{stem}.toml`");
        let span = base.place("provider.id").span;
        diagnostics.report(
            &rules::BAD_ID,
            span,
            "provider.id",
            message,
            format!("call the file `{id}.toml`"),
        );
    }
}

/// Takes the findings out that an `[[accept]]` names; one that names none is a finding itself.
fn accept(base: &Written, diagnostics: &mut Diagnostics) {
    for accept in base.document.accept.iter().flatten() {
        let word = accept.rule.as_deref().unwrap_or_default();
        let paths = accept.paths.as_deref().unwrap_or_default();
        let mut found = false;
        diagnostics.retain(|diagnostic| {
            let named = rules::find(word).is_some_and(|rule| rule == diagnostic.rule);
            let here = paths
                .iter()
                .any(|above| path::covers(above, &diagnostic.path));
            found |= named && here;
            !(named && here)
        });
        if !found && rules::find(word).is_none_or(|rule| rule.demand() == Demand::Sound) {
            let place = base.place("accept");
            let message = match rules::find(word) {
                Some(rule) => format!("nothing here breaks {} ({})", rule.code, rule.name),
                None => format!("`{word}` is no rule"),
            };
            diagnostics.report(
                &rules::ACCEPT_FOR_NOTHING,
                place.span,
                "accept",
                message,
                "drop this [[accept]]".to_owned(),
            );
        }
    }
}
