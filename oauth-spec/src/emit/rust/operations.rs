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
        text.push_str(&format!("\n\nWithout {scope} the answer lacks {empty}."));
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
    let constants = known.iter().map(|scope| ident(&constant(scope)));
    let implied = known.iter().map(|scope| {
        let both = |other: &&crate::plan::Scope| other.implies.contains(&scope.id);
        let implied = scope.implies.iter().filter(|id| {
            let other = known.iter().find(|other| other.id == **id);
            !other.copied().as_ref().is_some_and(both)
        });
        number(mask(&known, &implied.cloned().collect::<Vec<_>>()))
    });
    let count = count(known.len());
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
            pub struct #own {
                scopes: [#kind; #own::MAX_SCOPES],
                count: usize,
            }
        },
        quote! {
            impl #own {
                const KNOWN: [#kind; #count] = [#(#kind::#constants),*];
                const IMPLIED: [u128; #count] = [#(#implied),*];
                /// The maximum number of scopes: those that operations need, and eight more.
                pub const MAX_SCOPES: usize = #count + 8;

                /// Computes the scopes that these operations need.
                ///
                /// # Panics
                ///
                /// Panics if an operation needs scopes of another list. In a `const` that is a compile error.
                pub const fn by(operations: &[Operation]) -> #own {
                    let mut least = runtime::LeastSet::new();
                    let mut at = 0;
                    while at < operations.len() {
                        let Some(needs) = operations[at].#field else {
                            panic!("an operation needs scopes of another list");
                        };
                        least = least.with(needs);
                        at += 1;
                    }
                    at = 0;
                    while at < operations.len() {
                        if let Some(needs) = operations[at].#field {
                            least = least.with_any(needs);
                        }
                        at += 1;
                    }
                    let bits = least.without(&#own::IMPLIED);
                    let mut own = #own { scopes: [#own::KNOWN[0]; #own::MAX_SCOPES], count: 0 };
                    at = 0;
                    while at < #own::KNOWN.len() {
                        if bits >> at & 1 == 1 {
                            own.scopes[own.count] = #own::KNOWN[at];
                            own.count += 1;
                        }
                        at += 1;
                    }
                    own
                }

                /// Adds a scope that none of the operations needs.
                ///
                /// # Panics
                ///
                /// Panics if an operation needs the scope, and after eight scopes. In a `const` that is a compile error.
                #[deprecated(note = "none of the named operations needs this scope: name the operation that does, or say `#[expect(deprecated, reason = \"…\")]`")]
                pub const fn and(mut self, scope: #kind) -> #own {
                    let mut at = 0;
                    while at < self.count {
                        assert!(
                            !runtime::same_text(self.scopes[at].as_str(), scope.as_str()),
                            "an operation needs this scope already"
                        );
                        at += 1;
                    }
                    self.scopes[self.count] = scope;
                    self.count += 1;
                    self
                }

                /// Returns the scopes, for `login`.
                pub const fn as_slice(&self) -> &[#kind] {
                    self.scopes.split_at(self.count).0
                }
            }
        },
    ]
}
