//! [`Simulator`]: providers to test against, which behave as their Plans say.
//!
//! It is strict where the Plan is: the redirect URI is the registered one, a code works once and for the client
//! that it was made for, with the verifier of its challenge and at the host of its login; the client shows itself in
//! one of the ways that the spec names; a parameter that is not known is refused where the provider does that; a refresh
//! token that was spent is refused, and ends its grant where the provider does that. Answers and refusals
//! have the provider's shapes: those of its examples, with what is new written over.
//!
//! It shares nothing with the generated code but the Plan, and touches neither sockets nor a clock: it is a function
//! from a request and a state to an answer and the next state. Give that function to an HTTP client as its transport;
//! [`Simulator::serve`] puts it behind a socket, for the clients of other languages.
//!
//! ```
//! use oauth_spec::simulator::Simulator;
//!
//! let simulator = Simulator::start(["slack", "github"]).unwrap();
//! let client = simulator.register("github", "https://app.example/callback").unwrap();
//! let stolen = format!(
//!     "grant_type=authorization_code&code=stolen&client_id={}&client_secret={}",
//!     client.id, client.secret
//! );
//! let request = http::Request::post("https://github.com/login/oauth/access_token")
//!     .header("accept", "application/json")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body(stolen.into_bytes());
//! let answer = simulator.answer(&request.unwrap());
//! assert!(String::from_utf8_lossy(answer.body()).contains("bad_verification_code"));
//! ```

mod answers;
mod api;
mod authorize;
mod calls;
mod capture;
mod credentials;
mod faults;
mod grants;
mod issue;
mod received;
mod refusal;
mod requests;
#[cfg(feature = "server")]
mod server;
mod start;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::emit::examples;
use crate::plan::{Example, Plan, Source};
pub use faults::{Fault, Lost, Slowly};
use received::{Fragment, Received};
pub use refusal::{PassedOver, Refused};
#[cfg(feature = "server")]
pub use server::Server;
pub use start::StartError;
use world::World;
pub use world::{Client, User};

/// Providers that exist in this process alone. Cheap to clone; clones are the same providers.
#[derive(Clone)]
pub struct Simulator {
    plans: Arc<[Plan]>,
    world: Arc<Mutex<World>>,
}

/// What the browser shows if it is not sent back to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// What the user reads.
    pub words: String,
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the user stays at the provider, with status {}: {}",
            self.status, self.words
        )
    }
}

impl std::error::Error for Page {}

impl Simulator {
    /// Providers by their Plans: bases, variants, or both. An example that a Plan makes untrue is no answer of its.
    pub fn of(plans: impl IntoIterator<Item = Plan>) -> Simulator {
        Simulator {
            plans: plans.into_iter().map(with_true_examples).collect(),
            world: Arc::default(),
        }
    }

    /// The same providers, at which nobody was ever registered: for each test its own, without reading specs again.
    pub fn anew(&self) -> Simulator {
        Simulator {
            plans: self.plans.clone(),
            world: Arc::default(),
        }
    }

    /// The Plans that it behaves by.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// Registers an app with one redirect URI at a provider, or at a variant such as `slack::rotating`; none where
    /// there is no such provider.
    pub fn register(&self, provider: &str, redirect_uri: &str) -> Option<Client> {
        let plan = self.place(provider)?;
        let id = &self.plans[plan].identity.id;
        Some(self.world().register(plan, id, redirect_uri))
    }

    /// Registers an app whose id and secret are known already; false where there is no such provider.
    pub fn register_as(&self, provider: &str, client: Client) -> bool {
        let Some(plan) = self.place(provider) else {
            return false;
        };
        self.world().clients.push((plan, client));
        true
    }

    /// The place of a provider's Plan, or of its variant's.
    fn place(&self, provider: &str) -> Option<usize> {
        let of_name = |plan: &Plan| plan.identity.reference() == provider;
        let of_id = |plan: &Plan| plan.identity.id == provider;
        let exact = self.plans.iter().position(of_name);
        exact.or_else(|| self.plans.iter().position(of_id))
    }

    /// What the user does from now on when a provider asks for consent.
    pub fn user(&self, user: User) {
        self.world().user = user;
    }

    /// The user's browser: it goes to the authorization endpoint and is sent back.
    ///
    /// # Errors
    ///
    /// The page that the user reads, if the provider sends nobody back: it knows no such client, or not this
    /// redirect URI.
    pub fn browse(&self, authorization_url: &str) -> Result<String, Page> {
        let page = |status: u16, words: String| Page { status, words };
        let mut request = http::Request::get(authorization_url);
        if let Some((_, fragment)) = authorization_url.split_once('#') {
            request = request.extension(Fragment(fragment.to_owned()));
        }
        let request = request.body(Vec::new());
        let request = request.map_err(|error| page(400, error.to_string()))?;
        let answer = self.answer(&request);
        let location = answer.headers().get(http::header::LOCATION);
        match location.and_then(|location| location.to_str().ok()) {
            Some(location) => Ok(location.to_owned()),
            None => Err(page(
                answer.status().as_u16(),
                String::from_utf8_lossy(answer.body()).into_owned(),
            )),
        }
    }

    /// The query with which the provider's own store sends a user to the app: these parameters, and what proves that
    /// it was the provider. None where apps are not installed so.
    pub fn install(&self, client: &Client, parameters: &[(&str, &str)]) -> Option<String> {
        let plan = self.world().plan_of_client(&client.id)?;
        let plan = &self.plans[plan];
        let install = plan.install.as_ref()?;
        let said = authorize::signed(
            plan,
            install.verify.iter(),
            &[(Source::ClientSecret, client.secret.clone())],
            parameters.iter().copied(),
        );
        let mut query = form_urlencoded::Serializer::new(String::new());
        Some(query.extend_pairs(said).finish())
    }

    /// A key that a person copies from the provider's pages, of the first kind that its spec names; none where there is
    /// no such provider, or no such kind.
    pub fn key(&self, provider: &str) -> Option<String> {
        let index = self.place(provider)?;
        let plan = &self.plans[index];
        let token = plan.tokens.iter().find(|token| token.is_static())?;
        Some(self.world().key(index, &plan.identity.id, &token.name))
    }

    /// Lets time pass: nothing here waits.
    pub fn advance(&self, time: Duration) {
        self.world().now += time;
    }

    /// What time it is at the providers. It begins with the year 2026 and passes only by [`Simulator::advance`], or
    /// by a user who takes long.
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.world().now
    }

    /// Ends all that a user granted to an app, as the user can on the provider's own page.
    pub fn revoked_by_user(&self, client: &Client) {
        self.world().end_grants_of(client);
    }

    /// Every request that reached a provider, the browser's among them, in order: secrets and all.
    pub fn received(&self) -> Vec<http::Request<Vec<u8>>> {
        self.world().received.clone()
    }

    /// What the provider of the request's host answers.
    pub fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        answer(&mut self.world(), &self.plans, request)
    }

    /// A panic in a test's other thread spoils no state: each answer is whole before the next.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn with_true_examples(mut plan: Plan) -> Plan {
    let examples = std::mem::take(&mut plan.examples);
    let holds = |example: &Example| examples::holds(&plan, example);
    plan.examples = examples.into_iter().filter(holds).collect();
    plan
}

/// From a state and a request to an answer and the next state.
fn answer(
    world: &mut World,
    plans: &[Plan],
    request: &http::Request<Vec<u8>>,
) -> http::Response<Vec<u8>> {
    let received = Received::of(request);
    world.received.push(request.clone());
    // Several kinds of app may be registered at one provider: whose this is, its client says, or its tokens.
    let texts: Vec<String> = received.texts().collect();
    let client = texts.iter().find_map(|text| world.plan_of_client(text));
    let whose = client.or_else(|| texts.iter().find_map(|text| world.plan_of_token(text)));
    let mut answer = authorize::answer(world, plans, whose, &received)
        .or_else(|| calls::answer(world, plans, whose, &received))
        .or_else(|| api::answer(world, plans, whose, &received))
        .unwrap_or_else(|| answers::plain(404, "no provider of this simulator has this endpoint"));
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + world.told());
    if let Ok(date) = http::HeaderValue::try_from(date) {
        answer.headers_mut().insert(http::header::DATE, date);
    }
    answer
}
