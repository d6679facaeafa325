//! Checks before the measurement that both sides produce equal results.

use std::collections::{BTreeMap, BTreeSet};
use std::time::UNIX_EPOCH;

use oauth_runtime::Call;
use oauth2::HttpRequest;
use oauth2::url::form_urlencoded;

use crate::bodies::*;
use crate::{least, ours, peer};

/// Compares the results of both sides.
///
/// # Panics
///
/// Panics if the two sides differ.
pub fn check() {
    let (slack, google) = (ours::slack_app(), ours::google_app());
    let [slack_url, google_url] = peer::given::urls();
    let secrets = ours::secrets();
    assert_eq!(secrets.code_challenge(), CHALLENGE);
    assert_eq!(
        url(ours::slack_login(&slack, &secrets).url()),
        url(&slack_url)
    );
    let login = ours::google_login(&google, &secrets);
    assert_eq!(url(login.url()), url(&google_url));

    let [slack_url, google_url] = least::urls();
    assert_eq!(ours::slack_login(&slack, &secrets).url(), slack_url);
    assert_eq!(login.url(), google_url);
    let ours = [
        http(&ours::slack_call(&slack)),
        http(&ours::google_call(&google)),
        http(&ours::notion_call()),
    ];
    for (ours, by_hand) in ours.iter().zip(least::requests()) {
        assert_eq!(ours.uri(), by_hand.uri());
        assert_eq!(ours.headers(), by_hand.headers());
        assert_eq!(ours.body(), by_hand.body());
    }

    let [basic, post, json] = peer::given::requests();
    assert_eq!(
        request(&http(&ours::slack_call(&ours::slack_app()))),
        request(&basic)
    );
    assert_eq!(
        request(&http(&ours::google_call(&ours::google_app()))),
        request(&post)
    );
    assert_eq!(request(&http(&ours::notion_call())), request(&json));

    let google = ours::google_call(&ours::google_app()).read(&response(200, GOOGLE), UNIX_EPOCH);
    let slack = ours::slack_call(&ours::slack_app()).read(&response(200, SLACK), UNIX_EPOCH);
    let slack = slack.expect("tokens");
    let bot = slack.bot.as_ref().expect("a bot's token").access_token();
    let user = slack.user.as_ref().expect("a user's token").access_token();
    let google = google.expect("tokens").access;
    let refused = ours::google_call(&ours::google_app()).read(&response(400, ERROR), UNIX_EPOCH);
    let verified = login.callback(CALLBACK).expect("a right callback");
    let app = ours::google_app();
    let code = oauth_providers::google::exchange(&app, verified);
    let code = pairs(code.request().body())["code"].clone();
    assert_eq!(
        [
            google.access_token().expose().to_owned(),
            bot.expose().to_owned(),
            user.expose().to_owned(),
            refused
                .expect_err("a refusal")
                .code()
                .unwrap_or_default()
                .to_owned(),
            code,
        ],
        peer::given::read()
    );
}

fn pairs(form: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect()
}

fn url(url: &str) -> (String, BTreeMap<String, String>) {
    let (endpoint, query) = url.split_once('?').expect("a query");
    (endpoint.to_owned(), pairs(query))
}

fn http<T>(call: &Call<T>) -> HttpRequest {
    call.http_request().expect("a request")
}

type Told = (
    String,
    String,
    BTreeSet<(String, String)>,
    BTreeMap<String, String>,
);

/// Returns the parts of a request, independent of the order of its headers and parameters.
fn request(request: &HttpRequest) -> Told {
    let headers = request.headers().iter().map(|(name, value)| {
        let value = value.to_str().expect("text");
        (name.as_str().to_owned(), value.to_owned())
    });
    let body = String::from_utf8_lossy(request.body());
    let parameters = match serde_json::from_str(&body) {
        Ok(members) => members,
        Err(_) => pairs(&body),
    };
    (
        request.method().to_string(),
        request.uri().to_string(),
        headers.collect(),
        parameters,
    )
}
