//! A spec as its author wrote it: one struct per table and one field per key, without defaults.
//!
//! The doc comments are the descriptions in the JSON schema and the language reference. An absent key is `None`, and
//! `lower` inserts the standard's value.

pub use crate::syntax::calls::*;
pub use crate::syntax::choices::*;
use crate::syntax::either::{AnyOf, ApiAuth, PkceUse};
pub use crate::syntax::evidence::*;
use crate::syntax::read::table;
pub use crate::syntax::registration::*;
use crate::syntax::shapes::{Lifetime, Named, OneOrMany, Or, Parameter, Success, Time};

table! {
    /// A provider spec.
    pub struct Document {
        /// The version of the spec language. The only valid value is `1`.
        "language"(required) => language: i64,
        /// The provider's identity: id, name and documentation.
        "provider"(required) => provider: Provider,
        /// The app's registration at the provider.
        "app" => app: App,
        /// Values that the application or its user supplies.
        "inputs" => inputs: Named<Input>,
        /// Other hosts of the same provider, such as a sandbox.
        "environment" => environment: Named<Environment>,
        /// The authorization request (RFC 6749 §4.1.1). Stating it declares the authorization code grant. `false`
        /// means that there is no login.
        "authorize" => authorize: Or<Authorize>,
        /// The redirect back to the app, with the authorization response (RFC 6749 §4.1.2).
        "callback" => callback: Callback,
        /// A request from the provider's app store, which starts a login.
        "install" => install: Install,
        /// The scopes that a login requests.
        "scopes" => scopes: Scopes,
        /// The token endpoint and its grants.
        "token" => token: TokenEndpoint,
        /// The tokens that the provider returns. The default is one token, `access`.
        "tokens" => tokens: Named<Or<Token>>,
        /// Other values of responses that are needed later.
        "fields" => fields: Named<Or<Field>>,
        /// The token revocation request (RFC 7009).
        "revoke" => revoke: Or<Revoke>,
        /// The token introspection request (RFC 7662).
        "introspect" => introspect: Or<Introspect>,
        /// The userinfo request, which returns the user's claims (OpenID Connect Core §5.3).
        "userinfo" => userinfo: Or<Userinfo>,
        /// Further calls, each under its name.
        "calls" => calls: Named<Or<Further>>,
        /// The hosts that may receive the access token, and how calls to the API carry it.
        "api" => api: Api,
        /// Operations of the API, with the scopes that they need.
        "operations" => operations: Named<Operation>,
        /// The provider's error responses, by error code, or by status as `status:403`. If a code has several rows,
        /// the first row that matches applies.
        "errors" => errors: Named<OneOrMany<KnownError>>,
        /// Settings of the app that change types. Each variant becomes a separate module.
        "variant" => variant: Named<Variant>,
        /// Parts of the spec that end on a known day, and what replaces them.
        "deprecated" => deprecated: Vec<Deprecated>,
        /// Findings that are known and accepted.
        "accept" => accept: Vec<Accept>,
        /// The sources of the facts in the spec.
        "evidence" => evidence: Vec<Evidence>,
        /// Requests and responses, which are documentation and tests at once.
        "example" => example: Vec<Example>,
    }
}

table! {
    /// The provider's identity.
    pub struct Provider {
        /// The provider's id, which is stored with every connection. It must not change, and must equal the file name
        /// without `.toml`.
        "id"(required) => id: String,
        /// The provider's name for display.
        "name"(required) => name: String,
        /// The URL of the provider's OAuth documentation.
        "docs"(required) => docs: String,
        /// How much of the spec was looked up. The default is `documented`. In a `reported` spec, what the spec does not
        /// state is unknown: a refresh token is kept if there is one, scopes may be separated by spaces and commas, a
        /// response may be JSON or a form, and the lifetime 0 means that a token does not expire.
        "tier" => tier: Tier,
        /// Profiles of the standards that the provider follows. The compiler checks each of them.
        "profiles" => profiles: Vec<Profile>,
        /// The spec that this spec extends: the id of a spec in the same folder, or a path relative to this file.
        "extends" => extends: String,
    }
}

table! {
    /// The authorization request.
    pub struct Authorize {
        /// The URL of the authorization endpoint.
        "url" => url: String,
        /// Parameters of the authorization request in addition to the standard ones.
        "params" => params: Named<Parameter>,
        /// Provider-specific names of standard parameters. `false` omits the parameter.
        "names" => names: Named<Or<String>>,
        /// The part of the URL that contains the parameters. The default is `query`.
        "params_in" => params_in: ParamsIn,
        /// What the provider does with unknown parameters (RFC 6749 §3.1). The default is `ignored`.
        "unknown_params" => unknown_params: UnknownParams,
        /// The provider's PKCE support (RFC 7636). The default is `supported`.
        "pkce" => pkce: PkceUse,
        /// Whether the provider returns the state as a callback parameter (RFC 6749 §4.1.2). The default is `echoed`.
        "state" => state: StateIn,
        /// Whether the request has a nonce that the ID token returns (OpenID Connect Core §3.1.2.1). By default it has
        /// one if `openid` is a known scope.
        "nonce" => nonce: Nonce,
        /// What a login must request to receive a refresh token.
        "offline" => offline: Offline,
        /// A sentence about the authorization request.
        "doc" => doc: String,
    }
}

table! {
    /// What a login must request to receive a refresh token.
    pub struct Offline {
        /// Parameters that the authorization request needs for a refresh token. Their values are constants.
        "params" => params: Named<Parameter>,
        /// Scopes that the authorization request needs for a refresh token.
        "scopes" => scopes: Vec<String>,
    }
}

table! {
    /// The redirect back to the app.
    pub struct Callback {
        /// The name of the callback parameter with the authorization code, or a table with its name and encoding. The
        /// default is `code`.
        "code" => code: CallbackCode,
        /// The name of the callback parameter with the state. The default is the name of the state in the request.
        "state" => state: String,
        /// The name of the callback parameter with the error code. The default is `error`. Of several names, the first
        /// one with a value applies.
        "error" => error: OneOrMany<String>,
        /// The name of the callback parameter with the error description. The default is `error_description`. Of
        /// several names, the first one with a value applies.
        "error_description" => error_description: OneOrMany<String>,
        /// Error codes of the callback only. One of the class `denied` reports that the user declined; the standard's
        /// code for that is `access_denied` (RFC 6749 §4.1.2.1).
        "errors" => errors: Named<OneOrMany<KnownError>>,
        /// Callback parameters that must have the stated value, such as `iss` (RFC 9207).
        "verify" => verify: Named<Verify>,
    }
}

table! {
    /// The authorization code in the callback.
    pub struct CallbackCode(name) {
        /// The name of the callback parameter with the authorization code. The default is `code`.
        "name" => name: String,
        /// The encoding of the authorization code in the redirect. The default is `form`.
        "encoding" => encoding: CodeEncoding,
        /// The time for which the authorization code is valid, such as `"10m"`.
        "lifetime" => lifetime: Time,
        /// What the provider does if an authorization code is used again. The default is `ends_grant` (RFC 6749
        /// §4.1.2).
        "reuse" => reuse: Reuse,
    }
}

table! {
    /// A request from the provider's app store, which starts a login. A code in it is never exchanged.
    pub struct Install {
        /// Parameters of the installation request that must have the stated value.
        "verify" => verify: Named<Verify>,
        /// Inputs that the installation request fills, each with a template.
        "inputs" => inputs: Named<String>,
        /// A sentence about the installation request.
        "doc" => doc: String,
    }
}

table! {
    /// The required value of a callback parameter.
    pub struct Verify(value) {
        /// The value that the parameter must have.
        "value"(required) => value: String,
        /// Whether the parameter may be absent. Another value is rejected in any case. The default is `false`.
        "optional" => optional: bool,
    }
}

table! {
    /// The scopes that a login requests.
    pub struct Scopes {
        /// The name of the parameter with the scopes. The default is `scope`.
        "param" => param: String,
        /// The separators that the provider accepts between two scopes. The first one is sent. The default is a space.
        "separator" => separator: OneOrMany<String>,
        /// The encoding of the list of scopes in a URL. The default is `form`.
        "encoding" => encoding: Encoding,
        /// Where the scopes are chosen: at each login, or in the app's settings. The default is `login`.
        "chosen" => chosen: Chosen,
        /// The known scopes, each of which becomes a constant. `false` in a variant without scopes.
        "known" => known: Or<Named<KnownScope>>,
        /// Scopes that every login requests.
        "always" => always: Vec<String>,
        /// Whether the provider has other scopes than the known ones. The default is `false`.
        "open" => open: bool,
        /// What the provider does with an unknown scope (RFC 6749 §3.3). The default is `refused`.
        "unknown" => unknown: UnknownScopes,
        /// How the provider returns the granted scopes. `false` means that it does not return them.
        "granted" => granted: Or<Granted>,
        /// Scopes that a response may omit although they were granted.
        "unreported" => unreported: Vec<String>,
        /// Separate lists of scopes, each with its parameter.
        "sets" => sets: Named<ScopeSet>,
    }
}

table! {
    /// One of several lists of scopes.
    pub struct ScopeSet {
        /// The name of the parameter with this list. The default is `scopes.param`.
        "param" => param: String,
        /// The known scopes of this list, each of which becomes a constant. The default is `scopes.known`.
        "known" => known: Or<Named<KnownScope>>,
        /// Scopes of this list that every login requests. The default is `scopes.always`.
        "always" => always: Vec<String>,
        /// Whether this list has other scopes than the known ones. The default is `scopes.open`.
        "open" => open: bool,
        /// The token that the scopes apply to. The default is the token with the name of the list.
        "token" => token: String,
    }
}

table! {
    /// How the provider returns the granted scopes.
    pub struct Granted {
        /// Whether the token response or the callback contains the granted scopes. The default is `token`.
        "from" => from: GrantedFrom,
        /// The path of the granted scopes. The default is the member `scope` of each token, or the callback parameter
        /// `scope`.
        "path" => path: String,
        /// The separators that may be between two granted scopes. A JSON list needs none. The default is
        /// `scopes.separator`.
        "separator" => separator: OneOrMany<String>,
    }
}

table! {
    /// A scope.
    pub struct KnownScope(doc) {
        /// The access that the scope allows.
        "doc" => doc: String,
        /// The name of the scope's constant, if the id does not make a readable one.
        "name" => name: String,
        /// Scopes that this scope includes.
        "implies" => implies: Vec<String>,
        /// The id of another scope that has the same meaning.
        "same_as" => same_as: String,
        /// Whether the provider must approve the scope before an app can request it. The default is `false`.
        "review" => review: bool,
    }
}

table! {
    /// A token that the provider returns.
    pub struct Token {
        /// The call whose response contains the token: `token` (the default), or the name of a further call. `console`
        /// is for a key that a person copies from the provider's pages.
        "from" => from: String,
        /// The path of the object that contains the token's members. The default, `$`, is the whole body.
        "at" => at: String,
        /// The path of the access token. The default is `access_token`.
        "access_token" => access_token: String,
        /// The path of the access token's lifetime. The default is `expires_in`, in seconds.
        "expires_in" => expires_in: Or<ExpiresIn>,
        /// The path of the access token's expiry time. It is not read unless stated.
        "expires_at" => expires_at: Or<ExpiresAt>,
        /// The path of the refresh token. The default is `refresh_token`.
        "refresh_token" => refresh_token: Or<String>,
        /// The path of the refresh token's lifetime. It is not read unless stated.
        "refresh_token_expires_in" => refresh_token_expires_in: Or<ExpiresIn>,
        /// The path of the refresh token's expiry time. It is not read unless stated.
        "refresh_token_expires_at" => refresh_token_expires_at: Or<ExpiresAt>,
        /// The path of the granted scopes. The default is `scope`.
        "scope" => scope: Or<String>,
        /// The path of the ID token. The default is `id_token`.
        "id_token" => id_token: Or<String>,
        /// The documented lifetime of the access token. The default, `response`, means that the response states it.
        "lifetime" => lifetime: Lifetime,
        /// Whether the token is returned only if its scopes are requested. The default is `false`.
        "optional" => optional: bool,
        /// The paths of the token's members in a refresh response, where they differ from those of the login.
        "refreshed" => refreshed: Refreshed,
        /// A description of the token's purpose.
        "doc" => doc: String,
    }
}

table! {
    /// The paths of a token's members in a refresh response.
    pub struct Refreshed {
        /// The path of the object that contains the token's members in a refresh response.
        "at" => at: String,
        /// The path of the access token in a refresh response.
        "access_token" => access_token: String,
        /// The path of the access token's lifetime in a refresh response.
        "expires_in" => expires_in: Or<ExpiresIn>,
        /// The path of the refresh token in a refresh response.
        "refresh_token" => refresh_token: Or<String>,
        /// The path of the granted scopes in a refresh response.
        "scope" => scope: Or<String>,
        /// The path of the ID token in a refresh response. `false` means that there is none.
        "id_token" => id_token: Or<String>,
    }
}

table! {
    /// The path and the unit of a lifetime.
    pub struct ExpiresIn(path) {
        /// The path of the lifetime. The default is `expires_in`.
        "path" => path: String,
        /// The unit of the lifetime. The default is `s`, seconds.
        "unit" => unit: Unit,
        /// The value that means that the token does not expire.
        "never" => never: i64,
    }
}

table! {
    /// The path and the format of an expiry time.
    pub struct ExpiresAt(path) {
        /// The path of the expiry time. The default is `expires_at`.
        "path" => path: String,
        /// The format of the expiry time. The default is `unix`.
        "format" => format: TimeFormat,
    }
}

table! {
    /// A value of a response that is needed later.
    pub struct Field(path) {
        /// The path of the value in the response or in the token's claims, or the name of the callback parameter.
        "path"(required) => path: String,
        /// The source of the value: `token` (the default), `callback`, a claim of the `id_token` or the
        /// `access_token`, or the name of a further call.
        "from" => from: String,
        /// The hosts that the value may name. `*.example.com` allows subdomains at any depth, and `*` allows every
        /// public host.
        "allow" => allow: Vec<String>,
        /// Whether `allow = ["*"]` includes loopback and private addresses, and names without a public domain. The
        /// check applies to the name, not to the address that it resolves to. The default is `false`.
        "private" => private: bool,
        /// The type of the value. The default is `text`.
        "type" => kind: FieldType,
        /// Whether the value may be absent. The default is `false`.
        "optional" => optional: bool,
        /// Whether the value is a secret that must not be printed. The default is `false`.
        "secret" => secret: bool,
        /// A description of the value.
        "doc" => doc: String,
    }
}

table! {
    /// The hosts that may receive the access token, and how calls to the API carry it.
    pub struct Api {
        /// The URLs with which API calls begin. The token is not sent anywhere else. A path without a host continues the
        /// first one.
        "base" => base: OneOrMany<String>,
        /// The names of the tokens that the API accepts. By default it accepts each token.
        "token" => token: OneOrMany<String>,
        /// How a call carries the token: `bearer` (the default), `query`, or a table of the headers that carry it.
        "auth" => auth: ApiAuth,
        /// Headers that every API call needs. `{uuid}` and the times, such as `{now}`, are generated for each request.
        /// Arguments are not possible.
        "headers" => headers: Named<Parameter>,
        /// Parameters that every API call needs, with values as in `headers`.
        "params" => params: Named<Parameter>,
        /// Conditions on the members of a 2xx response. A response that does not meet them is an error response.
        "success" => success: Success,
        /// The path of the error code in an error response. The default is `error`. Of several paths, the first one
        /// with a value applies.
        "error" => error: Or<OneOrMany<String>>,
        /// The path of the error description in an error response. The default is `error_description`. Of several
        /// paths, the first one with a value applies.
        "error_description" => error_description: Or<OneOrMany<String>>,
        /// Error codes of the API only. Calls that carry the access token have them, too.
        "errors" => errors: Named<OneOrMany<KnownError>>,
        /// How the API reports exceeded and remaining rate limits.
        "rate_limit" => rate_limit: RateLimit,
        /// The response header with the id of the request, which the provider's support asks for.
        "request_id" => request_id: String,
        /// Where an error response names the scopes that would be sufficient.
        "needed_scopes" => needed_scopes: NeededScopes,
        /// The URL of the API's documentation.
        "docs" => docs: String,
    }
}

table! {
    /// How the API reports exceeded and remaining rate limits.
    pub struct RateLimit {
        /// The HTTP statuses that report an exceeded rate limit. The default is 429 (RFC 6585 §4).
        "status" => status: Vec<i64>,
        /// The header with the time to wait. The default is `Retry-After`, in seconds or as a date.
        "retry_after" => retry_after: Or<RetryAfter>,
        /// The time to wait if no header states one, such as `"60s"`.
        "wait" => wait: Time,
        /// The rate limits that the API counts, each with its headers.
        "buckets" => buckets: Named<Bucket>,
        /// A sentence about the rate limits.
        "doc" => doc: String,
    }
}

table! {
    /// Where an error response names the scopes that would be sufficient: a header, or a member of the body.
    pub struct NeededScopes {
        /// The name of the header with the sufficient scopes.
        "header" => header: String,
        /// The path of the member with the sufficient scopes.
        "path" => path: String,
    }
}

table! {
    /// The header with the time to wait.
    pub struct RetryAfter(header) {
        /// The name of the header with the time to wait.
        "header"(required) => header: String,
        /// The format of the time to wait. The default is `seconds`.
        "format" => format: WaitFormat,
    }
}

table! {
    /// A rate limit that the API counts.
    pub struct Bucket {
        /// The header with the maximum number of calls.
        "limit" => limit: String,
        /// The header with the remaining number of calls.
        "remaining" => remaining: String,
        /// The header with the number of calls that were made, if none states the remaining number.
        "used" => used: String,
        /// The position of this limit in its headers, from 0, if they are lists with commas.
        "position" => position: i64,
        /// The header with the time of the next reset.
        "reset" => reset: String,
        /// The format of the header `reset`. The default is `seconds`.
        "format" => format: WaitFormat,
    }
}

table! {
    /// An operation of the API.
    pub struct Operation(doc) {
        /// A description of the operation.
        "doc" => doc: String,
        /// The required scopes. Each element is a scope, or a list of scopes of which one is sufficient.
        "needs" => needs: Vec<AnyOf>,
        /// Scopes that add data to the response, each with the data that is absent without it.
        "enriches" => enriches: Named<String>,
        /// A harmless call that checks whether a token allows the operation: `GET` and a path under `api.base`.
        "probe" => probe: String,
        /// The URL of the operation's documentation.
        "docs" => docs: String,
    }
}

table! {
    /// An error response of the provider.
    pub struct KnownError(class) {
        /// What resolves the error: `login`, `retry`, `limit`, `app` or `denied`.
        "class"(required) => class: String,
        /// The provider's error description, if several errors share the code. `*` matches any text, and letter case
        /// is ignored. Of several patterns, one must match.
        "description" => description: OneOrMany<String>,
        /// Conditions on members of the error response's body, if several errors share the code.
        "where" => filter: Success,
        /// The meaning of the error.
        "doc" => doc: String,
        /// A sentence that states what to do about the error.
        "advice" => advice: String,
    }
}

table! {
    /// A value that the caller of a call supplies.
    pub struct Argument {
        /// Whether the caller may omit the argument. The default is `false`.
        "optional" => optional: bool,
        /// The value of the argument if the caller omits it.
        "default" => default: String,
        /// A constant, which the module always sends. With it, the table declares no argument, and `optional` states
        /// whether the provider accepts the request without the parameter.
        "value" => value: String,
        /// The allowed values of the argument.
        "one_of" => one_of: Vec<String>,
        /// A description of the argument.
        "doc" => doc: String,
    }
}

/// The keys that only a variant has. It may have any other key of a spec, too.
#[derive(Clone, Debug, Default)]
pub struct Variant {
    /// The setting that selects this variant for an app.
    pub setting: Option<String>,
    /// The variant of the same spec that this variant extends.
    pub extends: Option<String>,
}

impl crate::syntax::read::FromNode for Variant {
    fn from_node(
        node: &crate::syntax::tree::Node,
        reader: &mut crate::syntax::read::Reader<'_>,
    ) -> Option<Variant> {
        if node.get("setting").is_none() {
            reader.missing(node, "setting");
        }
        let setting = node
            .get("setting")
            .and_then(|setting| String::from_node(setting, reader));
        let extends = node
            .get("extends")
            .and_then(|extends| String::from_node(extends, reader));
        if let Some(inner) = node.get("variant") {
            reader.variant_in_variant(inner);
        }
        // The other keys are read after they are merged with the base.
        Some(Variant { setting, extends })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Variant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Variant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "required": ["setting"],
            "description": "A setting of the app that changes types. It may have any key of a spec.",
            "properties": {
                "setting": { "type": "string", "description": "The setting that selects this variant for an app." },
                "extends": { "type": "string", "description": "The variant of the same spec that this variant extends." }
            }
        })
    }
}
