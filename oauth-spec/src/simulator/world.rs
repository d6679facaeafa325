//! What the simulated providers know: clients, codes, grants, tokens, and what time it is.

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
    /// The redirect URI, compared by its characters.
    pub redirect_uri: String,
}

/// What the user does when a provider asks for consent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum User {
    /// Agrees to everything.
    #[default]
    Consents,
    /// Says no.
    Denies,
    /// Agrees, but takes these scopes off.
    Unticks(Vec<String>),
    /// Agrees after so long, which passes at the providers.
    TakesLong(Duration),
}

/// Everything that changes.
pub(super) struct World {
    /// Since 1970.
    pub(super) now: Duration,
    pub(super) user: User,
    pub(super) faults: VecDeque<Fault>,
    pub(super) received: Vec<http::Request<Vec<u8>>>,
    /// What is wrong with the answer that is being made.
    pub(super) in_force: Option<Fault>,
    pub(super) codes: BTreeMap<String, Code>,
    pub(super) tokens: BTreeMap<String, Issued>,
    /// What an answer brought for a later call.
    pub(super) members: BTreeMap<String, GrantId>,
    /// When each grant was refreshed.
    refreshes: BTreeMap<GrantId, Vec<Duration>>,
    pub(super) clients: Vec<(usize, Client)>,
    grants: Vec<Grant>,
    drawn: u64,
}

/// An authorization code.
pub(super) struct Code {
    /// How its challenge is made of the verifier.
    pub(super) made_by: Challenge,
    pub(super) grant: GrantId,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<String>,
    pub(super) ends: Duration,
    pub(super) used: bool,
}

/// What a user allowed an app.
pub(super) struct Grant {
    pub(super) plan: usize,
    pub(super) client: ClientId,
    /// Scopes by the name of their set.
    pub(super) scopes: Vec<(String, Vec<String>)>,
    pub(super) offline: bool,
    /// Since 1970.
    pub(super) began: Duration,
    pub(super) nonce: Option<String>,
    /// Inputs and fields of the login, such as the host of a region: what a later call says of them must agree.
    pub(super) bound: Vec<(Source, String)>,
    pub(super) alive: bool,
}

/// A token that was issued.
pub(super) struct Issued {
    pub(super) grant: GrantId,
    /// The token's name in the spec.
    pub(super) token: String,
    pub(super) kind: Kind,
    pub(super) since: Duration,
    pub(super) ends: Option<Duration>,
    /// When a refresh spent it.
    pub(super) spent: Option<Duration>,
    /// The refresh token that followed it.
    pub(super) successor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Access,
    Refresh,
}

/// The place of a client among the clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClientId(usize);

/// The place of a grant among the grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct GrantId(usize);

/// The simulation begins with the year 2026.
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

    /// A key that no call gave: whoever copied it is a client of its own.
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
        let issued = Issued {
            grant,
            token: token.to_owned(),
            kind: Kind::Access,
            since: self.now,
            ends: None,
            spent: None,
            successor: None,
        };
        self.tokens.insert(text.clone(), issued);
        text
    }

    /// The client of that id at a provider.
    pub(super) fn client_of(&self, plan: usize, id: &str) -> Option<ClientId> {
        let mut clients = self.clients.iter();
        clients
            .position(|(own, client)| *own == plan && client.id == id)
            .map(ClientId)
    }

    /// The place of the Plan at which a client is registered.
    pub(super) fn plan_of_client(&self, id: &str) -> Option<usize> {
        let mut clients = self.clients.iter();
        let own = clients.find(|(_, client)| client.id == id);
        own.map(|(plan, _)| *plan)
    }

    /// The place of the Plan to which a code, a token or a member of an answer belongs.
    pub(super) fn plan_of_token(&self, text: &str) -> Option<usize> {
        let token = self.tokens.get(text).map(|issued| issued.grant);
        let code = || self.codes.get(text).map(|code| code.grant);
        let member = || self.members.get(text).copied();
        let grant = token.or_else(code).or_else(member)?;
        Some(self.grant(grant).plan)
    }

    /// What time the providers say that it is.
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

    /// A family that ends takes all its tokens with it, and never lives again.
    pub(super) fn end(&mut self, id: GrantId) {
        self.grants[id.0].alive = false;
    }

    /// A token of this kind ends, and its family lives on by others; all of the kind, if this one is of another.
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

    /// A text that nobody had before.
    pub(super) fn draw(&mut self, what: &str) -> String {
        format!("{what}-{:06}", self.count())
    }

    /// A number that nobody had before.
    pub(super) fn count(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// The living token of that text.
    pub(super) fn living(&self, text: &str, kind: Kind) -> Option<&Issued> {
        let issued = self.tokens.get(text).filter(|issued| issued.kind == kind)?;
        let ended = issued.ends.is_some_and(|end| end <= self.now);
        (!ended && self.grant(issued.grant).alive).then_some(issued)
    }

    /// Of a kind of living tokens so many stay, and the oldest die.
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

    /// When a call may be made again, if it was made so often within so many seconds; else it is noted.
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

    /// A refresh token is spent, once: a second use within the grace does not begin it anew.
    pub(super) fn spend(&mut self, sent: &str, successor: &str) {
        let now = self.now;
        if let Some(issued) = self.tokens.get_mut(sent) {
            issued.spent.get_or_insert(now);
            issued.successor = Some(successor.to_owned());
        }
    }

    /// Whether the refresh token that followed one was used.
    pub(super) fn successor_was_used(&self, sent: &str) -> bool {
        let successor = self
            .tokens
            .get(sent)
            .and_then(|issued| issued.successor.as_ref());
        let successor = successor.and_then(|text| self.tokens.get(text));
        successor.is_some_and(|issued| issued.spent.is_some())
    }
}
