//! The closed sets of words that keys of a spec choose from.

use crate::syntax::read::words;

words! {
    /// Who an input belongs to.
    pub enum Per {
        /// Each connection has its own.
        "connection" => Connection,
        /// The application has one.
        "app" => App,
    }
}

words! {
    /// The form of an input.
    pub enum InputType {
        /// Any text.
        "text" => Text,
        /// One DNS label.
        "label" => Label,
        /// A host name.
        "host" => Host,
        /// `https://` and a host.
        "origin" => Origin,
        /// `https://`, a host and a path, without a query: a port only where `allow` names it.
        "url" => Url,
        /// A UUID.
        "uuid" => Uuid,
        /// A whole number.
        "integer" => Integer,
        /// `true` or `false`.
        "boolean" => Boolean,
    }
}

words! {
    /// What tells the granted scopes.
    pub enum GrantedFrom {
        /// The answer that holds the token.
        "token" => Token,
        /// The callback.
        "callback" => Callback,
    }
}

words! {
    /// Whether a redirect URI is sent, or a name for one.
    pub enum RedirectKind {
        /// The URI itself (RFC 6749 §3.1.2).
        "uri" => Uri,
        /// The name under which one is registered.
        "alias" => Alias,
    }
}

words! {
    /// Where the parameters of the authorization request stand.
    pub enum ParamsIn {
        /// In the query (RFC 6749 §4.1.1).
        "query" => Query,
        /// Behind the fragment of the URL.
        "fragment" => Fragment,
    }
}

words! {
    /// What becomes of a parameter that the provider does not know.
    pub enum UnknownParams {
        /// It is passed over (RFC 6749 §3.1 and §3.2).
        "ignored" => Ignored,
        /// The request is refused.
        "refused" => Refused,
    }
}

words! {
    /// What becomes of a scope that there is not.
    pub enum UnknownScopes {
        /// The request is refused.
        "refused" => Refused,
        /// It is passed over, and not granted.
        "ignored" => Ignored,
    }
}

words! {
    /// How the state comes back.
    pub enum StateIn {
        /// As a parameter of the callback (RFC 6749 §4.1.2).
        "echoed" => Echoed,
        /// Not at all: it goes out as a parameter of the redirect URI.
        "in_redirect" => InRedirect,
    }
}

words! {
    /// What the provider does with a nonce (OpenID Connect Core §3.1.2.1).
    pub enum Nonce {
        /// It knows none.
        "none" => None,
        /// It puts one that was sent into the ID token.
        "supported" => Supported,
        /// It refuses a login without one.
        "required" => Required,
    }
}

words! {
    /// How a list of scopes is written in a URL.
    pub enum Encoding {
        /// As forms are: a space is `+` (RFC 6749 Appendix B).
        "form" => Form,
        /// A space is `%20`.
        "percent" => Percent,
        /// The separator stands as it is.
        "raw" => Raw,
    }
}

words! {
    /// Which entry of a list it is.
    pub enum Choose {
        /// The only one: several are an error.
        "only" => Only,
        /// The first.
        "first" => First,
        /// The caller chooses.
        "caller" => Caller,
    }
}

words! {
    /// When a further call is made.
    pub enum When {
        /// When something needs its answer.
        "needed" => Needed,
        /// After each login.
        "login" => Login,
        /// When somebody asks.
        "asked" => Asked,
        /// Once, with an access token of the base module.
        "migration" => Migration,
    }
}

words! {
    /// How the API takes the access token.
    pub enum Placement {
        /// In the Authorization header (RFC 6750 §2.1).
        "bearer" => Bearer,
        /// As the parameter `access_token` (RFC 6750 §2.3).
        "query" => Query,
    }
}

words! {
    /// The form of a time to wait.
    pub enum WaitFormat {
        /// Seconds from now.
        "seconds" => Seconds,
        /// Milliseconds from now.
        "milliseconds" => Milliseconds,
        /// Seconds since 1970.
        "unix" => Unix,
        /// Milliseconds since 1970.
        "unix_ms" => UnixMs,
        /// A date as HTTP writes it (RFC 9110 §5.6.7).
        "http_date" => HttpDate,
        /// A date by RFC 3339.
        "rfc3339" => Rfc3339,
        /// A length of time with units, such as `6m0s`.
        "duration" => Duration,
    }
}

words! {
    /// A profile of the standards.
    pub enum Profile {
        /// OAuth 2.1: PKCE for every client, exact redirect URIs, no password grant, no implicit flow.
        "oauth2.1" => Oauth21,
        /// Best current practice for security (RFC 9700), which asks for the same.
        "rfc9700" => Rfc9700,
    }
}

words! {
    /// The type of a field.
    pub enum FieldType {
        /// A text.
        "text" => Text,
        /// A whole number.
        "integer" => Integer,
        /// `true` or `false`.
        "boolean" => Boolean,
        /// One DNS label.
        "label" => Label,
        /// A host name.
        "host" => Host,
        /// `https://` and a host.
        "origin" => Origin,
        /// `https://`, a host and a path, without a query: a port only where `allow` names it.
        "url" => Url,
        /// A UUID.
        "uuid" => Uuid,
    }
}

words! {
    /// Which schemes a redirect URI may have.
    pub enum RedirectScheme {
        /// https, or http to loopback (RFC 8252 §7.3).
        "https_or_loopback" => HttpsOrLoopback,
        /// https only.
        "https" => Https,
        /// Any, an app's own too.
        "any" => Any,
    }
}

words! {
    /// How a redirect URI is compared with the registered one.
    pub enum RedirectMatch {
        /// Character by character (RFC 9700 §2.1).
        "exact" => Exact,
        /// The registered one is a prefix.
        "prefix" => Prefix,
        /// Only the host counts.
        "host" => Host,
    }
}

words! {
    /// When the console shows the client secret.
    pub enum SecretShown {
        /// Once, when it is made.
        "once" => Once,
        /// Always.
        "always" => Always,
    }
}

words! {
    /// What the provider does with PKCE (RFC 7636).
    pub enum Pkce {
        /// It checks a challenge that is sent.
        "supported" => Supported,
        /// It refuses a login without.
        "required" => Required,
        /// It takes no notice.
        "ignored" => Ignored,
        /// It refuses a login with one.
        "rejected" => Rejected,
        /// Nobody says.
        "unknown" => Unknown,
    }
}

words! {
    /// How the challenge is made of the verifier (RFC 7636 §4.2).
    pub enum PkceMethod {
        /// The verifier's SHA-256.
        "S256" => S256,
        /// The verifier itself: a reader of the authorization request has it.
        "plain" => Plain,
    }
}

words! {
    /// How the SHA-256 of the challenge is written.
    pub enum ChallengeEncoding {
        /// As base64url without padding (RFC 7636 §4.2).
        "base64url" => Base64url,
        /// In hexadecimal digits, lower case.
        "hex" => Hex,
    }
}

words! {
    /// How the code stands in the redirect.
    pub enum CodeEncoding {
        /// As a form value (RFC 6749 §4.1.2).
        "form" => Form,
        /// As it is: a plus sign is one, and so is a percent sign.
        "raw" => Raw,
    }
}

words! {
    /// Who chooses the scopes.
    pub enum Chosen {
        /// Each login.
        "login" => Login,
        /// The app's settings in the console: nothing is sent.
        "console" => Console,
    }
}

words! {
    /// How the client shows who it is, or whose token it carries.
    pub enum Authentication {
        /// HTTP Basic with both halves form-encoded (RFC 6749 §2.3.1).
        "basic" => Basic,
        /// HTTP Basic with both halves raw.
        "basic_raw" => BasicRaw,
        /// Id and secret as parameters (RFC 6749 §2.3.1).
        "post" => Post,
        /// The client id alone (RFC 6749 §3.2.1).
        "none" => None,
        /// The access token in the Authorization header (RFC 6750 §2.1).
        "bearer" => Bearer,
        /// The access token as the parameter `access_token` (RFC 6750 §2.3).
        "query" => Query,
    }
}

words! {
    /// How parameters travel.
    pub enum BodyFormat {
        /// application/x-www-form-urlencoded (RFC 6749 Appendix B).
        "form" => Form,
        /// A JSON object.
        "json" => Json,
        /// The URL's query.
        "query" => Query,
    }
}

words! {
    /// HTTP methods of calls.
    pub enum Method {
        /// POST (RFC 6749 §3.2)
        "POST" => Post,
        /// GET: the parameters go into the query.
        "GET" => Get,
        /// DELETE
        "DELETE" => Delete,
        /// PUT
        "PUT" => Put,
    }
}

words! {
    /// The format of an answer.
    pub enum ResponseFormat {
        /// JSON (RFC 6749 §5.1)
        "json" => Json,
        /// application/x-www-form-urlencoded
        "form" => Form,
        /// The whole body is one value; its path is `$`.
        "text" => Text,
        /// A JWT whose claims are the members (OpenID Connect Core §5.3.2). Its signature is not verified yet.
        "jwt" => Jwt,
    }
}

words! {
    /// Whether a refresh answers with a new refresh token.
    pub enum Rotation {
        /// Perhaps (RFC 6749 §6).
        "sometimes" => Sometimes,
        /// Each time.
        "always" => Always,
        /// Never.
        "never" => Never,
    }
}

words! {
    /// What a second use of a refresh token does.
    pub enum Reuse {
        /// It is refused.
        "refused" => Refused,
        /// It ends the grant (RFC 9700 §4.14.2).
        "ends_grant" => EndsGrant,
    }
}

words! {
    /// What mends a refusal.
    pub enum ErrorClass {
        /// The user must log in again.
        "login" => Login,
        /// Try again later.
        "retry" => Retry,
        /// Wait: too many calls.
        "limit" => Limit,
        /// Mend the app.
        "app" => App,
        /// Somebody said no.
        "denied" => Denied,
    }
}

words! {
    /// Which token a call takes.
    pub enum TokenKind {
        /// The refresh token.
        "refresh_token" => RefreshToken,
        /// The access token.
        "access_token" => AccessToken,
    }
}

words! {
    /// What is dead after a revocation.
    pub enum Ends {
        /// The whole grant.
        "grant" => Grant,
        /// The access token alone.
        "access_token" => AccessToken,
        /// The refresh token alone.
        "refresh_token" => RefreshToken,
    }
}

words! {
    /// How a fact is known.
    pub enum EvidenceKind {
        /// The provider's documentation says it.
        "documented" => Documented,
        /// The provider was seen to do it.
        "observed" => Observed,
        /// Somebody else says it.
        "reported" => Reported,
    }
}

words! {
    /// The unit of a lifetime.
    pub enum Unit {
        /// Seconds.
        "s" => Seconds,
        /// Milliseconds.
        "ms" => Milliseconds,
        /// Minutes.
        "min" => Minutes,
    }
}

words! {
    /// The format of a point in time.
    pub enum TimeFormat {
        /// Seconds since 1970.
        "unix" => Unix,
        /// Milliseconds since 1970.
        "unix_ms" => UnixMs,
        /// A date by RFC 3339.
        "rfc3339" => Rfc3339,
    }
}
