//! Our side of every operation.

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use oauth_providers::{google, notion, slack};
use oauth_runtime::lifecycle::{Connection, Manager, MemoryStore, SealingKeys};
use oauth_runtime::{
    Call, Http, LoginSecrets, SealingKey, http::TransportError, provider::StoredToken as _,
};

use crate::bodies::*;
use crate::{Meter, ready, repeat};

const CODE_QUERY: &str = "state=kD3yQw7Zc0PpT1sX9uVbN&iss=https%3A%2F%2Faccounts.google.com&code=4%2FP7q7W91a-oMsCeLvIaQm6bTrgtp7";

pub fn secrets() -> LoginSecrets {
    LoginSecrets::from_parts(STATE, VERIFIER).expect("short texts")
}

pub fn slack_app() -> slack::App {
    let uri = slack::RedirectUri::parse(REDIRECT_URI).expect("a good URI");
    slack::App::new(CLIENT_ID, CLIENT_SECRET, uri)
}

pub fn google_app() -> google::App {
    let uri = google::RedirectUri::parse(REDIRECT_URI).expect("a good URI");
    google::App::new(CLIENT_ID, CLIENT_SECRET, uri)
}

fn notion_app() -> notion::App {
    let uri = notion::RedirectUri::parse(REDIRECT_URI).expect("a good URI");
    notion::App::new(CLIENT_ID, CLIENT_SECRET, uri)
}

pub fn slack_login(app: &slack::App, secrets: &LoginSecrets) -> slack::Login {
    let options = slack::LoginOptions {
        bot_scopes: &[slack::BotScope::COMMANDS, slack::BotScope::INCOMING_WEBHOOK],
        user_scopes: &[slack::UserScope::CHAT_WRITE],
        ..Default::default()
    };
    slack::login_with(app, options, secrets)
}

const GOOGLE_SCOPES: [google::Scope; 2] = [
    google::Scope::DRIVE_METADATA_READONLY,
    google::Scope::CALENDAR_READONLY,
];

fn google_options() -> google::LoginOptions<'static> {
    google::LoginOptions {
        offline: true,
        ..google::LoginOptions::default()
    }
}

pub fn google_login(app: &google::App, secrets: &LoginSecrets) -> google::Login {
    google::login_with(app, &GOOGLE_SCOPES, google_options(), secrets)
}

pub fn slack_code(app: &slack::App) -> slack::Code {
    slack_login(app, &secrets())
        .callback(CODE_QUERY)
        .expect("a right callback")
}

pub fn slack_call(app: &slack::App) -> Call<slack::Tokens> {
    slack::exchange(app, slack_code(app))
}

pub fn google_call(app: &google::App) -> Call<google::Tokens> {
    let code = google_login(app, &secrets())
        .callback(CODE_QUERY)
        .expect("a right callback");
    google::exchange(app, code)
}

pub fn notion_call() -> Call<notion::Tokens> {
    let app = notion_app();
    let code = notion::login_with(&app, &secrets())
        .callback(CODE_QUERY)
        .expect("a right callback");
    notion::exchange(&app, code)
}

pub fn url_slack(times: usize, meter: Meter<'_>) {
    let (app, secrets) = (slack_app(), secrets());
    repeat(
        times,
        meter,
        || (),
        |()| slack_login(black_box(&app), black_box(&secrets)),
    );
}

pub fn url_google(times: usize, meter: Meter<'_>) {
    let (app, secrets) = (google_app(), secrets());
    repeat(
        times,
        meter,
        || (),
        |()| google_login(black_box(&app), black_box(&secrets)),
    );
}

pub fn url_fresh(times: usize, meter: Meter<'_>) {
    let app = google_app();
    repeat(
        times,
        meter,
        || (),
        |()| google::login(black_box(&app), &GOOGLE_SCOPES, google_options()),
    );
}

pub fn request_basic(times: usize, meter: Meter<'_>) {
    let app = slack_app();
    repeat(
        times,
        meter,
        || slack_code(&app),
        |code| slack::exchange(black_box(&app), code),
    );
}

pub fn request_post(times: usize, meter: Meter<'_>) {
    let app = google_app();
    let secrets = secrets();
    repeat(
        times,
        meter,
        || google_login(&app, &secrets).callback(CODE_QUERY),
        |code| code.map(|code| google::exchange(black_box(&app), code)),
    );
}

pub fn request_json(times: usize, meter: Meter<'_>) {
    let app = notion_app();
    let secrets = secrets();
    repeat(
        times,
        meter,
        || notion::login_with(&app, &secrets).callback(CODE_QUERY),
        |code| code.map(|code| notion::exchange(black_box(&app), code)),
    );
}

/// A code of a thousand bytes, as Microsoft issues them.
fn long_query() -> String {
    let code = "0.AXoAbc-".repeat(112);
    format!("state={STATE}&iss=https%3A%2F%2Faccounts.google.com&code={code}")
}

pub fn request_post_long(times: usize, meter: Meter<'_>) {
    let app = google_app();
    let (secrets, query) = (secrets(), long_query());
    repeat(
        times,
        meter,
        || google_login(&app, &secrets).callback(&query),
        |code| code.map(|code| google::exchange(black_box(&app), code)),
    );
}

pub fn http_basic(times: usize, meter: Meter<'_>) {
    let app = slack_app();
    repeat(
        times,
        meter,
        || slack_code(&app),
        |code| slack::exchange(black_box(&app), code).http_request(),
    );
}

pub fn http_post(times: usize, meter: Meter<'_>) {
    let app = google_app();
    let secrets = secrets();
    repeat(
        times,
        meter,
        || google_login(&app, &secrets).callback(CODE_QUERY),
        |code| code.map(|code| google::exchange(black_box(&app), code).http_request()),
    );
}

pub fn http_json(times: usize, meter: Meter<'_>) {
    let app = notion_app();
    let secrets = secrets();
    repeat(
        times,
        meter,
        || notion::login_with(&app, &secrets).callback(CODE_QUERY),
        |code| code.map(|code| notion::exchange(black_box(&app), code).http_request()),
    );
}

/// A login that waits in a cookie: it is sealed before the browser leaves, and opened when it is back.
pub fn sealed(times: usize, meter: Meter<'_>) {
    let (app, secrets) = (google_app(), secrets());
    let key = SealingKey::from_bytes(&[7; 32]);
    repeat(
        times,
        meter,
        || google_login(&app, &secrets),
        |login| google::Login::open(&login.seal(black_box(&key)), &key),
    );
}

pub fn read_escaped(times: usize, meter: Meter<'_>) {
    let body = GOOGLE.replace("1/fF", "1\\/fF");
    let (app, response) = (google_app(), response(200, &body));
    repeat(
        times,
        meter,
        || google_call(&app),
        |call| call.read(black_box(&response), UNIX_EPOCH),
    );
}

pub fn read_google(times: usize, meter: Meter<'_>) {
    let (app, response) = (google_app(), response(200, GOOGLE));
    repeat(
        times,
        meter,
        || google_call(&app),
        |call| call.read(black_box(&response), UNIX_EPOCH),
    );
}

pub fn read_slack(times: usize, meter: Meter<'_>) {
    let (app, response) = (slack_app(), response(200, SLACK));
    repeat(
        times,
        meter,
        || slack_call(&app),
        |call| call.read(black_box(&response), UNIX_EPOCH),
    );
}

pub fn read_error(times: usize, meter: Meter<'_>) {
    let (app, response) = (google_app(), response(400, ERROR));
    repeat(
        times,
        meter,
        || google_call(&app),
        |call| call.read(black_box(&response), UNIX_EPOCH),
    );
}

pub fn callback(times: usize, meter: Meter<'_>) {
    let (app, secrets) = (google_app(), secrets());
    repeat(
        times,
        meter,
        || google_login(&app, &secrets),
        |login| login.callback(black_box(CALLBACK)),
    );
}

/// Returns a connection that is never refreshed here: its token expires in an hour, and the program takes less time.
pub fn connection() -> Connection<google::AccessToken> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    let app = google_app();
    let http = Http::over(|_| async { Err(TransportError::other("", false)) });
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    let manager = Manager::new(MemoryStore::new(), http, keys);
    let now = SystemTime::now();
    let call = google_call(&app).read(&response(200, GOOGLE), now);
    let token = call.expect("tokens").access;
    let connected = runtime.block_on(manager.connect("ann", &app, token, ()));
    connected.expect("a connection")
}

pub fn token_hot(times: usize, meter: Meter<'_>) {
    let connection = connection();
    repeat(
        times,
        meter,
        || (),
        |()| {
            let token = ready(black_box(&connection).token()).expect("a token");
            token.access_token().expose().len()
        },
    );
}

/// A request to the API with the token of a connection, ready to be sent.
pub fn api_request(times: usize, meter: Meter<'_>) {
    let (app, connection) = (google_app(), connection());
    repeat(
        times,
        meter,
        || (),
        |()| {
            let token = ready(black_box(&connection).token()).expect("a token");
            let bearer = token.bearer(&app, API_URL).expect("a URL of the API");
            http::Request::get(API_URL)
                .header(http::header::AUTHORIZATION, bearer)
                .body(())
        },
    );
}

/// The same by the description that the API client uses, which also adds the headers that the spec requires.
pub fn api_access(times: usize, meter: Meter<'_>) {
    let (app, connection) = (google_app(), connection());
    repeat(
        times,
        meter,
        || (),
        |()| {
            let token = ready(black_box(&connection).token()).expect("a token");
            let access = google::AccessToken::access(&app, &(), token.stored()).expect("an API");
            let request = http::Request::get(API_PATH).body(()).expect("a path");
            let (mut parts, ()) = request.into_parts();
            access.enter(&mut parts).map(|()| parts)
        },
    );
}
