//! Values as expressions: where a source is found in a generated function.

use proc_macro2::TokenStream;
use quote::quote;

use super::ident;
use crate::plan::{
    Argument, Form, Function, Parameter, Piece, Plan, ScopeSet, Source, Template, Value, name,
};

/// The function that a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// `login`: it has options that may ask for offline access.
    Login,
    /// `exchange`: the redirect URI comes with the code, as the login named it.
    Exchange,
    /// Any other.
    Other,
}

/// A function's view of the Plan: what its arguments are called.
pub(super) struct Place<'a> {
    pub(super) plan: &'a Plan,
    pub(super) arguments: &'a [Argument],
    pub(super) within: Within,
}

impl Place<'_> {
    /// A row of a query or a form: its name goes out as it stands there.
    fn form_row(&self, parameter: &Parameter) -> TokenStream {
        self.row(&crate::emit::wire::form(&parameter.name), parameter)
    }

    fn row(&self, name: &str, parameter: &Parameter) -> TokenStream {
        let value = self.value(&parameter.value);
        quote! { (#name, #value) }
    }

    /// Rows of a query or a form.
    pub(super) fn form_rows(&self, parameters: &[Parameter]) -> Vec<TokenStream> {
        parameters
            .iter()
            .map(|parameter| self.form_row(parameter))
            .collect()
    }

    /// Rows of a JSON object.
    pub(super) fn json_rows(&self, parameters: &[Parameter]) -> Vec<TokenStream> {
        let rows = parameters.iter().map(|parameter| {
            let quoted = serde_json::Value::from(parameter.name.as_str()).to_string();
            self.row(quoted.trim_matches('"'), parameter)
        });
        rows.collect()
    }

    /// Headers.
    pub(super) fn headers(&self, headers: &[Parameter]) -> Vec<TokenStream> {
        headers
            .iter()
            .map(|header| self.row(&header.name, header))
            .collect()
    }

    fn value(&self, value: &Value) -> TokenStream {
        match value {
            Value::Number(number) => quote! { Number(#number) },
            Value::Boolean(boolean) => quote! { Boolean(#boolean) },
            Value::Scopes(index) => self.scopes(&self.plan.scope_sets[*index], *index),
            Value::Template(Template(pieces)) => match pieces.as_slice() {
                [Piece::Source(Source::Argument(argument))] => self.argument(argument),
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
        let always = &set.always;
        let separator = &set.separator;
        let asked = ident(&slice_name(set));
        let offline = self
            .plan
            .login
            .as_ref()
            .filter(|_| index == 0 && self.within == Within::Login);
        let further = match offline.map(|login| login.offline_scopes.as_slice()) {
            None | Some([]) => quote! { &[] },
            Some(scopes) => quote! { if options.offline { &[#(#scopes),*] } else { &[] } },
        };
        quote! { Scopes(&[#(#always),*], &#asked, #further, #separator) }
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
                match self
                    .plan
                    .input(own)
                    .is_some_and(|input| input.per_connection)
                {
                    true => quote! { inputs.#field.as_str() },
                    false => quote! { app.#field.as_str() },
                }
            }
            Source::Field(own) if self.within == Within::Exchange => {
                let own_place = self
                    .plan
                    .callback_fields()
                    .position(|field| field.name == *own);
                let index =
                    proc_macro2::Literal::usize_unsuffixed(own_place.unwrap_or_default() + 1);
                quote! { code.#index.as_str() }
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
            Source::ClientId => quote! { &app.client_id },
            Source::ClientSecret => quote! { app.client_secret.expose() },
            Source::Basic => quote! { app.basic.expose() },
            Source::RedirectUri if self.within == Within::Exchange => {
                quote! { code.0.redirect_uri() }
            }
            Source::RedirectUri => quote! { app.redirect_uri.0.as_str() },
            Source::State => quote! { secrets.state() },
            Source::Code => quote! { code.0.code() },
            Source::CodeVerifier => quote! { code.0.code_verifier() },
            Source::CodeChallenge => quote! { secrets.code_challenge() },
            Source::RefreshToken => quote! { refresh_token.0.expose() },
            Source::AccessToken => quote! { token.0.access_token().expose() },
            Source::CallbackRest(except) => quote! { &runtime::callback_rest(query, #except) },
            Source::Function(function, values) => self.function(*function, values),
        }
    }

    /// A function as an expression that borrows: its value lives as long as the statement.
    fn function(&self, function: Function, values: &[Template]) -> TokenStream {
        let arguments = values
            .iter()
            .flat_map(|value| &value.0)
            .map(|piece| self.piece(piece));
        if function == Function::Concat {
            return quote! { &[#(#arguments),*].concat() };
        }
        let name = ident(function.name());
        quote! { &runtime::#name(#(#arguments),*) }
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
        self.plan.form_of(source).is_some_and(Form::is_url_safe)
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
