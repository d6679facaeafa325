//! Logins in a web application of axum: the departure is a response, the callback an extractor.
//!
//! ```
//! use axum_core::response::IntoResponse;
//! use oauth_runtime::BegunLogin;
//! use oauth_runtime::lifecycle::{LoginRefused, Logins, Owner, store::StoreError};
//! use oauth_runtime::web::Callback;
//!
//! /// The user ann asks to connect: a redirect, with a cookie that finishes the login once. `L` is `slack::Login`, say.
//! async fn connect<L: BegunLogin>(logins: &Logins, login: &L) -> Result<impl IntoResponse, StoreError> {
//!     logins.begin(Owner::user("ann"), login).await
//! }
//!
//! /// The browser is back: `login.callback(callback.query())` gives the code.
//! async fn called_back<L: BegunLogin>(logins: &Logins, callback: &Callback) -> Result<L, LoginRefused> {
//!     callback.login(logins, Owner::user("ann")).await
//! }
//! ```

use std::convert::Infallible;
use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use cookie::{Cookie, SameSite};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};

use crate::begun_login::BegunLogin;
use crate::contract::Login;
use crate::lifecycle::{Begun, LoginRefused, Logins, Owner};
use crate::provider::Provider;
use crate::secret::Secret;

/// A provider has sent the browser back: what it says, and the tickets of the logins that this browser began.
pub struct Callback {
    query: String,
    tickets: Vec<(String, Secret)>,
}

impl Callback {
    /// What the provider says: for `Login::callback`. It may hold a code.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The login that this browser began at the provider, for whoever began it. It is used up in any case.
    pub async fn login<L: BegunLogin>(
        &self,
        logins: &Logins,
        owner: Owner<'_>,
    ) -> Result<L, LoginRefused> {
        let name = cookie_name(L::provider());
        let ticket = self.tickets.iter().find(|(own, _)| *own == name);
        let (_, ticket) = ticket.ok_or(LoginRefused::Unknown)?;
        logins.take(owner, ticket.expose()).await
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Callback")
    }
}

impl<S: Sync> FromRequestParts<S> for Callback {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Callback, Infallible> {
        let headers = parts.headers.get_all(header::COOKIE).iter();
        let cookies = headers.filter_map(|value| value.to_str().ok());
        let cookies = cookies.flat_map(Cookie::split_parse).flatten();
        let own = cookies.filter(|cookie| cookie.name().starts_with(COOKIE));
        Ok(Callback {
            query: parts.uri.query().unwrap_or_default().to_owned(),
            tickets: own
                .map(|cookie| (cookie.name().to_owned(), Secret::new(cookie.value())))
                .collect(),
        })
    }
}

/// A browser that is sent elsewhere keeps the ticket in a cookie that no script reads, that goes nowhere else, and that
/// comes back with the provider's redirect.
impl IntoResponse for Begun {
    fn into_response(self) -> Response {
        let life = cookie_life();
        let cookie = Cookie::build((cookie_name(self.provider()), self.ticket().expose()))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(life)
            .build();
        let headers = [
            (header::LOCATION, self.url().to_owned()),
            (header::SET_COOKIE, cookie.to_string()),
        ];
        let mut response = StatusCode::SEE_OTHER.into_response();
        for (name, value) in headers {
            match HeaderValue::try_from(value) {
                Ok(mut value) => {
                    value.set_sensitive(true);
                    response.headers_mut().insert(name, value);
                }
                Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
        // What stands in the query is for the provider alone.
        let policy = HeaderValue::from_static("no-referrer");
        response
            .headers_mut()
            .insert(header::REFERRER_POLICY, policy);
        response
    }
}

/// The prefix makes a browser refuse the cookie from any other host, or over plain http.
const COOKIE: &str = "__Host-oauth-login-";

fn cookie_name(provider: &Provider) -> String {
    format!("{COOKIE}{}", provider.reference().replace("::", "-"))
}

fn cookie_life() -> cookie::time::Duration {
    let seconds = i64::try_from(Login::LIFE.as_secs()).unwrap_or(i64::MAX);
    cookie::time::Duration::seconds(seconds)
}
