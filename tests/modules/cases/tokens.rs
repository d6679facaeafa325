//! Cases in which a secondary member is malformed, and the tokens next to it are kept.

use std::time::{Duration, UNIX_EPOCH};

use oauth_runtime::Secret;
use oauth_runtime::lifecycle::{Event, TokenError};

use super::{BACK, Case, World, exchanged, kept_in_both, plain, seconds};
use crate::house::leaks;
use crate::support::scripted::answer;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "A1",
        situation: "`expires_in` is `35999.87`",
        was: "The response was refused, and the new refresh token in it was lost.",
        now: "The tokens are kept, and the lifetime is rounded down.",
        tests: &["modules::cases::tokens::a_fraction_in_expires_in_costs_no_token"],
    },
    Case {
        id: "A2",
        situation: "`expires_in` is an empty text",
        was: "The response was refused, and the new refresh token in it was lost.",
        now: "The tokens are kept, as if the member were absent.",
        tests: &["modules::cases::tokens::an_empty_expires_in_is_an_absent_one"],
    },
    Case {
        id: "A3",
        situation: "`expires_in` is huge or negative",
        was: "The response was refused.",
        now: "The tokens are kept: a huge lifetime is capped, a negative one is unknown.",
        tests: &["modules::cases::tokens::a_lifetime_out_of_range_costs_no_token"],
    },
    Case {
        id: "A4",
        situation: "The end of a token is a date in milliseconds",
        was: "The count went through 32 bits, so no date after 1970-02-19 could be read.",
        now: "The date is read.",
        tests: &["modules::cases::tokens::a_date_in_milliseconds_is_read"],
    },
    Case {
        id: "A5",
        situation: "A byte order mark is in front of the body",
        was: "Tokens and error codes behind it were lost.",
        now: "The body is read as without it.",
        tests: &["modules::cases::tokens::a_byte_order_mark_is_skipped"],
    },
    Case {
        id: "A6",
        situation: "`email_verified` is `true` in quotes",
        was: "The whole userinfo response was refused.",
        now: "The text counts as the boolean.",
        tests: &["modules::cases::tokens::a_boolean_in_quotes_counts"],
    },
];

#[tokio::test]
async fn a_fraction_in_expires_in_costs_no_token() {
    for lifetime in ["35999.87", "\"35999.87\"", "3.599987e4"] {
        let body = format!(
            r#"{{"access_token":"a2","refresh_token":"r2","token_type":"bearer","expires_in":{lifetime}}}"#
        );
        for token in kept_in_both(body.as_bytes()).await {
            assert_eq!(seconds(&token), Some(36000), "{lifetime}");
        }
        let refresh_token = plain::RefreshToken::from_stored(Secret::new("r1"));
        let call = plain::refresh(&super::app(), refresh_token);
        let now = crate::support::scripted::now();
        let token = call.read(&answer(200, &body), now).unwrap();
        let rounded_down = now + Duration::from_secs(35_999);
        assert_eq!(
            token.stored().expires_at(),
            Some(rounded_down),
            "{lifetime}"
        );
    }
}

#[tokio::test]
async fn an_empty_expires_in_is_an_absent_one() {
    for member in ["", r#","expires_in":"""#, r#","expires_in":null"#] {
        let body = format!(r#"{{"access_token":"a2","refresh_token":"r2"{member}}}"#);
        for token in kept_in_both(body.as_bytes()).await {
            assert_eq!(seconds(&token), None, "{member}");
        }
    }
}

#[tokio::test]
async fn a_lifetime_out_of_range_costs_no_token() {
    let century = 100 * 365 * 86400;
    for (lifetime, expected) in [
        ("9223372036854775", Some(century)),
        ("1e20", Some(century)),
        ("99999999999999999999999", Some(century)),
        ("-1", None),
        ("-1e20", None),
    ] {
        let body =
            format!(r#"{{"access_token":"a2","refresh_token":"r2","expires_in":{lifetime}}}"#);
        for token in kept_in_both(body.as_bytes()).await {
            assert_eq!(seconds(&token), expected, "{lifetime}");
        }
    }
}

#[test]
fn a_date_in_milliseconds_is_read() {
    use plain::dates::{App, RedirectUri, RefreshToken, refresh};
    let app = App::new("id", "secret", RedirectUri::constant(BACK));
    for written in ["1893456000000", "\"1893456000000\"", "1893456000000.5"] {
        let call = refresh(&app, RefreshToken::from_stored(Secret::new("r1")));
        let body =
            format!(r#"{{"access_token":"a2","refresh_token":"r2","expires_in":{written}}}"#);
        let token = call
            .read(&answer(200, body), crate::support::scripted::now())
            .unwrap();
        let end = UNIX_EPOCH + Duration::from_secs(1_893_456_000);
        assert_eq!(token.stored().expires_at(), Some(end), "{written}");
        assert_eq!(token.stored().access_token().expose(), "a2");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let body =
        b"\xef\xbb\xbf{\"access_token\":\"a2\",\"refresh_token\":\"r2\",\"expires_in\":3600}";
    for token in kept_in_both(body).await {
        assert_eq!(seconds(&token), Some(3600));
    }
    let world = World::connected().await;
    let refusal = b"\xef\xbb\xbf{\"error\":\"invalid_grant\"}";
    assert_eq!(world.refused(400, refusal).await, TokenError::LogIn);
}

#[test]
fn a_boolean_in_quotes_counts() {
    let token = plain::AccessToken::from_stored(exchanged(r#"{"access_token":"a2"}"#));
    for (written, expected) in [("true", true), ("false", false), ("True", true)] {
        let call = plain::userinfo(&token);
        let body =
            format!(r#"{{"sub":"u1","email":"ann@example.com","email_verified":"{written}"}}"#);
        let user = call
            .read(&answer(200, body), crate::support::scripted::now())
            .unwrap();
        assert_eq!(user.email_verified, Some(expected), "{written}");
    }
}

#[tokio::test]
async fn an_access_token_with_a_space_counts_as_expired_beside_a_usable_refresh_token() {
    let world = World::connected().await;
    let body = r#"{"access_token":"a 2","refresh_token":"r2","expires_in":3600}"#;
    let refused = world.refused(200, body).await;
    assert!(
        matches!(refused, TokenError::Later { .. }),
        "the grant is kept: {refused:?}"
    );
    // The open connection refreshes at once, with the new refresh token.
    let good = r#"{"access_token":"a3","refresh_token":"r3","expires_in":3600}"#;
    world.provider.then(answer(200, good));
    let token = world.connection.token().await.unwrap();
    assert_eq!(token.stored().access_token().expose(), "a3");
    let received = world.provider.received();
    assert!(received[0].contains("refresh_token=firstrefresh"));
    assert!(received[1].contains("refresh_token=r2"), "{}", received[1]);
}

#[tokio::test]
async fn an_odd_member_is_reported_by_path_and_type_without_its_value() {
    let log = leaks::logged();
    let world = World::connected().await;
    let mut events = world.manager.events();
    let body =
        r#"{"access_token":"a2","refresh_token":"r2","expires_in":["hush"],"scope":{"hush":1}}"#;
    world.refreshed(body).await;
    let told: Vec<_> = std::iter::from_fn(|| events.try_recv().ok()).collect();
    let odd = told.iter().filter_map(|event| match event {
        Event::OddMember { key, what } => Some((key.connection.as_str(), what.to_string())),
        _ => None,
    });
    let odd: Vec<_> = odd.collect();
    assert_eq!(odd.len(), 2, "{told:?}");
    let log = log.text();
    for (path, kind) in [("`expires_in`", "a list"), ("`scope`", "an object")] {
        let is_named = |(connection, what): &&(&str, String)| {
            *connection == "ann" && what.starts_with(path) && what.ends_with(kind)
        };
        let named = odd.iter().find(is_named);
        let (_, what) = named.unwrap_or_else(|| panic!("{path}: {odd:?}"));
        let mut lines = log.lines();
        let warned = lines.any(|line| line.contains("WARN") && line.contains(what.as_str()));
        assert!(warned, "{what}: {log}");
    }
    assert!(!format!("{told:?}{log}").contains("hush"));
}
