//! The operations with the crate `oauth2`, as its users write them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::url::{Url, form_urlencoded};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use serde::{Deserialize, Serialize};

use crate::bodies::*;
use tokio::sync::Mutex;

use crate::{Meter, ready, repeat};

type Peer<Fields> = Client<
    BasicErrorResponse,
    StandardTokenResponse<Fields, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The members of Slack's token response that our module reads besides the standard ones.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SlackFields {
    pub ok: bool,
    pub authed_user: AuthedUser,
    pub team: Option<Named>,
    pub enterprise: Option<Named>,
    pub is_enterprise_install: Option<bool>,
    pub bot_user_id: Option<String>,
    pub incoming_webhook: Option<Webhook>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AuthedUser {
    pub id: String,
    pub scope: Option<String>,
    pub access_token: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Named {
    pub id: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Webhook {
    pub url: String,
    pub channel_id: String,
}

impl ExtraTokenFields for SlackFields {}

fn client<Fields: ExtraTokenFields>(authorize: &str, token: &str, auth: AuthType) -> Peer<Fields> {
    Client::new(ClientId::new(CLIENT_ID.to_owned()))
        .set_client_secret(ClientSecret::new(CLIENT_SECRET.to_owned()))
        .set_auth_uri(AuthUrl::new(authorize.to_owned()).expect("a URL"))
        .set_token_uri(TokenUrl::new(token.to_owned()).expect("a URL"))
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned()).expect("a URL"))
        .set_auth_type(auth)
}

fn slack() -> Peer<SlackFields> {
    client(
        "https://slack.com/oauth/v2/authorize",
        "https://slack.com/api/oauth.v2.access",
        AuthType::BasicAuth,
    )
}

fn google() -> Peer<EmptyExtraTokenFields> {
    client(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        AuthType::RequestBody,
    )
}

fn notion() -> Peer<EmptyExtraTokenFields> {
    client(
        "https://api.notion.com/v1/oauth/authorize",
        "https://api.notion.com/v1/oauth/token",
        AuthType::BasicAuth,
    )
}

fn slack_url(client: &Peer<SlackFields>, state: CsrfToken) -> (Url, CsrfToken) {
    // The crate joins scopes with spaces. Slack requires commas and has two lists.
    client
        .authorize_url(|| state)
        .add_scope(Scope::new("commands,incoming-webhook".to_owned()))
        .add_extra_param("user_scope", "chat:write")
        .url()
}

fn google_url(
    client: &Peer<EmptyExtraTokenFields>,
    state: impl FnOnce() -> CsrfToken,
    challenge: PkceCodeChallenge,
) -> (Url, CsrfToken) {
    client
        .authorize_url(state)
        .add_scope(Scope::new(
            "https://www.googleapis.com/auth/drive.metadata.readonly".to_owned(),
        ))
        .add_scope(Scope::new(
            "https://www.googleapis.com/auth/calendar.readonly".to_owned(),
        ))
        .add_extra_param("access_type", "offline")
        .add_extra_param("nonce", "nonce")
        .add_extra_param("prompt", "consent")
        .set_pkce_challenge(challenge)
        .url()
}

fn state() -> CsrfToken {
    CsrfToken::new(STATE.to_owned())
}

fn challenge() -> PkceCodeChallenge {
    PkceCodeChallenge::from_code_verifier_sha256(&verifier())
}

fn code() -> AuthorizationCode {
    AuthorizationCode::new(CODE.to_owned())
}

fn verifier() -> PkceCodeVerifier {
    PkceCodeVerifier::new(VERIFIER.to_owned())
}

/// The error of a transport that sends nothing.
#[derive(Debug)]
struct Unsent;

impl fmt::Display for Unsent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("unsent")
    }
}

impl std::error::Error for Unsent {}

/// Returns the request that the crate would send.
fn captured<Fields: ExtraTokenFields>(
    client: &Peer<Fields>,
    code: AuthorizationCode,
    verifier: Option<PkceCodeVerifier>,
) -> Option<HttpRequest> {
    let kept = RefCell::new(None);
    let send = |request: HttpRequest| -> Result<HttpResponse, Unsent> {
        kept.replace(Some(request));
        Err(Unsent)
    };
    let mut exchange = client.exchange_code(code);
    if let Some(verifier) = verifier {
        exchange = exchange.set_pkce_verifier(verifier);
    }
    let outcome = exchange.request(&send);
    black_box(&outcome);
    drop(outcome);
    kept.into_inner()
}

/// Rewrites a form request as JSON. The crate writes only forms, so its users rewrite the body where a provider requires
/// JSON.
fn rewritten(mut request: HttpRequest) -> HttpRequest {
    let members: serde_json::Map<String, serde_json::Value> =
        form_urlencoded::parse(request.body())
            .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
            .collect();
    *request.body_mut() = serde_json::to_vec(&members).unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    headers.insert(
        "notion-version",
        http::HeaderValue::from_static("2026-03-11"),
    );
    request
}

/// Exchanges a code, with a prepared response instead of a network.
fn answered<Fields: ExtraTokenFields>(
    client: &Peer<Fields>,
    code: AuthorizationCode,
    verifier: Option<PkceCodeVerifier>,
    response: HttpResponse,
) -> Result<StandardTokenResponse<Fields, BasicTokenType>, String> {
    let (kept, response) = (RefCell::new(None), RefCell::new(Some(response)));
    let send = |request: HttpRequest| -> Result<HttpResponse, Unsent> {
        kept.replace(Some(request));
        response.take().ok_or(Unsent)
    };
    let mut exchange = client.exchange_code(code);
    if let Some(verifier) = verifier {
        exchange = exchange.set_pkce_verifier(verifier);
    }
    let outcome = exchange.request(&send);
    black_box(&outcome);
    match outcome {
        Ok(tokens) => Ok(tokens),
        Err(oauth2::RequestTokenError::ServerResponse(error)) => Err(error.error().to_string()),
        Err(_) => Err(String::new()),
    }
}

/// Verifies a callback. The crate leaves this to its users. This is the code of its documentation, with a check of the
/// issuer.
fn verified(callback: &str, state: &CsrfToken) -> Option<AuthorizationCode> {
    let url = Url::parse(callback).ok()?;
    let named = |name: &str| -> Option<Cow<'_, str>> {
        let mut pairs = url.query_pairs();
        pairs.find(|(own, _)| own == name).map(|(_, value)| value)
    };
    let right = named("state")? == state.secret().as_str() && named("iss")? == ISSUER;
    match right && named("error").is_none() {
        true => Some(AuthorizationCode::new(named("code")?.into_owned())),
        false => None,
    }
}

pub fn url_slack(times: usize, meter: Meter<'_>) {
    let client = slack();
    repeat(times, meter, state, |state| {
        slack_url(black_box(&client), state)
    });
}

pub fn url_google(times: usize, meter: Meter<'_>) {
    let client = google();
    repeat(
        times,
        meter,
        || (state(), challenge()),
        |(state, challenge)| google_url(black_box(&client), || state, challenge),
    );
}

pub fn url_fresh(times: usize, meter: Meter<'_>) {
    let client = google();
    repeat(
        times,
        meter,
        || (),
        |()| {
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let url = google_url(black_box(&client), CsrfToken::new_random, challenge);
            (url, verifier)
        },
    );
}

pub fn request_basic(times: usize, meter: Meter<'_>) {
    let client = slack();
    repeat(times, meter, code, |code| {
        captured(black_box(&client), code, None)
    });
}

pub fn request_post(times: usize, meter: Meter<'_>) {
    let client = google();
    repeat(
        times,
        meter,
        || (code(), verifier()),
        |(code, verifier)| captured(black_box(&client), code, Some(verifier)),
    );
}

pub fn request_json(times: usize, meter: Meter<'_>) {
    let client = notion();
    repeat(
        times,
        meter,
        || (code(), verifier()),
        |(code, verifier)| captured(black_box(&client), code, Some(verifier)).map(rewritten),
    );
}

pub fn read_google(times: usize, meter: Meter<'_>) {
    let client = google();
    repeat(
        times,
        meter,
        || (code(), verifier(), response(200, GOOGLE)),
        |(code, verifier, response)| answered(black_box(&client), code, Some(verifier), response),
    );
}

pub fn read_slack(times: usize, meter: Meter<'_>) {
    let client = slack();
    repeat(
        times,
        meter,
        || (code(), response(200, SLACK)),
        |(code, response)| answered(black_box(&client), code, None, response),
    );
}

pub fn read_error(times: usize, meter: Meter<'_>) {
    let client = google();
    repeat(
        times,
        meter,
        || (code(), verifier(), response(400, ERROR)),
        |(code, verifier, response)| answered(black_box(&client), code, Some(verifier), response),
    );
}

pub fn callback(times: usize, meter: Meter<'_>) {
    repeat(times, meter, state, |state| {
        verified(black_box(CALLBACK), &state)
    });
}

/// The peer's results that `same` compares with ours.
pub(crate) mod given {
    use oauth2::{HttpRequest, TokenResponse};

    use super::*;

    pub(crate) fn urls() -> [String; 2] {
        let (slack, _) = slack_url(&slack(), state());
        let (google, _) = google_url(&google(), state, challenge());
        [slack.into(), google.into()]
    }

    pub(crate) fn requests() -> [HttpRequest; 3] {
        let json = captured(&notion(), code(), Some(verifier())).map(rewritten);
        [
            captured(&slack(), code(), None).expect("a request"),
            captured(&google(), code(), Some(verifier())).expect("a request"),
            json.expect("a request"),
        ]
    }

    pub(crate) fn read() -> [String; 5] {
        let tokens = answered(&google(), code(), Some(verifier()), response(200, GOOGLE));
        let google = tokens.expect("tokens");
        let slack = answered(&super::slack(), code(), None, response(200, SLACK)).expect("tokens");
        let refused = answered(
            &super::google(),
            code(),
            Some(verifier()),
            response(400, ERROR),
        );
        let verified = verified(CALLBACK, &state()).expect("a right callback");
        let user = &slack.extra_fields().authed_user;
        assert!(slack.extra_fields().ok);
        [
            google.access_token().secret().clone(),
            slack.access_token().secret().clone(),
            user.access_token.clone().unwrap_or_default(),
            refused.err().unwrap_or_default(),
            verified.secret().clone(),
        ]
    }
}

/// An available token as users of `oauth2` keep it. The crate itself keeps no tokens.
pub struct Kept(Mutex<(oauth2::basic::BasicTokenResponse, Instant)>);

impl Kept {
    /// Returns a token that is valid for an hour.
    pub fn for_an_hour() -> Arc<Kept> {
        let response = serde_json::from_str(GOOGLE).expect("tokens");
        let until = Instant::now() + Duration::from_secs(3600);
        Arc::new(Kept(Mutex::new((response, until))))
    }

    /// Returns the access token, or `None` if it has expired.
    pub async fn token(&self) -> Option<oauth2::AccessToken> {
        let held = self.0.lock().await;
        let is_fresh = Instant::now() < held.1;
        is_fresh.then(|| held.0.access_token().clone())
    }
}

pub fn token_hot(times: usize, meter: Meter<'_>) {
    let shared = Kept::for_an_hour();
    repeat(
        times,
        meter,
        || (),
        |()| ready(black_box(&shared).token()).expect("a token"),
    );
}

pub fn api_request(times: usize, meter: Meter<'_>) {
    let shared = Kept::for_an_hour();
    repeat(
        times,
        meter,
        || (),
        |()| {
            let token = ready(black_box(&shared).token()).expect("a token");
            http::Request::get(API_URL)
                .header(
                    http::header::AUTHORIZATION,
                    format!("Bearer {}", token.secret()),
                )
                .body(())
        },
    );
}

/// The scopes of the token that yup-oauth2 keeps.
pub const SCOPES: [&str; 1] = ["https://www.googleapis.com/auth/drive"];

/// Returns a yup-oauth2 authenticator that has read a valid token from a file. The token expires in an hour.
pub fn authenticator() -> YupAuthenticator {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tokens.json");
    let token = yup_oauth2::storage::TokenInfo {
        access_token: Some("at".to_owned()),
        refresh_token: Some("rt".to_owned()),
        expires_at: Some(time::OffsetDateTime::now_utc() + Duration::from_secs(3600)),
        id_token: None,
    };
    let kept = serde_json::json!([{ "scopes": SCOPES, "token": token }]);
    std::fs::write(&path, kept.to_string()).expect("a file");
    let secret = yup_oauth2::authorized_user::AuthorizedUserSecret {
        client_id: "id".to_owned(),
        client_secret: "secret".to_owned(),
        refresh_token: "rt".to_owned(),
        key_type: String::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let authenticator = yup_oauth2::AuthorizedUserAuthenticator::builder(secret)
        .persist_tokens_to_disk(&path)
        .build();
    runtime.block_on(authenticator).expect("an authenticator")
}

/// An authenticator over the default client of yup-oauth2.
pub type YupAuthenticator = yup_oauth2::authenticator::DefaultAuthenticator;

/// Looks up an available token in yup-oauth2, which keeps the tokens of a file.
pub fn token_hot_in_yup(times: usize, meter: Meter<'_>) {
    let authenticator = authenticator();
    repeat(
        times,
        meter,
        || (),
        |()| ready(black_box(&authenticator).token(&SCOPES)).expect("a token"),
    );
}
