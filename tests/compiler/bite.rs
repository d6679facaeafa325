//! Changes each value of a Plan once, and checks that earlier results of the Plan no longer fit. At least nine in ten
//! changes make an example fail. At least nine in ten change the module, the page, and the responses of the simulated
//! provider. The scores are printed for each provider.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use oauth_spec::emit::{docs, rust};
use oauth_spec::interpret::{examples, outcome};
use oauth_spec::plan::example::Response;
use oauth_spec::plan::{Call, CallId, CallKind, Example, ExampleSubject, Plan};
use oauth_spec::syntax::shapes::Given;
use oauth_spec::{Compiled, Demand, Source, compile};

use crate::compiler::changes::{behaviours, changes};
use crate::simulator::planted::mistakes;
use crate::support::pages;
use crate::support::trial::{PLANS, Trial, name};

fn shipped() -> Vec<Compiled> {
    let paths = pages::specs(pages::SPECS);
    let compiled = paths.iter().map(|path| {
        let source = Source::new(path.to_string_lossy(), &fs::read(path).unwrap());
        compile(&source, Demand::Complete).unwrap()
    });
    compiled.collect()
}

const SIMULATION: &str = "the simulation";
const EXAMPLE: &str = "an example";

/// Prints how many changes are detected, and returns whether that is at least nine in ten. `make` produces a result from a
/// Plan. `sees` receives that result, the Plan and the changed Plan.
fn score<T>(
    compiled: &Compiled,
    by: &str,
    make: impl Fn(&Plan) -> T,
    sees: impl Fn(&T, &Plan, &Plan) -> bool,
) -> bool {
    let (mut all, mut unseen) = (0, Vec::new());
    for plan in compiled.plans() {
        let made = make(plan);
        for (what, other) in changes(plan) {
            // A provider reads parameters in any order, and an example states none.
            if [SIMULATION, EXAMPLE].contains(&by) && what.ends_with("the order of parameters") {
                continue;
            }
            // Two calls with one request have one response.
            let is_shared = |call: &Call| {
                what.contains(&format!(" {}:", call.function())) && shares(plan, call)
            };
            if by == SIMULATION && plan.calls.iter().any(is_shared) {
                continue;
            }
            all += 1;
            if !sees(&made, plan, &other) {
                unseen.push(what);
            }
        }
    }
    let (id, seen) = (&compiled.base.identity.id, all - unseen.len());
    println!("{id}: {seen} of {all} changes are seen by {by}; not: {unseen:?}");
    seen * 10 >= all * 9
}

/// Returns whether another call has the same method and URL.
fn shares(plan: &Plan, call: &Call) -> bool {
    let mut others = plan.calls.iter().filter(|other| other.id != call.id);
    let reads = |call: &Call| matches!(call.kind, CallKind::Userinfo | CallKind::Further);
    reads(call)
        && others.any(|other| reads(other) && other.method == call.method && other.url == call.url)
}

#[test]
fn nine_in_ten_changes_of_a_plan_make_an_example_fail() {
    let mut weak = Vec::new();
    for compiled in shipped() {
        let fails = |(): &(), _: &Plan, other: &Plan| {
            let mut examples = other.examples.iter();
            examples.any(|example| !examples::holds(other, example))
        };
        if !score(&compiled, EXAMPLE, |_| (), fails) {
            weak.push(compiled.base.identity.id.clone());
        }
    }
    assert!(weak.is_empty(), "too few changes are seen in {weak:?}");
}

#[test]
fn a_change_of_a_plan_changes_the_module() {
    let mut weak = Vec::new();
    for compiled in shipped() {
        let module = |plan: &Plan| {
            let items = rust::single(plan, &[]).items;
            items.iter().map(ToString::to_string).collect::<String>()
        };
        let differs = |own: &String, _: &Plan, other: &Plan| *own != module(other);
        if !score(&compiled, "the module", module, differs) {
            weak.push(compiled.base.identity.id.clone());
        }
    }
    assert!(weak.is_empty(), "too few changes are seen in {weak:?}");
}

#[test]
fn a_change_of_a_plan_changes_the_page() {
    let mut weak = Vec::new();
    for compiled in shipped() {
        let page = |plan: &Plan| {
            let alone = Compiled {
                base: plan.clone(),
                variants: Vec::new(),
                tally: compiled.tally,
                questions: compiled.questions.clone(),
            };
            docs::page(&alone).unwrap()
        };
        let differs = |own: &String, _: &Plan, other: &Plan| *own != page(other);
        if !score(&compiled, "the page", page, differs) {
            weak.push(compiled.base.identity.id.clone());
        }
    }
    assert!(weak.is_empty(), "too few changes are seen in {weak:?}");
}

#[test]
fn a_change_of_a_plan_changes_what_its_simulation_says() {
    let mut weak = Vec::new();
    for compiled in shipped() {
        // A change is detected if the app of at least one of the two Plans gets different responses from the two providers.
        let own = |plan: &Plan| talk(plan, plan);
        let differs = |own: &Vec<String>, plan: &Plan, other: &Plan| {
            *own != talk(plan, other) || talk(other, plan) != talk(other, other)
        };
        if !score(&compiled, SIMULATION, own, differs) {
            weak.push(compiled.base.identity.id.clone());
        }
    }
    assert!(weak.is_empty(), "too few changes are seen in {weak:?}");
}

/// Makes every mistake at both providers, because correct requests do not reveal these behaviours.
#[test]
fn a_change_of_behaviour_shows_in_what_is_refused() {
    let mistakes = |app: &Plan, provider: &Plan| {
        let made = mistakes().map(|mistake| {
            let trial = Trial::between(app, provider);
            let said = catch_unwind(AssertUnwindSafe(|| (mistake.plant)(&trial)));
            said.unwrap_or(Err("nothing to make it with"))
        });
        made.collect::<Vec<_>>()
    };
    let (mut all, mut unseen) = (0, Vec::new());
    for plan in PLANS.iter().filter(|plan| plan.login.is_some()) {
        let own = mistakes(plan, plan);
        for (what, other) in behaviours(plan) {
            all += 1;
            let here = own != mistakes(plan, &other);
            if !here && mistakes(&other, plan) == mistakes(&other, &other) {
                unseen.push(format!("{}: {what}", name(plan)));
            }
        }
    }
    println!(
        "{} of {all} behaviours are seen; not: {unseen:#?}",
        all - unseen.len()
    );
    assert_eq!(unseen, Vec::<String>::new());
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Returns the responses that an app of one Plan gets from a provider of another. The app sends every example of its spec
/// in the order of a connection's lifetime, with values from earlier responses. It repeats the calls at once, after one day
/// and after another 90 days.
fn talk(app: &Plan, provider: &Plan) -> Vec<String> {
    let trial = Trial::between(app, provider);
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let logins = || {
        app.examples
            .iter()
            .filter(|own| own.call == ExampleSubject::Authorize)
    };
    let calls = || {
        app.calls.iter().flat_map(|call| {
            let of_call = |example: &&Example| {
                let about = app.call_of(example);
                about.is_some_and(|own| own.function() == call.function())
            };
            app.examples.iter().filter(of_call)
        })
    };
    for (offline, time) in [(false, Duration::ZERO), (true, DAY)] {
        for example in calls() {
            // A code works once, and a revocation may end the grant, so each of these examples gets a separate login.
            let exchange = calls().find(|own| own.call.is(&CallId::AuthorizationCode));
            let is_exchange = example.call.is(&CallId::AuthorizationCode);
            if is_exchange || example.call.is(&CallId::Revoke) {
                logins().for_each(|login| ask(&trial, login, offline, &mut known));
            }
            if let Some(exchange) = exchange.filter(|_| example.call.is(&CallId::Revoke)) {
                ask(&trial, exchange, offline, &mut known);
            }
            ask(&trial, example, offline, &mut known);
        }
        trial.simulator.advance(time);
    }
    for days in [90, 3650] {
        calls().for_each(|example| ask(&trial, example, true, &mut known));
        trial.simulator.advance(DAY * days);
    }
    trial.heard.take()
}

/// Sends the request of an example.
fn ask(trial: &Trial<'_>, example: &Example, offline: bool, known: &mut BTreeMap<String, String>) {
    let app = trial.plan;
    if example.expected.error.is_some() {
        return;
    }
    let about = app.call_of(example);
    let mut example = with_every_argument(app, about, example);
    // A connection has one host, so all examples use the samples of the inputs.
    let inputs = app.inputs.iter().map(|input| (&input.name, input.sample()));
    for (name, sample) in inputs {
        example.given.retain(|(own, _)| own != name);
        example.given.push((name.clone(), Given::Text(sample)));
    }
    for (name, value) in &mut example.given {
        if let Some(said) = known.get(&format!("callback.{name}")) {
            *value = Given::Text(said.clone());
        }
    }
    let token = about.and_then(|call| call.of_token.as_ref().or(call.carries.as_ref()));
    let first = || app.tokens.first().map(|token| &token.name);
    let token = token.or_else(first).cloned().unwrap_or_default();
    let own = ["access_token", "refresh_token"].map(|name| {
        let text = known.get(&format!("{token}.{name}"));
        (name, text.cloned().unwrap_or_else(|| "none".to_owned()))
    });
    let others = known.iter().map(|(name, text)| (&**name, text.clone()));
    let values: Vec<_> = others.chain(own).collect();
    let values: Vec<_> = values.iter().map(|(name, text)| (*name, &**text)).collect();
    if let Some(request) = trial.request_of(&example, offline, &values) {
        let answer = trial.send(&request);
        learn(app, about, &answer, known);
    }
}

/// Returns a copy of an example in which every optional argument is given.
fn with_every_argument(app: &Plan, call: Option<&Call>, example: &Example) -> Example {
    let of_login = app.login.as_ref().map(|login| &login.arguments);
    let arguments = call.map(|call| &call.arguments).or(of_login);
    let mut example = example.clone();
    let add = |example: &mut Example, name: &str, value: Given| {
        if !example.given.iter().any(|(own, _)| own == name) {
            example.given.push((name.to_owned(), value));
        }
    };
    for argument in arguments.into_iter().flatten() {
        let text = argument.one_of.first().map_or("text", String::as_str);
        add(&mut example, &argument.name, Given::Text(text.to_owned()));
    }
    for set in &app.scope_sets {
        let name = if set.name.is_empty() {
            "scope"
        } else {
            &set.name
        };
        // A further call may be an operation that needs any of the scopes.
        let known = set.known.iter().map(|scope| scope.id.clone());
        let known: Vec<String> = match call {
            None if !app.operations.is_empty() => known.collect(),
            _ => known.take(2).collect(),
        };
        match call {
            None if known.len() > 2 => {
                example.given.retain(|(own, _)| own != name);
                example.given.push((name.to_owned(), Given::List(known)));
            }
            _ => add(&mut example, name, Given::List(known)),
        }
    }
    example
}

/// Records the values of a response that later requests need.
fn learn(
    app: &Plan,
    call: Option<&Call>,
    answer: &http::Response<Vec<u8>>,
    known: &mut BTreeMap<String, String>,
) {
    let Some(call) = call else {
        let location = answer.headers().get("location");
        let location =
            location.and_then(|location| reqwest::Url::parse(location.to_str().ok()?).ok());
        let pairs: Vec<_> = location
            .iter()
            .flat_map(|url| url.query_pairs().into_owned())
            .collect();
        let said = |name: Option<&String>| {
            let own = pairs.iter().find(|(own, _)| Some(own) == name);
            own.map(|(_, value)| value.clone())
        };
        let code = said(app.login.as_ref().map(|login| &login.callback[0]));
        known.extend(code.map(|code| ("code".to_owned(), code)));
        for field in app.callback_fields() {
            let value = said(field.path.first());
            known.extend(value.map(|value| (format!("callback.{}", field.name), value)));
        }
        return;
    };
    let response = Response {
        status: answer.status().as_u16(),
        headers: Vec::new(),
        body: String::from_utf8_lossy(answer.body()).into_owned(),
    };
    for (token, members) in
        outcome::read(app, call, &response).map_or_else(|_| Vec::new(), |read| read.tokens)
    {
        for (name, value) in members {
            if let Given::Text(text) = value {
                known.insert(format!("{token}.{name}"), text);
            }
        }
    }
    let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    for path in &call.carried {
        let member = path.iter().try_fold(&body, |value, name| value.get(name));
        if let Some(text) = member.and_then(serde_json::Value::as_str) {
            known.insert(format!("token.{}", path.join(".")), text.to_owned());
        }
    }
}
