//! A code can be exchanged only by the app of its login, and only with the inputs of that login.

use oauth_runtime::{Error, ErrorKind, LoginSecrets, SealingKey};

use super::pairs::{BACK, BOTH, CLIENT_ID, Environments, Hosts, Pair, Realms, SECRET, Services};
use super::tenants;
use super::wire::Wire;
use super::world::World;

#[track_caller]
fn is_refused(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Misused);
    let told = error.to_string();
    assert!(told.contains("another app or with other inputs"), "{told}");
    assert!(told.contains("was not sent"), "{told}");
    assert!(!told.contains("c0de"), "{told}");
}

fn codes_go_to_their_own_app_alone<P: Pair>() {
    for (which, is_sealed) in BOTH.into_iter().flat_map(|own| [(own, false), (own, true)]) {
        let own = World::<P>::app(which);
        let request = P::exchange(&own, &own, is_sealed).unwrap();
        let url = request.uri().to_string();
        assert!(url.starts_with(P::OWN[which.nth()]), "{url}");
        let other = World::<P>::app(which.other());
        is_refused(&P::exchange(&own, &other, is_sealed).unwrap_err());
        // A replaced client secret does not make it another app.
        let replaced = P::app(which, "new-secret");
        assert!(P::exchange(&own, &replaced, is_sealed).is_ok());
    }
}

#[test]
fn a_code_of_one_app_is_refused_by_the_other_before_anything_is_sent() {
    codes_go_to_their_own_app_alone::<Hosts>();
    codes_go_to_their_own_app_alone::<Realms>();
    codes_go_to_their_own_app_alone::<Environments>();
    codes_go_to_their_own_app_alone::<Services>();
}

fn inputs(tenant: &str) -> tenants::Inputs {
    tenants::Inputs {
        tenant: tenants::Tenant::parse(tenant).unwrap(),
    }
}

/// Returns a code of a login at the tenant `one`.
fn code(app: &tenants::App, is_sealed: bool) -> tenants::Code {
    let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
    let mut login = tenants::login_with(app, &inputs("one"), &secrets);
    if is_sealed {
        let key = SealingKey::from_bytes(&[3; 32]);
        login = tenants::Login::open(&login.seal(&key), &key).unwrap();
    }
    login
        .callback(&format!("{BACK}?code=c0de&state=xyz"))
        .unwrap()
}

#[tokio::test]
async fn a_code_is_refused_with_other_inputs_before_anything_is_sent() {
    let back = tenants::RedirectUri::constant(BACK);
    let app = tenants::App::new(CLIENT_ID, SECRET, back);
    let wire = Wire::new(Hosts::OWN);
    for is_sealed in [false, true] {
        let own = tenants::exchange(&app, &inputs("one"), code(&app, is_sealed));
        let own = own.http_request().unwrap();
        assert_eq!(own.uri().host(), Some("one.vendor.example"));
        let foreign = tenants::exchange(&app, &inputs("two"), code(&app, is_sealed));
        let sent = wire.http().send(foreign).await;
        is_refused(&sent.err().unwrap());
    }
    wire.check("a code with other inputs", [0, 0]);
}
