//! Cases about browsers, and about messages that people read.

use oauth_runtime::lifecycle::TokenError;
use oauth_runtime::login::CallbackErrorKind;

use super::{BACK, Case, World, plain, secrets};

pub(super) const CASES: &[Case] = &[
    Case {
        id: "E1",
        situation: "Two tabs begin a login, and both come back",
        was: "One cookie per provider: both logins failed.",
        now: "Each finishes: a login is found by its state.",
        tests: &["lifecycle::login_web::two_tabs_and_two_providers_finish_in_any_order"],
    },
    Case {
        id: "E2",
        situation: "HEAD or a prefetch comes before the user's own request",
        was: "The speculative request consumed the login.",
        now: "It changes nothing.",
        tests: &[
            "lifecycle::login_web::a_request_that_is_not_the_login_s_callback_changes_nothing",
        ],
    },
    Case {
        id: "E3",
        situation: "The provider posts the callback as a form from its own site",
        was: "The cookie stayed away, and the form was not read.",
        now: "A page of the application submits the form again.",
        tests: &[
            "lifecycle::login_web::forms::a_posted_form_is_submitted_again_with_the_cookies_of_the_site",
        ],
    },
    Case {
        id: "E4",
        situation: "`error=access_denied` comes without a state",
        was: "The code was not reported, and a command-line tool waited for ever.",
        now: "The code is reported as unverified, and the tool stops at its deadline.",
        tests: &[
            "modules::cases::people::an_error_without_a_state_is_reported_and_unverified",
            "lifecycle::login_loopback::a_tool_stops_at_its_deadline_and_names_the_last_stray_callback",
        ],
    },
    Case {
        id: "E5",
        situation: "A refused login comes back to a command-line tool",
        was: "The page said that the login was done.",
        now: "The page says that the login was refused.",
        tests: &["lifecycle::login_loopback::a_refused_login_is_not_called_done"],
    },
    Case {
        id: "F1",
        situation: "An untrusted certificate, a closed port, an unknown host",
        was: "One text for all three, without a source.",
        now: "Each is named, with its source and its own advice.",
        tests: &[
            "real::transport::what_is_wrong_with_a_certificate_is_named_and_left_to_an_operator",
            "real::transport::a_closed_port_is_a_refused_connection",
            "real::transport::a_host_without_an_address_is_named",
        ],
    },
    Case {
        id: "F3",
        situation: "A refresh response that cannot be used",
        was: "One sentence gave two contradicting pieces of advice.",
        now: "One piece of advice.",
        tests: &["modules::cases::people::a_failed_refresh_gives_one_advice"],
    },
    Case {
        id: "F4",
        situation: "The callback has no `iss`",
        was: "The message said that another server may have sent it.",
        now: "The message says that `iss` is missing.",
        tests: &["modules::cases::people::a_missing_iss_is_called_missing"],
    },
];

#[test]
fn an_error_without_a_state_is_reported_and_unverified() {
    let app = super::app();
    let login = plain::login_with(&app, &[plain::Scope::READ], &secrets());
    let error = login.callback("error=access_denied").err().unwrap();
    let CallbackErrorKind::Unverified { code } = error.problem() else {
        panic!("{error}");
    };
    assert_eq!(code, "access_denied");
    let told = error.to_string();
    assert!(
        told.contains("access_denied") && told.contains("unverified"),
        "{told}"
    );
}

#[tokio::test]
async fn a_failed_refresh_gives_one_advice() {
    for (status, body) in [
        (200, r#"{"expires_in":3600}"#),
        (200, r#"{"access_token":{},"refresh_token":7}"#),
        (200, "<html>"),
        (400, r#"{"error":"never_heard_of"}"#),
        (400, r#"{"error":"invalid_client"}"#),
        (503, ""),
    ] {
        let world = World::connected().await;
        let refused = world.refused(status, body).await;
        let is_kept = matches!(
            refused,
            TokenError::Later { .. } | TokenError::MendApp { .. }
        );
        assert!(is_kept, "{status} {body}: {refused:?}");
        let told = refused.to_string();
        let advice = [
            "next attempt in",
            "retry will not help",
            "try again",
            "log in again",
        ];
        let given = advice.iter().filter(|own| told.contains(**own)).count();
        assert_eq!(given, 1, "{told}");
    }
}

#[test]
fn a_missing_iss_is_called_missing() {
    use plain::issuer::{App, RedirectUri, Scope, login_with};
    let app = App::new("id", "secret", RedirectUri::constant(BACK));
    let refused = |callback: &str| {
        let login = login_with(&app, &[Scope::READ], &secrets());
        login.callback(callback).err().unwrap()
    };
    let missing = refused("code=c0de&state=xyz");
    assert!(
        matches!(missing.problem(), CallbackErrorKind::Missing(name) if name == "iss"),
        "{missing}"
    );
    assert!(!missing.to_string().contains("unexpected"), "{missing}");
    let foreign = refused("code=c0de&state=xyz&iss=https%3A%2F%2Fid.evil.example");
    assert!(
        matches!(foreign.problem(), CallbackErrorKind::Foreign(name) if name == "iss"),
        "{foreign}"
    );
}
