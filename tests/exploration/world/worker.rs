//! Workers: each takes the steps of the protocol, and may crash before any of them.

use std::time::Duration;

use oauth_runtime::lifecycle::protocol::{Committing, Outcome, Sending, Step, Want, begin};
use oauth_runtime::lifecycle::row::Row;
use oauth_runtime::lifecycle::stored::{Committed, Lease};

use super::{Late, Message, NOW, Next, Planted, Token, Violation, Worker, World};

impl World {
    pub(super) fn worker_moves(&self, me: usize, next: &mut Next) -> Result<(), Violation> {
        if self.workers[me] != Worker::Idle
            && let Some(mut world) = self.misfortune(|budget| &mut budget.crashes)
        {
            world.crash(me);
            next.does(me, "crashes", world);
        }
        match &self.workers[me] {
            Worker::Idle => {
                // The budget limits the number of issued tokens, so the exploration ends.
                if self.issued < self.budget.tokens && self.is_due() {
                    next.does(
                        me,
                        "begins",
                        self.at(me, begin(Want::Fresh, self.manners.replay())),
                    );
                }
                // The API rejects an access token that looks fresh.
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
            // A spare token that is being promoted is also in the row, so it is not lost.
            self.answer_lost |= self.stored.row.spare != Some(commit.commit().tokens);
        }
        for message in &mut self.messages {
            if message.to == Some(me) {
                message.to = None;
                // The provider's response will reach no worker.
                self.answer_lost = true;
            }
        }
        self.workers[me] = Worker::Idle;
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

    /// Returns a row as a worker sees it.
    fn seen(&self, mut row: Row<Token>) -> Row<Token> {
        let hides = self.planted == Planted::HiddenTrouble && row.times.refresh > Some(row.now);
        row.trouble = row.trouble.filter(|_| !hides);
        row
    }

    /// Checks that a worker that has read a given-up row does not treat its access token as valid.
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

    /// Checks that a token that is given out is stored, or was stored before a newer one.
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
        if self.foreign.contains(&token) {
            return Err("a token that failed a protective check was sent");
        }
        if self.sent.contains(&token) && !sending.is_uncertain() {
            return Err("a refresh token was sent twice, unknowingly");
        }
        let mut world = self.clone();
        // A worker that hung for longer than its lease may still expect the first response, have it, or have just written
        // it. A response that late counts as lost, because the careful try could not wait for it.
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
}
