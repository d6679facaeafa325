//! Calls: each grant of the token endpoint and the revocation, with what they inherit in place.

use super::Context;
use super::keys::{Inherited, Keys};
use super::parameters::{Standard, argument, standard, stated_value, with_standard};
use super::template::{self, Available, Fields};
use super::tokens::{self, grant, member_path, reading};
use crate::plan::value::Argument;
use crate::plan::{
    Authentication, Body, Call, CallKind, Header, Login, Method, Parameter, ResponseFormat,
    ScopeSet, Source, Success, Template, Token, Value,
};
use crate::rules;
use crate::syntax::document::{self, BodyFormat, TokenKind};
use crate::syntax::path;
use crate::syntax::shapes::{Expected, Named, Or, Parameter as Stated};

/// All calls, in the order of a connection's life.
pub(crate) fn calls(
    cx: &mut Context<'_>,
    tokens: &[Token],
    login: Option<&Login>,
    scope_sets: &[ScopeSet],
) -> Vec<Call> {
    let document = cx.document();
    let none = document::TokenEndpoint::default();
    let endpoint = document.token.as_ref().unwrap_or(&none);
    let above = Keys::of_endpoint(endpoint);
    let plain = document::Grant::default();
    let mut calls = Vec::new();
    if let Some(login) = login.filter(|_| !matches!(endpoint.authorization_code, Some(Or::Absent)))
    {
        let own = grant(document, |token| &token.authorization_code).unwrap_or(&plain);
        let keys = Keys::of_grant(own, "token.authorization_code").within(above);
        let mut call = lower(cx, CallKind::Exchange, &keys, exchange(login));
        let users = tokens
            .iter()
            .filter(|token| token.name != tokens::APP || !has_app_token(tokens, document));
        call.readings = users.map(|token| reading(cx, token, false)).collect();
        call.reads_fields = document.fields.is_some();
        calls.push(call);
    }
    if let Some(own) = grant(document, |token| &token.refresh_token) {
        let keys = Keys::of_grant(own, "token.refresh_token").within(above);
        let refreshing: Vec<&Token> = tokens.iter().filter(|token| token.refreshes).collect();
        if refreshing.is_empty() {
            let message = "no token reads a refresh token from an answer".to_owned();
            cx.report(&rules::UNREFRESHABLE, "token.refresh_token", message, None);
        }
        for token in &refreshing {
            let mut call = lower(cx, CallKind::Refresh, &keys, refresh());
            call.readings = vec![reading(cx, token, true)];
            call.of_token = (refreshing.len() > 1).then(|| token.name.clone());
            calls.push(call);
        }
    }
    if let Some(own) = grant(document, |token| &token.renew) {
        let keys = Keys::of_grant(own, "token.renew").within(above);
        let users: Vec<&Token> = tokens
            .iter()
            .filter(|token| token.policy.renewal == crate::plan::token::Renewal::Exchange)
            .collect();
        for token in &users {
            let mut call = lower(cx, CallKind::Renew, &keys, Vec::new());
            call.readings = vec![reading(cx, token, true)];
            call.of_token = (users.len() > 1).then(|| token.name.clone());
            calls.push(call);
        }
    }
    if let Some(own) = grant(document, |token| &token.client_credentials) {
        let keys = Keys::of_grant(own, "token.client_credentials").within(above);
        let mut call = lower(
            cx,
            CallKind::ClientCredentials,
            &keys,
            client_credentials(scope_sets),
        );
        let own = tokens
            .iter()
            .filter(|token| token.name == tokens::APP || login.is_none());
        call.readings = own.map(|token| reading(cx, token, false)).collect();
        calls.push(call);
    }
    if let Some(own) = document.revoke.as_ref().and_then(Or::value) {
        calls.extend(revoke(cx, own, above, tokens, login.is_some()));
    }
    calls
}

fn has_app_token(tokens: &[Token], document: &document::Document) -> bool {
    tokens::has_login(document) && tokens.iter().any(|token| token.name == tokens::APP)
}

fn revoke(
    cx: &mut Context<'_>,
    own: &document::Revoke,
    above: Keys<'_>,
    tokens: &[Token],
    has_login: bool,
) -> Vec<Call> {
    let users: Vec<&Token> = tokens
        .iter()
        .filter(|token| token.name != tokens::APP || !has_login)
        .collect();
    let by_refresh_token =
        own.token != Some(TokenKind::AccessToken) && users.iter().any(|token| token.refreshes);
    let bearer = own.auth.as_ref().and_then(|auth| auth.0.first())
        == Some(&document::Authentication::Bearer);
    let (kind, source) = match by_refresh_token && !bearer {
        true => (CallKind::RevokeRefreshToken, Source::RefreshToken),
        false => (CallKind::RevokeAccessToken, Source::AccessToken),
    };
    let taking: Vec<&Token> = users
        .into_iter()
        .filter(|token| token.refreshes || kind == CallKind::RevokeAccessToken)
        .collect();
    // `revoke` has a URL, a method and parameters of its own; the rest it inherits, unless it is a
    // bearer call: who carries the token shows no client credentials.
    let above = Keys {
        url: None,
        method: None,
        params: None,
        ..above
    };
    let above = if bearer {
        Keys {
            at: "revoke",
            response: above.response,
            success: above.success,
            error: above.error,
            error_description: above.error_description,
            ..Keys::default()
        }
    } else {
        above
    };
    let keys = Keys::of_revoke(own).within(above);
    let mut calls = Vec::new();
    for token in &taking {
        let standard = if bearer {
            Vec::new()
        } else {
            standard([("token", Value::Template(Template::source(source.clone())))])
        };
        let mut call = lower(cx, kind, &keys, standard);
        call.of_token = (taking.len() > 1).then(|| token.name.clone());
        calls.push(call);
    }
    calls
}

fn text(text: &str) -> Value {
    Value::Template(Template::text(text))
}

fn source(source: Source) -> Value {
    Value::Template(Template::source(source))
}

/// RFC 6749 §4.1.3, RFC 7636 §4.5.
fn exchange(login: &Login) -> Standard {
    let mut rows = standard([
        ("grant_type", text("authorization_code")),
        ("code", source(Source::Code)),
        ("redirect_uri", source(Source::RedirectUri)),
    ]);
    if login.pkce {
        rows.extend(standard([("code_verifier", source(Source::CodeVerifier))]));
    }
    rows
}

/// RFC 6749 §6.
fn refresh() -> Standard {
    standard([
        ("grant_type", text("refresh_token")),
        ("refresh_token", source(Source::RefreshToken)),
    ])
}

/// RFC 6749 §4.4.2.
fn client_credentials(scope_sets: &[ScopeSet]) -> Standard {
    let mut rows = standard([("grant_type", text("client_credentials"))]);
    if let Some(parameter) = scope_sets.first().and_then(|set| set.parameter.as_deref()) {
        rows.extend(standard([(parameter, Value::Scopes(0))]));
    }
    rows
}

/// The fields that a call may use: the exchange has only those of the callback.
fn fields(kind: CallKind) -> Fields {
    match kind {
        CallKind::Exchange => Fields::Callback,
        CallKind::ClientCredentials => Fields::None,
        _ => Fields::All,
    }
}

/// The standard's values that a call has.
fn available(kind: CallKind) -> Vec<Source> {
    let mut sources = vec![Source::ClientId, Source::ClientSecret];
    sources.extend(match kind {
        CallKind::Exchange => vec![Source::Code, Source::RedirectUri, Source::CodeVerifier],
        CallKind::Refresh | CallKind::RevokeRefreshToken => vec![Source::RefreshToken],
        CallKind::Renew | CallKind::RevokeAccessToken => vec![Source::AccessToken],
        CallKind::ClientCredentials => Vec::new(),
    });
    sources
}

fn lower(
    cx: &mut Context<'_>,
    kind: CallKind,
    keys: &Inherited<'_>,
    mut standard: Standard,
) -> Call {
    let at = keys.own.at;
    let standard_values = available(kind);
    let available = Available {
        standard: &standard_values,
        fields: fields(kind),
        verifying: None,
    };
    let (url, url_path) = keys.get("url", |keys| keys.url);
    let url = match url {
        Some(url) => template::url_with(cx, url, &url_path, available),
        None => {
            let help = format!(
                "add `url = \"https://…\"` to [{}]",
                if at == "revoke" { "revoke" } else { "token" }
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
    standard.extend(credentials(authentication));
    if url
        .sources()
        .any(|source| matches!(source, Source::AccessToken | Source::RefreshToken))
    {
        standard.retain(|(word, _)| word != "token");
    }
    let (rows, mut arguments) = parameters(cx, keys, standard, available, authentication);
    let (headers, header_arguments) = headers(cx, keys, authentication, available);
    arguments.extend(header_arguments);
    twice_authenticated(cx, keys, authentication, &headers);
    let method = method(keys);
    let (query, body) = placed(cx, keys, method, rows);
    let paths = |stated: Option<&Or<String>>, default: &str| match stated {
        Some(Or::Absent) => None,
        Some(Or::Is(stated)) => Some(member_path("$", stated)),
        None => Some(vec![default.to_owned()]),
    };
    Call {
        kind,
        of_token: None,
        path: at.to_owned(),
        doc: keys.own.doc.cloned(),
        method,
        url,
        query,
        headers,
        body,
        authentication,
        arguments,
        response: match keys.get("response", |keys| keys.response).0 {
            Some(document::ResponseFormat::Form) => ResponseFormat::Form,
            _ => ResponseFormat::Json,
        },
        success: success(keys),
        error: paths(keys.get("error", |keys| keys.error).0, "error"),
        error_description: paths(
            keys.get("error_description", |keys| keys.error_description)
                .0,
            "error_description",
        ),
        readings: Vec::new(),
        reads_fields: false,
    }
}

fn method(keys: &Inherited<'_>) -> Method {
    match keys
        .get("method", |keys| keys.method)
        .0
        .and_then(|method| method.0.first())
    {
        Some(document::Method::Get) => Method::Get,
        Some(document::Method::Put) => Method::Put,
        Some(document::Method::Delete) => Method::Delete,
        _ => Method::Post,
    }
}

fn success(keys: &Inherited<'_>) -> Vec<(Vec<String>, Success)> {
    let stated = keys.get("success", |keys| keys.success).0;
    let rules = stated
        .map(|success| success.0.as_slice())
        .unwrap_or_default();
    let lowered = rules.iter().map(|(path, expected)| {
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
    let word = stated.and_then(|auth| auth.0.first()).copied();
    match word.unwrap_or(document::Authentication::Basic) {
        document::Authentication::Basic => Authentication::Basic,
        document::Authentication::BasicRaw => Authentication::BasicRaw,
        document::Authentication::Post => Authentication::Post,
        document::Authentication::None => Authentication::None,
        document::Authentication::Bearer => {
            let has_token = matches!(kind, CallKind::RevokeAccessToken | CallKind::Renew);
            if !has_token {
                let message = format!("`{}` has no access token that it could carry", keys.own.at);
                let help = "one of: basic, basic_raw, post, none".to_owned();
                cx.report(&rules::IMPOSSIBLE_AUTHENTICATION, &path, message, help);
            }
            Authentication::Bearer
        }
    }
}

/// RFC 6749 §2.3.1 and §3.2.1.
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
                "`{}` shows the client secret in a header and among the parameters",
                keys.own.at
            );
            cx.report(
                &rules::BOTH_AUTHENTICATIONS,
                &path,
                message,
                "say `auth = \"post\"`, or drop the parameter".to_owned(),
            );
        }
    }
    rows.retain(|row| !row.name.is_empty());
    (rows, arguments)
}

/// A secret in a header of the provider's own, beside Basic or post.
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
        let message = format!("`{}` shows the client secret twice", keys.own.at);
        let help =
            "say `auth = \"none\"` where a header of the provider's own carries it".to_owned();
        cx.report(&rules::BOTH_AUTHENTICATIONS, &header.path, message, help);
    }
}

fn headers(
    cx: &mut Context<'_>,
    keys: &Inherited<'_>,
    authentication: Authentication,
    available: Available<'_>,
) -> (Vec<Header>, Vec<Argument>) {
    let mut headers = vec![row("accept", text("application/json"), keys.own.at)];
    match authentication {
        Authentication::Basic | Authentication::BasicRaw => {
            headers.push(row("authorization", source(Source::Basic), keys.own.at));
        }
        Authentication::Bearer => {
            let pieces = vec![
                crate::plan::Piece::Text("Bearer ".to_owned()),
                crate::plan::Piece::Source(Source::AccessToken),
            ];
            headers.push(row(
                "authorization",
                Value::Template(Template(pieces)),
                keys.own.at,
            ));
        }
        _ => {}
    }
    let mut arguments = Vec::new();
    for (name, value, path) in keys.merged("headers", |keys| keys.headers) {
        let lower = name.to_ascii_lowercase();
        bad_header(cx, &lower, value, &path);
        headers.retain(|header| header.name != lower);
        match value {
            Stated::Absent => continue,
            Stated::Argument(argument) => arguments.push(self::argument(name, argument)),
            _ => {}
        }
        let value = stated_value(cx, value, &path, name, available);
        headers.push(Header {
            name: lower,
            value,
            path,
        });
    }
    if headers.len() > MOST_HEADERS {
        let message = format!("`{}` has more than {MOST_HEADERS} headers", keys.own.at);
        cx.report(&rules::TOO_MANY_HEADERS, keys.own.at, message, None);
    }
    (headers, arguments)
}

fn bad_header(cx: &mut Context<'_>, name: &str, value: &Stated, path: &str) {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let (message, help) = match value {
        _ if name.is_empty() || !name.bytes().all(is_token) => (
            format!("`{name}` is no name of a header"),
            "letters, digits and hyphens",
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
                format!("the value of `{name}` has characters that no header carries"),
                "visible ASCII",
            )
        }
        _ => return,
    };
    cx.report(&rules::BAD_HEADER, path, message, help.to_owned());
}

/// The runtime keeps eight in place; Content-Type is one of them.
const MOST_HEADERS: usize = 7;

fn row(name: &str, value: Value, path: &str) -> Parameter {
    Parameter {
        name: name.to_owned(),
        value,
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
            format!("`{}` is a GET and has a body", keys.own.at),
            "drop `body`, or say `method = \"POST\"`".to_owned(),
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

/// Whether any call shows the client secret.
pub(crate) fn uses_secret(calls: &[Call]) -> bool {
    calls.iter().any(|call| {
        call.parameters()
            .chain(&call.headers)
            .any(|row| row.carries(&Source::ClientSecret))
    })
}
