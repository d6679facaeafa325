//! The app's registration, its inputs, and the provider's other hosts.

use crate::syntax::choices::{
    InputType, Per, RedirectKind, RedirectMatch, RedirectScheme, SecretShown,
};
use crate::syntax::either::OneOf;
use crate::syntax::read::table;
use crate::syntax::shapes::{Named, OneOrMany, Time};

table! {
    /// The app's registration.
    pub struct App {
        /// The URL of the page on which an app is registered.
        "console" => console: String,
        /// The owner of client id and secret: the application (`app`, the default), or each connection, if every user
        /// registers a separate app (`connection`).
        "per" => per: Per,
        /// The steps of the registration, in order.
        "steps" => steps: Vec<String>,
        /// The provider's rules for redirect URIs.
        "redirect_uri" => redirect_uri: RedirectUri,
        /// How the provider's console treats the client secret.
        "secret" => secret: ClientSecret,
        /// The approvals that the provider requires before the public can log in, in order.
        "review" => review: Named<Review>,
        /// How to get a test account.
        "sandbox" => sandbox: String,
    }
}

table! {
    /// A step of the provider's approval.
    pub struct Review(material) {
        /// The material that the developer submits for the approval.
        "material"(required) => material: String,
        /// The party that decides on the approval.
        "by" => by: String,
        /// The usual duration of the approval, such as `"14d"`.
        "takes" => takes: Time,
        /// What is limited until the approval.
        "until" => until: String,
    }
}

table! {
    /// The provider's rules for redirect URIs.
    pub struct RedirectUri {
        /// The schemes that a redirect URI may have, besides https. The default, `https_or_loopback`, is
        /// `["loopback", "localhost"]`.
        "scheme" => scheme: OneOrMany<RedirectScheme>,
        /// Whether a loopback URI may have another port than the registered one (RFC 8252 §7.3). The default is
        /// `false`.
        "any_loopback_port" => any_loopback_port: bool,
        /// How the provider compares a redirect URI with the registered one. The default is `exact`.
        "match" => matching: RedirectMatch,
        /// Whether a request may omit the redirect URI. The default is `false`.
        "optional" => optional: bool,
        /// The maximum number of redirect URIs that an app can register.
        "max" => max: i64,
        /// Whether a request contains the redirect URI, or the name under which it is registered. The default is
        /// `uri`.
        "kind" => kind: RedirectKind,
    }
}

table! {
    /// How the provider's console treats the client secret.
    pub struct ClientSecret {
        /// When the console displays the client secret.
        "shown" => shown: SecretShown,
        /// The time for which a client secret is valid, such as `"730d"`.
        "lifetime" => lifetime: Time,
    }
}

table! {
    /// A value that the application or its user supplies.
    pub struct Input {
        /// Whether the value belongs to each connection (the default) or to the application.
        "per" => per: Per,
        /// The format of the value. The default is `text`.
        "type" => kind: InputType,
        /// A pattern that the value must match: character classes with counts, such as `[a-z0-9-]{1,60}`.
        "pattern" => pattern: String,
        /// The allowed values. With a text for each value, `{region}` is that text. With a table of texts for each
        /// value, `{region.api}` is one of the texts.
        "one_of" => one_of: OneOf,
        /// The hosts that the value may name. `*.example.com` allows subdomains at any depth, and `*` allows every
        /// public host.
        "allow" => allow: Vec<String>,
        /// Whether `allow = ["*"]` includes loopback and private addresses, and names without a public domain. The
        /// check applies to the name, not to the address that it resolves to. The default is `false`.
        "private" => private: bool,
        /// The value of the input if none is supplied.
        "default" => default: String,
        /// A description of the input.
        "doc" => doc: String,
        /// An example of a valid value.
        "example" => example: String,
    }
}

table! {
    /// Other hosts of the same provider.
    pub struct Environment {
        /// A description of the environment's purpose.
        "doc" => doc: String,
        /// The URL of the page on which an app is registered for this environment.
        "console" => console: String,
        /// The origins of the base, each with the origin that replaces it in this environment.
        "hosts"(required) => hosts: Named<String>,
    }
}
