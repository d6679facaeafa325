//! Tokens, fields and refusals of a Plan.

use super::call::Success;
use super::{Form, name};
pub use crate::syntax::choices::TimeFormat;
use crate::syntax::shapes::{Grace, Lifetime, Time};

/// A token that comes back.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its name in the spec.
    pub name: String,
    /// The path of the call whose answer holds it first.
    pub from: String,
    /// Whether it comes only if its scopes were asked for.
    pub optional: bool,
    /// What it is for.
    pub doc: Option<String>,
    /// How long it lives, by the documentation.
    pub lifetime: Lifetime,
    /// Whether a refresh token comes with it.
    pub refreshes: bool,
    /// Whether its lifetime is told or known.
    pub expires: bool,
    /// Whether an ID token comes with it.
    pub has_id_token: bool,
    /// Whether its granted scopes are told.
    pub has_scopes: bool,
    /// Whether the refresh token's end is told.
    pub tells_refresh_token_end: bool,
    /// What is known of its renewal.
    pub policy: Policy,
}

/// Where a token comes from that no call gives: a person copies it from the provider's pages.
pub const CONSOLE: &str = "console";

/// The name of a token's type.
pub fn type_name(token: &str) -> String {
    match token.ends_with("key") {
        true => name::camel(token),
        false => format!("{}Token", name::camel(token)),
    }
}

impl Token {
    /// The name of its type: `AccessToken`, `BotToken`; `ApiKey` where its own name says what else it is.
    pub fn type_name(&self) -> String {
        type_name(&self.name)
    }

    /// Whether no call gives it: a person copies it from the provider's pages.
    pub fn is_static(&self) -> bool {
        self.from == CONSOLE
    }
}

/// What is known of a token's renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How the next one comes.
    pub renewal: Renewal,
    /// Whether a refresh answers with a new refresh token.
    pub rotation: Rotation,
    /// How long the old one still works.
    pub grace: Grace,
    /// Whether a second use ends the grant.
    pub reuse_ends_grant: bool,
    /// It dies if unused for so long.
    pub idle: Option<Time>,
    /// It dies after so long.
    pub absolute: Option<Time>,
    /// It is refreshed so long before its end.
    pub margin: Option<Time>,
    /// It can be renewed only when it is so old.
    pub min_age: Option<Time>,
    /// How many live at once.
    pub max_live: Option<i64>,
    /// How many access tokens of one refresh token live at once.
    pub max_access_tokens: Option<i64>,
    /// The call may be made so often, within so many seconds.
    pub rate: Option<(i64, u64)>,
    /// Whether a renewal makes the old token live on.
    pub prolongs: bool,
    /// What else ends it.
    pub ends_by: Vec<String>,
}

/// How the next access token comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// It does not.
    None,
    /// By refresh token.
    Refresh,
    /// The access token is traded in.
    Exchange,
    /// It is asked for anew.
    ClientCredentials,
}

/// Whether a refresh answers with a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Perhaps.
    Sometimes,
    /// Each time.
    Always,
    /// Never.
    Never,
}

/// Where the members of one token stand in one call's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The token's name.
    pub token: String,
    /// Whether it may be absent from this answer.
    pub optional: bool,
    /// Whether the answer holds none: the one that was sent lives on.
    pub prolonged: bool,
    /// Path of the access token.
    pub access_token: Vec<String>,
    /// Path of the lifetime, and its unit in milliseconds.
    pub expires_in: Option<(Vec<String>, u64)>,
    /// The lifetime that means: it does not end.
    pub endless: Option<i64>,
    /// Path of the end, and its form.
    pub expires_at: Option<(Vec<String>, TimeFormat)>,
    /// Seconds by the documentation, where the answer tells nothing.
    pub documented_lifetime: Option<u64>,
    /// Path of the refresh token.
    pub refresh_token: Option<Vec<String>>,
    /// Path of the refresh token's lifetime, and its unit in milliseconds.
    pub refresh_token_expires_in: Option<(Vec<String>, u64)>,
    /// The refresh token's lifetime that means: it does not end.
    pub refresh_token_endless: Option<i64>,
    /// Path of the refresh token's end, and its form.
    pub refresh_token_expires_at: Option<(Vec<String>, TimeFormat)>,
    /// Where the granted scopes stand, and what stands between them.
    pub scope: Option<(GrantedScopes, Vec<String>)>,
    /// Path of the ID token.
    pub id_token: Option<Vec<String>>,
}

/// Where granted scopes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedScopes {
    /// In a member of the answer.
    Member(Vec<String>),
    /// In a parameter of the callback.
    Callback(String),
}

/// What else of an answer is needed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the spec.
    pub name: String,
    /// Its path in the answer; in a callback, its name alone.
    pub path: Vec<String>,
    /// What it comes with.
    pub from: FieldSource,
    /// Its type.
    pub kind: FieldKind,
    /// Whether it may be absent.
    pub optional: bool,
    /// What it is.
    pub doc: Option<String>,
}

impl Field {
    /// Whether it comes with the callback.
    pub fn from_callback(&self) -> bool {
        self.from == FieldSource::Callback
    }
}

/// What a field comes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// The callback.
    Callback,
    /// The answer of the call with this path.
    Answer(String),
    /// A claim of the ID token that the login brings.
    IdToken,
    /// A claim of the access token, which is a JWT.
    AccessToken,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A text.
    Text,
    /// A text that must not be printed.
    Secret,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// A text of a form, with a type of its own.
    Checked(Form),
}

/// A refusal that the spec knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownError {
    /// The call it answers; none where it means the same everywhere.
    pub call: Option<String>,
    /// The provider's code, or `status:403`.
    pub code: String,
    /// What mends it.
    pub class: ErrorClass,
    /// What it means.
    pub doc: Option<String>,
    /// What to do.
    pub advice: Option<String>,
    /// Patterns for the provider's words, one of which must fit; empty where they do not matter.
    pub descriptions: Vec<String>,
    /// What members of the body must show.
    pub conditions: Vec<(Vec<String>, Success)>,
}

impl KnownError {
    /// Whether the code alone does not say that it is this one.
    pub fn is_conditional(&self) -> bool {
        !(self.descriptions.is_empty() && self.conditions.is_empty())
    }
}

/// What mends a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// Log in again.
    Login,
    /// Try again later.
    Retry,
    /// Wait.
    Limit,
    /// Mend the app.
    App,
    /// Somebody said no.
    Denied,
}

impl ErrorClass {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            ErrorClass::Login => "login",
            ErrorClass::Retry => "retry",
            ErrorClass::Limit => "limit",
            ErrorClass::App => "app",
            ErrorClass::Denied => "denied",
        }
    }

    /// The class of that word.
    pub fn of(word: &str) -> Option<ErrorClass> {
        [
            ErrorClass::Login,
            ErrorClass::Retry,
            ErrorClass::Limit,
            ErrorClass::App,
            ErrorClass::Denied,
        ]
        .into_iter()
        .find(|class| class.word() == word)
    }

    /// What RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1 and RFC 7009 §2.2.1 say of a code.
    pub fn of_standard(code: &str) -> Option<ErrorClass> {
        match code {
            "invalid_grant" | "invalid_token" => Some(ErrorClass::Login),
            "access_denied" => Some(ErrorClass::Denied),
            "server_error" | "temporarily_unavailable" => Some(ErrorClass::Retry),
            "invalid_request"
            | "invalid_client"
            | "unauthorized_client"
            | "unsupported_grant_type"
            | "invalid_scope"
            | "unsupported_response_type"
            | "unsupported_token_type" => Some(ErrorClass::App),
            _ => None,
        }
    }

    /// What a status says where no code does.
    pub fn of_status(status: u16) -> ErrorClass {
        match status {
            429 => ErrorClass::Limit,
            500.. => ErrorClass::Retry,
            _ => ErrorClass::App,
        }
    }
}
