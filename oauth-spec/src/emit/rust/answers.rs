//! Structs for responses that contain several parts.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::tokens::type_name;
use super::{doc, ident};
use crate::emit::prose;
use crate::plan::{Call, CallKind, Choice, Field, FieldKind, Plan, name};

/// Returns the name of the struct for a call's response, or `None` if the call gives one token or nothing.
pub(crate) fn struct_name(plan: &Plan, call: &Call) -> Option<String> {
    let is_tokens = plan
        .gives_tokens()
        .is_some_and(|own| own.function() == call.function());
    let has_parts = !call.fields.is_empty() || !call.carried.is_empty();
    match call.kind {
        CallKind::Exchange | CallKind::Further if is_tokens => Some("Tokens".to_owned()),
        CallKind::Exchange => Some("Exchanged".to_owned()),
        CallKind::ClientCredentials if has_parts => Some("Tokens".to_owned()),
        CallKind::Userinfo => Some("Userinfo".to_owned()),
        CallKind::Introspect => Some("Introspection".to_owned()),
        CallKind::Further if has_parts || call.selection.is_some() || call.readings.len() > 1 => {
            Some(name::camel(&call.function()))
        }
        _ => None,
    }
}

/// Returns the result type of a call.
pub(super) fn result(plan: &Plan, call: &Call) -> TokenStream {
    let chosen = call.selection.as_ref().map(|selection| selection.choice);
    match (struct_name(plan, call), call.readings.as_slice()) {
        (Some(own), _) => {
            let own = ident(&own);
            match chosen {
                Some(Choice::Caller) => quote! { Vec<#own> },
                _ => quote! { #own },
            }
        }
        (None, [reading, ..]) => {
            let kind = type_name(&reading.token);
            quote! { #kind }
        }
        (None, []) => quote! { () },
    }
}

/// Generates the struct for a call's response.
pub(super) fn item(plan: &Plan, call: &Call) -> Option<TokenStream> {
    let own = ident(&struct_name(plan, call)?);
    let tokens = call.readings.iter().map(|reading| {
        let kind = type_name(&reading.token);
        let field = ident(&name::snake(&reading.token));
        let (about, kind) = match reading.optional {
            true => (
                format!(
                    " The token {}, if its scopes were requested.",
                    prose::code(&reading.token)
                ),
                quote! { Option<#kind> },
            ),
            false => (
                format!(" The token {}.", prose::code(&reading.token)),
                quote! { #kind },
            ),
        };
        quote! { #[doc = #about] pub #field: #kind }
    });
    let fields = call.fields.iter().map(field);
    let carried = call.carried.iter().map(|path| {
        let about = format!(
            " The member {} of the response, for a later call.",
            prose::code(&path.join("."))
        );
        let field = ident(&carried_name(path));
        quote! { #[doc = #about] pub #field: Secret }
    });
    let label = call
        .selection
        .as_ref()
        .filter(|selection| selection.label.is_some())
        .map(|_| {
            quote! {
                /// The label to show to a person.
                pub label: String
            }
        });
    let parts: Vec<TokenStream> = tokens.chain(fields).chain(carried).chain(label).collect();
    let about = about(plan, call);
    Some(quote! {
        #[doc = #about]
        #[derive(Clone, Debug)]
        pub struct #own { #(#parts),* }
    })
}

/// Returns the name of the member that keeps a value for a later call.
pub(super) fn carried_name(path: &[String]) -> String {
    match path {
        [] => "body".to_owned(),
        path => name::snake(&path.join("_")),
    }
}

fn about(plan: &Plan, call: &Call) -> String {
    let provider = prose::text(&plan.identity.name);
    match call.kind {
        CallKind::Exchange if call.readings.is_empty() => {
            format!(
                " The response of {provider} to the code exchange. Later calls return the tokens."
            )
        }
        CallKind::Exchange | CallKind::ClientCredentials => {
            format!(" The tokens of a {provider} login.")
        }
        CallKind::Userinfo => format!(" The user's claims, from {provider}."),
        CallKind::Introspect => format!(" The state of a {provider} token."),
        _ => match &call.doc {
            Some(doc) => format!(" The response to this call: {}.", prose::text(doc)),
            None => format!(" The response of `{}`.", call.function()),
        },
    }
}

fn field(field: &Field) -> TokenStream {
    let kind = match &field.kind {
        FieldKind::Text => quote! { String },
        FieldKind::Secret => quote! { Secret },
        FieldKind::Integer => quote! { i64 },
        FieldKind::Boolean => quote! { bool },
        FieldKind::Checked(_) => {
            let kind = ident(&name::camel(&field.name));
            quote! { #kind }
        }
    };
    let kind = match field.optional {
        true => quote! { Option<#kind> },
        false => kind,
    };
    let about = doc(&match &field.doc {
        Some(doc) => format!("{}.", prose::text(doc)),
        None => format!(
            "The member {} of the response.",
            prose::code(&field.path.join("."))
        ),
    });
    let own: Ident = ident(&name::snake(&field.name));
    quote! { #about pub #own: #kind }
}
