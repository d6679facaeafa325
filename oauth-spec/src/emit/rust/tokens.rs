//! The token types of a provider, and constants for its error codes.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{count, doc, ident};
use crate::emit::{prose, text};
use crate::plan::token::Rotation;
use crate::plan::{Api, KnownError, Piece, Placement, Plan, Source, Template, Token, Value, name};
use crate::syntax::shapes::{Lifetime, Time};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for token in &plan.tokens {
        items.extend(token_type(plan, token));
        if token.refreshes {
            items.extend(refresh_token_type(plan, token));
        }
    }
    items.extend(failures(plan));
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

fn token_type(plan: &Plan, token: &Token) -> [TokenStream; 2] {
    let kind = type_name(&token.name);
    let about = doc(&about(plan, token));
    let ends = doc(&format!(
        "Returns when the access token expires, by this machine's clock{}.",
        match token.lifetime {
            Lifetime::Time(Time::Seconds(_)) =>
                ". The documented lifetime counts if the token response has none",
            Lifetime::Introspection => "; `None` until [`introspect`] returned it",
            _ => "; `None` if the token response did not state it",
        }
    ));
    let expires_at = token.expires.then(|| {
        quote! {
            #ends
            pub fn expires_at(&self) -> Option<std::time::SystemTime> {
                self.0.expires_at()
            }
        }
    });
    let refresh_token = token.refreshes.then(|| {
        let refresh = refresh_type_name(plan, &token.name);
        quote! {
            /// Returns the refresh token. A refresh may consume it.
            pub fn take_refresh_token(&mut self) -> Option<#refresh> {
                self.0.take_refresh_token().map(#refresh)
            }
        }
    });
    let scopes = token.has_scopes.then(|| {
        let asked = plan.scopes_of(token).map(|set| {
            let scope = super::scopes::type_name(set);
            quote! {
                /// Returns the requested scopes that were not granted, because the user deselected them or could not
                /// grant them.
                pub fn not_granted(&self, asked: &[#scope]) -> Vec<#scope> {
                    runtime::not_granted(&PROVIDER, &self.0, asked)
                }
            }
        });
        quote! {
            /// Returns the granted scopes, if the token response contains them.
            pub fn scopes(&self) -> Option<&runtime::Scopes> {
                self.0.scopes()
            }

            #asked
        }
    });
    let id_token = token.has_id_token.then(|| {
        quote! {
            /// Returns the ID token as received. Its signature is not verified.
            pub fn id_token(&self) -> Option<&Secret> {
                self.0.id_token()
            }
        }
    });
    let bearer = bearer(plan);
    let new = token.is_static().then(|| {
        let what = what(plan, token);
        let about = format!(" {what}, as a person copied it.");
        quote! {
            #[doc = #about]
            pub fn new(text: impl Into<Secret>) -> #kind {
                #kind(Token::new(text.into()))
            }
        }
    });
    [
        quote! {
            #about
            #[derive(Clone, Debug)]
            pub struct #kind(Token);
        },
        quote! {
            impl #kind {
                #new

                /// Restores a token that `stored` of this type returned.
                pub fn from_stored(token: Token) -> #kind {
                    #kind(token)
                }

                /// Returns the value to store.
                pub fn stored(&self) -> &Token {
                    &self.0
                }

                /// Returns the access token. Send it only to this provider's API.
                pub fn access_token(&self) -> &Secret {
                    self.0.access_token()
                }

                #expires_at
                #refresh_token
                #scopes
                #id_token
                #bearer
            }
        },
    ]
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
    format!("{what}: {}.", text::life::lifetime(token.lifetime))
}

/// Returns the templates of the headers that carry the token, and of the API's base.
fn carried(api: &Api) -> Vec<&Template> {
    let headers = api.placement.headers().iter();
    let own = headers.filter_map(|header| header.value.template());
    own.chain([&api.base]).collect()
}

/// Returns the arguments before the URL as a caller writes them, such as `&app, `.
#[cfg(feature = "docs")]
pub(crate) fn carrier_arguments(plan: &Plan, api: &Api) -> String {
    let names = super::calls::template_arguments(plan, &carried(api));
    names.iter().map(|name| format!("{name}, ")).collect()
}

/// Generates the method that returns the token's header or parameter. It accepts only URLs under the API's base.
fn bearer(plan: &Plan) -> Option<TokenStream> {
    let api = plan.api.as_ref()?;
    let base = &api.base;
    let place = super::values::Place {
        plan,
        arguments: &[],
        within: super::values::Within::Token,
    };
    let parameters = super::calls::template_parameters(plan, &carried(api));
    let lines = super::calls::field_texts(plan, carried(api));
    let pieces = base.0.iter().map(|piece| place.piece(piece));
    Some(match &api.placement {
        Placement::Bearer => quote! {
            /// Returns the value of the `Authorization` header for an API request.
            ///
            /// # Errors
            ///
            /// The URL is not one of this provider's API.
            pub fn bearer(&self, #(#parameters,)* url: &str) -> Result<Secret, Error> {
                #lines
                runtime::bearer(&PROVIDER, &self.0, &[#(#pieces),*], url)
            }
        },
        Placement::Query => quote! {
            /// Returns the query parameter with the token for an API request.
            ///
            /// # Errors
            ///
            /// The URL is not one of this provider's API.
            pub fn query(&self, #(#parameters,)* url: &str) -> Result<(&'static str, Secret), Error> {
                #lines
                runtime::beneath(&PROVIDER, &[#(#pieces),*], url)?;
                Ok(("access_token", self.0.access_token().clone()))
            }
        },
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
            quote! {
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
                    runtime::beneath(&PROVIDER, &[#(#pieces),*], url)?;
                    Ok([#(#rows),*])
                }
            }
        }
    })
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

fn refresh_token_type(plan: &Plan, token: &Token) -> [TokenStream; 2] {
    let kind = refresh_type_name(plan, &token.name);
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
    [
        quote! {
            #about
            #[derive(Debug)]
            pub struct #kind(Secret);
        },
        quote! {
            impl #kind {
                /// Restores a refresh token from a store, or from an error that returned it.
                pub fn from_stored(refresh_token: Secret) -> #kind {
                    #kind(refresh_token)
                }
            }
        },
    ]
}

/// Describes an error code, with every meaning that it has in a call.
fn meanings(plan: &Plan, code: &str) -> String {
    let mut meanings: Vec<String> = Vec::new();
    let own = |error: &&KnownError| error.code.name() == Some(code);
    for error in plan.errors.iter().filter(own) {
        let texts = error.doc.iter().chain(&error.advice);
        let texts: Vec<String> = texts
            .map(|text| format!("{}.", prose::text(text)))
            .collect();
        let meaning = texts.join(" ");
        if !meaning.is_empty() && !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
    match meanings.is_empty() {
        true => format!("{}.", prose::code(code)),
        false => format!("{}: {}", prose::code(code), meanings.join(" Otherwise: ")),
    }
}

/// Returns the constant of an error code, such as `ACCESS_DENIED` or `CODE_190`.
fn failure_name(code: &str) -> String {
    match code.starts_with(|first: char| first.is_ascii_digit()) {
        true => name::constant(&format!("code {code}")),
        false => name::constant(code),
    }
}

fn failures(plan: &Plan) -> Vec<TokenStream> {
    let mut seen: Vec<&str> = Vec::new();
    let mut constants = Vec::new();
    for code in plan.errors.iter().filter_map(|error| error.code.name()) {
        if seen.contains(&code) {
            continue;
        }
        seen.push(code);
        let about = meanings(plan, code);
        let base = failure_name(code);
        let alike = seen
            .iter()
            .filter(|code| failure_name(code) == base)
            .count();
        // Two codes may differ only in characters that identifiers cannot contain.
        let own = if alike > 1 {
            format!("{base}_{alike}")
        } else {
            base
        };
        let (about, constant) = (doc(&about), ident(&own));
        constants.push(quote! { #about pub const #constant: Failure<'static> = Failure(#code); });
    }
    let about = format!(" The error codes of {}.", prose::text(&plan.identity.name));
    vec![
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct Failure<'a>(&'a str);
        },
        quote! {
            impl<'a> Failure<'a> {
                #(#constants)*

                /// Returns the error code, if the error is an error response with a code.
                pub fn of(error: &'a Error) -> Option<Failure<'a>> {
                    error.code().map(Failure)
                }

                /// Returns the code.
                pub fn as_str(self) -> &'a str {
                    self.0
                }
            }
        },
    ]
}
