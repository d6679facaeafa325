//! Cases about times that providers return.

use std::time::Duration;

use oauth_runtime::lifecycle::TokenError;

use super::{Case, World};
use crate::support::scripted::answer;

pub(super) const CASES: &[Case] = &[
    Case {
        id: "D1",
        situation: "`Retry-After` is a point in time, or has ten digits",
        was: "The connection waited for 56 or 316 years, and the wait was stored.",
        now: "A wait is a day at most, and an operator's refresh ignores it.",
        tests: &["modules::cases::time::a_huge_retry_after_stops_a_connection_for_a_day_at_most"],
    },
    Case {
        id: "D2",
        situation: "The machine sleeps for longer than the access token lasts",
        was: "The expired token was handed out as fresh.",
        now: "The clock counts the sleep, and the token is refreshed.",
        tests: &["oauth-runtime::tests::suspended::a_token_expires_while_the_machine_sleeps"],
    },
];

const DAY: Duration = Duration::from_secs(86400);

// Paused time skips the pause before the careful try.
#[tokio::test(start_paused = true)]
async fn a_huge_retry_after_stops_a_connection_for_a_day_at_most() {
    for (status, retry_after) in [
        (429, "1771404540"),
        (429, "99999999999999999999999"),
        (503, "9999999999"),
        (503, "4102444800"),
    ] {
        let what = format!("{status} {retry_after}");
        let world = World::connected().await;
        let mut response = answer(status, "{}");
        let value = retry_after.parse().unwrap();
        response.headers_mut().insert("retry-after", value);
        world.provider.then(response);
        let refused = world.connection.refresh().await.err();
        let Some(TokenError::Later { wait, .. }) = refused else {
            panic!("{what}: {refused:?}");
        };
        assert!(wait <= DAY, "{what}: {wait:?}");
        // An operator refreshes in another process.
        let next = world.next().await;
        assert!(
            next.contains("refresh_token=firstrefresh"),
            "{what}: {next}"
        );
    }
}
