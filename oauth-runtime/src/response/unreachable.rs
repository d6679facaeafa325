//! [`Unreachable`]: the kinds of failures without a response; [`TransportError`]: one such failure, with its source.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::printable::printable_line;
use crate::provider::Remedy;

/// The reason why no response came.
///
/// ```no_run
/// # fn example(error: &oauth_runtime::Error) {
/// use oauth_runtime::http::Unreachable;
///
/// if error.unreachable() == Some(Unreachable::CertificateNotTrusted) {
///     println!("is a company's proxy in between? Its certificate is not installed here");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreachable {
    /// The host's name has no address, or no name server answered.
    NameNotResolved,
    /// Nothing listens at the address.
    ConnectionRefused,
    /// No complete response came before the deadline.
    TimedOut,
    /// The server's certificate has no issuer that this machine trusts, or was revoked or forged.
    CertificateNotTrusted,
    /// The server's certificate is no longer valid, or not yet.
    CertificateExpired,
    /// The server's certificate is for another name than the host's.
    CertificateForAnotherName,
    /// Server and client did not agree on a TLS connection.
    TlsHandshakeFailed,
    /// The connection was closed before the response was complete.
    ConnectionLost,
    /// The response is longer than the client reads.
    BodyTooLong,
    /// The response's body does not decode by its `Content-Encoding`.
    BodyNotDecoded,
    /// The URL is not one to which credentials are sent.
    NotSecure,
    /// The request failed for another reason.
    Other,
}

impl Unreachable {
    /// Returns a description of the failure, as part of a sentence.
    fn reason(self) -> &'static str {
        match self {
            Unreachable::NameNotResolved => "its host name does not resolve to an address",
            Unreachable::ConnectionRefused => "the connection was refused",
            Unreachable::TimedOut => "the request timed out",
            Unreachable::CertificateNotTrusted => "its certificate is not trusted on this machine",
            Unreachable::CertificateExpired => "its certificate has expired, or is not valid yet",
            Unreachable::CertificateForAnotherName => "its certificate is for another host name",
            Unreachable::TlsHandshakeFailed => "the TLS handshake failed",
            Unreachable::ConnectionLost => {
                "the connection was closed before the response was complete"
            }
            Unreachable::BodyTooLong => "the response is too long",
            Unreachable::BodyNotDecoded => {
                "the response cannot be decoded by its `Content-Encoding`"
            }
            Unreachable::NotSecure => {
                "credentials are sent only over https, or to this machine's loopback address"
            }
            Unreachable::Other => "the connection failed",
        }
    }

    /// Returns advice, if the remedy alone is not enough; otherwise an empty string.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Unreachable::CertificateNotTrusted => {
                "install the certificate of its issuer on this machine, or add it to the client"
            }
            Unreachable::CertificateExpired => {
                "check this machine's clock; if it is right, the provider must renew its certificate"
            }
            Unreachable::CertificateForAnotherName => {
                "check the host name in the URL, and which server responds at that name"
            }
            Unreachable::TlsHandshakeFailed => {
                "try again later; if the error persists, check whether the port supports TLS and which proxy is in between"
            }
            Unreachable::BodyTooLong => {
                "check which server responds at this URL, or let the client read longer responses"
            }
            Unreachable::NotSecure => "use a URL that begins with https",
            Unreachable::NameNotResolved
            | Unreachable::ConnectionRefused
            | Unreachable::TimedOut
            | Unreachable::ConnectionLost
            | Unreachable::BodyNotDecoded
            | Unreachable::Other => "",
        }
    }

    /// Returns the remedy. Networks and servers recover by themselves; certificates and URLs need a person.
    pub(crate) fn remedy(self) -> Remedy {
        match self {
            Unreachable::CertificateNotTrusted
            | Unreachable::CertificateExpired
            | Unreachable::CertificateForAnotherName
            | Unreachable::BodyTooLong
            | Unreachable::NotSecure => Remedy::MendApp,
            Unreachable::NameNotResolved
            | Unreachable::ConnectionRefused
            | Unreachable::TimedOut
            | Unreachable::TlsHandshakeFailed
            | Unreachable::ConnectionLost
            | Unreachable::BodyNotDecoded
            | Unreachable::Other => Remedy::Retry,
        }
    }

    /// Returns whether the request may have left before this failure.
    fn follows_a_request(self) -> bool {
        match self {
            Unreachable::NameNotResolved
            | Unreachable::ConnectionRefused
            | Unreachable::CertificateNotTrusted
            | Unreachable::CertificateExpired
            | Unreachable::CertificateForAnotherName
            | Unreachable::TlsHandshakeFailed
            | Unreachable::NotSecure => false,
            Unreachable::TimedOut
            | Unreachable::ConnectionLost
            | Unreachable::BodyTooLong
            | Unreachable::BodyNotDecoded
            | Unreachable::Other => true,
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason())
    }
}

/// A failure of a [`Transport`](crate::http::Transport): no response came.
///
/// ```
/// use oauth_runtime::{http::{TransportError, Unreachable}};
///
/// let refused = TransportError::new(Unreachable::ConnectionRefused);
/// assert_eq!(refused.to_string(), "the connection was refused");
/// assert!(!refused.sent, "such a request never leaves");
/// assert!(TransportError::new(Unreachable::TimedOut).sent, "this one may have");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TransportError {
    /// The reason why no response came.
    pub kind: Unreachable,
    /// The description of the failure, without any URL.
    pub reason: String,
    /// Whether the request may have reached the provider.
    pub sent: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// Creates a failure of this kind. The kind determines `sent`: `true` if the request may have left.
    pub fn new(kind: Unreachable) -> TransportError {
        TransportError {
            kind,
            reason: kind.reason().to_owned(),
            sent: kind.follows_a_request(),
            source: None,
        }
    }

    /// Creates a failure of the kind [`Unreachable::Other`]. The reason must not contain a URL or a secret. `sent` is
    /// whether the request may have reached the provider.
    pub fn other(reason: impl Into<String>, sent: bool) -> TransportError {
        TransportError {
            reason: reason.into(),
            ..TransportError::new(Unreachable::Other).with_sent(sent)
        }
    }

    /// Sets whether the request may have reached the provider.
    pub fn with_sent(mut self, sent: bool) -> TransportError {
        self.sent = sent;
        self
    }

    /// Sets the description of the failure, if more is known than its kind.
    #[cfg(feature = "reqwest")]
    pub(crate) fn with_reason(mut self, reason: impl Into<String>) -> TransportError {
        self.reason = reason.into();
        self
    }

    /// Sets the error that caused this one. Its text must not contain a URL, since a query may contain a secret.
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> TransportError {
        self.source = Some(Arc::new(source));
        self
    }
}

/// Converts an I/O error of a transport, with its kind. After a refused connection, `sent` is false: the request never left.
impl From<io::Error> for TransportError {
    fn from(error: io::Error) -> TransportError {
        match lost(error.kind()) {
            Some(kind) => TransportError::new(kind).with_source(error),
            None => TransportError::other(error.to_string(), true).with_source(error),
        }
    }
}

/// Returns the kind of failure of an I/O error, if the I/O error's kind alone determines it.
pub(crate) fn lost(kind: io::ErrorKind) -> Option<Unreachable> {
    match kind {
        io::ErrorKind::ConnectionRefused => Some(Unreachable::ConnectionRefused),
        io::ErrorKind::TimedOut => Some(Unreachable::TimedOut),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::NotConnected
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Unreachable::ConnectionLost),
        _ => None,
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable_line(&self.reason))
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_io_error_says_what_kind_of_failure_it_is() {
        for (kind, expected, sent) in [
            (
                io::ErrorKind::ConnectionRefused,
                Unreachable::ConnectionRefused,
                false,
            ),
            (io::ErrorKind::TimedOut, Unreachable::TimedOut, true),
            (
                io::ErrorKind::ConnectionReset,
                Unreachable::ConnectionLost,
                true,
            ),
            (
                io::ErrorKind::UnexpectedEof,
                Unreachable::ConnectionLost,
                true,
            ),
            (io::ErrorKind::PermissionDenied, Unreachable::Other, true),
        ] {
            let error = TransportError::from(io::Error::new(kind, "the wire\u{7}"));
            assert_eq!((error.kind, error.sent), (expected, sent), "{kind}");
            let source = error.source().map(ToString::to_string);
            assert_eq!(source.as_deref(), Some("the wire\u{7}"));
            assert!(!error.to_string().contains('\u{7}'), "{error}");
        }
    }

    #[test]
    fn what_somebody_must_look_at_has_an_advice_of_its_own() {
        for kind in [
            Unreachable::CertificateNotTrusted,
            Unreachable::CertificateExpired,
            Unreachable::CertificateForAnotherName,
            Unreachable::BodyTooLong,
            Unreachable::NotSecure,
        ] {
            assert_eq!(kind.remedy(), Remedy::MendApp, "{kind:?}");
            assert!(!kind.advice().is_empty(), "{kind:?}");
        }
    }
}
