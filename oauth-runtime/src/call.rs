//! [`Call`]: a request and the reader of its response, as one value without any I/O.

use std::fmt;
use std::time::SystemTime;

use crate::error::{Cause, Error, ErrorKind};
use crate::printable::printable;
use crate::provider::Provider;
use crate::request::Request;
use crate::request::method::Method;
use crate::response::challenge::Challenge;
use crate::response::parse_error::ParseError;
use crate::response::rate_limit::retry_after;
use crate::response::unreachable::{TransportError, Unreachable};
use crate::response::{Oddities, Response};
use crate::secret::Secret;

/// A prepared call to a provider: the request, and the function that reads the response.
///
/// [`Http::send`](crate::Http::send) makes the call. With another HTTP client, send [`Call::http_request`] and pass the
/// response to [`Call::read`].
///
/// The client must not follow redirects: the request carries credentials.
#[must_use = "a call does nothing until it is sent"]
pub struct Call<T> {
    parts: Parts,
    read: fn(&Response<'_>) -> Result<T, ParseError>,
}

struct Parts {
    provider: &'static Provider,
    name: &'static str,
    request: Request,
    refresh_token: Option<Secret>,
    kept: Vec<Secret>,
}

impl<T> Call<T> {
    /// Creates a call, for generated modules. `name` is its path in the spec, such as `token.refresh_token`.
    pub fn new(
        provider: &'static Provider,
        name: &'static str,
        request: Request,
        read: fn(&Response<'_>) -> Result<T, ParseError>,
    ) -> Call<T> {
        let parts = Parts {
            provider,
            name,
            request,
            refresh_token: None,
            kept: Vec::new(),
        };
        Call { parts, read }
    }

    /// Sets the refresh token that the call consumes. The resulting token keeps it if the response has no new one. If
    /// the request cannot have reached the provider, the error returns it ([`Error::take_refresh_token`]).
    pub fn spending(mut self, refresh_token: Secret) -> Call<T> {
        self.parts.refresh_token = Some(refresh_token);
        self
    }

    /// Sets the texts that the call keeps for the reader of the response.
    pub fn keeping(mut self, texts: &[&str]) -> Call<T> {
        self.parts.kept = texts.iter().copied().map(Secret::new).collect();
        self
    }

    /// Replaces the function that reads the response.
    pub fn read_by<U>(self, read: fn(&Response<'_>) -> Result<U, ParseError>) -> Call<U> {
        Call {
            parts: self.parts,
            read,
        }
    }

    /// Returns the request, without a copy.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::Secret;
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// let call = acme::refresh(&app, refresh_token);
    /// assert_eq!(call.request().endpoint(), "https://id.acme.example/token");
    /// # }
    /// ```
    pub fn request(&self) -> &Request {
        &self.parts.request
    }

    /// Returns the request as a type of the `http` crate.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::Secret;
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// let call = acme::refresh(&app, refresh_token);
    /// let request = call.http_request()?;
    /// assert_eq!(request.uri(), "https://id.acme.example/token");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a value is not valid in a header or the URL, or if the request does not fit the login that
    /// its callback belongs to.
    pub fn http_request(&self) -> Result<http::Request<Vec<u8>>, Error> {
        self.parts.http_request()
    }

    /// Reads the response into the result of the call. `received_at` is the time of its arrival, from which lifetimes
    /// count.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use std::time::SystemTime;
    /// use oauth_runtime::Secret;
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// let call = acme::refresh(&app, refresh_token);
    /// let response = http::Response::new(r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","expires_in":3600}"#);
    /// let token = call.read(&response, SystemTime::now())?;
    /// assert_eq!(token.access_token().expose(), "2YotnFZFEjr1zCsicMWpAA");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error for an error response, and for a response that the call cannot use.
    pub fn read<B: AsRef<[u8]>>(
        self,
        response: &http::Response<B>,
        received_at: SystemTime,
    ) -> Result<T, Error> {
        self.read_noting(response, received_at, &Oddities::default())
    }

    /// Reads the response, and adds its contradictions to the spec to `oddities`.
    pub(crate) fn read_noting<B: AsRef<[u8]>>(
        mut self,
        response: &http::Response<B>,
        received_at: SystemTime,
        oddities: &Oddities,
    ) -> Result<T, Error> {
        let head = Head {
            status: response.status().as_u16(),
            headers: response.headers(),
            received_at,
        };
        let body = response.body().as_ref();
        let answer = self.parts.answer(&head, body, oddities);
        let read = (self.read)(&answer);
        if !oddities.0.borrow().is_empty() {
            self.parts.warn(&oddities.0.borrow());
        }
        match read {
            Ok(value) => Ok(value),
            Err(failure) => Err(self.parts.failed(&head, failure, body)),
        }
    }

    /// Returns the error of a call without a response. `sent` states whether the request may have reached the provider.
    /// If not, the error holds the refresh token.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::Secret;
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// let call = acme::refresh(&app, refresh_token);
    /// let mut error = call.unanswered("the connection was refused", false);
    /// assert!(error.take_refresh_token().is_some());
    /// # }
    /// ```
    pub fn unanswered(self, reason: &str, sent: bool) -> Error {
        self.failed_in_transport(TransportError::other(reason, sent))
    }

    /// Returns the error of a call whose transport failed. If the request cannot have reached the provider, the error
    /// holds the refresh token.
    ///
    /// ```
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # fn main() {
    /// # let back = acme::RedirectUri::constant("https://app.example.com/callback");
    /// # let app = acme::App::new("client id", "client secret", back);
    /// use oauth_runtime::{Remedy, Secret, http::{TransportError, Unreachable}};
    ///
    /// let refresh_token = acme::RefreshToken::from_stored(Secret::new("tGzv3JOkF0XG5Qx2TlKWIA"));
    /// let call = acme::refresh(&app, refresh_token);
    /// let error = call.failed_in_transport(TransportError::new(Unreachable::TimedOut));
    /// assert_eq!(error.remedy(), Remedy::Retry);
    /// # }
    /// ```
    pub fn failed_in_transport(self, error: TransportError) -> Error {
        self.parts.unanswered(error)
    }
}

/// The parts of a response that a reader may need in addition to the body.
struct Head<'a> {
    status: u16,
    headers: &'a http::HeaderMap,
    received_at: SystemTime,
}

impl Head<'_> {
    /// Returns the most precise failure. If the body cannot be read and has a content encoding, that is the encoding.
    /// If an error response has no code in its body, the code comes from the challenge.
    #[cold]
    fn explained(&self, failure: ParseError, body: &[u8]) -> ParseError {
        let is_unread = match &failure {
            ParseError::NotJson { .. } | ParseError::NotForm => true,
            ParseError::Refused(refusal) => refusal.code().is_none(),
            _ => false,
        };
        let encoding = self.encoding().filter(|_| is_unread && !body.is_empty());
        match (encoding, failure) {
            (Some(encoding), _) => ParseError::Encoded { encoding },
            (None, ParseError::Refused(refusal)) => {
                ParseError::Refused(Challenge::of(self.headers).complete(refusal))
            }
            (None, failure) => failure,
        }
    }

    /// Returns the content encoding that the body still has (RFC 9110 §8.4). A decoder removes the header.
    fn encoding(&self) -> Option<String> {
        let named = self.headers.get(http::header::CONTENT_ENCODING)?;
        let named = printable(&String::from_utf8_lossy(named.as_bytes())).to_ascii_lowercase();
        Some(named).filter(|named| !matches!(named.trim(), "" | "identity"))
    }
}

impl Parts {
    fn http_request(&self) -> Result<http::Request<Vec<u8>>, Error> {
        if let Some(reason) = self.request.why_unfit() {
            return Err(self.misused(reason.to_owned()));
        }
        let method = match self.request.method() {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Delete => http::Method::DELETE,
        };
        let mut builder = http::Request::builder()
            .method(method)
            .uri(self.request.url());
        for (name, value) in self.request.headers() {
            let value = http::HeaderValue::from_str(value).map(|mut value| {
                // A provider-specific header may carry a token or the client secret, too.
                value.set_sensitive(!is_plain(name));
                value
            });
            builder = match value {
                Ok(value) => builder.header(name, value),
                Err(_) => {
                    return Err(self.misused(format!(
                        "the value of header `{name}` has a character that headers cannot contain"
                    )));
                }
            };
        }
        builder
            .body(self.request.body().as_bytes().to_vec())
            .map_err(|_| self.misused("the endpoint is not a valid URL".to_owned()))
    }

    fn answer<'a>(
        &'a self,
        head: &Head<'_>,
        body: &'a [u8],
        oddities: &'a Oddities,
    ) -> Response<'a> {
        Response {
            status: head.status,
            body,
            received_at: head.received_at,
            refresh_token: self.refresh_token.as_ref(),
            kept: &self.kept,
            id_token: self.request.id_token(),
            oddities,
        }
    }

    /// Logs the member, the expected form and the kind of value that was found. Never logs a value.
    #[cold]
    fn warn(&self, oddities: &[ParseError]) {
        for oddity in oddities {
            tracing::warn!(
                target: "oauth_runtime",
                provider = self.provider.id,
                call = self.name,
                %oddity,
                "a member of the response does not match the spec and was read as absent"
            );
        }
    }

    #[cold]
    fn failed(&mut self, head: &Head<'_>, failure: ParseError, body: &[u8]) -> Error {
        let redirected = (300..400).contains(&head.status);
        let says_why = matches!(&failure, ParseError::Refused(refusal) if refusal.code().is_some());
        let failure = match says_why {
            true => failure,
            false => head.explained(failure, body),
        };
        let kind = match &failure {
            ParseError::Refused(_) if !redirected => ErrorKind::Refused,
            _ => ErrorKind::Misbehaved,
        };
        Error::new(kind, self.provider, self.name, Cause::Response(failure)).with(|details| {
            details.status = Some(head.status);
            details.request = Some(self.request.take());
            details.retry_after = retry_after(head.headers, head.received_at);
        })
    }

    #[cold]
    fn misused(&self, reason: String) -> Error {
        let cause = Cause::NoAnswer(reason.into());
        Error::new(ErrorKind::Misused, self.provider, self.name, cause).with(|details| {
            details.unspent.clone_from(&self.refresh_token);
        })
    }

    #[cold]
    fn unanswered(self, error: TransportError) -> Error {
        let kind = match error.kind {
            Unreachable::NotSecure => ErrorKind::Misused,
            _ => ErrorKind::Unreachable,
        };
        let sent = error.sent;
        let cause = Cause::Transport(error);
        Error::new(kind, self.provider, self.name, cause).with(|details| {
            details.request = Some(self.request);
            details.unspent = self.refresh_token.filter(|_| !sent);
        })
    }
}

/// Returns whether a header describes how a message is written and never holds a secret. A name in other letter case
/// counts as secret, which is harmless.
fn is_plain(name: &str) -> bool {
    matches!(name, "accept" | "content-type" | "user-agent")
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("provider", &self.parts.provider.id)
            .field("name", &self.parts.name)
            .field("request", &self.parts.request)
            .finish_non_exhaustive()
    }
}
