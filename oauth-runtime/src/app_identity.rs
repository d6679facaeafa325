//! [`AppIdentity`]: which of a provider's apps a login, a code or a connection belongs to.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::provider::Provider;

/// Identifies an app: a digest of provider, variant, environment, client id and every input per app.
///
/// Two apps with one client id on different hosts have different identities, so that no token, code or client secret of
/// one is sent to the other's host. The client secret is not part of it: an app whose secret was replaced is still
/// the same app. Generated modules compute it when an app is made.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AppIdentity([u8; 16]);

impl AppIdentity {
    /// The identity of an app that has not been computed yet. No app has it.
    pub const UNKNOWN: AppIdentity = AppIdentity([0; 16]);

    /// Computes the identity. `inputs` are the app's inputs by name, sorted by name.
    pub fn of(
        provider: &Provider,
        client_id: &str,
        environment: Option<&str>,
        inputs: &[(&str, &str)],
    ) -> AppIdentity {
        let variant = provider.variant.unwrap_or_default();
        let inputs = inputs.iter().copied();
        AppIdentity::of_parts((provider.id, variant), client_id, environment, inputs)
    }

    /// Computes the identity of an app from what a row states of it.
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

    /// The identity as it is sealed with a login.
    pub(crate) fn to_number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// The identity that [`AppIdentity::to_number`] gave.
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

    static ACME: Provider = Provider::new("acme", "Acme", "https://acme.example");
    static ROTATING: Provider =
        Provider::new("acme", "Acme", "https://acme.example").variant("rotating");

    #[test]
    fn every_part_of_an_app_tells_it_from_others() {
        let identities = [
            AppIdentity::of(&ACME, "id", None, &[]),
            AppIdentity::of(&ROTATING, "id", None, &[]),
            AppIdentity::of(&ACME, "other", None, &[]),
            AppIdentity::of(&ACME, "id", Some("sandbox"), &[]),
            AppIdentity::of(&ACME, "id", None, &[("host", "a.example")]),
            AppIdentity::of(&ACME, "id", None, &[("host", "b.example")]),
            AppIdentity::of(&ACME, "id", None, &[("hos", "ta.example")]),
            AppIdentity::of(&ACME, "id", None, &[("host", "a.example"), ("realm", "r")]),
        ];
        let distinct: HashSet<_> = identities.iter().collect();
        assert_eq!(distinct.len(), identities.len());
        assert!(!distinct.contains(&AppIdentity::UNKNOWN));
        assert_eq!(AppIdentity::of(&ACME, "id", None, &[]), identities[0]);
    }
}
