//! Checks parameters against the IANA registry of OAuth parameters, as of 2026-11.

use super::Context;
use crate::plan::{CallId, Parameter};
use crate::rules;

/// The messages in which a registered parameter may appear.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The authorization request.
    Authorize,
    /// The token request.
    Token,
    /// Both the authorization request and the token request.
    Both,
    /// A response.
    Answer,
}

use Place::{Answer, Authorize, Both, Token};

/// The registered parameters: RFC 6749 §11.2 and later registrations.
const REGISTERED: &[(&str, Place)] = &[
    ("access_token", Answer),
    ("ace_profile", Answer),
    ("acr_values", Authorize),
    ("actor_token", Token),
    ("actor_token_type", Token),
    ("assertion", Token),
    ("audience", Token),
    ("authorization_details", Both),
    ("claims", Authorize),
    ("claims_locales", Authorize),
    ("client_assertion", Token),
    ("client_assertion_type", Token),
    ("client_id", Both),
    ("client_secret", Token),
    ("code", Token),
    ("code_challenge", Authorize),
    ("code_challenge_method", Authorize),
    ("code_verifier", Token),
    ("device_code", Token),
    ("display", Authorize),
    ("dpop_jkt", Authorize),
    ("error", Answer),
    ("error_description", Answer),
    ("error_uri", Answer),
    ("expires_in", Answer),
    ("grant_type", Token),
    ("id_token", Answer),
    ("id_token_hint", Authorize),
    ("iss", Both),
    ("issued_token_type", Answer),
    ("login_hint", Authorize),
    ("max_age", Authorize),
    ("nonce", Authorize),
    ("password", Token),
    ("prompt", Authorize),
    ("redirect_uri", Both),
    ("refresh_token", Token),
    ("registration", Authorize),
    ("request", Authorize),
    ("request_uri", Authorize),
    ("requested_token_type", Token),
    ("resource", Both),
    ("response_mode", Authorize),
    ("response_type", Authorize),
    ("scope", Both),
    ("session_state", Answer),
    ("state", Authorize),
    ("subject_token", Token),
    ("subject_token_type", Token),
    ("token_type", Answer),
    ("ui_locales", Authorize),
    ("username", Token),
];

pub(super) fn check(cx: &mut Context<'_>) {
    let plan = cx.plan;
    let login = plan.login.iter().flat_map(|login| {
        let rows = login.parameters.iter().chain(&login.offline_parameters);
        rows.map(|row| (row, Authorize))
    });
    // `token.renew` and further calls are specific to the provider, so they are not standard token requests.
    let calls = plan
        .calls
        .iter()
        .filter(|call| call.id.is_token_request() && call.id != CallId::Renew);
    let calls = calls.flat_map(|call| call.parameters().map(|row| (row, Token)));
    let rows: Vec<(Parameter, Place)> = login
        .chain(calls)
        // Parameters that the compiler sends, and those that the spec renames, have the standard's meaning.
        .filter(|(row, _)| row.path.contains("params."))
        .map(|(row, place)| (row.clone(), place))
        .collect();
    for (row, place) in rows {
        parameter(cx, &row, place);
    }
}

fn parameter(cx: &mut Context<'_>, row: &Parameter, place: Place) {
    let registered = REGISTERED.iter().find(|(name, _)| *name == row.name);
    let words = |place: Place| match place {
        Authorize => "an authorization request",
        Token => "a token request",
        Both => "either request",
        Answer => "a response",
    };
    match registered {
        Some((_, own)) if *own != place && *own != Both => {
            let message = format!(
                "`{}` is registered for {}, but is sent in {}",
                row.name,
                words(*own),
                words(place)
            );
            let help = "check the parameter, or add an [[accept]] with the reason".to_owned();
            cx.report(&rules::REPURPOSED_PARAMETER, &row.path, message, help);
        }
        Some(_) => {}
        None => {
            let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
            let near = REGISTERED
                .iter()
                .find(|(name, _)| plain(name) == plain(&row.name));
            if let Some((near, _)) = near {
                let message = format!("`{}` is `{near}` in another spelling", row.name);
                let help = format!(
                    "did you mean `{near}`? If the provider renames it, write `names.{near} = \"{}\"`",
                    row.name
                );
                cx.report(&rules::REPURPOSED_PARAMETER, &row.path, message, help);
            }
        }
    }
}
