//! Values of a Plan and their sources.

use super::call_id::CallId;
pub use super::function::Function;

/// The value of a parameter or a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text that may contain values.
    Template(Template),
    /// A whole number, unquoted in JSON.
    Number(i64),
    /// `true` or `false`, unquoted in JSON.
    Boolean(bool),
    /// The scopes of the set with this index.
    Scopes(usize),
}

impl Value {
    /// Returns the template, unless the value is a number, a boolean or a list of scopes.
    pub fn template(&self) -> Option<&Template> {
        match self {
            Value::Template(template) => Some(template),
            _ => None,
        }
    }

    /// Returns the sources in the value, including the arguments of functions.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.template().into_iter().flat_map(Template::sources)
    }
}

/// A text that may contain values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// A value from a source.
    Source(Source),
    /// An origin of the spec that environments may replace, such as `https://api.example.com`.
    Origin(String),
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An input, by its name.
    Input(String),
    /// A text that belongs to the chosen word of an input, by the names of the input and the text.
    InputText(String, String),
    /// An argument of the call, by its name.
    Argument(String),
    /// A field of the callback or of a response, by its name.
    Field(String),
    /// The client id.
    ClientId,
    /// The client secret.
    ClientSecret,
    /// The whole value of an HTTP Basic header.
    Basic,
    /// The redirect URI.
    RedirectUri,
    /// The `state` of the login.
    State,
    /// The `nonce` of the login.
    Nonce,
    /// The authorization code.
    Code,
    /// The PKCE code verifier.
    CodeVerifier,
    /// The PKCE code challenge.
    CodeChallenge,
    /// The refresh token.
    RefreshToken,
    /// The access token.
    AccessToken,
    /// All parameters of the callback except the named one.
    CallbackRest(String),
    /// A parameter of an installation's request, by its name.
    InstallParameter(String),
    /// A member of another call's response, by the paths of the call and the member.
    Member(CallId, Vec<String>),
    /// A value that is generated for each request.
    Generated(GeneratedValue),
    /// The result of a function of other values.
    Function(Function, Vec<Template>),
}

/// A value that is generated for each request. Two uses in one request have one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneratedValue {
    /// A random UUID (RFC 9562 §5.4).
    Uuid,
    /// The current time, in seconds since 1970.
    Now,
    /// The current time, in milliseconds since 1970.
    NowMs,
    /// The current time in UTC (RFC 3339), such as `2026-11-30T12:00:00Z`.
    NowRfc3339,
    /// The current time in UTC without separators (ISO 8601), such as `20261130T120000Z`.
    NowBasic,
}

impl GeneratedValue {
    /// All values.
    pub const ALL: [GeneratedValue; 5] = [
        GeneratedValue::Uuid,
        GeneratedValue::Now,
        GeneratedValue::NowMs,
        GeneratedValue::NowRfc3339,
        GeneratedValue::NowBasic,
    ];

    /// Returns the name of the value in a template.
    pub fn name(self) -> &'static str {
        match self {
            GeneratedValue::Uuid => "uuid",
            GeneratedValue::Now => "now",
            GeneratedValue::NowMs => "now_ms",
            GeneratedValue::NowRfc3339 => "now_rfc3339",
            GeneratedValue::NowBasic => "now_basic",
        }
    }
}

impl Source {
    /// Returns whether the value contains a secret.
    pub fn is_secret(&self) -> bool {
        if let Source::Function(function, values) = self {
            // A digest of a secret does not reveal it.
            return !function.is_one_way() && values.iter().any(Template::shows_secret);
        }
        matches!(
            self,
            Source::ClientSecret
                | Source::Basic
                | Source::Code
                | Source::CodeVerifier
                | Source::RefreshToken
                | Source::AccessToken
                | Source::Member(..)
        )
    }
}

impl Template {
    /// Creates a template of literal text.
    pub fn text(text: impl Into<String>) -> Template {
        Template(vec![Piece::Text(text.into())])
    }

    /// Creates a template of one value.
    pub fn source(source: Source) -> Template {
        Template(vec![Piece::Source(source)])
    }

    /// Returns the sources in the template, including the arguments of functions.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let mut sources = Vec::new();
        self.collect(&mut sources);
        sources.into_iter()
    }

    /// Returns the sources in the host of a URL.
    pub fn sources_in_host(&self) -> impl Iterator<Item = &Source> {
        let mut before = String::new();
        self.0
            .iter()
            .map_while(move |piece| {
                let in_path = before
                    .split_once("://")
                    .map_or(&*before, |(_, rest)| rest)
                    .contains('/');
                match piece {
                    _ if in_path => None,
                    Piece::Source(source) => Some(Some(source)),
                    Piece::Text(text) | Piece::Origin(text) => {
                        before.push_str(text);
                        Some(None)
                    }
                }
            })
            .flatten()
    }

    /// Returns whether the template reveals a secret. A digest of a secret does not reveal it.
    pub fn shows_secret(&self) -> bool {
        let shows = |piece: &Piece| matches!(piece, Piece::Source(source) if source.is_secret());
        self.0.iter().any(shows)
    }

    fn collect<'t>(&'t self, sources: &mut Vec<&'t Source>) {
        for piece in &self.0 {
            if let Piece::Source(source) = piece {
                sources.push(source);
                if let Source::Function(_, values) = source {
                    for value in values {
                        value.collect(sources);
                    }
                }
            }
        }
    }
}

/// An argument that the caller of a function supplies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The argument's name in the spec, which is that of the parameter.
    pub name: String,
    /// Whether the argument may be absent.
    pub optional: bool,
    /// The value if the caller supplies none.
    pub default: Option<String>,
    /// The allowed words; empty if any text is allowed.
    pub one_of: Vec<String>,
    /// A description of the argument.
    pub doc: String,
}

impl Argument {
    /// Returns whether the function can be called without the argument.
    pub fn may_be_left_out(&self) -> bool {
        self.optional || self.default.is_some()
    }
}
