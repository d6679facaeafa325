//! The conformance test of tokens that are set apart.

use std::time::Duration;

use super::{Claims, MINUTE, SECOND, commit, key, note, sealed};
use crate::lifecycle::protocol::row::{FailureKind, Lifetimes, Place};
use crate::lifecycle::protocol::stored::Committed;
use crate::lifecycle::store::Store;

impl<S: Store, A: Fn(Duration)> Claims<'_, S, A> {
    pub(super) async fn what_is_set_apart_waits_for_a_person(&self) {
        let key = key("apart");
        let life = Lifetimes {
            keep_alive: Some(SECOND),
            ..Lifetimes::NEVER
        };
        let begun = self.begun(&key, life).await;
        let (_, first) = self.leased(&key).await;
        let journal = self.store.journal(&key, first, begun.version).await;
        assert_eq!(journal, Ok(true));
        (self.advance)(MINUTE + SECOND);
        let (_, fence) = self.leased(&key).await;
        let apart = commit(&begun, first, "apart", Place::Apart);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &apart).await else {
            panic!("setting tokens apart succeeds");
        };
        assert_eq!(
            (row.version, row.tokens.clone()),
            (begun.version, sealed("first")),
            "tokens that are set apart replace nothing"
        );
        let row = self.row(&key).await;
        assert_eq!(row.apart, Some(sealed("apart")));
        let trouble = row.trouble.expect("the row says that a person must decide");
        assert!(matches!(trouble.kind, FailureKind::SetApart { .. }));
        assert!(
            row.open_entry().is_some(),
            "the journal entry remains, since the token that was sent may be consumed"
        );
        let lost = self.store.journal(&key, fence, row.version).await;
        assert_eq!(
            lost,
            Ok(false),
            "the worker that was about to send the token has lost its lease"
        );
        let (row, fence) = self.leased(&key).await;
        let failed = note(&row, fence, FailureKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &failed).await, Ok(true));
        let after = self.row(&key).await.trouble;
        assert_eq!(
            after,
            Some(trouble),
            "the failure of another worker does not replace the state"
        );
        (self.advance)(2 * SECOND);
        let due = self.store.due(10).await;
        assert!(
            due.is_ok_and(|due| due.is_empty()),
            "a row with tokens set apart is not due"
        );
        let outlook = self
            .store
            .outlook()
            .await
            .expect("computing the outlook succeeds");
        assert_eq!(
            outlook.given_up, 1,
            "a row with tokens set apart counts as given up"
        );

        let (old, anew) = (sealed("apart"), sealed("resealed"));
        assert_eq!(self.store.reseal(&key, &old, anew.clone()).await, Ok(true));
        let spare = commit(&row, 0, "spare", Place::Spare);
        let promoted = commit(&row, 0, "spare", Place::Promoted);
        for own in [spare, promoted] {
            assert!(matches!(
                self.store.commit(&key, &own).await,
                Ok(Committed::Done(_))
            ));
        }
        let row = self.row(&key).await;
        assert_eq!(
            row.apart,
            Some(anew),
            "tokens stay set apart until new ones are used"
        );
        let late = commit(&begun, fence, "late", Place::Apart);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &late).await else {
            panic!("a commit for an earlier version of the login can set tokens apart");
        };
        assert_eq!(row.apart, Some(sealed("late")));
        let (row, fence) = self.leased(&key).await;
        let earlier = commit(&begun, fence - 1, "later", Place::Apart);
        let Ok(Committed::Done(stopped)) = self.store.commit(&key, &earlier).await else {
            panic!("a worker whose lease has ended can set tokens apart");
        };
        assert_eq!(
            (stopped.apart, stopped.trouble),
            (Some(sealed("later")), row.trouble),
            "the worker that holds the lease is not stopped"
        );
        let taken = commit(&row, fence, "taken", Place::Current);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &taken).await else {
            panic!("storing new tokens succeeds");
        };
        assert_eq!((row.apart, row.trouble), (None, None));
        self.begun(&key, Lifetimes::NEVER).await;
        let foreign = commit(&begun, 0, "foreign", Place::Apart);
        let conflict = self.store.commit(&key, &foreign).await;
        assert!(
            matches!(conflict, Ok(Committed::Conflict(_))),
            "tokens of an earlier login are not set apart"
        );
        self.gone(&key).await;
    }
}
