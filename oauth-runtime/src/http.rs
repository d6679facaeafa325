//! [`Http`]: the one door to the network.
//!
//! Whatever carries the bytes, the same duties hold: `https` or this machine's loopback only, no
//! redirect followed (every request carries a credential somewhere), a deadline, and a cap on what is
//! read. Errors never show a URL's query.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::call::Call;
use crate::clock;
use crate::error::Error;

/// What comes back from a [`Transport`], sooner or later.
pub type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'a>>;

/// Carries one request to its host and the response back. Must not follow redirects.
///
/// Implemented for functions, so that a test or another HTTP client stands in with a closure:
///
/// ```
/// use oauth_runtime::{Http, TransportError};
///
/// let http = Http::over(|request: http::Request<Vec<u8>>| async move {
///     assert_eq!(request.uri().scheme_str(), Some("https"));
///     Ok::<_, TransportError>(http::Response::new(b"{}".to_vec()))
/// });
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request.
    fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_>;
}

impl<F, R> Transport for F
where
    F: Fn(http::Request<Vec<u8>>) -> R + Send + Sync,
    R: Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'static,
{
    fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_> {
        Box::pin(self(request))
    }
}

/// Why no response came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    /// What happened, without any URL.
    pub reason: String,
    /// Whether the request may have reached the provider.
    pub sent: bool,
}

/// For a transport of one's own: a request never left if its connection was refused; of any other error nobody knows.
impl From<std::io::Error> for TransportError {
    fn from(error: std::io::Error) -> TransportError {
        TransportError {
            reason: error.to_string(),
            sent: error.kind() != std::io::ErrorKind::ConnectionRefused,
        }
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for TransportError {}

/// Sends calls. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Http {
    transport: Arc<dyn Transport>,
}

impl Http {
    /// Over any transport.
    pub fn over(transport: impl Transport + 'static) -> Http {
        Http {
            transport: Arc::new(transport),
        }
    }

    /// Makes the call.
    pub async fn send<T>(&self, call: Call<T>) -> Result<T, Error> {
        match self.exchange(call.http_request()?).await {
            Ok(response) => call.read(&response, clock::now()),
            Err(error) => Err(call.unanswered(&error.reason, error.sent)),
        }
    }

    pub(crate) async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        if !is_safe(request.uri()) {
            return Err(TransportError {
                reason: "credentials go over https only, or to this machine's loopback address"
                    .to_owned(),
                sent: false,
            });
        }
        self.transport.carry(request).await
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Http")
    }
}

/// `https`, or `http` to a loopback host; no user name in front of the host.
pub(crate) fn is_safe(uri: &http::Uri) -> bool {
    let Some(authority) = uri.authority() else {
        return false;
    };
    let loopback = matches!(authority.host(), "127.0.0.1" | "[::1]" | "localhost");
    let named_user = authority.as_str().contains('@');
    !named_user
        && match uri.scheme_str() {
            Some("https") => true,
            Some("http") => loopback,
            _ => false,
        }
}

#[cfg(feature = "reqwest")]
pub use over_reqwest::HttpBounds;

#[cfg(feature = "reqwest")]
mod over_reqwest {
    use std::time::Duration;

    use super::{Answering, Http, Transport, TransportError};

    /// What is given up: a response that takes too long, or is too long.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct HttpBounds {
        deadline: Duration,
        most_bytes: usize,
    }

    impl HttpBounds {
        /// 30 seconds and a mebibyte: token responses have a few kilobytes.
        pub const fn new() -> HttpBounds {
            HttpBounds {
                deadline: Duration::from_secs(30),
                most_bytes: 1024 * 1024,
            }
        }

        /// The same with this much time, from the first byte that is sent to the last that comes.
        pub const fn deadline(mut self, deadline: Duration) -> HttpBounds {
            self.deadline = deadline;
            self
        }

        /// The same with bodies of so many bytes at most.
        pub const fn most_bytes(mut self, most_bytes: usize) -> HttpBounds {
            self.most_bytes = most_bytes;
            self
        }
    }

    impl Default for HttpBounds {
        fn default() -> HttpBounds {
            HttpBounds::new()
        }
    }

    impl Http {
        /// Over reqwest, as it is set up by default.
        pub fn new() -> Result<Http, TransportError> {
            Http::from_builder(reqwest::Client::builder())
        }

        /// Over reqwest with proxies, certificates and the like of your own. Redirects, plain http and
        /// endless waits are switched off whatever the builder says.
        pub fn from_builder(builder: reqwest::ClientBuilder) -> Result<Http, TransportError> {
            Http::from_builder_within(builder, HttpBounds::new())
        }

        /// The same within other bounds: for an API whose answers are long, or take long.
        pub fn from_builder_within(
            builder: reqwest::ClientBuilder,
            bounds: HttpBounds,
        ) -> Result<Http, TransportError> {
            let client = builder
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .timeout(bounds.deadline)
                .build()
                .map_err(|error| told(&error, false))?;
            Ok(Http::over(Reqwest { client, bounds }))
        }
    }

    struct Reqwest {
        client: reqwest::Client,
        bounds: HttpBounds,
    }

    impl Transport for Reqwest {
        fn carry(&self, request: http::Request<Vec<u8>>) -> Answering<'_> {
            Box::pin(carry(&self.client, self.bounds.most_bytes, request))
        }
    }

    async fn carry(
        client: &reqwest::Client,
        most_bytes: usize,
        request: http::Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, TransportError> {
        let request = reqwest::Request::try_from(request).map_err(|error| told(&error, false))?;
        let mut response = client
            .execute(request)
            .await
            .map_err(|error| told(&error, !error.is_connect()))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| told(&error, true))? {
            if body.len() + chunk.len() > most_bytes {
                return Err(TransportError {
                    reason: format!("the response is longer than {most_bytes} bytes"),
                    sent: true,
                });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }

    /// The error in words of our own: reqwest's would show the URL.
    fn told(error: &reqwest::Error, sent: bool) -> TransportError {
        let reason = match () {
            () if error.is_timeout() => "no answer in time",
            () if error.is_connect() => "no connection",
            () if error.is_builder() => "the client could not be set up",
            () if error.is_body() || error.is_decode() => "the response broke off",
            () => "the connection broke",
        };
        TransportError {
            reason: reason.to_owned(),
            sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_loopback_are_safe() {
        for (uri, safe) in [
            ("https://id.example/token", true),
            ("http://127.0.0.1:9000/token", true),
            ("http://localhost/token", true),
            ("http://[::1]:1/token", true),
            ("http://id.example/token", false),
            ("http://localhost:80@evil.example/", false),
            ("https://user@id.example/", false),
            ("http://127.0.0.1.evil.example/", false),
            ("ftp://id.example/", false),
            ("/token", false),
        ] {
            assert_eq!(is_safe(&uri.parse().unwrap()), safe, "{uri}");
        }
    }
}
