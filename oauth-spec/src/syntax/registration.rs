//! The app and what it is told: registration, inputs, other hosts.

use crate::syntax::choices::{
    InputType, Per, RedirectKind, RedirectMatch, RedirectScheme, SecretShown,
};
use crate::syntax::either::OneOf;
use crate::syntax::read::table;
use crate::syntax::shapes::{Named, Time};

table! {
    /// The app's registration.
    pub struct App {
        /// Where an app is registered.
        "console" => console: String,
        /// Whom client id and secret belong to; `connection`: each user registers an app of their own.
        "per" => per: Per,
        /// Registration, step by step.
        "steps" => steps: Vec<String>,
        /// Rules for redirect URIs.
        "redirect_uri" => redirect_uri: RedirectUri,
        /// What happens to the client secret.
        "secret" => secret: ClientSecret,
        /// What the provider approves before strangers may log in, step by step.
        "review" => review: Named<Review>,
        /// How to get an account for trying.
        "sandbox" => sandbox: String,
    }
}

table! {
    /// A step of the provider's approval.
    pub struct Review(material) {
        /// What is handed in.
        "material"(required) => material: String,
        /// Who decides.
        "by" => by: String,
        /// How long it usually takes.
        "takes" => takes: Time,
        /// What is limited until then.
        "until" => until: String,
    }
}

table! {
    /// Rules for redirect URIs.
    pub struct RedirectUri {
        /// Allowed schemes.
        "scheme" => scheme: RedirectScheme,
        /// How it is compared with the registered one.
        "match" => matching: RedirectMatch,
        /// Whether the parameter may be left out.
        "optional" => optional: bool,
        /// How many an app may register.
        "max" => max: i64,
        /// Whether a URI is sent, or the name under which one is registered.
        "kind" => kind: RedirectKind,
    }
}

table! {
    /// What happens to the client secret.
    pub struct ClientSecret {
        /// When the console shows it.
        "shown" => shown: SecretShown,
        /// How long it is good.
        "lifetime" => lifetime: Time,
    }
}

table! {
    /// A value that the application or its user supplies.
    pub struct Input {
        /// Who it belongs to.
        "per" => per: Per,
        /// Its form.
        "type" => kind: InputType,
        /// Classes and counts, such as `[a-z0-9-]{1,60}`.
        "pattern" => pattern: String,
        /// The words it may be; with a text for each, `{region}` is that text; with a table of texts for
        /// each, `{region.api}` is one of them.
        "one_of" => one_of: OneOf,
        /// The hosts it may name: `*.example.com` allows any depth, `*` every public host.
        "allow" => allow: Vec<String>,
        /// Whether `allow = ["*"]` includes loopback and private addresses and names without a public domain. The
        /// name is judged, not the address that it resolves to.
        "private" => private: bool,
        /// What it is if nobody says.
        "default" => default: String,
        /// What it is.
        "doc" => doc: String,
        /// A value that shows its form.
        "example" => example: String,
    }
}

table! {
    /// Other hosts of the same provider.
    pub struct Environment {
        /// What it is for.
        "doc" => doc: String,
        /// Where an app is registered for it.
        "console" => console: String,
        /// Origin for origin.
        "hosts"(required) => hosts: Named<String>,
    }
}
