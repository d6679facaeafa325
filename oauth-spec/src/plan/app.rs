//! The app's registration, and the provider's other hosts.

pub use crate::syntax::choices::{RedirectMatch, SecretShown};
use crate::syntax::shapes::Time;

/// The app's registration.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it is registered.
    pub console: Option<String>,
    /// How, step by step.
    pub steps: Vec<String>,
    /// The rule for redirect URIs.
    pub redirect_uri: RedirectUri,
    /// The client secret, as the provider's console treats it.
    pub client_secret: ClientSecret,
    /// Whether each user registers an app of their own.
    pub per_connection: bool,
    /// What the provider approves before strangers may log in.
    pub review: Vec<Review>,
    /// How to get an account for trying.
    pub sandbox: Option<String>,
    /// Whether calls show a client secret.
    pub confidential: bool,
    /// The Basic credential that is computed once, where a call shows one.
    pub basic: Option<Basic>,
}

/// The rule for redirect URIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    /// The URIs that the provider accepts besides https ones.
    pub accepted: AcceptedUris,
    /// Whether a loopback URI may have another port than the registered one.
    pub any_loopback_port: bool,
    /// How a requested URI is compared with the registered one.
    pub matching: RedirectMatch,
    /// Whether a request may omit the parameter.
    pub is_optional: bool,
    /// Whether the parameter is the name under which a URI is registered.
    pub is_alias: bool,
    /// The number of URIs that an app can register.
    pub max: Option<i64>,
}

/// A client secret, as the provider's console treats it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientSecret {
    /// When the console shows it.
    pub shown: Option<SecretShown>,
    /// How long it is valid.
    pub lifetime: Option<Time>,
}

/// The redirect URIs that a provider accepts besides https ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedUris {
    /// http to any host.
    pub http: bool,
    /// http to a loopback IP address.
    pub loopback: bool,
    /// http to the host `localhost`.
    pub localhost: bool,
    /// A private-use scheme of the app.
    pub private_use: bool,
}

impl AcceptedUris {
    /// https, or http to this machine.
    pub const HTTPS_OR_LOOPBACK: AcceptedUris = AcceptedUris {
        loopback: true,
        localhost: true,
        ..AcceptedUris::HTTPS
    };
    /// https only.
    pub const HTTPS: AcceptedUris = AcceptedUris {
        http: false,
        loopback: false,
        localhost: false,
        private_use: false,
    };
    /// Any absolute URI.
    pub const ANY: AcceptedUris = AcceptedUris {
        http: true,
        loopback: true,
        localhost: true,
        private_use: true,
    };

    /// Returns a redirect URI of a program on this machine, or one of a web application.
    pub fn local(self) -> &'static str {
        match (self.localhost, self.loopback) {
            (true, _) => "http://localhost:3000/callback",
            (false, true) => "http://127.0.0.1:3000/callback",
            (false, false) => "https://localhost:3000/callback",
        }
    }
}

/// How the two halves of a Basic credential are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basic {
    /// Form-encoded (RFC 6749 §2.3.1).
    FormEncoded,
    /// As they are.
    Raw,
}

/// A step of the provider's approval.
#[derive(Clone, Debug)]
pub struct Review {
    /// Its name in the spec.
    pub name: String,
    /// What is handed in.
    pub material: String,
    /// Who decides.
    pub by: Option<String>,
    /// How long it usually takes.
    pub takes: Option<Time>,
    /// What is limited until then.
    pub until: Option<String>,
}

/// Other hosts of the same provider.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name in the spec.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Where an app is registered for it.
    pub console: Option<String>,
    /// Origin for origin.
    pub hosts: Vec<(String, String)>,
}
