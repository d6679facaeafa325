//! Rust: one module for each Plan, straight-line code that reads like the standard's parameter lists.
//!
//! The order of the items is the order in which a reader meets them: the app, the scopes, the login, the tokens, the calls with their readers, and what is known beside them.

mod answers;
mod api;
mod app;
mod arguments;
mod calls;
mod document;
mod fingerprint;
mod install;
mod login;
mod managed;
mod operations;
mod provider;
mod reader;
mod refused;
mod scopes;
mod statements;
mod tests;
mod tokens;
mod values;

#[cfg(feature = "write")]
pub mod file;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

use crate::emit::prose;
use crate::plan::{Plan, name};
use crate::words;

/// A module: its documentation and its items.
pub struct Module {
    /// Its name.
    pub name: String,
    /// Markdown for the top of the module.
    pub documentation: String,
    /// The items, in reading order.
    pub items: Vec<TokenStream>,
    /// The variants, each a module inside.
    pub modules: Vec<Module>,
}

/// The module of a spec: the base with its variants inside.
pub fn module(base: &Plan, variants: &[Plan]) -> Module {
    let mut module = single(base, &variants.iter().collect::<Vec<_>>());
    module.modules = variants
        .iter()
        .map(|variant| single(variant, &[]))
        .collect();
    module
}

/// The module of one Plan alone.
pub fn single(plan: &Plan, variants: &[&Plan]) -> Module {
    let names = document::links(plan, variants);
    let mut items = vec![
        quote! { use ::oauth_runtime::contract as runtime; },
        quote! { use ::oauth_runtime::contract::names::*; },
        quote! { const _: () = runtime::written_for(10); },
    ];
    items.extend(app::items(plan));
    items.extend(scopes::items(plan));
    items.extend(operations::items(plan));
    items.extend(install::item(plan));
    items.extend(login::items(plan));
    items.extend(tokens::items(plan));
    items.extend(calls::items(plan));
    items.extend(managed::items(plan));
    items.push(provider::provider(plan));
    let module_name = plan
        .identity
        .variant
        .as_ref()
        .map_or(&plan.identity.id, |(variant, _)| variant);
    Module {
        name: name::snake(module_name),
        documentation: names,
        items,
        modules: Vec::new(),
    }
}

#[cfg(feature = "docs")]
pub(crate) use answers::struct_name;
#[cfg(feature = "docs")]
pub(crate) use calls::{
    answers_used, call_fields, is_by_value, takes_access_token, uses_app, uses_inputs,
};
#[cfg(feature = "docs")]
pub(crate) use operations::has_needed;
pub use tests::tests;
#[cfg(feature = "docs")]
pub(crate) use tokens::carrier_arguments;

/// An identifier of generated code.
fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// A whole number as people write it: its place says of which type it is.
fn number(number: impl Into<u128>) -> Literal {
    Literal::u128_unsuffixed(number.into())
}

/// How many, as [`number`] writes it.
fn count(count: usize) -> Literal {
    Literal::usize_unsuffixed(count)
}

/// `#[deprecated]`, where the spec says that a path ends.
fn deprecated(plan: &Plan, path: &str) -> Option<TokenStream> {
    // rustdoc reads the note as Markdown, too.
    let note = prose::text(&words::deprecation(plan.deprecation(path)?));
    Some(quote! { #[deprecated(note = #note)] })
}

/// `#[doc]` attributes for a text of several lines.
fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| {
        let line = if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        };
        quote! { #[doc = #line] }
    });
    quote! { #(#lines)* }
}
