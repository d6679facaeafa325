//! Anonymous sessions, as a stand-in for the users and sessions of a real application.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oauth_runtime::LoginSecrets;

const COOKIE: &str = "__Host-session";

/// A user, identified by a session cookie.
pub(crate) struct Session {
    id: String,
    is_new: bool,
}

impl Session {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Adds the cookie to the response if the session is new.
    pub(crate) fn keeping(&self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        let cookie = format!(
            "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Lax",
            self.id
        );
        if let Ok(cookie) = HeaderValue::try_from(cookie)
            && self.is_new
        {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Session, StatusCode> {
        // A form of another site must not act for users of this site.
        if parts.method == Method::POST && !is_of_this_site(&parts.headers) {
            return Err(StatusCode::FORBIDDEN);
        }
        let cookies = parts.headers.get_all(header::COOKIE).iter();
        let mut pairs = cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split("; "));
        let known = pairs.find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='));
        Ok(Session {
            is_new: known.is_none(),
            id: match known {
                Some(id) => id.to_owned(),
                None => LoginSecrets::generate().state().to_owned(),
            },
        })
    }
}

fn is_of_this_site(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (Some(origin), Some(host)) => origin.split_once("://").map(|(_, own)| own) == Some(host),
        _ => false,
    }
}

/// The message for each user that the next page displays.
#[derive(Default)]
pub(crate) struct Said(Mutex<HashMap<String, String>>);

impl Said {
    pub(crate) fn say(&self, session: &Session, words: String) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(session.id.clone(), words);
    }

    pub(crate) fn take(&self, session: &Session) -> Option<String> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.remove(&session.id)
    }
}
