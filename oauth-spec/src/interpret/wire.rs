//! HTTP messages as text: the request of a call, with given values or with the names of values.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::functions;
use crate::plan::{
    Argument, Basic, Body, Call, Challenge, Encoding, Example, Form, Function, Login, Parameter,
    Piece, Plan, ScopeSet, Source, Template, Value,
};

type TextOf<'a> = dyn Fn(&Source) -> Option<String> + 'a;
type ScopesOf<'a> = dyn Fn(usize) -> Vec<String> + 'a;

/// The texts that replace the sources of a template.
pub struct Given<'a> {
    text: Box<TextOf<'a>>,
    scopes: Box<ScopesOf<'a>>,
    offline: bool,
    environment: Option<String>,
    /// The callback's parameters, except the one that is verified.
    rest: Option<String>,
    encoded: bool,
}

impl<'a> Given<'a> {
    /// Replaces each source with its name in braces, for pages and rustdoc.
    pub fn names(plan: &'a Plan) -> Given<'a> {
        Given {
            text: Box::new(|source| match source {
                Source::Basic => Some("Basic {client_id:client_secret, in base64}".to_owned()),
                source => Some(format!("{{{}}}", name(source))),
            }),
            scopes: Box::new(|index| {
                let set = plan.scope_sets.get(index);
                let own = set
                    .map(|set| set.name.as_str())
                    .filter(|name| !name.is_empty());
                vec![format!(
                    "{{{}scopes}}",
                    own.map_or_else(String::new, |name| format!("{name} "))
                )]
            }),
            offline: false,
            environment: None,
            rest: None,
            encoded: false,
        }
    }

    /// Replaces each source with an example's value. Values that the example lacks come from the examples of the RFCs.
    pub fn example(plan: &'a Plan, example: &'a Example) -> Given<'a> {
        Given {
            text: Box::new(|source| text(plan, example, source)),
            scopes: Box::new(|index| {
                let set = plan.scope_sets.get(index);
                let own = set
                    .map(|set| set.name.as_str())
                    .filter(|name| !name.is_empty());
                example.list(own.unwrap_or("scope")).to_vec()
            }),
            offline: example.flag("offline"),
            environment: example.environment.clone(),
            rest: None,
            encoded: true,
        }
    }
}

impl Given<'_> {
    /// Replaces these sources with their values, and no others.
    #[cfg(feature = "simulator")]
    pub(crate) fn of(values: Vec<(Source, String)>) -> Given<'static> {
        Given {
            text: Box::new(move |source| {
                let own = values.iter().find(|(own, _)| own == source);
                own.map(|(_, value)| value.clone())
            }),
            scopes: Box::new(|_| Vec::new()),
            offline: false,
            environment: None,
            rest: None,
            encoded: true,
        }
    }

    /// Adds the callback's parameters, except the one that is verified.
    ///
    /// `%` and `&` are percent-encoded, and so is `=` in names, so that no two callbacks have the same signed text.
    pub(crate) fn with_rest(mut self, pairs: &[(String, String)]) -> Self {
        let unambiguous = |text: &str| text.replace('%', "%25").replace('&', "%26");
        let mut rest: Vec<String> = pairs
            .iter()
            .map(|(name, value)| {
                let name = unambiguous(name).replace('=', "%3D");
                format!("{name}={}", unambiguous(value))
            })
            .collect();
        rest.sort();
        self.rest = Some(rest.join("&"));
        self
    }
}

fn name(source: &Source) -> String {
    let name = match source {
        Source::Input(name)
        | Source::Argument(name)
        | Source::Field(name)
        | Source::InstallParameter(name) => name,
        Source::InputText(name, text) => return dotted(name, text),
        Source::Member(call, path) => {
            return format!("{}.{}", call.source(), path.join("."));
        }
        Source::Generated(drawn) => drawn.name(),
        Source::Nonce => "nonce",
        Source::ClientId => "client_id",
        Source::ClientSecret => "client_secret",
        Source::Basic => "basic",
        Source::RedirectUri => "redirect_uri",
        Source::State => "state",
        Source::Code => "code",
        Source::CodeVerifier => "code_verifier",
        Source::CodeChallenge => "code_challenge",
        Source::RefreshToken => "refresh_token",
        Source::AccessToken => "access_token",
        Source::CallbackRest(_) => "callback.rest",
        Source::Function(function, _) => function.name(),
    };
    name.to_owned()
}

/// Returns the name that the spec uses for a text of an input's word: `input.text`.
fn dotted(name: &str, text: &str) -> String {
    match text {
        "" => name.to_owned(),
        text => format!("{name}.{text}"),
    }
}

/// Returns the value that the RFCs use in their examples: RFC 6749 §4 to §6, RFC 7636 Appendix B.
pub fn standard_value(name: &str) -> Option<&'static str> {
    Some(match name {
        "client_id" => "s6BhdRkqt3",
        "client_secret" => "gX1fBat3bV",
        "redirect_uri" => "https://client.example.com/cb",
        "state" => "xyz",
        "code" => "SplxlOBeZQQYbYS6WxSbIA",
        "code_verifier" => "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        "code_challenge" => "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "refresh_token" => "tGzv3JOkF0XG5Qx2TlKWIA",
        "access_token" => "2YotnFZFEjr1zCsicMWpAA",
        // The value is from OpenID Connect Core §3.1.2.1.
        "nonce" => "n-0S6_WzA2Mj",
        "uuid" => "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "now" => "1767225600",
        "now_ms" => "1767225600000",
        "now_rfc3339" => "2026-01-01T00:00:00Z",
        "now_basic" => "20260101T000000Z",
        _ => return None,
    })
}

fn text(plan: &Plan, example: &Example, source: &Source) -> Option<String> {
    let standard = |name: &str| {
        example
            .text(name)
            .or_else(|| standard_value(name).map(str::to_owned))
    };
    match source {
        Source::Basic => {
            let (id, secret) = (standard("client_id")?, standard("client_secret")?);
            let pair = match plan.app.basic {
                Some(Basic::Raw) => format!("{id}:{secret}"),
                _ => format!("{}:{}", form(&id), form(&secret)),
            };
            Some(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
        }
        Source::Input(name) => {
            let input = plan.input(name);
            let default = || input?.default.clone();
            let sample = || Some(input?.sample());
            example.text(name).or_else(default).or_else(sample)
        }
        Source::InputText(name, text) => {
            let input = plan.input(name)?;
            let word = example.text(name).or_else(|| input.default.clone());
            let word = word.unwrap_or_else(|| input.sample());
            input.form.text_of(&word, text).map(str::to_owned)
        }
        Source::CodeChallenge => {
            let challenge = plan.login.as_ref().map(|login| login.challenge);
            let hex = || {
                let digest =
                    functions::apply(Function::Sha256, &[standard("code_verifier")?.into_bytes()])?;
                String::from_utf8(functions::apply(Function::Hex, &[digest])?).ok()
            };
            let stated = example.text("code_challenge");
            match challenge.unwrap_or_default() {
                Challenge::S256 => standard("code_challenge"),
                Challenge::S256Hex => stated.or_else(hex),
                Challenge::Plain => stated.or_else(|| standard("code_verifier")),
            }
        }
        Source::Argument(name) | Source::Field(name) => example.text(name),
        Source::RedirectUri => {
            let redirect_uri = standard("redirect_uri")?;
            let in_redirect = plan
                .login
                .as_ref()
                .is_some_and(|login| login.state_in_redirect);
            Some(match in_redirect {
                true => {
                    let mark = if redirect_uri.contains('?') { '&' } else { '?' };
                    format!("{redirect_uri}{mark}state={}", form(&standard("state")?))
                }
                false => redirect_uri,
            })
        }
        source => standard(&name(source)),
    }
}

/// An HTTP request, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    method: &'static str,
    url: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Message {
    /// Returns the request byte for byte: method and URL, headers in lower case, an empty line, the body.
    pub fn exact(&self) -> String {
        self.text("?", "&", str::to_owned)
    }

    /// Returns the request for display, with a line for each parameter and headers in their usual case.
    pub fn display(&self) -> String {
        self.text("?", "\n  &", usual_case)
    }

    fn text(&self, mark: &str, separator: &str, case: fn(&str) -> String) -> String {
        let query = self.query.replace('&', separator);
        let mut out = format!("{} {}", self.method, self.url);
        if !query.is_empty() {
            let _ = write!(out, "{mark}{query}");
        }
        for (name, value) in &self.headers {
            let _ = write!(out, "\n{}: {value}", case(name));
        }
        if !self.body.is_empty() {
            let is_form = !self.body.starts_with('{');
            let body = if is_form {
                self.body.replace('&', separator)
            } else {
                self.body.clone()
            };
            let _ = write!(out, "\n\n{body}");
        }
        out
    }
}

pub(crate) fn usual_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    });
    words.collect::<Vec<_>>().join("-")
}

/// Returns the authorization request, for display.
pub fn login(plan: &Plan, login: &Login, given: &Given<'_>) -> String {
    login_message(plan, login, given).display()
}

/// Returns a call's request, for display.
pub fn call(plan: &Plan, call: &Call, given: &Given<'_>) -> String {
    call_message(plan, call, given).display()
}

/// Builds the authorization request.
pub fn login_message(plan: &Plan, login: &Login, given: &Given<'_>) -> Message {
    let writer = Writer {
        plan,
        arguments: &login.arguments,
        given,
        login: Some(login),
    };
    let offline: &[Parameter] = if given.offline {
        &login.offline_parameters
    } else {
        &[]
    };
    Message {
        method: "GET",
        url: writer.url(&login.url),
        query: writer.form(login.parameters.iter().chain(offline)),
        headers: Vec::new(),
        body: String::new(),
    }
}

/// Builds a call's request.
pub fn call_message(plan: &Plan, call: &Call, given: &Given<'_>) -> Message {
    let writer = Writer {
        plan,
        arguments: &call.arguments,
        given,
        login: None,
    };
    let mut headers: Vec<(String, String)> = call
        .headers
        .iter()
        .filter_map(|header| Some((header.name.clone(), writer.value(&header.value)?)))
        .collect();
    let (content_type, body) = match &call.body {
        Body::Empty => (None, String::new()),
        Body::Form(rows) => (Some("application/x-www-form-urlencoded"), writer.form(rows)),
        Body::Json(rows) => (Some("application/json"), writer.json(rows)),
    };
    headers.extend(content_type.map(|value| ("content-type".to_owned(), value.to_owned())));
    Message {
        method: call.method.as_str(),
        url: writer.url(&call.url),
        query: writer.form(&call.query),
        headers,
        body,
    }
}

/// Returns the text of a template.
pub(crate) fn template(plan: &Plan, template: &Template, given: &Given<'_>) -> String {
    let writer = Writer {
        plan,
        arguments: &[],
        given,
        login: None,
    };
    template
        .0
        .iter()
        .filter_map(|piece| writer.piece(piece))
        .collect()
}

struct Writer<'a> {
    plan: &'a Plan,
    arguments: &'a [Argument],
    given: &'a Given<'a>,
    login: Option<&'a Login>,
}

impl Writer<'_> {
    /// Returns the text of a value, or `None` if the row is not sent.
    fn value(&self, value: &Value) -> Option<String> {
        match value {
            Value::Number(number) => Some(number.to_string()),
            Value::Boolean(boolean) => Some(boolean.to_string()),
            Value::Scopes(index) => self.scopes(*index),
            Value::Template(Template(pieces)) => {
                pieces.iter().map(|piece| self.piece(piece)).collect()
            }
        }
    }

    fn scopes(&self, index: usize) -> Option<String> {
        let set = self.plan.scope_sets.get(index)?;
        let mut scopes = set.always.clone();
        let further = self.login.filter(|_| self.given.offline && index == 0);
        let further = further
            .map(|login| login.offline_scopes.clone())
            .unwrap_or_default();
        for scope in (self.given.scopes)(index).into_iter().chain(further) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        (!scopes.is_empty()).then(|| scopes.join(&set.separator))
    }

    /// Returns a scope list encoded for a URL. The provider may require another encoding for the separator.
    fn encoded_scopes(&self, index: usize) -> Option<String> {
        let set = self.plan.scope_sets.get(index)?;
        let separator = separator(set);
        let scopes = self.scopes(index)?;
        let encoded: Vec<String> = scopes.split(&set.separator).map(form).collect();
        Some(encoded.join(&separator))
    }

    fn piece(&self, piece: &Piece) -> Option<String> {
        match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Origin(origin) => Some(self.origin(origin)),
            Piece::Source(Source::Argument(name)) => {
                (self.given.text)(&Source::Argument(name.clone())).or_else(|| {
                    self.arguments
                        .iter()
                        .find(|argument| argument.name == *name)?
                        .default
                        .clone()
                })
            }
            Piece::Source(Source::CallbackRest(_)) if self.given.encoded => self.given.rest.clone(),
            Piece::Source(Source::Function(function, values)) => self.function(*function, values),
            Piece::Source(source) => (self.given.text)(source),
        }
    }

    fn function(&self, function: Function, values: &[Template]) -> Option<String> {
        if !self.given.encoded {
            let inside: Vec<String> = values.iter().map(|value| self.named(value)).collect();
            return Some(format!("{{{}({})}}", function.name(), inside.join(", ")));
        }
        let bytes = self.bytes(function, values)?;
        // Bytes become text only through a function that encodes them.
        String::from_utf8(bytes)
            .ok()
            .filter(|_| !function.gives_bytes())
    }

    /// Applies a function to values, which may be functions themselves.
    fn bytes(&self, function: Function, values: &[Template]) -> Option<Vec<u8>> {
        let values: Option<Vec<Vec<u8>>> = values
            .iter()
            .map(|value| match value.0.as_slice() {
                [Piece::Source(Source::Function(function, values))] => {
                    self.bytes(*function, values)
                }
                pieces => {
                    let text: Option<String> =
                        pieces.iter().map(|piece| self.piece(piece)).collect();
                    text.map(String::into_bytes)
                }
            })
            .collect();
        functions::apply(function, &values?)
    }

    /// Returns the name of a function's value, for pages.
    fn named(&self, value: &Template) -> String {
        let pieces = value.0.iter().map(|piece| match piece {
            Piece::Text(text) => format!("'{text}'"),
            piece => self
                .piece(piece)
                .unwrap_or_default()
                .trim_matches(['{', '}'])
                .to_owned(),
        });
        pieces.collect()
    }

    fn origin(&self, origin: &str) -> String {
        let environment = self.given.environment.as_ref();
        let environment = environment
            .and_then(|name| self.plan.environments.iter().find(|own| own.name == *name));
        let replaced =
            environment.and_then(|own| own.hosts.iter().find(|(from, _)| from == origin));
        replaced.map_or(origin, |(_, to)| to).to_owned()
    }

    fn url(&self, url: &Template) -> String {
        let pieces = url.0.iter().map(|piece| {
            let text = self.piece(piece).unwrap_or_default();
            match piece {
                Piece::Source(source) if self.given.encoded && !self.is_url_safe(source) => {
                    segment(&text)
                }
                _ => text,
            }
        });
        pieces.collect()
    }

    fn is_url_safe(&self, source: &Source) -> bool {
        if let Source::InputText(..) = source {
            return true;
        }
        self.plan.form_of(source).is_some_and(Form::is_url_safe)
    }

    fn form<'p>(&self, rows: impl IntoIterator<Item = &'p Parameter>) -> String {
        let pairs = rows.into_iter().filter_map(|row| {
            let value = self.value(&row.value)?;
            let value = match &row.value {
                _ if !self.given.encoded => value,
                Value::Scopes(index) => self.encoded_scopes(*index)?,
                _ => form(&value),
            };
            Some(format!("{}={value}", form(&row.name)))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    fn json(&self, rows: &[Parameter]) -> String {
        let members = rows.iter().filter_map(|row| {
            let value = self.value(&row.value)?;
            let value = match row.value {
                Value::Number(_) | Value::Boolean(_) => value,
                _ => serde_json::Value::from(value).to_string(),
            };
            Some(format!(
                "{}:{value}",
                serde_json::Value::from(row.name.as_str())
            ))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

/// Returns the separator of scopes in a URL.
pub(crate) fn separator(set: &ScopeSet) -> String {
    match set.encoding {
        Encoding::Form => form(&set.separator),
        Encoding::Percent => percent(&set.separator, b"-._~", false),
        Encoding::Raw => set.separator.clone(),
    }
}

/// Encodes a form value.
pub(crate) fn form(text: &str) -> String {
    percent(text, b"*-._", true)
}

fn segment(text: &str) -> String {
    percent(text, b"-._~", false)
}

fn percent(text: &str, marks: &[u8], plus: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' if plus => out.push('+'),
            _ if byte.is_ascii_alphanumeric() || marks.contains(&byte) => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_forms_are() {
        assert_eq!(form("a b+c/é"), "a+b%2Bc%2F%C3%A9");
        assert_eq!(segment("a b/c~"), "a%20b%2Fc~");
    }
}
