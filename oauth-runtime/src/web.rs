//! Logins in an axum application: a response sends the browser to the provider, and an extractor reads the callback.
//!
//! ```
//! use axum::response::{IntoResponse, Redirect};
//! use oauth_runtime::PendingLogin;
//! use oauth_runtime::lifecycle::{Logins, Owner};
//! use oauth_runtime::web::{Callback, PendingLogins};
//!
//! # type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
//! /// `POST /connect`: sends ann's browser to the provider, with a cookie that finishes the login once.
//! async fn connect<L: PendingLogin>(logins: &Logins, pending: PendingLogins, login: L) -> Result<impl IntoResponse> {
//!     let begun = logins.begin(Owner::user("ann"), &login).await?;
//!     Ok((pending, begun))
//! }
//!
//! /// `GET /callback`, and `POST /callback` where the provider posts a form: finishes the login.
//! async fn called_back<L: PendingLogin>(logins: &Logins, app: &L::App, callback: Callback) -> Result<impl IntoResponse> {
//!     let login: L = callback.login(logins, Owner::user("ann"), app).await?;
//!     // let code = login.callback(callback.query())?;
//!     // let tokens = http.send(exchange(&app, code)).await?;
//!     Ok((callback, Redirect::to("/connected")))
//! }
//! ```
//!
//! # Several logins in one browser
//!
//! Each pending login has a cookie, whose name is [`Logins::cookie_name`]. The state of a callback determines its cookie, so
//! two tabs, or two providers, finish independently. Returning [`PendingLogins`] with [`LoginRedirect`] clears the oldest cookies of
//! a browser that has begun [`PendingLogins::MAX`] logins: the `Cookie` header stays below 1 KB.
//!
//! # Requests that change nothing
//!
//! [`Callback`] rejects `HEAD` requests and speculative ones (prefetch, prerender, preview) before the handler runs. A
//! request whose state, owner, provider or redirect URI is not the login's consumes no login, so the user's callback still
//! succeeds. The path is compared as the browser sent it, also in a nested router. See [`Logins::with_path_prefix`] for a
//! proxy that removes a part of it.
//!
//! # `form_post`
//!
//! With `response_mode=form_post`, the provider's page posts a form to the redirect URI (OAuth 2.0 Form Post Response Mode).
//! That request is cross-site, and browsers do not send `SameSite=Lax` cookies with it: neither the ticket nor the session
//! of the application.
//!
//! With `SameSite=None`, browsers would send the ticket, but with every request that any web page makes to the application,
//! and the session would still be missing. So no cookie is weakened. If a form comes without a ticket, [`Callback`] responds
//! with a page that submits the form again from the application's site. The second request has all cookies. The code does
//! not enter a URL.
//!
//! Route `GET` and `POST` to the handler. A check of `Origin` in front of it must not reject `POST`: the first request comes
//! from the provider's site, and its response contains nothing but the submitted form.

use std::convert::Infallible;
use std::fmt;
use std::sync::OnceLock;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cookie::{Cookie, SameSite};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::lifecycle::{LoginError, LoginRedirect, Logins, Owner};
use crate::login::authorization_request::AuthorizationRequest;
use crate::login::browser::{SPECULATION_VARY, html, is_speculative};
use crate::login::callback::{CallbackError, state_in};
use crate::login::pending_login::PendingLogin;
use crate::login::query::all;
use crate::secret::Secret;

/// An extractor for the callback: the authorization response, in the query or in a form.
///
/// It reads the body, so it must be the last argument of a handler. Return it in the response, as in `(callback, page)`: it
/// clears the cookie of the login that it finished.
pub struct Callback {
    /// The path that the browser requested, a question mark, and the provider's parameters.
    target: String,
    tickets: Tickets,
    /// The name of the cookie whose login is finished or has expired.
    finished: OnceLock<String>,
}

/// The names and values of the tickets' cookies, the oldest first.
type Tickets = Vec<(String, Secret)>;

impl Callback {
    /// Returns the provider's parameters as a query, for `Login::callback`. They may contain a code.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Finds the pending login by the callback's state, checks that the callback belongs to it, and takes it. If a check
    /// fails, no login is consumed.
    ///
    /// # Errors
    ///
    /// No pending login of this browser, owner and app has the callback's state, provider and redirect URI.
    /// [`CallbackErrorKind::Unverified`](crate::login::CallbackErrorKind::Unverified) reports an error code that came without a state.
    pub async fn login<L: PendingLogin>(
        &self,
        logins: &Logins,
        owner: Owner<'_>,
        app: &L::App,
    ) -> Result<L, LoginError> {
        let names = self.cookie_names::<L>()?;
        let ticket = self.tickets.iter().find(|(name, _)| names.contains(name));
        let (name, ticket) = ticket.ok_or(LoginError::Unknown)?;
        let taken = logins.take(owner, app, ticket.expose(), &self.target).await;
        if matches!(taken, Ok(_) | Err(LoginError::Unknown)) {
            self.finished.get_or_init(|| name.clone());
        }
        taken
    }

    /// Returns the possible cookie names of the callback: for the decoded state, and for the raw one, since some providers
    /// return the state without encoding it.
    fn cookie_names<L: PendingLogin>(&self) -> Result<[String; 2], CallbackError> {
        match state_in(&self.target, L::callback_names()) {
            Ok(state) => Ok([
                Logins::cookie_name(&state.decoded()),
                Logins::cookie_name(state.0),
            ]),
            Err(problem) => Err(CallbackError::new(L::provider(), problem)),
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Callback")
    }
}

impl<S: Sync> FromRequest<S> for Callback {
    type Rejection = CallbackRejection;

    async fn from_request(request: Request, _: &S) -> Result<Callback, CallbackRejection> {
        let (parts, body) = request.into_parts();
        let is_post = match parts.method.as_str() {
            "GET" => false,
            "POST" => true,
            "HEAD" => return Err(CallbackRejection::Head),
            _ => return Err(CallbackRejection::Method),
        };
        if is_speculative(&parts.headers) {
            return Err(CallbackRejection::Speculative);
        }
        let tickets = tickets(&parts.headers);
        let form = match is_post {
            true => own_form(form(&parts.headers, body).await?, &tickets)?,
            false => String::new(),
        };
        // A nested router removes its path from the request's URI.
        let original = parts.extensions.get::<OriginalUri>();
        let uri = original.map_or(&parts.uri, |original| &original.0);
        let queries = [uri.query().unwrap_or_default(), form.as_str()];
        let queries: Vec<&str> = queries
            .into_iter()
            .filter(|query| !query.is_empty())
            .collect();
        Ok(Callback {
            target: format!("{}?{}", uri.path(), queries.join("&")),
            tickets,
            finished: OnceLock::new(),
        })
    }
}

/// Clears the cookie of a login that this callback finished, or that has expired.
impl IntoResponseParts for Callback {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        if let Some(name) = self.finished.get() {
            clear(response.headers_mut(), name);
        }
        Ok(response)
    }
}

fn tickets(headers: &HeaderMap) -> Tickets {
    let headers = headers.get_all(header::COOKIE).iter();
    let cookies = headers.filter_map(|value| value.to_str().ok());
    let cookies = cookies.flat_map(Cookie::split_parse).flatten();
    let own = cookies.filter(|cookie| cookie.name().starts_with(Logins::COOKIE_PREFIX));
    own.map(|cookie| (cookie.name().to_owned(), Secret::new(cookie.value())))
        .collect()
}

async fn form(headers: &HeaderMap, body: Body) -> Result<String, CallbackRejection> {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(CallbackRejection::Form);
    }
    let bytes = to_bytes(body, MAX_FORM)
        .await
        .map_err(|_| CallbackRejection::Form)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| CallbackRejection::Form)
}

/// Returns the form, if the browser sent cookies with it or submitted it again. Otherwise rejects it with a page that
/// submits it again.
fn own_form(form: String, tickets: &[(String, Secret)]) -> Result<String, CallbackRejection> {
    match form.strip_prefix(RESUBMITTED) {
        Some(rest) => Ok(rest.strip_prefix('&').unwrap_or(rest).to_owned()),
        None if tickets.is_empty() => Err(CallbackRejection::CrossSite(resubmission(&form))),
        None => Ok(form),
    }
}

/// Returns a page that submits a form again.
fn resubmission(form: &str) -> String {
    let given = all(form).map(|(name, value)| (name.decoded(), value.decoded()));
    let given = given.filter(|(name, _)| !name.is_empty());
    let fields: String = given.map(|(name, value)| field(&name, &value)).collect();
    let (name, value) = RESUBMITTED.split_once('=').unwrap_or_default();
    let first = field(name, value);
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\
         <body><main><h1>Login</h1><form method=\"post\">{first}{fields}<button>Continue</button></form></main>\
         <script>{SUBMIT}</script></body></html>"
    )
}

fn field(name: &str, value: &str) -> String {
    let (name, value) = (html(name), html(value));
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
}

/// A script that submits the form, even if a field has the name `submit`. Without scripts, the user presses the button.
const SUBMIT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/// The first field of a form that was submitted again. A form of another site gains nothing by it, since the browser omits
/// the cookies.
const RESUBMITTED: &str = "oauth-resubmitted=1";

/// The maximum size of a form in bytes. An ID token takes a few thousand of them.
const MAX_FORM: usize = 64 * 1024;

/// The reason why a request to the redirect URI is not a callback. It consumes nothing.
#[non_exhaustive]
pub enum CallbackRejection {
    /// The request is a `HEAD`. The response is 204 (No Content).
    Head,
    /// The browser prefetches, prerenders or previews the page. The response is 503 (Service Unavailable), so that the
    /// browser discards it and sends the user's own request.
    Speculative,
    /// The method is not `GET`, `HEAD` or `POST`. The response is 405 (Method Not Allowed).
    Method,
    /// The body is not a form in UTF-8 of at most 64 KB. The response is 400 (Bad Request).
    Form,
    /// A form came from another site, without cookies. The response is this page, which submits the form again.
    CrossSite(String),
}

impl fmt::Debug for CallbackRejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            CallbackRejection::Head => "Head",
            CallbackRejection::Speculative => "Speculative",
            CallbackRejection::Method => "Method",
            CallbackRejection::Form => "Form",
            CallbackRejection::CrossSite(_) => "CrossSite",
        })
    }
}

impl IntoResponse for CallbackRejection {
    fn into_response(self) -> Response {
        let mut response = match self {
            CallbackRejection::Head => StatusCode::NO_CONTENT.into_response(),
            CallbackRejection::Speculative => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            CallbackRejection::Method => {
                let allow = [(header::ALLOW, "GET, HEAD, POST")];
                (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
            }
            CallbackRejection::Form => {
                let words = "the callback is not a form, or is longer than 64 KB";
                (StatusCode::BAD_REQUEST, words).into_response()
            }
            CallbackRejection::CrossSite(page) => page_alone(page),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static(SPECULATION_VARY));
        response
    }
}

/// Returns a response with a page whose policy allows its script and nothing else.
fn page_alone(page: String) -> Response {
    let hash = STANDARD.encode(Sha256::digest(SUBMIT));
    let policy = format!(
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-{hash}'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        // With `no-referrer`, the browser would send `Origin: null` with the form.
        (header::REFERRER_POLICY, "same-origin".to_owned()),
    ];
    (headers, page).into_response()
}

/// An extractor for the pending logins of a browser, which it finds by their cookies.
///
/// Return it with [`LoginRedirect`], as in `(pending, begun)`: it clears the oldest cookies if there are too many.
pub struct PendingLogins {
    /// The names of the cookies, the oldest first: browsers send the cookies of one path in this order (RFC 6265 section
    /// 5.4).
    names: Vec<String>,
}

impl PendingLogins {
    /// The number of pending logins that a browser keeps, the new one included.
    pub const MAX: usize = 8;

    /// Returns the number of pending logins.
    pub fn count(&self) -> usize {
        self.names.len()
    }
}

impl fmt::Debug for PendingLogins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PendingLogins")
            .field("count", &self.count())
            .finish()
    }
}

impl<S: Sync> FromRequestParts<S> for PendingLogins {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<PendingLogins, Infallible> {
        let tickets = tickets(&parts.headers).into_iter();
        Ok(PendingLogins {
            names: tickets.map(|(name, _)| name).collect(),
        })
    }
}

/// Clears the oldest cookies, so that the new one is the last of [`PendingLogins::MAX`].
impl IntoResponseParts for PendingLogins {
    type Error = Infallible;

    fn into_response_parts(self, mut response: ResponseParts) -> Result<ResponseParts, Infallible> {
        let surplus = (self.names.len() + 1).saturating_sub(PendingLogins::MAX);
        for name in self.names.iter().take(surplus) {
            clear(response.headers_mut(), name);
        }
        Ok(response)
    }
}

/// Redirects the browser to the provider. The browser keeps the ticket in a cookie that scripts cannot read and that is sent
/// to this host only, including with the provider's redirect.
impl IntoResponse for LoginRedirect {
    fn into_response(self) -> Response {
        let seconds = i64::try_from(AuthorizationRequest::LIFE.as_secs()).unwrap_or(i64::MAX);
        let cookie = ticket_cookie(&self.cookie_name(), self.ticket().expose(), seconds);
        let (Some(location), Some(cookie)) = (sensitive(self.url()), sensitive(&cookie)) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(header::LOCATION, location);
        headers.append(header::SET_COOKIE, cookie);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The provider does not learn the URL of this application's page.
        let policy = HeaderValue::from_static("no-referrer");
        headers.insert(header::REFERRER_POLICY, policy);
        response
    }
}

fn clear(headers: &mut HeaderMap, name: &str) {
    if let Some(cookie) = sensitive(&ticket_cookie(name, "", 0)) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn ticket_cookie(name: &str, ticket: &str, seconds: i64) -> String {
    let cookie = Cookie::build((name, ticket))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(seconds));
    cookie.build().to_string()
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
