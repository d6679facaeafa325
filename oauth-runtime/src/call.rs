//! [`Call`]: a request and the reader of its response, as one value without any I/O.

use std::fmt;
use std::time::SystemTime;

use crate::answer::{Answer, Oddities};
use crate::challenge::Challenge;
use crate::error::{Cause, Error, Kind};
use crate::failure::Failure;
use crate::method::Method;
use crate::printable::printable;
use crate::provider::Provider;
use crate::rate_limit::retry_after;
use crate::request::Request;
use crate::secret::Secret;
use crate::unreachable::{TransportError, Unreachable};

/// A call to a provider that has not been made: what to send, and how to read what comes back.
///
/// [`Http::send`](crate::Http::send) makes it. Any other client can, too: give it
/// [`Call::http_request`] and hand its response to [`Call::read`].
///
/// Follow no redirect with that request, in any client: it carries credentials.
#[must_use = "a call does nothing until it is sent"]
pub struct Call<T> {
    parts: Parts,
    read: fn(&Answer<'_>) -> Result<T, Failure>,
}

struct Parts {
    provider: &'static Provider,
    name: &'static str,
    request: Request,
    refresh_token: Option<Secret>,
    kept: Vec<Secret>,
}

impl<T> Call<T> {
    /// A call as generated modules write it: `name` is its path in the spec.
    pub fn new(
        provider: &'static Provider,
        name: &'static str,
        request: Request,
        read: fn(&Answer<'_>) -> Result<T, Failure>,
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

    /// The same, spending this refresh token: it stays where no new one comes, and is given back
    /// ([`Error::take_refresh_token`]) if the call cannot have reached the provider.
    pub fn spending(mut self, refresh_token: Secret) -> Call<T> {
        self.parts.refresh_token = Some(refresh_token);
        self
    }

    /// The same, keeping texts for the reader of the answer.
    pub fn keeping(mut self, texts: &[&str]) -> Call<T> {
        self.parts.kept = texts.iter().copied().map(Secret::new).collect();
        self
    }

    /// The same, read otherwise.
    pub fn read_by<U>(self, read: fn(&Answer<'_>) -> Result<U, Failure>) -> Call<U> {
        Call {
            parts: self.parts,
            read,
        }
    }

    /// What is sent, without a copy.
    pub fn request(&self) -> &Request {
        &self.parts.request
    }

    /// What is sent, as the `http` crate has it. Fails if a value cannot stand in a header or the URL.
    pub fn http_request(&self) -> Result<http::Request<Vec<u8>>, Error> {
        self.parts.http_request()
    }

    /// Reads the response: what the call gives, or what is wrong. `received_at` is when it came;
    /// lifetimes count from there.
    pub fn read<B: AsRef<[u8]>>(
        self,
        response: &http::Response<B>,
        received_at: SystemTime,
    ) -> Result<T, Error> {
        self.read_noting(response, received_at, &Oddities::default())
    }

    /// Reads the response, and keeps the members that were read as absent, since they are not what the spec says.
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

    /// No answer came. `sent` says whether the request may have reached the provider all the same; if
    /// not, the error gives back the refresh token.
    pub fn unanswered(self, reason: &str, sent: bool) -> Error {
        self.failed_in_transport(TransportError::other(reason, sent))
    }

    /// Gives the error of a call that met a failure of the transport. If the request cannot have reached the provider,
    /// the error gives back the refresh token.
    pub fn failed_in_transport(self, error: TransportError) -> Error {
        self.parts.unanswered(error)
    }
}

/// Of a response, what a reader may need beside the body.
struct Head<'a> {
    status: u16,
    headers: &'a http::HeaderMap,
    received_at: SystemTime,
}

impl Head<'_> {
    /// The failure; where nothing could be read, and the body has an encoding that nothing decoded, that one; and where the
    /// body has no code, the one of the challenge.
    #[cold]
    fn explained(&self, failure: Failure, body: &[u8]) -> Failure {
        let is_unread = match &failure {
            Failure::NotJson { .. } | Failure::NotForm => true,
            Failure::Refused(refusal) => refusal.code().is_none(),
            _ => false,
        };
        let encoding = self.encoding().filter(|_| is_unread && !body.is_empty());
        match (encoding, failure) {
            (Some(encoding), _) => Failure::Encoded { encoding },
            (None, Failure::Refused(refusal)) => {
                Failure::Refused(Challenge::of(self.headers).complete(refusal))
            }
            (None, failure) => failure,
        }
    }

    /// The encoding that the body still has (RFC 9110 §8.4): a decoder removes the header.
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
                // A header of the provider's own may carry a token or the client's secret, too.
                value.set_sensitive(!is_plain(name));
                value
            });
            builder = match value {
                Ok(value) => builder.header(name, value),
                Err(_) => {
                    return Err(self.misused(format!("header `{name}` cannot carry its value")));
                }
            };
        }
        builder
            .body(self.request.body().as_bytes().to_vec())
            .map_err(|_| self.misused("the endpoint is no URL".to_owned()))
    }

    fn answer<'a>(&'a self, head: &Head<'_>, body: &'a [u8], oddities: &'a Oddities) -> Answer<'a> {
        Answer {
            status: head.status,
            body,
            received_at: head.received_at,
            refresh_token: self.refresh_token.as_ref(),
            kept: &self.kept,
            id_token: self.request.id_token(),
            oddities,
        }
    }

    /// Which member, what was expected and the kind of thing that came: never a value.
    #[cold]
    fn warn(&self, oddities: &[Failure]) {
        for oddity in oddities {
            tracing::warn!(
                target: "oauth_runtime",
                provider = self.provider.id,
                call = self.name,
                %oddity,
                "a member of the response is not what the spec says, and was read as absent"
            );
        }
    }

    #[cold]
    fn failed(&mut self, head: &Head<'_>, failure: Failure, body: &[u8]) -> Error {
        let redirected = (300..400).contains(&head.status);
        let says_why = matches!(&failure, Failure::Refused(refusal) if refusal.code().is_some());
        let failure = match says_why {
            true => failure,
            false => head.explained(failure, body),
        };
        let kind = match &failure {
            Failure::Refused(_) if !redirected => Kind::Refused,
            _ => Kind::Misbehaved,
        };
        Error::new(kind, self.provider, self.name, Cause::Answer(failure)).with(|details| {
            details.status = Some(head.status);
            details.request = Some(self.request.take());
            details.retry_after = retry_after(head.headers, head.received_at);
        })
    }

    #[cold]
    fn misused(&self, reason: String) -> Error {
        let cause = Cause::NoAnswer(reason.into());
        Error::new(Kind::Misused, self.provider, self.name, cause).with(|details| {
            details.unspent.clone_from(&self.refresh_token);
        })
    }

    #[cold]
    fn unanswered(self, error: TransportError) -> Error {
        let kind = match error.kind {
            Unreachable::NotSecure => Kind::Misused,
            _ => Kind::Unreachable,
        };
        let sent = error.sent;
        let cause = Cause::Transport(error);
        Error::new(kind, self.provider, self.name, cause).with(|details| {
            details.request = Some(self.request);
            details.unspent = self.refresh_token.filter(|_| !sent);
        })
    }
}

/// The headers that say how a message is written, and never hold what is secret. In other letters they are taken for
/// secret, which does no harm.
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
