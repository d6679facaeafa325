//! Redirect URIs, checked by a provider's rule.

use std::fmt;

/// The redirect URIs that a provider accepts besides https ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectRule {
    /// Whether http to any host is accepted.
    pub http: bool,
    /// Whether http to a loopback IP address is accepted (RFC 8252 §7.3).
    pub loopback: bool,
    /// Whether http to the host `localhost` is accepted.
    pub localhost: bool,
    /// Whether a private-use scheme is accepted (RFC 8252 §7.1).
    pub private_use: bool,
}

/// The reason why a text is not a valid redirect URI for a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidRedirectUri {
    /// The text is not an absolute URI of visible ASCII characters without quotes and backslashes.
    NotAbsolute,
    /// The provider accepts `https` only.
    NotHttps,
    /// The provider accepts `http` only to a loopback address.
    NotHttpsOrLoopback,
    /// The provider does not accept the host `localhost`, but a loopback IP address.
    Localhost,
    /// The provider accepts other URIs.
    NotAccepted,
    /// The URI has a fragment, which RFC 6749 §3.1.2 forbids.
    Fragment,
    /// The URI has a user name before the host, which disguises the host.
    UserInfo,
}

impl InvalidRedirectUri {
    /// Returns the error message, which the compile-time and the run-time check share.
    pub const fn message(self) -> &'static str {
        match self {
            InvalidRedirectUri::NotAbsolute => {
                "a redirect URI must be absolute, with URI characters only, such as https://app.example.com/callback"
            }
            InvalidRedirectUri::NotHttps => {
                "this provider accepts only https redirect URIs: begin the URI with https://"
            }
            InvalidRedirectUri::NotHttpsOrLoopback => {
                "this provider accepts only https redirect URIs, or http to 127.0.0.1, [::1] or localhost"
            }
            InvalidRedirectUri::Localhost => {
                "this provider does not accept localhost in a redirect URI: write 127.0.0.1 or [::1]"
            }
            InvalidRedirectUri::NotAccepted => {
                "this provider does not accept a redirect URI of this kind: begin the URI with https://, or see the provider's page"
            }
            InvalidRedirectUri::Fragment => {
                "a redirect URI must not have a fragment (RFC 6749 section 3.1.2): remove the part from # on"
            }
            InvalidRedirectUri::UserInfo => {
                "a redirect URI must not have a user name: remove the part before the @"
            }
        }
    }
}

impl fmt::Display for InvalidRedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message())
    }
}

impl std::error::Error for InvalidRedirectUri {}

impl RedirectRule {
    /// https only.
    pub const HTTPS: RedirectRule = RedirectRule {
        http: false,
        loopback: false,
        localhost: false,
        private_use: false,
    };
    /// https, or http to this machine.
    pub const HTTPS_OR_LOOPBACK: RedirectRule = RedirectRule {
        loopback: true,
        localhost: true,
        ..RedirectRule::HTTPS
    };
    /// Any absolute URI.
    pub const ANY: RedirectRule = RedirectRule {
        http: true,
        loopback: true,
        localhost: true,
        private_use: true,
    };

    /// Checks `uri`. This is a `const fn`, so that the compiler rejects an invalid constant.
    ///
    /// # Errors
    ///
    /// `uri` breaks the rule.
    pub const fn check(self, uri: &str) -> Result<(), InvalidRedirectUri> {
        let bytes = uri.as_bytes();
        let Some(scheme_end) = scheme_end(bytes) else {
            return Err(InvalidRedirectUri::NotAbsolute);
        };
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'#' => return Err(InvalidRedirectUri::Fragment),
                // Browsers read a backslash as a slash. A URI must not contain either character.
                b'\\' | b'"' => return Err(InvalidRedirectUri::NotAbsolute),
                0x21..=0x7e => at += 1,
                _ => return Err(InvalidRedirectUri::NotAbsolute),
            }
        }
        let https = is_scheme(bytes, scheme_end, b"https");
        let http = is_scheme(bytes, scheme_end, b"http");
        if https || http {
            match authority(bytes, scheme_end) {
                Err(problem) => return Err(problem),
                Ok(host) => {
                    let is_accepted = https
                        || self.http
                        || match host {
                            Host::Loopback => self.loopback,
                            Host::Localhost => self.localhost,
                            Host::Other => false,
                        };
                    return match host {
                        _ if is_accepted => Ok(()),
                        Host::Localhost if self.loopback => Err(InvalidRedirectUri::Localhost),
                        _ => Err(self.refusal()),
                    };
                }
            }
        }
        match self.private_use {
            true => Ok(()),
            false => Err(self.refusal()),
        }
    }

    /// Returns the error for a URI that the rule does not accept.
    const fn refusal(self) -> InvalidRedirectUri {
        match self {
            RedirectRule {
                http: false,
                private_use: false,
                loopback: false,
                localhost: false,
            } => InvalidRedirectUri::NotHttps,
            RedirectRule {
                http: false,
                private_use: false,
                loopback: true,
                localhost: true,
            } => InvalidRedirectUri::NotHttpsOrLoopback,
            _ => InvalidRedirectUri::NotAccepted,
        }
    }

    /// Checks a constant with [`RedirectRule::check`]. A URI that breaks the rule does not compile.
    ///
    /// # Panics
    ///
    /// If `uri` breaks the rule; in a `const` that is a compile error.
    pub const fn assert(self, uri: &str) {
        if let Err(problem) = self.check(uri) {
            panic!("{}", problem.message());
        }
    }
}

const fn scheme_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'a'..=b'z' | b'A'..=b'Z' => at += 1,
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => at += 1,
            b':' if at > 0 && at + 1 < bytes.len() => return Some(at),
            _ => return None,
        }
    }
    None
}

const fn is_scheme(bytes: &[u8], end: usize, scheme: &[u8]) -> bool {
    end == scheme.len() && starts_with(bytes, 0, scheme)
}

const fn starts_with(bytes: &[u8], from: usize, expected: &[u8]) -> bool {
    let mut at = 0;
    while at < expected.len() {
        if from + at >= bytes.len() || bytes[from + at].to_ascii_lowercase() != expected[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// The host of an http URI.
enum Host {
    /// A loopback IP address.
    Loopback,
    /// The name `localhost`.
    Localhost,
    /// Another host.
    Other,
}

/// Returns the host of a URI. A URI without an authority or with a user name is an error.
const fn authority(bytes: &[u8], scheme_end: usize) -> Result<Host, InvalidRedirectUri> {
    if !starts_with(bytes, scheme_end, b"://") {
        return Err(InvalidRedirectUri::NotAbsolute);
    }
    let start = scheme_end + 3;
    let mut end = start;
    while end < bytes.len() && !matches!(bytes[end], b'/' | b'?' | b'\\') {
        if bytes[end] == b'@' {
            return Err(InvalidRedirectUri::UserInfo);
        }
        end += 1;
    }
    if end == start || bytes[start] == b':' {
        return Err(InvalidRedirectUri::NotAbsolute);
    }
    if is_host(bytes, start, end, b"localhost") {
        return Ok(Host::Localhost);
    }
    match is_host(bytes, start, end, b"127.0.0.1") || is_host(bytes, start, end, b"[::1]") {
        true => Ok(Host::Loopback),
        false => Ok(Host::Other),
    }
}

const fn is_host(bytes: &[u8], start: usize, end: usize, host: &[u8]) -> bool {
    let after = start + host.len();
    after <= end && starts_with(bytes, start, host) && (after == end || bytes[after] == b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: RedirectRule, uri: &str, expected: Result<(), InvalidRedirectUri>) {
        assert_eq!(rule.check(uri), expected, "{uri}");
    }

    #[test]
    fn the_default_rule_takes_https_and_loopback() {
        let rule = RedirectRule::HTTPS_OR_LOOPBACK;
        check(rule, "https://app.example.com/cb", Ok(()));
        check(rule, "http://127.0.0.1:8765/cb", Ok(()));
        check(rule, "http://localhost", Ok(()));
        check(rule, "http://[::1]:80/", Ok(()));
        let refused = Err(InvalidRedirectUri::NotHttpsOrLoopback);
        check(rule, "http://app.example.com/cb", refused);
        check(rule, "http://127.0.0.1.example.com/cb", refused);
        check(rule, "http://localhost.example.com", refused);
        check(rule, "myapp:/cb", refused);
    }

    #[test]
    fn a_user_in_front_of_the_host_is_refused() {
        check(
            RedirectRule::ANY,
            "http://localhost:80@attacker.example/",
            Err(InvalidRedirectUri::UserInfo),
        );
    }

    #[test]
    fn fragments_and_relative_texts_are_refused() {
        check(
            RedirectRule::ANY,
            "https://a.example/#x",
            Err(InvalidRedirectUri::Fragment),
        );
        for uri in [
            "",
            "/cb",
            "https:",
            "https://",
            "https:///cb",
            "https://:80/",
            "https://a b/",
            "https://a.example/\"",
            "https://a.example\\@attacker.example/",
        ] {
            check(RedirectRule::ANY, uri, Err(InvalidRedirectUri::NotAbsolute));
        }
    }

    #[test]
    fn each_kind_is_accepted_separately() {
        let rule = RedirectRule {
            loopback: true,
            private_use: true,
            ..RedirectRule::HTTPS
        };
        check(rule, "https://app.example.com/cb", Ok(()));
        check(rule, "http://127.0.0.1:8765/cb", Ok(()));
        check(rule, "http://[::1]/cb", Ok(()));
        check(rule, "com.example.app:/cb", Ok(()));
        check(
            rule,
            "http://localhost:3000/cb",
            Err(InvalidRedirectUri::Localhost),
        );
        check(
            rule,
            "http://app.example.com/cb",
            Err(InvalidRedirectUri::NotAccepted),
        );
        let http = RedirectRule {
            http: true,
            ..RedirectRule::HTTPS
        };
        check(http, "http://localhost/cb", Ok(()));
        check(http, "http://app.example.com/cb", Ok(()));
        check(
            http,
            "com.example.app:/cb",
            Err(InvalidRedirectUri::NotAccepted),
        );
    }

    #[test]
    fn only_any_takes_a_scheme_of_the_app() {
        check(RedirectRule::ANY, "com.example.app:/cb", Ok(()));
        check(
            RedirectRule::HTTPS,
            "com.example.app:/cb",
            Err(InvalidRedirectUri::NotHttps),
        );
        check(
            RedirectRule::HTTPS,
            "http://127.0.0.1/",
            Err(InvalidRedirectUri::NotHttps),
        );
    }
}
