//! [`Fingerprint`]: which revision of a spec a connection was made under, as far as the connection depends on it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a stored connection depends on of its provider's spec, in four parts. Parts that differ between two revisions
/// are what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    parts: [&'static str; 4],
}

/// What has changed in a spec since a connection was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SpecChange {
    /// The scopes that are known: what was granted may be called otherwise now.
    Scopes,
    /// How tokens live, rotate and are renewed: the times of this connection are by the old spec until its next refresh.
    Tokens,
    /// Where requests go: tokens of this connection will go there.
    Hosts,
    /// What is kept beside the tokens.
    Fields,
}

impl Fingerprint {
    /// As a generated module states it.
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

    /// What has changed since a connection was made under the fingerprint that was kept as this text. A text that
    /// cannot be read is of another time: everything may have changed.
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

/// As it is kept.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.parts.join("."))
    }
}

impl fmt::Display for SpecChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            SpecChange::Scopes => "the scopes that are known",
            SpecChange::Tokens => "how tokens live and are renewed",
            SpecChange::Hosts => "where requests go",
            SpecChange::Fields => "what is kept beside the tokens",
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
