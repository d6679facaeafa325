//! The same messages by hand, with as little work as possible: constants are encoded in the source, each text is written
//! once into memory of its exact length, and nothing is checked or wiped.
//!
//! An available token that many tasks share is a guard of `arc-swap` and a read of the coarse clock.

use std::hint::black_box;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustix::time::{ClockId, clock_gettime};

use crate::bodies::{API_URL, CLIENT_ID, GOOGLE, STATE};
use crate::{Meter, ready, repeat};

/// An access token, and the second of the monotonic clock at which it expires.
pub struct Held {
    token: String,
    until: i64,
}

/// Returns a token that is valid for an hour.
pub fn held() -> Arc<ArcSwap<Held>> {
    let token: serde_json::Value = serde_json::from_str(GOOGLE).expect("tokens");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let until = clock_gettime(ClockId::MonotonicCoarse).tv_sec + 3600;
    Arc::new(ArcSwap::from_pointee(Held { token, until }))
}

/// Returns the length of the token, or `None` if it has expired.
pub async fn token_len(held: &ArcSwap<Held>) -> Option<usize> {
    let held = held.load();
    let now = clock_gettime(ClockId::MonotonicCoarse).tv_sec;
    (now < held.until).then(|| held.token.len())
}

pub fn token_hot(times: usize, meter: Meter<'_>) {
    let held = held();
    repeat(
        times,
        meter,
        || (),
        |()| ready(token_len(black_box(&held))).expect("a token"),
    );
}

const SLACK_URL: [&str; 5] = [
    "https://slack.com/oauth/v2/authorize?response_type=code&client_id=",
    CLIENT_ID,
    "&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&scope=commands%2Cincoming-webhook&user_scope=chat%3Awrite",
    "&state=",
    STATE,
];

const GOOGLE_URL: [&str; 6] = [
    "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=",
    CLIENT_ID,
    "&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdrive.metadata.readonly+https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar.readonly&state=",
    STATE,
    "&nonce=nonce&code_challenge=",
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&access_type=offline&prompt=consent",
];

fn joined(times: usize, meter: Meter<'_>, pieces: &[&str]) {
    repeat(times, meter, || (), |()| black_box(pieces).concat());
}

pub fn url_slack(times: usize, meter: Meter<'_>) {
    joined(times, meter, &SLACK_URL);
}

pub fn url_google(times: usize, meter: Meter<'_>) {
    joined(times, meter, &GOOGLE_URL);
}

/// A token request: its URL, its headers, and its body around the code. Only the code is not a constant.
struct Posted {
    url: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: [&'static str; 2],
}

impl Posted {
    fn request(&self, code: &str) -> http::Request<Vec<u8>> {
        let mut request = http::Request::post(self.url);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let body = [self.body[0], code, self.body[1]].concat();
        request.body(body.into_bytes()).expect("a request")
    }

    fn measure(&self, times: usize, meter: Meter<'_>) {
        repeat(
            times,
            meter,
            || CODE_FORM.to_owned(),
            |code| black_box(self).request(&code),
        );
    }
}

const CODE_FORM: &str = "4%2FP7q7W91a-oMsCeLvIaQm6bTrgtp7";

const BASIC: &str =
    "Basic MjE0MTAyOTQ3Mi42OTEyMDI2NDk3Mjg6ZTFiOWUxMWRmY2QxOWMxOTgyZDVkZTEyOTIxZTE3ZThj";

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

const ACCEPT: (&str, &str) = ("accept", "application/json");

const SLACK: Posted = Posted {
    url: "https://slack.com/api/oauth.v2.access",
    headers: &[ACCEPT, ("authorization", BASIC), FORM],
    body: [
        "grant_type=authorization_code&code=",
        "&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb",
    ],
};

const GOOGLE_POST: Posted = Posted {
    url: "https://oauth2.googleapis.com/token",
    headers: &[ACCEPT, FORM],
    body: [
        "grant_type=authorization_code&code=",
        "&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=2141029472.691202649728&client_secret=e1b9e11dfcd19c1982d5de12921e17e8c",
    ],
};

const NOTION: Posted = Posted {
    url: "https://api.notion.com/v1/oauth/token",
    headers: &[
        ACCEPT,
        ("authorization", BASIC),
        ("notion-version", "2026-03-11"),
        ("content-type", "application/json"),
    ],
    body: [
        r#"{"grant_type":"authorization_code","code":""#,
        r#"","redirect_uri":"https://client.example.com/cb","code_verifier":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}"#,
    ],
};

pub fn http_basic(times: usize, meter: Meter<'_>) {
    SLACK.measure(times, meter);
}

pub fn http_post(times: usize, meter: Meter<'_>) {
    GOOGLE_POST.measure(times, meter);
}

pub fn http_json(times: usize, meter: Meter<'_>) {
    NOTION.measure(times, meter);
}

/// Returns the URLs, for the check that both sides write the same.
pub fn urls() -> [String; 2] {
    [SLACK_URL.concat(), GOOGLE_URL.concat()]
}

/// Returns the token requests, for the check that both sides write the same.
pub fn requests() -> [http::Request<Vec<u8>>; 3] {
    [
        SLACK.request(CODE_FORM),
        GOOGLE_POST.request(CODE_FORM),
        NOTION.request("4/P7q7W91a-oMsCeLvIaQm6bTrgtp7"),
    ]
}

pub fn api_request(times: usize, meter: Meter<'_>) {
    let held = held();
    repeat(
        times,
        meter,
        || (),
        |()| {
            let held = black_box(&held).load();
            let now = clock_gettime(ClockId::MonotonicCoarse).tv_sec;
            (now < held.until).then(|| {
                http::Request::get(API_URL)
                    .header(
                        http::header::AUTHORIZATION,
                        ["Bearer ", &held.token].concat(),
                    )
                    .body(())
            })
        },
    );
}
