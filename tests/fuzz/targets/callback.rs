//! Fuzzes the query of a callback against one login.
//!
//! - The login accepts the query exactly if it has one state, which is the login's, one issuer, which is the spec's, one
//!   code and no error. Another decoder reads the query for comparison.
//! - It never panics, and the printable text of an error contains no code.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use oauth_runtime::{LoginSecrets, oauth_provider};

#[oauth_provider("../../specs/bank.toml")]
mod bank {}

const REDIRECT_URI: bank::RedirectUri = bank::RedirectUri::constant("https://app.example.com/cb");
const STATE: &str = "xyz";
const ISSUER: &str = "https://id.bank.example";
const MARK: &str = "hush-hush-hush";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(query) = std::str::from_utf8(bytes) else {
        return Corpus::Reject;
    };
    if query.contains(MARK) {
        return Corpus::Reject;
    }
    check(query);
    check(&format!("auth_code={MARK}&{query}"));
    Corpus::Keep
});

fn check(query: &str) {
    let taken = login().callback(query);
    assert_eq!(taken.is_ok(), is_good(query), "{query:?} gave {taken:?}");
    let printed = match &taken {
        Ok(code) => format!("{code:?}"),
        Err(error) => format!("{error} {error:?} {:?} {}", error.problem(), error.remedy()),
    };
    assert!(!printed.contains(MARK), "{printed}");
}

/// Returns whether a query is acceptable, as another form decoder reads it.
fn is_good(query: &str) -> bool {
    // A path precedes the query, unless a character of a query comes first.
    let first = query.chars().find(|own| [':', '?', '=', '&'].contains(own));
    let (place, query) = match query.split_once('?') {
        Some((place, behind)) if query.starts_with('/') || matches!(first, Some(':' | '?')) => {
            (place, behind)
        }
        _ => ("", query),
    };
    if !place.is_empty() && path(place) != "/cb" {
        return false;
    }
    let query = query.split('#').next().unwrap_or_default();
    let values = |wanted: &str| -> Vec<String> {
        form_urlencoded::parse(query.as_bytes())
            .filter(|(name, value)| name == wanted && !value.is_empty())
            .map(|(_, value)| value.into_owned())
            .collect()
    };
    let code = values("auth_code");
    values("session") == [STATE]
        && values("iss") == [ISSUER]
        && values("reason").is_empty()
        && code.len() == 1
        && !code[0].is_empty()
}

/// Returns the path after a scheme and an authority, if there are any.
fn path(place: &str) -> &str {
    let place = place.split('#').next().unwrap_or_default();
    if place.starts_with('/') {
        return place;
    }
    let rest = place.split_once(':').map_or(place, |(_, rest)| rest);
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.find('/').map_or("", |at| &rest[at..]),
        None => rest,
    };
    if path.is_empty() { "/" } else { path }
}

fn login() -> bank::Login {
    let secrets = LoginSecrets::from_parts(STATE, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        .expect("short enough");
    let inputs = bank::Inputs {
        branch: bank::Branch::parse("north").expect("a label"),
        mandate: bank::Mandate::parse("Miller & Sons").expect("any text"),
    };
    let app = bank::App::new("id", "secret", REDIRECT_URI);
    let options = bank::LoginOptions::default();
    bank::login_with(&app, &inputs, &[], bank::Purpose::Read, options, &secrets)
}
