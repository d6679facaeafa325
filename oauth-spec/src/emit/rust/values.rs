//! Expressions for values: where a generated function finds each source.

use proc_macro2::TokenStream;
use quote::quote;

use super::answers::{carried_name, struct_name};
use super::calls::is_of_connection;
use super::ident;
use crate::plan::{
    Argument, CallId, Challenge, FieldKind, Form, Function, Piece, Plan, ScopeSet, Source,
    Template, name,
};

/// The generated function that uses a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// `login`, whose options may request offline access.
    Login,
    /// `exchange`, which takes the login's redirect URI from the code.
    Exchange,
    /// The method of the app that verifies a callback.
    Callback,
    /// A method of a token.
    Token,
    /// The function that describes what an API call sends, with a stored token.
    Api,
    /// A call with an access token of the base module.
    Migration,
    /// Any other function.
    Other,
}

/// A generated function, which determines the names of its arguments.
pub(super) struct Place<'a> {
    pub(super) plan: &'a Plan,
    pub(super) arguments: &'a [Argument],
    pub(super) within: Within,
}

impl Place<'_> {
    /// Returns a piece as an expression of type `&str`.
    pub(super) fn piece(&self, piece: &Piece) -> TokenStream {
        match piece {
            Piece::Text(text) => quote! { #text },
            Piece::Origin(origin) => {
                let app = self.app();
                quote! { #app.environment.at(#origin) }
            }
            Piece::Source(source) => self.source(source),
        }
    }

    pub(super) fn source(&self, source: &Source) -> TokenStream {
        match source {
            Source::Input(own) => {
                let field = ident(&name::snake(own));
                match is_of_connection(self.plan, source) {
                    true => quote! { inputs.#field.as_str() },
                    false => {
                        let app = self.app();
                        quote! { #app.#field.as_str() }
                    }
                }
            }
            Source::InputText(own, text) => {
                let (field, method) = (ident(&name::snake(own)), ident(&text_method(text)));
                match is_of_connection(self.plan, source) {
                    true => quote! { inputs.#field.#method() },
                    false => {
                        let app = self.app();
                        quote! { #app.#field.#method() }
                    }
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
                match self.plan.field(own).map(|own| &own.kind) {
                    Some(FieldKind::Checked(_)) => quote! { #field.as_str() },
                    Some(FieldKind::Secret) => quote! { #field.expose() },
                    _ => quote! { #field },
                }
            }
            Source::Argument(own) => {
                let field = ident(&name::snake(own));
                quote! { #field }
            }
            Source::ClientId => {
                let app = self.app();
                quote! { #app.client_id.expose() }
            }
            Source::ClientSecret => {
                let app = self.app();
                quote! { #app.client_secret.expose() }
            }
            Source::Basic => {
                let app = self.app();
                quote! { #app.basic.expose() }
            }
            Source::RedirectUri if self.within == Within::Exchange => {
                quote! { code.redirect_uri() }
            }
            Source::RedirectUri if self.state_in_redirect() => quote! { redirect_uri.as_str() },
            Source::RedirectUri => {
                let app = self.app();
                quote! { #app.redirect_uri.as_str() }
            }
            Source::Nonce => quote! { secrets.nonce() },
            Source::State if self.within == Within::Exchange => quote! { code.state() },
            Source::State => quote! { secrets.state() },
            Source::Code => quote! { code.code() },
            Source::CodeVerifier => quote! { code.code_verifier() },
            Source::CodeChallenge => match self.challenge() {
                Challenge::S256 => quote! { secrets.code_challenge() },
                Challenge::S256Hex => quote! { &*secrets.code_challenge_hex() },
                Challenge::Plain => quote! { secrets.code_challenge_plain() },
            },
            Source::RefreshToken => quote! { refresh_token.as_secret().expose() },
            Source::AccessToken => match self.within {
                Within::Token => quote! { self.0.access_token().expose() },
                Within::Api => quote! { token.access_token().expose() },
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
            Source::Generated(drawn) => {
                let method = ident(drawn.name());
                quote! { generated.#method() }
            }
            Source::CallbackRest(except) => quote! { &runtime::callback_rest(query, #except) },
            Source::Function(function, values) => self.function(*function, values),
        }
    }

    /// Returns the expression for the app.
    fn app(&self) -> TokenStream {
        match self.within {
            Within::Callback => quote! { self },
            _ => quote! { app },
        }
    }

    fn challenge(&self) -> Challenge {
        let login = self.plan.login.as_ref();
        login.map(|login| login.challenge).unwrap_or_default()
    }

    /// Returns a template as an expression of an owned type.
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

    /// Returns a function as an expression that borrows a temporary value of the statement.
    fn function(&self, function: Function, values: &[Template]) -> TokenStream {
        let called = self.called(function, values);
        quote! { &#called }
    }

    fn called(&self, function: Function, values: &[Template]) -> TokenStream {
        let pieces = values.iter().flat_map(|value| &value.0);
        let arguments = pieces.map(|piece| match piece {
            // A function that encodes takes the bytes of another function.
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

    /// Returns the place in the code that keeps a field of the callback.
    pub(super) fn callback_field(&self, field: &str) -> TokenStream {
        let place = self
            .plan
            .callback_fields()
            .position(|own| own.name == field);
        let index = proc_macro2::Literal::usize_unsuffixed(place.unwrap_or_default());
        quote! { fields.#index }
    }

    /// Returns whether a field of the callback may be absent in the exchange.
    pub(super) fn may_be_absent(&self, field: &str) -> bool {
        let own = self.plan.field(field);
        self.within == Within::Exchange
            && own.is_some_and(|field| field.optional && field.from_callback())
    }

    fn is_of_callback(&self, field: &str) -> bool {
        self.plan.callback_fields().any(|own| own.name == field)
    }

    pub(super) fn state_in_redirect(&self) -> bool {
        let login = self.plan.login.as_ref();
        self.within == Within::Login && login.is_some_and(|login| login.state_in_redirect)
    }

    /// Returns the parameter that holds another call's response.
    fn answer_of(&self, call: &CallId) -> proc_macro2::Ident {
        let own = self.plan.call_by_id(call);
        let kind = own.and_then(|call| struct_name(self.plan, call));
        ident(&name::snake(&kind.unwrap_or_default()))
    }

    pub(super) fn is_url_safe(&self, source: &Source) -> bool {
        if let Source::InputText(..) = source {
            return true;
        }
        self.plan.form_of(source).is_some_and(Form::is_url_safe)
    }
}

/// Returns the method that returns a text of an input's word.
pub(super) fn text_method(text: &str) -> String {
    match text {
        "" => "text".to_owned(),
        text => name::snake(text),
    }
}

/// Returns the argument that takes the scopes of a set.
pub(super) fn slice_name(set: &ScopeSet) -> String {
    if set.name.is_empty() {
        "scopes".to_owned()
    } else {
        name::snake(&format!("{}_scopes", set.name))
    }
}
