//! Lowers one call: its request and how its response is read, with inherited keys in place.

use super::Context;
use super::keys::Inherited;
use super::parameters::{
    Standard, argument, may_be_left_out, report_repeated, standard, stated_value, with_standard,
};
use super::template::{self, Available, Fields};
use super::tokens::places_or;
use crate::plan::value::Argument;
use crate::plan::{
    Accepts, Authentication, Body, Call, CallId, CallKind, Ends, Header, Method, Parameter, Piece,
    Placement, ResponseFormat, Source, Success, Template, Value, When,
};
use crate::rules;
use crate::syntax::document::{self, BodyFormat, UnknownParams};
use crate::syntax::either::{ApiAuth, Auth};
use crate::syntax::path;
use crate::syntax::shapes::{Expected, Named, Parameter as Stated};

pub(super) fn text(text: &str) -> Value {
    Value::Template(Template::text(text))
}

pub(super) fn source(source: Source) -> Value {
    Value::Template(Template::source(source))
}

/// Returns the fields that a call can use. The exchange has those of the callback, and of calls that are made
/// before it.
fn fields(kind: CallKind) -> Fields {
    match kind {
        CallKind::Exchange => Fields::BeforeExchange,
        CallKind::ClientCredentials => Fields::None,
        _ => Fields::All,
    }
}

/// Returns the standard's values that a call can use.
fn available(kind: CallKind) -> Vec<Source> {
    let mut sources = vec![Source::ClientId, Source::ClientSecret];
    sources.extend(match kind {
        CallKind::Exchange => vec![
            Source::Code,
            Source::RedirectUri,
            Source::CodeVerifier,
            Source::State,
        ],
        CallKind::Refresh => vec![Source::RefreshToken, Source::RedirectUri],
        CallKind::RevokeRefreshToken => vec![Source::RefreshToken],
        CallKind::ClientCredentials => Vec::new(),
        CallKind::Introspect | CallKind::Further => {
            vec![Source::AccessToken, Source::RefreshToken]
        }
        CallKind::Renew | CallKind::RevokeAccessToken | CallKind::Userinfo => {
            vec![Source::AccessToken]
        }
    });
    sources
}

pub(super) fn lower(
    cx: &mut Context<'_>,
    kind: CallKind,
    id: CallId,
    keys: &Inherited<'_>,
    mut standard: Standard,
) -> Call {
    let at = keys.own.at;
    let standard_values = available(kind);
    let available = Available {
        standard: &standard_values,
        fields: fields(kind),
        members: matches!(kind, CallKind::Further),
        draws: true,
        ..Available::NOTHING
    };
    let (url, url_path) = keys.get("url", |keys| keys.url);
    let url = match url {
        Some(url) => template::url_with(cx, url, &url_path, available),
        None => {
            let help = format!(
                "add `url = \"https://…\"` to [{}]",
                if id.is_token_request() { "token" } else { at }
            );
            cx.report(
                &rules::GRANT_WITHOUT_ENDPOINT,
                at,
                format!("`{at}` has no URL"),
                help,
            );
            Template::default()
        }
    };
    let authentication = authentication(cx, kind, keys);
    let carrier = carrier(cx, keys, authentication, available);
    standard.extend(credentials(authentication));
    if url
        .sources()
        .any(|source| matches!(source, Source::AccessToken | Source::RefreshToken))
    {
        standard.retain(|(word, _)| word != "token");
    }
    let (rows, mut arguments) = parameters(cx, keys, standard, available, authentication);
    let method = method(kind, keys);
    let (mut query, body) = placed(cx, keys, method, rows);
    let is_bodiless = matches!(body, Body::Empty);
    let (headers, header_arguments) = headers(cx, keys, carrier.headers, is_bodiless, available);
    arguments.extend(header_arguments);
    twice_authenticated(cx, keys, authentication, &headers);
    let (own_query, query_arguments) = own_query(cx, keys, available);
    arguments.extend(query_arguments);
    query.extend(own_query);
    query.extend(carrier.query);
    report_repeated(cx, &query);
    Call {
        kind,
        of_token: None,
        carries: None,
        id,
        doc: keys.own.doc.cloned(),
        method,
        url,
        query,
        headers,
        body,
        authentication,
        accepts: accepts(cx, kind, keys),
        arguments,
        response: match keys.get("response", |keys| keys.response).0 {
            Some(document::ResponseFormat::Form) => ResponseFormat::Form,
            Some(document::ResponseFormat::Text) => ResponseFormat::Text,
            Some(document::ResponseFormat::Jwt) => ResponseFormat::Jwt,
            Some(document::ResponseFormat::JsonOrForm) => ResponseFormat::JsonOrForm,
            _ => ResponseFormat::Json,
        },
        success: success(keys),
        error: places_or(keys.get("error", |keys| keys.error).0, "error"),
        error_description: places_or(
            keys.get("error_description", |keys| keys.error_description)
                .0,
            "error_description",
        ),
        readings: Vec::new(),
        fields: Vec::new(),
        carried: Vec::new(),
        selection: None,
        when: When::Needed,
        ends: Ends::Grant,
        needs: Vec::new(),
    }
}

/// Returns the forms of a request that the provider accepts.
fn accepts(cx: &Context<'_>, kind: CallKind, keys: &Inherited<'_>) -> Accepts {
    let words = match keys.get("auth", |keys| keys.auth).0 {
        Some(Auth::Words(words)) => words.0.as_slice(),
        _ => &[],
    };
    let bodies = keys.get("body", |keys| keys.body).0;
    let methods = keys.get("method", |keys| keys.method).0;
    let at_token_endpoint = matches!(
        kind,
        CallKind::Exchange | CallKind::Refresh | CallKind::Renew | CallKind::ClientCredentials
    );
    let token = cx.document().token.as_ref();
    let refused = token.and_then(|token| token.unknown_params) == Some(UnknownParams::Refused);
    Accepts {
        authentications: words.iter().copied().map(authentication_of).collect(),
        bodies: bodies.map_or_else(Vec::new, |bodies| bodies.0.clone()),
        methods: methods.map_or_else(Vec::new, |methods| {
            methods.0.iter().copied().map(method_of).collect()
        }),
        only_known: at_token_endpoint && refused,
    }
}

fn authentication_of(word: document::Authentication) -> Authentication {
    match word {
        document::Authentication::Basic => Authentication::Basic,
        document::Authentication::BasicRaw => Authentication::BasicRaw,
        document::Authentication::Post => Authentication::Post,
        document::Authentication::None => Authentication::None,
        document::Authentication::Bearer => Authentication::Bearer,
        document::Authentication::Query => Authentication::Query,
    }
}

fn method_of(word: document::Method) -> Method {
    match word {
        document::Method::Get => Method::Get,
        document::Method::Post => Method::Post,
        document::Method::Put => Method::Put,
        document::Method::Delete => Method::Delete,
    }
}

/// Returns the stated method. Without one, userinfo and further calls are GET, and the others POST (RFC 6749 §3.2).
fn method(kind: CallKind, keys: &Inherited<'_>) -> Method {
    let stated = keys.get("method", |keys| keys.method).0;
    match stated.and_then(|methods| methods.0.first()) {
        Some(stated) => method_of(*stated),
        None if matches!(kind, CallKind::Userinfo | CallKind::Further) => Method::Get,
        None => Method::Post,
    }
}

fn success(keys: &Inherited<'_>) -> Vec<(Vec<String>, Success)> {
    let stated = keys.get("success", |keys| keys.success).0;
    stated.map(conditions).unwrap_or_default()
}

/// Lowers the conditions on members of a response.
pub(super) fn conditions(stated: &crate::syntax::shapes::Success) -> Vec<(Vec<String>, Success)> {
    let lowered = stated.0.iter().map(|(path, expected)| {
        let expected = match expected {
            Expected::Absent => Success::Absent,
            Expected::True => Success::True,
            Expected::Number(number) => Success::Number(*number),
            Expected::Text(text) => Success::Text(text.clone()),
        };
        (path.clone(), expected)
    });
    lowered.collect()
}

fn authentication(cx: &mut Context<'_>, kind: CallKind, keys: &Inherited<'_>) -> Authentication {
    let (stated, path) = keys.get("auth", |keys| keys.auth);
    let carries = matches!(kind, CallKind::Userinfo | CallKind::Further);
    let word = match stated {
        Some(Auth::Headers(_)) => return Authentication::Headers,
        Some(Auth::Words(words)) => words.0.first().copied(),
        None if carries => Some(document::Authentication::Bearer),
        None => None,
    };
    let authentication = word.map_or(Authentication::Basic, authentication_of);
    if !matches!(
        authentication,
        Authentication::Bearer | Authentication::Query
    ) {
        return authentication;
    }
    if !available(kind).contains(&Source::AccessToken) {
        let message = format!("`{}` has no access token to send", keys.own.at);
        let help = "one of: basic, basic_raw, post, none".to_owned();
        cx.report(&rules::IMPOSSIBLE_AUTHENTICATION, &path, message, help);
    }
    authentication
}

/// The headers and query parameters that carry the credential.
#[derive(Default)]
struct Carrier {
    headers: Vec<Header>,
    query: Vec<Parameter>,
}

fn carrier(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    authentication: Authentication,
    available: Available<'_>,
) -> Carrier {
    let (stated, path) = keys.get("auth", |keys| keys.auth);
    let header = |value| Carrier {
        headers: vec![row("authorization", value, keys.own.at)],
        ..Carrier::default()
    };
    let of_headers = |cx: &mut Context<'_>, named: &Named<String>, path: &str, available| Carrier {
        headers: own_headers(cx, named, path, available),
        ..Carrier::default()
    };
    match authentication {
        Authentication::Post | Authentication::None => Carrier::default(),
        Authentication::Basic | Authentication::BasicRaw => header(source(Source::Basic)),
        Authentication::Query => in_query(keys.own.at),
        Authentication::Headers => match stated {
            Some(Auth::Headers(named)) => of_headers(cx, named, &path, available),
            _ => Carrier::default(),
        },
        Authentication::Bearer => {
            let api = cx.document().api.as_ref().and_then(|api| api.auth.clone());
            match api {
                Some(ApiAuth::Headers(named)) => of_headers(cx, &named, "api.auth", available),
                Some(ApiAuth::Word(document::Placement::Query)) => in_query(keys.own.at),
                _ => header(bearer()),
            }
        }
    }
}

/// Returns the value of the Authorization header with a bearer token (RFC 6750 §2.1).
pub(super) fn bearer() -> Value {
    Value::Template(Template(vec![
        Piece::Text("Bearer ".to_owned()),
        Piece::Source(Source::AccessToken),
    ]))
}

/// Returns the query parameter with the access token (RFC 6750 §2.3).
fn in_query(at: &str) -> Carrier {
    Carrier {
        query: vec![row("access_token", source(Source::AccessToken), at)],
        ..Carrier::default()
    }
}

/// Lowers provider-specific headers that carry a credential.
fn own_headers(
    cx: &mut Context<'_>,
    named: &Named<String>,
    at: &str,
    available: Available<'_>,
) -> Vec<Header> {
    let mut headers = Vec::new();
    for (name, text) in named.iter() {
        let (lower, path) = (name.to_ascii_lowercase(), path::join(at, name));
        if lower != "authorization" {
            bad_header(cx, &lower, &Stated::Template(text.clone()), &path);
        }
        let value = Value::Template(template::value(cx, text, &path, available));
        headers.push(row(&lower, value, &path));
    }
    headers
}

/// Lowers the placement of the token in a call to the API.
pub(super) fn placement(cx: &mut Context<'_>, auth: Option<&ApiAuth>) -> Placement {
    let available = Available {
        standard: &[Source::AccessToken, Source::ClientId, Source::ClientSecret],
        ..Available::NOTHING
    };
    match auth {
        None | Some(ApiAuth::Word(document::Placement::Bearer)) => Placement::Bearer,
        Some(ApiAuth::Word(document::Placement::Query)) => Placement::Query,
        Some(ApiAuth::Headers(named)) => {
            let headers = own_headers(cx, named, "api.auth", available);
            if !headers.iter().any(|row| row.carries(&Source::AccessToken)) {
                let message = "no header of `api.auth` carries the access token".to_owned();
                let help = "write `{access_token}` in one of them, or move them to `api.headers`";
                cx.report(&rules::UNUSABLE_API, "api.auth", message, help.to_owned());
            }
            Placement::Headers(headers)
        }
    }
}

/// Lowers the parameters that are in the query regardless of the body.
fn own_query(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    available: Available<'_>,
) -> (Vec<Parameter>, Vec<Argument>) {
    let stated = keys.merged("query", |keys| keys.query);
    let mut rows = Vec::new();
    let mut arguments = Vec::new();
    for (name, value, path) in stated {
        match value {
            Stated::Absent => continue,
            Stated::Argument(argument) => arguments.extend(self::argument(name, argument)),
            _ => {}
        }
        let is_optional = may_be_left_out(value);
        let value = stated_value(cx, value, &path, name, available);
        rows.push(Parameter {
            is_optional,
            ..row(name, value, &path)
        });
    }
    (rows, arguments)
}

/// Returns the parameters of client authentication (RFC 6749 §2.3.1 and §3.2.1).
fn credentials(authentication: Authentication) -> Standard {
    match authentication {
        Authentication::Post => standard([
            ("client_id", source(Source::ClientId)),
            ("client_secret", source(Source::ClientSecret)),
        ]),
        Authentication::None => standard([("client_id", source(Source::ClientId))]),
        _ => Vec::new(),
    }
}

fn parameters(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    standard: Standard,
    available: Available<'_>,
    authentication: Authentication,
) -> (Vec<Parameter>, Vec<Argument>) {
    let none = Named::default();
    let stated = keys.own.params.unwrap_or(&none);
    let at = path::join(keys.own.at, "params");
    let names = keys.merged("names", |keys| keys.names);
    let (mut rows, arguments) =
        with_standard(cx, standard, stated, &at, &names, available, keys.own.at);
    if matches!(
        authentication,
        Authentication::Basic | Authentication::BasicRaw
    ) {
        let twice = rows
            .iter()
            .find(|row| row.carries(&Source::ClientSecret))
            .map(|row| row.path.clone());
        if let Some(path) = twice {
            let message = format!(
                "`{}` sends the client secret in a header and in a parameter",
                keys.own.at
            );
            cx.report(
                &rules::BOTH_AUTHENTICATIONS,
                &path,
                message,
                "write `auth = \"post\"`, or drop the parameter".to_owned(),
            );
        }
    }
    rows.retain(|row| !row.name.is_empty());
    (rows, arguments)
}

/// Reports a client secret in a provider-specific header if Basic or post sends it, too.
fn twice_authenticated(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    authentication: Authentication,
    headers: &[Header],
) {
    let shows = matches!(
        authentication,
        Authentication::Basic | Authentication::BasicRaw | Authentication::Post
    );
    if let Some(header) = headers
        .iter()
        .find(|header| shows && header.carries(&Source::ClientSecret))
    {
        let message = format!("`{}` sends the client secret twice", keys.own.at);
        let help = "write `auth = \"none\"` if a header of the provider carries it".to_owned();
        cx.report(&rules::BOTH_AUTHENTICATIONS, &header.path, message, help);
    }
}

fn headers(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    carriers: Vec<Header>,
    is_bodiless: bool,
    available: Available<'_>,
) -> (Vec<Header>, Vec<Argument>) {
    let mut headers = vec![row("accept", text("application/json"), keys.own.at)];
    headers.extend(carriers);
    let mut arguments = Vec::new();
    for (name, value, path) in keys.merged("headers", |keys| keys.headers) {
        let lower = name.to_ascii_lowercase();
        // A request with a body has the content type of that body, and not that of the API's calls.
        let is_of_api = lower == "content-type" && path.starts_with("api.");
        if is_of_api && !is_bodiless {
            continue;
        }
        if !is_of_api {
            bad_header(cx, &lower, value, &path);
        }
        headers.retain(|header| header.name != lower);
        match value {
            Stated::Absent => continue,
            Stated::Argument(argument) => arguments.extend(self::argument(name, argument)),
            _ => {}
        }
        let is_optional = may_be_left_out(value);
        let value = stated_value(cx, value, &path, name, available);
        headers.push(Header {
            name: lower,
            value,
            is_optional,
            path,
        });
    }
    (headers, arguments)
}

fn bad_header(cx: &mut Context<'_>, name: &str, value: &Stated, path: &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let (message, help) = match value {
        _ if name.is_empty() || !name.bytes().all(is_token) => (
            format!("`{name}` is not a valid header name"),
            "use letters, digits and hyphens",
        ),
        _ if name == "content-type" => (
            "Content-Type follows from `body`".to_owned(),
            "drop the line",
        ),
        _ if name == "authorization" => (
            "Authorization follows from `auth`".to_owned(),
            "drop the line",
        ),
        Stated::Template(text)
            if !text
                .bytes()
                .all(|byte| byte == b' ' || byte.is_ascii_graphic()) =>
        {
            (
                format!("the value of `{name}` has characters that are not valid in a header"),
                "use visible ASCII characters",
            )
        }
        _ => return,
    };
    cx.report(&rules::BAD_HEADER, path, message, help.to_owned());
}

fn row(name: &str, value: Value, path: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value,
        is_optional: false,
        path: path.to_owned(),
    }
}

fn placed(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    method: Method,
    rows: Vec<Parameter>,
) -> (Vec<Parameter>, Body) {
    let (stated, path) = keys.get("body", |keys| keys.body);
    let format = stated.and_then(|body| body.0.first()).copied();
    if method == Method::Get && matches!(format, Some(BodyFormat::Form | BodyFormat::Json)) {
        cx.report(
            &rules::BODY_WITH_GET,
            &path,
            format!("`{}` is a GET request with a body", keys.own.at),
            "drop `body`, or write `method = \"POST\"`".to_owned(),
        );
    }
    match format.unwrap_or(BodyFormat::Form) {
        _ if method == Method::Get => (rows, Body::Empty),
        BodyFormat::Query => (rows, Body::Empty),
        _ if rows.is_empty() => (rows, Body::Empty),
        BodyFormat::Form => (Vec::new(), Body::Form(rows)),
        BodyFormat::Json => (Vec::new(), Body::Json(rows)),
    }
}
