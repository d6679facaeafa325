//! [`RegisteredApp`]: an app at its provider, as generated modules describe it.

use std::fmt;

use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
#[cfg(feature = "lifecycle")]
use crate::secret::same;

/// An app that is registered at a provider (RFC 6749 §2). Generated modules implement it for their `App`.
pub trait RegisteredApp: Clone + Send + Sync + 'static {
    /// The provider.
    const PROVIDER: &'static Provider;

    /// Returns the identity of the app, to which its logins and connections are bound.
    fn identity(&self) -> AppIdentity;

    /// Returns the registration of the app.
    fn registration(&self) -> Registration<'_>;
}

/// The registration of an app at a provider, as generated modules describe it.
///
/// `Debug` prints all fields except the credential.
pub struct Registration<'a> {
    /// The client id (RFC 6749 §2.2).
    pub client_id: &'a str,
    /// The redirect URI, if the provider has a login.
    pub redirect_uri: Option<&'a str>,
    /// The environment, if the provider has several.
    pub environment: Option<&'static str>,
    /// The inputs of the app, sorted by name.
    pub inputs: Vec<(&'static str, &'a str)>,
    /// The credential that authenticates the app: its client secret, or one derived from it. `None` for a public client.
    pub credential: Option<&'a str>,
}

impl Registration<'_> {
    /// Returns whether both registrations have the same credential and the same redirect URI.
    #[cfg(feature = "lifecycle")]
    pub(crate) fn is_unchanged(&self, other: &Registration<'_>) -> bool {
        let is_same_credential = match (self.credential, other.credential) {
            (Some(one), Some(two)) => same(one, two),
            (None, None) => true,
            _ => false,
        };
        is_same_credential && self.redirect_uri == other.redirect_uri
    }
}

impl fmt::Debug for Registration<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Registration")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("environment", &self.environment)
            .field("inputs", &self.inputs)
            .finish_non_exhaustive()
    }
}

impl AppIdentity {
    /// Computes the identity of an app from its registration.
    pub fn of<A: RegisteredApp>(app: &A) -> AppIdentity {
        let provider = A::PROVIDER;
        let registration = app.registration();
        AppIdentity::of_parts(
            (provider.id, provider.variant.unwrap_or_default()),
            registration.client_id,
            registration.environment,
            registration.inputs.iter().copied(),
        )
    }
}

#[cfg(test)]
pub(crate) mod acme {
    //! An app of a provider that does not exist, for unit tests.

    use super::{AppIdentity, Provider, RegisteredApp, Registration};

    pub(crate) static PROVIDER: Provider = Provider::new("acme", "Acme", "https://acme.example");

    #[derive(Clone)]
    pub(crate) struct App;

    impl RegisteredApp for App {
        const PROVIDER: &'static Provider = &PROVIDER;

        fn identity(&self) -> AppIdentity {
            AppIdentity::UNKNOWN
        }

        fn registration(&self) -> Registration<'_> {
            Registration {
                client_id: "id",
                redirect_uri: None,
                environment: None,
                inputs: Vec::new(),
                credential: None,
            }
        }
    }
}
