//! Facts about an app's registration, in a few words each.

use crate::plan::AcceptedUris;
use crate::plan::app::{ClientSecret, RedirectMatch, RedirectUri, SecretShown};
use crate::syntax::shapes::Time;
use crate::words::duration;

/// What a redirect URI may be, and how it is compared.
pub(crate) fn redirect_uri(rule: &RedirectUri) -> Vec<String> {
    let scheme = accepted(rule.accepted);
    let comparison = match rule.matching {
        RedirectMatch::Prefix => "must begin with the registered URI",
        RedirectMatch::Host => "must have the host of the registered URI",
        RedirectMatch::Exact => "must equal the registered URI, character by character",
    };
    let mut facts = vec![scheme, comparison.to_owned()];
    if rule.any_loopback_port {
        facts.push("a loopback URI may have any port".to_owned());
    }
    if rule.is_alias {
        facts.push("the parameter is the name under which a URI is registered".to_owned());
    }
    if rule.is_optional {
        facts.push("the parameter is optional; the module always sends it".to_owned());
    }
    facts.extend(rule.max.map(|max| match max {
        1 => "an app has one registered URI".to_owned(),
        _ => format!("an app has at most {max} registered URIs"),
    }));
    facts
}

/// Which URIs are accepted.
fn accepted(accepted: AcceptedUris) -> String {
    match accepted {
        AcceptedUris::HTTPS => "https only".to_owned(),
        AcceptedUris::ANY => "any scheme, including an app's own".to_owned(),
        AcceptedUris::HTTPS_OR_LOOPBACK => "https, or http to a loopback address".to_owned(),
        AcceptedUris {
            http,
            loopback,
            localhost,
            private_use,
        } => {
            let alternatives = [
                (http, "http"),
                (loopback && !http, "http to 127.0.0.1 or [::1]"),
                (localhost && !http, "http to localhost"),
                (private_use, "a scheme of the app"),
            ];
            let alternatives = alternatives
                .into_iter()
                .filter(|(is_accepted, _)| *is_accepted);
            let words: Vec<&str> = alternatives.map(|(_, words)| words).collect();
            let refused = match localhost {
                true => "",
                false => " (not localhost)",
            };
            format!("https, {}{refused}", words.join(", or "))
        }
    }
}

/// How long a client secret is shown, and when it expires.
pub(crate) fn secret(secret: &ClientSecret) -> Vec<String> {
    let shown = secret.shown.map(|shown| match shown {
        SecretShown::Once => "shown once, when it is created".to_owned(),
        SecretShown::Always => "shown in the console at any time".to_owned(),
    });
    let lifetime = secret.lifetime.map(|lifetime| match lifetime {
        Time::Never => "does not expire".to_owned(),
        Time::Seconds(seconds) => format!("expires after {}", duration(seconds)),
        Time::Varies => "expires as configured in the app's settings".to_owned(),
        Time::Unknown => "expiry is undocumented".to_owned(),
    });
    shown.into_iter().chain(lifetime).collect()
}
