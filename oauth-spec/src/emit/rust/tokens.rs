//! The token types of a provider.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{count, doc, errors, ident};
use crate::emit::{prose, text};
use crate::plan::token::Rotation;
use crate::plan::{Api, Piece, Placement, Plan, Source, Template, Token, Value, name};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for token in &plan.tokens {
        items.extend(token_type(plan, token));
        if token.refreshes {
            items.push(refresh_token_type(plan, token));
        }
    }
    items.extend(errors::items(plan));
    items
}

/// Returns the type of a token, such as `AccessToken` or `BotToken`, or `ApiKey` for a name that states another kind.
pub(super) fn type_name(token: &str) -> Ident {
    ident(&crate::plan::token::type_name(token))
}

/// Returns the type of a refresh token: `RefreshToken`, or a name such as `BotRefreshToken` if there are several.
pub(super) fn refresh_type_name(plan: &Plan, token: &str) -> Ident {
    match plan.tokens.iter().filter(|token| token.refreshes).count() {
        0 | 1 => ident("RefreshToken"),
        _ => ident(&format!("{}RefreshToken", name::camel(token))),
    }
}

fn token_type(plan: &Plan, token: &Token) -> Vec<TokenStream> {
    let kind = type_name(&token.name);
    let about = doc(&about(plan, token));
    let asked = plan.scopes_of(token).filter(|_| token.has_scopes);
    let not_granted = asked.map(|set| {
        let scope = super::scopes::type_name(set);
        quote! { not_granted(#scope) }
    });
    let methods = [
        (token.is_static(), quote! { new }),
        (token.expires, quote! { expires_at }),
        (token.refreshes, quote! { take_refresh_token }),
        (token.has_scopes, quote! { scopes }),
        (not_granted.is_some(), not_granted.unwrap_or_default()),
        (token.has_id_token, quote! { id_token }),
    ];
    let methods = methods.into_iter().filter(|(is_there, _)| *is_there);
    let methods = methods.map(|(_, method)| method);
    let mut items = vec![
        quote! {
            #about
            #[derive(Clone, Debug)]
            pub struct #kind(Token);
        },
        quote! { runtime::token_methods! { #kind #(, #methods)* } },
    ];
    let api = plan.api.as_ref().filter(|api| api.accepts(&token.name));
    items.extend(api.map(|api| carrier(plan, api, &kind)));
    items
}

fn what(plan: &Plan, token: &Token) -> String {
    let named = || match token.name.as_str() {
        "app" => format!("{}'s token for the app itself", plan.identity.name),
        "access" => format!("{}'s access token", plan.identity.name),
        name => format!("{}'s {name} token", plan.identity.name),
    };
    prose::text(&token.doc.clone().unwrap_or_else(named))
}

fn about(plan: &Plan, token: &Token) -> String {
    let what = what(plan, token);
    format!("{what}: {}.", text::life::lifetime(token))
}

/// Returns the templates of the headers that carry the token, and of the API's base.
fn carried(api: &Api) -> Vec<&Template> {
    let headers = api.placement.headers().iter();
    let own = headers.filter_map(|header| header.value.template());
    own.chain(api.bases()).collect()
}

/// Returns the arguments before the URL as a caller writes them, such as `&app, `.
#[cfg(feature = "docs")]
pub(crate) fn carrier_arguments(plan: &Plan, api: &Api) -> String {
    let names = super::calls::template_arguments(plan, &carried(api));
    names.iter().map(|name| format!("{name}, ")).collect()
}

/// Generates the method that returns the token's header or parameter. It accepts only URLs under a base of the API.
fn carrier(plan: &Plan, api: &Api, kind: &Ident) -> TokenStream {
    let place = super::values::Place {
        plan,
        arguments: &[],
        within: super::values::Within::Token,
    };
    let parameters = super::calls::template_parameters(plan, &carried(api));
    let mut lines = super::calls::field_texts(plan, carried(api));
    let pieces = |base: &Template| {
        let pieces = base.0.iter().map(|piece| place.piece(piece));
        quote! { [#(#pieces),*] }
    };
    let first = pieces(&api.base);
    let base = match api.further_bases.is_empty() {
        true => quote! { &#first },
        false => {
            let bases = api.bases().map(pieces);
            lines.extend(quote! { let base = runtime::base_of(&[#(&#bases),*], url); });
            quote! { base }
        }
    };
    let method = |method: &TokenStream| quote! { impl #kind { #method } };
    match &api.placement {
        // A macro cannot name what it computes, so a field that must be formatted first gets a method here.
        Placement::Bearer if lines.is_empty() => quote! {
            runtime::bearer_method! { #kind(#(#parameters),*) #first }
        },
        Placement::Bearer => method(&quote! {
            /// Returns the value of the `Authorization` header for an API request.
            ///
            /// # Errors
            ///
            /// The URL is not one of this provider's API.
            pub fn bearer(&self, #(#parameters,)* url: &str) -> Result<runtime::HeaderValue, Error> {
                #lines
                runtime::bearer(&PROVIDER, &self.0, #base, url)
            }
        }),
        Placement::Query => method(&quote! {
            /// Returns the query parameter with the token for an API request.
            ///
            /// # Errors
            ///
            /// The URL is not one of this provider's API.
            pub fn query(&self, #(#parameters,)* url: &str) -> Result<(&'static str, Secret), Error> {
                #lines
                runtime::within(&PROVIDER, #base, url)?;
                Ok(("access_token", self.0.access_token().clone()))
            }
        }),
        Placement::Headers(headers) => {
            let count = count(headers.len());
            let rows = headers.iter().map(|header| {
                let name = &header.name;
                let pieces = match &header.value {
                    Value::Template(template) => template.0.as_slice(),
                    _ => &[],
                };
                let pieces = pieces.iter().map(|piece| place.piece(piece));
                quote! { (#name, runtime::secret(&[#(#pieces),*])) }
            });
            method(&quote! {
                /// Returns the headers with the token for an API request.
                ///
                /// # Errors
                ///
                /// The URL is not one of this provider's API.
                pub fn credentials(
                    &self,
                    #(#parameters,)*
                    url: &str,
                ) -> Result<[(&'static str, Secret); #count], Error> {
                    #lines
                    runtime::within(&PROVIDER, #base, url)?;
                    Ok([#(#rows),*])
                }
            })
        }
    }
}

pub(super) fn needs_app(plan: &Plan, piece: &Piece) -> bool {
    match piece {
        Piece::Text(_) => false,
        Piece::Origin(_) => true,
        Piece::Source(Source::Input(own) | Source::InputText(own, _)) => {
            plan.input(own).is_some_and(|input| !input.per_connection)
        }
        Piece::Source(source) => {
            matches!(
                source,
                Source::ClientId | Source::ClientSecret | Source::Basic
            )
        }
    }
}

fn refresh_token_type(plan: &Plan, token: &Token) -> TokenStream {
    let (kind, renews) = (refresh_type_name(plan, &token.name), type_name(&token.name));
    let about = doc(&format!(
        "A refresh token of {}. {}",
        prose::text(&plan.identity.name),
        match token.policy.rotation {
            Rotation::Always =>
                "Every refresh returns a new one: store it before you use the new access token.",
            Rotation::Sometimes =>
                "A refresh may return a new one: store it before you use the new access token.",
            Rotation::Never => "A refresh does not replace it.",
        }
    ));
    quote! {
        #about
        pub type #kind = runtime::RefreshToken<#renews>;
    }
}
