//! Evidence for a spec: sources, accepted findings, deprecations and examples.

use crate::syntax::choices::EvidenceKind;
use crate::syntax::read::table;
use crate::syntax::shapes::{Date, Given, Named};

table! {
    /// A deprecation: what the provider ends, when, and the replacement.
    pub struct Deprecated {
        /// The spec paths that end, such as a scope, a call, a variant or a policy.
        "for"(required) => paths: Vec<String>,
        /// The day on which they end.
        "ends" => ends: Date,
        /// The replacement, in one sentence.
        "then"(required) => then: String,
    }
}

table! {
    /// An accepted finding: a rule that the spec breaks for a reason.
    pub struct Accept {
        /// The code or name of the rule, such as `E0302` or `not-https`.
        "rule"(required) => rule: String,
        /// The spec paths at which the finding is accepted. A path covers all paths under it.
        "for"(required) => paths: Vec<String>,
        /// The reason why the finding is accepted.
        "because"(required) => because: String,
    }
}

table! {
    /// A source and the spec paths that it supports.
    pub struct Evidence {
        /// The https URL of the source.
        "url"(required) => url: String,
        /// The day on which the source was last read.
        "seen"(required) => seen: Date,
        /// How the fact is known: from documentation, from observation or from a report.
        "kind" => kind: EvidenceKind,
        /// The spec paths that the source supports. A path covers all paths under it.
        "for" => paths: Vec<String>,
        /// The spec paths whose values the source contradicts.
        "against" => against: Vec<String>,
        /// What the source states instead of the contradicted values.
        "says" => says: String,
        /// A note about the source for readers of the spec.
        "note" => note: String,
    }
}

table! {
    /// An example of a call: the given values, the request, the response and the expected result.
    pub struct Example {
        /// The name of the example, which describes what it shows.
        "name"(required) => name: String,
        /// The spec path of the call, such as `authorize`, `token.authorization_code` or `token.refresh_token`.
        "call"(required) => call: String,
        /// The token that the call is for, if several tokens have a separate call each.
        "token" => token: String,
        /// The variant that the example belongs to.
        "variant" => variant: String,
        /// The environment that the call uses.
        "environment" => environment: String,
        /// The URL of the page with the original. An example without it was written for the spec.
        "source" => source: String,
        /// Whether `check --fix` wrote the example from the spec. It is no evidence, and the next `check --fix` replaces it.
        /// The default is `false`.
        "generated" => generated: bool,
        /// The values that the call uses, by name, such as inputs, arguments, `client_id` and `code`.
        "given" => given: Named<Given>,
        /// The request as an HTTP message.
        "request" => request: String,
        /// The response as an HTTP message.
        "response" => response: String,
        /// The tokens that the response must yield, by name.
        "tokens" => tokens: Named<Named<Given>>,
        /// The fields that the response must yield, by name.
        "fields" => fields: Named<Given>,
        /// The entries that the response must offer the caller to choose from.
        "entries" => entries: Vec<Named<Given>>,
        /// The error that the response must yield.
        "error" => error: ExpectedError,
    }
}

table! {
    /// The error that an example expects.
    pub struct ExpectedError {
        /// The provider's error code. It is absent if the response has no code.
        "code" => code: String,
        /// The class of the error: `login`, `retry`, `limit`, `app` or `denied`.
        "class" => class: String,
    }
}
