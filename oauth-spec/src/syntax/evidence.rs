//! Evidence for a spec: sources, accepted findings, deprecations and examples.

use crate::syntax::choices::EvidenceKind;
use crate::syntax::read::table;
use crate::syntax::shapes::{Date, Given, Named};

table! {
    /// What ends on a day, and what follows it.
    pub struct Deprecated {
        /// The spec paths that end: a scope, a call, a variant, a policy.
        "for"(required) => paths: Vec<String>,
        /// The last day.
        "ends" => ends: Date,
        /// What follows, in a sentence.
        "then"(required) => then: String,
    }
}

table! {
    /// A finding that is known and stays.
    pub struct Accept {
        /// The rule, by code or name.
        "rule"(required) => rule: String,
        /// The spec paths where it is accepted.
        "for"(required) => paths: Vec<String>,
        /// Why.
        "because"(required) => because: String,
    }
}

table! {
    /// A source, and the spec paths that it speaks for.
    pub struct Evidence {
        /// Where it is said.
        "url"(required) => url: String,
        /// The day on which it was read there.
        "seen"(required) => seen: Date,
        /// How it is known.
        "kind" => kind: EvidenceKind,
        /// The paths it speaks for; a path covers all beneath it.
        "for" => paths: Vec<String>,
        /// The paths it contradicts.
        "against" => against: Vec<String>,
        /// What it says instead.
        "says" => says: String,
        /// What a reader should know about it.
        "note" => note: String,
    }
}

table! {
    /// Inputs, the request they give, the answer, and what it means.
    pub struct Example {
        /// What it shows.
        "name"(required) => name: String,
        /// The call: authorize, token.authorization_code, token.refresh_token …
        "call"(required) => call: String,
        /// The token it is about, where each of several has a call of its own.
        "token" => token: String,
        /// The variant it is of.
        "variant" => variant: String,
        /// The environment it is in.
        "environment" => environment: String,
        /// The page it is taken from; ours without one.
        "source" => source: String,
        /// What is given.
        "given" => given: Named<Given>,
        /// The request, as HTTP.
        "request" => request: String,
        /// The answer, as HTTP.
        "response" => response: String,
        /// The tokens that come out.
        "tokens" => tokens: Named<Named<Given>>,
        /// The fields that come out.
        "fields" => fields: Named<Given>,
        /// The entries that a caller chooses from.
        "entries" => entries: Vec<Named<Given>>,
        /// The refusal that comes out.
        "error" => error: ExpectedError,
    }
}

table! {
    /// The refusal that an example expects.
    pub struct ExpectedError {
        /// The provider's code; none where it gives none.
        "code" => code: String,
        /// What mends it.
        "class" => class: String,
    }
}
