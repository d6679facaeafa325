//! Lowers the lists of scopes that a login requests.

use super::Context;
use crate::plan::{Scope, ScopeSet};
use crate::syntax::document::{Chosen, Encoding, KnownScope, Scopes, UnknownScopes};
use crate::syntax::path;
use crate::syntax::shapes::{Named, Or};

/// Returns the lists of scopes. A spec without sets has a single unnamed list; a spec without `[scopes]` has none.
pub(crate) fn sets(cx: &mut Context<'_>) -> Vec<ScopeSet> {
    let Some(scopes) = &cx.document().scopes else {
        return Vec::new();
    };
    let separator = separator(scopes);
    let passes_over = scopes.unknown == Some(UnknownScopes::Ignored);
    let unreported = scopes.unreported.clone().unwrap_or_default();
    let console = scopes.chosen == Some(Chosen::Console);
    let parameter = |own: Option<&String>| match console {
        true => None,
        false => Some(
            own.or(scopes.param.as_ref())
                .map_or("scope", String::as_str)
                .to_owned(),
        ),
    };
    let Some(sets) = &scopes.sets else {
        return vec![ScopeSet {
            name: String::new(),
            parameter: parameter(None),
            separator,
            encoding: scopes.encoding.unwrap_or(Encoding::Form),
            known: known(scopes.known.as_ref()),
            always: scopes.always.clone().unwrap_or_default(),
            open: scopes.open.unwrap_or_default(),
            passes_over,
            unreported,
            path: "scopes".to_owned(),
        }];
    };
    let lowered = sets.iter().map(|(name, set)| ScopeSet {
        name: name.clone(),
        parameter: parameter(set.param.as_ref()),
        separator: separator.clone(),
        encoding: scopes.encoding.unwrap_or(Encoding::Form),
        known: known(set.known.as_ref().or(scopes.known.as_ref())),
        always: set
            .always
            .clone()
            .or_else(|| scopes.always.clone())
            .unwrap_or_default(),
        open: set.open.or(scopes.open).unwrap_or_default(),
        passes_over,
        unreported: unreported.clone(),
        path: path::join("scopes.sets", name),
    });
    lowered.collect()
}

/// Returns the separator between two requested scopes.
fn separator(scopes: &Scopes) -> String {
    let stated = scopes
        .separator
        .as_ref()
        .and_then(|separator| separator.0.first());
    stated.map_or(" ", String::as_str).to_owned()
}

/// Returns the possible separators between two granted scopes.
pub(crate) fn granted_separators(scopes: Option<&Scopes>) -> Vec<String> {
    let granted = scopes
        .and_then(|scopes| scopes.granted.as_ref())
        .and_then(Or::value);
    granted
        .and_then(|granted| granted.separator.as_ref())
        .or_else(|| scopes.and_then(|scopes| scopes.separator.as_ref()))
        .map_or_else(|| vec![" ".to_owned()], |separator| separator.0.clone())
}

fn known(known: Option<&Or<Named<KnownScope>>>) -> Vec<Scope> {
    let named = known
        .and_then(Or::value)
        .map(|named| named.0.as_slice())
        .unwrap_or_default();
    let lowered = named.iter().map(|(id, scope)| Scope {
        id: id.clone(),
        name: scope.name.clone(),
        doc: scope.doc.clone().unwrap_or_default(),
        implies: scope.implies.clone().unwrap_or_default(),
        same_as: scope.same_as.clone(),
        review: scope.review.unwrap_or_default(),
    });
    lowered.collect()
}
