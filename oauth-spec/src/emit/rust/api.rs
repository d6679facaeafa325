//! The headers and parameters that every API call needs in addition to the token.

use proc_macro2::TokenStream;
use quote::quote;

use super::calls::{field_parameters, field_texts, is_of_connection, template_needs_app, values};
use super::reader;
use super::tokens::type_name;
use super::values::{Place, Within};
use crate::emit::prose;
use crate::plan::{Api, NeededScopes, Parameter, Placement, Plan, Source, Template, Value};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let Some(api) = &plan.api else {
        return Vec::new();
    };
    let provider = prose::text(&plan.identity.name);
    let headers =
        format!(" The headers that every call to {provider}'s API needs, beside the token.");
    let parameters =
        format!(" The parameters that every call to {provider}'s API needs, beside the token.");
    let headers = rows(plan, "api_headers", &headers, &api.headers);
    let parameters = rows(plan, "api_parameters", &parameters, &api.parameters);
    let rows = headers.into_iter().chain(parameters);
    // Only the `StoredToken` implementations use these items. Without one, they would be dead code.
    let conventions = super::managed::has_api(plan).then(|| api_conventions(plan, api));
    rows.chain(conventions).collect()
}

/// Generates the `Access` of an API call: the base that limits its URLs, the token's placement, headers and parameters.
pub(super) fn access(plan: &Plan, api: &Api) -> TokenStream {
    let place = Place {
        plan,
        arguments: &[],
        within: Within::Api,
    };
    let pieces = |template: &Template| {
        let pieces = template.0.iter().map(|piece| place.piece(piece));
        quote! { &[#(#pieces),*] }
    };
    let base = pieces(&api.base);
    let further = api.further_bases.iter().map(|base| {
        let pieces = pieces(base);
        quote! { .or_within(#pieces) }
    });
    let placement = match &api.placement {
        Placement::Bearer => {
            quote! { .credential("authorization", &["Bearer ", token.access_token().expose()]) }
        }
        Placement::Query => {
            quote! { .parameter("access_token", &[token.access_token().expose()]) }
        }
        Placement::Headers(headers) => rows_of(headers, "credential", &pieces),
    };
    let headers = rows_of(&api.headers, "header", &pieces);
    let parameters = rows_of(&api.parameters, "parameter", &pieces);
    let access =
        quote! { runtime::Access::within(#base) #(#further)* #placement #headers #parameters };
    match draws(&api.headers) || draws(&api.parameters) {
        true => quote! {{
            let generated = GeneratedValues::generate();
            #access
        }},
        false => access,
    }
}

/// Returns whether a header or a parameter has a value that is generated for each request.
fn draws(rows: &[Parameter]) -> bool {
    let mut sources = values(rows).flat_map(Template::sources);
    sources.any(|source| matches!(source, Source::Generated(_)))
}

fn rows_of(
    rows: &[Parameter],
    method: &str,
    pieces: &dyn Fn(&Template) -> TokenStream,
) -> TokenStream {
    let method = super::ident(method);
    let rows = rows.iter().map(|row| {
        let name = match method == "parameter" {
            true => row.name.clone(),
            false => row.name.to_ascii_lowercase(),
        };
        let value = match &row.value {
            Value::Template(template) => pieces(template),
            Value::Number(number) => {
                let text = number.to_string();
                quote! { &[#text] }
            }
            _ => quote! { &["true"] },
        };
        quote! { .#method(#name, #value) }
    });
    rows.collect()
}

fn rows(plan: &Plan, function: &str, about: &str, rows: &[Parameter]) -> Option<TokenStream> {
    if rows.is_empty() {
        return None;
    }
    let place = Place {
        plan,
        arguments: &[],
        within: Within::Other,
    };
    let mut parameters = Vec::new();
    let used = || values(rows);
    if used().any(|template| template_needs_app(plan, template)) {
        parameters.push(quote! { app: &App });
    }
    let sources = || used().flat_map(Template::sources);
    if sources().any(|source| is_of_connection(plan, source)) {
        parameters.push(quote! { inputs: &Inputs });
    }
    if sources().any(|source| *source == Source::AccessToken) {
        let accepted = plan.api.as_ref().and_then(|api| api.tokens.first());
        let kind = type_name(accepted.map_or("access", String::as_str));
        parameters.push(quote! { token: &#kind });
    }
    parameters.extend(field_parameters(plan, used()));
    let texts = field_texts(plan, used());
    let drawn = draws(rows);
    let rows = rows.iter().map(|row| {
        let name = &row.name;
        let value = match &row.value {
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
    let function = super::ident(function);
    let generated = drawn.then(|| quote! { let generated = GeneratedValues::generate(); });
    Some(quote! {
        #[doc = #about]
        pub fn #function(#(#parameters),*) -> Vec<(&'static str, String)> {
            #generated

            #texts
            vec![#(#rows),*]
        }
    })
}

/// Generates `API_CONVENTIONS`, which describes how API responses are read. It is separate from `PROVIDER`, so that a program
/// without API calls does not contain the reader.
fn api_conventions(plan: &Plan, api: &Api) -> TokenStream {
    let read = reader::of_api(plan, api);
    let request_id = api
        .request_id
        .iter()
        .map(|name| quote! { .request_id(#name) });
    let needed = api.needed_scopes.iter().map(|needed| match needed {
        NeededScopes::Header(name) => quote! { .needed_scopes_in_header(#name) },
        NeededScopes::Member(path) => quote! { .needed_scopes_at(&[#(#path),*]) },
    });
    quote! {
        static API_CONVENTIONS: runtime::ApiConventions =
            runtime::ApiConventions::new(#read) #(#request_id)* #(#needed)*;
    }
}
