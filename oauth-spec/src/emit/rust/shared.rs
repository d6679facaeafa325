//! The items of a variant that equal the base's: the variant re-exports them, so that a type such as `Scope` is one type.
//!
//! Items are compared as tokens. An item is shared only if every item that it names is shared, too: equal tokens then have an
//! equal meaning in both modules.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote;

use super::ident;

/// Replaces the items of a variant that equal the base's by re-exports.
pub(super) fn share(base: &[TokenStream], variant: Vec<TokenStream>) -> Vec<TokenStream> {
    let (in_base, own) = (Items::of(base), Items::of(&variant));
    let mut shared: BTreeSet<&str> = own
        .subjects
        .iter()
        .filter(|(name, group)| in_base.subjects.get(*name) == Some(group))
        .filter(|(_, group)| !group.is_deprecated && !group.holds_secret())
        .map(|(name, _)| name.as_str())
        .collect();
    loop {
        let names_another = |name: &&str| {
            let mut named = own.subjects[*name].named.iter();
            named.any(|other| own.subjects.contains_key(other) && !shared.contains(other.as_str()))
        };
        let Some(name) = shared.iter().copied().find(names_another) else {
            break;
        };
        shared.remove(name);
    }
    if shared.is_empty() {
        return variant;
    }
    let is_kept = |item: &TokenStream| {
        let subject = own.subject(item);
        subject.is_none_or(|subject| !shared.contains(subject.as_str()))
    };
    let mut kept: Vec<TokenStream> = variant
        .iter()
        .filter(|item| is_kept(item))
        .cloned()
        .collect();
    let needed: BTreeSet<String> = kept.iter().flat_map(identifiers).collect();
    let (public, private): (Vec<&str>, Vec<&str>) = shared
        .iter()
        .copied()
        .partition(|name| own.subjects[*name].is_public);
    let private: Vec<_> = private
        .into_iter()
        .filter(|name| needed.contains(*name))
        .map(ident)
        .collect();
    let public: Vec<_> = public.into_iter().map(ident).collect();
    // Behind the two imports that every module begins with.
    let imports = [
        (!public.is_empty()).then(|| quote! { pub use super::{#(#public),*}; }),
        (!private.is_empty()).then(|| quote! { use super::{#(#private),*}; }),
    ];
    kept.splice(2..2, imports.into_iter().flatten());
    kept
}

/// The items of a module by what they define.
struct Items {
    subjects: BTreeMap<String, Group>,
}

/// A definition with its `impl` blocks.
#[derive(Default, PartialEq, Eq)]
struct Group {
    texts: BTreeSet<String>,
    named: BTreeSet<String>,
    is_public: bool,
    is_deprecated: bool,
}

impl Group {
    /// Returns whether a value holds a code or a token: one of the base must not go into a function of a variant, which is
    /// another kind of app.
    fn holds_secret(&self) -> bool {
        let mut secrets = ["Secret", "Token", "Code"].into_iter();
        secrets.any(|secret| self.named.contains(secret))
    }
}

impl Items {
    fn of(items: &[TokenStream]) -> Items {
        let mut own = Items {
            subjects: BTreeMap::new(),
        };
        for item in items {
            if let Some(Head::Definition { name, .. }) = head(item) {
                own.subjects.entry(name).or_default();
            }
        }
        for item in items {
            let Some(name) = own.subject(item) else {
                continue;
            };
            let group = own.subjects.entry(name).or_default();
            if let Some(Head::Definition {
                is_public,
                is_deprecated,
                ..
            }) = head(item)
            {
                group.is_public = is_public;
                group.is_deprecated = is_deprecated;
            }
            group.named.extend(identifiers(item));
            group.texts.insert(item.to_string());
        }
        own
    }

    /// Returns the name of the definition that an item is, or belongs to.
    fn subject(&self, item: &TokenStream) -> Option<String> {
        match head(item)? {
            Head::Definition { name, .. } => Some(name),
            Head::Impl(named) => named
                .into_iter()
                .find(|name| self.subjects.contains_key(name)),
        }
    }
}

/// The beginning of an item.
enum Head {
    Definition {
        name: String,
        is_public: bool,
        is_deprecated: bool,
    },
    /// An `impl` block with the names in front of its braces, or a macro of methods with the names in them.
    Impl(Vec<String>),
}

fn head(item: &TokenStream) -> Option<Head> {
    let mut is_public = false;
    let mut is_deprecated = false;
    let mut tokens = item.clone().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            // An attribute.
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                is_deprecated |= group
                    .to_string()
                    .trim_start_matches(['[', ' '])
                    .starts_with("deprecated");
            }
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "pub" => is_public = true,
                // A macro names first the type that it adds methods to.
                "runtime" => return Some(Head::Impl(identifiers(&tokens.collect()).collect())),
                "impl" => {
                    let in_front = tokens.take_while(
                        |token| !matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace),
                    );
                    return Some(Head::Impl(identifiers(&in_front.collect()).collect()));
                }
                "const" if is_word(tokens.peek(), "fn") => {}
                "struct" | "enum" | "fn" | "const" | "static" | "trait" | "type" => {
                    let TokenTree::Ident(name) = tokens.next()? else {
                        return None;
                    };
                    let name = name.to_string();
                    // An unnamed constant is checked in each module.
                    return (name != "_").then_some(Head::Definition {
                        name,
                        is_public,
                        is_deprecated,
                    });
                }
                "use" => return None,
                _ => {}
            },
            _ => {}
        }
    }
    None
}

fn is_word(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(own)) if own == word)
}

/// Returns every identifier in some tokens, in order.
fn identifiers(tokens: &TokenStream) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let mut open: Vec<TokenTree> = tokens.clone().into_iter().collect();
    open.reverse();
    while let Some(token) = open.pop() {
        match token {
            TokenTree::Ident(own) => found.push(own.to_string()),
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                open.extend(inner.into_iter().rev());
            }
            _ => {}
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(base: &[TokenStream], variant: &[TokenStream]) -> Vec<String> {
        let imports = [quote! { use a as runtime; }, quote! { use a::*; }];
        let whole = |items: &[TokenStream]| [&imports[..], items].concat();
        let shared = share(&whole(base), whole(variant));
        shared[2..].iter().map(ToString::to_string).collect()
    }

    fn text(item: &TokenStream) -> String {
        item.to_string()
    }

    #[test]
    fn an_equal_item_is_re_exported_with_its_impl_blocks() {
        let scope = quote! { pub struct Scope(Name); };
        let of_scope = quote! { impl Scope { const READ: Scope = Scope(Name); } };
        let from = quote! { impl From<Scope> for Name { fn from(own: Scope) -> Name { own.0 } } };
        let items = [scope, of_scope, from];
        assert_eq!(
            shared(&items, &items),
            [text(&quote! { pub use super::{Scope}; })]
        );
    }

    #[test]
    fn a_macro_of_methods_belongs_to_its_type() {
        let scope = quote! { pub struct Scope(Name); };
        let methods = quote! { runtime::scope_methods! { Scope, unlisted } };
        let items = [scope.clone(), methods.clone()];
        assert_eq!(
            shared(&items, &items),
            [text(&quote! { pub use super::{Scope}; })]
        );
        let other = [scope, quote! { runtime::scope_methods! { Scope } }];
        assert_eq!(shared(&items, &other), other.map(|item| text(&item)));
    }

    #[test]
    fn an_item_that_differs_is_kept_and_so_is_what_names_it() {
        let call = quote! { pub fn call() { App::new(); } };
        let base = [quote! { pub struct App(u8); }, call.clone()];
        let variant = [quote! { pub struct App(u16); }, call];
        assert_eq!(shared(&base, &variant), variant.map(|item| text(&item)));
        let own = [
            quote! { pub struct App; },
            quote! { impl App { fn own() {} } },
        ];
        let other = [
            quote! { pub struct App; },
            quote! { impl App { fn other() {} } },
        ];
        assert_eq!(
            shared(&own, &other),
            other.map(|item| text(&item)),
            "its impl block differs"
        );
    }

    #[test]
    fn a_private_item_is_imported_only_where_it_is_used() {
        let private = quote! { fn read() {} };
        let used = quote! { pub fn used() { read(); } };
        let base = [private.clone(), used.clone()];
        assert_eq!(
            shared(&base, &base),
            [text(&quote! { pub use super::{used}; })]
        );
        let differs = quote! { pub fn used() { read(); read(); } };
        let variant = [private, differs.clone()];
        assert_eq!(
            shared(&base, &variant),
            [text(&quote! { use super::{read}; }), text(&differs)]
        );
    }

    #[test]
    fn a_code_or_token_is_of_one_module() {
        let items = [
            quote! { pub type Code = runtime::Code<App>; },
            quote! { pub struct AccessToken(Token); },
        ];
        assert_eq!(shared(&items, &items), items.map(|item| text(&item)));
    }

    #[test]
    fn a_deprecated_item_and_an_unnamed_constant_are_kept() {
        let items = [
            quote! { #[deprecated] pub fn old() {} },
            quote! { const _: () = check(); },
        ];
        assert_eq!(shared(&items, &items), items.map(|item| text(&item)));
    }
}
