//! Calls of a Plan: what goes over the wire, and how the answer is judged.

use super::token::{Field, FieldSource, Reading};
use super::value::{Argument, Source, Template, Value};

/// The authorization request, which a browser makes, and the callback.
#[derive(Clone, Debug)]
pub struct Login {
    /// The authorization endpoint.
    pub url: Template,
    /// The query, in order.
    pub parameters: Vec<Parameter>,
    /// Further parameters if the login asks for offline access.
    pub offline_parameters: Vec<Parameter>,
    /// Scopes that are added if the login asks for offline access.
    pub offline_scopes: Vec<String>,
    /// Whether there is anything to ask for so that a refresh token comes.
    pub has_offline: bool,
    /// What the provider does with PKCE.
    pub pkce: Pkce,
    /// How the challenge is made of the verifier.
    pub challenge: Challenge,
    /// Whether a parameter that the provider does not know is refused (RFC 6749 §3.1: it is passed over).
    pub only_known: bool,
    /// Whether a nonce goes along, which the ID token must repeat.
    pub nonce: bool,
    /// Whether the parameters stand behind the fragment of the URL.
    pub in_fragment: bool,
    /// Whether the state goes out and comes back as a parameter of the redirect URI.
    pub state_in_redirect: bool,
    /// What whoever begins the login may give.
    pub arguments: Vec<Argument>,
    /// A sentence on it.
    pub doc: Option<String>,
    /// The callback's names: code, state, error, `error_description`.
    pub callback: [String; 4],
    /// Whether the code stands in the callback as it is, and not as a form value.
    pub code_is_raw: bool,
    /// Further names of `error` and `error_description`: the first counts that says something.
    pub callback_further: [Vec<String>; 2],
    /// Parameters that must be there with this value.
    pub verify: Vec<Verify>,
}

pub use crate::syntax::choices::Pkce;

/// How a challenge is made of its verifier (RFC 7636 §4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Challenge {
    /// The verifier's SHA-256 as base64url.
    #[default]
    S256,
    /// The verifier's SHA-256 in hexadecimal digits.
    S256Hex,
    /// The verifier itself.
    Plain,
}

impl Challenge {
    /// The name of the method on the wire.
    pub fn method(self) -> &'static str {
        match self {
            Challenge::S256 | Challenge::S256Hex => "S256",
            Challenge::Plain => "plain",
        }
    }
}

impl Login {
    /// Whether a challenge goes along, and the verifier with the exchange.
    pub fn sends_pkce(&self) -> bool {
        !matches!(self.pkce, Pkce::Ignored | Pkce::Rejected)
    }

    /// Whether the callback can be verified only with the app at hand: with its secret, or by a signature
    /// over the callback itself.
    pub fn verifies_late(&self) -> bool {
        self.verify.iter().any(Verify::is_late)
    }

    /// What the callback must say, as it is known when the login begins.
    pub fn verify_early(&self) -> impl Iterator<Item = &Verify> {
        self.verify.iter().filter(|verify| !verify.is_late())
    }

    /// What the callback must say, as it is known only when it comes.
    pub fn verify_late(&self) -> impl Iterator<Item = &Verify> {
        self.verify.iter().filter(|verify| verify.is_late())
    }
}

/// What a parameter of the callback must say.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The parameter's name.
    pub name: String,
    /// The value.
    pub value: Template,
    /// Whether it may be absent.
    pub optional: bool,
}

impl Verify {
    /// Whether the value is known only when the callback comes.
    pub fn is_late(&self) -> bool {
        let late =
            |source: &Source| matches!(source, Source::CallbackRest(_) | Source::ClientSecret);
        self.value.sources().any(late)
    }
}

/// A call to the provider.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is for.
    pub kind: CallKind,
    /// The token it is about, where a provider has several.
    pub of_token: Option<String>,
    /// The token that it carries, where the spec names one.
    pub carries: Option<String>,
    /// The spec path, such as `token.refresh_token`.
    pub path: String,
    /// A sentence on it.
    pub doc: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// The URL without query.
    pub url: Template,
    /// The query, in order.
    pub query: Vec<Parameter>,
    /// The headers, in order, without Content-Type.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
    /// How the client shows who it is.
    pub authentication: Authentication,
    /// What the provider takes beside what is sent.
    pub accepts: Accepts,
    /// What whoever makes the call gives.
    pub arguments: Vec<Argument>,
    /// The answer's format.
    pub response: ResponseFormat,
    /// What a 2xx answer must show.
    pub success: Vec<(Vec<String>, Success)>,
    /// Where a refusal says its code: the first place that has one counts.
    pub error: Vec<Vec<String>>,
    /// Where a refusal says its words, likewise.
    pub error_description: Vec<Vec<String>>,
    /// What is read from a success.
    pub readings: Vec<Reading>,
    /// The fields that come with it.
    pub fields: Vec<Field>,
    /// Members that later calls send on.
    pub carried: Vec<Vec<String>>,
    /// Which entry of a list it is about, where its answer is one.
    pub selection: Option<Selection>,
    /// When it is made.
    pub when: When,
    /// What is dead after a revocation.
    pub ends: Ends,
}

pub use crate::syntax::choices::{Choose as Choice, Ends, When};

/// What a provider takes of a call: of each list the first is what is sent; an empty one has what the standard has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// How a client may show who it is.
    pub authentications: Vec<Authentication>,
    /// How parameters may travel.
    pub bodies: Vec<BodyFormat>,
    /// The HTTP methods.
    pub methods: Vec<Method>,
    /// Whether a parameter that the provider does not know is refused (RFC 6749 §3.2: it is passed over).
    pub only_known: bool,
}

pub use crate::syntax::choices::BodyFormat;

/// Which entry of a list an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Where the list stands.
    pub each: Vec<String>,
    /// What an entry must show.
    pub filter: Vec<(Vec<String>, Success)>,
    /// Which of the entries that are left.
    pub choice: Choice,
    /// What a person sees of an entry.
    pub label: Option<Vec<String>>,
}

/// A request from the provider's own store, which starts a login.
#[derive(Clone, Debug)]
pub struct Install {
    /// Parameters that must be there with this value.
    pub verify: Vec<Verify>,
    /// Inputs that are filled from it.
    pub inputs: Vec<(String, Template)>,
    /// A sentence on it.
    pub doc: Option<String>,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Code for tokens.
    Exchange,
    /// Refresh token for tokens.
    Refresh,
    /// Access token for the next one.
    Renew,
    /// The app's own token.
    ClientCredentials,
    /// The end, by refresh token.
    RevokeRefreshToken,
    /// The end, by access token.
    RevokeAccessToken,
    /// Whether a token lives.
    Introspect,
    /// Who the user is.
    Userinfo,
    /// Any other, which the spec names.
    Further,
}

impl CallKind {
    /// The name of the generated function, where there is one of the kind.
    pub fn function(self) -> &'static str {
        match self {
            CallKind::Exchange => "exchange",
            CallKind::Refresh => "refresh",
            CallKind::Renew => "renew",
            CallKind::ClientCredentials => "client_credentials",
            CallKind::RevokeRefreshToken | CallKind::RevokeAccessToken => "revoke",
            CallKind::Introspect => "introspect",
            CallKind::Userinfo => "userinfo",
            CallKind::Further => "call",
        }
    }
}

impl Call {
    /// The name of the generated function.
    pub fn function(&self) -> String {
        match &self.of_token {
            None if self.kind == CallKind::Further => self
                .path
                .strip_prefix("calls.")
                .unwrap_or(&self.path)
                .to_owned(),
            None => self.kind.function().to_owned(),
            Some(token) => format!("{}_{token}", self.kind.function()),
        }
    }

    /// Every parameter in query and body.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let body: &[Parameter] = match &self.body {
            Body::Empty => &[],
            Body::Form(rows) | Body::Json(rows) => rows,
        };
        self.query.iter().chain(body)
    }

    /// What its request is made of: each parameter's and header's template, and the URL's.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.parameters()
            .chain(&self.headers)
            .filter_map(|row| row.value.template())
            .chain([&self.url])
    }

    /// The values in its request, and those that its functions take.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.templates().flat_map(Template::sources)
    }

    /// The fields that stand in its answer itself, or in its list's entries.
    pub fn own_fields(&self) -> impl Iterator<Item = &Field> {
        let own = |field: &&Field| matches!(field.from, FieldSource::Answer(_));
        self.fields.iter().filter(own)
    }

    /// The paths of which a success has at least one; none where no path is sure.
    pub fn surely_given(&self) -> Option<Vec<&Vec<String>>> {
        if self.readings.iter().any(|reading| reading.prolonged) {
            return Some(Vec::new());
        }
        let tokens = self.readings.iter().map(|reading| &reading.access_token);
        let fields = self.own_fields().filter(|field| !field.optional);
        let given: Vec<&Vec<String>> = match self.readings.is_empty() {
            true => fields
                .map(|field| &field.path)
                .chain(&self.carried)
                .collect(),
            false => tokens.collect(),
        };
        (!given.is_empty()).then_some(given)
    }

    /// Whether a success has nothing to read.
    pub fn reads_nothing(&self) -> bool {
        self.readings.is_empty()
            && self.success.is_empty()
            && self.fields.is_empty()
            && self.carried.is_empty()
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    /// The method on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// A parameter, under the name that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// The spec path that states it.
    pub path: String,
}

impl Parameter {
    /// Whether this value goes out in it, alone or within others.
    pub fn carries(&self, source: &Source) -> bool {
        self.value.sources().any(|own| own == source)
    }
}

/// A header; its name is in lower case.
pub type Header = Parameter;

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// None.
    Empty,
    /// A form.
    Form(Vec<Parameter>),
    /// A JSON object.
    Json(Vec<Parameter>),
}

/// How the client shows who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// HTTP Basic, form-encoded halves.
    Basic,
    /// HTTP Basic, raw halves.
    BasicRaw,
    /// Id and secret among the parameters.
    Post,
    /// The id alone.
    None,
    /// The access token shows itself, in the Authorization header or as the API has it.
    Bearer,
    /// The access token shows itself in the query.
    Query,
    /// Headers of the provider's own carry the credential.
    Headers,
}

/// The format of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// JSON
    Json,
    /// A form.
    Form,
    /// One value and nothing else.
    Text,
    /// A JWT whose claims are the members; a refusal is JSON.
    Jwt,
}

/// What a member must be for a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Success {
    /// Not there, or null.
    Absent,
    /// `true`
    True,
    /// This number.
    Number(i64),
    /// This text.
    Text(String),
}
