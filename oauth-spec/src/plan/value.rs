//! Values of a Plan and where each comes from.

/// The value of a parameter or a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text with values in it.
    Template(Template),
    /// A whole number: unquoted in JSON.
    Number(i64),
    /// `true` or `false`: unquoted in JSON.
    Boolean(bool),
    /// The scopes of the set of that index.
    Scopes(usize),
}

impl Value {
    /// The template, unless the value is a constant of another kind or a list of scopes.
    pub fn template(&self) -> Option<&Template> {
        match self {
            Value::Template(template) => Some(template),
            _ => None,
        }
    }

    /// The values in it, and those that its functions take.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.template().into_iter().flat_map(Template::sources)
    }
}

/// Text with values in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// A value.
    Source(Source),
    /// An origin of the spec that environments may replace, such as `https://api.example.com`.
    Origin(String),
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An input, by its name.
    Input(String),
    /// An argument of the call, by its name.
    Argument(String),
    /// A field of the callback or of the login's answer, by its name.
    Field(String),
    /// The client id.
    ClientId,
    /// The client secret.
    ClientSecret,
    /// The whole value of a Basic header.
    Basic,
    /// The redirect URI.
    RedirectUri,
    /// The state of the login.
    State,
    /// The authorization code.
    Code,
    /// The PKCE verifier.
    CodeVerifier,
    /// The PKCE challenge.
    CodeChallenge,
    /// The refresh token.
    RefreshToken,
    /// The access token.
    AccessToken,
    /// All parameters of the callback but this one.
    CallbackRest(String),
    /// A function of other values.
    Function(Function, Vec<Template>),
}

/// The closed set of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Bytes as hexadecimal digits.
    Hex,
    /// Bytes as base64 with padding.
    Base64,
    /// Bytes as base64 for URLs.
    Base64url,
    /// SHA-256 of a text: bytes.
    Sha256,
    /// HMAC of a key and a text: bytes.
    HmacSha256,
    /// Texts in a row.
    Concat,
    /// Upper case.
    Upper,
    /// Lower case.
    Lower,
}

impl Function {
    /// All of them.
    pub const ALL: &'static [Function] = &[
        Function::Hex,
        Function::Base64,
        Function::Base64url,
        Function::Sha256,
        Function::HmacSha256,
        Function::Concat,
        Function::Upper,
        Function::Lower,
    ];

    /// Its name in a template, and in the runtime.
    pub fn name(self) -> &'static str {
        match self {
            Function::Hex => "hex",
            Function::Base64 => "base64",
            Function::Base64url => "base64url",
            Function::Sha256 => "sha256",
            Function::HmacSha256 => "hmac_sha256",
            Function::Concat => "concat",
            Function::Upper => "upper",
            Function::Lower => "lower",
        }
    }

    /// Whether it gives bytes, which must be encoded before they are text.
    pub fn gives_bytes(self) -> bool {
        matches!(self, Function::Sha256 | Function::HmacSha256)
    }

    /// Whether it takes bytes.
    pub fn takes_bytes(self) -> bool {
        matches!(self, Function::Hex | Function::Base64 | Function::Base64url)
    }

    /// How many values it takes; any number where there is none.
    pub fn arity(self) -> Option<usize> {
        match self {
            Function::Concat => None,
            Function::HmacSha256 => Some(2),
            _ => Some(1),
        }
    }
}

impl Source {
    /// Whether a secret goes in.
    pub fn is_secret(&self) -> bool {
        if let Source::Function(function, values) = self {
            // A digest of a secret tells nothing of it.
            let told = values
                .iter()
                .flat_map(Template::sources)
                .any(Source::is_secret);
            return told && !function.takes_bytes() && !function.gives_bytes();
        }
        matches!(
            self,
            Source::ClientSecret
                | Source::Basic
                | Source::Code
                | Source::CodeVerifier
                | Source::RefreshToken
                | Source::AccessToken
        )
    }
}

impl Template {
    /// Literal text alone.
    pub fn text(text: impl Into<String>) -> Template {
        Template(vec![Piece::Text(text.into())])
    }

    /// One value alone.
    pub fn source(source: Source) -> Template {
        Template(vec![Piece::Source(source)])
    }

    /// The values in it, and those that its functions take.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        let mut sources = Vec::new();
        self.collect(&mut sources);
        sources.into_iter()
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

/// What whoever makes the call gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name in the spec: the parameter's.
    pub name: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it is if nobody says.
    pub default: Option<String>,
    /// The words it may be; empty for any text.
    pub one_of: Vec<String>,
    /// What it is.
    pub doc: String,
}

impl Argument {
    /// Whether the function can be called without it.
    pub fn may_be_left_out(&self) -> bool {
        self.optional || self.default.is_some()
    }
}
