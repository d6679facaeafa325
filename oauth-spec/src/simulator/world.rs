//! The state of the simulated providers: clients, codes, grants, tokens, and the time.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::faults::Fault;
use crate::plan::{Challenge, Source};

/// A registered app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret.
    pub secret: String,
    /// The registered redirect URI.
    pub redirect_uri: String,
}

/// The user's behaviour when a provider requests consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum User {
    /// The user agrees to everything.
    #[default]
    Consents,
    /// The user denies the request.
    Denies,
    /// The user agrees, but deselects these scopes.
    Unticks(Vec<String>),
    /// The user agrees after this time, by which the providers' clock advances.
    TakesLong(Duration),
}

/// The state that requests change.
pub(super) struct World {
    /// The time since 1970.
    pub(super) now: Duration,
    pub(super) user: User,
    pub(super) faults: VecDeque<Fault>,
    pub(super) received: Vec<http::Request<Vec<u8>>>,
    /// The fault that applies to the current response.
    pub(super) in_force: Option<Fault>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) tokens: BTreeMap<String, Issued>,
    /// The grants of response members that a later call sends.
    pub(super) members: BTreeMap<String, GrantId>,
    /// The times at which each grant was refreshed.
    refreshes: BTreeMap<GrantId, Vec<Duration>>,
    pub(super) clients: Vec<(usize, Client)>,
    grants: Vec<Grant>,
    drawn: u64,
}

/// An authorization code.
pub(super) struct Code {
    /// The method that derives the challenge from the verifier.
    pub(super) made_by: Challenge,
    pub(super) grant: GrantId,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) ends: Duration,
    pub(super) used: bool,
}

/// A user's grant to an app.
pub(super) struct Grant {
    pub(super) plan: usize,
    pub(super) client: ClientId,
    /// The scopes, by the name of their set.
    pub(super) scopes: Vec<(String, Vec<String>)>,
    pub(super) offline: bool,
    /// The start of the grant, as the time since 1970.
    pub(super) began: Duration,
    pub(super) nonce: Option<String>,
    /// The inputs and fields of the login, such as the host of a region. Later calls must send equal values.
    pub(super) bound: Vec<(Source, String)>,
    pub(super) alive: bool,
}

/// An issued token.
pub(super) struct Issued {
    pub(super) grant: GrantId,
    /// The token's name in the spec.
    pub(super) token: String,
    pub(super) kind: Kind,
    pub(super) since: Duration,
    pub(super) ends: Option<Duration>,
    /// The time at which a refresh consumed the token.
    pub(super) spent: Option<Duration>,
    /// The refresh token that replaced this one.
    pub(super) successor: Option<String>,
    /// The access token that was issued with this refresh token.
    pub(super) beside: Option<String>,
    /// Whether a request carried the access token.
    pub(super) is_used: Cell<bool>,
}

impl Issued {
    /// Creates an unused token that does not expire.
    pub(super) fn new(grant: GrantId, token: &str, kind: Kind, since: Duration) -> Issued {
        Issued {
            grant,
            token: token.to_owned(),
            kind,
            since,
            ends: None,
            spent: None,
            successor: None,
            beside: None,
            is_used: Cell::new(false),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
}

/// The index of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientId(usize);

/// The index of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GrantId(usize);

/// The start of the simulation, which is the beginning of 2026.
const BEGINNING: Duration = Duration::from_secs(1_767_225_600);

impl Default for World {
    fn default() -> World {
        World {
            now: BEGINNING,
            user: User::default(),
            faults: VecDeque::new(),
            received: Vec::new(),
            in_force: None,
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
            members: BTreeMap::new(),
            refreshes: BTreeMap::new(),
            clients: Vec::new(),
            grants: Vec::new(),
            drawn: 0,
        }
    }
}

impl World {
    pub(super) fn register(&mut self, plan: usize, provider: &str, redirect_uri: &str) -> Client {
        let client = Client {
            id: self.draw(&format!("{provider}-client")),
            secret: self.draw(&format!("{provider}-secret")),
            redirect_uri: redirect_uri.to_owned(),
        };
        self.clients.push((plan, client.clone()));
        client
    }

    /// Issues a key, which does not come from a call. It belongs to a new client.
    pub(super) fn key(&mut self, plan: usize, provider: &str, token: &str) -> String {
        self.register(plan, provider, "");
        let grant = self.begin(Grant {
            plan,
            client: ClientId(self.clients.len() - 1),
            scopes: Vec::new(),
            offline: false,
            began: self.now,
            nonce: None,
            bound: Vec::new(),
            alive: true,
        });
        let text = self.draw(&format!("{provider}-{token}"));
        let issued = Issued::new(grant, token, Kind::Access, self.now);
        self.tokens.insert(text.clone(), issued);
        text
    }

    /// Returns the client with this id at a provider.
    pub(super) fn client_of(&self, plan: usize, id: &str) -> Option<ClientId> {
        let mut clients = self.clients.iter();
        clients
            .position(|(own, client)| *own == plan && client.id == id)
            .map(ClientId)
    }

    /// Returns the client that was registered last at a provider.
    pub(super) fn newest_client(&self, plan: usize) -> Option<ClientId> {
        let mut clients = self.clients.iter();
        clients.rposition(|(own, _)| *own == plan).map(ClientId)
    }

    /// Returns the clients of a Plan.
    pub(super) fn clients_of(&self, plan: usize) -> impl Iterator<Item = ClientId> {
        let clients = self.clients.iter().enumerate();
        clients.filter_map(move |(at, (own, _))| (*own == plan).then_some(ClientId(at)))
    }

    /// Returns the index of the Plan at which a client is registered.
    pub(super) fn plan_of_client(&self, id: &str) -> Option<usize> {
        let mut clients = self.clients.iter();
        let own = clients.find(|(_, client)| client.id == id);
        own.map(|(plan, _)| *plan)
    }

    /// Returns the index of the Plan to which a code, a token or a response member belongs.
    pub(super) fn plan_of_token(&self, text: &str) -> Option<usize> {
        let token = self.tokens.get(text).map(|issued| issued.grant);
        let code = || self.codes.get(text).map(|code| code.grant);
        let member = || self.members.get(text).copied();
        let grant = token.or_else(code).or_else(member)?;
        Some(self.grant(grant).plan)
    }

    /// Returns the time that the providers report.
    pub(super) fn told(&self) -> Duration {
        match self.in_force {
            Some(Fault::ClockAhead(time)) => self.now.saturating_add(time),
            Some(Fault::ClockBehind(time)) => self.now.saturating_sub(time),
            _ => self.now,
        }
    }

    pub(super) fn client(&self, id: ClientId) -> &Client {
        &self.clients[id.0].1
    }

    pub(super) fn begin(&mut self, grant: Grant) -> GrantId {
        self.grants.push(grant);
        GrantId(self.grants.len() - 1)
    }

    pub(super) fn grant(&self, id: GrantId) -> &Grant {
        &self.grants[id.0]
    }

    /// Returns the newest valid grant at a provider, of this client if one is known.
    pub(super) fn newest_grant(&self, plan: usize, client: Option<ClientId>) -> Option<GrantId> {
        let mut grants = self.grants.iter();
        let is_own = |grant: &Grant| {
            grant.alive && grant.plan == plan && client.is_none_or(|own| own == grant.client)
        };
        grants.rposition(is_own).map(GrantId)
    }

    /// Ends a grant and all its tokens, permanently.
    pub(super) fn end(&mut self, id: GrantId) {
        self.grants[id.0].alive = false;
    }

    /// Ends a token of this kind, but not the rest of its grant. A token of another kind ends all of this kind in the grant.
    pub(super) fn end_tokens(&mut self, id: GrantId, text: &str, kind: Kind) {
        let is_it = self.tokens.get(text).is_some_and(|own| own.kind == kind);
        for (own, issued) in &mut self.tokens {
            let in_family = issued.grant == id && issued.kind == kind;
            if in_family && (!is_it || own == text) {
                issued.ends = Some(self.now);
            }
        }
    }

    pub(super) fn end_grants_of(&mut self, client: &Client) {
        let clients = &self.clients;
        let own = |grant: &&mut Grant| clients[grant.client.0].1 == *client;
        for grant in self.grants.iter_mut().filter(own) {
            grant.alive = false;
        }
    }

    /// Returns a unique text.
    pub(super) fn draw(&mut self, what: &str) -> String {
        format!("{what}-{:06}", self.count())
    }

    /// Returns a unique number.
    pub(super) fn count(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// Returns the token with this text, if it is active.
    pub(super) fn living(&self, text: &str, kind: Kind) -> Option<&Issued> {
        let issued = self.tokens.get(text).filter(|issued| issued.kind == kind)?;
        let ended = issued.ends.is_some_and(|end| end <= self.now);
        (!ended && self.grant(issued.grant).alive).then_some(issued)
    }

    /// Keeps the newest `most` of the active tokens for which `is_own` is true, and ends the older ones.
    pub(super) fn keep_newest(&mut self, most: usize, is_own: impl Fn(&World, &Issued) -> bool) {
        let mut living: Vec<(Duration, String)> = Vec::new();
        for (text, issued) in &self.tokens {
            let lives = issued.spent.is_none() && self.living(text, issued.kind).is_some();
            if lives && is_own(self, issued) {
                living.push((issued.since, text.clone()));
            }
        }
        living.sort();
        let now = self.now;
        for (_, text) in living.iter().rev().skip(most) {
            if let Some(issued) = self.tokens.get_mut(text) {
                issued.ends = Some(now);
            }
        }
    }

    /// Returns how long to wait if a grant was refreshed `most` times within `within` seconds.
    ///
    /// Otherwise it records a refresh and returns `None`.
    pub(super) fn too_often(
        &mut self,
        grant: GrantId,
        most: usize,
        within: u64,
    ) -> Option<Duration> {
        let (now, within) = (self.now, Duration::from_secs(within));
        let own = self.refreshes.entry(grant).or_default();
        own.retain(|made| now < *made + within);
        if own.len() < most {
            own.push(now);
            return None;
        }
        own.first()
            .map(|first| (*first + within).saturating_sub(now))
    }

    /// Marks a refresh token as consumed. A second use within the grace period does not restart that period.
    pub(super) fn spend(&mut self, sent: &str, successor: &str) {
        let now = self.now;
        if let Some(issued) = self.tokens.get_mut(sent) {
            issued.spent.get_or_insert(now);
            issued.successor = Some(successor.to_owned());
        }
    }

    /// Returns whether the refresh token that replaced this one was used.
    pub(super) fn successor_was_used(&self, sent: &str) -> bool {
        let successor = self
            .tokens
            .get(sent)
            .and_then(|issued| issued.successor.as_ref());
        let successor = successor.and_then(|text| self.tokens.get(text));
        successor.is_some_and(|issued| issued.spent.is_some())
    }

    /// Returns whether an access token was used that was issued with the refresh token that replaced this one.
    pub(super) fn next_access_token_was_used(&self, sent: &str) -> bool {
        let text = |own: &str| self.tokens.get(own);
        let successor = text(sent).and_then(|issued| text(issued.successor.as_deref()?));
        let access_token = successor.and_then(|issued| text(issued.beside.as_deref()?));
        access_token.is_some_and(|issued| issued.is_used.get())
    }
}
