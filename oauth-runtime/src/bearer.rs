//! Where a token may go: beneath the API's base and nowhere else.

use crate::error::{Cause, Error, Kind};
use crate::provider::Provider;

/// Whether `url` is `base` or lies beneath it: same scheme, host and port, and a path that goes on at
/// a slash. Dots and backslashes that a client might resolve are refused.
pub(crate) fn is_beneath(base: &str, url: &str) -> bool {
    let (Ok(base), Ok(url)) = (base.parse::<http::Uri>(), url.parse::<http::Uri>()) else {
        return false;
    };
    let (Some(own), Some(other)) = (base.authority(), url.authority()) else {
        return false;
    };
    let port = |uri: &http::Uri| uri.port_u16().unwrap_or(443);
    let climbs = url.path().split('/').any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == ".." || segment == "."
    });
    base.scheme() == url.scheme()
        && own.host().eq_ignore_ascii_case(other.host())
        && port(&base) == port(&url)
        && !other.as_str().contains('@')
        && !climbs
        && !url.path().contains('\\')
        && goes_on(base.path().trim_end_matches('/'), url.path())
}

fn goes_on(base: &str, path: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cold]
pub(crate) fn misdirected(provider: &'static Provider) -> Error {
    let reason = "the URL is not beneath the API's base, and a token goes nowhere else";
    Error::new(
        Kind::Misused,
        provider,
        "api",
        Cause::NoAnswer(reason.into()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stays_beneath_the_base() {
        let base = "https://api.acme.example/v2";
        for url in [
            "https://api.acme.example/v2",
            "https://API.acme.example/v2/me?x=1",
            "https://api.acme.example:443/v2/",
        ] {
            assert!(is_beneath(base, url), "{url}");
        }
        for url in [
            "https://api.acme.example/v20",
            "https://api.acme.example/",
            "http://api.acme.example/v2/me",
            "https://api.acme.example.evil.example/v2/",
            "https://api.acme.example:444/v2/",
            "https://api.acme.example@evil.example/v2/",
            "https://user@api.acme.example/v2/",
            "https://api.acme.example/v2/../admin",
            "https://api.acme.example/v2/%2e%2E/admin",
            "/v2/me",
            "",
        ] {
            assert!(!is_beneath(base, url), "{url}");
        }
    }
}
