//! Writes to the store, without the omitted safeguard.

use std::time::Duration;

use oauth_runtime::lifecycle::row::{Commit, Note, Place};
use oauth_runtime::lifecycle::stored::{Committed, Stored};

use super::{NOW, Planted, Token, World};

impl World {
    pub(super) fn write_journal(&mut self, fence: u64, version: u64) -> bool {
        match self.planted {
            Planted::NoJournal => self.stored.is_leased(fence, NOW),
            Planted::NoFence => self.as_if_leased(fence, |it| it.journal(fence, version, NOW)),
            _ => self.stored.journal(fence, version, NOW),
        }
    }

    pub(super) fn write_commit(&mut self, commit: &Commit<Token>) -> Committed<Token> {
        let mut commit = commit.clone();
        if self.planted == Planted::NoCompareAndSwap {
            commit.version = self.stored.row.version;
        }
        if self.planted == Planted::UsesWhatIsApart && commit.place == Place::Apart {
            commit.place = Place::Current;
        }
        let leased_until = self.stored.leased_until;
        let committed = self.stored.commit(&commit, NOW);
        let is_another_s = self.stored.fence != commit.fence;
        if self.planted == Planted::LeaseOutlivesApart
            && commit.place == Place::Apart
            && is_another_s
        {
            self.stored.leased_until = leased_until;
        }
        committed
    }

    pub(super) fn write_note(&mut self, note: &Note) -> bool {
        match self.planted {
            Planted::NoFence => self.as_if_leased(note.fence, |it| it.note(note, NOW)),
            _ => self.stored.note(note, NOW),
        }
    }

    /// Runs a write in a store that does not check who holds the lease.
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
