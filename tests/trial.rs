//! A shipped Plan, its simulation, and an app at it: requests are those of the spec's own examples.

use std::sync::LazyLock;

use oauth_spec::emit::{examples, outcome};
use oauth_spec::plan::example::Response;
use oauth_spec::plan::{Call, Example, Expectation, Login, Plan};
use oauth_spec::simulator::{Client, Simulator};
use oauth_spec::syntax::shapes::Given;

pub(crate) type Request = http::Request<Vec<u8>>;

pub(crate) const BACK: &str = "https://client.example.com/cb";

/// A Plan, its simulation, and an app at it.
pub(crate) struct Trial<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
}

impl<'p> Trial<'p> {
    pub(crate) fn of(plan: &'p Plan) -> Trial<'p> {
        let simulator = Simulator::of([plan.clone()]);
        let client = simulator.register(&plan.identity.id, BACK).unwrap();
        Trial {
            plan,
            simulator,
            client,
        }
    }

    /// The request of the spec's own example of a call, made by this app with these values.
    pub(crate) fn request(
        &self,
        call: &str,
        client: &Client,
        values: &[(&str, &str)],
    ) -> Option<Request> {
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
    pub(crate) fn code(&self) -> Option<String> {
        let request = self.request("authorize", &self.client, &[])?;
        self.parameter(&request, |login| &login.callback[0])
    }

    /// A parameter of the callback that an authorization request leads to.
    pub(crate) fn parameter(&self, request: &Request, name: fn(&Login) -> &str) -> Option<String> {
        let name = name(self.plan.login.as_ref()?);
        let answer = self.simulator.answer(request);
        let location = answer.headers().get("location")?.to_str().ok()?.to_owned();
        let (_, query) = location.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(own, _)| *own == name)
            .map(|(_, value)| value.to_owned())
    }

    pub(crate) fn exchange(&self, code: &str) -> Option<Request> {
        self.request(&self.plan.exchange()?.path, &self.client, &[("code", code)])
    }

    /// What a call's answer means by the Plan.
    pub(crate) fn outcome(&self, call: &Call, request: &Request) -> Expectation {
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
pub(crate) static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
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

pub(crate) fn name(plan: &Plan) -> String {
    plan.identity.reference()
}
