//! Lowers a document to the Plan. Defaults, inheritance and names are resolved here and nowhere else.

mod api;
mod app;
mod call;
mod calls;
mod deviations;
mod errors;
mod examples;
mod expression;
mod further;
mod inputs;
mod keys;
mod login;
mod parameters;
mod scopes;
pub(crate) mod silence;
mod template;
mod tokens;

use crate::diagnostic::Diagnostics;
use crate::plan::{Authentication, Basic, Deprecation, Evidence, EvidenceKind, Identity, Plan};
use crate::rules::Rule;
use crate::syntax::Written;
use crate::syntax::document::{self, Document};
use crate::syntax::shapes::Or;
use template::Names;

/// The state that every lowering function needs: the document, the findings, and the declared names.
pub(crate) struct Context<'a> {
    pub(crate) written: &'a Written,
    pub(crate) diagnostics: &'a mut Diagnostics,
    pub(crate) names: Names,
}

impl<'a> Context<'a> {
    pub(crate) fn document(&self) -> &'a Document {
        &self.written.document
    }

    pub(crate) fn report(
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

    pub(crate) fn report_at(
        &mut self,
        rule: &'static Rule,
        position: usize,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let span = crate::source::Span {
            start: position,
            end: position + "[[example]]".len(),
        };
        let path = self
            .written
            .variant
            .as_ref()
            .map_or_else(String::new, |name| format!("variant.{name}"));
        self.diagnostics.report(rule, span, path, message, help);
    }

    /// Returns the path at which the author wrote `path`.
    pub(crate) fn origin(&self, path: &str) -> String {
        self.written.origin(path).unwrap_or_else(|| path.to_owned())
    }
}

/// Lowers the base of a spec or one of its variants, and reports findings. The Plan is complete only if there were
/// none.
pub(crate) fn lower(written: &Written, diagnostics: &mut Diagnostics) -> Plan {
    let mut cx = Context {
        written,
        diagnostics,
        names: Names::default(),
    };
    let document = cx.document();
    let inputs = inputs::inputs(&mut cx);
    let fields = tokens::fields(&cx);
    cx.names = Names::new(
        &inputs,
        &fields,
        document
            .calls
            .iter()
            .flat_map(|calls| calls.iter().map(|(name, _)| name.clone()))
            .collect(),
        app::environments(document)
            .iter()
            .flat_map(|environment| environment.hosts.iter().map(|(origin, _)| origin.clone())),
    );
    tokens::sources(&mut cx);
    let scope_sets = scopes::sets(&mut cx);
    let tokens = tokens::tokens(&cx);
    let login = login::login(&mut cx, &scope_sets);
    let install = login::install(&mut cx);
    let calls = calls::calls(&mut cx, &tokens, &fields, login.as_ref(), &scope_sets);
    let tokens = tokens::renewed(tokens, &calls);
    let api = api::api(&mut cx, &tokens);
    let basic = calls.iter().find_map(|call| match call.authentication {
        Authentication::Basic => Some(Basic::FormEncoded),
        Authentication::BasicRaw => Some(Basic::Raw),
        _ => None,
    });
    let confidential = basic.is_some()
        || calls::uses_secret(&calls)
        || login
            .as_ref()
            .is_some_and(|login| login::uses_secret(&login.verify))
        || install
            .as_ref()
            .is_some_and(|install| login::uses_secret(&install.verify))
        || api.as_ref().is_some_and(api::uses_secret);
    Plan {
        identity: identity(written),
        app: app::app(document, basic, confidential),
        environments: app::environments(document),
        errors: errors::errors(&mut cx),
        operations: api::operations(&mut cx, &scope_sets),
        denies_refresh_tokens: denies_refresh_tokens(document),
        deviations: deviations::deviations(&cx, &calls),
        deprecations: deprecations(document),
        evidence: evidence(document),
        examples: examples::examples(&mut cx),
        inputs,
        login,
        install,
        calls,
        scope_sets,
        tokens,
        fields,
        api,
    }
}

/// Returns the names that the standard defines for templates.
pub(crate) fn standard_names() -> Vec<&'static str> {
    template::STANDARD.iter().map(|(name, _)| *name).collect()
}

fn identity(written: &Written) -> Identity {
    let document = &written.document;
    let provider = document.provider.clone().unwrap_or_default();
    let variant = written
        .variant
        .clone()
        .map(|name| (name, written.setting.clone()));
    Identity {
        id: provider.id.unwrap_or_default(),
        name: provider.name.unwrap_or_default(),
        docs: provider.docs.unwrap_or_default(),
        is_reported: silence::is_reported(document),
        variant,
    }
}

fn denies_refresh_tokens(document: &Document) -> bool {
    let refresh = document
        .token
        .as_ref()
        .and_then(|token| token.refresh_token.as_ref());
    matches!(refresh, Some(Or::Absent))
}

fn deprecations(document: &Document) -> Vec<Deprecation> {
    let written = document.deprecated.iter().flatten();
    let lowered = written.map(|deprecated| Deprecation {
        paths: deprecated.paths.clone().unwrap_or_default(),
        ends: deprecated.ends.clone().map(|date| date.0),
        then: deprecated.then.clone().unwrap_or_default(),
    });
    lowered.collect()
}

fn evidence(document: &Document) -> Vec<Evidence> {
    let written = document.evidence.iter().flatten();
    let lowered = written.map(|evidence| Evidence {
        url: evidence.url.clone().unwrap_or_default(),
        seen: evidence
            .seen
            .clone()
            .map_or_else(String::new, |date| date.0),
        kind: match evidence.kind {
            Some(document::EvidenceKind::Observed) => EvidenceKind::Observed,
            Some(document::EvidenceKind::Reported) => EvidenceKind::Reported,
            _ => EvidenceKind::Documented,
        },
        paths: evidence.paths.clone().unwrap_or_default(),
        against: evidence.against.clone().unwrap_or_default(),
        says: evidence.says.clone(),
        note: evidence.note.clone(),
    });
    lowered.collect()
}
