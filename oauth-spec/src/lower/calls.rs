//! Lowers the calls: each grant of the token endpoint, further calls and the revocation, with inherited keys in place.

use super::Context;
use super::call::{lower, source, text};
use super::further;
use super::keys::Keys;
use super::parameters::{Standard, standard};
use super::tokens::{self, grant, reading};
use crate::plan::token::Renewal;
use crate::plan::{
    Call, CallId, CallKind, Ends, Field, FieldSource, Login, ScopeSet, Source, Token, Value,
};
use crate::rules;
use crate::syntax::document::{self, TokenKind};
use crate::syntax::either::Auth;
use crate::syntax::shapes::Or;

/// Returns all calls, in the order in which a connection makes them.
pub(crate) fn calls(
    cx: &mut Context<'_>,
    tokens: &[Token],
    fields: &[Field],
    login: Option<&Login>,
    scope_sets: &[ScopeSet],
) -> Vec<Call> {
    let document = cx.document();
    let none = document::TokenEndpoint::default();
    let endpoint = document.token.as_ref().unwrap_or(&none);
    let above = Keys::of_endpoint(endpoint);
    let plain = document::Grant::default();
    let mut calls = Vec::new();
    if let Some(login) = login.filter(|_| !matches!(endpoint.authorization_code, Some(Or::Absent)))
    {
        let own = grant(document, |token| &token.authorization_code).unwrap_or(&plain);
        let keys = Keys::of_grant(own, "token.authorization_code").within(above);
        let mut call = lower(
            cx,
            CallKind::Exchange,
            CallId::AuthorizationCode,
            &keys,
            exchange(login),
        );
        let users = tokens
            .iter()
            .filter(|token| token.name != tokens::APP || !has_app_token(tokens, document))
            .filter(|token| token.from == Some(CallId::AuthorizationCode));
        call.readings = users.map(|token| reading(cx, token, false)).collect();
        call.fields = with_login(fields);
        calls.push(call);
    }
    if let Some(own) = grant(document, |token| &token.refresh_token) {
        let keys = Keys::of_grant(own, "token.refresh_token").within(above);
        let refreshing: Vec<&Token> = tokens.iter().filter(|token| token.refreshes).collect();
        if refreshing.is_empty() {
            let message = "no token reads a refresh token from a response".to_owned();
            cx.report(&rules::UNREFRESHABLE, "token.refresh_token", message, None);
        }
        for token in &refreshing {
            let mut call = lower(
                cx,
                CallKind::Refresh,
                CallId::RefreshToken,
                &keys,
                refresh(),
            );
            call.readings = vec![reading(cx, token, true)];
            call.of_token = (refreshing.len() > 1).then(|| token.name.clone());
            if !call.sources().any(|source| *source == Source::RefreshToken) {
                let message = "the refresh sends no refresh token".to_owned();
                let help = "a request that renews the access token without a refresh token is `[token.renew]`";
                cx.report(
                    &rules::UNREFRESHABLE,
                    "token.refresh_token",
                    message,
                    help.to_owned(),
                );
            }
            calls.push(call);
        }
    }
    if let Some(own) = grant(document, |token| &token.renew) {
        let keys = Keys::of_grant(own, "token.renew").within(above);
        let users: Vec<&Token> = tokens
            .iter()
            .filter(|token| token.policy.renewal == Renewal::Exchange)
            .collect();
        for token in &users {
            let mut call = lower(cx, CallKind::Renew, CallId::Renew, &keys, Vec::new());
            call.readings = vec![reading(cx, token, true)];
            call.of_token = (users.len() > 1).then(|| token.name.clone());
            calls.push(call);
        }
    }
    if let Some(own) = grant(document, |token| &token.client_credentials) {
        let keys = Keys::of_grant(own, "token.client_credentials").within(above);
        let mut call = lower(
            cx,
            CallKind::ClientCredentials,
            CallId::ClientCredentials,
            &keys,
            client_credentials(scope_sets),
        );
        let own = tokens
            .iter()
            .filter(|token| token.name == tokens::APP || login.is_none());
        call.readings = own.map(|token| reading(cx, token, false)).collect();
        if login.is_none() {
            call.fields = with_login(fields);
        }
        calls.push(call);
    }
    calls.extend(further::calls(cx, tokens, fields));
    further::carried(&mut calls);
    if let Some(own) = document.revoke.as_ref().and_then(Or::value) {
        calls.extend(revoke(cx, own, above, tokens, login.is_some()));
    }
    calls
}

/// Returns the fields that a login gives: members of its response, claims of its tokens, and callback parameters.
fn with_login(fields: &[Field]) -> Vec<Field> {
    let with_login = |field: &&Field| match &field.from {
        FieldSource::Answer(call) => *call == CallId::AuthorizationCode,
        _ => true,
    };
    fields.iter().filter(with_login).cloned().collect()
}

fn has_app_token(tokens: &[Token], document: &document::Document) -> bool {
    tokens::has_login(document) && tokens.iter().any(|token| token.name == tokens::APP)
}

fn revoke(
    cx: &mut Context<'_>,
    own: &document::Revoke,
    above: Keys<'_>,
    tokens: &[Token],
    has_login: bool,
) -> Vec<Call> {
    let users: Vec<&Token> = tokens
        .iter()
        .filter(|token| token.name != tokens::APP || !has_login)
        .collect();
    let refreshes = users.iter().any(|token| token.refreshes);
    let by_refresh_token = refreshes && states_kind(own, TokenKind::RefreshToken);
    let by_either = by_refresh_token && states_kind(own, TokenKind::AccessToken);
    let word = own.auth.as_ref().and_then(Auth::word);
    let bearer = matches!(
        word,
        Some(document::Authentication::Bearer | document::Authentication::Query)
    );
    let by_refresh_token = by_refresh_token && !bearer;
    let kinds: &[_] = match (by_refresh_token, by_either) {
        (true, true) => &[
            (CallKind::RevokeRefreshToken, CallId::Revoke),
            (CallKind::RevokeAccessToken, CallId::RevokeAccessToken),
        ],
        (true, false) => &[(CallKind::RevokeRefreshToken, CallId::Revoke)],
        (false, _) => &[(CallKind::RevokeAccessToken, CallId::Revoke)],
    };
    // `[revoke]` states its URL, method and parameters, and inherits the rest. A bearer call sends no client
    // credentials, so it inherits only how responses are read.
    let above = above.without_request();
    let above = match bearer {
        true => Keys {
            at: "revoke",
            response: above.response,
            success: above.success,
            error: above.error,
            error_description: above.error_description,
            ..Keys::default()
        },
        false => above,
    };
    let keys = Keys::of_revoke(own).within(above);
    let mut calls = Vec::new();
    for (kind, id) in kinds {
        let subject = match kind {
            CallKind::RevokeRefreshToken => Source::RefreshToken,
            _ => Source::AccessToken,
        };
        let takes = |token: &&&Token| token.refreshes || subject == Source::AccessToken;
        let taking: Vec<&&Token> = users.iter().filter(takes).collect();
        for token in &taking {
            let standard = match bearer {
                true => Vec::new(),
                false => standard([("token", source(subject.clone()))]),
            };
            let mut call = lower(cx, *kind, id.clone(), &keys, standard);
            call.of_token = (taking.len() > 1).then(|| token.name.clone());
            call.ends = own.ends.unwrap_or(match subject {
                Source::AccessToken => Ends::AccessToken,
                _ => Ends::Grant,
            });
            calls.push(call);
        }
    }
    calls
}

/// Returns whether a revocation can send this kind of token. By default it sends a refresh token.
fn states_kind(own: &document::Revoke, kind: TokenKind) -> bool {
    let stated = own.token.as_ref().map(|kinds| kinds.0.as_slice());
    stated.unwrap_or(&[TokenKind::RefreshToken]).contains(&kind)
}

/// Returns whether the spec states both kinds of tokens for the revocation.
pub(crate) fn revokes_either(document: &document::Document) -> bool {
    let own = document.revoke.as_ref().and_then(Or::value);
    own.is_some_and(|own| {
        states_kind(own, TokenKind::RefreshToken) && states_kind(own, TokenKind::AccessToken)
    })
}

/// Returns the parameters of the code exchange (RFC 6749 §4.1.3, RFC 7636 §4.5).
fn exchange(login: &Login) -> Standard {
    let mut rows = standard([
        ("grant_type", text("authorization_code")),
        ("code", source(Source::Code)),
        ("redirect_uri", source(Source::RedirectUri)),
    ]);
    if login.sends_pkce() {
        rows.extend(standard([("code_verifier", source(Source::CodeVerifier))]));
    }
    rows
}

/// Returns the parameters of a refresh (RFC 6749 §6).
fn refresh() -> Standard {
    standard([
        ("grant_type", text("refresh_token")),
        ("refresh_token", source(Source::RefreshToken)),
    ])
}

/// Returns the parameters of the client credentials grant (RFC 6749 §4.4.2).
fn client_credentials(scope_sets: &[ScopeSet]) -> Standard {
    let mut rows = standard([("grant_type", text("client_credentials"))]);
    if let Some(parameter) = scope_sets.first().and_then(|set| set.parameter.as_deref()) {
        rows.extend(standard([(parameter, Value::Scopes(0))]));
    }
    rows
}

/// Returns whether any call sends the client secret as a parameter or header.
pub(crate) fn uses_secret(calls: &[Call]) -> bool {
    calls.iter().any(|call| {
        call.parameters()
            .chain(&call.headers)
            .any(|row| row.carries(&Source::ClientSecret))
    })
}
