//! Checks for values that applications and users put into a provider's URLs: hosts, labels, ids.
//!
//! Every rule is data that the compiler wrote from the spec. No regular expressions run.

use std::fmt;
use std::net::Ipv4Addr;

/// An error for a value that does not have the form that the provider's spec requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    name: &'static str,
    wants: &'static str,
}

impl InvalidInput {
    pub(crate) fn new(name: &'static str, wants: &'static str) -> InvalidInput {
        InvalidInput { name, wants }
    }

    /// Returns the input's name in the spec.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` must be {}", self.name, self.wants)
    }
}

impl std::error::Error for InvalidInput {}

/// The form of one input.
#[derive(Clone, Copy, Debug)]
pub enum InputRule {
    /// Any text that is not empty and has no control characters.
    Text,
    /// One DNS label (RFC 1035 §2.3.1), which may begin with a digit.
    Label,
    /// A host name that one of these entries allows: `*.example.com` allows any depth, `*` every public host.
    Host(&'static [&'static str]),
    /// `https://host` or `https://host:port` with a host that one of these entries allows.
    Origin(&'static [&'static str]),
    /// `https://`, a host that one of these entries allows, and a path without a query. A port must be allowed, too.
    Url(&'static [&'static str]),
    /// A rule for hosts in which `*` also allows hosts that are not public.
    Private(&'static InputRule),
    /// A UUID in its usual form (RFC 9562 §4).
    Uuid,
    /// A whole number.
    Integer,
    /// Runs of characters, as in `[a-z0-9-]{1,60}`.
    Pattern(&'static [Run]),
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// A run of `min` to `max` characters out of `ranges`.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Inclusive ranges of ASCII characters.
    pub ranges: &'static [(u8, u8)],
    /// The minimum number of characters.
    pub min: usize,
    /// The maximum number of characters.
    pub max: usize,
}

impl InputRule {
    /// Returns `text` if it has this form, without the final slash of an origin or a URL. `wants` describes the form in
    /// words.
    ///
    /// # Errors
    ///
    /// Returns an error if `text` does not have this form.
    pub fn take(
        self,
        name: &'static str,
        wants: &'static str,
        text: String,
    ) -> Result<String, InvalidInput> {
        let mut text = text;
        if self.is_base() && text.ends_with('/') {
            // Some providers write an origin or a base URL with a final slash.
            text.pop();
        }
        match self.holds(&text) {
            true => Ok(text),
            false => Err(InvalidInput { name, wants }),
        }
    }

    /// Returns whether paths are appended to the input.
    fn is_base(self) -> bool {
        match self {
            InputRule::Private(rule) => rule.is_base(),
            InputRule::Origin(_) | InputRule::Url(_) => true,
            _ => false,
        }
    }

    fn holds(self, text: &str) -> bool {
        self.holds_where(text, false)
    }

    fn holds_where(self, text: &str, private: bool) -> bool {
        match self {
            InputRule::Text => !text.is_empty() && !text.contains(char::is_control),
            InputRule::Label => is_label(text),
            InputRule::Host(allowed) => {
                is_host(text) && allows(allowed, without_port(text), private)
            }
            InputRule::Origin(allowed) => {
                origin_host(text).is_some_and(|host| allows(allowed, without_port(host), private))
            }
            InputRule::Url(allowed) => text.strip_prefix("https://").is_some_and(|rest| {
                let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
                is_host(host) && allows(allowed, host, private) && is_path(path)
            }),
            InputRule::Private(rule) => rule.holds_where(text, true),
            InputRule::Uuid => is_uuid(text),
            InputRule::Integer => text.parse::<i64>().is_ok(),
            InputRule::Pattern(runs) => matches(runs, text.as_bytes()),
            InputRule::OneOf(words) => words.contains(&text),
        }
    }
}

fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns whether a text contains a host, by itself or within a URL.
pub(crate) fn names_host(text: &str) -> bool {
    text.contains("//") || (text.contains('.') && is_host(text))
}

/// Returns whether a text is a host name, with or without a port.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, port),
        None => (text, "443"),
    };
    name.len() <= 253
        && name.split('.').all(is_label)
        && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn origin_host(text: &str) -> Option<&str> {
    text.strip_prefix("https://").filter(|host| is_host(host))
}

fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or(host)
}

/// Returns whether an entry allows the host. If `host` has a port, the entry must have it, too.
fn allows(allowed: &[&str], host: &str, private: bool) -> bool {
    allowed.iter().any(|rule| match rule.strip_prefix("*.") {
        _ if *rule == "*" => !host.contains(':') && (private || is_public(host)),
        Some(domain) => host.len().checked_sub(domain.len() + 1).is_some_and(|at| {
            host.as_bytes()[at] == b'.' && host[at + 1..].eq_ignore_ascii_case(domain)
        }),
        None => host.eq_ignore_ascii_case(rule),
    })
}

/// Returns whether a path, without its first slash, has only characters of a URL and no segment `.` or `..`.
fn is_path(path: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    let climbs = |segment: &str| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(dots.as_str(), "." | "..")
    };
    path.bytes().all(is_allowed) && !path.split('/').any(climbs)
}

/// Returns whether a host is public by its name, whatever it resolves to. Addresses of private networks in any form
/// that resolvers read, names without a dot, and domains of private networks are not public.
fn is_public(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let Some((_, last)) = host.rsplit_once('.') else {
        return false;
    };
    // A name whose last label is a number, hexadecimal and octal ones included, is read as an IPv4 address.
    let is_number = match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if is_number {
        return host.parse().is_ok_and(is_public_address);
    }
    let is_below = |domain: &&str| {
        let rest = host.strip_suffix(*domain);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    // RFC 6761 (`localhost`), RFC 6762 (`local`), RFC 8375 (`home.arpa`) and ICANN (`internal`) reserve these names;
    // `localdomain` is a convention.
    let private = ["home.arpa", "internal", "local", "localdomain", "localhost"];
    !private.iter().any(is_below)
}

/// Returns whether an address is outside the blocks for special purposes (RFC 6890) and for multicast.
fn is_public_address(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Returns whether the runs cover the whole of `text`. The time per run is linear in the length of `text`.
///
/// A run maps a set of positions to another set. A set is stored as running totals: `totals[at]` counts its positions
/// before `at`, so one comparison shows whether a range has a position of the set.
fn matches(runs: &[Run], text: &[u8]) -> bool {
    let longest = runs
        .iter()
        .fold(0_usize, |sum, run| sum.saturating_add(run.max));
    if text.len() > longest {
        return false;
    }
    // The first set has only position 0.
    let mut totals = vec![1; text.len() + 2];
    totals[0] = 0;
    for run in runs {
        let (mut next, mut total, mut stretch) = (Vec::with_capacity(totals.len()), 0, 0);
        next.push(0);
        for end in 0..=text.len() {
            if end > 0 && !run.has(text[end - 1]) {
                stretch = end;
            }
            // This is the earliest position where the run can begin if it ends at `end`.
            let first = stretch.max(end.saturating_sub(run.max));
            let is_reached = end
                .checked_sub(run.min)
                .is_some_and(|last| first <= last && totals[last + 1] > totals[first]);
            total += usize::from(is_reached);
            next.push(total);
        }
        totals = next;
    }
    totals[text.len() + 1] > totals[text.len()]
}

impl Run {
    fn has(&self, byte: u8) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|&(low, high)| (low..=high).contains(&byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: InputRule, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(rule.holds(text), "{text} should be accepted");
        }
        for text in bad {
            assert!(!rule.holds(text), "{text} should be rejected");
        }
    }

    #[test]
    fn a_label_cannot_leave_its_host() {
        check(
            InputRule::Label,
            &["acme", "a", "4acme", "ac-me"],
            &["", "a.b", "-a", "a-", "a/b", "a@b", "a b", "evil.example#"],
        );
    }

    #[test]
    fn a_host_stays_in_its_allow_list() {
        check(
            InputRule::Host(&["login.example.com", "*.my.example.com"]),
            &[
                "login.example.com",
                "LOGIN.example.com",
                "a.my.example.com",
                "a.b.my.example.com:8443",
            ],
            &[
                "my.example.com",
                "evilmy.example.com",
                "login.example.com.evil.com",
                "login.example.com/x",
                "user@login.example.com",
                "login.example.com:0",
                "login.example.com:x",
                "*",
            ],
        );
        check(
            InputRule::Host(&["*"]),
            &["id.example.org:8080", "8.8.8.8", "a.internal.example"],
            &["", "a..b", "a/b"],
        );
    }

    #[test]
    fn every_host_means_every_public_one_unless_the_spec_says_otherwise() {
        let named = [
            "localhost",
            "a.localhost",
            "db.internal",
            "printer.local",
            "router.home.arpa",
            "intranet",
            "LOCALHOST",
        ];
        let written = [
            "2130706433",
            "0x7f.1",
            "0x7f000001",
            "0",
            "0x0",
            "127.1",
            "0177.0.0.1",
            "1.2.3.0x4",
            "127.0.0.1:8080",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "0.0.0.0",
            "256.1.1.1",
        ];
        let version6 = [
            "[::1]",
            "::1",
            "[::ffff:10.0.0.1]",
            "[fe80::1]",
            "[fd00::1]",
        ];
        check(
            InputRule::Host(&["*"]),
            &["172.32.0.1", "100.128.0.1"],
            &named,
        );
        check(InputRule::Host(&["*"]), &[], &written);
        check(InputRule::Host(&["*"]), &[], &version6);
        let private = InputRule::Private(&InputRule::Host(&["*"]));
        check(private, &named, &version6);
        check(private, &written[..3], &[""]);
        // An explicit entry allows a host that is not public.
        check(
            InputRule::Host(&["localhost"]),
            &["localhost:8080"],
            &["127.0.0.1"],
        );
        for host in named
            .iter()
            .chain(&written)
            .filter(|host| !host.contains(':'))
        {
            assert!(
                !InputRule::Origin(&["*"]).holds(&format!("https://{host}")),
                "{host}"
            );
            assert!(
                !InputRule::Url(&["*"]).holds(&format!("https://{host}/a")),
                "{host}"
            );
        }
    }

    #[test]
    fn a_url_keeps_its_path_and_stays_at_a_listed_host() {
        let rule = InputRule::Url(&["*.example.com", "eu.example.org:8443"]);
        check(
            rule,
            &[
                "https://a.example.com",
                "https://a.b.example.com/rest/1.0",
                "https://eu.example.org:8443/x",
                "https://a.example.com/a%20b/c;d=1",
            ],
            &[
                "http://a.example.com/",
                "https://a.example.com:8443/x",
                "https://eu.example.org/x",
                "https://evil.test/a.example.com",
                "https://user@a.example.com/",
                "https://a.example.com@evil.test/",
                "https://a.example.com/x?y=1",
                "https://a.example.com/x#y",
                "https://a.example.com\\@evil.test/",
                "https://a.example.com/../x",
                "https://a.example.com/x/%2e%2E",
                "https://a.example.com/\n",
                "https://example.com/",
            ],
        );
        let taken = rule.take("rest", "a URL", "https://a.example.com/rest/".into());
        assert_eq!(taken.as_deref(), Ok("https://a.example.com/rest"));
    }

    #[test]
    fn an_origin_is_https_and_a_host() {
        check(
            InputRule::Origin(&["*.example.com"]),
            &["https://eu.example.com", "https://eu.example.com:444"],
            &[
                "http://eu.example.com",
                "https://eu.example.com/",
                "https://example.com",
                "eu.example.com",
            ],
        );
    }

    #[test]
    fn an_origin_loses_the_slash_of_its_empty_path() {
        let rule = InputRule::Origin(&["*.example.com"]);
        let taken = rule.take("host", "an origin", "https://eu.example.com/".into());
        assert_eq!(taken.as_deref(), Ok("https://eu.example.com"));
        assert!(
            rule.take("host", "an origin", "https://eu.example.com//".into())
                .is_err()
        );
    }

    #[test]
    fn a_pattern_covers_the_whole_text() {
        const LETTERS: Run = Run {
            ranges: &[(b'a', b'z')],
            min: 1,
            max: 3,
        };
        const DIGITS: Run = Run {
            ranges: &[(b'0', b'9')],
            min: 2,
            max: 2,
        };
        const BOTH: Run = Run {
            ranges: &[(b'a', b'z'), (b'0', b'9')],
            min: 2,
            max: 2,
        };
        check(
            InputRule::Pattern(&[LETTERS, DIGITS]),
            &["a12", "abc12"],
            &["abcd12", "a1", "12", "a123", ""],
        );
        check(
            InputRule::Pattern(&[LETTERS, BOTH]),
            &["abc", "abcde", "ab1"],
            &["ab", "abcdef"],
        );
    }

    #[test]
    fn ids_have_their_form() {
        check(
            InputRule::Uuid,
            &["6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
            &[
                "6ba7b8109dad11d180b400c04fd430c8",
                "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
            ],
        );
        check(InputRule::Integer, &["0", "-12"], &["", "1.0", "x"]);
        check(InputRule::OneOf(&["eu", "us"]), &["eu"], &["EU", ""]);
        check(InputRule::Text, &["Zoë & co"], &["", "a\nb"]);
    }

    #[test]
    fn a_refusal_names_the_input_and_its_form() {
        let refused = InputRule::Label.take("shop", "one DNS label, like `acme`", "a/b".into());
        assert_eq!(
            refused.unwrap_err().to_string(),
            "`shop` must be one DNS label, like `acme`"
        );
    }
}
