//! Deviations: what a spec states that departs from the standard, as data. The sentences are in `emit/text/deviations.rs`.

use super::call_id::CallId;
use crate::syntax::choices::{Authentication, BodyFormat, Method};

/// A departure from the standard.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// The spec path that states it.
    pub path: String,
    /// The part of the provider that departs.
    pub place: Place,
    /// The section of the standard, such as `RFC 6749 §2.3.1`.
    pub standard: &'static str,
    /// How it departs.
    pub kind: DeviationKind,
}

/// The part of a provider that a deviation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The authorization request, its scopes or its response.
    Login,
    /// Every request to the token endpoint, by this key.
    TokenEndpoint(&'static str),
    /// A call.
    Call {
        /// The identity of the call.
        call: CallId,
        /// The key within it, if the token endpoint has it, too.
        key: Option<&'static str>,
    },
    /// A token.
    Token,
}

/// How a provider departs from the standard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviationKind {
    /// PKCE is required.
    PkceRequired,
    /// PKCE is ignored, so no code challenge is sent.
    PkceIgnored,
    /// PKCE is rejected, so no code challenge is sent.
    PkceRejected,
    /// PKCE is undocumented, and a code challenge is sent.
    PkceUndocumented,
    /// The code challenge is the code verifier.
    PlainChallenge,
    /// The code challenge is hexadecimal.
    HexChallenge,
    /// The code in the callback is not encoded.
    RawCode,
    /// An authorization request with an unknown parameter is rejected.
    UnknownLoginParameters,
    /// A token request with an unknown parameter is rejected.
    UnknownTokenParameters,
    /// A parameter that is always sent, or never.
    Parameter {
        /// The name of the parameter.
        name: String,
        /// Whether the parameter is sent.
        is_sent: bool,
    },
    /// The grant type has a value of its own.
    GrantType(String),
    /// A parameter of the standard has another name, or none.
    Renamed {
        /// The standard's name.
        word: String,
        /// The name that is sent.
        name: Option<String>,
    },
    /// A refresh token needs a request for offline access.
    OfflineAccess,
    /// The callback has a parameter with a known value.
    CallbackParameter {
        /// The name of the parameter.
        name: String,
        /// Whether the parameter may be absent.
        is_optional: bool,
    },
    /// Unknown scopes are ignored.
    IgnoredScopes,
    /// The separator between requested scopes.
    ScopeSeparator(String),
    /// The separator between granted scopes.
    GrantedScopeSeparator(String),
    /// Responses do not contain the granted scopes.
    NoGrantedScopes,
    /// Responses may omit these scopes.
    UnreportedScopes(Vec<String>),
    /// The app's settings decide the scopes.
    ConsoleScopes,
    /// The name of the scope parameter.
    ScopeParameter(String),
    /// A scope parameter of its own for a named list.
    ScopeList {
        /// The list.
        name: String,
        /// The parameter.
        parameter: String,
    },
    /// A token is nested in the response.
    NestedToken {
        /// The token.
        token: String,
        /// The path to it.
        path: String,
    },
    /// A token does not expire.
    EndlessToken(String),
    /// Responses do not contain the lifetime of a token.
    NoLifetime(String),
    /// One login returns several tokens.
    SeveralTokens,
    /// No refresh tokens are issued.
    NoRefreshTokens,
    /// The access token is exchanged for the next one.
    AccessTokenRenewal,
    /// Every refresh returns a new refresh token.
    Rotation,
    /// No refresh returns a new refresh token.
    NoRotation,
    /// A refresh token that is used twice ends the grant.
    ReuseEndsGrant,
    /// A consumed refresh token still works for this number of seconds.
    GraceSeconds(u64),
    /// A refresh token works until its successor is used.
    GraceUntilNewUsed,
    /// A refresh token works until the next access token is used.
    GraceUntilAccessTokenUsed,
    /// A consumed refresh token still works.
    GraceForever,
    /// An unused refresh token expires after this number of seconds.
    IdleSeconds(u64),
    /// A refresh token expires after this number of seconds, used or not.
    AbsoluteSeconds(u64),
    /// Client authentication uses these headers.
    CredentialHeaders(Vec<String>),
    /// Client authentication uses another method.
    Authentication(Authentication),
    /// The parameters are not a form.
    Body(BodyFormat),
    /// The request has another HTTP method.
    Method(Method),
    /// A successful status can be an error: the member, and what a success has there.
    ErrorInSuccess {
        /// The member.
        member: String,
        /// What a success has there.
        success: SuccessMember,
    },
    /// The error code is at one of these paths.
    ErrorMember(Vec<String>),
    /// Revoking an access token ends the grant.
    RevocationEndsGrant,
    /// Revoking a refresh token leaves access tokens valid.
    RevocationKeepsAccessTokens,
    /// The client secret is in the URL.
    SecretInUrl,
    /// The access token is in the URL.
    AccessTokenInUrl,
}

/// What a success has at the member that decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuccessMember {
    /// Nothing.
    Absent,
    /// `true`.
    True,
    /// This number.
    Number(i64),
    /// This text.
    Text(String),
}

impl DeviationKind {
    /// Returns whether the HTTP message of a request shows the deviation.
    pub fn is_in_request(&self) -> bool {
        use DeviationKind::{
            Authentication, Body, CredentialHeaders, GrantType, Method, Parameter, Renamed,
        };
        matches!(
            self,
            Authentication(_)
                | Body(_)
                | CredentialHeaders(_)
                | GrantType(_)
                | Method(_)
                | Parameter { .. }
                | Renamed { .. }
        )
    }
}

impl Deviation {
    /// Whether the deviation is about a call: its own, or the token endpoint's where no deviation of the call replaces it.
    pub fn is_about(&self, call: &CallId, among: &[Deviation]) -> bool {
        match &self.place {
            Place::Call { call: own, .. } => own == call,
            Place::TokenEndpoint(key) => {
                let replaces = |other: &Deviation| match &other.place {
                    Place::Call {
                        call: own,
                        key: own_key,
                    } => own == call && own_key == &Some(*key),
                    _ => false,
                };
                *key != "names" && call.is_token_request() && !among.iter().any(replaces)
            }
            Place::Login | Place::Token => false,
        }
    }
}
