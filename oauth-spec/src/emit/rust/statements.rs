//! The statements that write a request.
//!
//! The parts that do not change, such as names, separators and constants, are encoded for their place in advance.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::ident;
use super::values::{Place, Within, slice_name};
use crate::interpret::wire;
use crate::plan::{Parameter, Piece, ScopeSet, Source, Template, Value, name};

/// The place of a parameter in a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// The query of a URL.
    Query,
    /// A form body.
    Form,
    /// A JSON body.
    Json,
    /// The headers.
    Header,
}

impl At {
    /// Returns the text before the first parameter.
    fn first(self) -> &'static str {
        match self {
            At::Query => "?",
            At::Json => "{",
            At::Form | At::Header => "",
        }
    }

    /// Returns the text before every parameter except the first.
    fn separator(self) -> &'static str {
        match self {
            At::Query | At::Form => "&",
            At::Json => ",",
            At::Header => "",
        }
    }

    /// Returns the runtime method that writes text here.
    fn method(self) -> &'static str {
        match self {
            At::Query => "query",
            At::Form => "form",
            At::Json => "json",
            At::Header => "header",
        }
    }

    /// Returns the runtime method that writes text here which may come first.
    fn next(self) -> &'static str {
        match self {
            At::Query => "next_in_query",
            At::Form => "next_in_form",
            At::Json => "next_in_json",
            At::Header => "header",
        }
    }

    /// Returns a name, and the text between it and its value.
    fn named(self, name: &str) -> String {
        match self {
            At::Query | At::Form => format!("{}=", wire::form(name)),
            At::Json => format!("{}:", serde_json::Value::from(name)),
            At::Header => format!("{name}: "),
        }
    }

    /// Returns the quotation mark around a text value.
    fn quote(self) -> &'static str {
        match self {
            At::Json => "\"",
            At::Query | At::Form | At::Header => "",
        }
    }

    /// Encodes a constant text as part of a value.
    fn constant(self, text: &str) -> String {
        match self {
            At::Query | At::Form => wire::form(text),
            At::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            At::Header => text.to_owned(),
        }
    }
}

/// The statements of a request, while they are built.
pub(super) struct Statements<'a> {
    place: &'a Place<'a>,
    /// The statements before the request, which compute values once.
    pub(super) made: TokenStream,
    /// The statements that write the request.
    pub(super) said: TokenStream,
    /// The number of computed values.
    values: usize,
}

/// What follows the name of a parameter.
enum Follows {
    /// More text, since the value is constant.
    Text(String),
    /// Text, and the method calls that write the value after it.
    Value(String, TokenStream),
    /// A condition, and the method calls that write the value if it holds.
    Perhaps(TokenStream, TokenStream),
}

impl<'a> Statements<'a> {
    pub(super) fn new(place: &'a Place<'a>) -> Statements<'a> {
        Statements {
            place,
            made: TokenStream::new(),
            said: TokenStream::new(),
            values: 0,
        }
    }

    /// Writes the URL without its query.
    pub(super) fn url(&mut self, url: &Template) {
        let place = self.place;
        let pieces = url.0.iter().map(|piece| {
            let text = self.piece(piece);
            match piece {
                Piece::Source(source) if !place.is_url_safe(source) => quote! { .segment(#text) },
                _ => quote! { .url(#text) },
            }
        });
        let pieces: Vec<TokenStream> = pieces.collect();
        self.said.extend(quote! { out #(#pieces)*; });
    }

    /// Writes each header in a statement.
    pub(super) fn headers(&mut self, headers: &[Parameter]) {
        for header in headers {
            let named = At::Header.named(&header.name);
            let said = match self.follows(At::Header, &header.value) {
                Follows::Text(constant) => {
                    let text = literal(&(named + &constant));
                    quote! { out.header(#text); }
                }
                Follows::Value(more, value) => {
                    let text = literal(&(named + &more));
                    quote! { out.header(#text) #value; }
                }
                Follows::Perhaps(condition, value) => {
                    let text = literal(&named);
                    quote! { #condition { out.header(#text) #value; } }
                }
            };
            self.said.extend(said);
        }
    }

    /// Writes the parameters of a query or a body. Parameters for offline access come last.
    pub(super) fn parameters(&mut self, at: At, parameters: &[Parameter], offline: &[Parameter]) {
        let mut known = Text::new(at);
        for parameter in parameters {
            let named = at.named(&parameter.name);
            match self.follows(at, &parameter.value) {
                Follows::Text(constant) => known.push(&(named + &constant)),
                Follows::Value(more, value) => {
                    known.push(&(named + at.quote() + &more));
                    let text = known.take();
                    self.said.extend(quote! { out #text #value; });
                    known.text.push_str(at.quote());
                }
                Follows::Perhaps(condition, value) => {
                    self.text_alone(&mut known);
                    let text = known.aside(&(named + at.quote()));
                    let end = (at == At::Json).then(|| quote! { out.json("\""); });
                    self.said
                        .extend(quote! { #condition { out #text #value; #end } });
                }
            }
        }
        if at == At::Json {
            known.end();
        }
        self.text_alone(&mut known);
        if at == At::Json && !known.begun {
            self.said.extend(quote! { out.end_json(); });
        }
        self.offline(at, &mut known, offline);
    }

    fn text_alone(&mut self, known: &mut Text) {
        if !known.text.is_empty() {
            let text = known.take();
            self.said.extend(quote! { out #text; });
        }
    }

    /// Writes the constants that a login sends only for offline access.
    fn offline(&mut self, at: At, known: &mut Text, parameters: &[Parameter]) {
        let texts = parameters.iter().map(|parameter| {
            let value = constant(at, &parameter.value).unwrap_or_default();
            format!("{}{value}", at.named(&parameter.name))
        });
        let texts: Vec<String> = texts.collect();
        if !texts.is_empty() {
            let text = known.aside(&texts.join(at.separator()));
            self.said
                .extend(quote! { if options.offline { out #text; } });
        }
    }

    fn follows(&mut self, at: At, value: &Value) -> Follows {
        if let Some(text) = constant(at, value) {
            return Follows::Text(text);
        }
        let place = self.place;
        let pieces = match value {
            Value::Scopes(index) => return self.scopes(at, *index),
            Value::Template(Template(pieces)) => pieces.as_slice(),
            Value::Number(_) | Value::Boolean(_) => &[],
        };
        match pieces {
            [Piece::Source(Source::Argument(own))] => argument(place, at, own),
            [Piece::Source(Source::Field(own))] if place.may_be_absent(own) => {
                let field = place.callback_field(own);
                Follows::Perhaps(
                    quote! { if let Some(own) = &#field },
                    quote! { .text(own.as_str()) },
                )
            }
            [Piece::Source(source)] => {
                let value = match encoded(place, at, source) {
                    Some(text) => quote! { .raw(#text) },
                    None => {
                        let text = self.piece(&pieces[0]);
                        quote! { .text(#text) }
                    }
                };
                Follows::Value(String::new(), value)
            }
            pieces => {
                let (first, pieces) = match pieces {
                    [Piece::Text(text), pieces @ ..] => (at.constant(text), pieces),
                    pieces => (String::new(), pieces),
                };
                let texts = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => {
                        let text = at.constant(text);
                        quote! { .raw(#text) }
                    }
                    piece => {
                        let text = self.piece(piece);
                        quote! { .text(#text) }
                    }
                });
                let texts: Vec<TokenStream> = texts.collect();
                Follows::Value(first, quote! { #(#texts)* })
            }
        }
    }

    /// Returns a piece as an expression of type `&str`. Computed pieces are computed once, in `made`.
    fn piece(&mut self, piece: &Piece) -> TokenStream {
        match piece {
            Piece::Source(
                Source::Function(..) | Source::InstallParameter(_) | Source::CallbackRest(_),
            ) => {
                let made = match self.values {
                    0 => ident("made"),
                    more => ident(&format!("made_{}", more + 1)),
                };
                self.values += 1;
                let template = Template(vec![piece.clone()]);
                let value = self.place.owned(&template);
                self.made.extend(quote! { let #made = #value; });
                quote! { &#made }
            }
            piece => self.place.piece(piece),
        }
    }

    fn scopes(&mut self, at: At, index: usize) -> Follows {
        let place = self.place;
        let set = &place.plan.scope_sets[index];
        let in_login = place.within == Within::Login;
        let separator = match at {
            At::Query if in_login => wire::separator(set),
            At::Query | At::Form => wire::form(&set.separator),
            At::Json | At::Header => at.constant(&set.separator),
        };
        let asked = ident(&slice_name(set));
        let offline = place.plan.login.as_ref().filter(|_| index == 0 && in_login);
        let further = offline.map_or(&[][..], |login| login.offline_scopes.as_slice());
        let condition = quote! { if !#asked.is_empty() };
        if set.always.is_empty() && further.is_empty() {
            let value = quote! { .scopes(runtime::scope_names(#asked), #separator) };
            return Follows::Perhaps(condition, value);
        }
        self.made.extend(all_scopes(set, &asked, further));
        let value = quote! { .scopes(#asked.each(), #separator) };
        match set.always.is_empty() {
            true => Follows::Perhaps(condition, value),
            false => Follows::Value(String::new(), value),
        }
    }
}

/// Text of a query or a body that is not written yet.
struct Text {
    at: At,
    text: String,
    /// Whether a parameter that is always sent was written. After it, the separators are known.
    begun: bool,
    /// Whether any parameter was written.
    any: bool,
    method: proc_macro2::Ident,
}

impl Text {
    fn new(at: At) -> Text {
        Text {
            at,
            text: String::new(),
            begun: false,
            any: false,
            method: ident(at.method()),
        }
    }

    /// Adds a parameter that is always sent.
    fn push(&mut self, named: &str) {
        match (self.any, self.begun) {
            (false, _) => self.text.push_str(self.at.first()),
            (true, true) => self.text.push_str(self.at.separator()),
            (true, false) => self.method = ident(self.at.next()),
        }
        (self.any, self.begun) = (true, true);
        self.text.push_str(named);
    }

    /// Returns the method call that writes the pending text.
    fn take(&mut self) -> TokenStream {
        let method = std::mem::replace(&mut self.method, ident(self.at.method()));
        let text = literal(&std::mem::take(&mut self.text));
        quote! { .#method(#text) }
    }

    /// Returns the method call that writes a parameter which is not always sent.
    fn aside(&mut self, named: &str) -> TokenStream {
        self.any = true;
        if self.begun {
            let method = ident(self.at.method());
            let text = literal(&format!("{}{named}", self.at.separator()));
            quote! { .#method(#text) }
        } else {
            let method = ident(self.at.next());
            let text = literal(named);
            quote! { .#method(#text) }
        }
    }

    /// Adds the end of a JSON object that has a parameter which is always sent.
    fn end(&mut self) {
        if self.begun {
            self.text.push('}');
        }
    }
}

fn all_scopes(set: &ScopeSet, asked: &proc_macro2::Ident, further: &[String]) -> TokenStream {
    let known = |scope: &String| {
        let form = wire::form(scope);
        quote! { ScopeName::known(#scope, #form) }
    };
    let always: Vec<TokenStream> = set.always.iter().map(known).collect();
    let further = match further {
        [] => quote! { &[] },
        scopes => {
            let scopes = scopes.iter().map(known);
            quote! { if options.offline { const { &[#(#scopes),*] } } else { &[] } }
        }
    };
    quote! {
        let #asked = AllScopes {
            always: const { &[#(#always),*] },
            asked: #asked,
            further: #further,
        };
    }
}

/// Returns a string literal, which is raw if the text contains quotation marks, so that JSON stays legible.
fn literal(text: &str) -> Literal {
    let raw = text.contains('"') && !text.contains("\"#");
    let written = raw.then(|| format!("r#\"{text}\"#").parse().ok()).flatten();
    written.unwrap_or_else(|| Literal::string(text))
}

fn constant(at: At, value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Boolean(boolean) => Some(boolean.to_string()),
        Value::Scopes(_) => None,
        Value::Template(Template(pieces)) => match pieces.as_slice() {
            [Piece::Text(text)] => Some(quoted(at, text)),
            _ => None,
        },
    }
}

/// Returns a constant text as a whole value, with quotation marks in JSON.
fn quoted(at: At, text: &str) -> String {
    [at.quote(), &at.constant(text), at.quote()].concat()
}

/// Returns a value that needs no encoding: the app or the login encoded it before, or encoding does not change it.
fn encoded(place: &Place<'_>, at: At, source: &Source) -> Option<TokenStream> {
    let in_exchange = place.within == Within::Exchange;
    let stays = match (at, source) {
        // JSON does not escape the characters of base64, base64url and URIs.
        (At::Header, Source::Basic)
        | (_, Source::Nonce | Source::CodeVerifier | Source::CodeChallenge)
        | (At::Json, Source::RedirectUri) => true,
        (At::Header | At::Json, own) => place.is_url_safe(own),
        _ => false,
    };
    if stays {
        return Some(place.source(source));
    }
    Some(match (at, source) {
        (At::Header | At::Json, _) => return None,
        (_, Source::State) if !in_exchange => quote! { secrets.state_form() },
        (_, Source::ClientId) => quote! { app.client_id.form() },
        (_, Source::ClientSecret) => quote! { app.client_secret.form() },
        (_, Source::RedirectUri) if in_exchange => quote! { code.redirect_uri_form() },
        (_, Source::RedirectUri) if place.state_in_redirect() => quote! { redirect_uri.form() },
        (_, Source::RedirectUri) => quote! { app.redirect_uri.form() },
        _ => return None,
    })
}

fn argument(place: &Place<'_>, at: At, own: &str) -> Follows {
    let field = ident(&name::snake(own));
    let Some(argument) = place.arguments.iter().find(|argument| argument.name == own) else {
        return Follows::Text(quoted(at, ""));
    };
    let chosen = match argument.one_of.is_empty() {
        true => quote! { options.#field },
        false => {
            let kind = ident(&name::camel(own));
            quote! { options.#field.map(#kind::as_str) }
        }
    };
    let text = |text: TokenStream| Follows::Value(String::new(), quote! { .text(#text) });
    match (&argument.default, argument.may_be_left_out()) {
        (Some(default), _) => text(quote! { #chosen.unwrap_or(#default) }),
        (None, true) => {
            Follows::Perhaps(quote! { if let Some(own) = #chosen }, quote! { .text(own) })
        }
        (None, false) if argument.one_of.is_empty() => text(quote! { #field }),
        (None, false) => text(quote! { #field.as_str() }),
    }
}
