//! Fuzzes the response of a further call, and the claims of an ID token.
//!
//! - Every input gives a result and causes no panic.
//! - An accepted entry has the form that the spec requires.
//! - An ID token is accepted only with the nonce of its login.

#![no_main]

use std::time::UNIX_EPOCH;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use oauth_runtime::{LoginSecrets, Secret, Token, oauth_provider};

#[oauth_provider("../../../specs/atlassian.toml")]
mod atlassian {}

#[oauth_provider("../../../specs/google.toml")]
mod google {}

const NONCE: &str = "n-0S6_WzA2Mj";

fuzz_target!(|input: &[u8]| {
    list(input);
    id_token(input);
});

fn list(body: &[u8]) {
    let token = atlassian::AccessToken::from_stored(Token::new(Secret::new("token")));
    let call = atlassian::site(&token);
    for site in call
        .read(&http::Response::new(body), UNIX_EPOCH)
        .into_iter()
        .flatten()
    {
        assert!(atlassian::CloudId::parse(site.cloud_id.as_str()).is_ok());
    }
}

fn id_token(claims: &[u8]) {
    let uri = google::RedirectUri::constant("https://app.example.com/cb");
    let app = google::App::new("id", "secret", uri);
    let secrets = LoginSecrets::from_parts("xyz", "verifier")
        .and_then(|secrets| secrets.with_nonce(NONCE))
        .expect("short texts");
    let login = google::login_with(&app, &[], google::LoginOptions::default(), &secrets);
    let code = login
        .callback("code=c&state=xyz")
        .expect("its own callback");
    let body = format!(
        r#"{{"access_token":"a","id_token":"e30.{}.c2ln"}}"#,
        URL_SAFE_NO_PAD.encode(claims)
    );
    let read = google::exchange(&app, code).read(&http::Response::new(body), UNIX_EPOCH);
    // A claim that is never read may contain invalid UTF-8. That is not a reason to lose the token.
    let claims: Option<serde_json::Value> =
        serde_json::from_str(&String::from_utf8_lossy(claims)).ok();
    let nonce = claims.as_ref().and_then(|claims| claims.get("nonce"));
    if read.is_ok() {
        assert_eq!(nonce.and_then(|nonce| nonce.as_str()), Some(NONCE));
    }
}
