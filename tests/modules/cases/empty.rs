//! Cases about empty and malformed values.

use super::{BACK, Case, World, plain, secrets};
use crate::support::scripted::answer;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "B1",
        situation: "`error` is there and empty, in a response or a callback",
        was: "The login was refused, without a code.",
        now: "An empty parameter is an absent one.",
        tests: &["modules::cases::empty::an_empty_error_refuses_nothing"],
    },
    Case {
        id: "B2",
        situation: "`expires_in` is 0 at every refresh",
        was: "Each call refreshed twice, and failed then.",
        now: "The token that just came is handed out: one refresh per call.",
        tests: &["modules::cases::empty::a_lifetime_of_zero_hands_out_the_token_that_came"],
    },
];

#[test]
fn an_empty_error_refuses_nothing() {
    use plain::checked::{App, RedirectUri, Scope, exchange, login_with};
    let app = App::new("id", "secret", RedirectUri::constant(BACK));
    for callback in [
        "code=c0de&state=xyz",
        "code=c0de&state=xyz&error=",
        "error=&error_description=&code=c0de&state=xyz",
    ] {
        let login = login_with(&app, &[Scope::READ], &secrets());
        let code = login.callback(callback).unwrap();
        let call = exchange(&app, code);
        let body = r#"{"access_token":"a2","error":"","error_description":""}"#;
        let tokens = call
            .read(&answer(200, body), crate::support::scripted::now())
            .unwrap();
        let access_token = tokens.access.stored().access_token();
        assert_eq!(access_token.expose(), "a2", "{callback}");
    }
    let login = login_with(&app, &[Scope::READ], &secrets());
    let refused = login.callback("code=c0de&state=xyz&error=access_denied");
    assert!(refused.is_err(), "one that says something counts");
}

#[tokio::test]
async fn a_lifetime_of_zero_hands_out_the_token_that_came() {
    let world = World::connected().await;
    let response = |nth: usize| {
        format!(r#"{{"access_token":"short{nth}","refresh_token":"r{nth}","expires_in":0}}"#)
    };
    let first = world.refreshed(response(1)).await;
    assert_eq!(first.access_token().expose(), "short1");
    for nth in 2..6 {
        world.provider.then(answer(200, response(nth)));
        let token = world.connection.token().await.unwrap();
        let expected = format!("short{nth}");
        assert_eq!(token.stored().access_token().expose(), expected);
        assert_eq!(world.provider.received().len(), nth, "one refresh per call");
    }
}
