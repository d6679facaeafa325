//! Fuzzes a provider's response to a call or to an API request. The first byte chooses the status, the second the call.
//!
//! - A reader returns a result for every response and never panics.
//! - A body is accepted as JSON where serde_json accepts it.
//! - The printable text of a response, of tokens or of an error contains no secret that was sent or received. The text of
//!   an error contains nothing from the provider except its error code.

#![no_main]

use std::fmt::Debug;
use std::time::UNIX_EPOCH;

use libfuzzer_sys::{Corpus, fuzz_target};
use oauth_runtime::{api::ApiResponseReader, Call, http::ParseError, LoginSecrets, provider::StoredToken as _, Secret, Token, oauth_provider};
use serde::de::IgnoredAny;
use serde_json::Value;

#[oauth_provider("../../specs/bank.toml")]
mod bank {}

#[oauth_provider("../../../specs/github.toml")]
mod github {}

#[oauth_provider("../../../specs/slack.toml")]
mod slack {}

const STATUSES: [u16; 12] = [200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503];

/// The mark in every secret.
const MARK: &str = "hush-hush-hush";

/// The response of each call. The marks (`!`) are only in secrets, and the last secret continues with the input (`@`).
const ANSWERS: [&str; 9] = [
    r#"{"result":{"code":0,"text":"!"},"data":{"customer":{"id":7,"verified":true,"pin":"!"},"token":{"next":"!","value":"!@"}}}"#,
    r#"{"result":{"code":0,"text":"!"},"token":{"next":"!","value":"!@"}}"#,
    r#"{"result":{"code":0,"text":"!@"}}"#,
    r#"{"refresh_token":"!","access_token":"!@"}"#,
    r#"{"error_description":"!","refresh_token":"!","access_token":"!@"}"#,
    r#"{"message":"!@"}"#,
    r#"{"ok":true,"authed_user":{"id":"U1","access_token":"!"},"incoming_webhook":{"url":"!"},"access_token":"!@"}"#,
    r#"{"ok":true,"refresh_token":"!","access_token":"!@"}"#,
    r#"{"ok":true,"revoked":true,"warning":"!@"}"#,
];

fuzz_target!(|input: &[u8]| -> Corpus {
    let [status, call, body @ ..] = input else {
        return Corpus::Reject;
    };
    let text = String::from_utf8_lossy(body);
    if text.contains(MARK) {
        return Corpus::Reject;
    }
    let status = STATUSES[usize::from(status.wrapping_sub(b'0')) % STATUSES.len()];
    let call = usize::from(call.wrapping_sub(b'0')) % ANSWERS.len();

    // Use the input unchanged. The values that were sent are secret.
    silent(&printed(call, status, body));

    // Use the input inside a secret, both unchanged, which may end the text early, and escaped.
    let answer = ANSWERS[call].replace('!', MARK);
    silent(&printed(
        call,
        status,
        answer.replace('@', &text).as_bytes(),
    ));
    let escaped = Value::from(&*text).to_string();
    let escaped = escaped.trim_matches('"');
    silent(&printed(
        call,
        status,
        answer.replace('@', escaped).as_bytes(),
    ));

    // Turn every text except codes into a secret.
    if let Ok(mut value) = serde_json::from_slice(body) {
        mark(&mut value);
        let text = value.to_string();
        let printed = printed(call, status, text.as_bytes());
        silent(&printed.map(|_| String::new()));
        silent(&Err(of_api(status, "", text.as_bytes())));
    }
    of_api(status, &text, body);
    Corpus::Keep
});

fn silent(printed: &Result<String, String>) {
    let (Ok(text) | Err(text)) = printed;
    assert!(!text.contains(MARK), "{text}");
}

/// Returns the printable text of an API response, with `text` in the headers that are read.
fn of_api(status: u16, text: &str, body: &[u8]) -> String {
    let mut printed = String::new();
    for (provider, api_conventions) in [
        (&slack::PROVIDER, slack::BotToken::API),
        (&github::PROVIDER, github::AccessToken::API),
    ] {
        let mut response = http::Response::new(body.to_vec());
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default();
        if let Ok(value) = http::HeaderValue::from_str(line) {
            for name in HEADERS {
                response.headers_mut().insert(name, value.clone());
            }
        }
        let answered = ApiResponseReader {
            provider,
            api_conventions,
            operation: None,
            granted: None,
            received_at: UNIX_EPOCH,
        };
        printed += &match answered.read(response) {
            Ok(answer) => format!("{answer:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
    }
    printed
}

/// The headers of an API response that are read.
const HEADERS: [&str; 6] = [
    "www-authenticate",
    "retry-after",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-accepted-oauth-scopes",
];

/// Marks all texts, except in members that contain a code or names of scopes.
fn mark(value: &mut Value) {
    match value {
        Value::String(text) => text.insert_str(0, MARK),
        Value::Array(list) => list.iter_mut().for_each(mark),
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| !["error", "reason", "needed"].contains(&name.as_str()))
            .for_each(|(_, member)| mark(member)),
        _ => {}
    }
}

/// Returns the printable text of a call's result.
fn printed(call: usize, status: u16, body: &[u8]) -> Result<String, String> {
    let stored = || Token::new(Secret::new(MARK));
    match call {
        0 => read(
            bank::exchange(&bank_app(), &inputs(), bank_code()),
            status,
            body,
        ),
        1 => {
            let token = bank::RefreshToken::from_stored(Secret::new(MARK));
            read(bank::refresh(&bank_app(), &inputs(), token), status, body)
        }
        2 => {
            let token = bank::AccessToken::from_stored(stored());
            read(bank::revoke(&bank_app(), &inputs(), &token), status, body)
        }
        3 => read(github::exchange(&github_app(), github_code()), status, body),
        4 => {
            let token = github::RefreshToken::from_stored(Secret::new(MARK));
            read(github::refresh(&github_app(), token), status, body)
        }
        5 => {
            let token = github::AccessToken::from_stored(stored());
            read(github::revoke(&github_app(), &token), status, body)
        }
        6 => read(slack::exchange(&slack_app(), slack_code()), status, body),
        7 => {
            let uri = slack::rotating::RedirectUri::constant("https://app.example.com/cb");
            let app = slack::rotating::App::new("id", MARK, uri);
            let token = slack::rotating::BotRefreshToken::from_stored(Secret::new(MARK));
            read(slack::rotating::refresh_bot(&app, token), status, body)
        }
        _ => {
            let token = slack::BotToken::from_stored(stored());
            read(slack::revoke_bot(&slack_app(), &token), status, body)
        }
    }
}

fn read<T: Debug>(call: Call<T>, status: u16, body: &[u8]) -> Result<String, String> {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status of the list");
    // The bytes are also a header value, where they are a valid one.
    if let Ok(value) = http::HeaderValue::from_bytes(body) {
        response.headers_mut().insert("retry-after", value);
    }
    let sent = format!("{call:?}");
    assert!(!sent.contains(MARK), "{sent}");
    let result = call.read(&response, UNIX_EPOCH);
    if (200..300).contains(&status) && !body.is_empty() {
        let failure = result.as_ref().err().and_then(|error| error.failure());
        let taken = !matches!(failure, Some(ParseError::NotJson { .. }));
        // serde_json accepts more in ignored values: half a surrogate pair, and bytes that are not UTF-8.
        let is_json = serde_json::from_slice::<IgnoredAny>(body).is_ok();
        let is_all_text = serde_json::from_slice::<Value>(body).is_ok();
        assert!(is_json || !taken, "it was taken, though it is no JSON");
        assert!(taken || !is_all_text, "it was refused, though it is JSON");
    }
    match result {
        Ok(result) => Ok(format!("{result:?}")),
        Err(error) => Err(format!(
            "{error} {error:?} {error:#?} {:?} {:?} {}",
            error.failure(),
            error.retry_after(),
            error.advice(),
        )),
    }
}

fn secrets() -> LoginSecrets {
    LoginSecrets::from_parts("xyz", MARK).expect("short enough")
}

fn inputs() -> bank::Inputs {
    bank::Inputs {
        branch: bank::Branch::parse("north").expect("a label"),
        mandate: bank::Mandate::parse("Miller & Sons").expect("any text"),
    }
}

fn bank_app() -> bank::App {
    let uri = bank::RedirectUri::constant("https://app.example.com/cb");
    bank::App::new("id", MARK, uri)
}

fn bank_code() -> bank::Code {
    let options = bank::LoginOptions::default();
    bank::login_with(
        &bank_app(),
        &inputs(),
        &[],
        bank::Purpose::Read,
        options,
        &secrets(),
    )
    .callback("auth_code=hush-hush-hush&session=xyz&iss=https%3A%2F%2Fid.bank.example")
    .expect("its own callback")
}

fn github_app() -> github::App {
    let uri = github::RedirectUri::constant("https://app.example.com/cb");
    github::App::new("id", MARK, uri)
}

fn github_code() -> github::Code {
    github::login_with(
        &github_app(),
        &[],
        github::LoginOptions::default(),
        &secrets(),
    )
    .callback("code=hush-hush-hush&state=xyz")
    .expect("its own callback")
}

fn slack_app() -> slack::App {
    let uri = slack::RedirectUri::constant("https://app.example.com/cb");
    slack::App::new("id", MARK, uri)
}

fn slack_code() -> slack::Code {
    slack::login_with(
        &slack_app(),
        slack::LoginOptions::default(),
        &secrets(),
    )
    .callback("code=hush-hush-hush&state=xyz")
    .expect("its own callback")
}
