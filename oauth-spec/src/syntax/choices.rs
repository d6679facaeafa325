//! The closed sets of words that the keys of a spec allow.

use crate::syntax::read::words;

words! {
    /// The owner of an input or of the client credentials.
    pub enum Per {
        /// Each connection has a separate value.
        "connection" => Connection,
        /// The application has one value for all connections.
        "app" => App,
    }
}

words! {
    /// The format of an input.
    pub enum InputType {
        /// Any text.
        "text" => Text,
        /// One DNS label.
        "label" => Label,
        /// A host name.
        "host" => Host,
        /// `https://` and a host.
        "origin" => Origin,
        /// `https://`, a host and a path, without a query. A port is allowed only if `allow` names it.
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
    /// The source of the granted scopes.
    pub enum GrantedFrom {
        /// The response that contains the token.
        "token" => Token,
        /// The callback.
        "callback" => Callback,
    }
}

words! {
    /// What a request contains as its redirect URI.
    pub enum RedirectKind {
        /// The redirect URI itself (RFC 6749 §3.1.2).
        "uri" => Uri,
        /// The name under which the redirect URI is registered.
        "alias" => Alias,
    }
}

words! {
    /// The part of the URL that contains the parameters of the authorization request.
    pub enum ParamsIn {
        /// The parameters are in the query (RFC 6749 §4.1.1).
        "query" => Query,
        /// The parameters follow the fragment of the URL, as in `#/authorize?client_id=…`.
        "fragment" => Fragment,
    }
}

words! {
    /// What the provider does with an unknown parameter.
    pub enum UnknownParams {
        /// The provider ignores the parameter (RFC 6749 §3.1 and §3.2).
        "ignored" => Ignored,
        /// The provider rejects the request.
        "refused" => Refused,
    }
}

words! {
    /// What the provider does with an unknown scope.
    pub enum UnknownScopes {
        /// The provider rejects the request.
        "refused" => Refused,
        /// The provider ignores the scope, and does not grant it.
        "ignored" => Ignored,
    }
}

words! {
    /// How the provider returns the state.
    pub enum StateIn {
        /// The state is a parameter of the callback (RFC 6749 §4.1.2).
        "echoed" => Echoed,
        /// The provider does not return the state, so it is a parameter of the redirect URI.
        "in_redirect" => InRedirect,
    }
}

words! {
    /// What the provider does with a nonce (OpenID Connect Core §3.1.2.1).
    pub enum Nonce {
        /// The provider does not support nonces.
        "none" => None,
        /// The provider puts the nonce of the request into the ID token.
        "supported" => Supported,
        /// The provider rejects a login without a nonce.
        "required" => Required,
        /// The provider may omit the nonce in the ID token. If the ID token has one, it must be that of the request.
        "optional" => Optional,
    }
}

words! {
    /// The encoding of a list of scopes in a URL.
    pub enum Encoding {
        /// The list is form-encoded: a space becomes `+` (RFC 6749 Appendix B).
        "form" => Form,
        /// A space becomes `%20`.
        "percent" => Percent,
        /// The separator is not encoded.
        "raw" => Raw,
    }
}

words! {
    /// Which entry of a list a call selects.
    pub enum Choose {
        /// The only entry. Several entries are an error.
        "only" => Only,
        /// The first entry.
        "first" => First,
        /// The entry that the caller chooses.
        "caller" => Caller,
    }
}

words! {
    /// When a further call is made.
    pub enum When {
        /// When another call or a value needs its response.
        "needed" => Needed,
        /// After each login.
        "login" => Login,
        /// When the application requests it.
        "asked" => Asked,
        /// Once, with an access token of the base module.
        "migration" => Migration,
    }
}

words! {
    /// How a call to the API carries the access token.
    pub enum Placement {
        /// In the Authorization header (RFC 6750 §2.1).
        "bearer" => Bearer,
        /// As the parameter `access_token` (RFC 6750 §2.3).
        "query" => Query,
    }
}

words! {
    /// The format of a time to wait.
    pub enum WaitFormat {
        /// Seconds from now.
        "seconds" => Seconds,
        /// Milliseconds from now.
        "milliseconds" => Milliseconds,
        /// Seconds since 1970.
        "unix" => Unix,
        /// Milliseconds since 1970.
        "unix_ms" => UnixMs,
        /// An HTTP date (RFC 9110 §5.6.7).
        "http_date" => HttpDate,
        /// An RFC 3339 date.
        "rfc3339" => Rfc3339,
        /// A duration with units, such as `6m0s`.
        "duration" => Duration,
    }
}

words! {
    /// A profile of the standards.
    pub enum Profile {
        /// OAuth 2.1: PKCE for every client, exact redirect URIs, no password grant, no implicit flow.
        "oauth2.1" => Oauth21,
        /// Best current practice for OAuth 2.0 security (RFC 9700), with the requirements of `oauth2.1`.
        "rfc9700" => Rfc9700,
    }
}

words! {
    /// The type of a field.
    pub enum FieldType {
        /// Any text.
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
        /// `https://`, a host and a path, without a query. A port is allowed only if `allow` names it.
        "url" => Url,
        /// A UUID.
        "uuid" => Uuid,
    }
}

words! {
    /// The schemes that a redirect URI may have.
    pub enum RedirectScheme {
        /// https, or http to loopback (RFC 8252 §7.3).
        "https_or_loopback" => HttpsOrLoopback,
        /// https only.
        "https" => Https,
        /// https, or http to any host.
        "http" => Http,
        /// https, or http to 127.0.0.1 or `[::1]`.
        "loopback" => Loopback,
        /// https, or http to localhost.
        "localhost" => Localhost,
        /// https, or a private-use scheme of the app (RFC 8252 §7.1).
        "private_use" => PrivateUse,
        /// Any scheme, including a private-use one.
        "any" => Any,
    }
}

words! {
    /// How the provider compares a redirect URI with the registered one.
    pub enum RedirectMatch {
        /// Both must be equal, character by character (RFC 9700 §2.1).
        "exact" => Exact,
        /// The redirect URI must begin with the registered one.
        "prefix" => Prefix,
        /// Only the hosts must be equal.
        "host" => Host,
    }
}

words! {
    /// When the console displays the client secret.
    pub enum SecretShown {
        /// Only once, when the secret is created.
        "once" => Once,
        /// At any time.
        "always" => Always,
    }
}

words! {
    /// The provider's PKCE support (RFC 7636).
    pub enum Pkce {
        /// The provider verifies a code challenge if the request has one.
        "supported" => Supported,
        /// The provider rejects a login without a code challenge.
        "required" => Required,
        /// The provider ignores the code challenge.
        "ignored" => Ignored,
        /// The provider rejects a login with a code challenge.
        "rejected" => Rejected,
        /// PKCE support is undocumented.
        "unknown" => Unknown,
    }
}

words! {
    /// The method that derives the code challenge from the code verifier (RFC 7636 §4.2).
    pub enum PkceMethod {
        /// The challenge is the SHA-256 of the verifier.
        "S256" => S256,
        /// The challenge is the verifier, which a reader of the authorization request therefore knows.
        "plain" => Plain,
    }
}

words! {
    /// The encoding of the SHA-256 in the code challenge.
    pub enum ChallengeEncoding {
        /// Base64url without padding (RFC 7636 §4.2).
        "base64url" => Base64url,
        /// Hexadecimal digits in lower case.
        "hex" => Hex,
    }
}

words! {
    /// The encoding of the authorization code in the redirect.
    pub enum CodeEncoding {
        /// The code is form-encoded (RFC 6749 §4.1.2).
        "form" => Form,
        /// The code is not encoded: plus and percent signs are literal.
        "raw" => Raw,
    }
}

words! {
    /// Where the scopes are chosen.
    pub enum Chosen {
        /// Each login requests its scopes.
        "login" => Login,
        /// The app's settings in the console determine the scopes, and the request does not contain them.
        "console" => Console,
    }
}

words! {
    /// How the client authenticates, or how the call carries the token.
    pub enum Authentication {
        /// HTTP Basic, with form-encoded id and secret (RFC 6749 §2.3.1).
        "basic" => Basic,
        /// HTTP Basic, with id and secret that are not encoded.
        "basic_raw" => BasicRaw,
        /// The client id and secret as parameters (RFC 6749 §2.3.1).
        "post" => Post,
        /// The client id only (RFC 6749 §3.2.1).
        "none" => None,
        /// The access token in the Authorization header (RFC 6750 §2.1).
        "bearer" => Bearer,
        /// The access token as the parameter `access_token` (RFC 6750 §2.3).
        "query" => Query,
    }
}

words! {
    /// The format in which a request carries its parameters.
    pub enum BodyFormat {
        /// The body is application/x-www-form-urlencoded (RFC 6749 Appendix B).
        "form" => Form,
        /// The body is a JSON object.
        "json" => Json,
        /// The parameters are in the URL's query.
        "query" => Query,
    }
}

words! {
    /// The HTTP method of a call.
    pub enum Method {
        /// POST (RFC 6749 §3.2). The body contains the parameters.
        "POST" => Post,
        /// GET. The query contains the parameters.
        "GET" => Get,
        /// DELETE.
        "DELETE" => Delete,
        /// PUT.
        "PUT" => Put,
    }
}

words! {
    /// The format of a response.
    pub enum ResponseFormat {
        /// A JSON object (RFC 6749 §5.1).
        "json" => Json,
        /// A body in the format application/x-www-form-urlencoded.
        "form" => Form,
        /// The whole body is one value, with the path `$`.
        "text" => Text,
        /// A JWT whose claims are the members (OpenID Connect Core §5.3.2). Its signature is not verified yet.
        "jwt" => Jwt,
        /// JSON or a form: a body that begins with `{` is JSON.
        "json_or_form" => JsonOrForm,
    }
}

words! {
    /// Whether a refresh response contains a new refresh token.
    pub enum Rotation {
        /// A refresh may return a new refresh token (RFC 6749 §6).
        "sometimes" => Sometimes,
        /// Every refresh returns a new refresh token.
        "always" => Always,
        /// No refresh returns a new refresh token.
        "never" => Never,
    }
}

words! {
    /// What the provider does if a consumed refresh token is used again.
    pub enum Reuse {
        /// The provider rejects the request.
        "refused" => Refused,
        /// The provider ends the grant (RFC 9700 §4.14.2).
        "ends_grant" => EndsGrant,
    }
}

words! {
    /// What resolves an error.
    pub enum ErrorClass {
        /// The user must log in again.
        "login" => Login,
        /// The application must try again later.
        "retry" => Retry,
        /// The application must wait, because it made too many calls.
        "limit" => Limit,
        /// The developer must correct the app or its registration.
        "app" => App,
        /// The user or an administrator denied the request.
        "denied" => Denied,
    }
}

words! {
    /// The token that a call sends.
    pub enum TokenKind {
        /// The refresh token.
        "refresh_token" => RefreshToken,
        /// The access token.
        "access_token" => AccessToken,
    }
}

words! {
    /// What a revocation ends.
    pub enum Ends {
        /// The whole grant, with all its tokens.
        "grant" => Grant,
        /// The access token only.
        "access_token" => AccessToken,
        /// The refresh token only.
        "refresh_token" => RefreshToken,
    }
}

words! {
    /// The kind of a source.
    pub enum EvidenceKind {
        /// The provider's documentation states the fact.
        "documented" => Documented,
        /// The provider's behaviour was observed.
        "observed" => Observed,
        /// A third party reports the fact.
        "reported" => Reported,
    }
}

words! {
    /// How much of a spec was looked up in the provider's documentation.
    pub enum Tier {
        /// The facts are from the provider's documentation or from its behaviour. What the spec does not state is as the
        /// standard says.
        "documented" => Documented,
        /// Other projects report the facts, which were not looked up. What the spec does not state is unknown, so that
        /// responses are read tolerantly.
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
        /// An RFC 3339 date.
        "rfc3339" => Rfc3339,
    }
}
