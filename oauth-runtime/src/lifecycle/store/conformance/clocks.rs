//! The requirements on a store whose clock was ahead and is set right.

use std::time::Duration;

use super::{Claims, MINUTE, commit, key, note};
use crate::lifecycle::protocol::row::{FailureKind, Lifetimes, Place};
use crate::lifecycle::protocol::stored::Committed;
use crate::lifecycle::store::Store;

/// The time by which a clock is ahead in these tests. It is longer than any lease or wait.
const AHEAD: Duration = Duration::from_secs(3 * 86400);

impl<S: Store, A: Fn(Duration)> Claims<'_, S, A> {
    pub(super) async fn an_overlong_lease_is_taken_over(&self, set_back: &impl Fn(Duration)) {
        let key = key("overlong lease");
        let life = Lifetimes {
            keep_alive: Some(Duration::ZERO),
            ..Lifetimes::NEVER
        };
        let begun = self.begun(&key, life).await;
        (self.advance)(AHEAD);
        let (_, first) = self.leased(&key).await;
        set_back(AHEAD);
        let due = self.store.due(10).await;
        assert_eq!(
            due.as_deref(),
            Ok(&[key.clone()][..]),
            "an overlong lease is not held"
        );
        let (row, second) = self.leased(&key).await;
        assert!(
            second > first,
            "each lease has a higher fence than the one before"
        );
        let journal = self.store.journal(&key, first, begun.version).await;
        assert_eq!(
            journal,
            Ok(false),
            "the worker with the overlong lease has lost it"
        );
        let journal = self.store.journal(&key, second, row.version).await;
        assert_eq!(journal, Ok(true));
        self.gone(&key).await;
    }

    pub(super) async fn an_overlong_wait_is_not_honoured(&self, set_back: &impl Fn(Duration)) {
        let key = key("overlong wait");
        let life = Lifetimes {
            keep_alive: Some(Duration::ZERO),
            ..Lifetimes::NEVER
        };
        self.begun(&key, life).await;
        (self.advance)(AHEAD);
        let (row, fence) = self.leased(&key).await;
        let wait = note(&row, fence, FailureKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &wait).await, Ok(true));
        let due = self.store.due(10).await;
        assert!(
            due.is_ok_and(|due| due.is_empty()),
            "a wait of a minute is honoured"
        );
        set_back(AHEAD);
        let due = self.store.due(10).await;
        assert_eq!(
            due.as_deref(),
            Ok(&[key.clone()][..]),
            "an overlong wait is ignored"
        );
        let row = self.row(&key).await;
        let trouble = row.trouble.expect("the row keeps the failure");
        assert!(
            !trouble.is_to_wait(row.now),
            "a wait of days is not honoured"
        );
        self.gone(&key).await;
    }

    pub(super) async fn what_a_clock_wrote_that_was_ahead_is_due(
        &self,
        set_back: &impl Fn(Duration),
    ) {
        let (early, late) = (key("ahead"), key("not ahead"));
        let life = Lifetimes {
            refresh: Some(MINUTE),
            expires: Some(2 * MINUTE),
            keep_alive: Some(AHEAD),
            ..Lifetimes::NEVER
        };
        (self.advance)(AHEAD);
        self.begun(&early, life).await;
        set_back(AHEAD);
        self.begun(&late, life).await;
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&[early.clone()][..]));
        let row = self.row(&early).await;
        assert!(
            row.times.refresh <= Some(row.now),
            "a row written by a clock that was ahead is to be refreshed"
        );
        assert!(
            row.times.expires <= Some(row.now.after(2 * MINUTE)),
            "the token expires no later than one written now"
        );
        let (row, fence) = self.leased(&early).await;
        let new = commit(&row, fence, "second", Place::Current);
        assert!(matches!(
            self.store.commit(&early, &new).await,
            Ok(Committed::Done(_))
        ));
        let kept = self
            .store
            .load(&early)
            .await
            .expect("reading a row succeeds");
        let kept = kept.expect("the row exists");
        assert_eq!(
            kept.written_ahead, None,
            "the new tokens were written by a clock that is right"
        );
        let due = self.store.due(10).await;
        assert!(
            due.is_ok_and(|due| due.is_empty()),
            "a refreshed row is not due"
        );
        for key in [&early, &late] {
            self.gone(key).await;
        }
    }
}
