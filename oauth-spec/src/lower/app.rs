//! The app's registration and the provider's other hosts.

use crate::plan::app::{ClientSecret, RedirectUri};
use crate::plan::{AcceptedUris, App, Basic, Environment, Review};
use crate::syntax::document::{self, Document, RedirectScheme};
use crate::syntax::shapes::OneOrMany;

pub(crate) fn app(document: &Document, basic: Option<Basic>, confidential: bool) -> App {
    let app = document.app.clone().unwrap_or_default();
    let redirect = app.redirect_uri.clone().unwrap_or_default();
    let review = app.review.unwrap_or_default();
    let review = review.iter().map(|(name, step)| Review {
        name: name.clone(),
        material: step.material.clone().unwrap_or_default(),
        by: step.by.clone(),
        takes: step.takes,
        until: step.until.clone(),
    });
    App {
        console: app.console,
        per_connection: app.per == Some(document::Per::Connection),
        review: review.collect(),
        sandbox: app.sandbox,
        steps: app.steps.unwrap_or_default(),
        redirect_uri: RedirectUri {
            accepted: accepted(redirect.scheme.as_ref()),
            any_loopback_port: redirect.any_loopback_port.unwrap_or_default(),
            matching: redirect.matching.unwrap_or(document::RedirectMatch::Exact),
            is_optional: redirect.optional.unwrap_or_default(),
            is_alias: redirect.kind == Some(document::RedirectKind::Alias),
            max: redirect.max,
        },
        client_secret: app
            .secret
            .map_or_else(ClientSecret::default, |secret| ClientSecret {
                shown: secret.shown,
                lifetime: secret.lifetime,
            }),
        confidential,
        basic,
    }
}

/// Returns the redirect URIs that the provider accepts besides https ones: those of each word.
fn accepted(stated: Option<&OneOrMany<RedirectScheme>>) -> AcceptedUris {
    let Some(words) = stated else {
        return AcceptedUris::HTTPS_OR_LOOPBACK;
    };
    let mut accepted = AcceptedUris::HTTPS;
    for word in &words.0 {
        match word {
            RedirectScheme::Https => {}
            RedirectScheme::HttpsOrLoopback => {
                accepted.loopback = true;
                accepted.localhost = true;
            }
            RedirectScheme::Http => {
                accepted.http = true;
                accepted.loopback = true;
                accepted.localhost = true;
            }
            RedirectScheme::Loopback => accepted.loopback = true,
            RedirectScheme::Localhost => accepted.localhost = true,
            RedirectScheme::PrivateUse => accepted.private_use = true,
            RedirectScheme::Any => return AcceptedUris::ANY,
        }
    }
    accepted
}

pub(crate) fn environments(document: &Document) -> Vec<Environment> {
    let named = document.environment.clone().unwrap_or_default();
    let lowered = named.iter().map(|(name, environment)| Environment {
        name: name.clone(),
        doc: environment.doc.clone().unwrap_or_default(),
        console: environment.console.clone(),
        hosts: environment.hosts.clone().unwrap_or_default().0,
    });
    lowered.collect()
}
