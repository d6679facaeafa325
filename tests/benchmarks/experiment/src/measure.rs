//! What the experiment measures.

use std::hint::black_box;
use std::time::UNIX_EPOCH;

use benchmarks::bodies::{GOOGLE, SLACK, response};
use benchmarks::{Meter, Run, ours, repeat};
use oauth_providers::slack;
use oauth_runtime::Call;
use oauth_runtime::contract::Failure;
use oauth_runtime::contract::names::{Answer, Message, Method, Provider};

use crate::pull::{self, Found, Path};
use crate::slack_tables;

pub const SLACK_PATHS: [Path; 13] = [
    &["ok"],
    &["error"],
    &["access_token"],
    &["scope"],
    &["authed_user", "access_token"],
    &["authed_user", "scope"],
    &["authed_user", "id"],
    &["team", "id"],
    &["enterprise", "id"],
    &["is_enterprise_install"],
    &["bot_user_id"],
    &["incoming_webhook", "url"],
    &["incoming_webhook", "channel_id"],
];

pub const GOOGLE_PATHS: [Path; 8] = [
    &["error"],
    &["error_description"],
    &["access_token"],
    &["expires_in"],
    &["refresh_token"],
    &["refresh_token_expires_in"],
    &["scope"],
    &["id_token"],
];

/// Name, what to do, and what of it is not the thing itself.
pub const MEASURED: &[(&str, Run, Option<Run>)] = &[
    ("url_rows", url_rows, None),
    ("url_tables", url_tables, None),
    ("request_rows", request_rows, None),
    ("request_tables", request_tables, None),
    ("google_seed", google_seed, Some(nothing)),
    ("google_value", google_value, None),
    ("google_value_str", google_value_str, None),
    ("google_pull", google_pull, None),
    ("slack_seed", slack_seed, Some(nothing)),
    ("slack_value", slack_value, None),
    ("slack_value_str", slack_value_str, None),
    ("slack_pull", slack_pull, None),
];

fn tables_app() -> slack_tables::App {
    use benchmarks::bodies::{CLIENT_ID, CLIENT_SECRET, REDIRECT_URI};
    let uri = slack_tables::RedirectUri::parse(REDIRECT_URI).expect("a good URI");
    slack_tables::App::new(CLIENT_ID, CLIENT_SECRET, uri)
}

fn tables_login(
    app: &slack_tables::App,
    secrets: &oauth_runtime::LoginSecrets,
) -> slack_tables::Login {
    let bot = [
        slack_tables::BotScope::COMMANDS,
        slack_tables::BotScope::INCOMING_WEBHOOK,
    ];
    let user = [slack_tables::UserScope::CHAT_WRITE];
    let options = slack_tables::LoginOptions::default();
    slack_tables::login_with(app, &bot, &user, options, secrets)
}

fn tables_code(app: &slack_tables::App) -> slack_tables::Code {
    tables_login(app, &ours::secrets())
        .callback("state=kD3yQw7Zc0PpT1sX9uVbN&code=4%2FP7q7W91a-oMsCeLvIaQm6bTrgtp7")
        .expect("a right callback")
}

fn url_rows(times: usize, meter: Meter<'_>) {
    ours::url_slack(times, meter);
}

fn url_tables(times: usize, meter: Meter<'_>) {
    let (app, secrets) = (tables_app(), ours::secrets());
    repeat(
        times,
        meter,
        || (),
        |()| tables_login(black_box(&app), black_box(&secrets)),
    );
}

fn request_rows(times: usize, meter: Meter<'_>) {
    ours::request_basic(times, meter);
}

fn request_tables(times: usize, meter: Meter<'_>) {
    let app = tables_app();
    repeat(
        times,
        meter,
        || tables_code(&app),
        |code| slack_tables::exchange(black_box(&app), code),
    );
}

static PROVIDER: Provider = Provider::new("example", "Example", "https://example.com");

fn reading<T>(read: fn(&Answer<'_>) -> Result<T, Failure>) -> Call<T> {
    let message = Message {
        method: Method::Get,
        url: &[],
        query: &[],
        headers: &[],
        body: oauth_runtime::contract::names::Empty,
    };
    Call::new(&PROVIDER, "read", &message, read)
}

fn by_call(
    times: usize,
    meter: Meter<'_>,
    body: &str,
    read: fn(&Answer<'_>) -> Result<usize, Failure>,
) {
    let response = response(200, body);
    repeat(
        times,
        meter,
        || reading(read),
        |call| call.read(black_box(&response), UNIX_EPOCH).is_ok(),
    );
}

fn nothing(times: usize, meter: Meter<'_>) {
    by_call(times, meter, GOOGLE, |_| Ok(0));
}

fn seed<const N: usize>(answer: &Answer<'_>, paths: [Path; N]) -> Result<usize, Failure> {
    let members = answer.json(paths)?;
    Ok(black_box(&members)
        .iter()
        .filter(|member| member.is_absent())
        .count())
}

fn google_seed(times: usize, meter: Meter<'_>) {
    by_call(times, meter, GOOGLE, |answer| seed(answer, GOOGLE_PATHS));
}

fn slack_seed(times: usize, meter: Meter<'_>) {
    by_call(times, meter, SLACK, |answer| seed(answer, SLACK_PATHS));
}

fn at(value: &serde_json::Value, path: Path) -> Option<&serde_json::Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}

fn by_value(
    times: usize,
    meter: Meter<'_>,
    parse: impl Fn() -> serde_json::Result<serde_json::Value>,
    paths: &[Path],
) {
    repeat(
        times,
        meter,
        || (),
        |()| {
            let value = parse().unwrap_or_default();
            paths
                .iter()
                .filter(|path| at(&value, path).is_none())
                .count()
        },
    );
}

fn google_value(times: usize, meter: Meter<'_>) {
    by_value(
        times,
        meter,
        || serde_json::from_slice(black_box(GOOGLE.as_bytes())),
        &GOOGLE_PATHS,
    );
}

fn slack_value(times: usize, meter: Meter<'_>) {
    by_value(
        times,
        meter,
        || serde_json::from_slice(black_box(SLACK.as_bytes())),
        &SLACK_PATHS,
    );
}

fn google_value_str(times: usize, meter: Meter<'_>) {
    let parse = || match std::str::from_utf8(black_box(GOOGLE.as_bytes())) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => Ok(serde_json::Value::Null),
    };
    by_value(times, meter, parse, &GOOGLE_PATHS);
}

fn slack_value_str(times: usize, meter: Meter<'_>) {
    let parse = || match std::str::from_utf8(black_box(SLACK.as_bytes())) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => Ok(serde_json::Value::Null),
    };
    by_value(times, meter, parse, &SLACK_PATHS);
}

fn by_pull<const N: usize>(times: usize, meter: Meter<'_>, body: &[u8], paths: [Path; N]) {
    repeat(
        times,
        meter,
        || (),
        |()| {
            let found = pull::read(black_box(body), paths)?;
            let missing = |found: &&Found<'_>| matches!(found, Found::Missing | Found::Null);
            Some(black_box(&found).iter().filter(missing).count())
        },
    );
}

fn google_pull(times: usize, meter: Meter<'_>) {
    by_pull(times, meter, GOOGLE.as_bytes(), GOOGLE_PATHS);
}

fn slack_pull(times: usize, meter: Meter<'_>) {
    by_pull(times, meter, SLACK.as_bytes(), SLACK_PATHS);
}

/// Before anything is measured: every way gives the same.
///
/// # Panics
///
/// If one does not.
pub fn check() {
    let (rows, tables) = (ours::slack_app(), tables_app());
    let secrets = ours::secrets();
    assert_eq!(
        ours::slack_login(&rows, &secrets).url(),
        tables_login(&tables, &secrets).url()
    );
    let rows = slack::exchange(&rows, ours::slack_code(&rows));
    let tables = slack_tables::exchange(&tables, tables_code(&tables));
    let (rows, tables) = (rows.request(), tables.request());
    assert_eq!(rows.url(), tables.url());
    assert!(rows.headers().eq(tables.headers()));
    assert_eq!(rows.body(), tables.body());

    same(GOOGLE, GOOGLE_PATHS, |answer| told(answer, GOOGLE_PATHS));
    same(SLACK, SLACK_PATHS, |answer| told(answer, SLACK_PATHS));
}

fn told<const N: usize>(
    answer: &Answer<'_>,
    paths: [Path; N],
) -> Result<Vec<Option<String>>, Failure> {
    let members = answer.json(paths)?;
    Ok(members
        .iter()
        .map(|member| member.optional_text().ok().flatten())
        .collect())
}

fn same<const N: usize>(
    body: &str,
    paths: [Path; N],
    read: fn(&Answer<'_>) -> Result<Vec<Option<String>>, Failure>,
) {
    let seed = reading(read)
        .read(&response(200, body), UNIX_EPOCH)
        .expect("members");
    let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let value = paths.map(|path| match at(&value, path)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let pull = pull::read(body.as_bytes(), paths)
        .expect("JSON")
        .map(|found| match found {
            Found::Text(text) => Some(text.into_owned()),
            Found::Number(number) => Some(number.to_owned()),
            _ => None,
        });
    assert_eq!(seed, value);
    assert_eq!(seed, pull);
    assert!(seed.iter().any(Option::is_some));
}
