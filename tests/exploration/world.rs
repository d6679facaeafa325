//! The world that the refresh protocol is explored in: a store, a provider and a network with all that can go wrong.

use std::time::Duration;

use oauth_runtime::lifecycle::protocol::{
    Answer, Committing, Outcome, Replay, Sending, Step, Want, begin,
};
use oauth_runtime::lifecycle::row::{Commit, Life, Moment, Note, Row, TroubleKind};
use oauth_runtime::lifecycle::stored::{Committed, Lease, Stored};

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
    /// A row whose access token looks fresh does not say that it was given up.
    HiddenTrouble,
}

/// What may still go wrong, so that exploration ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) crashes: u8,
    pub(crate) lost_messages: u8,
    pub(crate) expired_leases: u8,
    pub(crate) failed_writes: u8,
    /// The user takes the grant back while the access token looks fresh, so that the API refuses it.
    pub(crate) revocations: u8,
    /// So many of these together.
    pub(crate) misfortunes: u8,
    /// And so many tokens are issued at most.
    pub(crate) tokens: u8,
}

/// The store's clock stands: times are behind it or before it.
const NOW: Moment = Moment(1);
const OVER: Option<Moment> = Some(Moment(0));

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
    Journal { fence: u64, version: u64 },
    Commit(Commit<Token>),
}

/// All that there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    manners: Manners,
    planted: Planted,
    budget: Budget,
    stored: Stored<Token>,
    workers: Vec<Worker>,
    messages: Vec<Message>,
    late: Vec<Late>,
    /// The refresh tokens that the provider takes.
    accepted: Vec<Token>,
    grant_ended: bool,
    /// Whether the user took the grant back.
    revoked: bool,
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
        let life = Life {
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
        if has_living && row.is_given_up() {
            return Err("the connection was given up and its refresh token works");
        }
        let excused = self.revoked || (self.answer_lost && self.manners != Manners::Grace);
        if !has_living && !excused {
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
        Answer::Fresh(new, lives())
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
                if self.issued < self.budget.tokens && self.is_due() {
                    next.does(
                        me,
                        "begins",
                        self.at(me, begin(Want::Fresh, self.manners.replay())),
                    );
                }
                // The API refuses what looks fresh.
                if self.revoked && !self.is_due() {
                    let want = Want::NewerThan(self.stored.row.version);
                    let step = begin(want, self.manners.replay());
                    next.does(
                        me,
                        "begins, since the API refused the token",
                        self.at(me, step),
                    );
                }
                if self.stored.row.is_given_up() && !self.is_due() {
                    let step = begin(Want::Fresh, self.manners.replay());
                    next.does(me, "begins, though it was given up", self.at(me, step));
                }
                Ok(())
            }
            Worker::Waits(_) => Ok(()),
            Worker::At(step) => self.takes(me, step, next),
        }
    }

    fn crash(&mut self, me: usize) {
        if let Worker::At(Step::Commit(commit)) = &self.workers[me] {
            // A spare one that is promoted is in the row, too.
            self.answer_lost |= self.stored.row.spare != Some(commit.commit().tokens);
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

    fn takes(&self, me: usize, step: &Step<Token>, next: &mut Next) -> Result<(), Violation> {
        match step.clone() {
            Step::Load(load) => {
                let step = load.loaded(Some(self.seen(self.stored.read(NOW))));
                self.is_heard(&step)?;
                next.does(me, "reads", self.at(me, step));
                self.fails(me, "cannot read", load.failed(), next);
            }
            Step::Lease(leasing) => {
                let mut world = self.clone();
                match world.stored.lease(Duration::from_secs(1), NOW) {
                    Lease::Taken(row, fence) => {
                        let step = leasing.leased(self.seen(row), fence);
                        self.is_heard(&step)?;
                        next.does(me, "takes the lease", world.at(me, step));
                        let what = "takes the lease unknowingly";
                        world.fails(me, what, leasing.failed(), next);
                    }
                    Lease::Held(remaining) => {
                        next.does(me, "finds a lease", self.at(me, leasing.held(remaining)));
                    }
                    Lease::Absent => next.does(me, "finds none", self.at(me, leasing.absent())),
                }
            }
            Step::Wait(waiting) => next.does(me, "waits", self.at(me, waiting.over())),
            Step::Pause(pausing) => {
                let row = Some(self.seen(self.stored.read(NOW)));
                let step = pausing.clone().over(row);
                self.is_heard(&step)?;
                next.does(me, "pauses", self.at(me, step));
                self.fails(me, "cannot read again", pausing.failed(), next);
            }
            Step::Journal(journal) => {
                let (fence, version) = (journal.fence(), journal.version());
                let mut world = self.clone();
                let written = world.write_journal(fence, version);
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
                    late.late.push(Late::Journal { fence, version });
                    next.does(me, "is told that the journal failed", late);
                }
            }
            Step::Send(sending) => self.sends(me, sending, next)?,
            Step::Commit(committing) => self.commits(me, committing, next),
            Step::Note(noting) => {
                let mut world = self.clone();
                let step = match world.write_note(noting.note()) {
                    true => noting.clone().noted(),
                    false => noting.clone().moved_on(),
                };
                next.does(me, "notes", world.at(me, step));
                self.fails(me, "cannot note", noting.failed(), next);
            }
            Step::Release(releasing) => {
                let mut world = self.clone();
                world.stored.release(releasing.fence);
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

    /// A row as a worker sees it.
    fn seen(&self, mut row: Row<Token>) -> Row<Token> {
        let hides = self.planted == Planted::HiddenTrouble && row.times.refresh > Some(row.now);
        row.trouble = row.trouble.filter(|_| !hides);
        row
    }

    /// That a worker that has read a row which was given up does not take its access token for a valid one.
    fn is_heard(&self, step: &Step<Token>) -> Result<(), Violation> {
        if !self.stored.row.is_given_up() {
            return Ok(());
        }
        let next = match step {
            Step::Release(releasing) => releasing.clone().released(),
            step => step.clone(),
        };
        match next {
            Step::Done(Outcome::Ready(_)) => {
                Err("a token of a grant that was given up was taken for a valid one")
            }
            _ => Ok(()),
        }
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
        let holds = self.stored.is_leased(sending.fence(), NOW);
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
            matches!(worker, Worker::At(Step::Commit(it)) if it.commit().version == self.stored.row.version)
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

    fn commits(&self, me: usize, committing: Committing<Token>, next: &mut Next) {
        let mut world = self.clone();
        let step = match world.write_commit(committing.commit()) {
            Committed::Done(row) => committing.clone().committed(row),
            Committed::Conflict(row) => committing.clone().conflict(&row),
            Committed::Absent => committing.clone().absent(),
        };
        next.does(me, "commits", world.at(me, step));
        if let Some(failing) = self.failing() {
            let commit = committing.commit().clone();
            let step = committing.failed();
            next.does(me, "cannot commit", failing.at(me, step.clone()));
            let mut late = failing.at(me, step);
            late.late.push(Late::Commit(commit));
            next.does(me, "is told that the commit failed", late);
        }
    }

    fn write_journal(&mut self, fence: u64, version: u64) -> bool {
        match self.planted {
            Planted::NoJournal => self.stored.is_leased(fence, NOW),
            Planted::NoFence => self.as_if_leased(fence, |it| it.journal(fence, version, NOW)),
            _ => self.stored.journal(fence, version, NOW),
        }
    }

    fn write_commit(&mut self, commit: &Commit<Token>) -> Committed<Token> {
        let mut commit = commit.clone();
        if self.planted == Planted::NoCompareAndSwap {
            commit.version = self.stored.row.version;
        }
        self.stored.commit(&commit, NOW)
    }

    fn write_note(&mut self, note: &Note) -> bool {
        match self.planted {
            Planted::NoFence => self.as_if_leased(note.fence, |it| it.note(note, NOW)),
            _ => self.stored.note(note, NOW),
        }
    }

    /// What a store does that does not ask whose lease it is.
    fn as_if_leased(&mut self, fence: u64, write: impl FnOnce(&mut Stored<Token>) -> bool) -> bool {
        let (newest, until) = (self.stored.fence, self.stored.leased_until);
        self.stored.fence = fence;
        self.stored.leased_until = Some(NOW.after(Duration::from_secs(1)));
        let written = write(&mut self.stored);
        self.stored.fence = newest;
        self.stored.leased_until = until;
        written
    }
}

fn lives() -> Life {
    Life {
        refresh: Some(Duration::from_secs(1)),
        expires: Some(Duration::from_secs(2)),
        ..Life::NEVER
    }
}
