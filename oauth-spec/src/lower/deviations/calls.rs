//! Deviations of calls: client authentication, the form of requests, error responses.

use super::List;
use crate::plan::deviation::SuccessMember;
use crate::plan::{Call, CallId, CallKind, DeviationKind, Piece, Place, Source};
use crate::syntax::document::{Authentication, BodyFormat, Document, Ends, Method, UnknownParams};
use crate::syntax::either::Auth;
use crate::syntax::path;
use crate::syntax::shapes::{Expected, Named, OneOrMany, Or, Parameter, Success};

/// The keys that all tables of calls have in common.
macro_rules! call {
    ($list:expr, $at:expr, $place:expr, $standard:expr, $call:expr) => {{
        let (at, place, call) = ($at, $place, $call);
        shared(
            $list,
            at,
            place,
            call.auth.as_ref(),
            call.body.as_ref(),
            call.method.as_ref(),
        );
        responses($list, at, place, call.success.as_ref(), call.error.as_ref());
        renamed(
            $list,
            &path::join(at, "names"),
            &place("names"),
            call.names.as_ref(),
            $standard,
        );
    }};
}

/// A place in a call, by a key that the token endpoint has, too.
pub(super) fn of_call(call: &CallId, key: Option<&'static str>) -> Place {
    Place::Call {
        call: call.clone(),
        key,
    }
}

/// The place of a key.
type PlaceOf<'a> = &'a dyn Fn(&'static str) -> Place;

pub(super) fn deviations(list: &mut List<'_>, document: &Document, calls: &[Call]) {
    if let Some(token) = &document.token {
        let of_endpoint: PlaceOf<'_> = &Place::TokenEndpoint;
        call!(list, "token", of_endpoint, "RFC 6749 §4.1.3", token);
        if token.unknown_params == Some(UnknownParams::Refused) {
            list.add(
                "token.unknown_params",
                Place::TokenEndpoint("unknown_params"),
                "RFC 6749 §3.2",
                DeviationKind::UnknownTokenParameters,
            );
        }
        let grants = [
            (
                CallId::AuthorizationCode,
                "RFC 6749 §4.1.3",
                &token.authorization_code,
            ),
            (CallId::RefreshToken, "RFC 6749 §6", &token.refresh_token),
            (
                CallId::ClientCredentials,
                "RFC 6749 §4.4.2",
                &token.client_credentials,
            ),
            (CallId::Renew, "RFC 6749 §6", &token.renew),
        ];
        for (call, standard, grant) in grants {
            if let Some(grant) = grant.as_ref().and_then(Or::value) {
                let at = &call.to_string();
                let place: PlaceOf<'_> = &|key| of_call(&call, Some(key));
                call!(list, at, place, standard, grant);
                parameters(list, &call, grant.params.as_ref(), standard);
            }
        }
        if matches!(token.refresh_token, Some(Or::Absent)) {
            let kind = DeviationKind::NoRefreshTokens;
            list.add_call(&CallId::RefreshToken, "RFC 6749 §1.5", kind);
        }
        if matches!(token.renew, Some(Or::Is(_))) {
            let kind = DeviationKind::AccessTokenRenewal;
            list.add_call(&CallId::Renew, "RFC 6749 §6", kind);
        }
    }
    if let Some(introspect) = document.introspect.as_ref().and_then(Or::value) {
        let (at, standard) = ("introspect", "RFC 7662 §2.1");
        let place: PlaceOf<'_> = &|key| of_call(&CallId::Introspect, Some(key));
        call!(list, at, place, standard, introspect);
        parameters(
            list,
            &CallId::Introspect,
            introspect.params.as_ref(),
            standard,
        );
    }
    if let Some(revoke) = document.revoke.as_ref().and_then(Or::value) {
        let (at, standard) = ("revoke", "RFC 7009 §2.1");
        let place: PlaceOf<'_> = &|key| of_call(&CallId::Revoke, Some(key));
        call!(list, at, place, standard, revoke);
        parameters(list, &CallId::Revoke, revoke.params.as_ref(), standard);
        let by_access_token = calls
            .iter()
            .any(|call| call.kind == CallKind::RevokeAccessToken);
        let kind = match (revoke.ends, by_access_token) {
            (Some(Ends::Grant), true) => Some(DeviationKind::RevocationEndsGrant),
            (Some(Ends::RefreshToken), _) => Some(DeviationKind::RevocationKeepsAccessTokens),
            _ => None,
        };
        if let Some(kind) = kind {
            list.add(
                "revoke.ends",
                of_call(&CallId::Revoke, None),
                standard,
                kind,
            );
        }
    }
}

/// Secrets in the URL of a call of the provider's own, which nothing else describes.
pub(super) fn secrets_in_urls(list: &mut List<'_>, calls: &[Call]) {
    let further = calls.iter().filter(|call| call.kind == CallKind::Further);
    for call in further {
        let values = call.query.iter().filter_map(|row| row.value.template());
        let pieces: Vec<&Piece> = values.flat_map(|template| &template.0).collect();
        for (secret, kind, standard) in [
            (
                Source::ClientSecret,
                DeviationKind::SecretInUrl,
                "RFC 6749 §2.3.1",
            ),
            (
                Source::AccessToken,
                DeviationKind::AccessTokenInUrl,
                "RFC 9700 §4.3.2",
            ),
        ] {
            let has_it = |piece: &&Piece| matches!(piece, Piece::Source(own) if *own == secret);
            if pieces.iter().any(has_it) {
                list.add_call(&call.id, standard, kind);
            }
        }
    }
}

fn shared(
    list: &mut List<'_>,
    at: &str,
    place: PlaceOf<'_>,
    auth: Option<&Auth>,
    body: Option<&OneOrMany<BodyFormat>>,
    method: Option<&OneOrMany<Method>>,
) {
    let mut add = |key, standard, kind| list.add(&path::join(at, key), place(key), standard, kind);
    if let Some(Auth::Headers(headers)) = auth {
        let names = headers.iter().map(|(name, _)| name.clone()).collect();
        let kind = DeviationKind::CredentialHeaders(names);
        add("auth", "RFC 6749 §2.3.1", kind);
    }
    match auth.and_then(Auth::word) {
        None | Some(Authentication::Basic) => {}
        Some(other) => add(
            "auth",
            "RFC 6749 §2.3.1",
            DeviationKind::Authentication(other),
        ),
    }
    let body = body.and_then(|body| body.0.first());
    if let Some(body) = body.filter(|body| **body != BodyFormat::Form) {
        add("body", "RFC 6749 Appendix B", DeviationKind::Body(*body));
    }
    let method = method.and_then(|method| method.0.first());
    if let Some(method) = method.filter(|method| **method != Method::Post) {
        add("method", "RFC 6749 §3.2", DeviationKind::Method(*method));
    }
}

fn responses(
    list: &mut List<'_>,
    at: &str,
    place: PlaceOf<'_>,
    success: Option<&Success>,
    error: Option<&Or<OneOrMany<String>>>,
) {
    let mut add = |key, kind| list.add(&path::join(at, key), place(key), "RFC 6749 §5.2", kind);
    for (member, expected) in success.iter().flat_map(|success| &success.0) {
        let success = match expected {
            Expected::Absent => SuccessMember::Absent,
            Expected::True => SuccessMember::True,
            Expected::Number(number) => SuccessMember::Number(*number),
            Expected::Text(text) => SuccessMember::Text(text.clone()),
        };
        let member = member.join(".");
        add("success", DeviationKind::ErrorInSuccess { member, success });
    }
    match error.and_then(Or::value).map(|error| error.0.as_slice()) {
        None => {}
        Some([standard]) if standard == "error" => {}
        Some(places) => add("error", DeviationKind::ErrorMember(places.to_vec())),
    }
}

pub(super) fn renamed(
    list: &mut List<'_>,
    at: &str,
    place: &Place,
    names: Option<&Named<Or<String>>>,
    standard: &'static str,
) {
    for (word, name) in names.into_iter().flat_map(Named::iter) {
        let kind = DeviationKind::Renamed {
            word: word.clone(),
            name: name.value().cloned(),
        };
        list.add(&path::join(at, word), place.clone(), standard, kind);
    }
}

fn parameters(
    list: &mut List<'_>,
    call: &CallId,
    params: Option<&Named<Parameter>>,
    standard: &'static str,
) {
    let params_at = path::join(&call.to_string(), "params");
    for (name, value) in params.into_iter().flat_map(Named::iter) {
        let kind = match value {
            Parameter::Argument(argument) if argument.value.is_none() => continue,
            Parameter::Template(text) if name == "grant_type" => {
                DeviationKind::GrantType(text.clone())
            }
            _ => DeviationKind::Parameter {
                name: name.clone(),
                is_sent: !matches!(value, Parameter::Absent),
            },
        };
        let place = of_call(call, None);
        list.add(&path::join(&params_at, name), place, standard, kind);
    }
}
