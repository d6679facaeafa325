//! Redirect URIs, checked by a provider's rule.

use std::fmt;

/// The schemes of redirect URIs that a provider accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectRule {
    /// The scheme `https`, or `http` to this machine's loopback address (RFC 8252 §7.3).
    HttpsOrLoopback,
    /// The scheme `https` only.
    Https,
    /// Any absolute URI, including one with a private-use scheme (RFC 8252 §7.1).
    Any,
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
                Ok(loopback) => {
                    return match self {
                        RedirectRule::Https if !https => Err(InvalidRedirectUri::NotHttps),
                        RedirectRule::HttpsOrLoopback if !https && !loopback => {
                            Err(InvalidRedirectUri::NotHttpsOrLoopback)
                        }
                        _ => Ok(()),
                    };
                }
            }
        }
        match self {
            RedirectRule::Any => Ok(()),
            RedirectRule::Https => Err(InvalidRedirectUri::NotHttps),
            RedirectRule::HttpsOrLoopback => Err(InvalidRedirectUri::NotHttpsOrLoopback),
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

/// Returns whether the authority is a loopback host. A URI without an authority or with a user name is an error.
const fn authority(bytes: &[u8], scheme_end: usize) -> Result<bool, InvalidRedirectUri> {
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
    Ok(is_host(bytes, start, end, b"127.0.0.1")
        || is_host(bytes, start, end, b"[::1]")
        || is_host(bytes, start, end, b"localhost"))
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
        let rule = RedirectRule::HttpsOrLoopback;
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
            RedirectRule::Any,
            "http://localhost:80@attacker.example/",
            Err(InvalidRedirectUri::UserInfo),
        );
    }

    #[test]
    fn fragments_and_relative_texts_are_refused() {
        check(
            RedirectRule::Any,
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
            check(RedirectRule::Any, uri, Err(InvalidRedirectUri::NotAbsolute));
        }
    }

    #[test]
    fn only_any_takes_a_scheme_of_the_app() {
        check(RedirectRule::Any, "com.example.app:/cb", Ok(()));
        check(
            RedirectRule::Https,
            "com.example.app:/cb",
            Err(InvalidRedirectUri::NotHttps),
        );
        check(
            RedirectRule::Https,
            "http://127.0.0.1/",
            Err(InvalidRedirectUri::NotHttps),
        );
    }
}
