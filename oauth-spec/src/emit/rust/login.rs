//! The login: the authorization request, the pending login, and the code of a verified callback.

use proc_macro2::TokenStream;
use quote::quote;

use super::scopes::type_name;
use super::statements::{At, Statements};
use super::values::{Place, Within, slice_name};
use super::{arguments, doc, ident, reader};
use crate::emit::prose;
use crate::interpret::wire;
use crate::plan::{Login, Piece, Plan, Verify, name};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let Some(login) = &plan.login else {
        return Vec::new();
    };
    let mut items = arguments::argument_enums(&login.arguments);
    items.extend(options(plan, login));
    items.extend(functions(plan, login));
    items.extend(login_type(plan, login));
    items
}

fn has_options(plan: &Plan, login: &Login) -> bool {
    plan.has_named_scopes()
        || login.has_offline
        || login
            .arguments
            .iter()
            .any(crate::plan::value::Argument::may_be_left_out)
}

/// Generates the struct of what a login may request. Several lists of scopes are fields, since a caller could confuse them.
fn options(plan: &Plan, login: &Login) -> Option<TokenStream> {
    let named = plan.login_scopes().filter(|_| plan.has_named_scopes());
    let named = named.map(|set| {
        let (field, kind) = (ident(&slice_name(set)), type_name(set));
        let about = format!(" The scopes of the list {}.", prose::code(&set.name));
        quote! { #[doc = #about] pub #field: &'a [#kind], }
    });
    let offline = login.has_offline.then(|| {
        quote! {
            /// Whether to request a refresh token. Without one, the connection ends with its first access token.
            pub offline: bool,
        }
    });
    let further = named.chain(offline).collect();
    arguments::options(
        "LoginOptions",
        "Optional parameters of the authorization request.",
        &login.arguments,
        &further,
    )
}

fn functions(plan: &Plan, login: &Login) -> [TokenStream; 2] {
    let place = Place {
        plan,
        arguments: &login.arguments,
        within: Within::Login,
    };
    let (parameters, names) = parameters(plan, login);
    let mut statements = Statements::new(&place);
    statements.url(&login.url);
    statements.parameters(At::Query, &login.parameters, &login.offline_parameters);
    let (made, said) = (&statements.made, &statements.said);
    let named = plan.has_named_scopes().then(|| {
        let lists: Vec<_> = plan
            .login_scopes()
            .map(|set| ident(&slice_name(set)))
            .collect();
        quote! { let (#(#lists),*) = (#(options.#lists),*); }
    });
    let constants: Vec<TokenStream> = login
        .verify_early()
        .filter_map(|verify| Some((verify, constant(verify)?)))
        .map(|(verify, value)| {
            let (name, form) = (&verify.name, wire::form(value));
            let shown = ident(match verify.optional {
                true => "perhaps",
                false => "always",
            });
            quote! { runtime::ExpectedParameter::#shown(#name, #value, #form) }
        })
        .collect();
    let constants = (!constants.is_empty()).then(|| {
        quote! { .expecting_all(const { &[#(#constants),*] }) }
    });
    let verify = login
        .verify_early()
        .filter(|verify| constant(verify).is_none())
        .map(|verify| {
            let texts = verify.value.0.iter().map(|piece| place.piece(piece));
            let (name, expected) = (&verify.name, quote! { [#(#texts),*].concat() });
            let method = expecting(verify);
            quote! { .#method(#name, #expected) }
        });
    let inputs = with_inputs(plan);
    let asks = asks_for_id_token(plan);
    let id_token = asks
        .as_ref()
        .map(|_| quote! { .with_id_token(asks_for_id_token) });
    let asks = asks.map(|asks| quote! { let asks_for_id_token = #asks; });
    let (redirect_uri, redirect_uri_name) = match login.state_in_redirect {
        true => (
            Some(quote! { let redirect_uri = app.redirect_uri.with_state(secrets.state()); }),
            quote! { &redirect_uri },
        ),
        false => (None, quote! { &app.redirect_uri }),
    };
    let about = doc(&format!(
        "Starts a login. Redirect the browser to its [`Login::url`], store the login in the session, and pass the \
         callback to [`Login::callback`].{}",
        login
            .doc
            .as_ref()
            .map_or_else(String::new, |doc| format!("\n\n{}.", prose::text(doc)))
    ));
    [
        quote! {
            #about
            pub fn login(#(#parameters),*) -> Login {
                login_with(#(#names,)* &LoginSecrets::generate())
            }
        },
        quote! {
            /// Starts a login with a known state and code verifier, for tests.
            pub fn login_with(#(#parameters,)* secrets: &LoginSecrets) -> Login {
                #named
                #asks
                #redirect_uri
                #made
                runtime::AuthorizationRequest::begin(
                    app,
                    secrets,
                    #redirect_uri_name,
                    |out| { #said },
                ) #id_token #constants #(#verify)* #inputs .into_login()
            }
        },
    ]
}

/// Returns the parameters of `login`, and their names.
pub(super) fn parameters(plan: &Plan, login: &Login) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let mut parameters = vec![quote! { app: &App }];
    let mut names = vec![quote! { app }];
    let mut add = |name: &str, kind: TokenStream| {
        let name = ident(name);
        parameters.push(quote! { #name: #kind });
        names.push(quote! { #name });
    };
    if plan.connection_inputs().next().is_some() {
        add("inputs", quote! { &Inputs });
    }
    for set in plan.login_scopes().filter(|_| !plan.has_named_scopes()) {
        let kind = type_name(set);
        add(&slice_name(set), quote! { &[#kind] });
    }
    for argument in login
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        add(
            &name::snake(&argument.name),
            arguments::argument_type(argument),
        );
    }
    if has_options(plan, login) {
        let borrows = plan.has_named_scopes() || arguments::borrows(&login.arguments);
        let lifetime = borrows.then(|| quote! { <'_> });
        add("options", quote! { LoginOptions #lifetime });
    }
    (parameters, names)
}

fn expecting(verify: &Verify) -> proc_macro2::Ident {
    ident(if verify.optional {
        "expecting_if_present"
    } else {
        "expecting"
    })
}

/// Returns the value that a callback parameter must have, if it is constant.
fn constant(verify: &Verify) -> Option<&str> {
    match verify.value.0.as_slice() {
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

/// Generates the parameter names of a callback that differ from the standard. Returns `None` if all are standard.
fn callback_names(login: &Login) -> Option<TokenStream> {
    let names = &login.callback;
    let standard = ["code", "state", "error", "error_description"];
    let own: Vec<TokenStream> = standard
        .iter()
        .zip(names)
        .filter(|(standard, own)| standard != own)
        .map(|(standard, own)| {
            let field = ident(standard);
            quote! { #field: runtime::ParameterName::of(#own), }
        })
        .collect();
    let fields = ["further_errors", "further_descriptions"];
    let further = fields.iter().zip(&login.callback_further);
    let further = further.filter(|(_, names)| !names.is_empty());
    let further = further.map(|(field, names)| {
        let field = ident(field);
        quote! { #field: &[#(runtime::ParameterName::of(#names)),*], }
    });
    let raw = login.code_is_raw.then(|| quote! { code_is_raw: true, });
    let own: Vec<TokenStream> = own.into_iter().chain(further).chain(raw).collect();
    (!own.is_empty())
        .then(|| quote! { const { &CallbackNames { #(#own)* ..CallbackNames::STANDARD } } })
}

/// Generates the condition under which the login requests an ID token, if its exchange checks one.
fn asks_for_id_token(plan: &Plan) -> Option<TokenStream> {
    let exchange = plan.exchange()?;
    if !plan.checks_nonce(exchange) && !reader::needs_id_token(plan, exchange) {
        return None;
    }
    let always = plan.scope_sets.iter().flat_map(|set| &set.always);
    if always.into_iter().any(|scope| scope == "openid") {
        return Some(quote! { true });
    }
    let asks = plan
        .scope_sets
        .iter()
        .filter(|set| set.parameter.is_some())
        .map(|set| {
            let scopes = ident(&slice_name(set));
            quote! { #scopes.iter().any(|scope| scope.as_str() == "openid") }
        });
    let asks: Vec<TokenStream> = asks.collect();
    (!asks.is_empty()).then(|| quote! { #(#asks)||* })
}

fn with_inputs(plan: &Plan) -> Option<TokenStream> {
    plan.connection_inputs().next()?;
    Some(quote! { .with_inputs(inputs) })
}

/// Generates the types of the pending login and of its code, and what the runtime must know of the provider's callback.
fn login_type(plan: &Plan, login: &Login) -> Vec<TokenStream> {
    let provider = prose::text(&plan.identity.name);
    let kind = match login.verifies_late() {
        true => quote! { runtime::Login<App, runtime::WithApp> },
        false => quote! { runtime::Login<App> },
    };
    let about_login = doc(&format!(
        "A pending {provider} login. `callback` consumes it. A sealed copy can be opened more than once, so store it \
         where reading deletes it."
    ));
    let about_code = doc(&format!(
        "The authorization code of a verified {provider} callback, with its code verifier and redirect URI."
    ));
    let fields = fields_type(plan);
    let names = callback_names(login).map(|names| {
        quote! {
            fn callback_names() -> &'static CallbackNames {
                #names
            }
        }
    });
    let expecting = expecting_late(plan, login);
    let mut items = vec![
        quote! { #about_login pub type Login = #kind; },
        quote! { #about_code pub type Code = runtime::Code<App>; },
        quote! {
            impl runtime::LoginApp for App {
                type CallbackFields = #fields;
                #names
                #expecting
            }
        },
    ];
    if plan.connection_inputs().next().is_some() {
        items.push(quote! {
            impl runtime::LoginInputs for App {
                type Inputs = Inputs;
            }
        });
    }
    items.extend(callback_fields(plan));
    items
}

/// Generates the function that adds the callback parameters whose expected values depend on the callback.
fn expecting_late(plan: &Plan, login: &Login) -> Option<TokenStream> {
    let place = Place {
        plan,
        arguments: &[],
        within: Within::Callback,
    };
    let late: Vec<TokenStream> = login
        .verify_late()
        .map(|verify| {
            let pieces = verify.value.0.iter().map(|piece| place.piece(piece));
            let (name, method) = (&verify.name, expecting(verify));
            quote! { .#method(#name, [#(#pieces as &str),*].concat()) }
        })
        .collect();
    (!late.is_empty()).then(|| {
        quote! {
            fn expecting(&self, request: runtime::AuthorizationRequest, query: &str) -> runtime::AuthorizationRequest {
                request #(#late)*
            }
        }
    })
}

/// Returns the type of the values that the code keeps from its callback.
fn fields_type(plan: &Plan) -> TokenStream {
    match keeps_fields(plan) {
        true => quote! { CallbackFields },
        false => quote! { () },
    }
}

/// Returns whether the code keeps values from its callback.
pub(super) fn keeps_fields(plan: &Plan) -> bool {
    let granted = plan.exchange().and_then(reader::keeps_granted);
    plan.callback_fields().next().is_some() || granted.is_some()
}

/// Generates the values that the code keeps from its callback.
fn callback_fields(plan: &Plan) -> Vec<TokenStream> {
    if !keeps_fields(plan) {
        return Vec::new();
    }
    let granted = plan.exchange().and_then(reader::keeps_granted);
    let kinds = plan.callback_fields().map(|field| {
        let kind = ident(&name::camel(&field.name));
        match field.optional {
            true => quote! { Option<#kind> },
            false => quote! { #kind },
        }
    });
    let kinds = kinds.chain(granted.map(|_| quote! { String }));
    let values = plan.callback_fields().map(|field| {
        let kind = ident(&name::camel(&field.name));
        let parameter = field.path.concat();
        let read = ident(match field.optional {
            true => "optional_callback_parameter",
            false => "callback_parameter",
        });
        quote! { runtime::#read(&PROVIDER, query, #parameter, #kind::parse)? }
    });
    let granted = granted.map(|parameter| quote! { runtime::callback_text(query, #parameter) });
    let values = values.chain(granted);
    vec![
        quote! {
            /// The values of a callback that the token request or its response needs.
            #[derive(Debug)]
            pub struct CallbackFields(#(#kinds),*);
        },
        quote! {
            impl runtime::CallbackFields for CallbackFields {
                fn read(query: &str) -> Result<CallbackFields, CallbackError> {
                    Ok(CallbackFields(#(#values),*))
                }
            }
        },
    ]
}
