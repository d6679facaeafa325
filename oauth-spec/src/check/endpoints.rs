//! Endpoints: https, a host, no query, no secret, and hosts from outside only from a list.

use super::{Context, domains};
use crate::plan::{CallKind, Form, Parameter, Piece, Source, Template};
use crate::rules;
use crate::syntax::path;

pub(super) fn check(cx: &mut Context<'_>) {
    for (at, url) in urls(cx) {
        endpoint(cx, &at, &url);
    }
    hosts_from_outside(cx);
    secrets_in_urls(cx);
    environments(cx);
    foreign_domains(cx);
}

/// Every URL of the Plan with its path in the spec.
fn urls(cx: &Context<'_>) -> Vec<(String, Template)> {
    let plan = cx.plan;
    let login = plan
        .login
        .iter()
        .map(|login| ("authorize.url".to_owned(), login.url.clone()));
    let calls = plan.calls.iter().map(|call| {
        let own = path::join(&call.path, "url");
        let at = if cx.written.says(&own) || !call.path.starts_with("token.") {
            own
        } else {
            "token.url".to_owned()
        };
        (at, call.url.clone())
    });
    let api = plan
        .api
        .iter()
        .map(|api| ("api.base".to_owned(), api.base.clone()));
    let mut urls: Vec<(String, Template)> = login.chain(calls).chain(api).collect();
    urls.dedup();
    urls
}

/// A URL's literal text, with `x` for what is filled in later.
fn sketch(url: &Template) -> String {
    let pieces = url.0.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Origin(text) => text.as_str(),
        Piece::Source(_) => "x",
    });
    pieces.collect()
}

fn endpoint(cx: &mut Context<'_>, at: &str, url: &Template) {
    let text = sketch(url);
    if text.is_empty() && !cx.written.says_text(at, "") {
        return;
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A whole origin may be an input; its form says https.
    let from_input = scheme.is_empty() && matches!(url.0.first(), Some(Piece::Source(_)));
    let secure = scheme == "https" || (scheme == "http" && is_loopback(authority));
    if !from_input && !secure {
        let message = format!("`{at}` is not https");
        cx.report(&rules::NOT_HTTPS, at, message, format!("https://{rest}"));
    }
    let may_have = at == "authorize.url"
        && cx
            .plan
            .login
            .as_ref()
            .is_some_and(|login| login.in_fragment)
        && !text.contains('?');
    if text.contains(['?', '#']) && !may_have {
        let message = format!("`{at}` carries a query or a fragment");
        let bare = text.split(['?', '#']).next().unwrap_or_default();
        let beneath = match at.strip_suffix("url").unwrap_or(at) {
            "authorize." => "authorize.params".to_owned(),
            call => format!("{call}query"),
        };
        let help = format!("write `{bare}`, and the parameters under `{beneath}`");
        cx.report(&rules::QUERY_IN_URL, at, message, help);
    }
    if !from_input && !is_authority(authority) {
        let message = format!("`{at}` names no host of its own");
        let help = "https://host/path, without a user name".to_owned();
        cx.report(&rules::NO_HOST, at, message, help);
    }
    if text.contains(|character: char| !character.is_ascii_graphic()) {
        let message = format!("`{at}` has characters that no URL has");
        cx.report(
            &rules::NO_HOST,
            at,
            message,
            "percent-encode them".to_owned(),
        );
    }
}

fn is_loopback(authority: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        authority
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// A host name, perhaps with a port. `x` stands for what is filled in later.
fn is_authority(authority: &str) -> bool {
    if is_loopback(authority) {
        return true;
    }
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label) && (port == "x" || port.parse::<u16>().is_ok())
}

/// An input that makes up a host, or more of it than a name in front of the provider's own domain, must be
/// held to a list of hosts.
fn hosts_from_outside(cx: &mut Context<'_>) {
    for (at, url) in urls(cx) {
        let home = has_home(&url);
        for (index, piece) in url.0.iter().enumerate() {
            let before = sketch(&Template(url.0[..index].to_vec()));
            let Piece::Source(
                source @ (Source::Input(name) | Source::InputText(name, _) | Source::Field(name)),
            ) = piece
            else {
                if matches!(piece, Piece::Source(_)) && !before.contains("://") {
                    let message = format!("`{at}` begins with a value that is no host");
                    cx.report(&rules::ANY_HOST, &at, message, None);
                }
                continue;
            };
            let authority = before
                .split_once("://")
                .map_or(before.as_str(), |(_, rest)| rest);
            let is_bound = match cx.plan.form_of(source) {
                _ if authority.contains(['/', '?', '#']) => true,
                // The spec itself says what it may be.
                _ if matches!(source, Source::InputText(..)) => true,
                Some(Form::OneOf(_) | Form::Choice(_)) => true,
                Some(Form::Integer) => authority.ends_with(':') || home,
                Some(Form::Host(hosts) | Form::Origin(hosts)) => {
                    !hosts.is_empty() && hosts.iter().all(|host| is_listed(host))
                }
                Some(Form::Label | Form::Uuid | Form::Boolean) => home,
                Some(Form::Pattern(runs)) => home && runs.iter().all(stays_in_label),
                Some(Form::Text) | None => false,
            };
            if !is_bound {
                let name = name.clone();
                any_host(cx, &at, &name);
            }
        }
    }
}

fn any_host(cx: &mut Context<'_>, at: &str, name: &str) {
    let table = match cx.plan.input(name) {
        Some(_) => "inputs",
        None => "fields",
    };
    let own = path::join(table, name);
    let allow = path::join(&own, "allow");
    let place = if cx.written.says(&allow) { allow } else { own };
    let message = format!("`{{{name}}}` in `{at}` may be any host");
    let help = match bare_host(cx, name) {
        Some(host) => format!("a host has no scheme and no path: `allow = [\"{host}\"]`"),
        None => format!(
            "`{table}.{name}` with `type = \"host\"` and `allow = [\"*.example.com\"]`, or an [[accept]] that says why"
        ),
    };
    cx.report(&rules::ANY_HOST, &place, message, help);
}

/// The host of the first entry that is a URL where only a host may stand.
fn bare_host(cx: &Context<'_>, name: &str) -> Option<String> {
    let source = match cx.plan.input(name) {
        Some(_) => Source::Input(name.to_owned()),
        None => Source::Field(name.to_owned()),
    };
    let (Form::Host(hosts) | Form::Origin(hosts)) = cx.plan.form_of(&source)? else {
        return None;
    };
    let url = hosts.iter().find(|host| host.contains('/'))?;
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}

/// Whether a URL's host ends in a domain that somebody registered, whatever stands in front of it.
fn has_home(url: &Template) -> bool {
    let pieces = url.0.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Origin(text) => text.as_str(),
        Piece::Source(_) => FILLED,
    });
    let text: String = pieces.collect();
    text.split_once("://")
        .and_then(|(_, rest)| domains::registered(rest.split(['/', '?', '#', ':']).next()?))
        .is_some_and(|domain| !domain.contains(FILLED))
}

/// What no host contains, in the place of what is filled in later.
const FILLED: &str = "\u{0}";

/// A host, or `*.` and a domain that somebody registered.
fn is_listed(host: &str) -> bool {
    let domain = host.strip_prefix("*.").unwrap_or(host);
    is_authority(domain) && domains::registered(domain).is_some()
}

fn stays_in_label(run: &crate::plan::Run) -> bool {
    let leaves = |byte: u8| matches!(byte, b'.' | b'/' | b'@' | b':');
    !run.ranges
        .iter()
        .any(|&(low, high)| (low..=high).any(leaves))
}

/// Secrets in a path or a query. A token that is revoked may stand there only by an `[[accept]]`, too.
fn secrets_in_urls(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for call in &plan.calls {
        let in_path = call.url.shows_secret();
        // The code has been through the browser's address bar already.
        let is_spent =
            |row: &Parameter| row.carries(&Source::Code) || row.carries(&Source::CodeVerifier);
        let shows = |row: &&Parameter| {
            let template = row.value.template();
            template.is_some_and(Template::shows_secret) && !is_spent(row)
        };
        let in_query = call.query.iter().find(shows);
        let revokes = matches!(
            call.kind,
            CallKind::RevokeAccessToken | CallKind::RevokeRefreshToken
        );
        if in_path {
            let what = if revokes { "the token" } else { "a secret" };
            cx.report(
                &rules::SECRET_IN_URL,
                &path::join(&call.path, "url"),
                format!("`{}` carries {what} in its URL", call.path),
                None,
            );
        }
        if let Some(parameter) = in_query {
            let at = if cx.written.says(&call.path) {
                call.path.clone()
            } else {
                "token".to_owned()
            };
            let message = format!(
                "`{}` carries `{}` in its URL's query",
                call.path, parameter.name
            );
            cx.report(
                &rules::SECRET_IN_URL,
                &at,
                message,
                "`body = \"form\"`, or an [[accept]] that says who demands it".to_owned(),
            );
        }
    }
}

fn environments(cx: &mut Context<'_>) {
    let used: Vec<String> = urls(cx)
        .into_iter()
        .flat_map(|(_, url)| url.0)
        .filter_map(|piece| match piece {
            Piece::Origin(origin) => Some(origin),
            _ => None,
        })
        .collect();
    for environment in &cx.plan.environments {
        let at = path::join(&path::join("environment", &environment.name), "hosts");
        for (origin, instead) in &environment.hosts {
            if !used.contains(origin) {
                let message = format!("no URL begins with `{origin}`");
                cx.report(
                    &rules::FOREIGN_ENVIRONMENT,
                    &path::join(&at, origin),
                    message,
                    None,
                );
            }
            endpoint(cx, &path::join(&at, origin), &Template::text(instead));
        }
    }
}

/// The domain that a URL's owner registered; none where the host is not literal.
fn domain(url: &Template) -> Option<String> {
    let text = sketch(url);
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    if is_loopback(authority) || !is_authority(authority) || !has_home(url) {
        return None;
    }
    domains::registered(authority.split(':').next()?).map(str::to_owned)
}

fn foreign_domains(cx: &mut Context<'_>) {
    let known: Vec<(String, String)> = urls(cx)
        .iter()
        .filter_map(|(at, url)| Some((at.clone(), domain(url)?)))
        .collect();
    let Some((first, home)) = known.first().cloned() else {
        return;
    };
    for (at, own) in known.iter().filter(|(_, own)| *own != home) {
        let message = format!("`{at}` lies under {own}, and `{first}` under {home}");
        let help = "look it up once more, or add an [[accept]] that says who says so".to_owned();
        cx.report(&rules::FOREIGN_DOMAIN, at, message, help);
    }
}
