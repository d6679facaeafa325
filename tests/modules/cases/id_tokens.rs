//! Cases about ID tokens, which a login must request with a scope.

use oauth_runtime::{ErrorKind, LoginSecrets, oauth_provider};

/// The spec requires a field of the ID token, so a login without `openid` must not consume its code.
#[oauth_provider("../../specs/claimed.toml")]
mod claimed {}

#[test]
fn a_login_without_openid_does_not_consume_its_code_where_an_id_token_is_required() {
    let back = claimed::RedirectUri::constant("https://app.example.com/callback");
    let app = claimed::App::new("id", "secret", back);
    let secrets = LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    let secrets = secrets.unwrap();
    let request = |scopes: &[claimed::Scope]| {
        let login = claimed::login_with(&app, scopes, &secrets);
        let code = login.callback("code=c&state=xyz").unwrap();
        claimed::exchange(&app, code).http_request()
    };
    assert!(request(&[claimed::Scope::OPENID]).is_ok());
    let error = request(&[claimed::Scope::PROFILE]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misused);
    assert!(
        error.to_string().contains("did not request `openid`"),
        "{error}"
    );
}
