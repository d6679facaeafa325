//! A spec as it is written: one struct per table, one field per key, nothing decided.
//!
//! The doc comments are the descriptions in the JSON schema and the language reference. A key that is
//! not said is `None`: the standard's value, which `lower` puts in.

pub use crate::syntax::calls::*;
pub use crate::syntax::choices::*;
use crate::syntax::either::{AnyOf, ApiAuth, PkceUse};
pub use crate::syntax::evidence::*;
use crate::syntax::read::table;
pub use crate::syntax::registration::*;
use crate::syntax::shapes::{Lifetime, Named, OneOrMany, Or, Parameter, Success};

table! {
    /// A provider spec.
    pub struct Document {
        /// The version of this language: 1.
        "language"(required) => language: i64,
        /// Who the provider is.
        "provider"(required) => provider: Provider,
        /// The app's registration.
        "app" => app: App,
        /// Values that the application or its user supplies.
        "inputs" => inputs: Named<Input>,
        /// Other hosts of the same provider, such as a sandbox.
        "environment" => environment: Named<Environment>,
        /// The authorization request (RFC 6749 §4.1.1). Its presence is the authorization-code grant; `false`: no login.
        "authorize" => authorize: Or<Authorize>,
        /// The browser's return (RFC 6749 §4.1.2).
        "callback" => callback: Callback,
        /// A request from the provider's own store: it starts a login.
        "install" => install: Install,
        /// The permissions that a login asks for.
        "scopes" => scopes: Scopes,
        /// The token endpoint and its grants.
        "token" => token: TokenEndpoint,
        /// The tokens that come back; one, `access`, unless stated.
        "tokens" => tokens: Named<Token>,
        /// What else of an answer is needed later.
        "fields" => fields: Named<Field>,
        /// Revocation (RFC 7009).
        "revoke" => revoke: Or<Revoke>,
        /// Introspection (RFC 7662).
        "introspect" => introspect: Or<Introspect>,
        /// Who the user is (OpenID Connect Core §5.3).
        "userinfo" => userinfo: Or<Userinfo>,
        /// Further calls, each by its name.
        "calls" => calls: Named<Or<Further>>,
        /// Where the access token may go.
        "api" => api: Api,
        /// Operations of the API, with the scopes that they need.
        "operations" => operations: Named<Operation>,
        /// The provider's refusals, by code; `status:403` for a status. Of several rows for one code the first that fits
        /// counts.
        "errors" => errors: Named<OneOrMany<KnownError>>,
        /// Settings of the app that change types: each is a module of its own.
        "variant" => variant: Named<Variant>,
        /// What ends on a day, and what follows it.
        "deprecated" => deprecated: Vec<Deprecated>,
        /// Findings that are known and stay.
        "accept" => accept: Vec<Accept>,
        /// The sources of what is stated.
        "evidence" => evidence: Vec<Evidence>,
        /// Requests and answers: documentation and test in one.
        "example" => example: Vec<Example>,
    }
}

table! {
    /// Who the provider is.
    pub struct Provider {
        /// Stored with every connection: never changes; equals the file's stem.
        "id"(required) => id: String,
        /// The name for people.
        "name"(required) => name: String,
        /// The provider's documentation of its OAuth.
        "docs"(required) => docs: String,
        /// Profiles of the standards that the provider keeps to; each is checked.
        "profiles" => profiles: Vec<Profile>,
        /// The spec that this one is laid over: the id of one beside it, or a path from here.
        "extends" => extends: String,
    }
}

table! {
    /// The authorization request.
    pub struct Authorize {
        /// The authorization endpoint.
        "url" => url: String,
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// Standard parameters that go out under another name, or `false`.
        "names" => names: Named<Or<String>>,
        /// Where the parameters stand.
        "params_in" => params_in: ParamsIn,
        /// What becomes of a parameter that the provider does not know (RFC 6749 §3.1).
        "unknown_params" => unknown_params: UnknownParams,
        /// What the provider does with PKCE.
        "pkce" => pkce: PkceUse,
        /// Whether the state comes back as a parameter (RFC 6749 §4.1.2).
        "state" => state: StateIn,
        /// Whether a nonce goes along and comes back in the ID token (OpenID Connect Core §3.1.2.1).
        "nonce" => nonce: Nonce,
        /// What must be asked so that a refresh token comes.
        "offline" => offline: Offline,
        /// A sentence on this request.
        "doc" => doc: String,
    }
}

table! {
    /// What must be asked so that a refresh token comes.
    pub struct Offline {
        /// Parameters of the authorization request.
        "params" => params: Named<Parameter>,
        /// Scopes.
        "scopes" => scopes: Vec<String>,
    }
}

table! {
    /// The browser's return.
    pub struct Callback {
        /// The name of the code, or its name and how it stands there.
        "code" => code: CallbackCode,
        /// The name of the state.
        "state" => state: String,
        /// The name of a refusal's code; of several names the first that has one.
        "error" => error: OneOrMany<String>,
        /// The name of a refusal's words; of several names the first that has some.
        "error_description" => error_description: OneOrMany<String>,
        /// Parameters that must be there with this value, such as `iss` (RFC 9207).
        "verify" => verify: Named<Verify>,
    }
}

table! {
    /// The code in the callback.
    pub struct CallbackCode(name) {
        /// Its name.
        "name" => name: String,
        /// How it stands in the redirect.
        "encoding" => encoding: CodeEncoding,
    }
}

table! {
    /// A request from the provider's own store, which starts a login. A code in it is never traded.
    pub struct Install {
        /// Parameters that must be there with this value.
        "verify" => verify: Named<Verify>,
        /// Inputs that are filled from it.
        "inputs" => inputs: Named<String>,
        /// What it is.
        "doc" => doc: String,
    }
}

table! {
    /// What a parameter of the callback must say.
    pub struct Verify(value) {
        /// The value.
        "value"(required) => value: String,
        /// Whether it may be absent; another value is refused all the same.
        "optional" => optional: bool,
    }
}

table! {
    /// The permissions that a login asks for.
    pub struct Scopes {
        /// The parameter's name.
        "param" => param: String,
        /// What stands between two scopes; what is accepted, the first is sent.
        "separator" => separator: OneOrMany<String>,
        /// How the list is written in a URL.
        "encoding" => encoding: Encoding,
        /// Who chooses them.
        "chosen" => chosen: Chosen,
        /// The scopes, one constant each; `false` in a variant that has none.
        "known" => known: Or<Named<KnownScope>>,
        /// Scopes that every login asks for.
        "always" => always: Vec<String>,
        /// Whether there are others than the known ones.
        "open" => open: bool,
        /// What becomes of a scope that there is not (RFC 6749 §3.3).
        "unknown" => unknown: UnknownScopes,
        /// How the granted scopes are told; `false`: not at all.
        "granted" => granted: Or<Granted>,
        /// Scopes that a response may leave out although they were granted.
        "unreported" => unreported: Vec<String>,
        /// Several lists with a parameter each.
        "sets" => sets: Named<ScopeSet>,
    }
}

table! {
    /// One of several lists of scopes.
    pub struct ScopeSet {
        /// The parameter's name.
        "param" => param: String,
        /// The scopes, one constant each.
        "known" => known: Or<Named<KnownScope>>,
        /// Scopes that every login asks for.
        "always" => always: Vec<String>,
        /// Whether there are others than the known ones.
        "open" => open: bool,
        /// The token they are for; the one of the set's name unless stated.
        "token" => token: String,
    }
}

table! {
    /// How granted scopes are told.
    pub struct Granted {
        /// What tells them.
        "from" => from: GrantedFrom,
        /// Where they stand, if not in a member of each token.
        "path" => path: String,
        /// What stands between two of them; a list in JSON needs none.
        "separator" => separator: OneOrMany<String>,
    }
}

table! {
    /// A scope.
    pub struct KnownScope(doc) {
        /// What it opens.
        "doc" => doc: String,
        /// The constant's name, where the id makes a poor one.
        "name" => name: String,
        /// Scopes that come with it.
        "implies" => implies: Vec<String>,
        /// The same scope under another id.
        "same_as" => same_as: String,
        /// Whether the provider must approve it first.
        "review" => review: bool,
    }
}

table! {
    /// A token that comes back.
    pub struct Token {
        /// The call whose answer holds it: `token`, or the name of a further call; `console` for a key that a person
        /// copies from the provider's pages.
        "from" => from: String,
        /// The object its members are read from; `$` is the whole body.
        "at" => at: String,
        /// Where the access token stands.
        "access_token" => access_token: String,
        /// Where its lifetime stands.
        "expires_in" => expires_in: Or<ExpiresIn>,
        /// Where its end stands.
        "expires_at" => expires_at: Or<ExpiresAt>,
        /// Where the refresh token stands.
        "refresh_token" => refresh_token: Or<String>,
        /// Where the refresh token's lifetime stands.
        "refresh_token_expires_in" => refresh_token_expires_in: Or<ExpiresIn>,
        /// Where the refresh token's end stands.
        "refresh_token_expires_at" => refresh_token_expires_at: Or<ExpiresAt>,
        /// Where the granted scopes stand.
        "scope" => scope: Or<String>,
        /// Where the ID token stands.
        "id_token" => id_token: Or<String>,
        /// How long it lives, by the documentation.
        "lifetime" => lifetime: Lifetime,
        /// Whether it comes only if its scopes were asked for.
        "optional" => optional: bool,
        /// The same members in the answer to a refresh, where they stand elsewhere.
        "refreshed" => refreshed: Refreshed,
        /// What it is for.
        "doc" => doc: String,
    }
}

table! {
    /// Where a token stands in the answer to a refresh.
    pub struct Refreshed {
        /// The object its members are read from.
        "at" => at: String,
        /// Where the access token stands.
        "access_token" => access_token: String,
        /// Where its lifetime stands.
        "expires_in" => expires_in: Or<ExpiresIn>,
        /// Where the refresh token stands.
        "refresh_token" => refresh_token: Or<String>,
        /// Where the granted scopes stand.
        "scope" => scope: Or<String>,
    }
}

table! {
    /// Where a lifetime stands, and in which unit.
    pub struct ExpiresIn(path) {
        /// Its path.
        "path" => path: String,
        /// Its unit.
        "unit" => unit: Unit,
        /// The number that means: it does not end.
        "never" => never: i64,
    }
}

table! {
    /// Where a point in time stands, and in which format.
    pub struct ExpiresAt(path) {
        /// Its path.
        "path" => path: String,
        /// Its format.
        "format" => format: TimeFormat,
    }
}

table! {
    /// What else of an answer is needed later.
    pub struct Field(path) {
        /// Its path in the answer, in the claims of a token, or its name in the callback.
        "path"(required) => path: String,
        /// Where it comes from: `token`, `callback`, `id_token` or `access_token` (a claim of it), or the name
        /// of a further call.
        "from" => from: String,
        /// The hosts it may name: `*.example.com` allows any depth, `*` every public host.
        "allow" => allow: Vec<String>,
        /// Whether `allow = ["*"]` includes loopback and private addresses and names without a public domain. The
        /// name is judged, not the address that it resolves to.
        "private" => private: bool,
        /// Its type.
        "type" => kind: FieldType,
        /// Whether it may be absent.
        "optional" => optional: bool,
        /// Whether it must not be printed.
        "secret" => secret: bool,
        /// What it is.
        "doc" => doc: String,
    }
}

table! {
    /// Where the access token may go.
    pub struct Api {
        /// Where every API call begins; the token goes nowhere else.
        "base" => base: String,
        /// How the token is carried: `bearer`, `query`, or the headers that carry it.
        "auth" => auth: ApiAuth,
        /// Headers that every call needs.
        "headers" => headers: Named<Parameter>,
        /// Parameters that every call needs.
        "params" => params: Named<Parameter>,
        /// What a 2xx answer must show to be a success.
        "success" => success: Success,
        /// Where a refusal says its code; of several places the first that has one.
        "error" => error: Or<OneOrMany<String>>,
        /// Where a refusal says it in words; of several places the first that has some.
        "error_description" => error_description: Or<OneOrMany<String>>,
        /// How the API says that it was called too often.
        "rate_limit" => rate_limit: RateLimit,
        /// The header with the id of a request, for the provider's support.
        "request_id" => request_id: String,
        /// Where a refusal names the scopes that would have done.
        "needed_scopes" => needed_scopes: NeededScopes,
        /// The API's documentation.
        "docs" => docs: String,
    }
}

table! {
    /// How the API says that it was called too often, and what is left.
    pub struct RateLimit {
        /// The statuses that say so; 429 unless stated (RFC 6585 §4).
        "status" => status: Vec<i64>,
        /// The header that says when to come back; `Retry-After` in seconds or as a date unless stated.
        "retry_after" => retry_after: Or<RetryAfter>,
        /// What is counted, each with the headers that say so.
        "buckets" => buckets: Named<Bucket>,
        /// A sentence on the limits.
        "doc" => doc: String,
    }
}

table! {
    /// Where a refusal names the scopes that would have done: a header, or a member of the body.
    pub struct NeededScopes {
        /// The header's name.
        "header" => header: String,
        /// The member's path.
        "path" => path: String,
    }
}

table! {
    /// The header that says when to come back.
    pub struct RetryAfter(header) {
        /// Its name.
        "header"(required) => header: String,
        /// Its form.
        "format" => format: WaitFormat,
    }
}

table! {
    /// Something that is counted.
    pub struct Bucket {
        /// The header with the most that is allowed.
        "limit" => limit: String,
        /// The header with what is left.
        "remaining" => remaining: String,
        /// The header that says when it is full again.
        "reset" => reset: String,
        /// The form of `reset`.
        "format" => format: WaitFormat,
    }
}

table! {
    /// An operation of the API.
    pub struct Operation(doc) {
        /// What it does.
        "doc" => doc: String,
        /// The scopes it cannot do without; a list inside the list: any of these.
        "needs" => needs: Vec<AnyOf>,
        /// Scopes that fill more of its answer: each with what stays empty without it.
        "enriches" => enriches: Named<String>,
        /// A harmless call that tells whether a token may do it: method and path beneath `api.base`.
        "probe" => probe: String,
        /// Where the API documents it.
        "docs" => docs: String,
    }
}

table! {
    /// A refusal.
    pub struct KnownError(class) {
        /// What mends it: login, retry, limit, app, denied.
        "class"(required) => class: String,
        /// The provider's words for it, where the code alone does not tell; `*` stands for any text, and upper and lower
        /// case are one. Any of several.
        "description" => description: OneOrMany<String>,
        /// What members of the body must show, where the code alone does not tell.
        "where" => filter: Success,
        /// What it means.
        "doc" => doc: String,
        /// What to do, in a sentence.
        "advice" => advice: String,
    }
}

table! {
    /// A value that whoever makes the call gives.
    pub struct Argument {
        /// Whether it may be absent.
        "optional" => optional: bool,
        /// What it is if nobody says.
        "default" => default: String,
        /// The words it may be.
        "one_of" => one_of: Vec<String>,
        /// What it is.
        "doc" => doc: String,
    }
}

/// A variant's own keys; the rest of it is any key of a spec.
#[derive(Clone, Debug, Default)]
pub struct Variant {
    /// The setting that makes an app this variant.
    pub setting: Option<String>,
    /// The variant of the same spec that this one is laid over.
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
        // Its other keys are read once they are laid over the base.
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
            "description": "A setting of the app that changes types: any key of a spec beside `setting`.",
            "properties": {
                "setting": { "type": "string", "description": "The setting that makes an app this variant." },
                "extends": { "type": "string", "description": "The variant of the same spec that this one is laid over." }
            }
        })
    }
}
