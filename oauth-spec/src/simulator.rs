//! [`Simulator`]: providers to test against, which behave as their Plans say.
//!
//! It is strict where the Plan is: the redirect URI is the registered one, a code works once and for the client
//! that it was made for, with the verifier of its challenge; a parameter that the spec does not name is refused; a
//! refresh token that was spent is refused, and ends its grant where the provider does that. Answers and refusals
//! have the provider's shapes: those of its examples, with what is new written over.
//!
//! It shares nothing with the generated code but the Plan, and touches neither sockets nor a clock: it is a function
//! from a request and a state to an answer and the next state. Give that function to an HTTP client as its transport.
//!
//! ```
//! use oauth_spec::simulator::Simulator;
//! use oauth_spec::{Demand, Source, compile};
//!
//! let spec = r#"
//! language = 1
//!
//! [provider]
//! id = "acme"
//! name = "Acme"
//! docs = "https://acme.example/docs"
//!
//! [authorize]
//! url = "https://id.acme.example/authorize"
//!
//! [token]
//! url = "https://id.acme.example/token"
//! "#;
//! let acme = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound).unwrap();
//! let simulator = Simulator::of([acme.base]);
//! let client = simulator.register("acme", "https://app.example/callback").unwrap();
//! let request = http::Request::post("https://id.acme.example/token")
//!     .header("content-type", "application/x-www-form-urlencoded")
//!     .body(format!("grant_type=authorization_code&code=stolen&client_id={}", client.id).into_bytes());
//! assert_eq!(simulator.answer(&request.unwrap()).status(), 400);
//! ```
//!
//! What it does not do yet: introspection, calls that send on what another call brought, requests that begin in the
//! provider's store, states in redirect URIs. It answers them with status 501 and says so.

mod answers;
mod authorize;
mod calls;
mod capture;
mod faults;
mod received;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::plan::Plan;
pub use faults::{Fault, Lost};
use received::Received;
use world::World;
pub use world::{Client, User};

/// Providers that exist in this process alone. Cheap to clone; clones are the same providers.
#[derive(Clone)]
pub struct Simulator {
    plans: Arc<[Plan]>,
    world: Arc<Mutex<World>>,
}

impl Simulator {
    /// Providers by their Plans: bases, variants, or both.
    pub fn of(plans: impl IntoIterator<Item = Plan>) -> Simulator {
        Simulator {
            plans: plans.into_iter().collect(),
            world: Arc::default(),
        }
    }

    /// Registers an app with one redirect URI; none where there is no provider of that id.
    pub fn register(&self, provider: &str, redirect_uri: &str) -> Option<Client> {
        let plan = self
            .plans
            .iter()
            .position(|plan| plan.identity.id == provider)?;
        Some(self.world().register(plan, provider, redirect_uri))
    }

    /// What the user does from now on when a provider asks for consent.
    pub fn user(&self, user: User) {
        self.world().user = user;
    }

    /// Lets time pass: nothing here waits.
    pub fn advance(&self, time: Duration) {
        self.world().now += time;
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
        let received = Received::of(request);
        let mut world = self.world();
        world.received.push(request.clone());
        let login = self
            .plans
            .iter()
            .enumerate()
            .find_map(|(index, plan)| authorize::answer(&mut world, index, plan, &received));
        let answer = login.or_else(|| calls::answer(&mut world, &self.plans, &received));
        answer.unwrap_or_else(|| {
            answers::plain(404, "no provider of this simulator has this endpoint")
        })
    }

    /// A panic in a test's other thread spoils no state: each answer is whole before the next.
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
