//! Tokens, fields and error responses of a Plan.

use std::fmt;

use super::call::Success;
use super::call_id::CallId;
use super::{Form, name};
pub use crate::syntax::choices::TimeFormat;
use crate::syntax::shapes::{Grace, Lifetime, Time};

/// A token that the provider issues.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token's name in the spec.
    pub name: String,
    /// The call whose response contains the token first; `None` for a token that a person copies from the provider's console.
    pub from: Option<CallId>,
    /// Whether the token is issued only if its scopes are requested.
    pub optional: bool,
    /// A description of the token's purpose.
    pub doc: Option<String>,
    /// The documented lifetime.
    pub lifetime: Lifetime,
    /// Whether a refresh token is issued with the token.
    pub refreshes: bool,
    /// Whether the token has an expiry that a response contains or that is documented.
    pub expires: bool,
    /// Whether an ID token is issued with the token.
    pub has_id_token: bool,
    /// Whether the provider returns the granted scopes.
    pub has_scopes: bool,
    /// Whether a response contains the refresh token's expiry.
    pub tells_refresh_token_end: bool,
    /// The documented renewal of the token.
    pub policy: Policy,
}

/// The source of a static token: a person copies it from the provider's console, and no call returns it.
pub const CONSOLE: &str = "console";

/// Returns the Rust type name for a token's name.
pub fn type_name(token: &str) -> String {
    match token.ends_with("key") {
        true => name::camel(token),
        false => format!("{}Token", name::camel(token)),
    }
}

impl Token {
    /// Returns the name of the token's type, such as `AccessToken` or `BotToken`, or `ApiKey` for a name that ends in `key`.
    pub fn type_name(&self) -> String {
        type_name(&self.name)
    }

    /// Returns whether no call returns the token: a person copies it from the provider's console.
    pub fn is_static(&self) -> bool {
        self.from.is_none()
    }
}

/// The documented renewal of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The method of renewal.
    pub renewal: Renewal,
    /// Whether a refresh response contains a new refresh token.
    pub rotation: Rotation,
    /// The time for which the old refresh token still works after a refresh.
    pub grace: Grace,
    /// Whether a second use of a refresh token ends the grant.
    pub reuse_ends_grant: bool,
    /// The time after which an unused token can no longer be renewed.
    pub idle: Option<Time>,
    /// The total time for which a token can be renewed.
    pub absolute: Option<Time>,
    /// The time before its expiry at which the token is renewed.
    pub margin: Option<Time>,
    /// The minimum age at which the token can be renewed.
    pub min_age: Option<Time>,
    /// The maximum number of refresh tokens that are valid at once.
    pub max_live: Option<i64>,
    /// The maximum number of access tokens of one refresh token that are valid at once.
    pub max_access_tokens: Option<i64>,
    /// The maximum number of calls, and the period for it in seconds.
    pub rate: Option<(i64, u64)>,
    /// Whether a renewal extends the lifetime of the old token.
    pub prolongs: bool,
    /// Whether a renewal ends the access tokens that were issued before.
    pub ends_access_token: bool,
    /// Descriptions of other events that end the token.
    pub ends_by: Vec<String>,
}

/// The method of getting the next access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The token cannot be renewed.
    None,
    /// A refresh token renews the token.
    Refresh,
    /// The access token is exchanged for the next one.
    Exchange,
    /// The app requests a new token with its client credentials.
    ClientCredentials,
    /// The app requests a new token for the user, by a request without a token.
    WithoutToken,
}

/// Whether a refresh response contains a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// A refresh may return a new refresh token.
    Sometimes,
    /// Every refresh returns a new refresh token.
    Always,
    /// No refresh returns a new refresh token.
    Never,
}

/// The paths of one token's members in one call's response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The token's name.
    pub token: String,
    /// Whether the token may be absent from the response.
    pub optional: bool,
    /// Whether the response contains no token, because the token that was sent stays valid.
    pub prolonged: bool,
    /// The path of the access token.
    pub access_token: Vec<String>,
    /// The path of the lifetime, and its unit in milliseconds.
    pub expires_in: Option<(Vec<String>, u64)>,
    /// The lifetime value that means that the token does not expire.
    pub endless: Option<i64>,
    /// The path of the expiry time, and its format.
    pub expires_at: Option<(Vec<String>, TimeFormat)>,
    /// The documented lifetime in seconds, which applies if the response contains none.
    pub documented_lifetime: Option<u64>,
    /// The path of the refresh token.
    pub refresh_token: Option<Vec<String>>,
    /// The path of the refresh token's lifetime, and its unit in milliseconds.
    pub refresh_token_expires_in: Option<(Vec<String>, u64)>,
    /// The lifetime value that means that the refresh token does not expire.
    pub refresh_token_endless: Option<i64>,
    /// The path of the refresh token's expiry time, and its format.
    pub refresh_token_expires_at: Option<(Vec<String>, TimeFormat)>,
    /// The place of the granted scopes, and the possible separators between them.
    pub scope: Option<(GrantedScopes, Vec<String>)>,
    /// The path of the ID token.
    pub id_token: Option<Vec<String>>,
}

/// The place of the granted scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantedScopes {
    /// A member of the response, by its path.
    Member(Vec<String>),
    /// A parameter of the callback, by its name.
    Callback(String),
}

/// A further value of a response or callback that is needed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The field's name in the spec.
    pub name: String,
    /// The path in the response. For a callback it is the parameter's name alone.
    pub path: Vec<String>,
    /// The source of the field.
    pub from: FieldSource,
    /// The type of the field.
    pub kind: FieldKind,
    /// Whether the field may be absent.
    pub optional: bool,
    /// A description of the field.
    pub doc: Option<String>,
}

impl Field {
    /// Returns whether the callback contains the field.
    pub fn from_callback(&self) -> bool {
        self.from == FieldSource::Callback
    }
}

/// The source of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// A parameter of the callback.
    Callback,
    /// The response of the call with this path.
    Answer(CallId),
    /// A claim of the login's ID token.
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
    /// A text of a given form, with a generated type.
    Checked(Form),
}

/// A known error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownError {
    /// The call that returns the error; `None` if the error has one meaning for all calls.
    pub call: Option<CallId>,
    /// The code by which the provider reports the error.
    pub code: ErrorCode,
    /// The class of the error, which determines the remedy.
    pub class: ErrorClass,
    /// The meaning of the error.
    pub doc: Option<String>,
    /// Advice on what to do.
    pub advice: Option<String>,
    /// Patterns for the error description, one of which must match; empty if the description does not matter.
    pub descriptions: Vec<String>,
    /// The conditions that members of the body must meet.
    pub conditions: Vec<(Vec<String>, Success)>,
}

impl KnownError {
    /// Returns whether the code alone does not identify the error.
    pub fn is_conditional(&self) -> bool {
        !(self.descriptions.is_empty() && self.conditions.is_empty())
    }
}

/// The code by which a provider reports an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The code in the body.
    Named(String),
    /// The HTTP status, for an error response without a code. The language writes it as `status:403`.
    Status(u16),
}

impl ErrorCode {
    /// Parses a key of an `errors` table.
    pub fn parse(key: &str) -> ErrorCode {
        let status = key.strip_prefix("status:").map(str::parse);
        match status {
            Some(Ok(status)) => ErrorCode::Status(status),
            _ => ErrorCode::Named(key.to_owned()),
        }
    }

    /// Returns the code in the body, if the error has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            ErrorCode::Named(name) => Some(name),
            ErrorCode::Status(_) => None,
        }
    }

    /// Returns the HTTP status that identifies the error, if there is no code.
    pub fn status(&self) -> Option<u16> {
        match self {
            ErrorCode::Named(_) => None,
            ErrorCode::Status(status) => Some(*status),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorCode::Named(name) => formatter.write_str(name),
            ErrorCode::Status(status) => write!(formatter, "status:{status}"),
        }
    }
}

/// The class of an error, which determines the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The user must log in again.
    Login,
    /// The call can be tried again later.
    Retry,
    /// The rate limit is exceeded, so the caller must wait.
    Limit,
    /// The app's registration or requests must be corrected.
    App,
    /// A person denied the access.
    Denied,
}

impl ErrorClass {
    /// Returns the word of the spec language.
    pub fn word(self) -> &'static str {
        match self {
            ErrorClass::Login => "login",
            ErrorClass::Retry => "retry",
            ErrorClass::Limit => "limit",
            ErrorClass::App => "app",
            ErrorClass::Denied => "denied",
        }
    }

    /// Returns the class with the given word.
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

    /// Returns the class of a code that RFC 6749 §4.1.2.1 or §5.2, RFC 6750 §3.1 or RFC 7009 §2.2.1 defines.
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

    /// Returns the class of an HTTP status, for an error response without a known code.
    pub fn of_status(status: u16) -> ErrorClass {
        match status {
            429 => ErrorClass::Limit,
            500.. => ErrorClass::Retry,
            _ => ErrorClass::App,
        }
    }
}
