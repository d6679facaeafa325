//! The Plan: a provider as the calls that are made to it, with every default in place.
//!
//! Everything an emitter needs is decided here, and nothing is left to interpret: parameters have their
//! final names and their order, every value has a [`Source`], inheritance is resolved, paths are lists of
//! names. Each part remembers the spec path that it came from. Emitters see nothing but this.

pub mod call;
pub mod example;
pub mod name;
pub mod token;
pub mod value;

pub use call::{
    Authentication, Body, Call, CallKind, Header, Login, Method, Parameter, ResponseFormat,
    Success, Verify,
};
pub use example::{Example, Expectation};
pub use token::{Field, FieldKind, KnownError, Policy, Reading, Token};
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

/// The app's registration.
#[derive(Clone, Debug)]
pub struct App {
    /// Where it is registered.
    pub console: Option<String>,
    /// How, step by step.
    pub steps: Vec<String>,
    /// Which redirect URIs are taken.
    pub redirect_scheme: RedirectScheme,
    /// How they are compared, in words for the page.
    pub redirect_notes: Vec<String>,
    /// What happens to the secret, in words for the page.
    pub secret_notes: Vec<String>,
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

/// A value that the application or its user supplies.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name in the spec.
    pub name: String,
    /// Whether each connection has its own.
    pub per_connection: bool,
    /// Its form.
    pub form: Form,
    /// What it is if nobody says.
    pub default: Option<String>,
    /// What it is.
    pub doc: String,
    /// A value that shows its form.
    pub example: Option<String>,
}

impl Input {
    /// A value that has the form: the spec's example, or its default, or one made for the form.
    pub fn sample(&self) -> String {
        let stated = self.example.clone().or_else(|| self.default.clone());
        stated.unwrap_or_else(|| self.form.sample())
    }
}

/// The form of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// One DNS label.
    Label,
    /// A host that one of these allows.
    Host(Vec<String>),
    /// An https origin that one of these allows.
    Origin(Vec<String>),
    /// A UUID.
    Uuid,
    /// A whole number.
    Integer,
    /// Runs of characters.
    Pattern(Vec<Run>),
    /// One of these words.
    OneOf(Vec<String>),
}

impl Form {
    /// Whether a value of this form can stand in a URL as it is.
    pub fn is_url_safe(&self) -> bool {
        match self {
            Form::Text => false,
            Form::Label | Form::Host(_) | Form::Origin(_) | Form::Uuid | Form::Integer => true,
            Form::Pattern(runs) => runs.iter().all(|run| {
                run.ranges
                    .iter()
                    .all(|&(low, high)| (low..=high).all(is_unreserved))
            }),
            Form::OneOf(words) => words.iter().all(|word| word.bytes().all(is_unreserved)),
        }
    }

    /// A value of this form.
    pub fn sample(&self) -> String {
        let host = |hosts: &[String]| {
            let first = hosts.first().map_or("*", String::as_str);
            if first == "*" {
                "host.example.com".to_owned()
            } else {
                first.replace('*', "a")
            }
        };
        match self {
            Form::Text => "text".to_owned(),
            Form::Label => "label".to_owned(),
            Form::Host(hosts) => host(hosts),
            Form::Origin(hosts) => format!("https://{}", host(hosts)),
            Form::Uuid => "00000000-0000-0000-0000-000000000000".to_owned(),
            Form::Integer => "1".to_owned(),
            Form::OneOf(words) => words.first().cloned().unwrap_or_default(),
            Form::Pattern(runs) => runs
                .iter()
                .flat_map(|run| {
                    let first = run.ranges.first().map_or('a', |&(low, _)| char::from(low));
                    std::iter::repeat_n(first, run.min.max(1))
                })
                .collect(),
        }
    }

    /// The form in words, after "must be".
    pub fn words(&self) -> String {
        match self {
            Form::Text => "a text without control characters".to_owned(),
            Form::Label => "one DNS label: letters, digits and hyphens".to_owned(),
            Form::Host(hosts) if hosts.iter().any(|host| host == "*") => "a host name".to_owned(),
            Form::Host(hosts) => format!("a host out of {}", hosts.join(", ")),
            Form::Origin(hosts) => format!("`https://` and a host out of {}", hosts.join(", ")),
            Form::Uuid => "a UUID".to_owned(),
            Form::Integer => "a whole number".to_owned(),
            Form::Pattern(runs) => {
                format!(
                    "of the form {}",
                    runs.iter().map(Run::to_string).collect::<String>()
                )
            }
            Form::OneOf(words) => format!("one of {}", words.join(", ")),
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Between `min` and `max` characters out of `ranges`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Inclusive ranges of ASCII characters.
    pub ranges: Vec<(u8, u8)>,
    /// At least so many.
    pub min: usize,
    /// At most so many.
    pub max: usize,
}

impl std::fmt::Display for Run {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[")?;
        for &(low, high) in &self.ranges {
            match low == high {
                true => write!(formatter, "{}", char::from(low))?,
                false => write!(formatter, "{}-{}", char::from(low), char::from(high))?,
            }
        }
        match self.min == self.max {
            true => write!(formatter, "]{{{}}}", self.min),
            false => write!(formatter, "]{{{},{}}}", self.min, self.max),
        }
    }
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

/// A list of scopes that a login takes.
#[derive(Clone, Debug)]
pub struct ScopeSet {
    /// The set's name; empty for the only one.
    pub name: String,
    /// The parameter's name; none where nothing is sent.
    pub parameter: Option<String>,
    /// What stands between two scopes on the wire.
    pub separator: String,
    /// The known scopes.
    pub known: Vec<Scope>,
    /// Scopes that every login asks for.
    pub always: Vec<String>,
    /// Whether there are others.
    pub open: bool,
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

/// Where the access token may go.
#[derive(Clone, Debug)]
pub struct Api {
    /// Where every call begins.
    pub base: Template,
    /// Headers that every call needs.
    pub headers: Vec<Header>,
    /// The API's documentation.
    pub docs: Option<String>,
}

/// A departure from the standard.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// The spec path that states it.
    pub path: String,
    /// The section that it leaves, such as `RFC 6749 §2.3.1`.
    pub standard: &'static str,
    /// What the provider does, in a sentence.
    pub what: String,
    /// What it means for whoever integrates it.
    pub means: &'static str,
}

impl Deviation {
    /// The function of the one call that it is about, where it is about one.
    pub fn call(&self) -> Option<&'static str> {
        let about = |path: &str| self.path.contains(path);
        [
            ("revoke.", "revoke"),
            ("token.client_credentials.", "client_credentials"),
            ("token.renew.", "renew"),
            ("token.authorization_code.", "exchange"),
        ]
        .into_iter()
        .find_map(|(path, call)| about(path).then_some(call))
    }
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

impl Deprecation {
    /// The end and what follows, in a sentence.
    pub fn sentence(&self) -> String {
        match &self.ends {
            Some(day) => format!("ends on {day}; then: {}", self.then),
            None => format!("is going to end; then: {}", self.then),
        }
    }
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

impl Plan {
    /// The evidence for a path: that with the longest path above it.
    pub fn evidence_for(&self, path: &str) -> Option<&Evidence> {
        let longest = |evidence: &Evidence| {
            let covering = evidence
                .paths
                .iter()
                .filter(|above| crate::syntax::path::covers(above, path));
            covering.map(String::len).max()
        };
        self.evidence
            .iter()
            .filter_map(|evidence| longest(evidence).map(|length| (length, evidence)))
            .max_by_key(|(length, _)| *length)
            .map(|(_, evidence)| evidence)
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

    /// The input of that name.
    pub fn input(&self, name: &str) -> Option<&Input> {
        self.inputs.iter().find(|input| input.name == name)
    }

    /// The form of an input, or of a field that has one.
    pub fn form_of(&self, source: &Source) -> Option<&Form> {
        match source {
            Source::Input(name) => self.input(name).map(|input| &input.form),
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
        self.fields.iter().filter(|field| field.from_callback)
    }

    /// The inputs that each connection has its own of.
    pub fn connection_inputs(&self) -> impl Iterator<Item = &Input> {
        self.inputs.iter().filter(|input| input.per_connection)
    }

    /// The token that a user's login gives, if it is one alone.
    pub fn token(&self, name: &str) -> Option<&Token> {
        self.tokens.iter().find(|token| token.name == name)
    }
}
