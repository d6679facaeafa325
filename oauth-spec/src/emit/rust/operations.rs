//! Operations of the API: the scopes that each needs, and the least set for several, which the compiler computes.

use proc_macro2::TokenStream;
use quote::quote;

use super::scopes::{constant, type_name};
use super::{count, doc, ident, number};
use crate::emit::prose;
use crate::plan::{Operation, Plan, ScopeSet, name};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    let sets: Vec<&ScopeSet> = plan
        .scope_sets
        .iter()
        .filter(|set| has_needed(plan, set))
        .collect();
    if plan.operations.is_empty() {
        return Vec::new();
    }
    let mut items = operation(plan, &sets);
    items.extend(sets.iter().flat_map(|set| needed(plan, set)));
    items
}

/// Returns the type of the operations.
pub(super) fn kind(plan: &Plan) -> TokenStream {
    match plan.operations.is_empty() {
        true => quote! { Infallible },
        false => quote! { Operation },
    }
}

/// Returns whether a login can request the least set of scopes that operations need.
pub(crate) fn has_needed(plan: &Plan, set: &ScopeSet) -> bool {
    let asked = set.parameter.is_some() && plan.login.is_some();
    asked && !scopes_of(plan, set).is_empty()
}

/// Returns whether a set contains all scopes that an operation needs.
fn belongs(operation: &Operation, set: &ScopeSet) -> bool {
    let known = |scope: &String| set.known.iter().any(|own| own.id == *scope);
    operation.needs.iter().all(|any| any.iter().all(known))
}

/// Returns the scopes of a set that any operation needs, in the order of the spec.
fn scopes_of<'p>(plan: &Plan, set: &'p ScopeSet) -> Vec<&'p crate::plan::Scope> {
    let named = |id: &String| {
        let mut operations = plan.operations.iter().filter(|own| belongs(own, set));
        operations.any(|own| own.needs.iter().flatten().any(|scope| scope == id))
    };
    set.known.iter().filter(|scope| named(&scope.id)).collect()
}

fn operation(plan: &Plan, sets: &[&ScopeSet]) -> Vec<TokenStream> {
    let fields: Vec<_> = sets.iter().map(|set| field(set)).collect();
    let constants = plan.operations.iter().map(|own| {
        let about = doc(&about(own));
        let constant = ident(&name::constant(&own.id));
        let needs = sets.iter().zip(&fields).map(|(set, field)| {
            let value = match belongs(own, set) {
                true => {
                    let known = scopes_of(plan, set);
                    let masks = own.needs.iter().map(|any| number(mask(&known, any)));
                    quote! { Some(&[#(#masks),*]) }
                }
                false => quote! { None },
            };
            quote! { #field: #value }
        });
        let described = described(own);
        quote! { #about pub const #constant: Operation = Operation { about: &#described, #(#needs),* }; }
    });
    let name = prose::text(&plan.identity.name);
    let says = match sets.is_empty() {
        true => format!(" An operation of {name}'s API."),
        false => format!(
            " An operation of the {name} API. A login requests only the scopes that its operations need."
        ),
    };
    vec![
        quote! {
            #[doc = #says]
            #[derive(Clone, Copy, Debug)]
            pub struct Operation {
                about: &'static runtime::Operation,
                #(#fields: Option<&'static [u128]>),*
            }
        },
        quote! { impl Operation { #(#constants)* } },
        quote! {
            impl runtime::ApiOperation for Operation {
                fn about(&self) -> &'static runtime::Operation {
                    self.about
                }
            }
        },
    ]
}

/// Generates the description of an operation for the API client.
fn described(operation: &Operation) -> TokenStream {
    let id = &operation.id;
    let needs = operation.needs.iter().map(|any| quote! { &[#(#any),*] });
    let enriches = operation
        .enriches
        .iter()
        .map(|(scope, empty)| quote! { (#scope, #empty) });
    let probe = operation
        .probe
        .iter()
        .map(|(_, path)| quote! { .probed_by(#path) });
    quote! {
        runtime::Operation::new(#id, &[#(#needs),*], &[#(#enriches),*]) #(#probe)*
    }
}

fn field(set: &ScopeSet) -> proc_macro2::Ident {
    match set.name.is_empty() {
        true => ident("needs"),
        false => ident(&name::snake(&format!("{}_needs", set.name))),
    }
}

/// Returns a mask with a bit for each scope of `any`.
fn mask(known: &[&crate::plan::Scope], any: &[String]) -> u128 {
    let of = |scope: &String| known.iter().position(|own| own.id == *scope);
    let bit = |at: usize| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        1_u128.checked_shl(at).unwrap_or_default()
    };
    any.iter().filter_map(of).fold(0, |mask, at| mask | bit(at))
}

fn about(operation: &Operation) -> String {
    let mut text = match &operation.doc {
        Some(doc) => format!("{}: {}.", prose::code(&operation.id), prose::text(doc)),
        None => format!("{}.", prose::code(&operation.id)),
    };
    if !operation.needs.is_empty() {
        text.push_str(&format!(" It needs {}.", prose::text(&operation.needed())));
    }
    for (scope, empty) in &operation.enriches {
        let empty = prose::text(&crate::words::uncapitalized(empty));
        let scope = prose::code(scope);
        text.push_str(&format!("\n\nWithout {scope}, the response lacks {empty}."));
    }
    text
}

fn needed(plan: &Plan, set: &ScopeSet) -> Vec<TokenStream> {
    let known = scopes_of(plan, set);
    let (kind, own, field) = (
        type_name(set),
        ident(&format!("{}ScopesNeeded", name::camel(&set.name))),
        field(set),
    );
    let rows = known.iter().map(|scope| {
        let both = |other: &&crate::plan::Scope| other.implies.contains(&scope.id);
        let implied = scope.implies.iter().filter(|id| {
            let other = known.iter().find(|other| other.id == **id);
            !other.copied().as_ref().is_some_and(both)
        });
        let constant = ident(&constant(scope));
        match mask(&known, &implied.cloned().collect::<Vec<_>>()) {
            0 => quote! { #constant },
            mask => {
                let mask = number(mask);
                quote! { #constant => #mask }
            }
        }
    });
    let max = count(known.len() + MORE);
    let about = format!(
        " The smallest set of scopes for some operations. In a `const`, the compiler computes it.{}",
        match set.name.as_str() {
            "" => String::new(),
            name => format!(" Of the list {}.", prose::code(name)),
        }
    );
    vec![
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug)]
            pub struct #own(runtime::ScopesNeeded<#kind, #max>);
        },
        quote! {
            runtime::scopes_needed! { #own, #kind, #field, #max; #(#rows),* }
        },
    ]
}

/// The number of scopes that an application can add to those that its operations need.
const MORE: usize = 8;
