//! The app's registration and the provider's other hosts.

use crate::plan::app::{ClientSecret, RedirectUri};
use crate::plan::{App, Basic, Environment, RedirectScheme, Review};
use crate::syntax::document::{self, Document};

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
            scheme: match redirect.scheme {
                Some(document::RedirectScheme::Https) => RedirectScheme::Https,
                Some(document::RedirectScheme::Any) => RedirectScheme::Any,
                _ => RedirectScheme::HttpsOrLoopback,
            },
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
