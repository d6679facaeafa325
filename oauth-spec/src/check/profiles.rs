//! Checks of standards profiles: compares each profile that a spec claims with the rest of the spec.

use super::Context;
use crate::plan::token::Rotation;
use crate::plan::{Authentication, Call, Challenge, Parameter, Piece, Placement, Source};
use crate::rules;
use crate::syntax::document::{Pkce, Profile, RedirectMatch};
use crate::syntax::path;

pub(super) fn check(cx: &mut Context<'_>) {
    let document = cx.document();
    let profiles = document
        .provider
        .as_ref()
        .and_then(|own| own.profiles.clone());
    for profile in profiles.unwrap_or_default() {
        for broken in broken(cx, profile) {
            let message = format!(
                "the spec does not conform to `{}`: {broken}",
                profile.word()
            );
            let help = "drop the profile, or correct what contradicts it".to_owned();
            cx.report(&rules::BROKEN_PROFILE, "provider.profiles", message, help);
        }
    }
}

/// Returns each contradiction of a profile, with the section that requires it.
fn broken(cx: &Context<'_>, profile: Profile) -> Vec<String> {
    let (document, plan) = (cx.document(), cx.plan);
    let section = |oauth21: &'static str, rfc9700: &'static str| match profile {
        Profile::Oauth21 => format!("OAuth 2.1 §{oauth21}"),
        Profile::Rfc9700 => format!("RFC 9700 §{rfc9700}"),
    };
    let mut broken = Vec::new();
    let mut add = |is_broken: bool, what: &str, section: String| {
        if is_broken {
            broken.push(format!("{what} ({section})"));
        }
    };
    let login = plan.login.as_ref();
    let pkce = login.map(|login| login.pkce);
    add(
        login.is_some_and(|login| login.challenge == Challenge::Plain),
        "the code challenge is the verifier itself",
        section("4.1.1", "2.1.1"),
    );
    add(
        pkce.is_some_and(|pkce| !matches!(pkce, Pkce::Supported | Pkce::Required)),
        "PKCE is not supported",
        section("7.5.1", "2.1.1"),
    );
    let redirect = document
        .app
        .as_ref()
        .and_then(|app| app.redirect_uri.as_ref());
    let matching = redirect.and_then(|redirect| redirect.matching);
    add(
        matches!(matching, Some(RedirectMatch::Prefix | RedirectMatch::Host)),
        "redirect URIs are not compared exactly",
        section("2.3.1", "2.1"),
    );
    let public = plan
        .exchange()
        .is_some_and(|call| call.authentication == Authentication::None);
    let rotates =
        |token: &crate::plan::Token| !token.refreshes || token.policy.rotation == Rotation::Always;
    add(
        public && !plan.tokens.iter().all(rotates),
        "a public client's refresh tokens do not rotate",
        section("4.3.1", "2.2.2"),
    );
    let mut parameters = plan.calls.iter().flat_map(Call::parameters);
    add(
        parameters.any(|row| may_be(row, "grant_type", &["password"])),
        "the password grant is used",
        section("10", "2.4"),
    );
    let mut login = plan.login.iter().flat_map(|login| {
        let own = login.parameters.iter();
        own.chain(&login.offline_parameters)
    });
    add(
        login.any(|row| may_be(row, "response_type", &["token", "id_token"])),
        "the implicit flow is used, whose authorization response carries a token",
        section("10.1", "2.1.2"),
    );
    let in_query = plan.calls.iter().any(|call| {
        let mut query = call.query.iter();
        query.any(|row| row.carries(&Source::AccessToken) || row.carries(&Source::ClientSecret))
    });
    let api_query = plan
        .api
        .as_ref()
        .is_some_and(|api| api.placement == Placement::Query);
    add(
        in_query || api_query,
        "tokens or secrets are sent in a query",
        section("5.2", "4.3.2"),
    );
    broken
}

/// Returns whether a parameter of the standard, under this or another name, may have one of these words as its value.
/// It may if the caller chooses the value.
fn may_be(row: &Parameter, name: &str, words: &[&str]) -> bool {
    let is_it = row.name == name || path::split(&row.path).last().is_some_and(|own| own == name);
    let template = row.value.template().map(|template| template.0.as_slice());
    is_it
        && match template {
            Some([Piece::Text(text)]) => text.split(' ').any(|word| words.contains(&word)),
            _ => true,
        }
}
