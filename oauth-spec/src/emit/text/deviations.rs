//! A sentence for each way in which a provider departs from the standard, and one on what follows from it.

use crate::plan::deviation::SuccessMember;
use crate::plan::{Deviation, DeviationKind, Place};
use crate::syntax::choices::{Authentication, BodyFormat, Method};
use crate::words::duration;

/// What follows where the generated module takes care of the deviation.
const HANDLED: &str = "The module handles this.";

/// What the provider does, as a sentence without its full stop.
pub(crate) fn what(deviation: &Deviation) -> String {
    use DeviationKind as Kind;
    match &deviation.kind {
        Kind::PkceRequired => "PKCE is required".to_owned(),
        Kind::PkceIgnored => "PKCE is ignored".to_owned(),
        Kind::PkceRejected => "PKCE is rejected".to_owned(),
        Kind::PkceUndocumented => "PKCE support is undocumented".to_owned(),
        Kind::PlainChallenge => "The code challenge is the code verifier itself".to_owned(),
        Kind::HexChallenge => "The code challenge is hexadecimal".to_owned(),
        Kind::RawCode => "The code in the callback is not percent-encoded".to_owned(),
        Kind::UnknownLoginParameters => {
            "An authorization request with an unknown parameter is rejected".to_owned()
        }
        Kind::UnknownTokenParameters => {
            "A token request with an unknown parameter is rejected".to_owned()
        }
        Kind::Parameter { name, is_sent } => match (is_sent, &deviation.place) {
            (false, _) => format!("`{name}` is not sent"),
            (true, Place::Login) => format!("Every authorization request includes `{name}`"),
            (true, _) => format!("The request includes `{name}`"),
        },
        Kind::GrantType(value) => format!("`grant_type` is `{value}`"),
        Kind::Renamed { word, name } => match name {
            Some(name) => format!("`{word}` is sent as `{name}`"),
            None => format!("`{word}` is not sent"),
        },
        Kind::OfflineAccess => {
            "A refresh token is issued only if the authorization request asks for offline access"
                .to_owned()
        }
        Kind::CallbackParameter { name, is_optional } => match is_optional {
            true => format!("The callback may contain `{name}`, which then has a known value"),
            false => format!("The callback contains `{name}`, which has a known value"),
        },
        Kind::IgnoredScopes => "Unknown scopes are ignored".to_owned(),
        Kind::ScopeSeparator(separator) if separator == "," => {
            "Scopes are separated by commas".to_owned()
        }
        Kind::ScopeSeparator(separator) => format!("Scopes are separated by `{separator}`"),
        Kind::GrantedScopeSeparator(separator) => {
            format!("Granted scopes are separated by `{separator}`")
        }
        Kind::NoGrantedScopes => {
            "The token response does not contain the granted scopes".to_owned()
        }
        Kind::UnreportedScopes(scopes) => {
            format!("The token response may omit `{}`", scopes.join("`, `"))
        }
        Kind::ConsoleScopes => "The app's settings decide the scopes".to_owned(),
        Kind::ScopeParameter(name) => format!("The scope parameter is `{name}`"),
        Kind::ScopeList { name, parameter } => {
            format!("The scopes of `{name}` have a parameter of their own, `{parameter}`")
        }
        Kind::NestedToken { token, path } => format!("The token `{token}` is nested in `{path}`"),
        Kind::EndlessToken(token) => format!("The token `{token}` does not expire"),
        Kind::NoLifetime(token) => {
            format!("The token response does not contain the lifetime of `{token}`")
        }
        Kind::SeveralTokens => "One login returns several tokens".to_owned(),
        Kind::NoRefreshTokens => "No refresh tokens are issued".to_owned(),
        Kind::AccessTokenRenewal => "The access token is exchanged for the next one".to_owned(),
        Kind::Rotation => "Every refresh returns a new refresh token".to_owned(),
        Kind::NoRotation => "A refresh does not return a new refresh token".to_owned(),
        Kind::ReuseEndsGrant => "A refresh token that is used twice ends the grant".to_owned(),
        Kind::GraceSeconds(seconds) => {
            let grace = duration(*seconds);
            format!("A consumed refresh token still works for {grace}")
        }
        Kind::GraceUntilNewUsed => "A refresh token works until its successor is used".to_owned(),
        Kind::GraceUntilAccessTokenUsed => {
            "A refresh token works until the next access token is used".to_owned()
        }
        Kind::GraceForever => "A consumed refresh token still works".to_owned(),
        Kind::IdleSeconds(seconds) => {
            format!(
                "An unused refresh token expires after {}",
                duration(*seconds)
            )
        }
        Kind::AbsoluteSeconds(seconds) => {
            format!(
                "The refresh token expires after {}, used or not",
                duration(*seconds)
            )
        }
        Kind::CredentialHeaders(names) => {
            format!(
                "Client authentication uses the header `{}`",
                names.join("` and `")
            )
        }
        Kind::Authentication(method) => authentication(*method).to_owned(),
        Kind::Body(BodyFormat::Json) => "The parameters are a JSON object".to_owned(),
        Kind::Body(BodyFormat::Query) => "The parameters are in the URL's query".to_owned(),
        Kind::Body(BodyFormat::Form) => "The parameters are a form".to_owned(),
        Kind::Method(method) => format!("The HTTP method is {}", method.word()),
        Kind::ErrorInSuccess { member, success } => match success {
            SuccessMember::Absent => format!("An error response has status 200 and `{member}`"),
            SuccessMember::True => {
                format!("An error response has status 200, and `{member}` is not `true`")
            }
            SuccessMember::Number(number) => {
                format!("An error response has status 200, and `{member}` is not {number}")
            }
            SuccessMember::Text(text) => {
                format!("An error response has status 200, and `{member}` is not `{text}`")
            }
        },
        Kind::ErrorMember(paths) => format!("The error code is at `{}`", paths.join("` or `")),
        Kind::RevocationEndsGrant => "Revoking an access token ends the whole grant".to_owned(),
        Kind::RevocationKeepsAccessTokens => {
            "Revoking a refresh token does not revoke access tokens".to_owned()
        }
        Kind::SecretInUrl => "The URL contains the client secret".to_owned(),
        Kind::AccessTokenInUrl => "The URL contains the access token".to_owned(),
    }
}

fn authentication(method: Authentication) -> &'static str {
    match method {
        Authentication::Basic => "Client authentication is HTTP Basic",
        Authentication::BasicRaw => "The HTTP Basic credential is not form-encoded",
        Authentication::Post => "Client id and client secret are parameters",
        Authentication::None => "The client does not authenticate",
        Authentication::Bearer => "The access token authenticates the request",
        Authentication::Query => "The access token authenticates the request, as a query parameter",
    }
}

/// What follows for an integration, as whole sentences.
pub(crate) fn consequence(deviation: &Deviation) -> &'static str {
    use DeviationKind as Kind;
    match &deviation.kind {
        Kind::PkceRequired => {
            "An authorization request without a code challenge is rejected. The module always sends one."
        }
        Kind::PkceIgnored => {
            "The module sends no code challenge, since it would have no effect. Only the state protects the login."
        }
        Kind::PkceRejected => {
            "The module sends no code challenge, since the request would fail. Only the state protects the login."
        }
        Kind::PkceUndocumented => {
            "The module sends a code challenge anyway; servers without PKCE ignore it."
        }
        Kind::PlainChallenge => {
            "This PKCE method is weak: an attacker who reads the authorization request can use a stolen code."
        }
        Kind::RawCode => {
            "Pass the callback's query to the module unchanged. Decoding it first would break the code."
        }
        Kind::UnknownLoginParameters => {
            "The module sends no unknown parameter. Do not add any to its URL."
        }
        Kind::UnknownTokenParameters => {
            "The module sends no unknown parameter. A proxy must not add any."
        }
        Kind::OfflineAccess => {
            "Set `offline` in the login's options; otherwise the connection ends with its first access token."
        }
        Kind::CallbackParameter {
            is_optional: true, ..
        } => "The module rejects a callback with another value before it sends the code.",
        Kind::CallbackParameter { .. } => {
            "The module rejects a callback with another value, and one without it, before it sends the code."
        }
        Kind::IgnoredScopes => {
            "The login succeeds without them. Compare the granted scopes with the requested ones."
        }
        Kind::NoGrantedScopes => {
            "A scope that the user deselected is noticed only when an API call fails."
        }
        Kind::UnreportedScopes(_) => {
            "The module does not report them as denied, since their absence does not show whether they were granted."
        }
        Kind::ConsoleScopes => {
            "The authorization request contains no scopes. Change them in the console."
        }
        Kind::ScopeList { .. } => "The login takes one list for each parameter.",
        Kind::EndlessToken(_) => {
            "It works until the user or the provider ends it. Store it like a password."
        }
        Kind::NoLifetime(_) => "The module uses the documented lifetime, if there is one.",
        Kind::SeveralTokens => "Each has its own type, and is stored and refreshed separately.",
        Kind::NoRefreshTokens => {
            "When the access token expires, it is renewed as described on this page, or the user logs in again."
        }
        Kind::AccessTokenRenewal => "Renew it before it expires. After that, only a login helps.",
        Kind::Rotation => {
            "Store it before you use the new access token. The old one stops working."
        }
        Kind::NoRotation => "Keep the first one.",
        Kind::ReuseEndsGrant => "Never refresh one connection from two places at the same time.",
        Kind::GraceSeconds(_)
        | Kind::GraceUntilNewUsed
        | Kind::GraceUntilAccessTokenUsed
        | Kind::GraceForever => "A refresh whose response was lost can be repeated.",
        Kind::IdleSeconds(_) => "Refresh in time; otherwise the user must log in again.",
        Kind::AbsoluteSeconds(_) => {
            "A refresh does not move this end. After it, the user must log in again."
        }
        Kind::Method(Method::Get) => "Servers on the way may log the parameters.",
        Kind::ErrorInSuccess { .. } => {
            "The status alone does not show an error. The module checks the body."
        }
        Kind::RevocationEndsGrant => "One call ends the connection.",
        Kind::RevocationKeepsAccessTokens => "Issued access tokens stay valid until they expire.",
        Kind::SecretInUrl | Kind::AccessTokenInUrl => {
            "Servers on the way may log it. Keep URLs out of your own logs."
        }
        Kind::HexChallenge
        | Kind::Parameter { .. }
        | Kind::GrantType(_)
        | Kind::Renamed { .. }
        | Kind::ScopeSeparator(_)
        | Kind::GrantedScopeSeparator(_)
        | Kind::ScopeParameter(_)
        | Kind::NestedToken { .. }
        | Kind::CredentialHeaders(_)
        | Kind::Authentication(_)
        | Kind::Body(_)
        | Kind::Method(_)
        | Kind::ErrorMember(_) => HANDLED,
    }
}

/// The function of the call that a deviation is about, unless its sentence names the subject.
pub(crate) fn function(deviation: &Deviation) -> Option<&str> {
    use DeviationKind as Kind;
    let Place::Call { call, .. } = &deviation.place else {
        return None;
    };
    match deviation.kind {
        Kind::NoRefreshTokens
        | Kind::AccessTokenRenewal
        | Kind::Rotation
        | Kind::NoRotation
        | Kind::ReuseEndsGrant
        | Kind::GraceSeconds(_)
        | Kind::GraceUntilNewUsed
        | Kind::GraceUntilAccessTokenUsed
        | Kind::GraceForever
        | Kind::IdleSeconds(_)
        | Kind::AbsoluteSeconds(_)
        | Kind::RevocationEndsGrant
        | Kind::RevocationKeepsAccessTokens => None,
        _ => Some(call.function()),
    }
}
