//! Lowers the known error responses: those of single calls first, then the general ones.

use super::Context;
use super::call::conditions;
use crate::plan::token::ErrorClass;
use crate::plan::{CallId, ErrorCode, KnownError};
use crate::rules;
use crate::syntax::document;
use crate::syntax::either::Auth;
use crate::syntax::path;
use crate::syntax::read::did_you_mean;
use crate::syntax::shapes::{Named, OneOrMany, Or};

/// Returns all known error responses. Each grant has those of `[token]`, too.
pub(crate) fn errors(cx: &mut Context<'_>) -> Vec<KnownError> {
    let document = cx.document();
    let none = document::TokenEndpoint::default();
    let token = document.token.as_ref().unwrap_or(&none);
    let grants = [
        (CallId::AuthorizationCode, &token.authorization_code),
        (CallId::RefreshToken, &token.refresh_token),
        (CallId::ClientCredentials, &token.client_credentials),
        (CallId::Renew, &token.renew),
    ];
    let mut errors = Vec::new();
    for (call, grant) in grants {
        let own = grant.as_ref().and_then(Or::value);
        let own = own.and_then(|grant| grant.errors.as_ref());
        let at = path::join(&call.to_string(), "errors");
        collect(cx, own, &at, Some(&call), &mut errors);
        if grant.is_some() || call == CallId::AuthorizationCode {
            let shared = token.errors.as_ref();
            collect(cx, shared, "token.errors", Some(&call), &mut errors);
        }
    }
    macro_rules! single {
        ($table:expr, $call:expr) => {{
            let own = $table.as_ref().and_then(Or::value);
            let own = own.and_then(|call| call.errors.as_ref());
            let at = path::join(&$call.to_string(), "errors");
            collect(cx, own, &at, Some(&$call), &mut errors);
            let carries = $table.as_ref().and_then(Or::value);
            if carries.is_some_and(|call| carries_token(call.auth.as_ref(), &$call)) {
                let shared = document.api.as_ref().and_then(|api| api.errors.as_ref());
                collect(cx, shared, "api.errors", Some(&$call), &mut errors);
            }
        }};
    }
    single!(document.revoke, CallId::Revoke);
    if super::calls::revokes_either(document) {
        let own = document.revoke.as_ref().and_then(Or::value);
        let own = own.and_then(|call| call.errors.as_ref());
        let call = CallId::RevokeAccessToken;
        collect(cx, own, "revoke.errors", Some(&call), &mut errors);
    }
    single!(document.introspect, CallId::Introspect);
    single!(document.userinfo, CallId::Userinfo);
    for (name, own) in document.calls.iter().flat_map(Named::iter) {
        let call = CallId::Further(name.clone());
        let carries = own
            .value()
            .is_some_and(|own| carries_token(own.auth.as_ref(), &call));
        let own = own.value().and_then(|own| own.errors.as_ref());
        let at = path::join(&call.to_string(), "errors");
        collect(cx, own, &at, Some(&call), &mut errors);
        if carries {
            let shared = document.api.as_ref().and_then(|api| api.errors.as_ref());
            collect(cx, shared, "api.errors", Some(&call), &mut errors);
        }
    }
    let callback = document.callback.as_ref();
    let callback = callback.and_then(|callback| callback.errors.as_ref());
    collect(
        cx,
        callback,
        "callback.errors",
        Some(&CallId::Callback),
        &mut errors,
    );
    let api = document.api.as_ref().and_then(|api| api.errors.as_ref());
    collect(cx, api, "api.errors", Some(&CallId::Api), &mut errors);
    collect(cx, document.errors.as_ref(), "errors", None, &mut errors);
    errors
}

/// Returns whether a call carries the access token, as userinfo and further calls do by default.
fn carries_token(auth: Option<&Auth>, call: &CallId) -> bool {
    match auth {
        None => matches!(call, CallId::Userinfo | CallId::Further(_)),
        Some(Auth::Headers(headers)) => {
            let mut values = headers.iter().map(|(_, value)| value);
            values.any(|value| value.contains("access_token"))
        }
        Some(auth) => matches!(
            auth.word(),
            Some(document::Authentication::Bearer | document::Authentication::Query)
        ),
    }
}

fn collect(
    cx: &mut Context<'_>,
    stated: Option<&Named<OneOrMany<document::KnownError>>>,
    at: &str,
    call: Option<&CallId>,
    errors: &mut Vec<KnownError>,
) {
    for (code, rows) in stated.into_iter().flat_map(Named::iter) {
        let is_plain =
            |row: &document::KnownError| row.description.is_none() && row.filter.is_none();
        let behind = rows.0.iter().skip_while(|row| !is_plain(row)).skip(1);
        if behind.count() > 0 {
            cx.report(
                &rules::UNREACHABLE_ERROR,
                &path::join(at, code),
                format!("a row of `{code}` follows one that matches every response"),
                "put the row without `description` and `where` last".to_owned(),
            );
        }
    }
    let stated = stated.into_iter().flat_map(Named::iter);
    let rows = stated.flat_map(|(code, rows)| rows.0.iter().map(move |error| (code, error)));
    for (code, error) in rows {
        let word = error.class.as_deref().unwrap_or_default();
        let Some(class) = ErrorClass::of(word) else {
            unknown_class(cx, &path::join(at, code), word);
            continue;
        };
        errors.push(KnownError {
            call: call.cloned(),
            code: ErrorCode::parse(code),
            class,
            doc: error.doc.clone(),
            advice: error.advice.clone(),
            descriptions: error.description.clone().map_or_else(Vec::new, |own| own.0),
            conditions: error.filter.as_ref().map(conditions).unwrap_or_default(),
        });
    }
}

fn unknown_class(cx: &mut Context<'_>, path: &str, word: &str) {
    let words = document::ErrorClass::WORDS;
    let help = did_you_mean(word, words, || format!("one of: {}", words.join(", ")));
    cx.report(
        &rules::UNKNOWN_CLASS,
        path,
        format!("unknown error class `{word}`"),
        help,
    );
}
