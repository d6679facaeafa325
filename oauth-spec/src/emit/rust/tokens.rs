//! Tokens: the provider's own types for what comes back, and its refusals by name.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{count, doc, ident};
use crate::emit::prose;
use crate::plan::token::Rotation;
use crate::plan::{Api, Piece, Placement, Plan, Source, Template, Token, Value, name};
use crate::syntax::shapes::{Lifetime, Time};
use crate::words;

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

/// The type of a token: `AccessToken`, `BotToken`; `ApiKey` where its name says what else it is.
pub(super) fn type_name(token: &str) -> Ident {
    ident(&crate::plan::token::type_name(token))
}

/// The type of a refresh token: `RefreshToken`, or `BotRefreshToken` where there are several.
pub(super) fn refresh_type_name(plan: &Plan, token: &str) -> Ident {
    match plan.tokens.iter().filter(|token| token.refreshes).count() {
        0 | 1 => ident("RefreshToken"),
        _ => ident(&format!("{}RefreshToken", name::camel(token))),
    }
}

fn token_type(plan: &Plan, token: &Token) -> [TokenStream; 3] {
    let kind = type_name(&token.name);
    let about = doc(&about(plan, token));
    let ends = doc(&format!(
        "When the access token ends, by this machine's clock{}.",
        match token.lifetime {
            Lifetime::Time(Time::Seconds(_)) =>
                ": counted from the answer by the documented lifetime where that says no other",
            Lifetime::Introspection => "; `None` until [`introspect`] said so",
            _ => "; `None` where the answer did not say",
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
            /// The refresh token, taken out: a refresh may use it up.
            pub fn take_refresh_token(&mut self) -> Option<#refresh> {
                self.0.take_refresh_token().map(#refresh)
            }
        }
    });
    let scopes = token.has_scopes.then(|| {
        let asked = plan.scopes_of(token).map(|set| {
            let scope = super::scopes::type_name(set);
            quote! {
                /// Those of the scopes that a login asked for which were not granted: the user took them off, or was
                /// not allowed to give them.
                pub fn not_granted(&self, asked: &[#scope]) -> Vec<#scope> {
                    runtime::not_granted(&PROVIDER, &self.0, asked)
                }
            }
        });
        quote! {
            /// The scopes that were granted, where the answer told them.
            pub fn scopes(&self) -> Option<&runtime::Scopes> {
                self.0.scopes()
            }

            #asked
        }
    });
    let id_token = token.has_id_token.then(|| {
        quote! {
            /// The ID token as it came: its signature is not checked.
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
            impl Issued for #kind {}
        },
        quote! {
            impl #kind {
                #new

                /// A token that was stored before: it must be one that this type issued.
                pub fn from_stored(token: Token) -> #kind {
                    #kind(token)
                }

                /// What to store.
                pub fn stored(&self) -> &Token {
                    &self.0
                }

                /// The access token. It belongs to this provider's API and goes nowhere else.
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
    let life = match token.lifetime {
        Lifetime::Response => "lives as long as the answer says".to_owned(),
        Lifetime::Introspection => "lives as long as [`introspect`] says".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => format!("lives {}", words::duration(seconds)),
        Lifetime::Time(Time::Never) => "does not expire".to_owned(),
        Lifetime::Time(Time::Varies) => "lives as long as the app's settings say".to_owned(),
        Lifetime::Time(Time::Unknown) => "lives nobody says how long".to_owned(),
    };
    format!("{what}: {life}.")
}

/// The templates of what carries the token, and of the URLs it may go to.
fn carried(api: &Api) -> Vec<&Template> {
    let headers = api.placement.headers().iter();
    let own = headers.filter_map(|header| header.value.template());
    own.chain([&api.base]).collect()
}

/// What is handed over beside the URL, as a caller writes it: `&app, `.
#[cfg(feature = "docs")]
pub(crate) fn carrier_arguments(plan: &Plan, api: &Api) -> String {
    let names = super::calls::template_arguments(plan, &carried(api));
    names.iter().map(|name| format!("{name}, ")).collect()
}

/// What carries the token in a call to the API, for URLs beneath its base alone.
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
            /// The value of the `Authorization` header for a call to the API; an error for any other URL.
            pub fn bearer(&self, #(#parameters,)* url: &str) -> Result<Secret, Error> {
                #lines
                runtime::bearer(&PROVIDER, &self.0, &[#(#pieces),*], url)
            }
        },
        Placement::Query => quote! {
            /// The parameter that carries the token in the query of a call to the API; an error for any
            /// other URL.
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
                /// The headers that carry the token in a call to the API; an error for any other URL.
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
            Rotation::Always => "Each refresh brings another one: store that before anything else.",
            Rotation::Sometimes =>
                "A refresh may answer with another one: store that before anything else.",
            Rotation::Never => "It lasts: a refresh brings no other.",
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
                /// A refresh token that was stored before, or that an error gave back.
                pub fn from_stored(refresh_token: Secret) -> #kind {
                    #kind(refresh_token)
                }
            }
        },
    ]
}

/// What a code means, in each call that has a meaning of its own for it.
fn meanings(plan: &Plan, code: &str) -> String {
    let mut meanings: Vec<String> = Vec::new();
    for error in plan.errors.iter().filter(|error| error.code == code) {
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
        false => format!(
            "{}: {}",
            prose::code(code),
            meanings.join(" In another case: ")
        ),
    }
}

/// The constant of a code: `ACCESS_DENIED`, `CODE_190`.
fn failure_name(code: &str) -> String {
    match code.starts_with(|first: char| first.is_ascii_digit()) {
        true => name::constant(&format!("code {code}")),
        false => name::constant(code),
    }
}

fn failures(plan: &Plan) -> Vec<TokenStream> {
    let mut seen: Vec<&str> = Vec::new();
    let mut constants = Vec::new();
    for error in plan
        .errors
        .iter()
        .filter(|error| !error.code.starts_with("status:"))
    {
        if seen.contains(&error.code.as_str()) {
            continue;
        }
        seen.push(&error.code);
        let about = meanings(plan, &error.code);
        let base = failure_name(&error.code);
        let alike = seen
            .iter()
            .filter(|code| failure_name(code) == base)
            .count();
        // Two codes may differ in what no identifier can say.
        let own = if alike > 1 {
            format!("{base}_{alike}")
        } else {
            base
        };
        let (about, constant, code) = (doc(&about), ident(&own), &error.code);
        constants.push(quote! { #about pub const #constant: Failure<'static> = Failure(#code); });
    }
    let about = format!(
        " Why {} refused a call, by its own code.",
        prose::text(&plan.identity.name)
    );
    vec![
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct Failure<'a>(&'a str);
        },
        quote! {
            impl<'a> Failure<'a> {
                #(#constants)*

                /// The code of a refusal, if the error is one and has a code.
                pub fn of(error: &'a Error) -> Option<Failure<'a>> {
                    error.code().map(Failure)
                }

                /// The code.
                pub fn as_str(self) -> &'a str {
                    self.0
                }
            }
        },
    ]
}
