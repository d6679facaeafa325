//! A shipped Plan, its simulation, and an app at it. Requests are made from the spec's examples.

use std::cell::RefCell;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_spec::interpret::{examples, outcome};
use oauth_spec::plan::example::Response;
use oauth_spec::plan::{Call, CallKind, Example, ExampleSubject, Expectation, Login, Plan, Source};
use oauth_spec::simulator::{Client, PassedOver, Simulator};
use oauth_spec::syntax::shapes::Given;

use super::wire::Wire;

pub(crate) type Request = http::Request<Vec<u8>>;

pub(crate) const BACK: &str = "https://client.example.com/cb";

/// A Plan, its simulation, and an app at it.
pub(crate) struct Trial<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    /// The socket that requests go through, unless the simulator answers them in process.
    wire: Option<Wire>,
    /// Every response, in order.
    pub(crate) heard: RefCell<Vec<String>>,
}

impl<'p> Trial<'p> {
    pub(crate) fn of(plan: &'p Plan) -> Trial<'p> {
        Trial::between(plan, plan)
    }

    /// Creates an app of one Plan at a provider of another.
    pub(crate) fn between(plan: &'p Plan, simulated: &Plan) -> Trial<'p> {
        let simulator = Simulator::of([simulated.clone()]);
        let client = simulator.register(&plan.identity.id, BACK).unwrap();
        Trial {
            plan,
            simulator,
            client,
            wire: None,
            heard: RefCell::default(),
        }
    }

    /// Creates an app at a provider that is behind a socket.
    pub(crate) fn over_a_socket(plan: &'p Plan) -> Trial<'p> {
        let mut trial = Trial::of(plan);
        trial.wire = Some(Wire::of(&trial.simulator));
        trial
    }

    /// Returns the request of the spec's example of a call, made by this app with these values.
    pub(crate) fn request(
        &self,
        call: &str,
        client: &Client,
        values: &[(&str, &str)],
    ) -> Option<Request> {
        self.request_with(self.example(call)?, client, texts(values))
    }

    /// Returns the request of an example. With `offline`, a login requests offline access; otherwise the example decides.
    pub(crate) fn request_of(
        &self,
        example: &Example,
        offline: bool,
        values: &[(&str, &str)],
    ) -> Option<Request> {
        let mut values = texts(values);
        values.extend(offline.then_some(("offline", Given::Boolean(true))));
        self.request_with(example, &self.client, values)
    }

    /// Returns the first example of a call that is not an error response.
    fn example(&self, call: &str) -> Option<&'p Example> {
        let subject = ExampleSubject::parse(call);
        let of_call =
            |example: &&Example| example.call == subject && example.expected.error.is_none();
        self.plan.examples.iter().find(of_call)
    }

    fn request_with(
        &self,
        example: &Example,
        client: &Client,
        values: Vec<(&str, Given)>,
    ) -> Option<Request> {
        Some(parsed(&self.message(example, client, values)?))
    }

    fn message(
        &self,
        example: &Example,
        client: &Client,
        values: Vec<(&str, Given)>,
    ) -> Option<String> {
        let mut example = example.clone();
        let text = |text: &str| Given::Text(text.to_owned());
        let own = [
            ("client_id", text(&client.id)),
            ("client_secret", text(&client.secret)),
            ("redirect_uri", text(BACK)),
        ];
        let without = ["state", "code", "code_verifier", "code_challenge", "nonce"];
        example
            .given
            .retain(|(name, _)| !without.contains(&&**name));
        for (name, value) in own.into_iter().chain(values) {
            example.given.retain(|(other, _)| other != name);
            example.given.push((name.to_owned(), value));
        }
        examples::request(self.plan, &example)
    }

    /// Returns the code of a login, for offline access where that makes a difference.
    pub(crate) fn code(&self) -> Option<String> {
        self.login().ok()
    }

    /// Returns the code of a login, or why there is none.
    pub(crate) fn login(&self) -> Result<String, String> {
        let mut values = vec![("offline", Given::Boolean(true))];
        // A further call may be an operation that needs a scope, which the example of the login need not request. So may
        // userinfo.
        let further = self
            .plan
            .calls
            .iter()
            .any(|call| call.kind == CallKind::Further);
        let needs_scopes = self.plan.calls.iter().any(|call| !call.needs.is_empty());
        let sets = self
            .plan
            .scope_sets
            .iter()
            .filter(|_| needs_scopes || (further && !self.plan.operations.is_empty()));
        for set in sets.filter(|set| !set.known.is_empty()) {
            let name = if set.name.is_empty() {
                "scope"
            } else {
                &set.name
            };
            let known = set.known.iter().map(|scope| scope.id.clone());
            values.push((name, Given::List(known.collect())));
        }
        let example = self.example("authorize").ok_or("no example of a login")?;
        let message = self
            .message(example, &self.client, values)
            .ok_or("no login")?;
        let url = message.trim_start_matches("GET ");
        let location = match &self.wire {
            Some(wire) => wire.browse(url)?,
            None => {
                let location = self.simulator.browse(url);
                location.map_err(|page| format!("{page:?}"))?
            }
        };
        let name = self
            .plan
            .login
            .as_ref()
            .map_or("code", |login| &login.callback[0]);
        let query = location
            .split_once(['?', '#'])
            .map_or("", |(_, query)| query);
        if self
            .plan
            .login
            .as_ref()
            .is_some_and(|login| login.code_is_raw)
        {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let own = pairs.find(|(own, _)| *own == name);
            return own
                .map(|(_, value)| value.to_owned())
                .ok_or_else(|| format!("{location} has no {name}"));
        }
        let query = format!("https://client.example.com/?{query}");
        let query = reqwest::Url::parse(&query).map_err(|error| error.to_string())?;
        let own = query.query_pairs().find(|(own, _)| own == name);
        own.map(|(_, value)| value.into_owned())
            .ok_or_else(|| format!("{location} has no {name}"))
    }

    /// Returns a parameter of the callback that an authorization request leads to.
    pub(crate) fn parameter(&self, request: &Request, name: fn(&Login) -> &str) -> Option<String> {
        let name = name(self.plan.login.as_ref()?);
        let answer = self.send(request);
        let location = answer.headers().get("location")?.to_str().ok()?.to_owned();
        let (_, query) = location.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value.to_owned())
    }

    pub(crate) fn exchange(&self, code: &str) -> Option<Request> {
        self.request(
            &self.plan.exchange()?.id.to_string(),
            &self.client,
            &[("code", code)],
        )
    }

    /// Returns the client's Basic header.
    pub(crate) fn basic(&self) -> http::HeaderValue {
        let pair = format!("{}:{}", self.client.id, self.client.secret);
        format!("Basic {}", STANDARD.encode(pair))
            .try_into()
            .unwrap()
    }

    /// Returns the meaning of a call's response according to the Plan.
    pub(crate) fn outcome(&self, call: &Call, request: &Request) -> Expectation {
        self.answered(call, request).1
    }

    /// Returns the status of a call's response, and its meaning according to the Plan.
    pub(crate) fn answered(&self, call: &Call, request: &Request) -> (u16, Expectation) {
        let read = self.read(call, request);
        read.unwrap_or_else(|why| panic!("{} {why}", self.plan.identity.id))
    }

    /// Returns the status of a call's response and its meaning, or why the Plan cannot read the response.
    pub(crate) fn read(
        &self,
        call: &Call,
        request: &Request,
    ) -> Result<(u16, Expectation), String> {
        let (status, body) = self.answer(request);
        let response = Response {
            status,
            headers: Vec::new(),
            body,
        };
        let outcome = outcome::read(self.plan, call, &response);
        let outcome = outcome.map_err(|why| format!("{}: {why}: {}", call.id, response.body))?;
        Ok((status, outcome))
    }

    pub(crate) fn send(&self, request: &Request) -> http::Response<Vec<u8>> {
        let answer = match &self.wire {
            Some(wire) => wire.send(request),
            None => self.simulator.answer(request),
        };
        let (status, headers) = (answer.status(), answer.headers());
        let body = String::from_utf8_lossy(answer.body());
        let passed_over = answer.extensions().get::<PassedOver>();
        self.heard
            .borrow_mut()
            .push(format!("{status} {headers:?} {body} {passed_over:?}"));
        answer
    }

    fn answer(&self, request: &Request) -> (u16, String) {
        let answer = self.send(request);
        let status = answer.status().as_u16();
        (status, String::from_utf8(answer.into_body()).unwrap())
    }

    /// Returns the tokens of a call's response.
    pub(crate) fn tokens_of(&self, call: &Call, request: &Request) -> Held {
        held(self.outcome(call, request))
    }

    /// Returns the tokens of a whole login: those of the exchange, or those of the later call that returns them.
    pub(crate) fn held(&self) -> Result<Held, String> {
        let exchange = self.plan.exchange().ok_or("no exchange")?;
        let code = self.code().ok_or("no code")?;
        let mut request = self.exchange(&code).ok_or("no example of an exchange")?;
        let mut call = exchange;
        if exchange.readings.is_empty() {
            let brought: serde_json::Value = serde_json::from_str(&self.answer(&request).1)
                .map_err(|error| error.to_string())?;
            call = self.plan.gives_tokens().ok_or("nothing gives tokens")?;
            let members = call.sources().filter_map(|source| match source {
                Source::Member(_, path) => {
                    let value = path
                        .iter()
                        .try_fold(&brought, |value, name| value.get(name))?;
                    Some((
                        format!("token.{}", path.join(".")),
                        value.as_str()?.to_owned(),
                    ))
                }
                _ => None,
            });
            let members: Vec<_> = members.collect();
            let values: Vec<_> = members
                .iter()
                .map(|(name, text)| (&**name, &**text))
                .collect();
            request = self
                .request(&call.id.to_string(), &self.client, &values)
                .ok_or("no example of the call that gives tokens")?;
        }
        let held = held(self.read(call, &request)?.1);
        match held.access_token.is_empty() {
            true => Err(self.answer(&request).1),
            false => Ok(held),
        }
    }
}

/// Returns the tokens of a response.
fn held(outcome: Expectation) -> Held {
    let (token, members) = outcome.tokens.into_iter().next().unwrap_or_default();
    let member = |name: &str| {
        let own = members.iter().find(|(own, _)| own == name);
        own.map(|(_, value)| value)
    };
    let text = |name: &str| match member(name)? {
        Given::Text(text) => Some(text.clone()),
        _ => None,
    };
    Held {
        access_token: text("access_token").unwrap_or_default(),
        refresh_token: text("refresh_token"),
        lives: match member("expires_in") {
            Some(Given::Number(seconds)) => u64::try_from(*seconds).ok(),
            _ => None,
        },
        token,
    }
}

/// The tokens that an app has after a login.
#[derive(Debug)]
pub(crate) struct Held {
    /// The name of the token in the spec.
    pub(crate) token: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// The lifetime of the access token in seconds.
    pub(crate) lives: Option<u64>,
}

fn texts<'n>(values: &[(&'n str, &str)]) -> Vec<(&'n str, Given)> {
    let text = |(name, value): &(&'n str, &str)| (*name, Given::Text((*value).to_owned()));
    values.iter().map(text).collect()
}

/// Parses a message in the format of the examples.
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
pub(crate) static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let files = super::pages::specs(super::pages::SPECS);
    let sources = files.iter().map(|file| {
        oauth_spec::Source::new(file.display().to_string(), &std::fs::read(file).unwrap())
    });
    let compiled =
        sources.map(|source| oauth_spec::compile(&source, oauth_spec::Demand::Complete).unwrap());
    compiled
        .flat_map(|own| own.plans().cloned().collect::<Vec<_>>())
        .collect()
});

pub(crate) fn name(plan: &Plan) -> String {
    plan.identity.reference()
}
