//! The Plan: a provider as the calls that are made to it, with every default in place.
//!
//! Everything an emitter needs is decided here, and nothing is left to interpret: parameters have their
//! final names and their order, every value has a [`Source`], inheritance is resolved, paths are lists of
//! names. Each part remembers the spec path that it came from. Emitters see nothing but this.

pub mod api;
pub mod app;
pub mod call;
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
pub use app::{App, Basic, Environment, RedirectMatch, RedirectScheme, Review};
pub use call::{
    Accepts, Authentication, Body, BodyFormat, Call, CallKind, Challenge, Choice, Ends, Header,
    Install, Login, Method, Parameter, Pkce, ResponseFormat, Selection, Success, Verify, When,
};
pub use deviation::{Deviation, DeviationKind, Place};
pub use example::{Example, Expectation};
pub use input::{Form, Hosts, Input, Run};
pub use token::{Field, FieldKind, FieldSource, KnownError, Policy, Reading, Token};
pub use value::{Argument, Function, Piece, Source, Template, Value};

/// A provider, or one variant of it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who it is.
    pub identity: Identity,
    /// The app's registration.
    pub app: App,
    /// What the application or its user supplies, in the order of the spec.
    pub inputs: Vec<Input>,
    /// Other hosts.
    pub environments: Vec<Environment>,
    /// The authorization request and the callback.
    pub login: Option<Login>,
    /// A request from the provider's own store.
    pub install: Option<Install>,
    /// The calls, in the order of a connection's life.
    pub calls: Vec<Call>,
    /// The lists of scopes that a login takes.
    pub scope_sets: Vec<ScopeSet>,
    /// The tokens that come back.
    pub tokens: Vec<Token>,
    /// What else of an answer is needed later.
    pub fields: Vec<Field>,
    /// The refusals that the spec knows.
    pub errors: Vec<KnownError>,
    /// Where the access token may go.
    pub api: Option<Api>,
    /// Operations of the API.
    pub operations: Vec<Operation>,
    /// Whether the spec says that there are no refresh tokens.
    pub denies_refresh_tokens: bool,
    /// How it departs from the standard.
    pub deviations: Vec<Deviation>,
    /// What ends on a day.
    pub deprecations: Vec<Deprecation>,
    /// The sources.
    pub evidence: Vec<Evidence>,
    /// The examples of this module.
    pub examples: Vec<Example>,
}

/// Who a provider is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The id, stored with every connection.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// The provider's documentation.
    pub docs: String,
    /// The variant, and the setting that makes an app one.
    pub variant: Option<(String, String)>,
}

impl Identity {
    /// The id, and the variant behind it: `slack::rotating`.
    pub fn reference(&self) -> String {
        match &self.variant {
            Some((variant, _)) => format!("{}::{variant}", self.id),
            None => self.id.clone(),
        }
    }
}

/// A list of scopes that a login takes.
#[derive(Clone, Debug)]
pub struct ScopeSet {
    /// The set's name; empty for the only one.
    pub name: String,
    /// The parameter's name; none where nothing is sent.
    pub parameter: Option<String>,
    /// What stands between two scopes on the wire.
    pub separator: String,
    /// How the list is written in a URL.
    pub encoding: Encoding,
    /// The known scopes.
    pub known: Vec<Scope>,
    /// Scopes that every login asks for.
    pub always: Vec<String>,
    /// Whether there are others.
    pub open: bool,
    /// Whether one that there is not is passed over, instead of refused.
    pub passes_over: bool,
    /// Scopes that a response may leave out although they were granted.
    pub unreported: Vec<String>,
    /// Where the set is written.
    pub path: String,
}

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Its name on the wire.
    pub id: String,
    /// The constant's name, as the spec gives it.
    pub name: Option<String>,
    /// What it opens.
    pub doc: String,
    /// Scopes that come with it.
    pub implies: Vec<String>,
    /// The same scope under another id.
    pub same_as: Option<String>,
    /// Whether the provider must approve it.
    pub review: bool,
}

/// A source.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where it is said.
    pub url: String,
    /// The day on which it was read.
    pub seen: String,
    /// How it is known.
    pub kind: EvidenceKind,
    /// The paths it speaks for.
    pub paths: Vec<String>,
    /// The paths it contradicts.
    pub against: Vec<String>,
    /// What it says instead.
    pub says: Option<String>,
    /// What a reader should know about it.
    pub note: Option<String>,
}

/// What ends on a day, and what follows it.
#[derive(Clone, Debug)]
pub struct Deprecation {
    /// The spec paths that end.
    pub paths: Vec<String>,
    /// The last day, if one is known.
    pub ends: Option<String>,
    /// What follows.
    pub then: String,
}

/// How a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvidenceKind {
    /// The provider's documentation says it.
    Documented,
    /// The provider was seen to do it.
    Observed,
    /// Somebody else says it.
    Reported,
}

impl EvidenceKind {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            EvidenceKind::Documented => "documented",
            EvidenceKind::Observed => "observed",
            EvidenceKind::Reported => "reported",
        }
    }
}

/// What members of an answer must be.
pub type Conditions<'p> = &'p [(Vec<String>, Success)];

impl Plan {
    /// An index of the evidence, for many paths.
    pub fn evidence_by_path(&self) -> EvidenceByPath<'_> {
        let named = self.evidence.iter().flat_map(|evidence| {
            evidence
                .paths
                .iter()
                .map(move |path| (path.as_str(), evidence))
        });
        EvidenceByPath(named.collect())
    }

    /// What is said of the end of a path, or of what lies above it.
    pub fn deprecation(&self, path: &str) -> Option<&Deprecation> {
        self.deprecations.iter().find(|deprecation| {
            deprecation
                .paths
                .iter()
                .any(|above| crate::syntax::path::covers(above, path))
        })
    }

    /// The call of that function name or spec path.
    pub fn call(&self, name: &str) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.function() == name || call.path == name)
    }

    /// The fields with a host that a refresh response may contain again. An unlisted host is rejected there, too.
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

    /// The call that an example is about. Where each of several tokens has its own, the example names the
    /// token, or what comes out of it does; else it is the first.
    pub fn call_of(&self, example: &Example) -> Option<&Call> {
        let own = || self.calls.iter().filter(|call| call.path == example.call);
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

    /// Everything that is filled in: for the login, the calls, the API and an installation.
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

    /// What tells refusals of one code apart in the answers of a call, each with its number among those of the spec.
    pub fn conditions_of(&self, call: &str) -> Vec<(u32, Conditions<'_>)> {
        let mut all: Vec<&KnownError> = Vec::new();
        for error in self.errors.iter().filter(|own| !own.conditions.is_empty()) {
            if all.iter().all(|own| own.conditions != error.conditions) {
                all.push(error);
            }
        }
        let is_here = |error: &KnownError| {
            let alike = |own: &&KnownError| own.conditions == error.conditions;
            let mut alike = self.errors.iter().filter(alike);
            alike.any(|own| own.call.as_deref().is_none_or(|own| own == call))
        };
        let numbered = (0..).zip(all).filter(|(_, error)| is_here(error));
        numbered
            .map(|(number, error)| (number, error.conditions.as_slice()))
            .collect()
    }

    /// The number of the condition that a refusal must meet, where there is one.
    pub fn condition_of(&self, error: &KnownError) -> Option<u32> {
        let call = error.call.as_deref().unwrap_or_default();
        let numbered = self.conditions_of(call).into_iter();
        let mut own = numbered.filter(|(_, conditions)| *conditions == error.conditions);
        own.next().map(|(number, _)| number)
    }

    /// What the login's code is traded for.
    pub fn exchange(&self) -> Option<&Call> {
        self.calls
            .iter()
            .find(|call| call.kind == CallKind::Exchange)
    }

    /// The call that gives the login's tokens: the exchange, or what follows it.
    pub fn gives_tokens(&self) -> Option<&Call> {
        let exchange = self.exchange().filter(|call| !call.readings.is_empty());
        exchange.or_else(|| {
            let mut calls = self.calls.iter();
            calls.find(|call| call.kind == CallKind::Further && !call.readings.is_empty())
        })
    }

    /// The input of that name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// The form of an input, or of a field that has one.
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

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The fields that come with the callback.
    pub fn callback_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.from_callback())
    }

    /// The inputs that the app supplies.
    pub fn app_inputs(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| !input.per_connection)
    }

    /// The inputs that each connection has its own of.
    pub fn connection_inputs(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.per_connection)
    }

    /// Whether apps are registered: without logins and calls there are keys alone.
    pub fn has_client(&self) -> bool {
        self.login.is_some() || !self.calls.is_empty()
    }

    /// The list of scopes that a login asks for a token by: the one of its name, or the only one.
    pub fn scopes_of(&self, token: &Token) -> Option<&ScopeSet> {
        let asked = || self.scope_sets.iter().filter(|set| set.parameter.is_some());
        let only = || asked().next().filter(|_| asked().count() == 1);
        let own = asked().find(|set| set.name == token.name);
        own.or_else(only).filter(|_| self.login.is_some())
    }

    /// The token that a user's login gives, if it is one alone.
    pub fn token(&self, name: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.name == name)
    }
}

/// An index of a Plan's evidence by the paths that it names.
#[derive(Debug)]
pub struct EvidenceByPath<'p>(HashMap<&'p str, &'p Evidence>);

impl<'p> EvidenceByPath<'p> {
    /// The evidence for a path: that with the longest path above it.
    pub fn of(&self, path: &str) -> Option<&'p Evidence> {
        let above = path.rmatch_indices('.').map(|(end, _)| end);
        let mut ends = std::iter::once(path.len()).chain(above);
        ends.find_map(|end| {
            steps::count(1);
            self.0.get(&path[..end]).copied()
        })
    }
}
