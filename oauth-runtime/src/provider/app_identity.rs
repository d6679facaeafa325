//! [`AppIdentity`]: the app that a login, an authorization code or a connection belongs to.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The identity of an app: a digest of provider, variant, environment, client id and every input per app.
///
/// Two apps with the same client id on different hosts have different identities, so that no token, code or client
/// secret of one is sent to the host of the other. The client secret is not part of the identity: replacing it does not
/// change the identity. Generated modules compute the identity when they create an app.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppIdentity([u8; 16]);

impl AppIdentity {
    /// A placeholder for an identity that has not been computed yet. No app has this identity.
    pub const UNKNOWN: AppIdentity = AppIdentity([0; 16]);

    /// Computes the identity of an app from the values that a row stores about it.
    pub(crate) fn of_parts<'a>(
        (id, variant): (&str, &str),
        client_id: &str,
        environment: Option<&str>,
        inputs: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> AppIdentity {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(text);
        };
        add(id);
        add(variant);
        add(environment.unwrap_or_default());
        add(client_id);
        for (name, value) in inputs {
            add(name);
            add(value);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let (identity, _) = digest.split_first_chunk().unwrap_or((&[0; 16], &[]));
        AppIdentity(*identity)
    }

    /// Returns the identity as the number that is sealed with a login.
    pub(crate) fn to_number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// Returns the identity from the number that [`AppIdentity::to_number`] returned.
    pub(crate) fn from_number(number: u128) -> AppIdentity {
        AppIdentity(number.to_be_bytes())
    }
}

impl fmt::Debug for AppIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AppIdentity({:032x})", self.to_number())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ACME: (&str, &str) = ("acme", "");
    const ROTATING: (&str, &str) = ("acme", "rotating");

    fn identity(
        provider: (&str, &str),
        client_id: &str,
        environment: Option<&str>,
        inputs: &[(&str, &str)],
    ) -> AppIdentity {
        AppIdentity::of_parts(provider, client_id, environment, inputs.iter().copied())
    }

    #[test]
    fn every_part_of_an_app_tells_it_from_others() {
        let identities = [
            identity(ACME, "id", None, &[]),
            identity(ROTATING, "id", None, &[]),
            identity(ACME, "other", None, &[]),
            identity(ACME, "id", Some("sandbox"), &[]),
            identity(ACME, "id", None, &[("host", "a.example")]),
            identity(ACME, "id", None, &[("host", "b.example")]),
            identity(ACME, "id", None, &[("hos", "ta.example")]),
            identity(ACME, "id", None, &[("host", "a.example"), ("realm", "r")]),
        ];
        let distinct: HashSet<_> = identities.iter().collect();
        assert_eq!(distinct.len(), identities.len());
        assert!(!distinct.contains(&AppIdentity::UNKNOWN));
        assert_eq!(identity(ACME, "id", None, &[]), identities[0]);
    }
}
