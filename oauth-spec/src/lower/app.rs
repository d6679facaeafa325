//! The app's registration and the provider's other hosts.

use crate::plan::{App, Basic, Environment, RedirectScheme, Review};
use crate::syntax::document::{self, Document};
use crate::syntax::shapes::Time;

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
        redirect_scheme: match redirect.scheme {
            Some(document::RedirectScheme::Https) => RedirectScheme::Https,
            Some(document::RedirectScheme::Any) => RedirectScheme::Any,
            _ => RedirectScheme::HttpsOrLoopback,
        },
        redirect_match: redirect.matching.unwrap_or(document::RedirectMatch::Exact),
        redirect_optional: redirect.optional.unwrap_or_default(),
        redirect_notes: redirect_notes(&redirect),
        secret_notes: app.secret.as_ref().map(secret_notes).unwrap_or_default(),
        confidential,
        basic,
    }
}

fn redirect_notes(redirect: &document::RedirectUri) -> Vec<String> {
    let mut notes = vec![
        match redirect.scheme {
            Some(document::RedirectScheme::Https) => "https only",
            Some(document::RedirectScheme::Any) => "any scheme, an app's own too",
            _ => "https, or http to this machine's loopback address",
        }
        .to_owned(),
        match redirect.matching {
            Some(document::RedirectMatch::Prefix) => {
                "the registered one is a prefix of the one that is sent"
            }
            Some(document::RedirectMatch::Host) => {
                "only the host is compared with the registered one"
            }
            _ => "compared character by character with the registered one",
        }
        .to_owned(),
    ];
    if redirect.kind == Some(document::RedirectKind::Alias) {
        notes.push("what is sent is the name under which a URI is registered".to_owned());
    }
    if redirect.optional == Some(true) {
        notes.push("the parameter may be left out; we always send it".to_owned());
    }
    if let Some(max) = redirect.max {
        notes.push(match max {
            1 => "one is registered for an app".to_owned(),
            _ => format!("at most {max} are registered for one app"),
        });
    }
    notes
}

fn secret_notes(secret: &document::ClientSecret) -> Vec<String> {
    let shown = secret.shown.map(|shown| match shown {
        document::SecretShown::Once => "shown once, when it is made".to_owned(),
        document::SecretShown::Always => "shown in the console at any time".to_owned(),
    });
    let lifetime = secret.lifetime.map(|lifetime| match lifetime {
        Time::Never => "does not expire".to_owned(),
        Time::Seconds(seconds) => format!("expires after {}", crate::words::duration(seconds)),
        Time::Varies => "expires as the app's settings say".to_owned(),
        Time::Unknown => "nobody documents whether it expires".to_owned(),
    });
    shown.into_iter().chain(lifetime).collect()
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
