//! Checks of endpoints: https, a host, no query, no secret, and hosts from outside only from a list.

use super::chosen::{Chosen, chosen};
use super::{Context, domains};
use crate::plan::{Api, CallKind, Form, Function, Hosts, Parameter, Piece, Plan, Source, Template};
use crate::rules;
use crate::syntax::path;

pub(super) fn check(cx: &mut Context<'_>) {
    for (at, url) in urls(cx) {
        for chosen in chosen(cx, &url) {
            endpoint(cx, &at, &chosen);
        }
    }
    hosts_from_outside(cx);
    secrets_in_urls(cx);
    environments(cx);
    foreign_domains(cx);
}

/// Returns every URL of the Plan with its path in the spec.
fn urls(cx: &Context<'_>) -> Vec<(String, Template)> {
    let plan = cx.plan;
    let login = plan
        .login
        .iter()
        .map(|login| ("authorize.url".to_owned(), login.url.clone()));
    let calls = plan.calls.iter().map(|call| {
        let own = path::join(&call.id.table(), "url");
        let at = if cx.written.says(&own) || !call.id.is_token_request() {
            own
        } else {
            "token.url".to_owned()
        };
        (at, call.url.clone())
    });
    let api = plan
        .api
        .iter()
        .flat_map(Api::bases)
        .map(|base| ("api.base".to_owned(), base.clone()));
    let mut urls: Vec<(String, Template)> = login.chain(calls).chain(api).collect();
    urls.dedup();
    urls
}

/// Returns a URL's literal text, with `x` for each value that is filled in later.
fn sketch(url: &Template) -> String {
    let pieces = url.0.iter().map(|piece| match piece {
        Piece::Text(text) | Piece::Origin(text) => text.as_str(),
        Piece::Source(_) => "x",
    });
    pieces.collect()
}

fn endpoint(cx: &mut Context<'_>, at: &str, chosen: &Chosen) {
    let (url, place, words) = (&chosen.url, chosen.place(at), chosen.words());
    let text = sketch(url);
    if text.is_empty() && !cx.written.says_text(at, "") {
        return;
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A whole origin may be an input; its form requires https.
    let from_input = scheme.is_empty() && matches!(url.0.first(), Some(Piece::Source(_)));
    let secure = scheme == "https" || (scheme == "http" && is_loopback(authority));
    if !from_input && !secure {
        let message = format!("`{at}` is not https{words}");
        // The operating system opens a login's URL, so another scheme would start another program.
        let rule = match is_opened(cx, at) {
            true => &rules::BROWSER_NOT_HTTPS,
            false => &rules::NOT_HTTPS,
        };
        cx.report(rule, place, message, format!("https://{rest}"));
    }
    let may_have = at == "authorize.url"
        && cx
            .plan
            .login
            .as_ref()
            .is_some_and(|login| login.in_fragment)
        && !text.contains('?');
    if text.contains(['?', '#']) && !may_have {
        let message = format!("`{at}` carries a query or a fragment{words}");
        let bare = text.split(['?', '#']).next().unwrap_or_default();
        let table = match at.strip_suffix("url").unwrap_or(at) {
            "authorize." => "authorize.params".to_owned(),
            call => format!("{call}query"),
        };
        let help = format!("write `{bare}`, and the parameters under `{table}`");
        cx.report(&rules::QUERY_IN_URL, place, message, help);
    }
    if !from_input && !is_authority(authority) {
        let message = format!("`{at}` has no valid host{words}");
        let help = "write `https://HOST/PATH`, without a user name".to_owned();
        cx.report(&rules::NO_HOST, place, message, help);
    }
    if text.contains(|character: char| !character.is_ascii_graphic()) {
        let message = format!("`{at}` has characters that are not valid in a URL{words}");
        cx.report(
            &rules::NO_HOST,
            place,
            message,
            "percent-encode them".to_owned(),
        );
    }
}

/// Returns whether a browser opens the URL at `at`: the authorization URL, or an environment's replacement for its origin.
fn is_opened(cx: &Context<'_>, at: &str) -> bool {
    let login = cx.plan.login.as_ref();
    let origin = login.and_then(|login| match login.url.0.first() {
        Some(Piece::Origin(origin)) => Some(origin),
        _ => None,
    });
    let environments = cx.plan.environments.iter();
    let mut hosts = environments.filter_map(|environment| {
        let table = path::join(&path::join("environment", &environment.name), "hosts");
        origin.map(|origin| path::join(&table, origin))
    });
    at == "authorize.url" || hosts.any(|own| own == at)
}

fn is_loopback(authority: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        authority
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
    })
}

/// Returns whether a text is a port, or `x` for one that is filled in later.
fn is_port(text: &str) -> bool {
    text == "x" || text.parse::<u16>().is_ok()
}

/// Returns whether a text is a host name with an optional port. `x` represents a value that is filled in later.
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
    host.split('.').all(is_label) && is_port(port)
}

/// Reports inputs that can lead to foreign hosts. An input that is a whole host, or more of it than a label before
/// the provider's domain, needs a list of allowed hosts. The result of a function needs one, too.
fn hosts_from_outside(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for (at, url) in urls(cx) {
        let home = has_home(&url);
        let mut before = String::new();
        for (index, piece) in url.0.iter().enumerate() {
            let Piece::Source(source) = piece else {
                before.push_str(&sketch(&Template(vec![piece.clone()])));
                continue;
            };
            let authority = before
                .split_once("://")
                .map_or(before.as_str(), |(_, rest)| rest);
            if authority.contains(['/', '?', '#']) {
                break;
            }
            let place = Place {
                before: &before,
                home,
                ends: ends_host(url.0.get(index + 1)),
            };
            if !is_bound(plan, source, &place) {
                any_host(cx, &at, source);
            }
            before.push('x');
        }
    }
}

/// The position of a value in a URL's host.
struct Place<'u> {
    /// The text before the value.
    before: &'u str,
    /// Whether the host ends in the provider's domain, regardless of the value.
    home: bool,
    /// Whether the value ends the host: a path, a query, a fragment or nothing follows.
    ends: bool,
}

fn ends_host(next: Option<&Piece>) -> bool {
    match next {
        None => true,
        Some(Piece::Text(text)) => text.starts_with(['/', '?', '#']),
        Some(_) => false,
    }
}

/// Returns whether a value can lead only to the provider's hosts.
fn is_bound(plan: &Plan, source: &Source, place: &Place<'_>) -> bool {
    match source {
        Source::Input(_) | Source::Field(_) => match plan.form_of(source) {
            // The spec states the words.
            Some(Form::OneOf(_) | Form::Choice(_)) => true,
            Some(Form::Integer) => place.before.ends_with(':') || place.home,
            Some(Form::Host(hosts)) => are_listed(hosts),
            Some(Form::Origin(hosts) | Form::Url(hosts)) => place.ends && are_listed(hosts),
            Some(Form::Label | Form::Uuid | Form::Boolean) => place.home,
            Some(Form::Pattern(runs)) => place.home && runs.iter().all(stays_in_label),
            Some(Form::Text) | None => false,
        },
        Source::InputText(..) => true,
        // The provider issued these values when the app was registered.
        Source::ClientId | Source::ClientSecret => place.home && !place.before.is_empty(),
        Source::Function(function, values) => is_made_bound(plan, *function, values, place),
        _ => false,
    }
}

/// Returns whether a function's result is bound: the function changes only the case, or returns the host of a listed
/// URL. Any other function may cut a listed host down to another one, or join it with more text.
fn is_made_bound(plan: &Plan, function: Function, values: &[Template], place: &Place<'_>) -> bool {
    let [Template(pieces)] = values else {
        return false;
    };
    let [Piece::Source(source)] = pieces.as_slice() else {
        return false;
    };
    match function {
        Function::Upper | Function::Lower => is_bound(plan, source, place),
        Function::HostOf => match plan.form_of(source) {
            Some(Form::Host(hosts) | Form::Origin(hosts) | Form::Url(hosts)) => {
                !place.before.is_empty() && are_listed(hosts)
            }
            _ => false,
        },
        _ => false,
    }
}

fn are_listed(hosts: &Hosts) -> bool {
    !hosts.allow.is_empty() && hosts.allow.iter().all(|host| is_listed(host))
}

fn any_host(cx: &mut Context<'_>, at: &str, source: &Source) {
    let template = Template::source(source.clone());
    let named = template.sources().find_map(|source| match source {
        Source::Input(name) | Source::InputText(name, _) | Source::Field(name) => {
            Some(name.clone())
        }
        _ => None,
    });
    let Some(name) = named else {
        let message =
            format!("the host of `{at}` comes from a value without a list of allowed hosts");
        let help =
            "use a field with `allow` and `type = \"url\"`, `\"origin\"` or `\"host\"`".to_owned();
        cx.report(&rules::ANY_HOST, at, message, help);
        return;
    };
    if matches!(source, Source::Function(..)) {
        let own = path::join(table_of(cx, &name), &name);
        let message = format!("a function of `{name}` in `{at}` may return any host");
        let help =
            "use the value itself, or `host_of` of a value with `allow = [\"*.example.com\"]`";
        cx.report(&rules::ANY_HOST, &own, message, help.to_owned());
        return;
    }
    unlisted(cx, at, &name);
}

fn table_of(cx: &Context<'_>, name: &str) -> &'static str {
    match cx.plan.input(name) {
        Some(_) => "inputs",
        None => "fields",
    }
}

fn unlisted(cx: &mut Context<'_>, at: &str, name: &str) {
    let table = table_of(cx, name);
    let own = path::join(table, name);
    let allow = path::join(&own, "allow");
    let place = if cx.written.says(&allow) { allow } else { own };
    let message = format!("`{{{name}}}` in `{at}` may be any host");
    let help = match bare_host(cx, name) {
        Some(host) => format!("write the host without a scheme and a path: `allow = [\"{host}\"]`"),
        None => format!(
            "set `type = \"host\"` and `allow = [\"*.example.com\"]` at `{table}.{name}`, or add an [[accept]]"
        ),
    };
    cx.report(&rules::ANY_HOST, &place, message, help);
}

/// Returns the host of the first entry that is a URL where only a host is allowed.
fn bare_host(cx: &Context<'_>, name: &str) -> Option<String> {
    let source = match cx.plan.input(name) {
        Some(_) => Source::Input(name.to_owned()),
        None => Source::Field(name.to_owned()),
    };
    let (Form::Host(hosts) | Form::Origin(hosts) | Form::Url(hosts)) = cx.plan.form_of(&source)?
    else {
        return None;
    };
    let url = hosts.allow.iter().find(|host| host.contains('/'))?;
    let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    Some(rest.split('/').next().unwrap_or_default().to_owned())
}

/// Returns whether a URL's host ends in a registered domain, regardless of the text before it.
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

/// A text that no host contains, used for each value that is filled in later.
const FILLED: &str = "\u{0}";

/// Returns whether an entry is a host, or `*.` and a registered domain. A port may follow.
fn is_listed(host: &str) -> bool {
    let domain = host.strip_prefix("*.").unwrap_or(host);
    let name = domain.split(':').next().unwrap_or(domain);
    is_authority(domain) && domains::registered(name).is_some()
}

fn stays_in_label(run: &crate::plan::Run) -> bool {
    let leaves = |byte: u8| matches!(byte, b'.' | b'/' | b'@' | b':');
    !run.ranges
        .iter()
        .any(|&(low, high)| (low..=high).any(leaves))
}

/// Reports secrets in a path or a query. A token that is revoked needs an `[[accept]]` there, too.
fn secrets_in_urls(cx: &mut Context<'_>) {
    let plan = cx.plan;
    for call in &plan.calls {
        let in_path = call.url.shows_secret();
        // The exchange consumes both, and the code was in the browser's address bar before.
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
                &path::join(&call.id.table(), "url"),
                format!("`{}` carries {what} in its URL", call.id),
                format!(
                    "send it in the body or a header, or add an [[accept]] with `for = [\"{}.url\"]` and the reason",
                    call.id.table()
                ),
            );
        }
        if let Some(parameter) = in_query {
            let at = if cx.written.says(&call.id.table()) {
                call.id.table()
            } else {
                "token".to_owned()
            };
            let message = format!(
                "`{}` carries `{}` in its URL's query",
                call.id, parameter.name
            );
            cx.report(
                &rules::SECRET_IN_URL,
                &at,
                message,
                format!(
                    "write `body = \"form\"`, or add an [[accept]] with `for = [\"{at}\"]` and the reason"
                ),
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
                    match origin.contains('{') {
                        true => Some(
                            "name an origin without placeholders; the hosts of a region are texts of \
                             `inputs.*.one_of`, where a sandbox is another value"
                                .to_owned(),
                        ),
                        false => None,
                    },
                );
            }
            let chosen = Chosen {
                url: Template::text(instead),
                word: None,
            };
            endpoint(cx, &path::join(&at, origin), &chosen);
        }
    }
}

/// Returns the registered domain of a URL, or `None` if that part of the host is not literal.
fn domain(url: &Template) -> Option<String> {
    let text = sketch(url);
    let authority = text.split_once("://")?.1.split(['/', '?', '#']).next()?;
    if is_loopback(authority) || !is_authority(authority) || !has_home(url) {
        return None;
    }
    domains::registered(authority.split(':').next()?).map(str::to_owned)
}

fn foreign_domains(cx: &mut Context<'_>) {
    let mut known: Vec<(String, String, Chosen)> = Vec::new();
    for (at, url) in urls(cx) {
        for chosen in chosen(cx, &url) {
            known.extend(domain(&chosen.url).map(|domain| (at.clone(), domain, chosen)));
        }
    }
    for environment in &cx.plan.environments {
        let at = path::join(&path::join("environment", &environment.name), "hosts");
        for (origin, instead) in &environment.hosts {
            let url = Template::text(instead);
            let own = path::join(&at, origin);
            known.extend(domain(&url).map(|domain| (own, domain, Chosen { url, word: None })));
        }
    }
    let Some((first, home, first_chosen)) = known.first() else {
        return;
    };
    // Regions may have domains of countries, such as `acme.com` and `acme.eu`.
    let label = |domain: &str| domain.split('.').next().unwrap_or_default().to_owned();
    for (at, own, chosen) in &known {
        let may_differ = first_chosen.word.is_some() || chosen.word.is_some();
        let is_same = own == home || (may_differ && label(own) == label(home));
        if !is_same {
            let words = chosen.words();
            let message = format!("`{at}` is under {own}{words}, but `{first}` is under {home}");
            let help = "check the URL, or add an [[accept]] with the reason".to_owned();
            cx.report(&rules::FOREIGN_DOMAIN, chosen.place(at), message, help);
        }
    }
}
