//! The inputs of both sides: the app, the secrets and the providers' example responses.

pub const CLIENT_ID: &str = "2141029472.691202649728";
pub const CLIENT_SECRET: &str = "e1b9e11dfcd19c1982d5de12921e17e8c";
pub const REDIRECT_URI: &str = "https://client.example.com/cb";
pub const STATE: &str = "kD3yQw7Zc0PpT1sX9uVbN";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const CODE: &str = "4/P7q7W91a-oMsCeLvIaQm6bTrgtp7";
pub const ISSUER: &str = "https://accounts.google.com";

/// A URL of Google's API, and its path under the API's base URL.
pub const API_URL: &str = "https://www.googleapis.com/calendar/v3/users/me/calendarList";
pub const API_PATH: &str = "/calendar/v3/users/me/calendarList";

/// The URL of the callback.
pub const CALLBACK: &str = "https://client.example.com/cb?state=kD3yQw7Zc0PpT1sX9uVbN&iss=https%3A%2F%2Faccounts.google.com&code=4%2FP7q7W91a-oMsCeLvIaQm6bTrgtp7&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcalendar.readonly";

/// The token response in `generated/tests/examples/google.rs`, without an ID token.
pub const GOOGLE: &str = "{\n  \"access_token\": \"1/fFAGRNJru1FTz70BzhT3Zg\",\n  \"expires_in\": 3920,\n  \"token_type\": \"Bearer\",\n  \"scope\": \"https://www.googleapis.com/auth/drive.metadata.readonly https://www.googleapis.com/auth/calendar.readonly\",\n  \"refresh_token\": \"1//xEoDL4iW3cxlI7yDbSRFYNG01kVKM2C-259HOF2aQbI\"\n}";

/// The token response in `generated/tests/examples/slack.rs`.
pub const SLACK: &str = "{\n  \"ok\": true,\n  \"access_token\": \"xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy\",\n  \"token_type\": \"bot\",\n  \"scope\": \"commands,incoming-webhook\",\n  \"bot_user_id\": \"U0KRQLJ9H\",\n  \"app_id\": \"A0KRD7HC3\",\n  \"team\": {\n    \"name\": \"Slack Softball Team\",\n    \"id\": \"T9TK3CUKW\"\n  },\n  \"enterprise\": {\n    \"name\": \"slack-sports\",\n    \"id\": \"E12345678\"\n  },\n  \"authed_user\": {\n    \"id\": \"U1234\",\n    \"scope\": \"chat:write\",\n    \"access_token\": \"xoxp-1234\",\n    \"token_type\": \"user\"\n  }\n}";

/// The error response in `generated/tests/examples/google.rs`. Its status is 400.
pub const ERROR: &str =
    "{\n  \"error\": \"invalid_grant\",\n  \"error_description\": \"Bad Request\"\n}";

pub fn response(status: u16, body: &str) -> http::Response<Vec<u8>> {
    let mut response = http::Response::new(body.as_bytes().to_vec());
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
