//! [`Fingerprint`]: the revision of a spec that a connection was made under, as far as the connection depends on it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The parts of a provider's spec that a stored connection depends on, as four digests. A part that differs between two
/// revisions has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    parts: [&'static str; 4],
}

/// A part of a spec that has changed since a connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SpecChange {
    /// The known scopes. A granted scope may have another name now.
    Scopes,
    /// The lifetime, rotation and renewal of tokens. The times of this connection follow the old spec until its next
    /// refresh.
    Tokens,
    /// The hosts that requests are sent to. Tokens of this connection will be sent there.
    Hosts,
    /// The values that are stored beside the tokens.
    Fields,
}

impl Fingerprint {
    /// Creates a fingerprint from its four parts. Generated modules call it.
    pub const fn new(
        scopes: &'static str,
        tokens: &'static str,
        hosts: &'static str,
        fields: &'static str,
    ) -> Fingerprint {
        Fingerprint {
            parts: [scopes, tokens, hosts, fields],
        }
    }

    /// Returns what has changed since a connection was stored under the fingerprint `kept`. If `kept` cannot be read,
    /// everything may have changed.
    #[cfg(any(feature = "lifecycle", test))]
    pub(crate) fn changes_since(&self, kept: &str) -> Vec<SpecChange> {
        let kinds = [
            SpecChange::Scopes,
            SpecChange::Tokens,
            SpecChange::Hosts,
            SpecChange::Fields,
        ];
        let mut kept = kept.split('.');
        let pairs = kinds.into_iter().zip(self.parts);
        pairs
            .filter(|(_, part)| kept.next() != Some(*part))
            .map(|(kind, _)| kind)
            .collect()
    }
}

/// Formats the fingerprint as it is stored.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.parts.join("."))
    }
}

impl fmt::Display for SpecChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SpecChange::Scopes => "the known scopes",
            SpecChange::Tokens => "the lifetimes and the renewal of tokens",
            SpecChange::Hosts => "the hosts of requests",
            SpecChange::Fields => "the fields that are stored with the tokens",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_what_has_changed() {
        let old = Fingerprint::new("s1", "t1", "h1", "f1").to_string();
        let new = |scopes, hosts| Fingerprint::new(scopes, "t1", hosts, "f1");
        assert_eq!(new("s1", "h1").changes_since(&old), []);
        assert_eq!(new("s2", "h1").changes_since(&old), [SpecChange::Scopes]);
        let both = [SpecChange::Scopes, SpecChange::Hosts];
        assert_eq!(new("s2", "h2").changes_since(&old), both);
        assert_eq!(new("s1", "h1").changes_since("garbled").len(), 4);
    }
}
