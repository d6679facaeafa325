//! A spec as it is written: one struct per table, one field per key, nothing decided.
//!
//! The doc comments are the descriptions in the JSON schema and the language reference. A key that is
//! not said is `None`: the standard's value, which `lower` puts in.

pub use crate::syntax::choices::*;
pub use crate::syntax::evidence::*;
use crate::syntax::read::table;
use crate::syntax::shapes::{Grace, Lifetime, Named, OneOrMany, Or, Parameter, Success, Time};

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
        /// Where the access token may go.
        "api" => api: Api,
        /// The provider's refusals; `status:403` for a status.
        "errors" => errors: Named<KnownError>,
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
    }
}

table! {
    /// The app's registration.
    pub struct App {
        /// Where an app is registered.
        "console" => console: String,
        /// Registration, step by step.
        "steps" => steps: Vec<String>,
        /// Rules for redirect URIs.
        "redirect_uri" => redirect_uri: RedirectUri,
        /// What happens to the client secret.
        "secret" => secret: ClientSecret,
    }
}

table! {
    /// Rules for redirect URIs.
    pub struct RedirectUri {
        /// Allowed schemes.
        "scheme" => scheme: RedirectScheme,
        /// How it is compared with the registered one.
        "match" => matching: RedirectMatch,
        /// Whether the parameter may be left out.
        "optional" => optional: bool,
        /// How many an app may register.
        "max" => max: i64,
    }
}

table! {
    /// What happens to the client secret.
    pub struct ClientSecret {
        /// When the console shows it.
        "shown" => shown: SecretShown,
        /// How long it is good.
        "lifetime" => lifetime: Time,
    }
}

table! {
    /// A value that the application or its user supplies.
    pub struct Input {
        /// Who it belongs to.
        "per" => per: Per,
        /// Its form.
        "type" => kind: InputType,
        /// Classes and counts, such as `[a-z0-9-]{1,60}`.
        "pattern" => pattern: String,
        /// The words it may be.
        "one_of" => one_of: Vec<String>,
        /// The hosts it may name; `*.example.com` allows any depth.
        "allow" => allow: Vec<String>,
        /// What it is if nobody says.
        "default" => default: String,
        /// What it is.
        "doc" => doc: String,
        /// A value that shows its form.
        "example" => example: String,
    }
}

table! {
    /// Other hosts of the same provider.
    pub struct Environment {
        /// What it is for.
        "doc" => doc: String,
        /// Where an app is registered for it.
        "console" => console: String,
        /// Origin for origin.
        "hosts"(required) => hosts: Named<String>,
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
        /// What the provider does with PKCE.
        "pkce" => pkce: Pkce,
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
        /// The name of the code.
        "code" => code: String,
        /// The name of the state.
        "state" => state: String,
        /// The name of a refusal's code.
        "error" => error: String,
        /// The name of a refusal's words.
        "error_description" => error_description: String,
        /// Parameters that must be there with this value, such as `iss` (RFC 9207).
        "verify" => verify: Named<Verify>,
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
        /// Who chooses them.
        "chosen" => chosen: Chosen,
        /// The scopes, one constant each; `false` in a variant that has none.
        "known" => known: Or<Named<KnownScope>>,
        /// Scopes that every login asks for.
        "always" => always: Vec<String>,
        /// Whether there are others than the known ones.
        "open" => open: bool,
        /// How the granted scopes are told; `false`: not at all.
        "granted" => granted: Or<Granted>,
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
    /// The token endpoint: what its grants share, and the grants.
    pub struct TokenEndpoint {
        /// The token endpoint's URL.
        "url" => url: String,
        /// The HTTP method.
        "method" => method: OneOrMany<Method>,
        /// Client authentication: what is accepted, the first is sent.
        "auth" => auth: OneOrMany<Authentication>,
        /// How parameters travel: what is accepted, the first is sent.
        "body" => body: OneOrMany<BodyFormat>,
        /// Headers.
        "headers" => headers: Named<Parameter>,
        /// Standard parameters that go out under another name, or `false`.
        "names" => names: Named<Or<String>>,
        /// The answer's format.
        "response" => response: ResponseFormat,
        /// What a 2xx answer must show to be a success.
        "success" => success: Success,
        /// Where a refusal says its code.
        "error" => error: Or<String>,
        /// Where a refusal says its words.
        "error_description" => error_description: Or<String>,
        /// Refusals of these calls alone.
        "errors" => errors: Named<KnownError>,
        /// The exchange of the code (RFC 6749 §4.1.3); there if `authorize` is.
        "authorization_code" => authorization_code: Or<Grant>,
        /// Refresh (RFC 6749 §6); `false`: the provider issues no refresh tokens.
        "refresh_token" => refresh_token: Or<Grant>,
        /// Client credentials (RFC 6749 §4.4).
        "client_credentials" => client_credentials: Or<Grant>,
        /// The access token is traded in for the next one.
        "renew" => renew: Or<Grant>,
    }
}

table! {
    /// A grant at the token endpoint: all of `[token]`, and what differs.
    pub struct Grant {
        /// The URL, where it is not the token endpoint's.
        "url" => url: String,
        /// The HTTP method.
        "method" => method: OneOrMany<Method>,
        /// Client authentication.
        "auth" => auth: OneOrMany<Authentication>,
        /// How parameters travel.
        "body" => body: OneOrMany<BodyFormat>,
        /// Headers.
        "headers" => headers: Named<Parameter>,
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// Standard parameters that go out under another name, or `false`.
        "names" => names: Named<Or<String>>,
        /// The answer's format.
        "response" => response: ResponseFormat,
        /// What a 2xx answer must show to be a success.
        "success" => success: Success,
        /// Where a refusal says its code.
        "error" => error: Or<String>,
        /// Where a refusal says its words.
        "error_description" => error_description: Or<String>,
        /// Refusals of this call alone.
        "errors" => errors: Named<KnownError>,
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
        /// Not earlier than this before the end.
        "margin" => margin: Time,
        /// Not before the token is so old.
        "min_age" => min_age: Time,
        /// What else ends it.
        "ends_by" => ends_by: Vec<String>,
    }
}

table! {
    /// A token that comes back.
    pub struct Token {
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
        /// Where the refresh token's lifetime stands, in seconds.
        "refresh_token_expires_in" => refresh_token_expires_in: Or<String>,
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
        /// Its path in the answer, or its name in the callback.
        "path"(required) => path: String,
        /// Where it comes from.
        "from" => from: FieldFrom,
        /// The hosts it may name; `*.example.com` allows any depth.
        "allow" => allow: Vec<String>,
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
    /// Revocation.
    pub struct Revoke {
        /// The revocation endpoint.
        "url" => url: String,
        /// The HTTP method.
        "method" => method: OneOrMany<Method>,
        /// Client authentication, or `bearer`: the token shows itself.
        "auth" => auth: OneOrMany<Authentication>,
        /// How parameters travel.
        "body" => body: OneOrMany<BodyFormat>,
        /// Headers.
        "headers" => headers: Named<Parameter>,
        /// Parameters beyond the standard's.
        "params" => params: Named<Parameter>,
        /// Standard parameters that go out under another name, or `false`.
        "names" => names: Named<Or<String>>,
        /// The answer's format.
        "response" => response: ResponseFormat,
        /// What a 2xx answer must show to be a success.
        "success" => success: Success,
        /// Where a refusal says its code.
        "error" => error: Or<String>,
        /// Where a refusal says its words.
        "error_description" => error_description: Or<String>,
        /// Refusals of this call alone.
        "errors" => errors: Named<KnownError>,
        /// A sentence on this call.
        "doc" => doc: String,
        /// Which token it takes: the refresh token if there is one.
        "token" => token: TokenKind,
        /// What is dead afterwards.
        "ends" => ends: Ends,
    }
}

table! {
    /// Where the access token may go.
    pub struct Api {
        /// Where every API call begins; the token goes nowhere else.
        "base" => base: String,
        /// Headers that every call needs.
        "headers" => headers: Named<Parameter>,
        /// The API's documentation.
        "docs" => docs: String,
    }
}

table! {
    /// A refusal.
    pub struct KnownError(class) {
        /// What mends it: login, retry, limit, app, denied.
        "class"(required) => class: String,
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
        // Its other keys are read once they are laid over the base.
        Some(Variant { setting })
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
            "properties": { "setting": { "type": "string" } }
        })
    }
}
