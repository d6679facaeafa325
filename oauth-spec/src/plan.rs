//! The Plan: a provider as the calls that are made to it, with every default in place.
//!
//! The Plan decides everything that an emitter needs and leaves nothing to interpret: parameters have their
//! final names and their order, every value has a [`Source`], inheritance is resolved, and paths are lists of
//! names. Each part keeps the spec path that it came from. Emitters read only the Plan.

pub mod api;
pub mod app;
pub mod call;
pub mod call_id;
pub mod deviation;
pub mod example;
pub mod function;
pub mod input;
pub mod name;
pub mod token;
pub mod value;

use std::collections::HashMap;

use crate::steps;

pub use crate::syntax::choices::Encoding;
pub use api::{Api, NeededScopes, Operation, Placement, RateLimit};
pub use app::{AcceptedUris, App, Basic, Environment, RedirectMatch, Review};
pub use call::{
    Accepts, Authentication, Body, BodyFormat, Call, CallKind, Challenge, Choice, Ends, Header,
    Install, Login, Method, Nonce, Parameter, Pkce, ResponseFormat, Selection, Success, Verify,
    When,
};
pub use call_id::CallId;
pub use deviation::{Deviation, DeviationKind, Place};
pub use example::{Example, ExampleSubject, Expectation};
pub use input::{Form, Hosts, Input, Run};
pub use token::{ErrorCode, Field, FieldKind, FieldSource, KnownError, Policy, Reading, Token};
pub use value::{Argument, Function, Piece, Source, Template, Value};

/// A provider, or one variant of a provider.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The provider's id, name and documentation.
    pub identity: Identity,
    /// The app's registration.
    pub app: App,
    /// The values that the application or its user supplies, in the order of the spec.
    pub inputs: Vec<Input>,
    /// The provider's other environments, with their hosts.
    pub environments: Vec<Environment>,
    /// The authorization request and the callback.
    pub login: Option<Login>,
    /// The installation: a request from the provider's app store.
    pub install: Option<Install>,
    /// The calls, in the order in which a connection makes them.
    pub calls: Vec<Call>,
    /// The lists of scopes that a login requests.
    pub scope_sets: Vec<ScopeSet>,
    /// The tokens that the provider issues.
    pub tokens: Vec<Token>,
    /// The other values of responses that are needed later.
    pub fields: Vec<Field>,
    /// The known error responses.
    pub errors: Vec<KnownError>,
    /// The hosts and the format for requests with the access token.
    pub api: Option<Api>,
    /// The operations of the API.
    pub operations: Vec<Operation>,
    /// Whether the spec states that there are no refresh tokens.
    pub denies_refresh_tokens: bool,
    /// The departures from the standard.
    pub deviations: Vec<Deviation>,
    /// The parts of the spec that end on a day.
    pub deprecations: Vec<Deprecation>,
    /// The sources of the spec.
    pub evidence: Vec<Evidence>,
    /// The examples of this module.
    pub examples: Vec<Example>,
}

/// A provider's id, name and documentation, and the variant.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The id, stored with every connection.
    pub id: String,
    /// The name for display.
    pub name: String,
    /// The URL of the provider's documentation.
    pub docs: String,
    /// Whether other projects report the facts, which were not looked up.
    pub is_reported: bool,
    /// The name of the variant, and the setting that selects it for an app.
    pub variant: Option<(String, String)>,
}

impl Identity {
    /// Returns the id, followed by the variant if there is one: `slack::rotating`.
    pub fn reference(&self) -> String {
        match &self.variant {
            Some((variant, _)) => format!("{}::{variant}", self.id),
            None => self.id.clone(),
        }
    }
}

/// A list of scopes that a login requests.
#[derive(Clone, Debug)]
pub struct ScopeSet {
    /// The set's name; empty for the only one.
    pub name: String,
    /// The parameter's name; `None` if the scopes are not sent.
    pub parameter: Option<String>,
    /// The separator between two scopes in a request.
    pub separator: String,
    /// The encoding of the list in a URL.
    pub encoding: Encoding,
    /// The known scopes.
    pub known: Vec<Scope>,
    /// The scopes that every login requests.
    pub always: Vec<String>,
    /// Whether the provider has further scopes besides the known ones.
    pub open: bool,
    /// Whether the provider ignores an unknown scope instead of rejecting the request.
    pub passes_over: bool,
    /// The scopes that a response may omit although they were granted.
    pub unreported: Vec<String>,
    /// The spec path of the list.
    pub path: String,
}

/// A scope of the provider.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The scope's id in requests and responses.
    pub id: String,
    /// The name of the Rust constant, if the spec states one.
    pub name: Option<String>,
    /// The access that the scope allows.
    pub doc: String,
    /// The scopes that this scope includes.
    pub implies: Vec<String>,
    /// Another id of this scope.
    pub same_as: Option<String>,
    /// Whether the provider must approve the scope.
    pub review: bool,
}

/// A source of the spec.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The URL of the source.
    pub url: String,
    /// The day on which the source was read.
    pub seen: String,
    /// The kind of the source.
    pub kind: EvidenceKind,
    /// The spec paths that the source supports.
    pub paths: Vec<String>,
    /// The spec paths that the source contradicts.
    pub against: Vec<String>,
    /// What the source states instead.
    pub says: Option<String>,
    /// A note about the source for readers.
    pub note: Option<String>,
}

/// A part of the spec that ends on a day, and its successor.
#[derive(Clone, Debug)]
pub struct Deprecation {
    /// The spec paths that end.
    pub paths: Vec<String>,
    /// The last day, if it is known.
    pub ends: Option<String>,
    /// What replaces the paths.
    pub then: String,
}

/// The kind of source for a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// The provider documents it.
    Documented,
    /// The provider's behaviour was observed.
    Observed,
    /// A third party reports it.
    Reported,
}

impl EvidenceKind {
    /// Returns the word of the spec language.
    pub fn word(self) -> &'static str {
        match self {
            EvidenceKind::Documented => "documented",
            EvidenceKind::Observed => "observed",
            EvidenceKind::Reported => "reported",
        }
    }
}

/// Conditions on the members of a response: the path of each member, and what its value must be.
pub type Conditions<'p> = &'p [(Vec<String>, Success)];

impl Plan {
    /// Returns an index of the evidence, for looking up many paths.
    pub fn evidence_by_path(&self) -> EvidenceByPath<'_> {
        let named = self.evidence.iter().flat_map(|evidence| {
            evidence
                .paths
                .iter()
                .map(move |path| (path.as_str(), evidence))
        });
        EvidenceByPath(named.collect())
    }

    /// Returns the deprecation of a path, or of a path above it.
    pub fn deprecation(&self, path: &str) -> Option<&Deprecation> {
        self.deprecations.iter().find(|deprecation| {
            deprecation
                .paths
                .iter()
                .any(|above| crate::syntax::path::covers(above, path))
        })
    }

    /// Returns the call with the given function name or spec path.
    pub fn call(&self, name: &str) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.function() == name || call.id.to_string() == name)
    }

    /// Returns the first call with this identity. Several tokens may each have one.
    pub fn call_by_id(&self, id: &CallId) -> Option<&Call> {
        self.calls.iter().find(|call| call.id == *id)
    }

    /// Returns the grants that the provider offers, by the names of RFC 6749.
    pub fn grants(&self) -> Vec<&'static str> {
        let has = |kind: CallKind| self.calls.iter().any(|call| call.kind == kind);
        let grants = [
            (self.login.is_some(), "authorization_code"),
            (has(CallKind::Refresh), "refresh_token"),
            (has(CallKind::ClientCredentials), "client_credentials"),
        ];
        let offered = grants.into_iter().filter(|(is_offered, _)| *is_offered);
        offered.map(|(_, grant)| grant).collect()
    }

    /// Returns the day on which a source of the spec was last read, such as `2026-11-24`.
    pub fn last_evidence(&self) -> Option<&str> {
        self.evidence
            .iter()
            .map(|evidence| evidence.seen.as_str())
            .max()
    }

    /// Returns whether a call accepts only an ID token with the nonce of its login.
    pub fn checks_nonce(&self, call: &Call) -> bool {
        let login = self.login.as_ref();
        let sends = login.is_some_and(|login| login.nonce != Nonce::None);
        let reads = |reading: &Reading| reading.id_token.is_some();
        call.kind == CallKind::Exchange && sends && call.readings.iter().any(reads)
    }

    /// Returns whether API calls send the token in a bearer header, where it cannot contain a space.
    pub fn carries_bearer(&self) -> bool {
        let placement = self.api.as_ref().map(|api| &api.placement);
        placement.is_none_or(|placement| matches!(placement, Placement::Bearer))
    }

    /// Returns the fields with a host that a refresh response may contain again. An unlisted host is rejected there, too.
    pub fn guards(&self, call: &Call) -> impl Iterator<Item = &Field> {
        let renews = matches!(call.kind, CallKind::Refresh | CallKind::Renew);
        let exchange = self.exchange().filter(|_| renews);
        let names_host = |field: &&Field| match &field.kind {
            FieldKind::Checked(form) => form.names_host(),
            _ => false,
        };
        exchange
            .into_iter()
            .flat_map(Call::own_fields)
            .filter(names_host)
    }

    /// Returns the call that an example shows. If each of several tokens has a separate call, the example's `token` or its
    /// expected tokens select one. Otherwise it is the first call with the example's identity.
    pub fn call_of(&self, example: &Example) -> Option<&Call> {
        let own = || self.calls.iter().filter(|call| example.call.is(&call.id));
        let about = |token: &str| own().find(|call| call.of_token.as_deref() == Some(token));
        let named = example.token.as_deref();
        let told = || {
            example
                .expected
                .tokens
                .iter()
                .find_map(|(token, _)| about(token))
        };
        match named {
            Some(token) => about(token),
            None => told().or_else(|| own().next()),
        }
    }

    /// Returns every template of the login, the calls, the API and the installation.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let login = self.login.iter().flat_map(|login| {
            let rows = login.parameters.iter().chain(&login.offline_parameters);
            let verify = login.verify.iter().map(|verify| &verify.value);
            rows.filter_map(|row| row.value.template())
                .chain(verify)
                .chain([&login.url])
        });
        let api = self.api.iter().flat_map(Api::templates);
        let install = self.install.iter().flat_map(|install| {
            let verify = install.verify.iter().map(|verify| &verify.value);
            verify.chain(install.inputs.iter().map(|(_, value)| value))
        });
        let calls = self.calls.iter().flat_map(Call::templates);
        login.chain(calls).chain(api).chain(install)
    }

    /// Returns the conditions that distinguish the error responses of a call that have one code. Each has its number in
    /// the spec. Without a call, they are those of an API response.
    pub fn conditions_of(&self, call: Option<&CallId>) -> Vec<(u32, Conditions<'_>)> {
        let mut all: Vec<&KnownError> = Vec::new();
        for error in self.errors.iter().filter(|own| !own.conditions.is_empty()) {
            if all.iter().all(|own| own.conditions != error.conditions) {
                all.push(error);
            }
        }
        let is_here = |error: &KnownError| {
            let alike = |own: &&KnownError| own.conditions == error.conditions;
            let mut alike = self.errors.iter().filter(alike);
            alike.any(|own| {
                own.call
                    .as_ref()
                    .is_none_or(|own| own == call.unwrap_or(&CallId::Api))
            })
        };
        let numbered = (0..).zip(all).filter(|(_, error)| is_here(error));
        numbered
            .map(|(number, error)| (number, error.conditions.as_slice()))
            .collect()
    }

    /// Returns the number of the condition that an error response must meet, if it has one.
    pub fn condition_of(&self, error: &KnownError) -> Option<u32> {
        let numbered = self.conditions_of(error.call.as_ref()).into_iter();
        let mut own = numbered.filter(|(_, conditions)| *conditions == error.conditions);
        own.next().map(|(number, _)| number)
    }

    /// Returns the call that exchanges the authorization code.
    pub fn exchange(&self) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.kind == CallKind::Exchange)
    }

    /// Returns the call whose response contains the login's tokens: the exchange or, if that reads none, a further call.
    pub fn gives_tokens(&self) -> Option<&Call> {
        let exchange = self.exchange().filter(|call| !call.readings.is_empty());
        exchange.or_else(|| {
            let mut calls = self.calls.iter();
            calls.find(|call| call.kind == CallKind::Further && !call.readings.is_empty())
        })
    }

    /// Returns the input with the given name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// Returns the form of an input, or of a field that has one.
    pub fn form_of(&self, source: &Source) -> Option<&Form> {
        match source {
            Source::Input(name) => self.input(name).map(|input| &input.form),
            Source::InputText(name, _) => self.input(name).map(|input| &input.form),
            Source::Field(name) => match &self.field(name)?.kind {
                FieldKind::Checked(form) => Some(form),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the field with the given name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Returns the lists of scopes that a login requests.
    pub fn login_scopes(&self) -> impl Iterator<Item = &ScopeSet> {
        self.scope_sets.iter().filter(|set| set.parameter.is_some())
    }

    /// Returns whether a login takes its lists of scopes by their names: it has several.
    pub fn has_named_scopes(&self) -> bool {
        self.login_scopes().count() > 1
    }

    /// Returns the fields that the callback contains.
    pub fn callback_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.from_callback())
    }

    /// Returns the inputs that the app supplies.
    pub fn app_inputs(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| !input.per_connection)
    }

    /// Returns the inputs that differ for each connection.
    pub fn connection_inputs(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.per_connection)
    }

    /// Returns whether apps are registered. A provider without logins and calls has only static keys.
    pub fn has_client(&self) -> bool {
        self.login.is_some() || !self.calls.is_empty()
    }

    /// Returns the list of scopes that a login requests for a token: the list with the token's name, or the only one.
    pub fn scopes_of(&self, token: &Token) -> Option<&ScopeSet> {
        let asked = || self.scope_sets.iter().filter(|set| set.parameter.is_some());
        let only = || asked().next().filter(|_| asked().count() == 1);
        let own = asked().find(|set| set.name == token.name);
        own.or_else(only).filter(|_| self.login.is_some())
    }

    /// Returns the token with the given name.
    pub fn token(&self, name: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.name == name)
    }
}

/// An index of a Plan's evidence by the paths that it names.
#[derive(Debug)]
pub struct EvidenceByPath<'p>(HashMap<&'p str, &'p Evidence>);

impl<'p> EvidenceByPath<'p> {
    /// Returns the evidence for a path: that of the path itself, or of the closest path above it.
    pub fn of(&self, path: &str) -> Option<&'p Evidence> {
        let above = path.rmatch_indices('.').map(|(end, _)| end);
        let mut ends = std::iter::once(path.len()).chain(above);
        ends.find_map(|end| {
            steps::count(1);
            self.0.get(&path[..end]).copied()
        })
    }
}
