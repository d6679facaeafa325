//! The authorization endpoint: from the browser's request to the redirect that brings it back.

use std::time::Duration;

use super::answers::{Refused, plain, plausible};
use super::calls::may_be_absent;
use super::capture::capture;
use super::received::{Received, text};
use super::world::{ClientId, Code, Grant, User, World};
use crate::emit::wire::{self, Given};
use crate::plan::{Field, Login, Parameter, Plan, Source, Value};

/// A code lives so long (RFC 6749 §4.1.2 allows ten minutes at the most).
const CODE_LIVES: Duration = Duration::from_secs(10 * 60);

type Answer = http::Response<Vec<u8>>;

/// What comes back, if the request is for a provider's authorization endpoint: that of its app, where several have
/// this URL.
pub(super) fn answer(
    world: &mut World,
    plans: &[Plan],
    whose: Option<usize>,
    received: &Received,
) -> Option<Answer> {
    let mut here = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        if let Some(login) = &plan.login
            && capture(plan, &login.url, &received.url).is_some()
        {
            here.push((index, plan, login));
        }
    }
    here.sort_by_key(|(index, ..)| Some(*index) != whose);
    let (index, plan, login) = *here.first()?;
    if login.in_fragment || login.state_in_redirect {
        let words = "the simulator reads no fragments, nor states in redirect URIs";
        return Some(plain(501, words));
    }
    Some(consider(world, index, plan, login, received))
}

/// What an authorization request asks for.
#[derive(Default)]
struct Asked {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    state: Option<String>,
    challenge: Option<String>,
    nonce: Option<String>,
    scopes: Vec<(String, Vec<String>)>,
    offline: bool,
    /// What is wrong with the request.
    wrong: Option<String>,
}

fn consider(
    world: &mut World,
    index: usize,
    plan: &Plan,
    login: &Login,
    received: &Received,
) -> Answer {
    let asked = read(plan, login, received);
    // Nobody is sent to an address that the app did not register (RFC 6749 §3.1.2.4).
    let client_id = asked.client_id.as_deref().unwrap_or_default();
    let Some(client) = world.client_of(index, client_id) else {
        return plain(400, "the provider knows no such client");
    };
    let redirect_uri = world.client(client).redirect_uri.clone();
    if asked
        .redirect_uri
        .as_ref()
        .is_some_and(|own| *own != redirect_uri)
    {
        return plain(400, "the redirect URI is not the registered one");
    }
    let secret = world.client(client).secret.clone();
    let back = |pairs: &[(&str, &str)]| {
        let said = said(plan, login, &secret, asked.state.as_deref(), pairs);
        redirect(&redirect_uri, &said)
    };
    let [code_name, _, error_name, description_name] = &login.callback;
    match (&asked.wrong, world.user.clone()) {
        (Some(wrong), _) => {
            let mut answer = back(&[(error_name, "invalid_request"), (description_name, wrong)]);
            answer.extensions_mut().insert(Refused(wrong.clone()));
            answer
        }
        (None, User::Denies) => back(&[(error_name, "access_denied")]),
        (None, user) => {
            if let User::TakesLong(time) = user {
                world.now += time;
            }
            let code = consented(world, index, plan, client, &redirect_uri, &asked, &user);
            let fields = fields(plan);
            let fields = fields.iter().map(|(name, value)| (&**name, &**value));
            back(
                &[(&**code_name, &*code)]
                    .into_iter()
                    .chain(fields)
                    .collect::<Vec<_>>(),
            )
        }
    }
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
    let unticked: &[String] = match user {
        User::Unticks(scopes) => scopes,
        _ => &[],
    };
    let scopes = asked.scopes.iter().map(|(set, scopes)| {
        let kept = scopes.iter().filter(|scope| !unticked.contains(scope));
        (set.clone(), kept.cloned().collect())
    });
    let grant = Grant {
        plan: plan_index,
        client,
        scopes: scopes.collect(),
        offline: asked.offline,
        nonce: asked.nonce.clone(),
        alive: true,
    };
    let code = world.draw(&format!("{}-code", plan.identity.id));
    let ends = world.now + CODE_LIVES;
    let grant = world.begin(grant);
    world.codes.insert(
        code.clone(),
        Code {
            grant,
            redirect_uri: redirect_uri.to_owned(),
            challenge: asked.challenge.clone(),
            ends,
            used: false,
        },
    );
    code
}

/// Reads the query by the spec's parameters.
fn read(plan: &Plan, login: &Login, received: &Received) -> Asked {
    let mut asked = Asked {
        offline: !login.has_offline,
        ..Asked::default()
    };
    let mut wrong = None;
    for (name, value) in &received.query {
        let of_name = |row: &&Parameter| row.name == *name;
        let own = login.parameters.iter().find(of_name);
        let offline = login.offline_parameters.iter().find(of_name);
        let takes = [own, offline]
            .into_iter()
            .flatten()
            .any(|row| takes(plan, row, value, &mut asked));
        asked.offline |= offline.is_some() && own.is_none();
        if !takes {
            wrong = wrong.or_else(|| {
                Some(format!(
                    "`{name}` is unknown, or has a value that is not taken"
                ))
            });
        }
    }
    for row in &login.parameters {
        if !may_be_absent(&login.arguments, row)
            && !received.query.iter().any(|(name, _)| *name == row.name)
        {
            wrong = wrong.or_else(|| Some(format!("`{}` is missing", row.name)));
        }
    }
    let offline_scope = |scope: &String| login.offline_scopes.contains(scope);
    asked.offline |= asked
        .scopes
        .iter()
        .any(|(_, scopes)| scopes.iter().any(offline_scope));
    asked.wrong = wrong;
    asked
}

fn takes(plan: &Plan, row: &Parameter, value: &str, asked: &mut Asked) -> bool {
    let template = match &row.value {
        Value::Template(template) => template,
        Value::Number(number) => return value == number.to_string(),
        Value::Boolean(boolean) => return value == boolean.to_string(),
        Value::Scopes(set) => {
            let set = &plan.scope_sets[*set];
            let scopes: Vec<String> = value.split(&*set.separator).map(str::to_owned).collect();
            let is_known = |scope: &String| {
                set.open
                    || set.known.iter().any(|own| own.id == *scope)
                    || set.always.contains(scope)
            };
            let known = scopes.iter().all(is_known);
            asked.scopes.push((set.name.clone(), scopes));
            return known;
        }
    };
    let Some(captured) = capture(plan, template, value) else {
        return false;
    };
    for (source, text) in captured {
        match source {
            Source::ClientId => asked.client_id = Some(text),
            Source::RedirectUri => asked.redirect_uri = Some(text),
            Source::State => asked.state = Some(text),
            Source::Nonce => asked.nonce = Some(text),
            Source::CodeChallenge => asked.challenge = Some(text),
            _ => {}
        }
    }
    true
}

/// What else comes with a code: as the examples have it, else something of the name.
fn fields(plan: &Plan) -> Vec<(String, String)> {
    let shown = |name: &str| plan.examples.iter().find_map(|example| example.text(name));
    let value = |field: &Field| match shown(&field.name) {
        None if !field.optional => Some(text(&plausible(field))),
        shown => shown,
    };
    let named = |field: &Field| Some((field.path.first()?.clone(), value(field)?));
    plan.callback_fields().filter_map(named).collect()
}

/// What a callback says, with what the spec says that it must show: signatures over the rest come last.
fn said(
    plan: &Plan,
    login: &Login,
    secret: &str,
    state: Option<&str>,
    pairs: &[(&str, &str)],
) -> Vec<(String, String)> {
    let state = state.map(|state| (&*login.callback[1], state));
    let mut said: Vec<(String, String)> = pairs
        .iter()
        .copied()
        .chain(state)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for verify in login.verify_early().chain(login.verify_late()) {
        let secret = vec![(Source::ClientSecret, secret.to_owned())];
        let given = Given::of(secret).with_rest(&said);
        said.push((
            verify.name.clone(),
            wire::template(plan, &verify.value, &given),
        ));
    }
    said
}

/// Sends the browser back (RFC 6749 §4.1.2).
fn redirect(redirect_uri: &str, said: &[(String, String)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(said)
        .finish();
    let mark = if redirect_uri.contains('?') { '&' } else { '?' };
    let mut answer = plain(302, "");
    if let Ok(location) = http::HeaderValue::from_str(&format!("{redirect_uri}{mark}{query}")) {
        answer
            .headers_mut()
            .insert(http::header::LOCATION, location);
    }
    answer
}
