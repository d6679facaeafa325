//! The world that the refresh protocol is explored in: a store, a provider and a network with all that can go wrong.

use std::time::Duration;

use oauth_runtime::lifecycle::protocol::{
    Answer, Committing, Noting, Outcome, Replay, Sending, Step, Want, begin,
};
use oauth_runtime::lifecycle::row::{Entry, Journal, Life, Moment, Place, Row, TroubleKind};

/// A refresh token, by the order in which it was issued.
pub(crate) type Token = u8;

/// How a provider treats a refresh token that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Manners {
    /// Each works once; a second use ends the grant.
    Punishes,
    /// Each works once; a second use is refused.
    Refuses,
    /// The old one works until one that came of it is used.
    Grace,
    /// The same, but of those that came of one, the newest alone works.
    GraceForTheNewest,
}

impl Manners {
    pub(crate) const ALL: [Manners; 4] = [
        Manners::Punishes,
        Manners::Refuses,
        Manners::Grace,
        Manners::GraceForTheNewest,
    ];

    fn replay(self) -> Replay {
        match self {
            Manners::Punishes => Replay::Never,
            _ => Replay::Always,
        }
    }
}

/// A safeguard that is left out, to see that its absence is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Planted {
    Nothing,
    /// What is about to be sent is not written down.
    NoJournal,
    /// What is committed replaces whatever is there.
    NoCompareAndSwap,
    /// Nobody asks whether the lease is still held.
    NoFence,
}

/// What may still go wrong, so that exploration ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) crashes: u8,
    pub(crate) lost_messages: u8,
    pub(crate) expired_leases: u8,
    pub(crate) failed_writes: u8,
    /// So many of these together.
    pub(crate) misfortunes: u8,
    /// And so many tokens are issued at most.
    pub(crate) tokens: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lease {
    owner: usize,
    fence: u64,
    over: bool,
}

/// How old the access token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Age {
    Fresh,
    Due,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stored {
    row: Row<Token>,
    age: Age,
    lease: Option<Lease>,
    fence: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Worker {
    Idle,
    At(Step<Token>),
    /// Its request is under way.
    Waits(Sending<Token>),
}

/// A request that the provider has not answered yet, or its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Message {
    /// Who waits for it, if anybody still does.
    to: Option<usize>,
    token: Token,
    answer: Option<Answer<Token>>,
}

/// A write whose worker was told that it failed, and which comes through later.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Late {
    Journal { by: usize, fence: u64, version: u64 },
    Commit(Committing<Token>),
}

/// All that there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    manners: Manners,
    planted: Planted,
    budget: Budget,
    stored: Stored,
    workers: Vec<Worker>,
    messages: Vec<Message>,
    late: Vec<Late>,
    /// The refresh tokens that the provider takes.
    accepted: Vec<Token>,
    grant_ended: bool,
    /// The newest token that was issued.
    issued: Token,
    /// Tokens that were sent, so that the provider may have taken them up.
    sent: Vec<Token>,
    /// Whether an answer never reached a commit.
    answer_lost: bool,
}

/// A world that must not be: what is wrong with it.
pub(crate) type Violation = &'static str;

/// What happened on the way from one world to the next: who did it (a worker's number, or none), and what it was.
pub(crate) type Event = (Option<usize>, &'static str);

/// The worlds that can come of one.
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
        let row = Row {
            now: Moment(1),
            version: 1,
            login: 1,
            tokens: 1,
            spare: None,
            refresh_at: None,
            expires_at: None,
            journal: None,
            trouble: None,
        };
        World {
            manners,
            planted,
            budget,
            stored: Stored {
                row,
                age: Age::Due,
                lease: None,
                fence: 0,
            },
            workers: vec![Worker::Idle; workers],
            messages: Vec::new(),
            late: Vec::new(),
            accepted: vec![1],
            grant_ended: false,
            issued: 1,
            sent: Vec::new(),
            answer_lost: false,
        }
    }

    /// Every world that can come of this one within one event.
    pub(crate) fn next(&self) -> Result<Next, Violation> {
        let mut next = Next::default();
        self.time_passes(&mut next);
        for late in 0..self.late.len() {
            let mut world = self.clone();
            match world.late.remove(late) {
                Late::Journal { by, fence, version } => {
                    world.write_journal(by, fence, version);
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

    /// Whether nothing is under way, so that what is stored is all that there is.
    pub(crate) fn at_rest(&self) -> bool {
        self.workers.iter().all(|worker| *worker == Worker::Idle)
            && self.messages.is_empty()
            && self.late.is_empty()
    }

    /// What must hold where nothing is under way.
    pub(crate) fn check(&self) -> Result<(), Violation> {
        let row = &self.stored.row;
        let alive = |token: &Token| !self.grant_ended && self.accepted.contains(token);
        let has_living = alive(&row.tokens) || row.spare.as_ref().is_some_and(alive);
        let given_up = row.trouble.is_some_and(|it| it.kind == TroubleKind::LogIn);
        if has_living && given_up {
            return Err("the connection was given up and its refresh token works");
        }
        let excused = self.answer_lost && self.manners != Manners::Grace;
        if !has_living && !excused {
            return Err("the refresh token is lost and no answer was");
        }
        Ok(())
    }

    fn time_passes(&self, next: &mut Next) {
        let older = match self.stored.age {
            Age::Fresh => Some(Age::Due),
            Age::Due => Some(Age::Ended),
            Age::Ended => None,
        };
        if let Some(age) = older {
            let mut world = self.clone();
            world.stored.age = age;
            next.happens("time passes", world);
        }
        if let Some(lease) = &self.stored.lease
            && !lease.over
            && let Some(mut world) = self.misfortune(|budget| &mut budget.expired_leases)
        {
            world.stored.lease = Some(Lease {
                over: true,
                ..lease.clone()
            });
            next.happens("a lease runs out", world);
        }
    }

    fn message_moves(&self, at: usize, next: &mut Next) {
        let message = &self.messages[at];
        let waits = |world: &World| match message.to.map(|to| &world.workers[to]) {
            Some(Worker::Waits(sending)) => Some(sending.clone()),
            _ => None,
        };
        let Some(answer) = &message.answer else {
            let mut world = self.clone();
            world.messages[at].answer = Some(world.provider_takes(message.token));
            next.happens("the provider takes a request", world);
            if let Some(unlucky) = self.misfortune(|budget| &mut budget.lost_messages) {
                // It never arrives; and the provider is too busy to take it up.
                let none = Duration::ZERO;
                for (what, answer) in [
                    ("a request is lost", Answer::Unanswered(none)),
                    (
                        "the provider is busy",
                        Answer::Unspent(TroubleKind::Transient, none),
                    ),
                ] {
                    let mut world = unlucky.clone();
                    world.messages.remove(at);
                    if matches!(answer, Answer::Unspent(..)) {
                        world.forget_sent(message.token);
                    }
                    if let Some(sending) = waits(self) {
                        world.workers[message.to.unwrap_or_default()] =
                            Worker::At(sending.answered(answer));
                    }
                    next.happens(what, world);
                }
            }
            return;
        };
        let mut world = self.clone();
        world.messages.remove(at);
        match waits(self) {
            Some(sending) => {
                let to = message.to.unwrap_or_default();
                world.workers[to] = Worker::At(sending.answered(answer.clone()));
            }
            None => world.lose(answer),
        }
        next.happens("an answer arrives", world);
        if let Some(sending) = waits(self)
            && let Some(mut world) = self.misfortune(|budget| &mut budget.lost_messages)
        {
            world.messages.remove(at);
            world.lose(answer);
            let to = message.to.unwrap_or_default();
            world.workers[to] = Worker::At(sending.answered(Answer::Unanswered(Duration::ZERO)));
            next.happens("an answer is lost", world);
        }
    }

    fn lose(&mut self, answer: &Answer<Token>) {
        self.answer_lost |= matches!(answer, Answer::Fresh(..));
    }

    /// One of two equal entries: another use of the same token may still be unanswered.
    fn forget_sent(&mut self, token: Token) {
        if let Some(at) = self.sent.iter().position(|sent| *sent == token) {
            self.sent.remove(at);
        }
    }

    fn provider_takes(&mut self, token: Token) -> Answer<Token> {
        if self.grant_ended || !self.accepted.contains(&token) {
            self.grant_ended |= self.manners == Manners::Punishes;
            return Answer::Dead;
        }
        self.issued += 1;
        let new = self.issued;
        // Those that came of the same token before.
        let siblings: Vec<Token> = match token == self.accepted[0] {
            true => self.accepted[1..].to_vec(),
            false => Vec::new(),
        };
        self.accepted = match self.manners {
            Manners::Punishes | Manners::Refuses => vec![new],
            Manners::Grace => [vec![token], siblings, vec![new]].concat(),
            Manners::GraceForTheNewest => vec![token, new],
        };
        let soon = Life {
            refresh_in: Some(Duration::from_secs(1)),
            expires_in: Some(Duration::from_secs(2)),
        };
        Answer::Fresh(new, soon)
    }

    fn worker_moves(&self, me: usize, next: &mut Next) -> Result<(), Violation> {
        if self.workers[me] != Worker::Idle
            && let Some(mut world) = self.misfortune(|budget| &mut budget.crashes)
        {
            world.crash(me);
            next.does(me, "crashes", world);
        }
        match &self.workers[me] {
            Worker::Idle => {
                // Not for ever: so many tokens are issued at most.
                if self.issued < self.budget.tokens && self.stored.age != Age::Fresh {
                    next.does(
                        me,
                        "begins",
                        self.at(me, begin(Want::Fresh, self.manners.replay())),
                    );
                }
                Ok(())
            }
            Worker::Waits(_) => Ok(()),
            Worker::At(step) => self.takes(me, step, next),
        }
    }

    fn crash(&mut self, me: usize) {
        if let Worker::At(Step::Commit(commit)) = &self.workers[me] {
            self.answer_lost |= commit.place != Place::Promoted;
        }
        for message in &mut self.messages {
            if message.to == Some(me) {
                message.to = None;
                // What the provider will answer reaches nobody.
                self.answer_lost = true;
            }
        }
        self.workers[me] = Worker::Idle;
    }

    fn at(&self, me: usize, step: Step<Token>) -> World {
        let mut world = self.clone();
        world.workers[me] = Worker::At(step);
        world
    }

    /// The same world, with one misfortune less to come.
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

    /// The row as it is read now.
    fn read(&self) -> Row<Token> {
        let at = |reached: bool| Some(if reached { Moment(0) } else { Moment(2) });
        Row {
            refresh_at: at(self.stored.age != Age::Fresh),
            expires_at: at(self.stored.age == Age::Ended),
            ..self.stored.row.clone()
        }
    }

    fn holds_lease(&self, me: usize, fence: u64) -> bool {
        let lease = self.stored.lease.as_ref();
        lease.is_some_and(|lease| lease.owner == me && lease.fence == fence && !lease.over)
    }

    fn end_lease(&mut self, fence: u64) {
        let lease = self.stored.lease.as_ref();
        if lease.is_some_and(|lease| lease.fence == fence) {
            self.stored.lease = None;
        }
    }

    fn takes(&self, me: usize, step: &Step<Token>, next: &mut Next) -> Result<(), Violation> {
        match step.clone() {
            Step::Load(load) => {
                next.does(me, "reads", self.at(me, load.loaded(Some(self.read()))));
                self.fails(me, "cannot read", load.failed(), next);
            }
            Step::Lease(leasing) => {
                let taken = self.stored.lease.as_ref().filter(|lease| !lease.over);
                if taken.is_some() {
                    next.does(
                        me,
                        "finds a lease",
                        self.at(me, leasing.held(Duration::ZERO)),
                    );
                    return Ok(());
                }
                let mut world = self.clone();
                world.stored.fence += 1;
                let fence = world.stored.fence;
                world.stored.lease = Some(Lease {
                    owner: me,
                    fence,
                    over: false,
                });
                next.does(
                    me,
                    "takes the lease",
                    world.at(me, leasing.leased(world.read(), fence)),
                );
                // It is taken, and the worker does not hear of it.
                world.fails(me, "takes the lease unknowingly", leasing.failed(), next);
            }
            Step::Wait(waiting) => next.does(me, "waits", self.at(me, waiting.over())),
            Step::Journal(journal) => {
                let (fence, version) = (journal.fence(), journal.version());
                let mut world = self.clone();
                let written = world.write_journal(me, fence, version);
                let step = match written {
                    true => journal.clone().written(),
                    false => journal.clone().lost(),
                };
                next.does(me, "writes the journal", world.at(me, step));
                if let Some(failing) = self.failing() {
                    next.does(
                        me,
                        "cannot write the journal",
                        failing.at(me, journal.clone().failed()),
                    );
                    let mut late = failing.at(me, journal.failed());
                    late.late.push(Late::Journal {
                        by: me,
                        fence,
                        version,
                    });
                    next.does(me, "is told that the journal failed", late);
                }
            }
            Step::Send(sending) => self.sends(me, sending, next)?,
            Step::Commit(commit) => self.commits(me, commit, next),
            Step::Note(noting) => {
                let mut world = self.clone();
                let step = match world.write_note(me, &noting) {
                    true => noting.clone().noted(),
                    false => noting.clone().moved_on(),
                };
                next.does(me, "notes", world.at(me, step));
                self.fails(me, "cannot note", noting.failed(), next);
            }
            Step::Release(releasing) => {
                let mut world = self.clone();
                world.end_lease(releasing.fence);
                next.does(me, "releases", world.at(me, releasing.clone().released()));
                self.fails(me, "cannot release", releasing.released(), next);
            }
            Step::Done(outcome) => {
                self.is_durable(&outcome)?;
                let mut world = self.clone();
                world.workers[me] = Worker::Idle;
                next.does(me, "is done", world);
            }
        }
        Ok(())
    }

    /// That what is given out is what the store has, or had before something newer.
    fn is_durable(&self, outcome: &Outcome<Token>) -> Result<(), Violation> {
        let Outcome::Ready(row) = outcome else {
            return Ok(());
        };
        let stored = &self.stored.row;
        let is_stored = stored.version == row.version && stored.tokens == row.tokens;
        match is_stored || stored.version > row.version {
            true => Ok(()),
            false => Err("a token was given out that is not stored"),
        }
    }

    fn sends(&self, me: usize, sending: Sending<Token>, next: &mut Next) -> Result<(), Violation> {
        let holds = self.holds_lease(me, sending.fence());
        if !holds && self.planted != Planted::NoFence {
            next.does(me, "is too late", self.at(me, sending.too_late()));
            return Ok(());
        }
        let token = *sending.tokens();
        if self.sent.contains(&token) && !sending.is_uncertain() {
            return Err("a refresh token was sent twice, unknowingly");
        }
        let mut world = self.clone();
        // A worker that hung for longer than its lease has the first answer still before it, in hand, or just written:
        // what comes so late counts as lost, since the careful try could not wait for it.
        let under_way = self.messages.iter().any(|message| message.token == token);
        let in_hand = self.workers.iter().any(|worker| {
            matches!(worker, Worker::At(Step::Commit(commit)) if commit.version == self.stored.row.version)
        });
        let just_written = self.stored.row.tokens != token;
        world.answer_lost |= under_way || in_hand || just_written;
        world.sent.push(token);
        world.messages.push(Message {
            to: Some(me),
            token,
            answer: None,
        });
        world.workers[me] = Worker::Waits(sending);
        next.does(me, "sends", world);
        Ok(())
    }

    fn commits(&self, me: usize, commit: Committing<Token>, next: &mut Next) {
        let mut world = self.clone();
        let step = match world.write_commit(&commit) {
            true => commit.clone().committed(world.read()),
            false => commit.clone().conflict(&world.read()),
        };
        next.does(me, "commits", world.at(me, step));
        if let Some(failing) = self.failing() {
            next.does(me, "cannot commit", failing.at(me, commit.clone().failed()));
            let mut late = failing.at(me, commit.clone().failed());
            late.late.push(Late::Commit(commit));
            next.does(me, "is told that the commit failed", late);
        }
    }

    fn write_journal(&mut self, by: usize, fence: u64, version: u64) -> bool {
        let holds = self.holds_lease(by, fence) && self.stored.row.version == version;
        if !holds && self.planted != Planted::NoFence {
            return false;
        }
        if self.planted != Planted::NoJournal {
            self.stored.row.journal = Some(Entry {
                fence,
                version,
                at: Moment(1),
            });
        }
        true
    }

    fn write_commit(&mut self, commit: &Committing<Token>) -> bool {
        let row = &mut self.stored.row;
        let same = row.version == commit.version && row.login == commit.login;
        let given_up = row.trouble.is_some_and(|it| it.kind == TroubleKind::LogIn);
        let fits = same && !(given_up && commit.place == Place::Spare);
        if !fits && self.planted != Planted::NoCompareAndSwap {
            return false;
        }
        match commit.place {
            Place::Spare => row.spare = Some(commit.tokens),
            Place::Current | Place::Promoted => {
                row.tokens = commit.tokens;
                row.spare = None;
                row.version += 1;
                row.trouble = None;
                if commit.place == Place::Promoted {
                    row.journal = Some(Entry {
                        fence: commit.fence,
                        version: row.version,
                        at: Moment(1),
                    });
                }
                let due = commit.life.refresh_in == Some(Duration::ZERO);
                self.stored.age = if due { Age::Ended } else { Age::Fresh };
            }
        }
        let row = &mut self.stored.row;
        let own = row.journal.is_some_and(|entry| entry.fence == commit.fence);
        if own && commit.place != Place::Promoted {
            row.journal = None;
        }
        self.end_lease(commit.fence);
        true
    }

    fn write_note(&mut self, me: usize, noting: &Noting<Token>) -> bool {
        let fence = noting.fence();
        let note = noting.note();
        let holds = self.holds_lease(me, fence) || self.planted == Planted::NoFence;
        let row = &mut self.stored.row;
        let dead = note.trouble.filter(|it| it.kind == TroubleKind::LogIn);
        if !holds || row.version != noting.version() || (dead.is_some() && row.spare.is_some()) {
            return false;
        }
        row.trouble = note.trouble;
        let own = row.journal.is_some_and(|entry| entry.fence == fence);
        if note.journal == Journal::Ends && own {
            row.journal = None;
        }
        self.end_lease(fence);
        true
    }
}
