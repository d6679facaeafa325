//! Every shipped Plan against its own simulation: a right login gives what the Plan reads, and each planted mistake is
//! refused, or does not exist for a reason that the Plan has.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use oauth_spec::emit::{examples, outcome};
use oauth_spec::plan::example::Response;
use oauth_spec::plan::{Body, Call, CallKind, Example, Expectation, Login, Plan, Source};
use oauth_spec::simulator::{Client, Simulator, User};
use oauth_spec::syntax::shapes::Given;

use proptest::prelude::*;

type Request = http::Request<Vec<u8>>;

const BACK: &str = "https://client.example.com/cb";

/// A Plan, its simulation, and an app at it.
struct Trial<'p> {
    plan: &'p Plan,
    simulator: Simulator,
    client: Client,
}

impl<'p> Trial<'p> {
    fn of(plan: &'p Plan) -> Trial<'p> {
        let simulator = Simulator::of([plan.clone()]);
        let client = simulator.register(&plan.identity.id, BACK).unwrap();
        Trial {
            plan,
            simulator,
            client,
        }
    }

    /// The request of the spec's own example of a call, made by this app with these values.
    fn request(&self, call: &str, client: &Client, values: &[(&str, &str)]) -> Option<Request> {
        let of_call = |example: &&Example| example.call == call && example.expected.error.is_none();
        let mut example = self.plan.examples.iter().find(of_call)?.clone();
        let own = [
            ("client_id", &*client.id),
            ("client_secret", &*client.secret),
            ("redirect_uri", BACK),
        ];
        let without = ["state", "code", "code_verifier", "code_challenge", "nonce"];
        example
            .given
            .retain(|(name, _)| !without.contains(&&**name));
        for (name, value) in own.iter().chain(values) {
            example.given.retain(|(other, _)| other != name);
            let value = Given::Text((*value).to_owned());
            example.given.push(((*name).to_owned(), value));
        }
        Some(parsed(&examples::request(self.plan, &example)?))
    }

    /// The code that a login brings.
    fn code(&self) -> Option<String> {
        let request = self.request("authorize", &self.client, &[])?;
        self.parameter(&request, |login| &login.callback[0])
    }

    /// A parameter of the callback that an authorization request leads to.
    fn parameter(&self, request: &Request, name: fn(&Login) -> &str) -> Option<String> {
        let name = name(self.plan.login.as_ref()?);
        let answer = self.simulator.answer(request);
        let location = answer.headers().get("location")?.to_str().ok()?.to_owned();
        let (_, query) = location.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value.to_owned())
    }

    fn exchange(&self, code: &str) -> Option<Request> {
        self.request(&self.plan.exchange()?.path, &self.client, &[("code", code)])
    }

    /// What a call's answer means by the Plan.
    fn outcome(&self, call: &Call, request: &Request) -> Expectation {
        let answer = self.simulator.answer(request);
        let response = Response {
            status: answer.status().as_u16(),
            headers: Vec::new(),
            body: String::from_utf8(answer.into_body()).unwrap(),
        };
        let id = &self.plan.identity.id;
        outcome::read(self.plan, call, &response)
            .unwrap_or_else(|why| panic!("{id} {}: {why}: {}", call.path, response.body))
    }
}

/// A message as the examples write it.
fn parsed(message: &str) -> Request {
    let (head, body) = message.split_once("\n\n").unwrap_or((message, ""));
    let mut lines = head.lines();
    let (method, url) = lines.next().unwrap().split_once(' ').unwrap();
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    request.body(body.as_bytes().to_vec()).unwrap()
}

/// The base and the variants of all shipped specs.
static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|own| own == "toml"));
    files.sort();
    let sources = files.iter().map(|file| {
        oauth_spec::Source::new(file.display().to_string(), &std::fs::read(file).unwrap())
    });
    let compiled =
        sources.map(|source| oauth_spec::compile(&source, oauth_spec::Demand::Complete).unwrap());
    compiled
        .flat_map(|own| own.plans().cloned().collect::<Vec<_>>())
        .collect()
});

fn name(plan: &Plan) -> String {
    let variant = plan.identity.variant.as_ref();
    variant.map_or_else(
        || plan.identity.id.clone(),
        |(name, _)| format!("{}::{name}", plan.identity.id),
    )
}

/// A mistake in an exchange: makes it from a right code, or says why it does not exist at this provider.
type Mistake = (
    &'static str,
    fn(&Trial<'_>, &str) -> Result<Request, &'static str>,
);

fn sends(trial: &Trial<'_>, source: &Source) -> Result<String, &'static str> {
    let call = trial.plan.exchange().ok_or("no exchange")?;
    let row = call.parameters().find(|row| row.carries(source));
    row.map(|row| row.name.clone())
        .ok_or("the exchange does not send it")
}

fn right(trial: &Trial<'_>, code: &str) -> Result<Request, &'static str> {
    trial.exchange(code).ok_or("no example of an exchange")
}

fn with(trial: &Trial<'_>, code: &str, values: &[(&str, &str)]) -> Result<Request, &'static str> {
    let path = &trial.plan.exchange().ok_or("no exchange")?.path;
    let values: Vec<_> = [("code", code)]
        .into_iter()
        .chain(values.iter().copied())
        .collect();
    trial
        .request(path, &trial.client, &values)
        .ok_or("no example of an exchange")
}

/// Changes the parameters of a body, form or JSON.
fn body(
    request: Request,
    change: impl Fn(&mut Vec<(String, String)>),
) -> Result<Request, &'static str> {
    let text = String::from_utf8(request.body().clone()).unwrap();
    let is_json = text.starts_with('{');
    let (open, close, separator, colon) = if is_json {
        ("{", "}", ",", ":")
    } else {
        ("", "", "&", "=")
    };
    let inner = text.trim_start_matches(open).trim_end_matches(close);
    let split = |pair: &str| {
        pair.split_once(colon)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let mut pairs: Vec<_> = inner.split(separator).filter_map(split).collect();
    let before = pairs.clone();
    change(&mut pairs);
    if pairs == before {
        return Err("the body does not say it");
    }
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{name}{colon}{value}"))
        .collect();
    let (parts, _) = request.into_parts();
    Ok(Request::from_parts(
        parts,
        format!("{open}{}{close}", pairs.join(separator)).into_bytes(),
    ))
}

fn without(request: Request, name: &str) -> Result<Request, &'static str> {
    body(request, |pairs| {
        pairs.retain(|(own, _)| own.trim_matches('"') != name);
    })
}

const MISTAKES: [Mistake; 15] = [
    ("an unknown code", |trial, _| right(trial, "made-up")),
    ("a code used before", |trial, code| {
        let request = right(trial, code)?;
        trial.simulator.answer(&request);
        Ok(request)
    }),
    ("an expired code", |trial, code| {
        trial.simulator.advance(Duration::from_secs(601));
        right(trial, code)
    }),
    ("another client's code", |trial, code| {
        let other = trial
            .simulator
            .register(&trial.plan.identity.id, BACK)
            .ok_or("no app")?;
        let path = &trial.plan.exchange().ok_or("no exchange")?.path;
        trial
            .request(path, &other, &[("code", code)])
            .ok_or("no example")
    }),
    ("another verifier", |trial, code| {
        sends(trial, &Source::CodeVerifier)?;
        with(
            trial,
            code,
            &[(
                "code_verifier",
                "another-verifier-another-verifier-another-verifier",
            )],
        )
    }),
    ("no verifier", |trial, code| {
        let name = sends(trial, &Source::CodeVerifier)?;
        without(right(trial, code)?, &name)
    }),
    ("another redirect URI", |trial, code| {
        sends(trial, &Source::RedirectUri)?;
        with(
            trial,
            code,
            &[("redirect_uri", "https://client.example.com/other")],
        )
    }),
    ("no redirect URI", |trial, code| {
        let name = sends(trial, &Source::RedirectUri)?;
        without(right(trial, code)?, &name)
    }),
    ("a wrong secret", |trial, code| {
        with(trial, code, &[("client_secret", "guessed")])
            .and_then(|request| differs(trial, code, request))
    }),
    ("an unknown client", |trial, code| {
        with(trial, code, &[("client_id", "nobody")])
            .and_then(|request| differs(trial, code, request))
    }),
    ("a parameter more", |trial, code| {
        body(right(trial, code)?, |pairs| {
            let quoted = pairs.first().is_some_and(|(name, _)| name.starts_with('"'));
            pairs.push(if quoted {
                ("\"more\"".into(), "\"1\"".into())
            } else {
                ("more".into(), "1".into())
            });
        })
    }),
    ("the code twice", |trial, code| {
        let is_form = trial
            .plan
            .exchange()
            .is_some_and(|call| matches!(call.body, Body::Form(_)));
        let name = sends(trial, &Source::Code)?;
        match is_form {
            true => body(right(trial, code)?, |pairs| {
                pairs.push((name.clone(), "x".to_owned()));
            }),
            false => Err("the body is no form"),
        }
    }),
    ("no code", |trial, code| {
        let name = sends(trial, &Source::Code)?;
        without(right(trial, code)?, &name)
    }),
    ("a host that is not the provider's", |trial, code| {
        let url = &trial.plan.exchange().ok_or("no exchange")?.url;
        let takes_any = |source: &Source| {
            let form = trial.plan.form_of(source);
            form.is_some_and(|form| form.holds("id.evil.example"))
        };
        if url.sources().any(takes_any) {
            return Err("any host may be the provider's");
        }
        let mut request = right(trial, code)?;
        let uri = request.uri().to_string();
        let host = request.uri().host().ok_or("a URL without a host")?;
        let foreign = uri.replacen(host, &format!("{host}.evil.example"), 1);
        *request.uri_mut() = foreign.parse().map_err(|_| "no URL")?;
        Ok(request)
    }),
    ("another media type", |trial, code| {
        let mut request = right(trial, code)?;
        let other = http::HeaderValue::from_static("text/plain");
        let replaced = request.headers_mut().insert("content-type", other);
        replaced.map(|_| request).ok_or("the exchange has no body")
    }),
];

fn differs(trial: &Trial<'_>, code: &str, request: Request) -> Result<Request, &'static str> {
    let right = right(trial, code)?;
    let same = right.body() == request.body()
        && right.headers() == request.headers()
        && right.uri() == request.uri();
    if same {
        Err("the exchange does not send it")
    } else {
        Ok(request)
    }
}

#[test]
fn every_plan_reads_what_its_simulation_answers_and_every_mistake_is_refused() {
    let mut silent = BTreeSet::new();
    for plan in PLANS.iter() {
        let Some(exchange) = plan.exchange() else {
            silent.insert(name(plan));
            continue;
        };
        let trial = Trial::of(plan);
        let Some(code) = trial.code() else {
            silent.insert(name(plan));
            continue;
        };
        let request = trial.exchange(&code).unwrap();
        let outcome = trial.outcome(exchange, &request);
        assert_eq!(outcome.error, None, "{}", name(plan));
        let gives = !outcome.tokens.is_empty() || exchange.readings.is_empty();
        assert!(gives, "{} gives no token", name(plan));

        let mut filled = 0;
        for (mistake, make) in MISTAKES {
            let trial = Trial::of(plan);
            let code = trial.code().unwrap();
            match make(&trial, &code) {
                Ok(request) => {
                    let refused = trial.outcome(exchange, &request).error;
                    assert!(refused.is_some(), "{} took {mistake}", name(plan));
                    filled += 1;
                    println!(
                        "{:<24} {mistake:<24} {:?}",
                        name(plan),
                        refused.unwrap().0.unwrap_or_default()
                    );
                }
                Err(why) => println!("{:<24} {mistake:<24} - {why}", name(plan)),
            }
        }
        assert!(filled >= 8, "{} has {filled} mistakes", name(plan));
    }
    // No user logs in to these.
    let expected = ["box::server", "zoom::server_to_server"];
    assert_eq!(silent, expected.map(str::to_owned).into());
}

#[test]
fn nobody_is_sent_to_an_address_or_by_a_client_that_is_not_registered() {
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        if trial.code().is_none() {
            continue;
        }
        let ask =
            |values: &[(&str, &str)]| trial.request("authorize", &trial.client, values).unwrap();
        let foreign = ask(&[("redirect_uri", "https://evil.example/cb")]);
        assert!(
            trial
                .parameter(&foreign, |login| &login.callback[0])
                .is_none(),
            "{}",
            name(plan)
        );
        let unknown = ask(&[("client_id", "nobody")]);
        assert!(
            trial
                .parameter(&unknown, |login| &login.callback[0])
                .is_none(),
            "{}",
            name(plan)
        );
        trial.simulator.user(User::Denies);
        let denied = trial.parameter(&ask(&[]), |login| &login.callback[2]);
        assert_eq!(denied.as_deref(), Some("access_denied"), "{}", name(plan));
    }
}

#[test]
fn a_refresh_follows_the_policy_of_the_plan() {
    let mut rotating = 0;
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        let refresh = plan
            .calls
            .iter()
            .find(|call| call.kind == CallKind::Refresh);
        let (Some(refresh), Some(exchange), Some(code)) = (refresh, plan.exchange(), trial.code())
        else {
            continue;
        };
        let request = trial.exchange(&code).unwrap();
        let given = trial.outcome(exchange, &request).tokens;
        let refresh_token = given
            .iter()
            .flat_map(|(_, members)| members)
            .find(|(name, _)| name == "refresh_token");
        let Some((_, Given::Text(refresh_token))) = refresh_token else {
            continue;
        };
        let values = [("refresh_token", &**refresh_token)];
        let Some(request) = trial.request(&refresh.path, &trial.client, &values) else {
            continue;
        };
        assert_eq!(
            trial.outcome(refresh, &request).error,
            None,
            "{}",
            name(plan)
        );
        let policy = &plan.tokens[0].policy;
        let rotates = policy.rotation == oauth_spec::plan::token::Rotation::Always;
        let no_grace = policy.grace
            == oauth_spec::syntax::shapes::Grace::Time(oauth_spec::syntax::shapes::Time::Seconds(
                0,
            ));
        if rotates && no_grace {
            rotating += 1;
            assert!(
                trial.outcome(refresh, &request).error.is_some(),
                "{} took a spent token",
                name(plan)
            );
        }
        if !rotates {
            assert_eq!(
                trial.outcome(refresh, &request).error,
                None,
                "{}",
                name(plan)
            );
            trial.simulator.revoked_by_user(&trial.client);
            assert!(
                trial.outcome(refresh, &request).error.is_some(),
                "{}",
                name(plan)
            );
        }
        let unknown = trial
            .request(
                &refresh.path,
                &trial.client,
                &[("refresh_token", "made-up")],
            )
            .unwrap();
        assert!(
            trial.outcome(refresh, &unknown).error.is_some(),
            "{}",
            name(plan)
        );
    }
    println!("{rotating} spend a refresh token with its use");
}

#[test]
fn calls_by_access_token_take_a_living_one_and_no_other() {
    let mut made = BTreeSet::new();
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        let (Some(exchange), Some(code)) = (plan.exchange(), trial.code()) else {
            continue;
        };
        let given = trial
            .outcome(exchange, &trial.exchange(&code).unwrap())
            .tokens;
        let by_token = plan.calls.iter().filter(|call| {
            let kind = matches!(
                call.kind,
                CallKind::Userinfo | CallKind::Renew | CallKind::Further
            );
            let sends_on = call
                .sources()
                .any(|source| matches!(source, Source::Member(..)));
            kind && !sends_on && call.sources().any(|source| *source == Source::AccessToken)
        });
        for call in by_token {
            let carried = given
                .iter()
                .find(|(token, _)| call.carries.as_ref().is_none_or(|own| own == token));
            let token = carried
                .and_then(|(_, members)| members.iter().find(|(name, _)| name == "access_token"));
            let Some((_, Given::Text(token))) = token else {
                continue;
            };
            let ask =
                |token: &str| trial.request(&call.path, &trial.client, &[("access_token", token)]);
            let (Some(right), Some(wrong)) = (ask(token), ask("made-up")) else {
                continue;
            };
            assert_eq!(
                trial.outcome(call, &right).error,
                None,
                "{} {}",
                name(plan),
                call.path
            );
            assert!(
                trial.outcome(call, &wrong).error.is_some(),
                "{} {}",
                name(plan),
                call.path
            );
            trial.simulator.revoked_by_user(&trial.client);
            assert!(
                trial.outcome(call, &right).error.is_some(),
                "{} {}",
                name(plan),
                call.path
            );
            made.insert(format!("{} {}", name(plan), call.path));
            break;
        }
    }
    println!("{made:#?}");
    assert!(made.len() >= 8, "{made:?}");
}

/// What somebody does at a provider; the number chooses among the codes or tokens that came before.
#[derive(Clone, Debug)]
enum Step {
    LogIn,
    Exchange(usize),
    ExchangeAsAnother(usize),
    Refresh(usize),
    RevokeByUser,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::LogIn),
        any::<usize>().prop_map(Step::Exchange),
        any::<usize>().prop_map(Step::ExchangeAsAnother),
        any::<usize>().prop_map(Step::Refresh),
        Just(Step::RevokeByUser),
        (0..900_u64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..40)
}

/// A code or a refresh token, with the login that it comes from.
type Held = (usize, String);

fn chosen(held: &[Held], number: usize) -> Option<Held> {
    held.get(number.checked_rem(held.len())?).cloned()
}

proptest! {
    /// Whatever the order: a code works once, a refresh token is spent once, a family that ended stays ended, and nobody
    /// gets another app's tokens.
    #[test]
    fn no_order_of_requests_breaks_the_rules(steps in steps()) {
        let plan = PLANS.iter().find(|plan| name(plan) == "box").unwrap();
        let trial = Trial::of(plan);
        let other = trial.simulator.register("box", BACK).unwrap();
        let (exchange, refresh) = (plan.exchange().unwrap(), plan.call("refresh").unwrap());
        let (mut codes, mut tokens) = (Vec::<Held>::new(), Vec::<Held>::new());
        let (mut spent, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut logins = 0;
        for step in steps {
            let (call, held, request) = match step {
                Step::LogIn => {
                    codes.push((logins, trial.code().unwrap()));
                    logins += 1;
                    continue;
                }
                Step::RevokeByUser => {
                    trial.simulator.revoked_by_user(&trial.client);
                    ended.extend(0..logins);
                    continue;
                }
                Step::Wait(seconds) => {
                    trial.simulator.advance(Duration::from_secs(seconds));
                    continue;
                }
                Step::ExchangeAsAnother(number) => {
                    if let Some((login, code)) = chosen(&codes, number) {
                        let request = trial.request(&exchange.path, &other, &[("code", &code)]).unwrap();
                        prop_assert!(trial.outcome(exchange, &request).error.is_some());
                        if !spent.insert(code) {
                            ended.insert(login);
                        }
                    }
                    continue;
                }
                Step::Exchange(number) => match chosen(&codes, number) {
                    Some(held) => (exchange, held.clone(), trial.exchange(&held.1).unwrap()),
                    None => continue,
                },
                Step::Refresh(number) => match chosen(&tokens, number) {
                    Some(held) => {
                        let values = [("refresh_token", &*held.1)];
                        (refresh, held.clone(), trial.request(&refresh.path, &trial.client, &values).unwrap())
                    }
                    None => continue,
                },
            };
            let (login, text) = held;
            let outcome = trial.outcome(call, &request);
            let again = !spent.insert(text);
            if outcome.error.is_none() {
                prop_assert!(!again, "it was used before");
                prop_assert!(!ended.contains(&login), "its family has ended");
                let members = outcome.tokens.iter().flat_map(|(_, members)| members);
                let new = members.filter_map(|(name, value)| match value {
                    Given::Text(text) if name == "refresh_token" => Some((login, text.clone())),
                    _ => None,
                });
                tokens.extend(new);
            } else if again && call.kind == CallKind::Exchange {
                ended.insert(login);
            }
        }
    }
}
