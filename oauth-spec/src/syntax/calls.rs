//! The calls of a spec: what all of them may state, and what is each one's own.

use crate::syntax::choices::{
    Choose, Ends, Method, ResponseFormat, Reuse, Rotation, TokenKind, UnknownParams, When,
};
use crate::syntax::document::KnownError;
use crate::syntax::either::{Auth, Body};
use crate::syntax::read::table;
use crate::syntax::shapes::{Grace, Named, OneOrMany, Or, Parameter, Success, Time};

/// A table of keys that every call has, and of its own.
macro_rules! call {
    ($(#[$meta:meta])* pub struct $name:ident { $($own:tt)* }) => {
        table! {
            $(#[$meta])*
            pub struct $name {
                /// The URL, without a query.
                "url" => url: String,
                /// The HTTP method.
                "method" => method: OneOrMany<Method>,
                /// How the client shows who it is, or whose token it carries: what is accepted, the first is
                /// sent; or the headers that carry the credential.
                "auth" => auth: Auth,
                /// How parameters travel: what is accepted, the first is sent.
                "body" => body: Body,
                /// Headers.
                "headers" => headers: Named<Parameter>,
                /// Parameters that go into the URL's query whatever the body is.
                "query" => query: Named<Parameter>,
                /// Standard parameters that go out under another name, or `false`.
                "names" => names: Named<Or<String>>,
                /// The answer's format.
                "response" => response: ResponseFormat,
                /// What a 2xx answer must show to be a success.
                "success" => success: Success,
                /// Where a refusal says its code; of several places the first that has one.
                "error" => error: Or<OneOrMany<String>>,
                /// Where a refusal says its words; of several places the first that has some.
                "error_description" => error_description: Or<OneOrMany<String>>,
                /// Refusals of these calls alone.
                "errors" => errors: Named<OneOrMany<KnownError>>,
                $($own)*
            }
        }
    };
}

call! {
    /// The token endpoint: what its grants share, and the grants.
    pub struct TokenEndpoint {
        /// The exchange of the code (RFC 6749 §4.1.3); there if `authorize` is.
        "authorization_code" => authorization_code: Or<Grant>,
        /// Refresh (RFC 6749 §6); `false`: the provider issues no refresh tokens.
        "refresh_token" => refresh_token: Or<Grant>,
        /// Client credentials (RFC 6749 §4.4).
        "client_credentials" => client_credentials: Or<Grant>,
        /// How a connection without refresh token gets its next access token: the old one is traded in.
        "renew" => renew: Or<Grant>,
        /// What becomes of a parameter that the provider does not know (RFC 6749 §3.2).
        "unknown_params" => unknown_params: UnknownParams,
    }
}

call! {
    /// A grant at the token endpoint: all of `[token]`, and what differs.
    pub struct Grant {
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// Whether a refresh answers with a new refresh token.
        "rotation" => rotation: Rotation,
        /// How long the old refresh token still works.
        "grace" => grace: Grace,
        /// What a second use of one does.
        "reuse" => reuse: Reuse,
        /// The token dies if unused for so long.
        "idle" => idle: Time,
        /// The token dies after so long in any case.
        "absolute" => absolute: Time,
        /// How many live at once.
        "max_live" => max_live: i64,
        /// How many access tokens of one refresh token live at once.
        "max_access_tokens" => max_access_tokens: i64,
        /// How often the call may be made.
        "rate" => rate: Rate,
        /// Not earlier than this before the end.
        "margin" => margin: Time,
        /// Not before the token is so old.
        "min_age" => min_age: Time,
        /// What else ends it.
        "ends_by" => ends_by: Vec<String>,
        /// Whether the answer holds no token, and the old one lives on.
        "prolongs" => prolongs: bool,
    }
}

table! {
    /// How often a call may be made.
    pub struct Rate {
        /// So many times …
        "calls"(required) => calls: i64,
        /// … within so long.
        "within"(required) => within: Time,
    }
}

call! {
    /// Revocation (RFC 7009).
    pub struct Revoke {
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// Which token it takes: the refresh token if there is one.
        "token" => token: TokenKind,
        /// What is dead afterwards.
        "ends" => ends: Ends,
    }
}

call! {
    /// Introspection (RFC 7662): whether a token still lives, and until when.
    pub struct Introspect {
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// Which token it takes.
        "token" => token: TokenKind,
        /// Where the answer says whether the token lives.
        "active" => active: String,
        /// Where its end stands, in seconds since 1970.
        "exp" => exp: Or<String>,
        /// Where its scopes stand.
        "scope" => scope: Or<String>,
        /// Where its user stands.
        "sub" => sub: Or<String>,
        /// Where its client stands.
        "client_id" => client_id: Or<String>,
    }
}

call! {
    /// Who the user is (OpenID Connect Core §5.3): each claim's path, or `false`.
    pub struct Userinfo {
        /// Parameters.
        "params" => params: Named<Parameter>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// The name of the token that it carries, where there are several; the first unless stated.
        "token" => token: String,
        /// The object that the claims are read from.
        "at" => at: String,
        /// The user's id.
        "sub" => sub: String,
        /// The full name.
        "name" => name: Or<String>,
        /// The given name.
        "given_name" => given_name: Or<String>,
        /// The family name.
        "family_name" => family_name: Or<String>,
        /// The name that the user chose.
        "preferred_username" => preferred_username: Or<String>,
        /// A picture's URL.
        "picture" => picture: Or<String>,
        /// The mail address.
        "email" => email: Or<String>,
        /// Whether the mail address was verified.
        "email_verified" => email_verified: Or<String>,
        /// The language.
        "locale" => locale: Or<String>,
    }
}

call! {
    /// A further call: one that finds a site or an account, trades a token, activates an installation.
    pub struct Further {
        /// Parameters.
        "params" => params: Named<Parameter>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// The name of the token that it carries, where there are several; the first unless stated.
        "token" => token: String,
        /// The answer is a list, which stands here.
        "each" => each: String,
        /// Entries that do not show this are passed over.
        "where" => filter: Success,
        /// Which of the entries it is.
        "choose" => choose: Choose,
        /// What a person who chooses sees of an entry.
        "label" => label: String,
        /// When it is made.
        "when" => when: When,
        /// How long its answer is kept.
        "lifetime" => lifetime: Time,
    }
}
