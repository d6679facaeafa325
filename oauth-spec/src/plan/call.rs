//! Calls of a Plan: their requests, and how responses are read.

use super::call_id::CallId;
use super::token::{Field, FieldSource, Reading};
use super::value::{Argument, Source, Template, Value};
use crate::syntax::shapes::Time;

/// The authorization request, which a browser makes, and the callback.
#[derive(Clone, Debug)]
pub struct Login {
    /// The authorization endpoint.
    pub url: Template,
    /// The query parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Further parameters if the login requests offline access.
    pub offline_parameters: Vec<Parameter>,
    /// Further scopes if the login requests offline access.
    pub offline_scopes: Vec<String>,
    /// Whether a login must request offline access to get a refresh token.
    pub has_offline: bool,
    /// The provider's support of PKCE.
    pub pkce: Pkce,
    /// The method that derives the code challenge from the code verifier.
    pub challenge: Challenge,
    /// Whether the provider rejects unknown parameters. RFC 6749 §3.1 requires it to ignore them.
    pub only_known: bool,
    /// What the provider does with a `nonce`. The request includes one unless this is `none`.
    pub nonce: Nonce,
    /// The time for which an authorization code is valid.
    pub code_lifetime: Option<Time>,
    /// Whether a second use of an authorization code ends the grant (RFC 6749 §4.1.2).
    pub code_reuse_ends_grant: bool,
    /// Whether the parameters are in the fragment of the URL.
    pub in_fragment: bool,
    /// Whether the `state` is sent and returned as a parameter of the redirect URI.
    pub state_in_redirect: bool,
    /// The arguments that the caller of the login function can supply.
    pub arguments: Vec<Argument>,
    /// A sentence about the login.
    pub doc: Option<String>,
    /// The names of the callback's parameters: code, state, error, `error_description`.
    pub callback: [String; 4],
    /// Whether the code in the callback is raw, and not form-encoded.
    pub code_is_raw: bool,
    /// Further names of `error` and `error_description`. The first name with a value applies.
    pub callback_further: [Vec<String>; 2],
    /// The callback parameters that must have given values.
    pub verify: Vec<Verify>,
}

pub use crate::syntax::choices::Pkce;

/// The method that derives the code challenge from the code verifier (RFC 7636 §4.2).
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
    /// Returns the name of the method in the authorization request.
    pub fn method(self) -> &'static str {
        match self {
            Challenge::S256 | Challenge::S256Hex => "S256",
            Challenge::Plain => "plain",
        }
    }
}

impl Login {
    /// Returns whether the login sends a code challenge, and the exchange the code verifier.
    pub fn sends_pkce(&self) -> bool {
        !matches!(self.pkce, Pkce::Ignored | Pkce::Rejected)
    }

    /// Returns whether the authorization request contains a value, alone or within others.
    pub fn sends(&self, source: &Source) -> bool {
        let in_parameters = |row: &Parameter| row.carries(source);
        self.parameters.iter().any(in_parameters) || self.url.sources().any(|own| own == source)
    }

    /// Returns whether verifying the callback requires the app: because of its client secret, or of a signature
    /// over the callback itself.
    pub fn verifies_late(&self) -> bool {
        self.verify.iter().any(Verify::is_late)
    }

    /// Returns the checks of the callback whose values are known when the login begins.
    pub fn verify_early(&self) -> impl Iterator<Item = &Verify> {
        self.verify.iter().filter(|verify| !verify.is_late())
    }

    /// Returns the checks of the callback whose values are known only when the callback arrives.
    pub fn verify_late(&self) -> impl Iterator<Item = &Verify> {
        self.verify.iter().filter(|verify| verify.is_late())
    }
}

/// A check of one callback parameter.
#[derive(Clone, Debug)]
pub struct Verify {
    /// The parameter's name.
    pub name: String,
    /// The value that the parameter must have.
    pub value: Template,
    /// Whether the parameter may be absent.
    pub optional: bool,
}

impl Verify {
    /// Returns whether the value is known only when the callback arrives.
    pub fn is_late(&self) -> bool {
        let late =
            |source: &Source| matches!(source, Source::CallbackRest(_) | Source::ClientSecret);
        self.value.sources().any(late)
    }
}

/// A call to the provider.
#[derive(Clone, Debug)]
pub struct Call {
    /// The purpose of the call.
    pub kind: CallKind,
    /// The token that the call is about, if several tokens have separate calls.
    pub of_token: Option<String>,
    /// The token that the call carries, if the spec names one.
    pub carries: Option<String>,
    /// The identity of the call, which is also the spec path.
    pub id: CallId,
    /// A sentence about the call.
    pub doc: Option<String>,
    /// The HTTP method.
    pub method: Method,
    /// The URL without query.
    pub url: Template,
    /// The query parameters, in order.
    pub query: Vec<Parameter>,
    /// The headers, in order, without Content-Type.
    pub headers: Vec<Header>,
    /// The body of the request.
    pub body: Body,
    /// The method of client authentication.
    pub authentication: Authentication,
    /// The forms of the request that the provider accepts.
    pub accepts: Accepts,
    /// The arguments that the caller supplies.
    pub arguments: Vec<Argument>,
    /// The format of the response.
    pub response: ResponseFormat,
    /// The conditions that a 2xx response must meet to be a success.
    pub success: Vec<(Vec<String>, Success)>,
    /// The paths of the code in an error response. The first path with a text applies.
    pub error: Vec<Vec<String>>,
    /// The paths of the description in an error response. The first path with a text applies.
    pub error_description: Vec<Vec<String>>,
    /// The tokens that are read from a success.
    pub readings: Vec<Reading>,
    /// The fields that are read from a success.
    pub fields: Vec<Field>,
    /// The members of the response that later calls send.
    pub carried: Vec<Vec<String>>,
    /// The selection of an entry, if the response is a list.
    pub selection: Option<Selection>,
    /// The occasion on which the call is made.
    pub when: When,
    /// What a revocation ends.
    pub ends: Ends,
    /// The scopes that the access token of the call must have: one scope of each inner list.
    pub needs: Vec<Vec<String>>,
}

pub use crate::syntax::choices::{Choose as Choice, Ends, Nonce, When};

/// The forms of a request that a provider accepts. The first entry of each list is sent. An empty list means the standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepts {
    /// The accepted methods of client authentication.
    pub authentications: Vec<Authentication>,
    /// The accepted formats of parameters.
    pub bodies: Vec<BodyFormat>,
    /// The accepted HTTP methods.
    pub methods: Vec<Method>,
    /// Whether the provider rejects unknown parameters. RFC 6749 §3.2 requires it to ignore them.
    pub only_known: bool,
}

pub use crate::syntax::choices::BodyFormat;

/// The selection of one entry of a list in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The path of the list.
    pub each: Vec<String>,
    /// The conditions that an entry must meet.
    pub filter: Vec<(Vec<String>, Success)>,
    /// The choice among the entries that meet the conditions.
    pub choice: Choice,
    /// The path of an entry's label, which a person sees.
    pub label: Option<Vec<String>>,
}

/// A request from the provider's app store, which starts a login.
#[derive(Clone, Debug)]
pub struct Install {
    /// The request parameters that must have given values.
    pub verify: Vec<Verify>,
    /// The inputs that are filled from the request.
    pub inputs: Vec<(String, Template)>,
    /// A sentence about the installation.
    pub doc: Option<String>,
}

/// The purpose of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// The exchange of an authorization code for tokens.
    Exchange,
    /// The refresh of tokens with a refresh token.
    Refresh,
    /// The exchange of an access token for the next one.
    Renew,
    /// The client credentials grant, which gives the app a token.
    ClientCredentials,
    /// The revocation by refresh token.
    RevokeRefreshToken,
    /// The revocation by access token. A provider that accepts both has both calls.
    RevokeAccessToken,
    /// The introspection of a token, which reports whether it is active.
    Introspect,
    /// The userinfo request, which identifies the user.
    Userinfo,
    /// Any other call, which the spec names.
    Further,
}

impl Call {
    /// Returns the name of the generated function.
    pub fn function(&self) -> String {
        match &self.of_token {
            None => self.id.function().to_owned(),
            Some(token) => format!("{}_{token}", self.id.function()),
        }
    }

    /// Returns whether the call sends the access token, or returns it with a longer lifetime.
    pub fn takes_access_token(&self) -> bool {
        let sends = |source: &Source| *source == Source::AccessToken;
        self.sources().any(sends) || self.readings.iter().any(|reading| reading.prolonged)
    }

    /// Returns every parameter in query and body.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        let body: &[Parameter] = match &self.body {
            Body::Empty => &[],
            Body::Form(rows) | Body::Json(rows) => rows,
        };
        self.query.iter().chain(body)
    }

    /// Returns the templates of the request: those of parameters and headers, and the URL.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.parameters()
            .chain(&self.headers)
            .filter_map(|row| row.value.template())
            .chain([&self.url])
    }

    /// Returns the sources in the request, including the arguments of functions.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.templates().flat_map(Template::sources)
    }

    /// Returns the fields that are in the response itself, or in the entries of its list.
    pub fn own_fields(&self) -> impl Iterator<Item = &Field> {
        let own = |field: &&Field| matches!(field.from, FieldSource::Answer(_));
        self.fields.iter().filter(own)
    }

    /// Returns paths of which a success contains at least one, or `None` if no path is certain.
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

    /// Returns whether a success has nothing to read.
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
    /// The method GET.
    Get,
    /// The method POST.
    Post,
    /// The method PUT.
    Put,
    /// The method DELETE.
    Delete,
}

impl Method {
    /// Returns the method as HTTP writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// A request parameter, under the name that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in the request.
    pub name: String,
    /// The value of the parameter.
    pub value: Value,
    /// Whether the provider accepts the request without the parameter, which the module always sends.
    pub is_optional: bool,
    /// The spec path that states the parameter.
    pub path: String,
}

impl Parameter {
    /// Returns whether the parameter's value contains this source, alone or within other values.
    pub fn carries(&self, source: &Source) -> bool {
        self.value.sources().any(|own| own == source)
    }
}

/// A header; its name is in lower case.
pub type Header = Parameter;

/// The body of a request.
#[derive(Clone, Debug)]
pub enum Body {
    /// No body.
    Empty,
    /// A form-encoded body.
    Form(Vec<Parameter>),
    /// A JSON object.
    Json(Vec<Parameter>),
}

/// The method of client authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// HTTP Basic with form-encoded id and secret.
    Basic,
    /// HTTP Basic with raw id and secret.
    BasicRaw,
    /// The client id and secret as parameters.
    Post,
    /// The client id as a parameter, without a secret.
    None,
    /// The access token in the Authorization header, or where the API expects it.
    Bearer,
    /// The access token in the query.
    Query,
    /// The credential in headers that are specific to the provider.
    Headers,
}

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseFormat {
    /// A JSON body.
    Json,
    /// A form-encoded body.
    Form,
    /// One value and nothing else.
    Text,
    /// A JWT whose claims are the members. Error responses are JSON.
    Jwt,
    /// JSON or a form: a body that begins with `{` is JSON.
    JsonOrForm,
}

/// A condition on a member of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Success {
    /// The member is absent or null.
    Absent,
    /// The member is `true`.
    True,
    /// The member is this number.
    Number(i64),
    /// The member is this text.
    Text(String),
}
