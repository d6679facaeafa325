//! The calls of a spec: the keys that all calls share, and the keys of each call.

use crate::syntax::choices::{
    Choose, Ends, Method, ResponseFormat, Reuse, Rotation, TokenKind, UnknownParams, When,
};
use crate::syntax::document::KnownError;
use crate::syntax::either::{AnyOf, Auth, Body};
use crate::syntax::read::table;
use crate::syntax::shapes::{Grace, Named, OneOrMany, Or, Parameter, Success, Time};

/// Declares the table of a call: the keys that every call has, followed by those of this call.
macro_rules! call {
    ($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }) => {
        table! {
            $(#[$meta])*
            pub struct $name {
                /// The URL of the call, without a query.
                "url" => url: String,
                /// The HTTP methods that the provider accepts. The first one is sent. The default is `GET` for
                /// userinfo and further calls, and `POST` for the others.
                "method" => method: OneOrMany<Method>,
                /// The methods of client authentication that the provider accepts, or how the call carries the token.
                /// The first method is sent. A table lists the headers that carry the credential. The default is
                /// `bearer` for userinfo and further calls, and `basic` for the others.
                "auth" => auth: Auth,
                /// The formats of the parameters that the provider accepts. The first one is sent. The default is
                /// `form`.
                "body" => body: Body,
                /// Headers of the call.
                "headers" => headers: Named<Parameter>,
                /// Parameters that are always in the URL's query, for any body format.
                "query" => query: Named<Parameter>,
                /// Provider-specific names of standard parameters. `false` omits the parameter.
                "names" => names: Named<Or<String>>,
                /// The format of the response. The default is `json`.
                "response" => response: ResponseFormat,
                /// Conditions on the members of a 2xx response. A response that does not meet them is an error
                /// response.
                "success" => success: Success,
                /// The path of the error code in an error response. The default is `error`. Of several paths, the
                /// first one with a value applies.
                "error" => error: Or<OneOrMany<String>>,
                /// The path of the error description in an error response. The default is `error_description`. Of
                /// several paths, the first one with a value applies.
                "error_description" => error_description: Or<OneOrMany<String>>,
                /// Error responses of these calls only, by error code.
                "errors" => errors: Named<OneOrMany<KnownError>>,
                $($own)*
            }
        }
    };
}

call! {
    /// The token endpoint: the keys that its grants share, and the grants.
    pub struct TokenEndpoint {
        /// The token request with an authorization code (RFC 6749 §4.1.3). It exists if `authorize` is stated.
        "authorization_code" => authorization_code: Or<Grant>,
        /// The refresh request (RFC 6749 §6). `false` means that the provider does not issue refresh tokens.
        "refresh_token" => refresh_token: Or<Grant>,
        /// The client credentials grant (RFC 6749 §4.4).
        "client_credentials" => client_credentials: Or<Grant>,
        /// The call that exchanges an access token for the next one, for connections without a refresh token.
        "renew" => renew: Or<Grant>,
        /// What the token endpoint does with unknown parameters (RFC 6749 §3.2). The default is `ignored`.
        "unknown_params" => unknown_params: UnknownParams,
    }
}

call! {
    /// A grant at the token endpoint, with all keys of `[token]` and the differences from them.
    pub struct Grant {
        /// Parameters of the grant in addition to the standard ones.
        "params" => params: Named<Parameter>,
        /// A sentence about the grant.
        "doc" => doc: String,
        /// Whether a refresh response contains a new refresh token. The default is `sometimes`.
        "rotation" => rotation: Rotation,
        /// The time for which the old refresh token still works after a refresh. The default is none.
        "grace" => grace: Grace,
        /// What the provider does if a consumed refresh token is used again. The default is `refused`.
        "reuse" => reuse: Reuse,
        /// The time after which an unused token expires.
        "idle" => idle: Time,
        /// The time after which the token expires even if it is used.
        "absolute" => absolute: Time,
        /// The maximum number of refresh tokens that are valid at once.
        "max_live" => max_live: i64,
        /// The maximum number of access tokens of one refresh token that are valid at once.
        "max_access_tokens" => max_access_tokens: i64,
        /// The maximum rate of this call.
        "rate" => rate: Rate,
        /// The time before its expiry at which the token is renewed, and not earlier.
        "margin" => margin: Time,
        /// The minimum age at which the token can be renewed.
        "min_age" => min_age: Time,
        /// Other events that end the token, each as a sentence.
        "ends_by" => ends_by: Vec<String>,
        /// Whether a refresh or a renewal ends the access tokens that were issued before. The default is `false`.
        "ends_access_token" => ends_access_token: bool,
        /// Whether the response contains no token, and the renewal extends the lifetime of the old one. The default is
        /// `false`.
        "prolongs" => prolongs: bool,
    }
}

table! {
    /// The maximum rate of a call.
    pub struct Rate {
        /// The maximum number of calls in the period `within`.
        "calls"(required) => calls: i64,
        /// The period in which the maximum number of calls applies, such as `"1h"`.
        "within"(required) => within: Time,
    }
}

call! {
    /// The token revocation request (RFC 7009).
    pub struct Revoke {
        /// Parameters of the revocation request in addition to the standard ones.
        "params" => params: Named<Parameter>,
        /// A sentence about the revocation request.
        "doc" => doc: String,
        /// The tokens that the revocation request can send. The default is the refresh token, if there is one. With
        /// both, a connection without a refresh token revokes its access token.
        "token" => token: OneOrMany<TokenKind>,
        /// What a revocation ends. The default is `grant` for a refresh token, and `access_token` for an access token.
        "ends" => ends: Ends,
    }
}

call! {
    /// The token introspection request (RFC 7662), which returns whether a token is active, and until when.
    pub struct Introspect {
        /// Parameters of the introspection request in addition to the standard ones.
        "params" => params: Named<Parameter>,
        /// A sentence about the introspection request.
        "doc" => doc: String,
        /// The token that the introspection request sends. The default is `access_token`.
        "token" => token: TokenKind,
        /// The path of the member that states whether the token is active. The default is `active`.
        "active" => active: String,
        /// The path of the token's expiry time, in seconds since 1970. The default is `exp`.
        "exp" => exp: Or<String>,
        /// The path of the token's scopes. The default is `scope`.
        "scope" => scope: Or<String>,
        /// The path of the id of the token's user. The default is `sub`.
        "sub" => sub: Or<String>,
        /// The path of the id of the token's client. The default is `client_id`.
        "client_id" => client_id: Or<String>,
    }
}

call! {
    /// The userinfo request (OpenID Connect Core §5.3). Each claim has a path, or `false` if it is absent.
    pub struct Userinfo {
        /// Parameters of the userinfo request.
        "params" => params: Named<Parameter>,
        /// A sentence about the userinfo request.
        "doc" => doc: String,
        /// The name of the token that the userinfo request carries. The default is the first token.
        "token" => token: String,
        /// The scopes that the token must have. Each element is a scope, or a list of scopes of which one is
        /// sufficient.
        "needs" => needs: Vec<AnyOf>,
        /// The path of the object that contains the claims. The default is the whole body.
        "at" => at: String,
        /// The path of the user's id. The default is `sub`.
        "sub" => sub: String,
        /// The path of the user's full name. The default is `name`.
        "name" => name: Or<String>,
        /// The path of the user's given name. The default is `given_name`.
        "given_name" => given_name: Or<String>,
        /// The path of the user's family name. The default is `family_name`.
        "family_name" => family_name: Or<String>,
        /// The path of the name that the user chose. The default is `preferred_username`.
        "preferred_username" => preferred_username: Or<String>,
        /// The path of the URL of the user's picture. The default is `picture`.
        "picture" => picture: Or<String>,
        /// The path of the user's e-mail address. The default is `email`.
        "email" => email: Or<String>,
        /// The path of the claim that states whether the e-mail address is verified. The default is `email_verified`.
        "email_verified" => email_verified: Or<String>,
        /// The path of the user's language. The default is `locale`.
        "locale" => locale: Or<String>,
    }
}

call! {
    /// A further call, such as one that finds a site or an account, exchanges a token, or activates an installation.
    pub struct Further {
        /// Parameters of the call.
        "params" => params: Named<Parameter>,
        /// A sentence about the call.
        "doc" => doc: String,
        /// The name of the token that the call carries. The default is the first token.
        "token" => token: String,
        /// The path of the list in the response, from which the call selects an entry.
        "each" => each: String,
        /// Conditions on the entries of the list. An entry that does not meet them is ignored.
        "where" => filter: Success,
        /// Which entry of the list the call selects. The default is `only`.
        "choose" => choose: Choose,
        /// The path of the member of an entry that a person sees when choosing.
        "label" => label: String,
        /// When the call is made. The default is `needed`.
        "when" => when: When,
        /// The time for which the call's response can be kept.
        "lifetime" => lifetime: Time,
    }
}
