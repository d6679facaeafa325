//! Values of a Plan and where each comes from.

pub use super::function::Function;

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
    /// A text that an input's word stands for, by both names.
    InputText(String, String),
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
    /// The nonce of the login.
    Nonce,
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
    /// A parameter of an installation's request, by its name.
    InstallParameter(String),
    /// A member of another call's answer: the call's path, and the member's.
    Member(String, Vec<String>),
    /// A value drawn for this request.
    Drawn(Drawn),
    /// A function of other values.
    Function(Function, Vec<Template>),
}

/// Values that are drawn anew for a request; two uses in one request agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// A random UUID (RFC 9562 §5.4).
    Uuid,
    /// Seconds since 1970.
    Now,
    /// Milliseconds since 1970.
    NowMs,
}

impl Drawn {
    /// Its name in a template.
    pub fn name(self) -> &'static str {
        match self {
            Drawn::Uuid => "uuid",
            Drawn::Now => "now",
            Drawn::NowMs => "now_ms",
        }
    }
}

impl Source {
    /// Whether a secret goes in.
    pub fn is_secret(&self) -> bool {
        if let Source::Function(function, values) = self {
            // A digest of a secret tells nothing of it.
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

    /// The values in the host of a URL.
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

    /// Whether it shows a secret: a digest of one tells nothing of it.
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
