//! A callback that the provider signs, and a header that is computed. Functions of the spec make both values.

use oauth_runtime::{LoginSecrets, login::CallbackErrorKind, oauth_provider};

#[oauth_provider("../specs/signed.toml")]
mod signed {}

const REDIRECT_URI: signed::RedirectUri =
    signed::RedirectUri::constant("https://app.example.com/cb");

/// A callback whose HMAC another program computed, over `code=c0de&shop=…&state=xyz` with the key `hush`.
const RIGHT: &str = "code=c0de&state=xyz&shop=some-shop.signed.example\
                     &hmac=df9dc9b8befd557f377c7eea0fbfa6c037bac21c0bde14a789463e0e9ab9326e";

fn inputs() -> signed::Inputs {
    signed::Inputs {
        shop: signed::Shop::parse("some-shop").unwrap(),
    }
}

fn callback(query: &str) -> Result<signed::Code, CallbackErrorKind> {
    let app = signed::App::new("id", "hush", REDIRECT_URI);
    let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
    let login = signed::login_with(&app, &inputs(), &secrets);
    login
        .callback(&app, query)
        .map_err(|error| error.problem().clone())
}

#[test]
fn a_callback_with_the_right_signature_gives_a_code() {
    assert!(callback(RIGHT).is_ok());
    let shuffled: Vec<&str> = RIGHT.split('&').rev().collect();
    assert!(callback(&shuffled.join("&")).is_ok());
}

#[test]
fn a_callback_that_was_changed_gives_none() {
    let foreign = |parameter: &str| Err(CallbackErrorKind::Foreign(parameter.to_owned()));
    let changed = |from: &str, to: &str| callback(&RIGHT.replace(from, to)).map(drop);
    assert_eq!(changed("c0de", "c0df"), foreign("hmac"));
    assert_eq!(changed("hmac=", "hmac=0"), foreign("hmac"));
    assert_eq!(changed("&hmac=", "&added=1&hmac="), foreign("hmac"));
    let missing = Err(CallbackErrorKind::Missing("hmac".to_owned()));
    assert_eq!(changed("&hmac=", "&other="), missing);
    assert_eq!(changed("some-shop", "other-shop"), foreign("shop"));
}

#[test]
fn a_computed_header_is_sent() {
    let app = signed::App::new("id", "hush", REDIRECT_URI);
    let call = signed::exchange(&app, &inputs(), callback(RIGHT).unwrap());
    let proof = call
        .request()
        .headers()
        .find(|(name, _)| *name == "x-proof")
        .unwrap()
        .1;
    assert_eq!(proof, "v1=5bC0fmphpvHNcIbBXAQXVbiLKysqKy1vyZd1Tge6Les");
}
