//! A host and an id from the callback, and a host from the token response.

use std::time::UNIX_EPOCH;

use oauth_runtime::{LoginSecrets, Secret, login::CallbackErrorKind, oauth_provider};

#[oauth_provider("../specs/regional.toml")]
mod regional {}

const REDIRECT_URI: regional::RedirectUri =
    regional::RedirectUri::constant("https://app.example.com/cb");

fn app() -> regional::App {
    regional::App::new("id", "secret", REDIRECT_URI)
}

fn callback(parameters: &str) -> Result<regional::Code, oauth_runtime::CallbackError> {
    let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
    let login = regional::login_with(&app(), &secrets);
    login.callback(&format!(
        "https://app.example.com/cb?code=c0de&state=xyz&{parameters}"
    ))
}

#[test]
fn the_token_call_goes_where_the_callback_says() {
    let code =
        callback("accounts-server=https%3A%2F%2Faccounts.regional.eu.example&realmId=42").unwrap();
    let call = regional::exchange(&app(), code);
    assert_eq!(
        call.request().url(),
        "https://accounts.regional.eu.example/oauth/v2/token"
    );

    let body =
        r#"{"access_token":"at","refresh_token":"rt","api_domain":"https://www.regional.example"}"#;
    let tokens = call.read(&http::Response::new(body), UNIX_EPOCH).unwrap();
    assert_eq!(
        tokens.accounts_server.as_str(),
        "https://accounts.regional.eu.example"
    );
    assert_eq!(
        (tokens.realm.as_str(), tokens.api_domain.as_str()),
        ("42", "https://www.regional.example")
    );

    let refresh_token = regional::RefreshToken::from_stored(Secret::new("rt"));
    let call = regional::refresh(&app(), &refresh_token, &tokens.accounts_server);
    assert_eq!(
        call.request().url(),
        "https://accounts.regional.eu.example/oauth/v2/token"
    );

    let url = "https://www.regional.example/v3/42/invoices";
    assert!(
        tokens
            .access
            .bearer(&tokens.realm, &tokens.api_domain, url)
            .is_ok()
    );
    let other = "https://www.regional.example/v3/43/invoices";
    assert!(
        tokens
            .access
            .bearer(&tokens.realm, &tokens.api_domain, other)
            .is_err()
    );
}

#[test]
fn a_host_outside_the_list_is_refused_before_any_call() {
    for server in [
        "https%3A%2F%2Fevil.example",
        "http%3A%2F%2Faccounts.regional.example",
        "",
    ] {
        let error = callback(&format!("accounts-server={server}&realmId=42")).unwrap_err();
        assert_eq!(
            *error.problem(),
            CallbackErrorKind::Malformed("accounts-server".to_owned()),
            "{server}"
        );
    }
    let error = callback("accounts-server=https%3A%2F%2Faccounts.regional.example").unwrap_err();
    assert_eq!(
        *error.problem(),
        CallbackErrorKind::Malformed("realmId".to_owned())
    );
}

#[test]
fn a_host_in_the_answer_is_held_to_its_list_too() {
    let code =
        callback("accounts-server=https%3A%2F%2Faccounts.regional.example&realmId=42").unwrap();
    let call = regional::exchange(&app(), code);
    let body =
        r#"{"access_token":"hush","refresh_token":"hush","api_domain":"https://evil.example"}"#;
    let error = call
        .read(&http::Response::new(body), UNIX_EPOCH)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`api_domain` should be a string in the form"),
        "{error}"
    );
    assert!(!error.to_string().contains("hush"));
}
