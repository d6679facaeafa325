//! The authorization endpoint, which handles the browser's request and redirects it to the app.

use std::time::Duration;

use super::answers::{code, page, plain};
use super::calls;
use super::capture::{capture, capture_url};
use super::received::{Received, text};
use super::refusal::{Refusal, Refused, telling};
use super::requests::{asked_scopes, may_be_absent};
use super::world::{ClientId, Code, Grant, User, World};
use crate::interpret::members::plausible;
use crate::interpret::wire::{self, Given};
use crate::plan::token::GrantedScopes;
use crate::plan::{
    CallId, Field, Input, Login, Nonce, Parameter, Pkce, Plan, RedirectMatch, Source, Value, Verify,
};

/// The lifetime of a code. RFC 6749 §4.1.2 recommends ten minutes at most.
const CODE_LIVES: Duration = Duration::from_secs(10 * 60);

type Answer = http::Response<Vec<u8>>;

/// Returns the response if the request is for a provider's authorization endpoint.
///
/// If several Plans have this URL, the Plan of the app takes precedence.
pub(super) fn answer(
    world: &mut World,
    plans: &[Plan],
    whose: Option<usize>,
    received: &Received,
) -> Option<Answer> {
    let mut here = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        if let Some(login) = &plan.login
            && capture_url(plan, &login.url, &received.url).is_some()
            // A browser makes a GET request, or a POST request to a URL that is not the token endpoint's, too.
            && (received.method == "GET" || !calls::is_at(plan, received))
        {
            here.push((index, plan, login));
        }
    }
    here.sort_by_key(|(index, ..)| Some(*index) != whose);
    let (index, plan, login) = *here.first()?;
    Some(consider(world, index, plan, login, received))
}

/// Returns the requested scopes, without those that the user deselects.
fn kept(asked: &Asked, user: &User) -> Vec<(String, Vec<String>)> {
    let unticked: &[String] = match user {
        User::Unticks(scopes) => scopes,
        _ => &[],
    };
    let kept = asked.scopes.iter().map(|(set, scopes)| {
        let kept = scopes.iter().filter(|scope| !unticked.contains(scope));
        (set.clone(), kept.cloned().collect())
    });
    kept.collect()
}

/// Returns the callback parameter with the granted scopes, if the provider sends one.
fn granted(plan: &Plan, asked: &Asked, user: &User) -> Option<(String, String)> {
    let mut readings = plan.calls.iter().flat_map(|call| &call.readings);
    readings.find_map(|reading| match &reading.scope {
        Some((GrantedScopes::Callback(name), separators)) => {
            let scopes = kept(asked, user).into_iter().flat_map(|(_, scopes)| scopes);
            let separator = separators.first().map_or(" ", String::as_str);
            Some((name.clone(), scopes.collect::<Vec<_>>().join(separator)))
        }
        _ => None,
    })
}

/// The content of an authorization request.
#[derive(Default)]
struct Asked {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    challenge: Option<String>,
    nonce: Option<String>,
    scopes: Vec<(String, Vec<String>)>,
    offline: bool,
    /// The inputs that the request contains.
    bound: Vec<(Source, String)>,
    /// The reason to reject the request.
    wrong: Option<Refusal>,
    /// The names of the parameters that the spec does not list.
    passed_over: Vec<String>,
    /// Whether the response would be a token, which belongs in the fragment (RFC 6749 §4.2.2).
    in_fragment: bool,
    /// Whether the browser posts the response as a form (OAuth 2.0 Form Post Response Mode).
    is_posted: bool,
}

fn consider(
    world: &mut World,
    index: usize,
    plan: &Plan,
    login: &Login,
    received: &Received,
) -> Answer {
    let mut asked = read(plan, login, received);
    // A provider must not redirect to a URI that the app did not register (RFC 6749 §3.1.2.4).
    let client = match &asked.client_id {
        Some(client_id) => world.client_of(index, client_id),
        // The URL or another parameter identifies the app at such a provider.
        None if !login.sends(&Source::ClientId) => world.newest_client(index),
        None => None,
    };
    let Some(client) = client else {
        return page_with("unknown client id");
    };
    let registered = &world.client(client).redirect_uri;
    let asked_for = asked.redirect_uri.as_deref().unwrap_or(registered);
    if !is_registered(plan, login, registered, asked_for) {
        return page_with("the redirect URI does not match the registered one");
    }
    let redirect_uri = asked_for.to_owned();
    let app = world.client(client);
    let mut known = asked.bound.clone();
    known.push((Source::ClientId, app.id.clone()));
    known.push((Source::ClientSecret, app.secret.clone()));
    known.push((Source::RedirectUri, redirect_uri.clone()));
    known.extend(defaults(plan));
    let back = |pairs: &[(&str, &str)]| {
        let state = asked.state.as_deref();
        let state = state.map(|state| (&*login.callback[1], state));
        let pairs = pairs.iter().copied().chain(state);
        let verify = login.verify_early().chain(login.verify_late());
        let said = signed(plan, verify, &known, pairs);
        let raw = login.code_is_raw.then_some(login.callback[0].as_str());
        match asked.is_posted {
            true => form(&redirect_uri, &said),
            false => redirect(&redirect_uri, &said, raw, asked.in_fragment),
        }
    };
    let [code_name, _, error_name, description_name] = &login.callback;
    let refused = |refusal: &Refusal| {
        let code = code(plan, &CallId::Callback, refusal);
        let mut answer = back(&[(error_name, code), (description_name, refusal.words())]);
        let why = Refused(refusal.words().to_owned());
        answer.extensions_mut().insert(why);
        answer
    };
    match (&asked.wrong, world.user.clone()) {
        (Some(wrong), _) => refused(wrong),
        (None, User::Denies) => refused(&Refusal::denied()),
        (None, user) => {
            let fields = fields(plan);
            asked.bound.extend(bound(plan, &fields));
            let code = consented(world, index, plan, client, &redirect_uri, &asked, &user);
            let scopes = granted(plan, &asked, &user);
            let said = [(code_name.clone(), code)].into_iter();
            let said: Vec<_> = said.chain(fields).chain(scopes).collect();
            let said = said.iter().map(|(name, value)| (&**name, &**value));
            telling(back(&said.collect::<Vec<_>>()), asked.passed_over)
        }
    }
}

/// Returns the page that the user reads because the provider must not redirect.
fn page_with(words: &str) -> Answer {
    let mut answer = plain(400, words);
    answer.extensions_mut().insert(Refused(words.to_owned()));
    answer
}

/// Returns the callback's fields by their names in the spec.
fn bound(plan: &Plan, fields: &[(String, String)]) -> Vec<(Source, String)> {
    let own = |field: &&Field, name: &String| field.path.first() == Some(name);
    let bound = fields.iter().filter_map(|(name, value)| {
        let field = plan.callback_fields().find(|field| own(field, name))?;
        Some((Source::Field(field.name.clone()), value.clone()))
    });
    bound.collect()
}

fn consented(
    world: &mut World,
    plan_index: usize,
    plan: &Plan,
    client: ClientId,
    redirect_uri: &str,
    asked: &Asked,
    user: &User,
) -> String {
    if let User::TakesLong(time) = user {
        world.now += *time;
    }
    let scopes = kept(asked, user);
    let grant = Grant {
        plan: plan_index,
        client,
        scopes,
        offline: asked.offline,
        began: world.now,
        nonce: asked.nonce.clone(),
        bound: asked.bound.clone(),
        alive: true,
    };
    let mut code = world.draw(&format!("{}-code", plan.identity.id));
    let login = plan.login.as_ref();
    if login.is_some_and(|login| login.code_is_raw) {
        // These codes contain characters that a form would encode.
        code.push_str("+/%2B==");
    }
    let lives = login.and_then(|login| login.code_lifetime?.seconds());
    let ends = world.now + lives.map_or(CODE_LIVES, Duration::from_secs);
    let grant = world.begin(grant);
    world.codes.insert(
        code.clone(),
        Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge: asked.challenge.clone(),
            made_by: login.map(|login| login.challenge).unwrap_or_default(),
            ends,
            used: false,
        },
    );
    code
}

/// Reads the query by the spec's parameters. A parameter without a value counts as omitted (RFC 6749 §3.1).
fn read(plan: &Plan, login: &Login, received: &Received) -> Asked {
    let mut asked = Asked {
        offline: !login.has_offline,
        ..Asked::default()
    };
    let in_url = capture_url(plan, &login.url, &received.url).unwrap_or_default();
    let inputs = in_url
        .into_iter()
        .filter(|(source, _)| matches!(source, Source::Input(_)));
    asked
        .bound
        .extend(inputs.map(|(source, text)| (source.clone(), text)));
    let (mut wrong, mut repeated) = (Vec::new(), Vec::new());
    let pairs: Vec<_> = received
        .query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .collect();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if pairs[..at].iter().any(|(other, _)| other == name) {
            wrong.push(Refusal::request(&format!("`{name}` is repeated")));
            repeated.push(name);
        }
        let of_name = |row: &&Parameter| row.name == *name;
        asked.is_posted |= name == "response_mode" && value == "form_post";
        asked.in_fragment |= name == "response_type" && value.split(' ').any(|own| own == "token");
        let own = login.parameters.iter().find(of_name);
        let offline = login.offline_parameters.iter().find(of_name);
        let rows = own.into_iter().chain(offline);
        let mut taken = rows.map(|row| takes(plan, row, value, &mut asked));
        let (first, second) = (taken.next(), taken.next());
        drop(taken);
        match first {
            None if login.only_known => {
                let words = format!("`{name}` is not a parameter of the authorization request");
                wrong.push(Refusal::request(&words));
            }
            None if login.pkce == Pkce::Rejected && name.starts_with("code_challenge") => {
                wrong.push(Refusal::pkce());
            }
            Some(Err(_)) if second.is_some_and(|second| second.is_ok()) => {}
            Some(Err(refusal)) => wrong.push(refusal),
            None => asked.passed_over.push(name.clone()),
            Some(Ok(())) => {}
        }
        asked.offline |= offline.is_some() && own.is_none();
    }
    for row in &login.parameters {
        if row.carries(&Source::State) && repeated.contains(&&row.name) {
            // If there are two states, neither is trusted.
            asked.state = None;
        }
        let is_said = pairs.iter().any(|(name, _)| *name == row.name);
        if !is_said && !may_be_left_out(plan, login, row) {
            wrong.push(Refusal::request(&format!("`{}` is missing", row.name)));
        }
    }
    wrong.extend(wrong_challenge(login, &asked, &pairs));
    let offline_scope = |scope: &String| login.offline_scopes.contains(scope);
    asked.offline |= asked
        .scopes
        .iter()
        .any(|(_, scopes)| scopes.iter().any(offline_scope));
    asked.wrong = wrong.into_iter().next();
    asked
}

/// Returns why a code challenge cannot be one. It has 43 to 128 characters (RFC 7636 §4.2), and a method requires one.
fn wrong_challenge(login: &Login, asked: &Asked, pairs: &[&(String, String)]) -> Option<Refusal> {
    let has_method = pairs
        .iter()
        .any(|(name, _)| name == "code_challenge_method");
    let words = match &asked.challenge {
        _ if !login.sends_pkce() => return None,
        Some(challenge) if (43..=128).contains(&challenge.len()) => return None,
        Some(_) => "the code challenge does not have 43 to 128 characters",
        None if has_method => "there is a code challenge method and no code challenge",
        None => return None,
    };
    Some(Refusal::request(words))
}

/// Returns whether a login is valid without a parameter.
///
/// State and nonce protect the app, not the provider (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). So does PKCE, but a
/// provider may require it.
fn may_be_left_out(plan: &Plan, login: &Login, row: &Parameter) -> bool {
    let of_pkce = row.carries(&Source::CodeChallenge) || row.name == "code_challenge_method";
    may_be_absent(plan, &login.arguments, row)
        || row.carries(&Source::State)
        || (row.carries(&Source::Nonce) && login.nonce != Nonce::Required)
        || (of_pkce && login.pkce != Pkce::Required)
}

fn takes(plan: &Plan, row: &Parameter, value: &str, asked: &mut Asked) -> Result<(), Refusal> {
    let wrong = || Refusal::constant(&row.name);
    let template = match &row.value {
        Value::Template(template) => template,
        Value::Number(number) if value == number.to_string() => return Ok(()),
        Value::Boolean(boolean) if value == boolean.to_string() => return Ok(()),
        Value::Number(_) | Value::Boolean(_) => return Err(wrong()),
        Value::Scopes(set) => {
            let (scopes, unknown) = asked_scopes(plan, *set, value);
            asked.scopes.push(scopes);
            return unknown.map_or(Ok(()), Err);
        }
    };
    for (source, text) in capture(plan, template, value).ok_or_else(wrong)? {
        match source {
            Source::ClientId => asked.client_id = Some(text),
            Source::RedirectUri => asked.redirect_uri = Some(text),
            Source::State => asked.state = Some(text),
            Source::Nonce => asked.nonce = Some(text),
            Source::CodeChallenge => asked.challenge = Some(text),
            Source::Input(_) => asked.bound.push((source.clone(), text)),
            _ => {}
        }
    }
    Ok(())
}

/// Returns the other values of a callback with a code: those of the examples, or plausible ones for required fields.
fn fields(plan: &Plan) -> Vec<(String, String)> {
    let shown = |name: &str| plan.examples.iter().find_map(|example| example.text(name));
    let value = |field: &Field| match shown(&field.name) {
        None if !field.optional => Some(text(&plausible(field))),
        shown => shown,
    };
    let named = |field: &Field| Some((field.path.first()?.clone(), value(field)?));
    plan.callback_fields().filter_map(named).collect()
}

/// Returns the parameters for the app with the values that the spec verifies. Signatures over the rest come last.
pub(super) fn signed<'v>(
    plan: &Plan,
    verify: impl Iterator<Item = &'v Verify>,
    known: &[(Source, String)],
    pairs: impl Iterator<Item = (&'v str, &'v str)>,
) -> Vec<(String, String)> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut said: Vec<_> = pairs.map(owned).collect();
    for verify in verify {
        let given = Given::of(known.to_vec()).with_rest(&said);
        let value = wire::template(plan, &verify.value, &given);
        said.push((verify.name.clone(), value));
    }
    said
}

/// Returns the default values of the inputs that have one.
pub(super) fn defaults(plan: &Plan) -> impl Iterator<Item = (Source, String)> {
    let default = |input: &Input| Some((Source::Input(input.name.clone()), input.default.clone()?));
    plan.inputs.iter().filter_map(default)
}

/// Returns whether a redirect URI matches the registered one by the provider's rule (RFC 9700 §2.1 requires an exact
/// match). If the provider puts the state in the redirect URI, that parameter may follow.
fn is_registered(plan: &Plan, login: &Login, registered: &str, asked: &str) -> bool {
    let rest = asked.strip_prefix(registered);
    if login.state_in_redirect {
        let is_state = |rest: &str| matches!(rest.get(1..), Some(own) if own.starts_with("state="));
        return rest.is_some_and(|rest| rest.starts_with(['?', '&']) && is_state(rest));
    }
    let host = |uri: &str| {
        let (scheme, rest) = uri.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some((scheme.to_owned(), host.to_owned()))
    };
    let rule = &plan.app.redirect_uri;
    if rule.any_loopback_port
        && let (Some(own), Some(other)) = (without_port(registered), without_port(asked))
        && own == other
    {
        return true;
    }
    match rule.matching {
        RedirectMatch::Exact => asked == registered,
        RedirectMatch::Prefix => rest.is_some_and(|rest| {
            rest.is_empty() || registered.ends_with('/') || rest.starts_with(['/', '?'])
        }),
        RedirectMatch::Host => host(asked).is_some() && host(asked) == host(registered),
    }
}

/// Returns the parts of a loopback URI before and after its port (RFC 8252 §7.3).
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let hosts = ["http://127.0.0.1", "http://[::1]", "http://localhost"];
    let host = hosts.into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (port, path) = rest.split_at(end);
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    let is_local = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    is_local.then_some((host, path))
}

/// A callback that a page posts, as the URL of a redirect with the same parameters.
#[derive(Clone)]
pub(super) struct Posted(pub(super) String);

/// Returns the page that posts the response to the app (OAuth 2.0 Form Post Response Mode).
fn form(redirect_uri: &str, said: &[(String, String)]) -> Answer {
    let inputs = said.iter().map(|(name, value)| {
        let (name, value) = (attribute(name), attribute(value));
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    });
    let inputs: String = inputs.collect();
    let action = attribute(redirect_uri);
    let mut answer = page(&format!(
        "<!doctype html><title>Submit this form</title><body onload=\"document.forms[0].submit()\">\
         <form method=\"post\" action=\"{action}\">{inputs}<noscript><button>Continue</button></noscript></form>"
    ));
    let redirected = redirect(redirect_uri, said, None, false);
    let location = redirected.headers().get(http::header::LOCATION);
    if let Some(location) = location.and_then(|location| location.to_str().ok()) {
        answer.extensions_mut().insert(Posted(location.to_owned()));
    }
    answer
}

/// Returns a text as the value of an HTML attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

/// Redirects the browser to the app (RFC 6749 §4.1.2). The value of the parameter `raw` is not encoded.
fn redirect(
    redirect_uri: &str,
    said: &[(String, String)],
    raw: Option<&str>,
    in_fragment: bool,
) -> Answer {
    let encoded = said
        .iter()
        .map(|(name, value)| match raw == Some(name.as_str()) {
            true => format!("{name}={value}"),
            false => form_urlencoded::Serializer::new(String::new())
                .append_pair(name, value)
                .finish(),
        });
    let query = encoded.collect::<Vec<_>>().join("&");
    let mark = match redirect_uri.contains('?') {
        _ if in_fragment => '#',
        true => '&',
        false => '?',
    };
    let mut answer = plain(302, "");
    if let Ok(location) = http::HeaderValue::from_str(&format!("{redirect_uri}{mark}{query}")) {
        answer
            .headers_mut()
            .insert(http::header::LOCATION, location);
    }
    answer
}
