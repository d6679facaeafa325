//! The provider, and the network between it and the workers.

use std::time::Duration;

use oauth_runtime::lifecycle::protocol::{RefreshOutcome, Replay};
use oauth_runtime::lifecycle::row::FailureKind;

use super::{Next, Token, Worker, World, lives};

/// The provider's treatment of a refresh token that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Manners {
    /// Each token works once. A second use ends the grant.
    Punishes,
    /// Each token works once. A second use is rejected.
    Refuses,
    /// The old token works until one of its successors is used.
    Grace,
    /// The old token works until its newest successor is used. Its other successors do not work.
    GraceForTheNewest,
}

impl Manners {
    pub(crate) const ALL: [Manners; 4] = [
        Manners::Punishes,
        Manners::Refuses,
        Manners::Grace,
        Manners::GraceForTheNewest,
    ];

    pub(super) fn replay(self) -> Replay {
        match self {
            Manners::Punishes => Replay::Never,
            _ => Replay::Always,
        }
    }
}

impl World {
    pub(super) fn message_moves(&self, at: usize, next: &mut Next) {
        let message = &self.messages[at];
        let waits = |world: &World| match message.to.map(|to| &world.workers[to]) {
            Some(Worker::Waits(sending)) => Some(sending.clone()),
            _ => None,
        };
        let Some(answer) = &message.answer else {
            let mut world = self.clone();
            world.messages[at].answer = Some(world.provider_takes(message.token));
            next.happens("the provider takes a request", world.clone());
            if let Some(RefreshOutcome::NewTokens(new, _)) = world.messages[at].answer
                && let Some(mut world) = world.misfortune(|budget| &mut budget.foreign_responses)
            {
                world.foreign.push(new);
                world.messages[at].answer = Some(RefreshOutcome::Apart(new));
                next.happens("the provider's response is foreign", world);
            }
            if let Some(unlucky) = self.misfortune(|budget| &mut budget.lost_messages) {
                // The request never arrives, or the provider is too busy to process it.
                let none = Duration::ZERO;
                for (what, answer) in [
                    ("a request is lost", RefreshOutcome::Unanswered(none)),
                    (
                        "the provider is busy",
                        RefreshOutcome::Unspent(FailureKind::Transient, none),
                    ),
                ] {
                    let mut world = unlucky.clone();
                    world.messages.remove(at);
                    if matches!(answer, RefreshOutcome::Unspent(..)) {
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
            world.workers[to] =
                Worker::At(sending.answered(RefreshOutcome::Unanswered(Duration::ZERO)));
            next.happens("an answer is lost", world);
        }
    }

    fn lose(&mut self, answer: &RefreshOutcome<Token>) {
        self.answer_lost |= matches!(
            answer,
            RefreshOutcome::NewTokens(..) | RefreshOutcome::Apart(_)
        );
    }

    /// Removes one of two equal entries, because another use of the token may still be without a response.
    fn forget_sent(&mut self, token: Token) {
        if let Some(at) = self.sent.iter().position(|sent| *sent == token) {
            self.sent.remove(at);
        }
    }

    fn provider_takes(&mut self, token: Token) -> RefreshOutcome<Token> {
        if self.grant_ended || !self.accepted.contains(&token) {
            self.grant_ended |= self.manners == Manners::Punishes;
            return RefreshOutcome::Dead;
        }
        self.issued += 1;
        let new = self.issued;
        // The earlier successors of this token.
        let siblings: Vec<Token> = match token == self.accepted[0] {
            true => self.accepted[1..].to_vec(),
            false => Vec::new(),
        };
        self.accepted = match self.manners {
            Manners::Punishes | Manners::Refuses => vec![new],
            Manners::Grace => [vec![token], siblings, vec![new]].concat(),
            Manners::GraceForTheNewest => vec![token, new],
        };
        RefreshOutcome::NewTokens(new, lives())
    }
}
