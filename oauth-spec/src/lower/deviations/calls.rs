//! Deviations of calls: what they show, how they write it, how they are refused.

use super::List;
use crate::plan::{Call, CallKind, Piece, Source};
use crate::syntax::document::{Authentication, BodyFormat, Document, Ends, Method, UnknownParams};
use crate::syntax::either::Auth;
use crate::syntax::path;
use crate::syntax::shapes::{Expected, Named, OneOrMany, Or, Parameter, Success};

/// What a call of the standard's does otherwise, whatever table states it: they have these keys in common.
macro_rules! call {
    ($list:expr, $at:expr, $standard:expr, $call:expr) => {{
        let (at, call) = ($at, $call);
        shared(
            $list,
            at,
            call.auth.as_ref(),
            call.body.as_ref(),
            call.method.as_ref(),
        );
        answers($list, at, call.success.as_ref(), call.error.as_ref());
        renamed(
            $list,
            &path::join(at, "names"),
            call.names.as_ref(),
            $standard,
        );
    }};
}

pub(super) fn deviations(list: &mut List<'_>, document: &Document, calls: &[Call]) {
    if let Some(token) = &document.token {
        call!(list, "token", "RFC 6749 §4.1.3", token);
        if token.unknown_params == Some(UnknownParams::Refused) {
            list.add(
                "token.unknown_params",
                "RFC 6749 §3.2",
                "A request with a parameter that is not known is refused",
                "The module sends none; a proxy must not add any.",
            );
        }
        let grants = [
            (
                "token.authorization_code",
                "RFC 6749 §4.1.3",
                &token.authorization_code,
            ),
            ("token.refresh_token", "RFC 6749 §6", &token.refresh_token),
            (
                "token.client_credentials",
                "RFC 6749 §4.4.2",
                &token.client_credentials,
            ),
            ("token.renew", "RFC 6749 §6", &token.renew),
        ];
        for (at, standard, grant) in grants {
            if let Some(grant) = grant.as_ref().and_then(Or::value) {
                call!(list, at, standard, grant);
                parameters(list, at, grant.params.as_ref(), standard);
            }
        }
        if matches!(token.refresh_token, Some(Or::Absent)) {
            list.add("token.refresh_token", "RFC 6749 §1.5", "No refresh tokens are issued", "When the access token ends, it is renewed as this page says, or the user logs in again.");
        }
        if matches!(token.renew, Some(Or::Is(_))) {
            list.add(
                "token.renew",
                "RFC 6749 §6",
                "The access token itself is traded in for the next one",
                "Renew while it still lives: afterwards only a login helps.",
            );
        }
    }
    if let Some(introspect) = document.introspect.as_ref().and_then(Or::value) {
        call!(list, "introspect", "RFC 7662 §2.1", introspect);
        parameters(
            list,
            "introspect",
            introspect.params.as_ref(),
            "RFC 7662 §2.1",
        );
    }
    if let Some(revoke) = document.revoke.as_ref().and_then(Or::value) {
        call!(list, "revoke", "RFC 7009 §2.1", revoke);
        parameters(list, "revoke", revoke.params.as_ref(), "RFC 7009 §2.1");
        let by_access_token = calls
            .iter()
            .any(|call| call.kind == CallKind::RevokeAccessToken);
        let (what, means) = match (revoke.ends, by_access_token) {
            (Some(Ends::Grant), true) => (
                "Revoking an access token ends the whole grant",
                "One call is the end of the connection.",
            ),
            (Some(Ends::RefreshToken), _) => (
                "Revoking ends the refresh token alone",
                "Access tokens that are out live on until they end by themselves.",
            ),
            _ => ("", ""),
        };
        if !what.is_empty() {
            list.add("revoke.ends", "RFC 7009 §2.1", what, means);
        }
    }
}

/// Secrets in the URL of a call of the provider's own, which nothing else describes.
pub(super) fn secrets_in_urls(list: &mut List<'_>, calls: &[Call]) {
    let further = calls.iter().filter(|call| call.kind == CallKind::Further);
    for call in further {
        let values = call.query.iter().filter_map(|row| row.value.template());
        let pieces: Vec<&Piece> = values.flat_map(|template| &template.0).collect();
        for (secret, what, standard) in [
            (
                Source::ClientSecret,
                "The client secret goes in the URL",
                "RFC 6749 §2.3.1",
            ),
            (
                Source::AccessToken,
                "The access token goes in the URL",
                "RFC 9700 §4.3.2",
            ),
        ] {
            let shows = |piece: &&Piece| matches!(piece, Piece::Source(own) if *own == secret);
            if pieces.iter().any(shows) {
                list.add(
                    &call.path,
                    standard,
                    what,
                    "Servers on the way may log it: keep URLs out of your own logs.",
                );
            }
        }
    }
}

fn shared(
    list: &mut List<'_>,
    at: &str,
    auth: Option<&Auth>,
    body: Option<&OneOrMany<BodyFormat>>,
    method: Option<&OneOrMany<Method>>,
) {
    if let Some(Auth::Headers(headers)) = auth {
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        list.add(
            &path::join(at, "auth"),
            "RFC 6749 §2.3.1",
            format!("The credential goes in `{}`", names.join("`, `")),
            "The module does it so.",
        );
    }
    let what = match auth.and_then(Auth::word) {
        Some(Authentication::BasicRaw) => "The Basic credential is not form-encoded",
        Some(Authentication::Post) => "Client id and secret go among the parameters",
        Some(Authentication::None) => "No client secret is shown",
        Some(Authentication::Bearer) => "The access token itself authenticates the call",
        Some(Authentication::Query) => "The access token authenticates the call, in its query",
        _ => "",
    };
    if !what.is_empty() {
        list.add(
            &path::join(at, "auth"),
            "RFC 6749 §2.3.1",
            what,
            "The module does it so.",
        );
    }
    let what = match body.and_then(|body| body.0.first()) {
        Some(BodyFormat::Json) => "Parameters go as a JSON object",
        Some(BodyFormat::Query) => "Parameters go in the URL's query",
        _ => "",
    };
    if !what.is_empty() {
        list.add(
            &path::join(at, "body"),
            "RFC 6749 Appendix B",
            what,
            "The module does it so; a form is not what is documented.",
        );
    }
    if let Some(method) = method
        .and_then(|method| method.0.first())
        .filter(|method| **method != Method::Post)
    {
        list.add(
            &path::join(at, "method"),
            "RFC 6749 §3.2",
            format!("The call is a {}", method.word()),
            match method {
                Method::Get => "Its parameters may be logged by servers on the way.",
                _ => "The module does it so.",
            },
        );
    }
}

fn answers(
    list: &mut List<'_>,
    at: &str,
    success: Option<&Success>,
    error: Option<&Or<OneOrMany<String>>>,
) {
    for (member, expected) in success
        .map(|success| success.0.as_slice())
        .unwrap_or_default()
    {
        let member = member.join(".");
        let what = match expected {
            Expected::Absent => format!("A refusal comes with status 200 and `{member}`"),
            Expected::True => {
                format!("A refusal comes with status 200 and without `{member}: true`")
            }
            Expected::Number(number) => {
                format!("A refusal comes with status 200 and another `{member}` than {number}")
            }
            Expected::Text(text) => {
                format!("A refusal comes with status 200 and another `{member}` than `{text}`")
            }
        };
        list.add(
            &path::join(at, "success"),
            "RFC 6749 §5.2",
            what,
            "The status says nothing; the module looks into the body.",
        );
    }
    match error.and_then(Or::value).map(|error| error.0.as_slice()) {
        Some([standard]) if standard == "error" => {}
        Some(places) => {
            let what = format!("A refusal's code stands at `{}`", places.join("` or `"));
            let at = path::join(at, "error");
            list.add(&at, "RFC 6749 §5.2", what, "The module reads it there.");
        }
        None => {}
    }
}

pub(super) fn renamed(
    list: &mut List<'_>,
    at: &str,
    names: Option<&Named<Or<String>>>,
    standard: &'static str,
) {
    for (word, name) in names.into_iter().flat_map(Named::iter) {
        let what = match name {
            Or::Is(name) => format!("`{word}` goes out as `{name}`"),
            Or::Absent => format!("`{word}` is not sent"),
        };
        list.add(
            &path::join(at, word),
            standard,
            what,
            "The module names it so.",
        );
    }
}

fn parameters(
    list: &mut List<'_>,
    at: &str,
    params: Option<&Named<Parameter>>,
    standard: &'static str,
) {
    let at = path::join(at, "params");
    for (name, value) in params.into_iter().flat_map(Named::iter) {
        let what = match value {
            Parameter::Absent => format!("`{name}` is not sent"),
            Parameter::Argument(_) => continue,
            Parameter::Template(text) if name == "grant_type" => {
                format!("`grant_type` is `{text}`")
            }
            _ => format!("`{name}` goes along"),
        };
        list.add(
            &path::join(&at, name),
            standard,
            what,
            "The module does it; nothing to do.",
        );
    }
}
