//! What each token type says of itself to the token lifecycle.

use proc_macro2::TokenStream;
use quote::quote;

use super::calls::{call_fields, keeps_refresh_token, uses_app, uses_inputs};
use super::tokens::{refresh_type_name, type_name};
use super::{answers, ident};
use crate::plan::token::Renewal;
use crate::plan::{Argument, Call, CallKind, FieldKind, Plan, Source, Token, Value, name};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let tokens = plan.tokens.iter();
    tokens
        .filter_map(|token| match renewal(plan, token) {
            Renews::ByCall(call) => Some((token, Some(call))),
            Renews::Never => Some((token, None)),
            Renews::ByMore => None,
        })
        .flat_map(|(token, call)| {
            let mut items = inputs(plan, token, call);
            items.push(managed_by(plan, token, call));
            items
        })
        .collect()
}

/// Whether the lifecycle can keep any of the tokens.
pub(super) fn is_any(plan: &Plan) -> bool {
    plan.tokens
        .iter()
        .any(|token| !matches!(renewal(plan, token), Renews::ByMore))
}

/// How the next token comes.
enum Renews<'p> {
    /// By this call.
    ByCall(&'p Call),
    /// It does not.
    Never,
    /// By a call that wants what no store keeps: the lifecycle has no hand in it.
    ByMore,
}

fn renewal<'p>(plan: &'p Plan, token: &Token) -> Renews<'p> {
    let kind = match token.policy.renewal {
        Renewal::None => return Renews::Never,
        Renewal::Refresh => CallKind::Refresh,
        Renewal::Exchange => CallKind::Renew,
        Renewal::ClientCredentials => CallKind::ClientCredentials,
    };
    let found = plan.calls.iter().find(|call| {
        let own = call.of_token.as_ref().is_none_or(|own| *own == token.name);
        call.kind == kind && own && call.readings.iter().any(|read| read.token == token.name)
    });
    let Some(call) = found else {
        return Renews::ByMore;
    };
    let asks_scopes = call
        .parameters()
        .any(|parameter| matches!(parameter.value, Value::Scopes(_)));
    let needs_more = call.arguments.iter().any(|own| !own.may_be_left_out())
        || call.sources().any(|own| matches!(own, Source::Member(..)))
        || call_fields(plan, call)
            .iter()
            .any(|own| own.kind == FieldKind::Secret);
    let gives_it = call.readings.len() == 1 && answers::struct_name(plan, call).is_none();
    match !asks_scopes && !needs_more && gives_it {
        true => Renews::ByCall(call),
        false => Renews::ByMore,
    }
}

/// The type of what a renewal needs of the connection.
fn inputs_type(plan: &Plan, token: &Token, call: Option<&Call>) -> TokenStream {
    let needs =
        call.is_some_and(|call| uses_inputs(plan, call) || !call_fields(plan, call).is_empty());
    match needs {
        true => {
            let kind = ident(&format!("{}Inputs", type_name(&token.name)));
            quote! { #kind }
        }
        false => quote! { () },
    }
}

fn inputs(plan: &Plan, token: &Token, call: Option<&Call>) -> Vec<TokenStream> {
    let kind = inputs_type(plan, token, call);
    let Some(call) = call.filter(|_| !kind.is_empty() && kind.to_string() != "()") else {
        return Vec::new();
    };
    let (mut fields, mut texts, mut values) = (Vec::new(), Vec::new(), Vec::new());
    if uses_inputs(plan, call) {
        fields.push(quote! {
            /// What was known of the user before the login.
            pub inputs: Inputs
        });
        let mut own = Vec::new();
        for input in plan.connection_inputs() {
            let (text, field, kind) = (
                &input.name,
                ident(&name::snake(&input.name)),
                ident(&name::camel(&input.name)),
            );
            texts.push(quote! { (#text, self.inputs.#field.as_str().to_owned()) });
            own.push(quote! { #field: #kind::parse(text(#text))? });
        }
        values.push(quote! { inputs: Inputs { #(#own),* } });
    }
    for field in call_fields(plan, call) {
        let (text, own) = (&field.name, ident(&name::snake(&field.name)));
        let about = format!(" `{text}`, as the login gave it.");
        let (of, written, read) = match &field.kind {
            FieldKind::Checked(_) => {
                let kind = ident(&name::camel(text));
                (
                    quote! { #kind },
                    quote! { self.#own.as_str().to_owned() },
                    quote! { #kind::parse(text(#text))? },
                )
            }
            FieldKind::Text | FieldKind::Secret => (
                quote! { String },
                quote! { self.#own.clone() },
                quote! { text(#text) },
            ),
            FieldKind::Integer => (
                quote! { i64 },
                quote! { self.#own.to_string() },
                quote! { runtime::kept_number(#text, &text(#text))? },
            ),
            FieldKind::Boolean => (
                quote! { bool },
                quote! { self.#own.to_string() },
                quote! { text(#text) == "true" },
            ),
        };
        fields.push(quote! { #[doc = #about] pub #own: #of });
        texts.push(quote! { (#text, #written) });
        values.push(quote! { #own: #read });
    }
    let about = format!(
        " What a connection keeps beside its token, since [`{}`] needs it.",
        call.function()
    );
    vec![
        quote! {
            #[doc = #about]
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct #kind { #(#fields),* }
        },
        quote! {
            impl KeptInputs for #kind {
                fn texts(&self) -> Vec<(&'static str, String)> {
                    vec![#(#texts),*]
                }

                fn from_texts(text: &dyn Fn(&str) -> String) -> Result<#kind, InvalidInput> {
                    Ok(#kind { #(#values),* })
                }
            }
        },
    ]
}

fn managed_by(plan: &Plan, token: &Token, call: Option<&Call>) -> TokenStream {
    let kind = type_name(&token.name);
    let inputs = inputs_type(plan, token, call);
    let own = &token.name;
    let redirect_uri = match plan.login {
        Some(_) => quote! { Some(app.redirect_uri.as_str()) },
        None => quote! { None },
    };
    let environment = match plan.environments.is_empty() {
        true => quote! { None },
        false => quote! { Some(app.environment.name()) },
    };
    let (arguments, renew) = match call {
        None => (quote! { _: &App, (): &#inputs, _: Token }, quote! { None }),
        Some(call) => renewing(plan, token, call, &inputs),
    };
    quote! {
        impl Managed for #kind {
            type App = App;
            type Inputs = #inputs;
            const NAME: &'static str = #own;

            fn provider() -> &'static Provider {
                &PROVIDER
            }

            fn registration(app: &App) -> runtime::Registration<'_> {
                runtime::Registration {
                    client_id: app.client_id.expose(),
                    redirect_uri: #redirect_uri,
                    environment: #environment,
                }
            }

            fn from_token(token: Token) -> #kind {
                #kind(token)
            }

            fn token(&self) -> &Token {
                &self.0
            }

            fn renew(#arguments) -> Option<Call<#kind>> {
                #renew
            }
        }
    }
}

/// The parameters of `renew`, as far as they are used, and its body.
fn renewing(
    plan: &Plan,
    token: &Token,
    call: &Call,
    inputs: &TokenStream,
) -> (TokenStream, TokenStream) {
    let function = ident(&call.function());
    let (mut given, mut kept) = (Vec::new(), false);
    let app = match uses_app(plan, call) {
        true => {
            given.push(quote! { app });
            quote! { app }
        }
        false => quote! { _ },
    };
    if uses_inputs(plan, call) {
        kept = true;
        given.push(quote! { &inputs.inputs });
    }
    let subject = match call.kind {
        CallKind::Refresh => {
            let kind = refresh_type_name(plan, &token.name);
            given.push(match keeps_refresh_token(plan, &token.name) {
                true => quote! { &#kind(refresh_token) },
                false => quote! { #kind(refresh_token) },
            });
            quote! { mut token }
        }
        CallKind::Renew => {
            let kind = type_name(&token.name);
            given.push(quote! { &#kind(token) });
            quote! { token }
        }
        _ => quote! { _ },
    };
    for field in call_fields(plan, call) {
        kept = true;
        let own = ident(&name::snake(&field.name));
        given.push(match field.kind {
            FieldKind::Integer | FieldKind::Boolean => quote! { inputs.#own },
            _ => quote! { &inputs.#own },
        });
    }
    if call.arguments.iter().any(Argument::may_be_left_out) {
        let options = ident(&format!("{}Options", name::camel(&call.function())));
        given.push(quote! { #options::default() });
    }
    let own = match kept {
        true => quote! { inputs },
        false => quote! { () },
    };
    let body = match call.kind {
        CallKind::Refresh => quote! {
            let refresh_token = token.take_refresh_token()?;
            Some(#function(#(#given),*))
        },
        _ => quote! { Some(#function(#(#given),*)) },
    };
    (quote! { #app: &App, #own: &#inputs, #subject: Token }, body)
}
