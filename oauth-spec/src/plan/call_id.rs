//! Identities of calls.

use std::fmt;

/// A call of a provider. A spec names it by a path, such as `token.refresh_token`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallId {
    /// The exchange of an authorization code, `token.authorization_code`.
    AuthorizationCode,
    /// The refresh, `token.refresh_token`.
    RefreshToken,
    /// The exchange of an access token for the next one, `token.renew`.
    Renew,
    /// The client credentials grant, `token.client_credentials`.
    ClientCredentials,
    /// The revocation, `revoke`.
    Revoke,
    /// The revocation by access token, `revoke.access_token`, of a provider that accepts both kinds of tokens.
    RevokeAccessToken,
    /// The introspection, `introspect`.
    Introspect,
    /// The userinfo request, `userinfo`.
    Userinfo,
    /// A call that the spec names, `calls.NAME`.
    Further(String),
    /// The authorization response, `callback`. It is no call, but it has error codes.
    Callback,
    /// Any call to the API, `api`, which an application makes itself. It has error codes.
    Api,
}

impl CallId {
    /// Returns the call of a spec path.
    pub fn parse(path: &str) -> Option<CallId> {
        Some(match path {
            "token.authorization_code" => CallId::AuthorizationCode,
            "token.refresh_token" => CallId::RefreshToken,
            "token.renew" => CallId::Renew,
            "token.client_credentials" => CallId::ClientCredentials,
            "revoke" => CallId::Revoke,
            "revoke.access_token" => CallId::RevokeAccessToken,
            "introspect" => CallId::Introspect,
            "userinfo" => CallId::Userinfo,
            _ => CallId::Further(path.strip_prefix("calls.")?.to_owned()),
        })
    }

    /// Returns the path of the table that states the call. Both revocations have one table.
    pub fn table(&self) -> String {
        match self {
            CallId::RevokeAccessToken => CallId::Revoke.to_string(),
            call => call.to_string(),
        }
    }

    /// Returns whether this is no call of the module: only its error codes are part of the spec.
    pub fn is_place_of_errors(&self) -> bool {
        matches!(self, CallId::Callback | CallId::Api)
    }

    /// Returns whether the request goes to the token endpoint, and inherits its keys.
    pub fn is_token_request(&self) -> bool {
        matches!(
            self,
            CallId::AuthorizationCode
                | CallId::RefreshToken
                | CallId::Renew
                | CallId::ClientCredentials
        )
    }

    /// Returns the word for the call's response in `from` and in templates, such as `token` or the name of a further call.
    pub fn source(&self) -> &str {
        match self {
            CallId::Further(name) => name,
            CallId::Revoke | CallId::RevokeAccessToken => "revoke",
            CallId::Introspect => "introspect",
            CallId::Userinfo => "userinfo",
            CallId::Callback => "callback",
            CallId::Api => "api",
            _ => "token",
        }
    }

    /// Returns the name of the generated function, if the module has one function for the call.
    pub fn function(&self) -> &str {
        match self {
            CallId::AuthorizationCode => "exchange",
            CallId::RefreshToken => "refresh",
            CallId::Renew => "renew",
            CallId::ClientCredentials => "client_credentials",
            CallId::RevokeAccessToken => "revoke_access_token",
            _ => self.source(),
        }
    }
}

/// The path by which an example names the call.
impl fmt::Display for CallId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallId::AuthorizationCode => formatter.write_str("token.authorization_code"),
            CallId::RefreshToken => formatter.write_str("token.refresh_token"),
            CallId::Renew => formatter.write_str("token.renew"),
            CallId::ClientCredentials => formatter.write_str("token.client_credentials"),
            CallId::RevokeAccessToken => formatter.write_str("revoke.access_token"),
            CallId::Further(name) => write!(formatter, "calls.{name}"),
            CallId::Revoke
            | CallId::Introspect
            | CallId::Userinfo
            | CallId::Callback
            | CallId::Api => formatter.write_str(self.source()),
        }
    }
}
