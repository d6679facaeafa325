//! The world in which the refresh protocol is explored: a store, a provider and a network, with all their failures.

mod provider;
mod store;
mod worker;

use std::time::Duration;

use oauth_runtime::lifecycle::protocol::{RefreshOutcome, Sending, Step};
use oauth_runtime::lifecycle::row::{Commit, Lifetimes, Timestamp};
use oauth_runtime::lifecycle::stored::Stored;

pub(crate) use self::provider::Manners;

/// A refresh token, identified by the order of issue.
pub(crate) type Token = u8;

/// A safeguard that is omitted, so that the exploration can detect its absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Planted {
    Nothing,
    /// The journal is not written before a token is sent.
    NoJournal,
    /// A commit replaces any row.
    NoCompareAndSwap,
    /// The store does not check whether the lease is still held.
    NoFence,
    /// A row with a fresh-looking access token hides that it was given up.
    HiddenTrouble,
    /// Tokens that failed a protective check are used.
    UsesWhatIsApart,
    /// A worker that has the lease when tokens are set apart keeps it.
    LeaseOutlivesApart,
}

/// The number of failures that may still happen. The limits make the exploration finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) crashes: u8,
    pub(crate) lost_messages: u8,
    pub(crate) expired_leases: u8,
    pub(crate) failed_writes: u8,
    /// Revocations by the user while the access token looks fresh, so that the API rejects it.
    pub(crate) revocations: u8,
    /// Responses that fail a protective check.
    pub(crate) foreign_responses: u8,
    /// The limit on the sum of these failures.
    pub(crate) misfortunes: u8,
    /// The maximum number of issued tokens.
    pub(crate) tokens: u8,
}

/// The store's clock does not move. A time is either in its past or in its future.
const NOW: Timestamp = Timestamp(1);
const OVER: Option<Timestamp> = Some(Timestamp(0));

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Worker {
    Idle,
    At(Step<Token>),
    /// The worker waits for the response to its request.
    Waits(Sending<Token>),
}

/// A request that the provider has not processed yet, or its response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Message {
    /// The worker that waits for the response, if any.
    to: Option<usize>,
    token: Token,
    answer: Option<RefreshOutcome<Token>>,
}

/// A write that was reported to its worker as failed, and that succeeds later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Late {
    Journal { fence: u64, version: u64 },
    Commit(Commit<Token>),
}

/// The complete state at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    manners: Manners,
    planted: Planted,
    budget: Budget,
    stored: Stored<Token>,
    workers: Vec<Worker>,
    messages: Vec<Message>,
    late: Vec<Late>,
    /// The refresh tokens that the provider accepts.
    accepted: Vec<Token>,
    grant_ended: bool,
    /// Whether the user revoked the grant.
    revoked: bool,
    /// The newest token that was issued.
    issued: Token,
    /// Tokens of responses that failed a protective check.
    foreign: Vec<Token>,
    /// Tokens that were sent, so that the provider may have consumed them.
    sent: Vec<Token>,
    /// Whether a response was never committed.
    answer_lost: bool,
}

/// A description of the error in a forbidden world.
pub(crate) type Violation = &'static str;

/// An event between two worlds: the number of the worker that acted, if any, and a description.
pub(crate) type Event = (Option<usize>, &'static str);

/// The worlds that may follow a world, each with its event.
#[derive(Default)]
pub(crate) struct Next(pub(crate) Vec<(Event, World)>);

impl Next {
    fn happens(&mut self, what: &'static str, world: World) {
        self.0.push(((None, what), world));
    }

    fn does(&mut self, worker: usize, what: &'static str, world: World) {
        self.0.push(((Some(worker), what), world));
    }
}

impl World {
    pub(crate) fn new(manners: Manners, planted: Planted, workers: usize, budget: Budget) -> World {
        let life = Lifetimes {
            refresh: Some(Duration::ZERO),
            ..lives()
        };
        World {
            manners,
            planted,
            budget,
            stored: Stored::new(1, life, NOW),
            workers: vec![Worker::Idle; workers],
            messages: Vec::new(),
            late: Vec::new(),
            accepted: vec![1],
            grant_ended: false,
            revoked: false,
            issued: 1,
            foreign: Vec::new(),
            sent: Vec::new(),
            answer_lost: false,
        }
    }

    /// Returns every world that may follow this one within one event.
    pub(crate) fn next(&self) -> Result<Next, Violation> {
        let mut next = Next::default();
        self.time_passes(&mut next);
        for late in 0..self.late.len() {
            let mut world = self.clone();
            match world.late.remove(late) {
                Late::Journal { fence, version } => {
                    world.write_journal(fence, version);
                }
                Late::Commit(commit) => {
                    world.write_commit(&commit);
                }
            }
            next.happens("a late write comes through", world);
        }
        for message in 0..self.messages.len() {
            self.message_moves(message, &mut next);
        }
        for worker in 0..self.workers.len() {
            self.worker_moves(worker, &mut next)?;
        }
        Ok(next)
    }

    /// Returns whether nothing is under way, so that the stored row is the complete state.
    pub(crate) fn at_rest(&self) -> bool {
        self.workers.iter().all(|worker| *worker == Worker::Idle)
            && self.messages.is_empty()
            && self.late.is_empty()
    }

    /// Checks the conditions that hold where nothing is under way.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        let row = &self.stored.row;
        let alive = |token: &Token| !self.grant_ended && self.accepted.contains(token);
        let has_living = alive(&row.tokens) || row.spare.as_ref().is_some_and(alive);
        if has_living && row.is_given_up() {
            return Err("the connection was given up and its refresh token works");
        }
        let is_kept = has_living || row.apart.as_ref().is_some_and(alive);
        let excused = self.revoked || (self.answer_lost && self.manners != Manners::Grace);
        if self.foreign.contains(&row.tokens) {
            return Err("a token that failed a protective check is used");
        }
        if !is_kept && !excused {
            return Err("the refresh token is lost and no answer was");
        }
        Ok(())
    }

    fn time_passes(&self, next: &mut Next) {
        let times = &self.stored.row.times;
        if times.expires > OVER {
            let mut world = self.clone();
            let older = &mut world.stored.row.times;
            match self.is_due() {
                false => older.refresh = OVER,
                true => older.expires = OVER,
            }
            next.happens("time passes", world);
        }
        if self.stored.leased_until > OVER
            && let Some(mut world) = self.misfortune(|budget| &mut budget.expired_leases)
        {
            world.stored.leased_until = OVER;
            next.happens("a lease runs out", world);
        }
        if !self.is_due()
            && !self.grant_ended
            && let Some(mut world) = self.misfortune(|budget| &mut budget.revocations)
        {
            world.grant_ended = true;
            world.revoked = true;
            next.happens("the user takes the grant back", world);
        }
    }

    fn is_due(&self) -> bool {
        self.stored.row.times.refresh <= Some(NOW)
    }

    fn at(&self, me: usize, step: Step<Token>) -> World {
        let mut world = self.clone();
        world.workers[me] = Worker::At(step);
        world
    }

    /// Returns a copy of this world with one misfortune less in its budget, or `None` if none is left.
    fn misfortune(&self, kind: fn(&mut Budget) -> &mut u8) -> Option<World> {
        let mut world = self.clone();
        for left in [kind, |budget| &mut budget.misfortunes] {
            let left = left(&mut world.budget);
            *left = left.checked_sub(1)?;
        }
        Some(world)
    }

    fn failing(&self) -> Option<World> {
        self.misfortune(|budget| &mut budget.failed_writes)
    }

    fn fails(&self, me: usize, what: &'static str, step: Step<Token>, next: &mut Next) {
        if let Some(world) = self.failing() {
            next.does(me, what, world.at(me, step));
        }
    }
}

fn lives() -> Lifetimes {
    Lifetimes {
        refresh: Some(Duration::from_secs(1)),
        expires: Some(Duration::from_secs(2)),
        ..Lifetimes::NEVER
    }
}
