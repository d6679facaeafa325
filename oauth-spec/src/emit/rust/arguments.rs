//! The arguments of calls, as parameters, option structs and enums.

use proc_macro2::TokenStream;
use quote::quote;

use super::{doc, ident};
use crate::emit::prose;
use crate::plan::{Argument, name};

/// Returns the type of an argument.
pub(super) fn argument_type(argument: &Argument) -> TokenStream {
    match argument.one_of.is_empty() {
        true => quote! { &str },
        false => {
            let kind = ident(&name::camel(&argument.name));
            quote! { #kind }
        }
    }
}

/// Returns `<'_>` if an option borrows.
pub(super) fn options_lifetime(arguments: &[Argument]) -> Option<TokenStream> {
    borrows(arguments).then(|| quote! { <'_> })
}

/// Returns whether an option borrows.
pub(super) fn borrows(arguments: &[Argument]) -> bool {
    arguments
        .iter()
        .any(|argument| argument.may_be_left_out() && argument.one_of.is_empty())
}

/// Generates the struct of optional arguments, or `None` if all are required.
pub(super) fn options(
    kind: &str,
    about: &str,
    arguments: &[Argument],
    further: &TokenStream,
) -> Option<TokenStream> {
    let fields: Vec<TokenStream> = arguments
        .iter()
        .filter(|argument| argument.may_be_left_out())
        .map(|argument| {
            let mut text = prose::text(&argument.doc);
            if let Some(default) = &argument.default {
                text = format!("{text}; {} unless stated", prose::code(default));
            }
            let about = doc(&if text.is_empty() {
                format!("{}.", prose::code(&argument.name))
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
    if fields.is_empty() && further.is_empty() {
        return None;
    }
    let kind = ident(kind);
    let borrows = borrows(arguments) || further.to_string().contains("'a");
    let lifetime = borrows.then(|| quote! { <'a> });
    let about = doc(about);
    Some(quote! {
        #about
        #[derive(Clone, Copy, Debug, Default)]
        pub struct #kind #lifetime { #further #(#fields),* }
    })
}

/// Generates an enum for each argument whose value is one of several words.
pub(super) fn argument_enums(arguments: &[Argument]) -> Vec<TokenStream> {
    let mut items = Vec::new();
    for argument in arguments
        .iter()
        .filter(|argument| !argument.one_of.is_empty())
    {
        let kind = ident(&name::camel(&argument.name));
        let about = doc(&format!(
            "{}.",
            prose::text(if argument.doc.is_empty() {
                &argument.name
            } else {
                &argument.doc
            })
        ));
        let variants: Vec<_> = argument
            .one_of
            .iter()
            .map(|word| ident(&name::camel(word)))
            .collect();
        let words = &argument.one_of;
        let docs = words.iter().map(|word| format!(" {}", prose::code(word)));
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
