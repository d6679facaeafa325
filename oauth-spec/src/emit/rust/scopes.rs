//! Scope types, one for each list, with a constant for each scope.

use proc_macro2::TokenStream;
use quote::quote;

use super::{deprecated, doc, ident};
use crate::emit::prose;
use crate::interpret::wire;
use crate::plan::{Plan, Scope, ScopeSet, name};

pub(super) fn items(plan: &Plan) -> Vec<TokenStream> {
    plan.scope_sets
        .iter()
        .filter(|set| set.parameter.is_some())
        .flat_map(|set| self::set(plan, set))
        .collect()
}

/// Returns the type of a set's scopes, such as `Scope` or `BotScope`.
pub(super) fn type_name(set: &ScopeSet) -> proc_macro2::Ident {
    ident(&format!("{}Scope", name::camel(&set.name)))
}

/// Returns the name of a scope's constant.
pub(super) fn constant(scope: &Scope) -> String {
    name::constant(scope.name.as_deref().unwrap_or(&scope.id))
}

fn set(plan: &Plan, set: &ScopeSet) -> [TokenStream; 3] {
    let kind = type_name(set);
    let name = prose::text(&plan.identity.name);
    let about = match set.name.is_empty() {
        true => format!(" A {name} scope."),
        false => format!(" A {name} scope of the list {}.", prose::code(&set.name)),
    };
    let constants = set.known.iter().map(|scope| {
        let about = doc(&sentence(scope));
        let (constant, id) = (ident(&constant(scope)), &scope.id);
        let path = crate::syntax::path::join(&crate::syntax::path::join(&set.path, "known"), id);
        let ends = deprecated(plan, &path);
        let form = wire::form(id);
        quote! { #about #ends pub const #constant: #kind = #kind::known(#id, #form); }
    });
    let unlisted = set.open.then(|| quote! { , unlisted });
    [
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct #kind(ScopeName);
        },
        quote! { impl #kind { #(#constants)* } },
        quote! { runtime::scope_methods! { #kind #unlisted } },
    ]
}

fn sentence(scope: &Scope) -> String {
    let mut text = prose::code(&scope.id);
    if !scope.doc.is_empty() {
        text = format!("{text}: {}", prose::text(&scope.doc));
    }
    if !scope.implies.is_empty() {
        text = format!("{text}; comes with {}", prose::codes(&scope.implies, ", "));
    }
    if let Some(other) = &scope.same_as {
        text = format!("{text}; the same as {}", prose::code(other));
    }
    if scope.review {
        text = format!("{text}; must be approved first");
    }
    format!("{text}.")
}
