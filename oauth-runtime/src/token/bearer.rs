//! The check that access tokens are sent only to URLs under the API's base.
//!
//! A URL that is plainly written is compared with the base byte by byte, which saves parsing both, in instructions for each
//! API call. It also saves an allocation if the base has several pieces, since they are not concatenated. The comparison
//! may only accept what the whole check accepts, and leaves every doubt to it. The property test
//! `what_is_plain_is_accepted_by_the_whole_check` checks that, and `a_plain_url_is_not_parsed` checks which URLs are plain.
//! `no_encoding_of_a_dot_segment_gets_a_token` tests both together.

use std::borrow::Cow;

use crate::error::{Cause, Error, ErrorKind};
use crate::provider::Provider;
use crate::request::encode;

/// The maximum number of percent-encoding layers in a path. A proxy and the server behind it each remove one.
const MAX_LAYERS: usize = 3;

/// Returns whether `url` is the concatenation of `base` or under it, like [`is_within`], without parsing if the URL is
/// written plainly.
///
/// What this decides by itself is a subset of what [`is_within`] accepts: the URL begins with the base, byte by byte, and
/// goes on with a slash or a query; no segment of the path begins with a dot; and there is no character that a server could
/// read as another one. Everything else goes to [`is_within`].
pub(crate) fn is_within_any(base: &[&str], url: &str) -> bool {
    is_plainly_within(base, url) || is_within(&base.concat(), url)
}

/// The maximum length of a URL that is not parsed, in bytes. Longer ones may exceed what an HTTP client accepts.
const MAX_PLAIN: usize = 4096;

fn is_plainly_within(base: &[&str], url: &str) -> bool {
    let rest = base
        .iter()
        .try_fold(url, |rest, piece| rest.strip_prefix(piece));
    let (Some(rest), Some(after_scheme)) = (rest, url.strip_prefix("https://")) else {
        return false;
    };
    // The base is text of the spec, or an input with the form of a host, so only its end can be ambiguous. What follows it
    // begins another part of the URL, so the base contains the whole host.
    let goes_on = rest.is_empty() || rest.starts_with(['/', '?']);
    let has_host = url.len() - rest.len() > "https://".len();
    has_host
        && goes_on
        && url.len() <= MAX_PLAIN
        && (encode::consists_of(after_scheme, is_plain) || is_plain_to_its_end(after_scheme))
        && !has_leading_dot(after_scheme.as_bytes())
}

/// Returns whether host and path are plain, and the query cannot be taken for anything else.
fn is_plain_to_its_end(url: &str) -> bool {
    url.split_once('?').is_some_and(|(plain, query)| {
        encode::consists_of(plain, is_plain) && encode::consists_of(query, is_plain_in_query)
    })
}

/// Returns whether no server reads this character of a host or a path as another one.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each comparison"
)]
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        | (byte == b'-')
        | (byte == b'_')
        | (byte == b'~')
        | (byte == b'.')
        | (byte == b'/')
        | (byte == b':')
}

/// Returns whether this character in a query cannot end it.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each comparison"
)]
fn is_plain_in_query(byte: u8) -> bool {
    is_plain(byte)
        | (byte == b'?')
        | (byte == b'=')
        | (byte == b'&')
        | (byte == b'+')
        | (byte == b'%')
        | (byte == b',')
}

/// Returns whether a dot follows a slash.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "these operators compile without a branch for each pair"
)]
fn has_leading_dot(url: &[u8]) -> bool {
    let pairs = url.iter().zip(url.iter().skip(1));
    pairs.fold(false, |found, (one, other)| {
        found | ((*one == b'/') & (*other == b'.'))
    })
}

/// Returns whether `url` is `base` or under it: the same scheme, host and port, and a path that is the base's or
/// continues it with a slash. Rejects paths that a client, a proxy or a server might resolve to another path.
pub(crate) fn is_within(base: &str, url: &str) -> bool {
    let (Ok(base), Ok(url)) = (base.parse::<http::Uri>(), url.parse::<http::Uri>()) else {
        return false;
    };
    let (Some(own), Some(other)) = (base.authority(), url.authority()) else {
        return false;
    };
    let port = |uri: &http::Uri| uri.port_u16().unwrap_or(443);
    base.scheme() == url.scheme()
        && own.host().eq_ignore_ascii_case(other.host())
        && port(&base) == port(&url)
        && !other.as_str().contains('@')
        && !climbs(url.path())
        && !url.path().contains('\\')
        && goes_on(base.path().trim_end_matches('/'), url.path())
}

fn goes_on(base: &str, path: &str) -> bool {
    path.strip_prefix(base)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns whether some server reads a segment of this path as `.` or `..`. Servers decode a path once or twice, treat
/// an encoded slash as a slash, and drop what follows a semicolon. A path with more than `MAX_LAYERS` layers of
/// percent-encoding counts as such a path.
fn climbs(path: &str) -> bool {
    let mut path = Cow::Borrowed(path.as_bytes());
    for _ in 0..=MAX_LAYERS {
        if has_dots(&path) {
            return true;
        }
        match decoded(&path) {
            Some(inner) => path = Cow::Owned(inner),
            None => return false,
        }
    }
    true
}

fn has_dots(path: &[u8]) -> bool {
    let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
    segments.any(|segment| {
        let is_end =
            |byte: &u8| matches!(byte, b';' | b'?' | b'#' | b' ') || byte.is_ascii_control();
        let name = segment.split(is_end).next().unwrap_or_default();
        matches!(name, b"." | b"..")
    })
}

/// Returns the path without its outermost layer of percent-encoding, or `None` if it has none.
fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    if !path.contains(&b'%') {
        return None;
    }
    let mut inner = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, after)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                inner.push(byte);
                rest = &rest[3..];
            }
            None => {
                inner.push(*first);
                rest = after;
            }
        }
    }
    (inner.len() < path.len()).then_some(inner)
}

/// Returns the byte whose percent-encoding begins the text.
fn escaped(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else {
        return None;
    };
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cold]
pub(crate) fn misdirected(provider: &'static Provider) -> Error {
    misused(
        provider,
        "the URL is not under the API's base URL; the token is sent only to URLs under it",
    )
}

#[cold]
pub(crate) fn unsendable(provider: &'static Provider) -> Error {
    misused(
        provider,
        "the access token has a character that headers cannot contain",
    )
}

fn misused(provider: &'static Provider, reason: &'static str) -> Error {
    let cause = Cause::NoAnswer(reason.into());
    Error::new(ErrorKind::Misused, provider, "api", cause)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    #[test]
    fn a_token_stays_within_the_base() {
        let base = "https://api.acme.example/v2";
        for url in [
            "https://api.acme.example/v2",
            "https://API.acme.example/v2/me?x=1",
            "https://api.acme.example:443/v2/",
        ] {
            assert!(is_within_any(&[base], url), "{url}");
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
            assert!(!is_within_any(&[base], url), "{url}");
        }
    }
    #[test]
    fn a_dot_segment_is_found_however_it_is_written() {
        let base = "https://api.acme.example/v2";
        for path in [
            "..;/admin",
            "..;a=b/admin",
            ".;/me",
            "..%2fadmin",
            "..%2Fadmin",
            "..%5cadmin",
            "a%2f..%2f..%2fadmin",
            "%2e%2e%2fadmin",
            "%252e%252e/admin",
            "%25%32%65%25%32%65/admin",
            "..%252fadmin",
            "..%3b/admin",
            "..%00/admin",
            "..%23/admin",
            "..%20/admin",
            "%2525252e/admin",
        ] {
            assert!(!is_within_any(&[base], &format!("{base}/{path}")), "{path}");
        }
        for path in [
            "a/b.json",
            "..a/...",
            ".well-known/x",
            "projects/group%2Fproject/files/a%2Eb",
            "compare/v1..v2",
            "100%25",
            "100%",
            "%zz",
            "a;b=..c",
            "search?q=../..",
        ] {
            assert!(is_within_any(&[base], &format!("{base}/{path}")), "{path}");
        }
    }

    /// Returns a text with each character as it is, or percent-encoded up to three times.
    fn written(text: &str, layers: &[usize]) -> String {
        let characters = text.chars().zip(layers.iter().cycle());
        characters
            .map(|(character, layers)| match layers {
                0 => character.to_string(),
                layers => format!("%{}{:02x}", "25".repeat(layers - 1), u32::from(character)),
            })
            .collect()
    }

    #[test]
    fn a_plain_url_is_not_parsed() {
        for (base, url) in [
            (
                &["https://acme.example", "/api"][..],
                "https://acme.example/api/note.create",
            ),
            (
                &["https://", "acme.example"],
                "https://acme.example/v2/me?x=1&y=a%20b",
            ),
            (&["https://acme.example"], "https://acme.example"),
        ] {
            assert!(is_plainly_within(base, url), "{url}");
        }
        for (base, url) in [
            (
                &["https://acme.example"][..],
                "https://acme.example.evil.example/",
            ),
            (&["https://acme"], "https://acme.example/"),
            (
                &["https://acme.example"],
                "https://acme.example@evil.example/",
            ),
            (&["https://acme.example"], "https://acme.example:8443/"),
            (&["https://", "acme.example/v2"], "https://acme.example/v20"),
            (&["https://acme.example/v2"], "https://acme.example/v2/.env"),
            (
                &["https://acme.example/v2"],
                "https://acme.example/v2/a%2fb",
            ),
            (&["http://127.0.0.1"], "http://127.0.0.1/me"),
            (&["https://acme.example"], "https://ACME.example/me"),
        ] {
            assert!(!is_plainly_within(base, url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_is_plain_is_accepted_by_the_whole_check(
            base in select(vec![
                vec!["https://api.acme.example/v2"],
                vec!["https://", "api.acme.example"],
                vec!["https://", "api.acme.example", "/a/"],
                vec!["https://api"],
                vec!["https://a@b.example"],
                vec![""],
            ]),
            rest in "[a-z/.?@:%;#&=\\\\ ]{0,12}",
        ) {
            let url = base.concat() + &rest;
            prop_assert!(!is_plainly_within(&base, &url) || is_within(&base.concat(), &url), "{url}");
        }

        #[test]
        fn no_encoding_of_a_dot_segment_gets_a_token(
            dots in select(vec!["..", ".", "..;a", "../..", "..\\"]),
            before in "[a-z]{0,3}",
            layers in proptest::collection::vec(0_usize..=3, 1..8),
        ) {
            let base = "https://api.acme.example/v2";
            let url = format!("{base}/{before}/{}/admin", written(dots, &layers));
            prop_assert!(!is_within_any(&[base], &url), "{url}");
        }

        #[test]
        fn a_path_without_dots_keeps_its_token(segments in proptest::collection::vec("[a-z013-9;%~_-]{0,6}", 0..6)) {
            // A percent sign in a name is written as `%25`. Names have no digit 2, so none of them spells `%2e`.
            let segments: Vec<String> = segments.iter().map(|own| own.replace('%', "%25")).collect();
            let base = "https://api.acme.example/v2";
            let url = format!("{base}/{}", segments.join("/"));
            prop_assert!(is_within_any(&[base], &url), "{url}");
        }
    }
}
