//! Lowers the authorization request and the callback.

use super::parameters::{Standard, standard, stated, with_standard};
use super::template::Available;
use super::{Context, template};
use crate::plan::{Challenge, Install, Login, ScopeSet, Source, Template, Value, Verify};
use crate::rules;
use crate::syntax::document::{
    Callback, ChallengeEncoding, CodeEncoding, Nonce, ParamsIn, Pkce, PkceMethod, Reuse, StateIn,
    UnknownParams, Verify as StatedVerify,
};
use crate::syntax::either::PkceUse;
use crate::syntax::path;
use crate::syntax::shapes::{Named, OneOrMany, Or};

/// The standard's values that an authorization request can use.
const AVAILABLE: Available<'static> = Available {
    standard: &[Source::ClientId, Source::RedirectUri, Source::State],
    draws: false,
    ..Available::NOTHING
};

pub(crate) fn login(cx: &mut Context<'_>, scope_sets: &[ScopeSet]) -> Option<Login> {
    let authorize = cx.document().authorize.as_ref().and_then(Or::value)?;
    let url = match &authorize.url {
        Some(url) => template::url(cx, url, "authorize.url"),
        None => {
            let help = "add `url = \"https://…\"` to [authorize]".to_owned();
            cx.report(
                &rules::GRANT_WITHOUT_ENDPOINT,
                "authorize",
                "`authorize` has no URL".to_owned(),
                help,
            );
            Template::default()
        }
    };
    let own_pkce = authorize.pkce.as_ref();
    let stated_pkce = own_pkce.map_or(Pkce::Supported, PkceUse::support);
    let challenge = own_pkce.map_or(Challenge::S256, challenge);
    let pkce = (!matches!(stated_pkce, Pkce::Ignored | Pkce::Rejected)).then(|| challenge.method());
    let nonce = nonce(cx.document());
    let state_in_redirect = authorize.state == Some(StateIn::InRedirect);
    let none = Named::default();
    let names: Vec<(&String, &Or<String>, String)> = authorize
        .names
        .iter()
        .flat_map(Named::iter)
        .map(|(word, name)| (word, name, path::join("authorize.names", word)))
        .collect();
    let (parameters, arguments) = with_standard(
        cx,
        request(scope_sets, pkce, nonce, state_in_redirect),
        authorize.params.as_ref().unwrap_or(&none),
        "authorize.params",
        &names,
        AVAILABLE,
        "authorize",
    );
    let offline = authorize.offline.clone().unwrap_or_default();
    let offline_params = offline.params.clone().unwrap_or_default();
    let (offline_parameters, _) =
        stated(cx, &offline_params, "authorize.offline.params", AVAILABLE);
    for row in &offline_parameters {
        if row.value.sources().next().is_some() {
            let message = format!("`{}` is not the same for every login", row.path);
            cx.report(
                &rules::BAD_TEMPLATE,
                &row.path.clone(),
                message,
                "use a constant value".to_owned(),
            );
        }
        if parameters.iter().any(|other| other.name == row.name) {
            let message = format!("`{}` is sent twice if the login is offline", row.name);
            cx.report(&rules::REPEATED_PARAMETER, &row.path.clone(), message, None);
        }
    }
    let offline_scopes = offline.scopes.unwrap_or_default();
    let has_offline = !offline_parameters.is_empty() || !offline_scopes.is_empty();
    let callback = cx.document().callback.as_ref();
    let code = callback.and_then(|callback| callback.code.clone());
    let state = names
        .iter()
        .find(|(word, ..)| *word == "state")
        .and_then(|(_, name, _)| name.value());
    let callback = callback_names(cx.document().callback.as_ref(), state);
    let callback_further = further_names(cx.document().callback.as_ref());
    let verify = callback_verify(cx);
    let further = || callback_further.iter().flatten();
    let is_read = |name: &String| callback.contains(name) || further().any(|own| own == name);
    for own in verify.iter().filter(|own| is_read(&own.name)) {
        let message = format!("`{}` of the callback already has a meaning", own.name);
        let help = "verify another parameter, such as `iss`".to_owned();
        let at = path::join("callback.verify", &own.name);
        cx.report(&rules::REPEATED_PARAMETER, &at, message, help);
    }
    Some(Login {
        url,
        parameters,
        offline_parameters,
        offline_scopes,
        has_offline,
        pkce: stated_pkce,
        challenge,
        only_known: authorize.unknown_params == Some(UnknownParams::Refused),
        nonce,
        code_lifetime: code.as_ref().and_then(|code| code.lifetime),
        code_reuse_ends_grant: code.and_then(|code| code.reuse) != Some(Reuse::Refused),
        in_fragment: authorize.params_in == Some(ParamsIn::Fragment),
        state_in_redirect,
        arguments,
        doc: authorize.doc.clone(),
        callback,
        callback_further,
        code_is_raw: code_is_raw(cx.document().callback.as_ref()),
        verify,
    })
}

/// Returns what the provider does with a `nonce`. The login sends one if `openid` can be requested, unless the provider does
/// not support it (OpenID Connect Core §3.1.2.1).
pub(crate) fn nonce(document: &crate::syntax::document::Document) -> Nonce {
    let authorize = document.authorize.as_ref().and_then(Or::value);
    let stated = authorize.and_then(|authorize| authorize.nonce);
    stated.unwrap_or_else(|| match super::tokens::asks_for_identity(document) {
        true => Nonce::Supported,
        false => Nonce::None,
    })
}

/// Returns the parameters of the authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3).
fn request(
    scope_sets: &[ScopeSet],
    pkce: Option<&str>,
    nonce: Nonce,
    state_in_redirect: bool,
) -> Standard {
    let source = |source| Value::Template(Template::source(source));
    let mut rows = standard([
        ("response_type", Value::Template(Template::text("code"))),
        ("client_id", source(Source::ClientId)),
        ("redirect_uri", source(Source::RedirectUri)),
    ]);
    for (index, set) in scope_sets.iter().enumerate() {
        rows.extend(
            set.parameter
                .clone()
                .map(|parameter| (parameter, Value::Scopes(index))),
        );
    }
    if !state_in_redirect {
        rows.extend(standard([("state", source(Source::State))]));
    }
    if nonce != Nonce::None {
        rows.extend(standard([("nonce", source(Source::Nonce))]));
    }
    if let Some(method) = pkce {
        rows.extend(standard([
            ("code_challenge", source(Source::CodeChallenge)),
            (
                "code_challenge_method",
                Value::Template(Template::text(method)),
            ),
        ]));
    }
    rows
}

/// Returns the names of the callback's parameters (RFC 6749 §4.1.2). The `state` returns under the name that it has
/// in the request.
fn callback_names(callback: Option<&Callback>, state: Option<&String>) -> [String; 4] {
    let none = Callback::default();
    let callback = callback.unwrap_or(&none);
    let name =
        |own: &Option<String>, default: &str| own.clone().unwrap_or_else(|| default.to_owned());
    [
        name(
            &callback.code.as_ref().and_then(|own| own.name.clone()),
            "code",
        ),
        name(&callback.state, state.map_or("state", String::as_str)),
        name(&first(callback.error.as_ref()), "error"),
        name(
            &first(callback.error_description.as_ref()),
            "error_description",
        ),
    ]
}

fn challenge(stated: &PkceUse) -> Challenge {
    match (stated.method(), stated.encoding()) {
        (PkceMethod::Plain, _) => Challenge::Plain,
        (PkceMethod::S256, Some(ChallengeEncoding::Hex)) => Challenge::S256Hex,
        (PkceMethod::S256, _) => Challenge::S256,
    }
}

fn code_is_raw(callback: Option<&Callback>) -> bool {
    let code = callback.and_then(|own| own.code.as_ref());
    code.and_then(|own| own.encoding) == Some(CodeEncoding::Raw)
}

fn first(names: Option<&OneOrMany<String>>) -> Option<String> {
    names.and_then(|names| names.0.first()).cloned()
}

/// Returns the names of the error code and the error description after the first name of each.
fn further_names(callback: Option<&Callback>) -> [Vec<String>; 2] {
    let further = |names: Option<&OneOrMany<String>>| {
        let names = names.map(|names| names.0.iter().skip(1).cloned());
        names.into_iter().flatten().collect()
    };
    [
        further(callback.and_then(|own| own.error.as_ref())),
        further(callback.and_then(|own| own.error_description.as_ref())),
    ]
}

fn callback_verify(cx: &mut Context<'_>) -> Vec<Verify> {
    let document = cx.document();
    let stated = document
        .callback
        .as_ref()
        .and_then(|callback| callback.verify.as_ref());
    verify(cx, stated, "callback.verify")
}

fn verify(cx: &mut Context<'_>, stated: Option<&Named<StatedVerify>>, at: &str) -> Vec<Verify> {
    let lowered = stated
        .into_iter()
        .flat_map(Named::iter)
        .map(|(name, stated)| {
            let available = Available {
                standard: &[Source::ClientId, Source::ClientSecret],
                verifying: Some(name),
                ..Available::NOTHING
            };
            let at_name = path::join(at, name);
            if stated.value.as_deref() == Some("") && stated.optional != Some(true) {
                // A parameter without a value counts as omitted (RFC 6749 §3.1).
                let message =
                    format!("`{name}` must be present and empty, which no callback can be");
                let help = "state the value that it must have, or add `optional = true`".to_owned();
                cx.report(&rules::BAD_TEMPLATE, &at_name, message, help);
            }
            Verify {
                name: name.clone(),
                value: template::value(
                    cx,
                    stated.value.as_deref().unwrap_or_default(),
                    &at_name,
                    available,
                ),
                optional: stated.optional.unwrap_or_default(),
            }
        });
    lowered.collect()
}

/// Lowers an installation, a request from the provider's app store: its checks, and the inputs that it fills.
pub(crate) fn install(cx: &mut Context<'_>) -> Option<Install> {
    let install = cx.document().install.as_ref()?;
    let available = Available {
        installing: true,
        ..Available::NOTHING
    };
    let inputs = install.inputs.iter().flat_map(Named::iter);
    let inputs: Vec<(String, Template)> = inputs
        .map(|(name, text)| {
            let at = path::join("install.inputs", name);
            (name.clone(), template::value(cx, text, &at, available))
        })
        .collect();
    Some(Install {
        verify: verify(cx, install.verify.as_ref(), "install.verify"),
        inputs,
        doc: install.doc.clone(),
    })
}

/// Returns whether verifying a callback uses the client secret.
pub(crate) fn uses_secret(verify: &[Verify]) -> bool {
    let mut sources = verify.iter().flat_map(|verify| verify.value.sources());
    sources.any(|source| *source == Source::ClientSecret)
}
