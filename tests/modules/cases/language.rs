//! Cases about error responses, and about behaviour that a spec can describe.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_providers::{facebook, microsoft, salesforce};
use oauth_runtime::lifecycle::{MemoryStore, TokenError};
use oauth_runtime::{
    Error, Http, Remedy, Scopes, Secret, Token, http::TransportError, login::CallbackErrorKind,
    oauth_provider, provider::Grace,
};
use oauth_spec::simulator::Simulator;
use oauth_spec::{Demand, Source, compile};

use super::{BACK, Case, World, secrets};
use crate::modules::mutations::an_hour_left;
use crate::support::scripted::{Scripted, answer};

#[oauth_provider("../../specs/worded.toml")]
mod worded {}

pub(super) const CASES: &[Case] = &[
    Case {
        id: "B3",
        situation: "`refresh_expires_in` is 0 for a session without end",
        was: "The refresh token counted as expired, and was refreshed in every round.",
        now: "A spec states the value that means never.",
        tests: &["modules::cases::language::a_refresh_lifetime_that_means_never_is_no_end"],
    },
    Case {
        id: "C1",
        situation: "A refusal comes with status 200",
        was: "It was tried again for ever, and the code was not shown.",
        now: "An error without a token is a refusal.",
        tests: &["modules::cases::language::an_error_without_a_token_is_a_refusal_in_a_success"],
    },
    Case {
        id: "C2",
        situation: "One endpoint has its codes in two members",
        was: "Only one path could be stated.",
        now: "`error` takes a list, and the first that is there counts.",
        tests: &["modules::cases::language::a_code_is_found_in_the_first_member_that_has_one"],
    },
    Case {
        id: "C3",
        situation: "`invalid_grant` means that another request is under way",
        was: "The grant was given up.",
        now: "The description distinguishes the two errors, and the refresh is tried again.",
        tests: &["modules::cases::language::a_grant_under_way_is_tried_again"],
    },
    Case {
        id: "C4",
        situation: "`unknown_error` of Salesforce asks for a retry",
        was: "The app was called wrong.",
        now: "It is tried again.",
        tests: &["modules::cases::language::an_unknown_error_of_salesforce_is_tried_again"],
    },
    Case {
        id: "C5",
        situation: "A callback has `error_code` in place of `error`",
        was: "The message said that the callback has no code.",
        now: "The login is refused with that code.",
        tests: &[
            "modules::cases::language::a_refusal_under_a_second_name_is_found_in_the_callback",
        ],
    },
    Case {
        id: "D3",
        situation: "A rotated refresh token has no grace period",
        was: "The word `never` was compiled as unknown.",
        now: "It is a grace period of zero, and known.",
        tests: &["modules::cases::language::a_grace_of_never_is_zero_and_known"],
    },
    Case {
        id: "F2",
        situation: "Microsoft does not repeat `offline_access`, `openid` and `profile`",
        was: "They were called not granted.",
        now: "A spec states the scopes that a response leaves out.",
        tests: &["modules::cases::language::scopes_that_are_never_repeated_are_not_missing"],
    },
    Case {
        id: "G1",
        situation: "PKCE with the method `plain`, or a challenge in hexadecimal digits",
        was: "No key could state it.",
        now: "`authorize.pkce` has a method and an encoding.",
        tests: &[
            "modules::cases::language::a_challenge_is_plain_or_hexadecimal_where_the_spec_states_it",
        ],
    },
    Case {
        id: "G2",
        situation: "A userinfo response is a JWT",
        was: "The call failed, since the body was no JSON.",
        now: "A spec states `response = \"jwt\"`, and expired claims are refused.",
        tests: &["modules::cases::language::a_userinfo_response_may_be_a_jwt"],
    },
    Case {
        id: "G3",
        situation: "The code is in the redirect without being encoded",
        was: "The exchange sent a space in place of the plus sign.",
        now: "A key states it, and the exchange sends the code as it came.",
        tests: &["modules::cases::language::a_code_that_is_not_encoded_keeps_its_plus_signs"],
    },
];

fn app() -> worded::App {
    worded::App::new("id", "secret", worded::RedirectUri::constant(BACK))
}

#[tokio::test]
async fn a_refresh_lifetime_that_means_never_is_no_end() {
    let provider = Scripted::new();
    let store = std::sync::Arc::new(MemoryStore::new());
    let manager = provider.manager(store);
    let token = worded::AccessToken::from_stored(an_hour_left("a1", "r1"));
    let connection = manager.connect("ann", &app(), token, ()).await.unwrap();
    for (lifetime, has_end) in [("0", false), ("1800", true)] {
        let body = format!(
            r#"{{"access_token":"a2","refresh_token":"r2","expires_in":300,"refresh_expires_in":{lifetime}}}"#
        );
        provider.then(answer(200, body));
        let fresh = connection.refresh().await.unwrap();
        let end = fresh.stored().refresh_token_expires_at();
        assert_eq!(end.is_some(), has_end, "{lifetime}");
        drop(fresh);
        let outlook = manager.outlook().await.unwrap();
        assert_eq!(outlook.first.is_some(), has_end, "{lifetime}");
    }
}

#[tokio::test]
async fn an_error_without_a_token_is_a_refusal_in_a_success() {
    let world = World::connected().await;
    let body = r#"{"error":"invalid_grant","error_description":"revoked"}"#;
    assert_eq!(world.refused(200, body).await, TokenError::LogIn);
    for (body, remedy) in [
        (r#"{"error":"invalid_grant"}"#, Remedy::LogIn),
        (r#"{"error":"invalid_client"}"#, Remedy::MendApp),
        (r#"{"error":"temporarily_unavailable"}"#, Remedy::Retry),
    ] {
        let error = refresh_error(200, body);
        assert_eq!(error.remedy(), remedy, "{body}");
        assert!(error.code().is_some_and(|code| body.contains(code)));
    }
}

fn refresh_error(status: u16, body: &str) -> Error {
    let refresh_token = worded::RefreshToken::from_stored(Secret::new("r1"));
    let call = worded::refresh(&app(), refresh_token);
    let read = call.read(&answer(status, body), crate::support::scripted::now());
    read.err().unwrap()
}

#[test]
fn a_code_is_found_in_the_first_member_that_has_one() {
    let body = r#"{"code":400,"error_code":"refresh_token_not_found","msg":"x"}"#;
    let error = refresh_error(400, body);
    assert_eq!(error.code(), Some("refresh_token_not_found"));
    assert_eq!(error.description(), Some("x"));
    assert_eq!(error.remedy(), Remedy::LogIn);
    for body in [
        r#"{"error":"invalid_client"}"#,
        r#"{"error_code":"refresh_token_not_found","error":"invalid_client"}"#,
    ] {
        let error = refresh_error(400, body);
        assert_eq!(error.code(), Some("invalid_client"), "{body}");
        assert_eq!(error.remedy(), Remedy::MendApp, "{body}");
    }
}

fn at_salesforce(body: &str) -> Remedy {
    let back = salesforce::RedirectUri::constant(BACK);
    let app = salesforce::App::new("id", "secret", back);
    let refresh_token = salesforce::RefreshToken::from_stored(Secret::new("r1"));
    let call = salesforce::refresh(&app, refresh_token);
    let read = call.read(&answer(400, body), crate::support::scripted::now());
    read.err().unwrap().remedy()
}

#[test]
fn a_grant_under_way_is_tried_again() {
    for (description, remedy) in [
        ("a request for this token is under way", Remedy::Retry),
        ("Token request is already being processed", Remedy::Retry),
        ("expired access/refresh token", Remedy::LogIn),
        ("", Remedy::LogIn),
    ] {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
        assert_eq!(at_salesforce(&body), remedy, "{description}");
    }
}

#[test]
fn an_unknown_error_of_salesforce_is_tried_again() {
    let body = r#"{"error":"unknown_error","error_description":"retry your request"}"#;
    assert_eq!(at_salesforce(body), Remedy::Retry);
}

#[test]
fn a_refusal_under_a_second_name_is_found_in_the_callback() {
    use facebook::{App, LoginOptions, RedirectUri, Scope, login_with};
    let app = App::new("id", "secret", RedirectUri::constant(BACK));
    let options = LoginOptions::default();
    let login = login_with(&app, &[Scope::EMAIL], options, &secrets());
    let callback = "error_code=901&error_message=This+app+is+in+sandbox+mode&state=xyz";
    let error = login.callback(callback).err().unwrap();
    let CallbackErrorKind::Refused { code, description } = error.problem() else {
        panic!("{error}");
    };
    assert_eq!(code, "901");
    assert_eq!(description.as_deref(), Some("This app is in sandbox mode"));
}

#[test]
fn a_grace_of_never_is_zero_and_known() {
    let [policy] = worded::PROVIDER.tokens else {
        panic!("it has one token");
    };
    assert_eq!(policy.grace, Grace::Lasts(std::time::Duration::ZERO));
}

#[test]
fn scopes_that_are_never_repeated_are_not_missing() {
    use microsoft::{AccessToken, Scope};
    let token = an_hour_left("a1", "r1").with_scopes(Scopes::new(["User.Read"]));
    let token = AccessToken::from_stored(token);
    let mail = Scope::unlisted("Mail.Read");
    let asked = [Scope::OFFLINE_ACCESS, Scope::OPENID, Scope::PROFILE, mail];
    let missing = token.not_granted(&asked);
    let missing: Vec<_> = missing.into_iter().map(Scope::as_str).collect();
    assert_eq!(missing, ["Mail.Read"]);
}

/// Returns the method and the value of an authorization URL's code challenge.
fn challenge(url: &str) -> (String, String) {
    let (_, query) = url.split_once('?').unwrap();
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).unwrap().1.to_owned()
    };
    (value("code_challenge_method"), value("code_challenge"))
}

#[test]
fn a_challenge_is_plain_or_hexadecimal_where_the_spec_states_it() {
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    // The digest is that of RFC 7636 appendix B, in hexadecimal digits.
    let digest = "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3";
    {
        use worded::hex::{App, RedirectUri, Scope, login_with};
        let app = App::new("id", "secret", RedirectUri::constant(BACK));
        let login = login_with(&app, &[Scope::READ], &secrets());
        let expected = ("S256".to_owned(), digest.to_owned());
        assert_eq!(challenge(login.url()), expected);
    }
    {
        use worded::plain::{App, RedirectUri, Scope, login_with};
        let app = App::new("id", "secret", RedirectUri::constant(BACK));
        let login = login_with(&app, &[Scope::READ], &secrets());
        let expected = ("plain".to_owned(), verifier.to_owned());
        assert_eq!(challenge(login.url()), expected);
    }
}

#[test]
fn a_code_that_is_not_encoded_keeps_its_plus_signs() {
    let app = app();
    let login = worded::login_with(&app, &[worded::Scope::READ], &secrets());
    let code = login.callback("code=aB+c/d==&state=xyz").unwrap();
    let call = worded::exchange(&app, code);
    let body = call.request().body();
    assert!(body.contains("code=aB%2Bc%2Fd%3D%3D"), "{body}");
}

fn userinfo(status: u16, body: &str) -> Result<worded::Userinfo, Error> {
    let token = worded::AccessToken::from_stored(Token::new(Secret::new("a")));
    worded::userinfo(&token).read(&answer(status, body), crate::support::scripted::now())
}

fn jwt(claims: &serde_json::Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[test]
fn a_userinfo_response_may_be_a_jwt() {
    let now = crate::support::scripted::now().duration_since(SystemTime::UNIX_EPOCH);
    let soon = now.unwrap().as_secs() + 60;
    let claims = serde_json::json!({ "sub": "u1", "email": "ann@example.com", "email_verified": "true", "exp": soon });
    let user = userinfo(200, &jwt(&claims)).unwrap();
    assert_eq!(user.sub, "u1");
    assert_eq!(user.email.as_deref(), Some("ann@example.com"));
    assert_eq!(user.email_verified, Some(true));
    let over = serde_json::json!({ "sub": "u1", "exp": 1 });
    let error = userinfo(200, &jwt(&over)).unwrap_err();
    assert!(error.to_string().contains("`exp`"), "{error}");
    let error = userinfo(200, r#"{"sub":"u1"}"#).unwrap_err();
    assert!(error.to_string().contains("a JWT"), "{error}");
    // An error response is JSON, even where a successful response is a JWT.
    let error = userinfo(400, r#"{"error":"refresh_token_not_found"}"#).unwrap_err();
    assert_eq!(error.code(), Some("refresh_token_not_found"));
}

#[tokio::test]
async fn a_simulated_provider_returns_a_jwt_where_its_spec_says_so() {
    let spec = include_str!("../../specs/worded.toml");
    let source = Source::new("worded.toml", spec.as_bytes());
    let simulator = Simulator::of([compile(&source, Demand::Sound).unwrap().base]);
    let client = simulator.register("worded", BACK).unwrap();
    let app = worded::App::new(
        &*client.id,
        &*client.secret,
        worded::RedirectUri::constant(BACK),
    );
    let login = worded::login(&app, &[worded::Scope::READ]);
    let back = simulator.browse(login.url()).unwrap();
    let http = Http::over(simulator.transport::<TransportError>());
    let code = login.callback(&back).unwrap();
    let tokens = http.send(worded::exchange(&app, code)).await.unwrap();
    let user = http.send(worded::userinfo(&tokens.access)).await.unwrap();
    assert!(!user.sub.is_empty());
}
