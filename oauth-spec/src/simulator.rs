//! Simulated providers for tests, which behave as their Plans describe.
//!
//! A [`Simulator`] is as strict as the Plan:
//!
//! - The redirect URI must match the registered one.
//! - A code works once, for the client that it was issued to, with the verifier of its challenge, and at the host of its
//!   login.
//! - The client must authenticate in one of the ways that the spec lists.
//! - A provider that rejects unknown parameters does so here.
//! - A refresh token that was consumed is rejected, and its grant ends if the provider does that.
//!
//! Responses have the provider's shapes: they are the examples of its spec with new values.
//!
//! The simulator shares only the Plan with the generated code, and uses neither sockets nor a clock. It is a function
//! from a request and a state to a response and the next state. Pass that function to an HTTP client as its transport.
//! [`Simulator::serve`] puts it behind a socket, for clients in other languages.
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

use crate::interpret::examples;
use crate::plan::{Example, Plan, Source};
pub use faults::{Fault, Lost, Slowly};
use received::{Fragment, Received};
pub use refusal::{PassedOver, Refused};
#[cfg(feature = "server")]
pub use server::Server;
pub use start::StartError;
use world::World;
pub use world::{Client, User};

/// Simulated providers in this process. Clones are cheap and share their state.
#[derive(Clone)]
pub struct Simulator {
    plans: Arc<[Plan]>,
    world: Arc<Mutex<World>>,
}

/// The page that the browser displays if the provider does not redirect to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// The text that the user reads.
    pub words: String,
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the provider returned status {} without a redirect: {}",
            self.status, self.words
        )
    }
}

impl std::error::Error for Page {}

impl Simulator {
    /// Creates a simulator from the Plans of bases, variants, or both. It ignores examples that contradict their Plan.
    pub fn of(plans: impl IntoIterator<Item = Plan>) -> Simulator {
        Simulator {
            plans: plans.into_iter().map(with_true_examples).collect(),
            world: Arc::default(),
        }
    }

    /// Returns a simulator with these Plans and a new state. Tests can use one each without compiling the specs again.
    pub fn anew(&self) -> Simulator {
        Simulator {
            plans: self.plans.clone(),
            world: Arc::default(),
        }
    }

    /// Returns the Plans of the simulated providers.
    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// Registers an app with one redirect URI at a provider, or at a variant such as `slack::rotating`.
    ///
    /// Returns `None` if the provider is unknown.
    pub fn register(&self, provider: &str, redirect_uri: &str) -> Option<Client> {
        let plan = self.place(provider)?;
        let id = &self.plans[plan].identity.id;
        Some(self.world().register(plan, id, redirect_uri))
    }

    /// Registers an app with a given id and secret. Returns false if the provider is unknown.
    pub fn register_as(&self, provider: &str, client: Client) -> bool {
        let Some(plan) = self.place(provider) else {
            return false;
        };
        self.world().clients.push((plan, client));
        true
    }

    /// Returns the index of the Plan of a provider or variant.
    fn place(&self, provider: &str) -> Option<usize> {
        let of_name = |plan: &Plan| plan.identity.reference() == provider;
        let of_id = |plan: &Plan| plan.identity.id == provider;
        let exact = self.plans.iter().position(of_name);
        exact.or_else(|| self.plans.iter().position(of_id))
    }

    /// Sets what the user does from now on when a provider requests consent.
    pub fn user(&self, user: User) {
        self.world().user = user;
    }

    /// Opens an authorization URL in the user's browser, and returns the URL of the redirect to the app.
    ///
    /// If the provider's page posts the callback as a form, the URL has the parameters of that form.
    ///
    /// # Errors
    ///
    /// Returns the page that the user reads if the provider does not redirect. This happens if the client is unknown or the
    /// redirect URI does not match.
    pub fn browse(&self, authorization_url: &str) -> Result<String, Page> {
        let page = |status: u16, words: String| Page { status, words };
        let mut request = http::Request::get(authorization_url);
        if let Some((_, fragment)) = authorization_url.split_once('#') {
            request = request.extension(Fragment(fragment.to_owned()));
        }
        let request = request.body(Vec::new());
        let request = request.map_err(|error| page(400, error.to_string()))?;
        let answer = self.answer(&request);
        if let Some(authorize::Posted(location)) = answer.extensions().get() {
            return Ok(location.clone());
        }
        let location = answer.headers().get(http::header::LOCATION);
        match location.and_then(|location| location.to_str().ok()) {
            Some(location) => Ok(location.to_owned()),
            None => Err(page(
                answer.status().as_u16(),
                String::from_utf8_lossy(answer.body()).into_owned(),
            )),
        }
    }

    /// Returns the query with which the provider's app store sends a user to the app.
    ///
    /// The query contains these parameters, and the proof that it comes from the provider. Returns `None` if the client is
    /// unknown, or the provider does not install apps in this way.
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

    /// Issues a key, as a person copies it from the provider's pages. Its kind is the first in the spec.
    ///
    /// Returns `None` if the provider is unknown or does not have keys.
    pub fn key(&self, provider: &str) -> Option<String> {
        let index = self.place(provider)?;
        let plan = &self.plans[index];
        let token = plan.tokens.iter().find(|token| token.is_static())?;
        Some(self.world().key(index, &plan.identity.id, &token.name))
    }

    /// Advances the providers' clock by `time`, without waiting.
    pub fn advance(&self, time: Duration) {
        self.world().now += time;
    }

    /// Returns the providers' time. It starts with the year 2026, and advances only by [`Simulator::advance`] and
    /// `User::TakesLong`.
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.world().now
    }

    /// Ends all grants of an app, as a user can on the provider's page.
    pub fn revoked_by_user(&self, client: &Client) {
        self.world().end_grants_of(client);
    }

    /// Returns every request that reached a provider, in order. It includes the browser's requests, and secrets.
    pub fn received(&self) -> Vec<http::Request<Vec<u8>>> {
        self.world().received.clone()
    }

    /// Returns the response of the provider at the request's host.
    pub fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        answer(&mut self.world(), &self.plans, request)
    }

    /// Locks the state. A poisoned lock is usable, since a panic in another thread of a test does not interrupt a response.
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

/// Computes the response and the next state from a request and a state.
fn answer(
    world: &mut World,
    plans: &[Plan],
    request: &http::Request<Vec<u8>>,
) -> http::Response<Vec<u8>> {
    let received = Received::of(request);
    world.received.push(request.clone());
    // Several kinds of app may be registered at one provider. The client or a token in the request determines the Plan.
    let texts: Vec<String> = received.texts().collect();
    let client = texts.iter().find_map(|text| world.plan_of_client(text));
    let whose = client.or_else(|| texts.iter().find_map(|text| world.plan_of_token(text)));
    let mut answer = authorize::answer(world, plans, whose, &received)
        .or_else(|| api::lacking_scope(world, plans, whose, &received))
        .or_else(|| calls::answer(world, plans, whose, &received))
        .or_else(|| api::answer(world, plans, whose, &received))
        .unwrap_or_else(|| answers::plain(404, "no provider of this simulator has this endpoint"));
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + world.told());
    if let Ok(date) = http::HeaderValue::try_from(date) {
        answer.headers_mut().insert(http::header::DATE, date);
    }
    answer
}
