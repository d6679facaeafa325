//! From a document to the Plan: defaults, inheritance and names are resolved here and nowhere else.

mod calls;
mod deviations;
mod examples;
mod expression;
mod inputs;
mod keys;
mod login;
mod parameters;
mod scopes;
mod template;
mod tokens;

use crate::diagnostic::Diagnostics;
use crate::plan::{
    Api, App, Authentication, Basic, Deprecation, Environment, Evidence, EvidenceKind, Identity,
    Plan, RedirectScheme, Source,
};
use crate::rules::Rule;
use crate::syntax::Written;
use crate::syntax::document::{self, Document};
use crate::syntax::shapes::{Named, Or, Time};
use template::{Available, Fields, Names};

/// What every lowering function needs: the document, where to report, and what names are declared.
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

    /// The path at which the author wrote this one.
    pub(crate) fn origin(&self, path: &str) -> String {
        self.written.origin(path).unwrap_or_else(|| path.to_owned())
    }
}

/// Lowers the base of a spec or one of its variants. Findings are reported; the Plan is whole only
/// if there were none.
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
        environments(document)
            .iter()
            .flat_map(|environment| environment.hosts.iter().map(|(origin, _)| origin.clone())),
    );
    let scope_sets = scopes::sets(&mut cx);
    let tokens = tokens::tokens(&cx);
    let login = login::login(&mut cx, &scope_sets);
    let calls = calls::calls(&mut cx, &tokens, login.as_ref(), &scope_sets);
    let api = api(&mut cx);
    let basic = calls.iter().find_map(|call| match call.authentication {
        Authentication::Basic => Some(Basic::FormEncoded),
        Authentication::BasicRaw => Some(Basic::Raw),
        _ => None,
    });
    let confidential = basic.is_some()
        || calls::uses_secret(&calls)
        || login.as_ref().is_some_and(login::uses_secret);
    Plan {
        identity: identity(written),
        app: app(document, basic, confidential),
        environments: environments(document),
        errors: tokens::errors(&mut cx),
        denies_refresh_tokens: denies_refresh_tokens(document),
        deviations: deviations::deviations(&cx),
        deprecations: deprecations(document),
        evidence: evidence(document),
        examples: examples::examples(&mut cx),
        inputs,
        login,
        calls,
        scope_sets,
        tokens,
        fields,
        api,
    }
}

/// The names that templates have from the standard.
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
        variant,
    }
}

fn app(document: &Document, basic: Option<Basic>, confidential: bool) -> App {
    let app = document.app.clone().unwrap_or_default();
    let redirect = app.redirect_uri.clone().unwrap_or_default();
    App {
        console: app.console,
        steps: app.steps.unwrap_or_default(),
        redirect_scheme: match redirect.scheme {
            Some(document::RedirectScheme::Https) => RedirectScheme::Https,
            Some(document::RedirectScheme::Any) => RedirectScheme::Any,
            _ => RedirectScheme::HttpsOrLoopback,
        },
        redirect_notes: redirect_notes(&redirect),
        secret_notes: app.secret.as_ref().map(secret_notes).unwrap_or_default(),
        confidential,
        basic,
    }
}

fn redirect_notes(redirect: &document::RedirectUri) -> Vec<String> {
    let mut notes = vec![
        match redirect.scheme {
            Some(document::RedirectScheme::Https) => "https only",
            Some(document::RedirectScheme::Any) => "any scheme, an app's own too",
            _ => "https, or http to this machine's loopback address",
        }
        .to_owned(),
        match redirect.matching {
            Some(document::RedirectMatch::Prefix) => {
                "the registered one is a prefix of the one that is sent"
            }
            Some(document::RedirectMatch::Host) => {
                "only the host is compared with the registered one"
            }
            _ => "compared character by character with the registered one",
        }
        .to_owned(),
    ];
    if redirect.optional == Some(true) {
        notes.push("the parameter may be left out; we always send it".to_owned());
    }
    if let Some(max) = redirect.max {
        notes.push(format!("at most {max} are registered for one app"));
    }
    notes
}

fn secret_notes(secret: &document::ClientSecret) -> Vec<String> {
    let shown = secret.shown.map(|shown| match shown {
        document::SecretShown::Once => "shown once, when it is made".to_owned(),
        document::SecretShown::Always => "shown in the console at any time".to_owned(),
    });
    let lifetime = secret.lifetime.map(|lifetime| match lifetime {
        Time::Never => "does not expire".to_owned(),
        Time::Seconds(seconds) => format!("expires after {}", crate::words::duration(seconds)),
        Time::Varies => "expires as the app's settings say".to_owned(),
        Time::Unknown => "nobody documents whether it expires".to_owned(),
    });
    shown.into_iter().chain(lifetime).collect()
}

fn environments(document: &Document) -> Vec<Environment> {
    let named = document.environment.clone().unwrap_or_default();
    let lowered = named.iter().map(|(name, environment)| Environment {
        name: name.clone(),
        doc: environment.doc.clone().unwrap_or_default(),
        console: environment.console.clone(),
        hosts: environment.hosts.clone().unwrap_or_default().0,
    });
    lowered.collect()
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

/// What a call to the API may use.
const IN_API: Available<'static> = Available {
    standard: &[Source::ClientId],
    fields: Fields::All,
    verifying: None,
};

fn api(cx: &mut Context<'_>) -> Option<Api> {
    let api = cx.document().api.as_ref()?;
    let base = api
        .base
        .as_ref()
        .map(|base| template::url_with(cx, base, "api.base", IN_API))
        .unwrap_or_default();
    let none = Named::default();
    let headers = api.headers.as_ref().unwrap_or(&none);
    let (headers, _) = parameters::stated(cx, headers, "api.headers", IN_API);
    Some(Api {
        base,
        headers,
        docs: api.docs.clone(),
    })
}
