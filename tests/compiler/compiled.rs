//! A custom spec compiled in both ways: the attribute and the build script produce equal modules.

use std::time::{Duration, UNIX_EPOCH};

use oauth_runtime::{Call, LoginSecrets, Remedy, Secret, Token, oauth_provider};

#[allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "this test uses one function of a whole module"
)]
mod built {
    include!(concat!(env!("OUT_DIR"), "/oauth_providers.rs"));
}

#[oauth_provider("../specs/bank.toml")]
pub mod bank {
    /// The attribute keeps the user's items.
    pub(super) const OWN: &str = "mine";
}

const REDIRECT_URI: bank::RedirectUri = bank::RedirectUri::constant("https://app.example.com/cb");

fn inputs() -> bank::Inputs {
    bank::Inputs {
        branch: bank::Branch::parse("north").unwrap(),
        mandate: bank::Mandate::parse("Miller & Sons").unwrap(),
    }
}

fn app() -> bank::App {
    bank::App::new("id", "sec ret", REDIRECT_URI)
}

fn code() -> bank::Code {
    let secrets =
        LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    let options = bank::LoginOptions {
        offline: false,
        locale: None,
    };
    let login = bank::login_with(
        &app(),
        &inputs(),
        &[],
        bank::Purpose::Read,
        options,
        &secrets,
    );
    login
        .callback("auth_code=c0de&session=xyz&iss=https%3A%2F%2Fid.bank.example")
        .unwrap()
}

fn message<T>(call: &Call<T>) -> String {
    let request = call.request();
    let headers: String = request
        .headers()
        .map(|(name, value)| format!("\n{name}: {value}"))
        .collect();
    format!(
        "{} {}{headers}\n\n{}",
        request.method().as_str(),
        request.url(),
        request.body()
    )
}

#[test]
fn the_users_own_items_stay_in_the_module() {
    assert_eq!(bank::OWN, "mine");
}

#[test]
fn the_login_is_the_one_that_the_spec_describes() {
    let secrets =
        LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
    let app = app()
        .with_region(bank::Region::parse("us").unwrap())
        .with_environment(bank::Environment::Sandbox);
    let options = bank::LoginOptions {
        offline: true,
        locale: Some("de DE"),
    };
    let login = bank::login_with(
        &app,
        &inputs(),
        &[bank::Scope::PAY],
        bank::Purpose::Pay,
        options,
        &secrets,
    );
    assert_eq!(
        login.url(),
        "https://id.sandbox.bank.example/us/authorize?response_type=code&app_id=id\
         &redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&scope=balance%7Cpay%7Ckeep&session=xyz\
         &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256\
         &purpose=pay&locale=de+DE&audience=https%3A%2F%2Fnorth.bank.example&access=offline"
    );
}

#[test]
fn the_exchange_is_the_one_that_the_spec_describes() {
    let call = bank::exchange(&app(), &inputs(), code());
    assert_eq!(
        message(&call),
        "POST https://id.bank.example/eu/token\naccept: application/json\nauthorization: Basic aWQ6c2VjIHJldA==\n\
         x-mandate: Miller & Sons\ncontent-type: application/json\n\n\
         {\"auth_code\":\"c0de\",\"code_verifier\":\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\",\"version\":2,\"test\":true}"
    );
    let body = r#"{"result":{"code":0},"data":{"token":{"value":"at","next":"rt","next_ttl":60},"ttl":2,
        "rights":"balance|pay","customer":{"id":7,"balance":12,"verified":true,"pin":"1234"}}}"#;
    let tokens = call.read(&http::Response::new(body), UNIX_EPOCH).unwrap();
    assert_eq!(tokens.access.access_token().expose(), "at");
    assert_eq!(
        tokens.access.expires_at(),
        Some(UNIX_EPOCH + Duration::from_secs(120))
    );
    let stored = tokens.access.stored();
    assert_eq!(stored.refresh_token().map(Secret::expose), Some("rt"));
    assert_eq!(
        stored.refresh_token_expires_at(),
        Some(UNIX_EPOCH + Duration::from_secs(60))
    );
    assert_eq!(
        stored.scopes().unwrap().iter().collect::<Vec<_>>(),
        ["balance", "pay"]
    );
    assert_eq!(
        (tokens.customer.as_str(), tokens.balance, tokens.verified),
        ("7", Some(12), true)
    );
    assert_eq!(
        tokens.pin.map(|pin| pin.expose().to_owned()).as_deref(),
        Some("1234")
    );
}

#[test]
fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let call = bank::refresh(
        &app(),
        &inputs(),
        bank::RefreshToken::from_stored(Secret::new("old")),
    );
    let body = r#"{"result":{"code":0},"token":{"value":"new"}}"#;
    let token = call.read(&http::Response::new(body), UNIX_EPOCH).unwrap();
    assert_eq!(
        token.stored().refresh_token().map(Secret::expose),
        Some("old")
    );
    // The response has no lifetime, so the documented lifetime applies.
    assert_eq!(
        token.expires_at(),
        Some(UNIX_EPOCH + Duration::from_secs(3600))
    );
}

#[test]
fn a_refusal_within_a_200_is_an_error_with_the_specs_advice() {
    let call = bank::exchange(&app(), &inputs(), code());
    let body = r#"{"result":{"code":17,"reason":"mandate_ended","text":"over"}}"#;
    let error = call
        .read(&http::Response::new(body), UNIX_EPOCH)
        .unwrap_err();
    assert_eq!(
        (error.code(), error.remedy()),
        (Some("mandate_ended"), Remedy::LogIn)
    );
    assert_eq!(
        bank::ErrorCode::of(&error),
        Some(bank::ErrorCode::MANDATE_ENDED)
    );
    assert!(
        error
            .to_string()
            .contains("Ask the customer for a new mandate"),
        "{error}"
    );
    assert_eq!(error.description(), Some("over"));
}

#[test]
fn an_input_in_a_path_cannot_leave_its_segment() {
    let token = bank::AccessToken::from_stored(Token::new(Secret::new("at")));
    let inputs = bank::Inputs {
        mandate: bank::Mandate::parse("../a b").unwrap(),
        ..inputs()
    };
    let call = bank::revoke(&app(), &inputs, &token);
    assert_eq!(
        call.request().url(),
        "https://north.bank.example/mandates/..%2Fa%20b/revoke"
    );
    assert!(bank::Branch::parse("evil.example/").is_err());
}

#[test]
fn a_token_goes_to_the_api_of_its_connection_alone() {
    let token = bank::AccessToken::from_stored(Token::new(Secret::new("at")));
    let bearer = token
        .bearer(&inputs(), "https://north.bank.example/v2/accounts")
        .unwrap();
    assert_eq!(bearer, "Bearer at");
    for url in [
        "https://south.bank.example/v2/accounts",
        "https://north.bank.example/v1",
        "http://north.bank.example/v2",
    ] {
        assert!(token.bearer(&inputs(), url).is_err(), "{url}");
    }
}

#[test]
fn the_build_script_writes_the_same_module() {
    use built::bank;
    let redirect_uri = bank::RedirectUri::parse("https://app.example.com/cb").unwrap();
    let app = bank::App::new("id", "sec ret", redirect_uri);
    let inputs = bank::Inputs {
        branch: bank::Branch::parse("north").unwrap(),
        mandate: bank::Mandate::parse("Miller & Sons").unwrap(),
    };
    let own = bank::refresh(
        &app,
        &inputs,
        bank::RefreshToken::from_stored(Secret::new("rt")),
    );
    let other = self::bank::refresh(
        &self::app(),
        &self::inputs(),
        self::bank::RefreshToken::from_stored(Secret::new("rt")),
    );
    assert_eq!(message(&own), message(&other));
}
