//! Values as expressions: where a source is found in a generated function.

use proc_macro2::TokenStream;
use quote::quote;

use super::answers::{carried_name, struct_name};
use super::calls::is_of_connection;
use super::ident;
use crate::plan::{
    Argument, Encoding, Form, Function, Parameter, Piece, Plan, ScopeSet, Source, Template, Value,
    name,
};

/// The function that a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// `login`: it has options that may ask for offline access.
    Login,
    /// `exchange`: the redirect URI comes with the code, as the login named it.
    Exchange,
    /// A method of a token.
    Token,
    /// A call with an access token of the base module.
    Migration,
    /// Any other.
    Other,
}

/// Where a row stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// In a query or a form.
    Form,
    /// In a JSON object.
    Json,
    /// Among the headers.
    Header,
}

/// A function's view of the Plan: what its arguments are called.
pub(super) struct Place<'a> {
    pub(super) plan: &'a Plan,
    pub(super) arguments: &'a [Argument],
    pub(super) within: Within,
}

impl Place<'_> {
    /// A row: name and constants go out as they stand there, encoded for their place already.
    fn row(
        &self,
        parameter: &Parameter,
        place: At,
        encode: impl Fn(&str) -> String,
    ) -> TokenStream {
        let name = encode(&parameter.name);
        let constant = parameter
            .value
            .template()
            .map(|template| template.0.as_slice());
        let value = match constant {
            Some([Piece::Source(source)]) if place == At::Form => match self.encoded(source) {
                Some(text) => quote! { Encoded(#text) },
                None => self.value(&parameter.value),
            },
            Some([Piece::Text(text)]) => {
                let text = encode(text);
                quote! { Constant(#text) }
            }
            _ => self.value(&parameter.value),
        };
        quote! { (#name, #value) }
    }

    /// Rows of a query or a form.
    pub(super) fn form_rows(&self, parameters: &[Parameter]) -> Vec<TokenStream> {
        parameters
            .iter()
            .map(|parameter| self.row(parameter, At::Form, crate::emit::wire::form))
            .collect()
    }

    /// Rows of a JSON object.
    pub(super) fn json_rows(&self, parameters: &[Parameter]) -> Vec<TokenStream> {
        let inside = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        let rows = parameters.iter();
        rows.map(|parameter| self.row(parameter, At::Json, inside))
            .collect()
    }

    /// Headers.
    pub(super) fn headers(&self, headers: &[Parameter]) -> Vec<TokenStream> {
        headers
            .iter()
            .map(|header| self.row(header, At::Header, str::to_owned))
            .collect()
    }

    fn value(&self, value: &Value) -> TokenStream {
        match value {
            Value::Number(number) => {
                let number = proc_macro2::Literal::i64_unsuffixed(*number);
                quote! { Number(#number) }
            }
            Value::Boolean(boolean) => quote! { Boolean(#boolean) },
            Value::Scopes(index) => self.scopes(&self.plan.scope_sets[*index], *index),
            Value::Template(Template(pieces)) => match pieces.as_slice() {
                [Piece::Source(Source::Argument(argument))] => self.argument(argument),
                [Piece::Source(Source::Field(own))] if self.may_be_absent(own) => {
                    let text = self.callback_field(own);
                    quote! { Maybe(#text.as_ref().map(|own| own.as_str())) }
                }
                [piece] => {
                    let text = self.piece(piece);
                    quote! { Text(#text) }
                }
                pieces => {
                    let texts = pieces.iter().map(|piece| self.piece(piece));
                    quote! { Joined(&[#(#texts),*]) }
                }
            },
        }
    }

    fn scopes(&self, set: &ScopeSet, index: usize) -> TokenStream {
        let known = |scope: &String| {
            let form = crate::emit::wire::form(scope);
            quote! { ScopeName::known(#scope, #form) }
        };
        let always: Vec<TokenStream> = set.always.iter().map(known).collect();
        let separator = &set.separator;
        let asked = ident(&slice_name(set));
        let offline = self
            .plan
            .login
            .as_ref()
            .filter(|_| index == 0 && self.within == Within::Login);
        let further = match offline.map(|login| login.offline_scopes.as_slice()) {
            None | Some([]) => quote! { &[] },
            Some(scopes) => {
                let scopes = scopes.iter().map(known);
                quote! { if options.offline { const { &[#(#scopes),*] } } else { &[] } }
            }
        };
        match set.encoding {
            Encoding::Form => {
                quote! { Scopes(const { &[#(#always),*] }, &#asked, #further, #separator) }
            }
            _ if self.within != Within::Login => {
                quote! { Scopes(const { &[#(#always),*] }, &#asked, #further, #separator) }
            }
            _ => {
                let separator = crate::emit::wire::separator(set);
                quote! { ScopesSeparatedAs(const { &[#(#always),*] }, &#asked, #further, #separator) }
            }
        }
    }

    fn argument(&self, own: &str) -> TokenStream {
        let field = ident(&name::snake(own));
        let Some(argument) = self.arguments.iter().find(|argument| argument.name == own) else {
            return quote! { Text("") };
        };
        let chosen = match argument.one_of.is_empty() {
            true => quote! { options.#field },
            false => {
                let kind = ident(&name::camel(own));
                quote! { options.#field.map(#kind::as_str) }
            }
        };
        match (&argument.default, argument.may_be_left_out()) {
            (Some(default), _) => quote! { Text(#chosen.unwrap_or(#default)) },
            (None, true) => quote! { Maybe(#chosen) },
            (None, false) if argument.one_of.is_empty() => quote! { Text(#field) },
            (None, false) => quote! { Text(#field.as_str()) },
        }
    }

    /// A piece as an expression of type `&str`.
    pub(super) fn piece(&self, piece: &Piece) -> TokenStream {
        match piece {
            Piece::Text(text) => quote! { #text },
            Piece::Origin(origin) => quote! { app.environment.at(#origin) },
            Piece::Source(source) => self.source(source),
        }
    }

    fn source(&self, source: &Source) -> TokenStream {
        match source {
            Source::Input(own) => {
                let field = ident(&name::snake(own));
                match is_of_connection(self.plan, source) {
                    true => quote! { inputs.#field.as_str() },
                    false => quote! { app.#field.as_str() },
                }
            }
            Source::InputText(own, text) => {
                let (field, method) = (ident(&name::snake(own)), ident(&text_method(text)));
                match is_of_connection(self.plan, source) {
                    true => quote! { inputs.#field.#method() },
                    false => quote! { app.#field.#method() },
                }
            }
            Source::Field(own) if self.within == Within::Exchange && self.is_of_callback(own) => {
                let text = self.callback_field(own);
                match self.may_be_absent(own) {
                    true => quote! { #text.as_ref().map_or("", |own| own.as_str()) },
                    false => quote! { #text.as_str() },
                }
            }
            Source::Field(own) => {
                let field = ident(&name::snake(own));
                match self.plan.form_of(source).is_some() {
                    true => quote! { #field.as_str() },
                    false => quote! { #field },
                }
            }
            Source::Argument(own) => {
                let field = ident(&name::snake(own));
                quote! { #field }
            }
            Source::ClientId => quote! { app.client_id.expose() },
            Source::ClientSecret => quote! { app.client_secret.expose() },
            Source::Basic => quote! { app.basic.expose() },
            Source::RedirectUri if self.within == Within::Exchange => {
                quote! { code.0.redirect_uri() }
            }
            Source::RedirectUri if self.state_in_redirect() => quote! { redirect_uri.as_str() },
            Source::RedirectUri => quote! { app.redirect_uri.0.as_str() },
            Source::Nonce => quote! { secrets.nonce() },
            Source::State if self.within == Within::Exchange => quote! { code.0.state() },
            Source::State => quote! { secrets.state() },
            Source::Code => quote! { code.0.code() },
            Source::CodeVerifier => quote! { code.0.code_verifier() },
            Source::CodeChallenge => quote! { secrets.code_challenge() },
            Source::RefreshToken => quote! { refresh_token.0.expose() },
            Source::AccessToken => match self.within {
                Within::Token => quote! { self.0.access_token().expose() },
                Within::Migration => quote! { token.expose() },
                _ => quote! { token.0.access_token().expose() },
            },
            Source::Member(call, path) => {
                let (own, field) = (self.answer_of(call), ident(&carried_name(path)));
                quote! { #own.#field.expose() }
            }
            Source::InstallParameter(own) => {
                quote! { &runtime::install_parameter(&PROVIDER, query, #own)? }
            }
            Source::Drawn(drawn) => {
                let method = ident(drawn.name());
                quote! { drawn.#method() }
            }
            Source::CallbackRest(except) => quote! { &runtime::callback_rest(query, #except) },
            Source::Function(function, values) => self.function(*function, values),
        }
    }

    /// A template as a text of its own.
    pub(super) fn owned(&self, template: &Template) -> TokenStream {
        match template.0.as_slice() {
            [Piece::Source(Source::Function(function, values))] => self.called(*function, values),
            [Piece::Source(Source::InstallParameter(own))] => {
                quote! { runtime::install_parameter(&PROVIDER, query, #own)? }
            }
            pieces => {
                let pieces = pieces.iter().map(|piece| self.piece(piece));
                quote! { [#(#pieces as &str),*].concat() }
            }
        }
    }

    /// A function as an expression that borrows: its value lives as long as the statement.
    fn function(&self, function: Function, values: &[Template]) -> TokenStream {
        let called = self.called(function, values);
        quote! { &#called }
    }

    fn called(&self, function: Function, values: &[Template]) -> TokenStream {
        let pieces = values.iter().flat_map(|value| &value.0);
        let arguments = pieces.map(|piece| match piece {
            // What encodes takes bytes as they are given.
            Piece::Source(Source::Function(own, values)) if function.encodes() => {
                self.called(*own, values)
            }
            piece => self.piece(piece),
        });
        if function == Function::Concat {
            return quote! { [#(#arguments),*].concat() };
        }
        let name = ident(function.name());
        quote! { runtime::#name(#(#arguments),*) }
    }

    /// Where the code keeps a field of the callback.
    fn callback_field(&self, field: &str) -> TokenStream {
        let place = self
            .plan
            .callback_fields()
            .position(|own| own.name == field);
        let index = proc_macro2::Literal::usize_unsuffixed(place.unwrap_or_default() + 1);
        quote! { code.#index }
    }

    /// Whether the exchange may find a field of the callback absent.
    fn may_be_absent(&self, field: &str) -> bool {
        let own = self.plan.field(field);
        self.within == Within::Exchange
            && own.is_some_and(|field| field.optional && field.from_callback())
    }

    fn is_of_callback(&self, field: &str) -> bool {
        self.plan.callback_fields().any(|own| own.name == field)
    }

    fn state_in_redirect(&self) -> bool {
        let login = self.plan.login.as_ref();
        self.within == Within::Login && login.is_some_and(|login| login.state_in_redirect)
    }

    /// The parameter that holds another call's answer.
    fn answer_of(&self, call: &str) -> proc_macro2::Ident {
        let own = self.plan.call(call);
        let kind = own.and_then(|call| struct_name(self.plan, call));
        ident(&name::snake(&kind.unwrap_or_default()))
    }

    /// A value that was encoded for forms when the app or the login was made, or that no encoding changes.
    fn encoded(&self, source: &Source) -> Option<TokenStream> {
        Some(match source {
            Source::ClientId => quote! { app.client_id.form() },
            Source::ClientSecret => quote! { app.client_secret.form() },
            Source::RedirectUri if self.within == Within::Exchange => {
                quote! { &code.0.redirect_uri_form() }
            }
            Source::RedirectUri if self.state_in_redirect() => quote! { &redirect_uri.form() },
            Source::RedirectUri => quote! { &app.redirect_uri.0.form() },
            Source::Nonce | Source::CodeVerifier | Source::CodeChallenge => self.source(source),
            _ => return None,
        })
    }

    /// The pieces of a URL.
    pub(super) fn url(&self, url: &Template) -> TokenStream {
        let pieces = url.0.iter().map(|piece| {
            let text = self.piece(piece);
            match piece {
                Piece::Source(source) if !self.is_url_safe(source) => quote! { Segment(#text) },
                _ => quote! { Raw(#text) },
            }
        });
        quote! { &[#(#pieces),*] }
    }

    fn is_url_safe(&self, source: &Source) -> bool {
        if let Source::InputText(..) = source {
            return true;
        }
        self.plan.form_of(source).is_some_and(Form::is_url_safe)
    }
}

/// The method that gives a text of an input's word.
pub(super) fn text_method(text: &str) -> String {
    match text {
        "" => "text".to_owned(),
        text => name::snake(text),
    }
}

/// The argument that takes the scopes of a set.
pub(super) fn slice_name(set: &ScopeSet) -> String {
    if set.name.is_empty() {
        "scopes".to_owned()
    } else {
        name::snake(&format!("{}_scopes", set.name))
    }
}
