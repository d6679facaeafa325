//! Rust modules, one for each Plan. Their straight-line code reads like the parameter lists of the RFCs.
//!
//! The items are in reading order: the app, scopes, operations, the installation, the login, tokens, calls with their
//! readers, `StoredToken` implementations, and `PROVIDER`.

mod answers;
mod api;
mod app;
mod arguments;
mod calls;
mod document;
mod errors;
mod fingerprint;
mod install;
mod login;
mod managed;
mod members;
mod operations;
mod provider;
mod reader;
mod refused;
mod scopes;
mod shared;
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

/// A generated module.
pub struct Module {
    /// The name of the module.
    pub name: String,
    /// The Markdown at the top of the module.
    pub documentation: String,
    /// The items, in reading order.
    pub items: Vec<TokenStream>,
    /// The modules of the variants, nested in this one.
    pub modules: Vec<Module>,
}

/// Generates the module of a spec: the base, with a nested module for each variant.
pub fn module(base: &Plan, variants: &[Plan]) -> Module {
    let errors = errors::of_all(base, variants);
    let named: Vec<&Plan> = variants.iter().collect();
    let mut module = single(&errors::with(base, &errors), &named);
    let own = variants.iter().map(|variant| {
        let mut own = single(&errors::with(variant, &errors), &[]);
        own.items = shared::share(&module.items, own.items);
        own
    });
    module.modules = own.collect();
    module
}

/// Generates the module of one Plan. The documentation links to `variants`, but their modules are not included.
pub fn single(plan: &Plan, variants: &[&Plan]) -> Module {
    let names = document::links(plan, variants);
    let mut items = vec![
        quote! { use ::oauth_runtime::contract as runtime; },
        quote! { use ::oauth_runtime::contract::names::*; },
        quote! { const _: () = runtime::written_for(1); },
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
pub(crate) use calls::{answers_used, call_fields, is_by_value, uses_app, uses_inputs};
#[cfg(feature = "docs")]
pub(crate) use operations::has_needed;
pub use tests::tests;
#[cfg(feature = "docs")]
pub(crate) use tokens::carrier_arguments;

/// Returns an identifier for generated code.
fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// Returns an integer literal without a type suffix. The context determines its type.
fn number(number: impl Into<u128>) -> Literal {
    Literal::u128_unsuffixed(number.into())
}

/// Returns a `usize` as an integer literal without a type suffix.
fn count(count: usize) -> Literal {
    Literal::usize_unsuffixed(count)
}

/// Returns `#[deprecated]` if the spec announces the end of a path.
fn deprecated(plan: &Plan, path: &str) -> Option<TokenStream> {
    // rustdoc renders the note as Markdown.
    let note = prose::text(&words::deprecation(plan.deprecation(path)?));
    Some(quote! { #[deprecated(note = #note)] })
}

/// Returns a `#[doc]` attribute for each line of a text.
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
