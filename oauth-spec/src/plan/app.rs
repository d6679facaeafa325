//! The app's registration, and the provider's other hosts.

pub use crate::syntax::choices::RedirectMatch;
use crate::syntax::shapes::Time;

/// The app's registration.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it is registered.
    pub console: Option<String>,
    /// How, step by step.
    pub steps: Vec<String>,
    /// Which redirect URIs are taken.
    pub redirect_scheme: RedirectScheme,
    /// How one that is sent is compared with the registered one.
    pub redirect_match: RedirectMatch,
    /// Whether a request may leave it out.
    pub redirect_optional: bool,
    /// How they are compared, in words for the page.
    pub redirect_notes: Vec<String>,
    /// What happens to the secret, in words for the page.
    pub secret_notes: Vec<String>,
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

/// Which redirect URIs are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectScheme {
    /// https, or http to loopback.
    HttpsOrLoopback,
    /// https only.
    Https,
    /// Any.
    Any,
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
