//! What a reported spec does not state is unknown, so its responses are read tolerantly.
//!
//! A documented spec follows the standard where it states nothing. The facts of a reported one were not looked up: that no
//! project mentions a refresh token does not mean that there is none.

use crate::syntax::document::{self, Document, Grant, Granted, ResponseFormat, Tier};
use crate::syntax::shapes::{Named, OneOrMany, Or};

/// The paths at which providers have an error code.
const ERROR: [&str; 5] = ["error", "error.code", "error.type", "error_code", "code"];

/// The paths at which providers have an error description.
const ERROR_DESCRIPTION: [&str; 3] = ["error_description", "error.message", "message"];

/// Returns whether the facts of a spec were not looked up.
pub(crate) fn is_reported(document: &Document) -> bool {
    let provider = document.provider.as_ref();
    provider.is_some_and(|provider| provider.tier == Some(Tier::Reported))
}

/// Adds tolerant values to a reported document, for what it does not state.
pub(crate) fn tolerate(document: &mut Document) {
    if !is_reported(document) {
        return;
    }
    let has_login = document.authorize.as_ref().and_then(Or::value).is_some();
    let token = document.token.get_or_insert_default();
    if has_login && token.refresh_token.is_none() && token.renew.is_none() {
        token.refresh_token = Some(Or::Is(Grant::default()));
    }
    token.response.get_or_insert(ResponseFormat::JsonOrForm);
    token.error.get_or_insert_with(|| paths(&ERROR));
    let descriptions = || paths(&ERROR_DESCRIPTION);
    token.error_description.get_or_insert_with(descriptions);

    let scopes = document.scopes.get_or_insert_default();
    let granted = || Or::Is(Granted::default());
    if let Or::Is(granted) = scopes.granted.get_or_insert_with(granted) {
        let own = scopes.separator.as_ref().map(|own| own.0.clone());
        let separators = || {
            let mut separators = own.unwrap_or_default();
            for further in [" ", ","].map(str::to_owned) {
                if !separators.contains(&further) {
                    separators.push(further);
                }
            }
            OneOrMany(separators)
        };
        granted.separator.get_or_insert_with(separators);
    }

    let mut tokens = super::tokens::written(document);
    for (_, token) in &mut tokens.0 {
        let endless = document::ExpiresIn {
            never: Some(0),
            ..document::ExpiresIn::default()
        };
        token.expires_in.get_or_insert(Or::Is(endless));
    }
    let absent = document.tokens.iter().flat_map(Named::iter);
    let absent = absent.filter(|(_, token)| matches!(token, Or::Absent));
    let absent: Vec<_> = absent.map(|(name, _)| (name.clone(), Or::Absent)).collect();
    let present = tokens
        .0
        .into_iter()
        .map(|(name, token)| (name, Or::Is(token)));
    document.tokens = Some(Named(present.chain(absent).collect()));
}

fn paths(paths: &[&str]) -> Or<OneOrMany<String>> {
    Or::Is(OneOrMany(
        paths.iter().map(|path| (*path).to_owned()).collect(),
    ))
}
