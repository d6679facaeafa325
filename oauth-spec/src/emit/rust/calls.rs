//! Calls: a function for each, whose body is the HTTP message, and the reader of its answer.

use proc_macro2::TokenStream;
use quote::quote;

use super::scopes::type_name as scope_type;
use super::tokens::{needs_app, refresh_type_name, type_name};
use super::values::{Place, Within, slice_name};
use super::{deprecated, doc, document, ident, reader};
use crate::plan::token::Rotation;
use crate::plan::{
    Argument, Body, Call, CallKind, Field, FieldKind, Method, Parameter, Piece, Plan, Source,
    Template, Value, name,
};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for call in &plan.calls {
        items.extend(argument_enums(&call.arguments));
        let kind = format!("{}Options", name::camel(&call.function()));
        let about = format!("What `{}` may be given besides.", call.function());
        items.extend(options(&kind, &about, &call.arguments, None));
        items.push(function(plan, call));
        items.push(reader::reader(plan, call));
    }
    items.extend(api_headers(plan));
    if plan.denies_refresh_tokens {
        items.extend(no_refresh(plan));
    }
    items
}

fn function(plan: &Plan, call: &Call) -> TokenStream {
    let within = match call.kind {
        CallKind::Exchange => Within::Exchange,
        _ => Within::Other,
    };
    let place = Place {
        plan,
        arguments: &call.arguments,
        within,
    };
    let function = ident(&call.function());
    let about = doc(&document::call(plan, call));
    let path = &call.path;
    let (parameters, subject) = parameters(plan, call);
    let message = message(&place, call);
    let read = ident(&format!("read_{}", call.function()));
    let result = reader::result(call);
    let spending = spending(plan, call);
    let ends = deprecated(plan, path);
    quote! {
        #about
        #ends
        pub fn #function(#(#parameters),*) -> Call<#result> {
            #subject
            Call::new(&PROVIDER, #path, &#message, #read) #spending
        }
    }
}

/// The request as its rows.
fn message(place: &Place<'_>, call: &Call) -> TokenStream {
    let method = ident(match call.method {
        Method::Get => "Get",
        Method::Post => "Post",
        Method::Put => "Put",
        Method::Delete => "Delete",
    });
    let url = place.url(&call.url);
    let query = place.form_rows(&call.query);
    let headers = place.headers(&call.headers);
    let body = match &call.body {
        Body::Empty => quote! { Empty },
        Body::Form(rows) => {
            let rows = place.form_rows(rows);
            quote! { Form(&[#(#rows),*]) }
        }
        Body::Json(rows) => {
            let rows = place.json_rows(rows);
            quote! { Json(&[#(#rows),*]) }
        }
    };
    quote! {
        Message {
            method: Method::#method,
            url: #url,
            query: &[#(#query),*],
            headers: &[#(#headers),*],
            body: #body,
        }
    }
}

/// The parameters of a call's function, and the line that takes the checked subject out of its mark.
fn parameters(plan: &Plan, call: &Call) -> (Vec<TokenStream>, Option<TokenStream>) {
    let mut parameters = Vec::new();
    if uses_app(plan, call) {
        parameters.push(quote! { app: &App });
    }
    if uses_inputs(plan, call) {
        parameters.push(quote! { inputs: &Inputs });
    }
    let token = call
        .of_token
        .as_deref()
        .or_else(|| subject_token(plan))
        .unwrap_or("access");
    let (subject, line) = match call.kind {
        CallKind::Exchange => (
            Some(quote! { code: impl Verified<Code> }),
            Some(quote! { let code = code.verified(); }),
        ),
        CallKind::Refresh => {
            let kind = refresh_type_name(plan, token);
            match keeps_refresh_token(plan, token) {
                true => (Some(quote! { refresh_token: &#kind }), None),
                false => (Some(quote! { refresh_token: #kind }), None),
            }
        }
        CallKind::RevokeRefreshToken => {
            let kind = refresh_type_name(plan, token);
            (Some(quote! { refresh_token: &#kind }), None)
        }
        CallKind::Renew | CallKind::RevokeAccessToken => {
            let kind = type_name(token);
            (
                Some(quote! { token: &impl IssuedAs<#kind> }),
                Some(quote! { let token = token.issued(); }),
            )
        }
        CallKind::ClientCredentials => (None, None),
    };
    parameters.extend(subject);
    for index in call
        .parameters()
        .filter_map(|parameter| match parameter.value {
            Value::Scopes(index) => Some(index),
            _ => None,
        })
    {
        let set = &plan.scope_sets[index];
        let (name, kind) = (ident(&slice_name(set)), scope_type(set));
        parameters.push(quote! { #name: &[#kind] });
    }
    if call.kind != CallKind::Exchange {
        parameters.extend(field_parameters(plan, templates(call)));
    }
    for argument in call
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        let (name, kind) = (ident(&name::snake(&argument.name)), argument_type(argument));
        parameters.push(quote! { #name: #kind });
    }
    if call.arguments.iter().any(Argument::may_be_left_out) {
        let kind = ident(&format!("{}Options", name::camel(&call.function())));
        let lifetime = options_lifetime(&call.arguments);
        parameters.push(quote! { options: #kind #lifetime });
    }
    (parameters, line)
}

/// The token that a call without a name of its own is about: the user's.
fn subject_token(plan: &Plan) -> Option<&str> {
    plan.tokens.first().map(|token| token.name.as_str())
}

/// Whether a refresh leaves the refresh token as it is, so that a reference is enough.
pub(super) fn keeps_refresh_token(plan: &Plan, token: &str) -> bool {
    plan.token(token)
        .is_some_and(|token| token.policy.rotation == Rotation::Never)
}

/// A parameter for each field that the templates use, in the order of the spec.
pub(super) fn field_parameters<'t>(
    plan: &Plan,
    templates: impl IntoIterator<Item = &'t Template>,
) -> Vec<TokenStream> {
    let used: Vec<&Source> = templates.into_iter().flat_map(Template::sources).collect();
    let parameter = |field: &&Field| {
        let name = ident(&name::snake(&field.name));
        match field.kind {
            FieldKind::Checked(_) => {
                let kind = ident(&name::camel(&field.name));
                quote! { #name: &#kind }
            }
            _ => quote! { #name: &str },
        }
    };
    used_fields(plan, &used).iter().map(parameter).collect()
}

/// The fields among some sources, each once.
fn used_fields<'p>(plan: &'p Plan, used: &[&Source]) -> Vec<&'p Field> {
    let is_used = |field: &&Field| {
        used.iter()
            .any(|source| matches!(source, Source::Field(own) if *own == field.name))
    };
    plan.fields.iter().filter(is_used).collect()
}

/// The fields that a call's function takes.
pub(crate) fn call_fields<'p>(plan: &'p Plan, call: &Call) -> Vec<&'p Field> {
    let used: Vec<&Source> = templates(call).flat_map(Template::sources).collect();
    match call.kind {
        CallKind::Exchange => Vec::new(),
        _ => used_fields(plan, &used),
    }
}

fn spending(plan: &Plan, call: &Call) -> Option<TokenStream> {
    let token = call
        .of_token
        .as_deref()
        .or_else(|| subject_token(plan))
        .unwrap_or("access");
    match call.kind {
        CallKind::Exchange if plan.callback_fields().next().is_some() => {
            let places =
                (1..=plan.callback_fields().count()).map(proc_macro2::Literal::usize_unsuffixed);
            Some(quote! { .keeping(vec![#(code.#places.as_str().to_owned()),*]) })
        }
        CallKind::Refresh if keeps_refresh_token(plan, token) => {
            Some(quote! { .spending(refresh_token.0.clone()) })
        }
        CallKind::Refresh => Some(quote! { .spending(refresh_token.0) }),
        _ => None,
    }
}

fn templates(call: &Call) -> impl Iterator<Item = &Template> {
    call.parameters()
        .chain(&call.headers)
        .filter_map(|parameter| parameter.value.template())
        .chain([&call.url])
}

pub(crate) fn uses_app(plan: &Plan, call: &Call) -> bool {
    templates(call).any(|template| template_needs_app(plan, template))
}

/// Whether a template names what is the app's, in its functions, too.
pub(super) fn template_needs_app(plan: &Plan, template: &Template) -> bool {
    let by_piece = template.0.iter().any(|piece| needs_app(plan, piece));
    by_piece
        || template
            .sources()
            .any(|source| needs_app(plan, &Piece::Source(source.clone())))
}

pub(crate) fn uses_inputs(plan: &Plan, call: &Call) -> bool {
    templates(call).flat_map(Template::sources).any(|source| {
        matches!(source, Source::Input(own) if plan.input(own).is_some_and(|input| input.per_connection))
    })
}

/// Whether any URL, parameter or header, of the login, a call or the API, names this value itself.
pub(super) fn names(plan: &Plan, source: &Source) -> bool {
    let login = plan.login.iter().flat_map(|login| {
        let verify = login.verify.iter().map(|verify| &verify.value);
        values(&login.parameters).chain(verify).chain([&login.url])
    });
    let api = plan
        .api
        .iter()
        .flat_map(|api| values(&api.headers).chain([&api.base]));
    let mut sources = plan
        .calls
        .iter()
        .flat_map(templates)
        .chain(login)
        .chain(api)
        .flat_map(Template::sources);
    sources.any(|own| own == source)
}

fn values(parameters: &[Parameter]) -> impl Iterator<Item = &Template> {
    parameters
        .iter()
        .filter_map(|parameter| match &parameter.value {
            Value::Template(template) => Some(template),
            _ => None,
        })
}

/// The headers that every call to the API needs, beside the token.
pub(super) fn api_headers(plan: &Plan) -> Option<TokenStream> {
    let api = plan.api.as_ref().filter(|api| !api.headers.is_empty())?;
    let place = Place {
        plan,
        arguments: &[],
        within: Within::Other,
    };
    let mut parameters = Vec::new();
    let used = || values(&api.headers);
    if used().any(|template| template_needs_app(plan, template)) {
        parameters.push(quote! { app: &App });
    }
    let of_connection = |source: &Source| matches!(source, Source::Input(own) if plan.input(own).is_some_and(|input| input.per_connection));
    if used().flat_map(Template::sources).any(of_connection) {
        parameters.push(quote! { inputs: &Inputs });
    }
    parameters.extend(field_parameters(plan, used()));
    let rows = api.headers.iter().map(|header| {
        let name = &header.name;
        let value = match &header.value {
            Value::Template(template) => {
                let pieces = template.0.iter().map(|piece| place.piece(piece));
                quote! { [#(#pieces as &str),*].concat() }
            }
            Value::Number(number) => {
                let text = number.to_string();
                quote! { #text.to_owned() }
            }
            _ => quote! { String::from("true") },
        };
        quote! { (#name, #value) }
    });
    let about = format!(
        " The headers that every call to {}'s API needs, beside the token.",
        plan.identity.name
    );
    Some(quote! {
        #[doc = #about]
        pub fn api_headers(#(#parameters),*) -> Vec<(&'static str, String)> {
            vec![#(#rows),*]
        }
    })
}

/// The type of an argument.
pub(super) fn argument_type(argument: &Argument) -> TokenStream {
    match argument.one_of.is_empty() {
        true => quote! { &str },
        false => {
            let kind = ident(&name::camel(&argument.name));
            quote! { #kind }
        }
    }
}

/// `<'_>` where an option borrows.
pub(super) fn options_lifetime(arguments: &[Argument]) -> Option<TokenStream> {
    borrows(arguments).then(|| quote! { <'_> })
}

fn borrows(arguments: &[Argument]) -> bool {
    arguments
        .iter()
        .any(|argument| argument.may_be_left_out() && argument.one_of.is_empty())
}

/// The struct of what may be left out; none where nothing may.
pub(super) fn options(
    kind: &str,
    about: &str,
    arguments: &[Argument],
    further: Option<&TokenStream>,
) -> Option<TokenStream> {
    let fields: Vec<TokenStream> = arguments
        .iter()
        .filter(|argument| argument.may_be_left_out())
        .map(|argument| {
            let mut text = argument.doc.clone();
            if let Some(default) = &argument.default {
                text = format!("{text}; `{default}` unless stated");
            }
            let about = doc(&if text.is_empty() {
                format!("`{}`.", argument.name)
            } else {
                format!("{text}.")
            });
            let (name, kind) = (ident(&name::snake(&argument.name)), argument_type(argument));
            let kind = if argument.one_of.is_empty() {
                quote! { &'a str }
            } else {
                kind
            };
            quote! { #about pub #name: Option<#kind> }
        })
        .collect();
    if fields.is_empty() && further.is_none() {
        return None;
    }
    let kind = ident(kind);
    let lifetime = borrows(arguments).then(|| quote! { <'a> });
    let about = doc(about);
    Some(quote! {
        #about
        #[derive(Clone, Copy, Debug, Default)]
        pub struct #kind #lifetime { #further #(#fields),* }
    })
}

/// An enum for each argument that is one of some words.
pub(super) fn argument_enums(arguments: &[Argument]) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for argument in arguments
        .iter()
        .filter(|argument| !argument.one_of.is_empty())
    {
        let kind = ident(&name::camel(&argument.name));
        let about = doc(&format!(
            "{}.",
            if argument.doc.is_empty() {
                &argument.name
            } else {
                &argument.doc
            }
        ));
        let variants: Vec<_> = argument
            .one_of
            .iter()
            .map(|word| ident(&name::camel(word)))
            .collect();
        let words = &argument.one_of;
        let docs = words.iter().map(|word| format!(" `{word}`"));
        items.push(quote! {
            #about
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum #kind { #(#[doc = #docs] #variants),* }
        });
        items.push(quote! {
            impl #kind {
                /// The word as it goes over the wire.
                pub const fn as_str(self) -> &'static str {
                    match self { #(#kind::#variants => #words),* }
                }
            }
        });
    }
    items
}

/// Where someone will look for a refresh all the same, the compile error says what to do instead.
fn no_refresh(plan: &Plan) -> [TokenStream; 2] {
    let provider = &plan.identity.name;
    let renew = plan.calls.iter().find(|call| call.kind == CallKind::Renew);
    let instead = match renew {
        Some(call) => format!(
            "`{}` trades the access token for the next one while it still lives",
            call.function()
        ),
        None => "when the access token ends, begin a new login".to_owned(),
    };
    let message = format!("{provider} issues no refresh tokens");
    let page = format!("see {}.md, section “Token life”", plan.identity.id);
    let about = doc(&format!(
        "{message}: {instead}. This function cannot be called; it is here to say so."
    ));
    [
        quote! {
            #[doc = " Implemented by nothing."]
            #[diagnostic::on_unimplemented(message = #message, label = #instead, note = #page)]
            pub trait IssuesRefreshTokens {
                /// Never.
                fn never(self) -> Call<Infallible>;
            }
        },
        quote! {
            #about
            pub fn refresh(_app: &App, refresh_token: impl IssuesRefreshTokens) -> Call<Infallible> {
                refresh_token.never()
            }
        },
    ]
}
