//! Markdown pages: one for each provider, the index, the rules and the language reference.
//!
//! A provider's page takes its content from the Plan; the template only arranges it. The HTTP messages and the Rust
//! snippet are generated.

mod api;
mod asking;
mod errors;
mod index;
mod language;
mod reading;
mod snippet;

pub use api::base;
pub use index::index;
pub use language::language;

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

use super::prose::{self, cell};
use super::text;
use crate::Compiled;
use crate::interpret::wire;
use crate::plan::{
    Call, CallId, Deviation, Evidence, EvidenceByPath, Example, ExampleSubject, FieldKind,
    FieldSource, Plan, ScopeSet, Token, name,
};
use crate::words;

/// Renders the page of a provider.
///
/// # Errors
///
/// Returns an error if the template cannot be parsed or rendered.
pub fn page(compiled: &Compiled) -> Result<String, minijinja::Error> {
    let base = &compiled.base;
    let variants: Vec<Module> = compiled.variants.iter().map(module).collect();
    let errors = errors::all(base, &compiled.variants);
    render(
        "provider.md",
        context! { provider => Value::from(Serde(module(base))), variants => Value::from(Serde(variants)), tally => tally(compiled), errors => Value::from(Serde(errors)) },
    )
}

/// Renders the page of the compiler's rules.
///
/// # Errors
///
/// Returns an error if the template cannot be parsed or rendered.
pub fn rules() -> Result<String, minijinja::Error> {
    let rules: Vec<_> = crate::rules::RULES
        .iter()
        .map(|rule| context! { code => rule.code, name => rule.name, title => rule.title, why => rule.why, example => rule.example.trim_end() })
        .collect();
    render("rules.md", context! { rules })
}

fn render(name: &str, context: Value) -> Result<String, minijinja::Error> {
    let text = templates()?.get_template(name)?.render(context)?;
    Ok(tidy(&text))
}

/// Returns the templates, which are parsed once for all pages.
fn templates() -> Result<&'static Environment<'static>, minijinja::Error> {
    static PARSED: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(parsed) = PARSED.get() {
        return Ok(parsed);
    }
    let parsed = parsed()?;
    Ok(PARSED.get_or_init(|| parsed))
}

fn parsed() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.add_filter("cell", |markdown: String| cell(&markdown));
    environment.add_filter("code", |text: String| prose::code(&text));
    environment.add_filter("fence", |text: String, info: String| {
        prose::fence(&info, &text)
    });
    environment.add_filter("link", |url: String| prose::link(&url));
    environment.add_filter("prose", |text: String| prose::text(&text));
    environment.add_template("provider.md", include_str!("docs/provider.md.j2"))?;
    environment.add_template("index.md", include_str!("docs/index.md.j2"))?;
    environment.add_template("language.md", include_str!("docs/language.md.j2"))?;
    environment.add_template("rules.md", include_str!("docs/rules.md.j2"))?;
    Ok(environment)
}

/// Removes blanks at line ends and repeated empty lines, and ends the text with one line feed.
fn tidy(text: &str) -> String {
    let mut out = String::new();
    let mut empty = 0;
    for line in text.lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim().to_owned() + "\n"
}

fn tally(compiled: &Compiled) -> Value {
    let crate::Tally {
        documented,
        observed,
        reported,
        unknown,
    } = compiled.tally;
    context! { documented, observed, reported, unknown, total => compiled.tally.total() }
}

#[derive(Serialize)]
struct Module {
    id: String,
    name: String,
    docs: String,
    variant: Option<String>,
    setting: Option<String>,
    console: Option<String>,
    steps: Vec<String>,
    redirect: Vec<String>,
    secret: Vec<String>,
    inputs: Vec<Input>,
    environments: Vec<Environments>,
    scope_sets: Vec<Scopes>,
    login: Option<String>,
    options: Vec<[String; 3]>,
    facts: Vec<String>,
    offline: Vec<String>,
    calls: Vec<CallView>,
    fields: Vec<Vec<String>>,
    tokens: Vec<TokenView>,
    deviations: Vec<DeviationView>,
    evidence: Vec<EvidenceView>,
    ends: Vec<String>,
    denies_refresh_tokens: bool,
    api: Option<api::Api>,
    per_connection: bool,
    review: Vec<Vec<String>>,
    sandbox: Option<String>,
    permissions: Vec<Vec<String>>,
    operations: Vec<Vec<String>>,
    needed: String,
    install: Option<String>,
    snippet: String,
}

#[derive(Serialize)]
struct Input {
    name: String,
    per: &'static str,
    form: String,
    default: String,
    doc: String,
}

#[derive(Serialize)]
struct Environments {
    name: String,
    doc: String,
    hosts: Vec<String>,
}

#[derive(Serialize)]
struct Scopes {
    name: String,
    kind: String,
    parameter: Option<String>,
    open: bool,
    always: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct CallView {
    function: String,
    doc: Option<String>,
    needs: String,
    request: String,
    example: Option<String>,
    source: Option<String>,
    answer: Option<String>,
    arguments: Vec<[String; 3]>,
    read: Vec<[String; 2]>,
    refusal: Option<String>,
    refusal_name: Option<String>,
    refused: Vec<String>,
}

#[derive(Serialize)]
struct TokenView {
    name: String,
    kind: String,
    doc: Option<String>,
    facts: Vec<String>,
    ends_by: Vec<String>,
}

#[derive(Serialize)]
struct DeviationView {
    what: String,
    call: Option<String>,
    standard: &'static str,
    means: &'static str,
    path: String,
    source: Option<EvidenceView>,
}

#[derive(Serialize)]
struct EvidenceView {
    url: String,
    /// The kind of the evidence, as a link to `url`.
    link: String,
    seen: String,
    kind: &'static str,
    paths: Vec<String>,
    against: Vec<String>,
    says: Option<String>,
    note: Option<String>,
}

fn module(plan: &Plan) -> Module {
    let evidence_index = plan.evidence_by_path();
    let identity = &plan.identity;
    Module {
        id: identity.id.clone(),
        name: identity.name.clone(),
        docs: identity.docs.clone(),
        variant: identity.variant.as_ref().map(|(name, _)| name.clone()),
        setting: identity
            .variant
            .as_ref()
            .map(|(_, setting)| setting.clone()),
        console: plan.app.console.clone(),
        steps: plan.app.steps.clone(),
        redirect: match plan.login {
            Some(_) => text::app::redirect_uri(&plan.app.redirect_uri),
            None => Vec::new(),
        },
        secret: text::app::secret(&plan.app.client_secret),
        inputs: plan.inputs.iter().map(input).collect(),
        environments: plan
            .environments
            .iter()
            .map(|environment| Environments {
                name: environment.name.clone(),
                doc: environment.doc.clone(),
                hosts: environment
                    .hosts
                    .iter()
                    .map(|(from, to)| format!("{} becomes {}", prose::code(from), prose::code(to)))
                    .collect(),
            })
            .collect(),
        scope_sets: plan.scope_sets.iter().map(scopes).collect(),
        login: plan.login.as_ref().map(|_| request(plan, "login")),
        options: plan.login.as_ref().map(asking::options).unwrap_or_default(),
        facts: asking::facts(plan),
        offline: plan
            .login
            .as_ref()
            .map(|login| asking::offline(plan, login))
            .unwrap_or_default(),
        calls: plan.calls.iter().map(|own| call(plan, own)).collect(),
        fields: plan.fields.iter().map(field).collect(),
        tokens: plan.tokens.iter().map(token).collect(),
        deviations: plan
            .deviations
            .iter()
            .map(|own| deviation(&evidence_index, own))
            .collect(),
        evidence: plan.evidence.iter().map(evidence).collect(),
        ends: plan.deprecations.iter().map(end).collect(),
        denies_refresh_tokens: plan.denies_refresh_tokens,
        api: plan.api.as_ref().map(|api| api::view(plan, api)),
        per_connection: plan.app.per_connection,
        review: plan.app.review.iter().map(review).collect(),
        sandbox: plan.app.sandbox.clone(),
        permissions: api::permissions(plan),
        operations: plan.operations.iter().map(api::operation).collect(),
        needed: needed(plan),
        install: plan.install.as_ref().map(|install| {
            let filled = install.inputs.iter().map(|(name, _)| name);
            let doc = prose::text(install.doc.as_deref().unwrap_or_default());
            format!("{doc}. It sets {}", prose::codes(filled, ", "))
        }),
        snippet: snippet::snippet(plan),
    }
}

/// Describes how to request the least set of scopes that operations need.
fn needed(plan: &Plan) -> String {
    let by: Vec<String> = plan
        .scope_sets
        .iter()
        .filter(|set| crate::emit::rust::has_needed(plan, set))
        .map(|set| {
            let kind = name::camel(&set.name);
            format!("`{kind}ScopesNeeded::by(&[Operation::…])`")
        })
        .collect();
    match by.is_empty() {
        true => String::new(),
        false => format!(
            "{} in a `const` computes the smallest set of scopes for the operations that you name.",
            by.join(" or ")
        ),
    }
}

fn end(deprecation: &crate::plan::Deprecation) -> String {
    format!(
        "{} {}",
        prose::codes(&deprecation.paths, ", "),
        prose::text(&words::deprecation(deprecation))
    )
}

fn review(step: &crate::plan::Review) -> Vec<String> {
    let takes = step.takes.map(|takes| match takes {
        crate::syntax::shapes::Time::Seconds(seconds) => words::duration(seconds),
        _ => "undocumented".to_owned(),
    });
    vec![
        in_cell(&step.material),
        in_cell(step.by.as_deref().unwrap_or_default()),
        takes.unwrap_or_default(),
        in_cell(step.until.as_deref().unwrap_or_default()),
    ]
}

fn input(input: &crate::plan::Input) -> Input {
    Input {
        name: code_in_cell(&input.name),
        per: if input.per_connection {
            "connection"
        } else {
            "app"
        },
        form: in_cell(&words::form(&input.form)),
        default: input
            .default
            .as_deref()
            .map_or_else(String::new, code_in_cell),
        doc: in_cell(&input.doc),
    }
}

fn scopes(set: &ScopeSet) -> Scopes {
    let rows = set.known.iter().map(|scope| {
        let mut notes = Vec::new();
        if !scope.implies.is_empty() {
            notes.push(format!("comes with {}", prose::codes(&scope.implies, ", ")));
        }
        notes.extend(
            scope
                .same_as
                .as_ref()
                .map(|other| format!("the same as {}", prose::code(other))),
        );
        notes.extend(scope.review.then(|| "must be approved first".to_owned()));
        vec![
            code_in_cell(&scope.id),
            in_cell(&scope.doc),
            cell(&notes.join("; ")),
        ]
    });
    Scopes {
        name: set.name.clone(),
        kind: format!("{}Scope", name::camel(&set.name)),
        parameter: set.parameter.clone(),
        open: set.open,
        always: set.always.clone(),
        rows: rows.collect(),
    }
}

/// Returns the HTTP message of a call as the page displays it. `wanted` is the call's function or its path.
///
/// The message has the values of the first example that succeeds. Without such an example it has the names of values.
pub fn request(plan: &Plan, wanted: &str) -> String {
    match plan
        .login
        .as_ref()
        .filter(|_| matches!(wanted, "login" | "authorize"))
    {
        Some(login) => {
            let example = first(plan, &ExampleSubject::Authorize, false);
            let given = example.map_or_else(
                || wire::Given::names(plan),
                |example| wire::Given::example(plan, example),
            );
            wire::login(plan, login, &given)
        }
        None => plan
            .call(wanted)
            .map(|own| call(plan, own).request)
            .unwrap_or_default(),
    }
}

/// Formats a spec's text for a table cell.
fn in_cell(text: &str) -> String {
    cell(&prose::text(text))
}

/// Formats text as code for a table cell.
fn code_in_cell(text: &str) -> String {
    cell(&prose::code(text))
}

fn first<'p>(plan: &'p Plan, subject: &ExampleSubject, refused: bool) -> Option<&'p Example> {
    plan.examples
        .iter()
        .find(|example| example.call == *subject && example.expected.error.is_some() == refused)
}

fn call(plan: &Plan, call: &Call) -> CallView {
    let is_of = |example: &Example| {
        plan.call_of(example)
            .is_some_and(|own| own.function() == call.function())
    };
    let fits = |example: &&Example| is_of(example) && example.expected.error.is_none();
    let shown = plan.examples.iter().find(fits);
    let refusal = first(plan, &ExampleSubject::Call(call.id.clone()), true);
    let given = shown.map_or_else(
        || wire::Given::names(plan),
        |example| wire::Given::example(plan, example),
    );
    CallView {
        function: call.function(),
        doc: call.doc.clone(),
        needs: in_cell(&crate::plan::api::needed(&call.needs)),
        request: wire::call(plan, call, &given),
        example: shown.map(|example| example.name.clone()),
        source: shown
            .and_then(|example| example.source.as_ref())
            .map(|url| prose::link_from("the documentation shows it", url)),
        answer: shown.and_then(answer),
        arguments: asking::arguments(call),
        read: reading::rows(plan, call),
        refused: [&call.error, &call.error_description]
            .into_iter()
            .flatten()
            .map(|path| match path.is_empty() {
                true => "the answer itself".to_owned(),
                false => prose::code(&path.join(".")),
            })
            .collect(),
        refusal: refusal.and_then(answer),
        refusal_name: refusal.map(|example| example.name.clone()),
    }
}

fn answer(example: &Example) -> Option<String> {
    let response = example.response.as_ref()?;
    let headers: String = response
        .headers
        .iter()
        .map(|(name, value)| format!("\n{name}: {value}"))
        .collect();
    let body = if response.body.is_empty() {
        String::new()
    } else {
        format!("\n\n{}", response.body)
    };
    Some(format!("HTTP/1.1 {}{headers}{body}", response.status))
}

fn field(field: &crate::plan::Field) -> Vec<String> {
    let kind = match &field.kind {
        FieldKind::Text => "text".to_owned(),
        FieldKind::Secret => "secret".to_owned(),
        FieldKind::Integer => "whole number".to_owned(),
        FieldKind::Boolean => "boolean".to_owned(),
        FieldKind::Checked(form) => prose::text(&words::form(form)),
    };
    let path = prose::code(&field.path.join("."));
    let optional = if field.optional {
        ", perhaps absent"
    } else {
        ""
    };
    vec![
        code_in_cell(&field.name),
        cell(&match &field.from {
            FieldSource::Callback => {
                format!("{} in the callback", prose::code(&field.path.concat()))
            }
            FieldSource::IdToken => format!("the claim {path} of the ID token"),
            FieldSource::AccessToken => format!("the claim {path} of the access token"),
            FieldSource::Answer(CallId::Further(name)) => {
                format!("{path} of {}", prose::code(name))
            }
            FieldSource::Answer(_) => path,
        }),
        cell(&format!("{kind}{optional}")),
        in_cell(field.doc.as_deref().unwrap_or_default()),
    ]
}

fn token(token: &Token) -> TokenView {
    TokenView {
        name: token.name.clone(),
        kind: token.type_name(),
        doc: token.doc.clone(),
        facts: text::life::facts(token),
        ends_by: token.policy.ends_by.clone(),
    }
}

fn deviation(evidence_index: &EvidenceByPath<'_>, deviation: &Deviation) -> DeviationView {
    DeviationView {
        what: in_cell(&text::deviations::what(deviation)),
        call: text::deviations::function(deviation).map(str::to_owned),
        standard: deviation.standard,
        means: text::deviations::consequence(deviation),
        path: deviation.path.clone(),
        source: evidence_index.of(&deviation.path).map(evidence),
    }
}

fn evidence(evidence: &Evidence) -> EvidenceView {
    EvidenceView {
        url: evidence.url.clone(),
        link: prose::link_from(evidence.kind.word(), &evidence.url),
        seen: evidence.seen.clone(),
        kind: evidence.kind.word(),
        paths: evidence.paths.clone(),
        against: evidence.against.clone(),
        says: evidence.says.clone(),
        note: evidence.note.clone(),
    }
}
