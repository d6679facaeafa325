//! Parses templates: text with `{names}` becomes pieces with sources.

use super::{Context, expression};
use crate::plan::value::GeneratedValue;
use crate::plan::{CallId, Field, FieldSource, Form, Input, Piece, Source, Template};
use crate::rules;
use crate::syntax::path as spec_path;
use crate::syntax::read::nearest;

/// The names that a template can use besides those of the standard, and the origins that environments replace.
#[derive(Default)]
pub(crate) struct Names {
    inputs: Vec<(String, Form)>,
    fields: Vec<(String, FieldSource)>,
    calls: Vec<String>,
    origins: Vec<String>,
}

/// The values that a template can use at its place: those of the standard, and fields.
#[derive(Clone, Copy)]
pub(crate) struct Available<'a> {
    pub(crate) standard: &'a [Source],
    pub(crate) fields: Fields,
    /// The name of the callback parameter that the template verifies, if it verifies one.
    pub(crate) verifying: Option<&'a str>,
    /// Whether members of other calls' responses are available.
    pub(crate) members: bool,
    /// Whether the parameters of an installation's request are available.
    pub(crate) installing: bool,
    /// Whether values that are generated for each request are available.
    pub(crate) draws: bool,
}

impl Available<'_> {
    /// Only inputs and texts.
    pub(crate) const NOTHING: Available<'static> = Available {
        standard: &[],
        fields: Fields::None,
        verifying: None,
        members: false,
        installing: false,
        draws: false,
    };
}

/// The fields that a template can use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// No fields, because there is no response yet.
    None,
    /// The fields of the callback and of further calls.
    BeforeExchange,
    /// All fields, including those of the login's response.
    All,
}

impl Names {
    pub(crate) fn new(
        inputs: &[Input],
        fields: &[Field],
        calls: Vec<String>,
        origins: impl Iterator<Item = String>,
    ) -> Names {
        Names {
            inputs: inputs
                .iter()
                .map(|input| (input.name.clone(), input.form.clone()))
                .collect(),
            fields: fields
                .iter()
                .map(|field| (field.name.clone(), field.from.clone()))
                .collect(),
            calls,
            origins: origins.collect(),
        }
    }
}

/// The standard's values, by their names in templates.
pub(crate) const STANDARD: &[(&str, Source)] = &[
    ("client_id", Source::ClientId),
    ("client_secret", Source::ClientSecret),
    ("redirect_uri", Source::RedirectUri),
    ("state", Source::State),
    ("nonce", Source::Nonce),
    ("code", Source::Code),
    ("code_verifier", Source::CodeVerifier),
    ("code_challenge", Source::CodeChallenge),
    ("refresh_token", Source::RefreshToken),
    ("access_token", Source::AccessToken),
];

/// The maximum number of values in a template.
const MAX_VALUES: usize = 32;

/// Parses the template of a value. `available` are the values that the call has.
pub(crate) fn value(
    cx: &mut Context<'_>,
    text: &str,
    path: &str,
    available: Available<'_>,
) -> Template {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    let mut values = 0;
    while let Some(at) = rest.find(['{', '}']) {
        literal.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix(brace) {
            literal.push_str(brace);
            rest = after;
            continue;
        }
        let Some((name, after)) = (if brace == "{" {
            tail.split_once('}')
        } else {
            None
        }) else {
            let message = format!("`{text}` has an unmatched `{brace}`");
            cx.report(
                &rules::BAD_TEMPLATE,
                path,
                message,
                format!("write `{brace}{brace}` for a literal brace"),
            );
            return Template::default();
        };
        values += 1;
        if values > MAX_VALUES {
            let message = format!("`{path}` has more than {MAX_VALUES} values in one text");
            cx.report(&rules::BAD_TEMPLATE, path, message, None);
            return Template::default();
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut literal)));
        }
        pieces.extend(expression::value(cx, name.trim(), path, available).map(Piece::Source));
        rest = after;
    }
    literal.push_str(rest);
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    Template(pieces)
}

pub(super) fn source(
    cx: &mut Context<'_>,
    name: &str,
    path: &str,
    available: Available<'_>,
) -> Option<Source> {
    if let Some(parameter) = available.verifying.filter(|_| name == "callback.rest") {
        return Some(Source::CallbackRest(parameter.to_owned()));
    }
    if let Some(source) = input(cx, name).or_else(|| of_this_exchange(cx, name, available)) {
        return Some(source);
    }
    let field = cx
        .names
        .fields
        .iter()
        .find(|(field, _)| field == name)
        .cloned();
    match field {
        Some((_, from))
            if available.fields == Fields::All
                || (available.fields == Fields::BeforeExchange && is_before_exchange(&from)) =>
        {
            return Some(Source::Field(name.to_owned()));
        }
        Some(_) => {
            let message = format!("`{{{name}}}` has no value yet at `{path}`");
            cx.report(&rules::UNDECLARED_NAME, path, message, None);
            return None;
        }
        None => {}
    }
    let standard = STANDARD
        .iter()
        .find(|(word, _)| *word == name)
        .map(|(_, source)| source);
    if let Some(source) = standard.filter(|source| available.standard.contains(source)) {
        return Some(source.clone());
    }
    if drawn(name).is_some() {
        let message =
            format!("`{{{name}}}` is generated for calls of the module, and `{path}` is not one");
        let help = match path.starts_with("authorize") {
            true => {
                "write `authorize.nonce = \"required\"` for a new nonce in each login".to_owned()
            }
            false => "generate it in the code that calls the API".to_owned(),
        };
        cx.report(&rules::UNDECLARED_NAME, path, message, help);
        return None;
    }
    let words: Vec<&str> = STANDARD
        .iter()
        .filter(|(_, source)| available.standard.contains(source))
        .map(|(word, _)| *word)
        .chain(cx.names.inputs.iter().map(|(name, _)| name.as_str()))
        .collect();
    let (message, help) = match (standard, nearest(name, &words)) {
        (Some(_), _) => (format!("`{{{name}}}` has no value yet at `{path}`"), None),
        (None, Some(near)) => (
            format!("`{{{name}}}` is not declared"),
            Some(format!("did you mean `{{{near}}}`?")),
        ),
        (None, None)
            if !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) =>
        {
            (
                format!("`{{{name}}}` is not a valid name"),
                Some("write `{{` and `}}` for literal braces".to_owned()),
            )
        }
        (None, None) => {
            let own = name.split_once('.').filter(|(own, _)| {
                let mut inputs = cx.names.inputs.iter();
                inputs.any(|(input, _)| input == own)
            });
            let help = match own {
                Some((own, text)) => format!(
                    "write `{{{own}}}`, or state a text `{text}` for each value of `inputs.{own}.one_of`"
                ),
                None => format!("declare it: `inputs.{name} = {{ doc = \"…\" }}`"),
            };
            (format!("`{{{name}}}` is not declared"), Some(help))
        }
    };
    cx.report(&rules::UNDECLARED_NAME, path, message, help);
    None
}

/// Returns whether a field can have a value when the code is exchanged.
fn is_before_exchange(from: &FieldSource) -> bool {
    match from {
        FieldSource::Callback => true,
        FieldSource::Answer(call) => *call != CallId::AuthorizationCode,
        _ => false,
    }
}

/// Returns the source for an input's word, or for a text that belongs to the word.
fn input(cx: &Context<'_>, name: &str) -> Option<Source> {
    let form_of = |name: &str| {
        let mut inputs = cx.names.inputs.iter();
        inputs.find(|(own, _)| own == name).map(|(_, form)| form)
    };
    if let Some(form) = form_of(name) {
        return Some(match form.has_text("") {
            true => Source::InputText(name.to_owned(), String::new()),
            false => Source::Input(name.to_owned()),
        });
    }
    let (name, text) = name.split_once('.')?;
    form_of(name)
        .filter(|form| form.has_text(text))
        .map(|_| Source::InputText(name.to_owned(), text.to_owned()))
}

/// Returns the source for a generated value, an installation's parameter, or a member of another call's response.
fn of_this_exchange(cx: &Context<'_>, name: &str, available: Available<'_>) -> Option<Source> {
    if let Some(drawn) = drawn(name).filter(|_| available.draws) {
        return Some(Source::Generated(drawn));
    }
    let (first, rest) = name.split_once('.')?;
    if available.installing && first == "callback" {
        return Some(Source::InstallParameter(rest.to_owned()));
    }
    let from = match first {
        _ if !available.members => return None,
        "token" => CallId::AuthorizationCode,
        call if cx.names.calls.iter().any(|own| own == call) => CallId::Further(call.to_owned()),
        _ => return None,
    };
    Some(Source::Member(from, spec_path::split(rest)))
}

fn drawn(name: &str) -> Option<GeneratedValue> {
    let mut all = GeneratedValue::ALL.into_iter();
    all.find(|drawn| drawn.name() == name)
}

/// The values that the URL of a login can use.
const IN_LOGIN: Available<'static> = Available {
    standard: &[Source::ClientId],
    ..Available::NOTHING
};

/// Parses the template of a login's URL, which can use only inputs and the client id. An origin that environments
/// replace becomes a piece of its template.
pub(crate) fn url(cx: &mut Context<'_>, text: &str, path: &str) -> Template {
    url_with(cx, text, path, IN_LOGIN)
}

/// Parses the template of a URL that can use the values of `available`.
pub(crate) fn url_with(
    cx: &mut Context<'_>,
    text: &str,
    path: &str,
    available: Available<'_>,
) -> Template {
    let mut template = value(cx, text, path, available);
    if let Some(Piece::Text(first)) = template.0.first().cloned() {
        let origin =
            origin_of(&first).filter(|origin| cx.names.origins.iter().any(|own| own == origin));
        if let Some(origin) = origin {
            let rest = first[origin.len()..].to_owned();
            let mut pieces = vec![Piece::Origin(origin.to_owned())];
            if !rest.is_empty() {
                pieces.push(Piece::Text(rest));
            }
            pieces.extend(template.0.drain(1..));
            template.0 = pieces;
        }
    }
    template
}

/// Returns the scheme and authority of a URL whose authority is literal text.
fn origin_of(text: &str) -> Option<&str> {
    let start = text.find("://")? + 3;
    let end = text[start..]
        .find(['/', '?', '#'])
        .map_or(text.len(), |at| start + at);
    Some(&text[..end])
}
