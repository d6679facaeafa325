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

/// Where a value comes from. Expressions over a closed set of functions will be one more variant.
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
}

impl Source {
    /// Whether a secret goes in.
    pub fn is_secret(&self) -> bool {
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

    /// The values in it.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Source(source) => Some(source),
            _ => None,
        })
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
