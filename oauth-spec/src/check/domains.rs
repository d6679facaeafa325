//! Registered domains of hosts, and suffixes under which the public can get names.

/// Labels under which a country's domains are registered, such as `co.uk`.
const SECOND_LEVEL: &[&str] = &[
    "ac", "co", "com", "edu", "go", "gob", "gov", "govt", "gv", "id", "ltd", "me", "mil", "ne",
    "net", "nom", "or", "org", "plc", "sch", "web",
];

/// Domains under which the public can get names. A name there does not belong to the domain's owner. These are the
/// best-known entries of the private part of the public suffix list.
const SHARED: &[&str] = &[
    "amazonaws.com",
    "appspot.com",
    "azurewebsites.net",
    "blogspot.com",
    "cloudfront.net",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "repl.co",
    "run.app",
    "surge.sh",
    "vercel.app",
    "web.app",
    "workers.dev",
];

/// Returns the registered domain of a host: one label and the suffix under which labels are assigned. Returns `None`
/// if the host is only such a suffix.
pub(super) fn registered(host: &str) -> Option<&str> {
    let lower = host.to_ascii_lowercase();
    let labels: Vec<&str> = lower.split('.').collect();
    let is_shared = |count: usize| {
        let start = labels.len().saturating_sub(count);
        SHARED.contains(&labels[start..].join(".").as_str())
    };
    let suffix = match labels.as_slice() {
        [.., second, last] if last.len() == 2 && SECOND_LEVEL.contains(second) => 2,
        _ if is_shared(2) => 2,
        _ => 1,
    };
    let own = labels.len().checked_sub(suffix + 1)?;
    let start: usize = labels[..own].iter().map(|label| label.len() + 1).sum();
    host.get(start..)
}

#[cfg(test)]
mod tests {
    use super::registered;

    #[test]
    fn a_domain_is_what_somebody_registered() {
        for (host, domain) in [
            ("acme.com", Some("acme.com")),
            ("api.login.acme.com", Some("acme.com")),
            ("shop.acme.co.uk", Some("acme.co.uk")),
            ("co.uk", None),
            ("acme.github.io", Some("acme.github.io")),
            ("a.acme.github.io", Some("acme.github.io")),
            ("github.io", None),
            ("com", None),
            ("API.Acme.Com", Some("Acme.Com")),
        ] {
            assert_eq!(registered(host), domain, "{host}");
        }
    }
}
