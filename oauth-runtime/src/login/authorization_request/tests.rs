//! Tests of which callback belongs to a login, and of what a sealed login contains.

use super::*;
use crate::login::redirect_uri::{Https, RedirectUri};
use crate::provider::input::InvalidInput;
use crate::provider::registered_app::acme::{App, PROVIDER};

static OTHER: Provider = Provider::new("other", "Other", "https://other.example");
const NAMES: CallbackNames = CallbackNames::STANDARD;

#[derive(Clone)]
struct Shop;

impl StoredInputs for Shop {
    fn texts(&self) -> Vec<(&'static str, String)> {
        vec![("shop", "a.example".to_owned())]
    }

    fn from_texts(_: &dyn Fn(&str) -> String) -> Result<Shop, InvalidInput> {
        Ok(Shop)
    }
}

fn login() -> AuthorizationRequest {
    login_without_issuer()
        .expecting("iss", "https://acme.example")
        .with_inputs(&Shop)
}

fn login_without_issuer() -> AuthorizationRequest {
    let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
    let redirect_uri = RedirectUri::<Https>::parse("https://app.example/cb")
        .unwrap()
        .encoded_once();
    AuthorizationRequest::begin(&App, &secrets, &redirect_uri, |request| {
        request.url("https://acme.example/authorize");
        request.query("?state=").raw(secrets.state());
    })
}

#[track_caller]
fn refused(query: &str, expected: &str) {
    let error = login().verify(query, &NAMES).unwrap_err();
    assert_eq!(error.to_string(), expected, "{query}");
}

#[test]
fn a_right_callback_gives_the_code_with_what_belongs_to_it() {
    let iss = "iss=https%3A%2F%2Facme.example";
    for query in [
        format!("state=xyz&code=a%2Bb&{iss}"),
        format!("?code=a%2Bb&{iss}&state=xyz"),
        format!("https://app.example/cb?code=a%2Bb&{iss}&state=xyz#_=_"),
        // Behind a proxy, a request has another scheme and host.
        format!("http://10.0.0.7:8080/cb?code=a%2Bb&{iss}&state=xyz"),
        format!("/cb?code=a%2Bb&{iss}&state=xyz"),
        // An empty parameter counts as absent.
        format!("code=a%2Bb&{iss}&state=xyz&error="),
        format!("code=a%2Bb&{iss}&state=xyz&error&error_description=&code=&iss="),
    ] {
        let verified = login().verify(&query, &NAMES).unwrap();
        assert_eq!(verified.code(), "a+b");
        assert_eq!(verified.code_verifier(), "verifier");
        assert_eq!(verified.redirect_uri(), "https://app.example/cb");
        assert_eq!(verified.input("shop"), "a.example");
        assert_eq!(verified.input("other"), "");
    }
}

#[test]
fn a_code_that_stands_as_it_is_keeps_its_plus_signs_and_percent_signs() {
    const RAW: CallbackNames = CallbackNames {
        code_is_raw: true,
        ..NAMES
    };
    let query = "code=aB+c/d%2B==&state=xyz";
    for (names, code) in [(&RAW, "aB+c/d%2B=="), (&NAMES, "aB c/d+==")] {
        let verified = login_without_issuer().verify(query, names).unwrap();
        assert_eq!(verified.code(), code);
    }
}

#[test]
fn of_several_names_of_a_refusal_the_first_counts_that_says_something() {
    const SEVERAL: CallbackNames = CallbackNames {
        further_errors: &[ParameterName::of("error_code")],
        further_descriptions: &[ParameterName::of("error_message")],
        ..NAMES
    };
    let refused = |query: &str| {
        let verified = login_without_issuer().verify(query, &SEVERAL);
        let Err(error) = verified else { return None };
        match error.problem() {
            CallbackErrorKind::Refused { code, description } => {
                Some((code.clone(), description.clone()))
            }
            _ => None,
        }
    };
    let said = |code: &str, words: &str| Some((code.to_owned(), Some(words.to_owned())));
    for (query, expected) in [
        (
            "error_code=901&error_message=a+b&state=xyz",
            said("901", "a b"),
        ),
        (
            "error=&error_code=901&error_message=m&state=xyz",
            said("901", "m"),
        ),
        (
            "error=access_denied&error_code=200&error_description=d&state=xyz",
            said("access_denied", "d"),
        ),
        ("code=c&state=xyz", None),
        ("code=c&state=xyz&error=&error_code=", None),
    ] {
        assert_eq!(refused(query), expected, "{query}");
    }
}

#[test]
fn every_wrong_callback_is_told_apart() {
    let iss = "iss=https%3A%2F%2Facme.example";
    refused(
        "code=c",
        "the callback from Acme has no state, so it matches no login",
    );
    refused(
        &format!("code=c&state=abc&{iss}"),
        "the callback from Acme has the state of another login",
    );
    refused(
        &format!("code=c&state=xyz&state=xyz&{iss}"),
        "the callback from Acme has more than one `state`",
    );
    refused(
        "code=c&state=xyz&iss=https://evil.example",
        "the callback from Acme has an unexpected `iss`: another server may have sent it",
    );
    refused(
        "code=c&state=xyz",
        "the callback from Acme has no `iss`, which must accompany every code",
    );
    refused(
        "error=access_denied&error_description=hush",
        "the callback from Acme has the error `access_denied` but no state: it is unverified and matches no login",
    );
    refused(
        &format!("https://app.example/other?code=c&state=xyz&{iss}"),
        "the callback from Acme arrived at `/other`, but the login's redirect URI has the path `/cb`",
    );
    refused(
        &format!("state=xyz&{iss}"),
        "the callback from Acme has no code",
    );
    refused(
        &format!("state=xyz&{iss}&error=access_denied&error_description=hush"),
        "the login at Acme failed: access_denied; the user or an administrator refused; ask before trying again",
    );
}

#[test]
fn a_value_that_may_be_absent_must_still_not_be_another_s() {
    let login = || login_without_issuer().expecting_if_present("iss", "https://acme.example");
    assert!(login().verify("code=c&state=xyz", &NAMES).is_ok());
    assert!(
        login()
            .verify("code=c&state=xyz&iss=https://acme.example", &NAMES)
            .is_ok()
    );
    assert!(
        login()
            .verify("code=c&state=xyz&iss=https://evil.example", &NAMES)
            .is_err()
    );
}

#[test]
fn a_refusal_may_lack_the_issuer_and_has_no_other_s() {
    for login in [
        login(),
        login_without_issuer().expecting_if_present("iss", "https://acme.example"),
    ] {
        for (iss, is_refusal) in [
            ("", true),
            ("&iss=https://acme.example", true),
            ("&iss=https://evil.example", false),
        ] {
            let query = format!("state=xyz&error=access_denied{iss}");
            let error = login.check(&query, &NAMES).unwrap_err();
            assert_eq!(error.is_refusal(), is_refusal, "{query}: {error}");
        }
    }
}

#[test]
fn a_check_consumes_nothing_and_gives_what_the_callback_gives() {
    for query in [
        "state=xyz&code=c&iss=https://acme.example",
        "state=xyz&code=c",
        "state=xyz&error=access_denied",
        "state=abc&code=c",
        "error=access_denied",
    ] {
        let login = login();
        let checked = login.check(query, &NAMES);
        assert_eq!(login.check(query, &NAMES), checked);
        assert_eq!(login.verify(query, &NAMES).map(drop), checked, "{query}");
    }
}

#[test]
fn a_forged_refusal_is_not_taken_for_one() {
    refused(
        "error=access_denied&state=abc",
        "the callback from Acme has the state of another login",
    );
}

#[test]
fn a_forged_callback_that_says_things_twice_is_told_as_forged() {
    refused(
        "code=a&code=b&state=abc",
        "the callback from Acme has the state of another login",
    );
}

#[test]
fn a_sealed_login_opens_for_its_provider_and_key_alone() {
    let key = SealingKey::generate();
    let sealed = login().seal(&key);
    assert!(!sealed.contains("xyz"));
    let opened = AuthorizationRequest::open(&PROVIDER, &sealed, &key).unwrap();
    assert_eq!(opened.state(), login().state());
    assert_eq!(opened.url(), "", "the browser has been there");
    assert!(
        opened
            .verify("state=xyz&code=c&iss=https://acme.example", &NAMES)
            .is_ok()
    );
    assert_eq!(
        AuthorizationRequest::open(&OTHER, &sealed, &key).unwrap_err(),
        SealError::Foreign
    );
    let other_key = SealingKey::generate();
    assert_eq!(
        AuthorizationRequest::open(&PROVIDER, &sealed, &other_key).unwrap_err(),
        SealError::Foreign
    );
    let mut torn = sealed.clone();
    torn.truncate(torn.len() - 2);
    assert_eq!(
        AuthorizationRequest::open(&PROVIDER, &torn, &key).unwrap_err(),
        SealError::Foreign
    );
}

#[test]
fn an_old_sealed_login_is_refused() {
    let key = SealingKey::generate();
    let mut old = login();
    old.sealed_at = Some(clock::now() - AuthorizationRequest::LIFE - Duration::from_secs(5));
    assert_eq!(
        AuthorizationRequest::open(&PROVIDER, &old.seal(&key), &key).unwrap_err(),
        SealError::Expired
    );
}

#[test]
fn nothing_secret_is_in_debug() {
    let shown = format!("{:?}", login());
    assert!(
        !shown.contains("xyz") && !shown.contains("verifier\""),
        "{shown}"
    );
}
