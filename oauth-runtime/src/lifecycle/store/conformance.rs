//! Conformance tests that every implementation of [`Store`] must pass.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use oauth_runtime::lifecycle::{MemoryStore, conformance};
//!
//! let store = MemoryStore::new();
//! conformance::run(&store, |by| store.advance(by)).await;
//! # }
//! ```

mod apart;
mod clocks;

use std::time::Duration;

use crate::lifecycle::protocol::row::{
    Commit, FailureKind, Journal, LastFailure, Lifetimes, Note, Place, Row,
};
use crate::lifecycle::protocol::stored::{Committed, Lease};
use crate::lifecycle::store::login_store::LoginStore;
use crate::lifecycle::store::{Key, Outlook, Sealed, Store};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Checks every requirement on a store. The store must be empty. `advance` moves the store's clock, or waits until it has
/// moved.
///
/// # Panics
///
/// Panics if the store does not meet a requirement.
pub async fn run<S: Store>(store: &S, advance: impl Fn(Duration)) {
    let claims = Claims {
        store,
        advance: &advance,
    };
    claims.what_is_written_is_read().await;
    claims.a_lease_is_one_worker_s_until_it_ends().await;
    claims
        .a_journal_entry_needs_the_lease_and_the_version()
        .await;
    claims.a_commit_needs_the_version_and_not_the_lease().await;
    claims.a_spare_token_changes_no_version().await;
    claims.what_is_set_apart_waits_for_a_person().await;
    claims.a_note_needs_the_lease_and_no_spare_token().await;
    claims.a_login_ends_what_was_before().await;
    claims.a_removed_row_reaches_no_later_one().await;
    claims.what_is_due_comes_in_its_order().await;
    claims.rows_are_listed_page_by_page().await;
    claims.tokens_are_sealed_anew_in_their_place().await;
    claims.the_outlook_counts_the_living().await;
}

/// Checks every requirement on a store whose clock was ahead and is set right. The store must be empty. `advance` moves the
/// store's clock forward, and `set_back` moves it back.
///
/// # Panics
///
/// Panics if the store does not meet a requirement.
pub async fn clocks<S: Store>(store: &S, advance: impl Fn(Duration), set_back: impl Fn(Duration)) {
    let claims = Claims {
        store,
        advance: &advance,
    };
    claims.an_overlong_lease_is_taken_over(&set_back).await;
    claims.an_overlong_wait_is_not_honoured(&set_back).await;
    claims
        .what_a_clock_wrote_that_was_ahead_is_due(&set_back)
        .await;
}

/// Checks every requirement on a store of logins. `advance` moves the store's clock, or waits until it has moved.
///
/// # Panics
///
/// Panics if the store does not meet a requirement.
pub async fn logins<S: LoginStore>(store: &S, advance: impl Fn(Duration)) {
    let keep = |id| store.keep_login(id, b"sealed".to_vec(), MINUTE);
    let is_there = |taken: Result<Option<Vec<u8>>, _>| match taken {
        Ok(taken) => taken.as_deref() == Some(b"sealed"),
        Err(error) => panic!("reading a login succeeds: {error:?}"),
    };
    assert!(
        !is_there(store.find_login("one").await),
        "a login that was never stored is not found"
    );
    assert!(
        !is_there(store.take_login("one").await),
        "a login that was never stored is not found"
    );
    keep("one").await.expect("storing a login succeeds");
    keep("two").await.expect("storing a login succeeds");
    for _ in 0..2 {
        let found = store.find_login("one").await;
        assert!(is_there(found), "reading a login does not delete it");
    }
    assert!(
        is_there(store.take_login("one").await),
        "a stored login can be taken"
    );
    assert!(
        !is_there(store.find_login("one").await),
        "a login can be taken only once"
    );
    assert!(
        !is_there(store.take_login("one").await),
        "a login can be taken only once"
    );
    assert!(
        is_there(store.find_login("two").await),
        "taking one login does not delete another"
    );
    advance(SECOND);
    assert!(
        is_there(store.take_login("two").await),
        "a login remains stored until it expires"
    );
    keep("three").await.expect("storing a login succeeds");
    advance(MINUTE);
    assert!(
        !is_there(store.find_login("three").await),
        "an expired login is not found"
    );
    assert!(
        !is_there(store.take_login("three").await),
        "an expired login is not found"
    );
    keep("four").await.expect("storing a login succeeds");
    let (one, other) = tokio::join!(store.take_login("four"), store.take_login("four"));
    assert!(
        is_there(one) != is_there(other),
        "exactly one of two concurrent calls takes the login"
    );
}

struct Claims<'a, S, A> {
    store: &'a S,
    advance: &'a A,
}

fn key(connection: &str) -> Key {
    Key {
        connection: connection.to_owned(),
        provider: "acme".to_owned(),
        token: "access".to_owned(),
    }
}

fn sealed(text: &str) -> Sealed {
    Sealed(text.as_bytes().to_vec())
}

fn commit(row: &Row<Sealed>, fence: u64, tokens: &str, place: Place) -> Commit<Sealed> {
    Commit {
        fence,
        version: row.version,
        login: row.login,
        tokens: sealed(tokens),
        life: Lifetimes {
            refresh: Some(MINUTE),
            ..Lifetimes::NEVER
        },
        place,
    }
}

fn note(row: &Row<Sealed>, fence: u64, kind: FailureKind, wait: Duration) -> Note {
    Note {
        fence,
        version: row.version,
        journal: Journal::Ends,
        trouble: Some(LastFailure {
            kind,
            failures: 1,
            not_before: row.now.after(wait),
        }),
    }
}

impl<S: Store, A: Fn(Duration)> Claims<'_, S, A> {
    async fn begun(&self, key: &Key, life: Lifetimes) -> Row<Sealed> {
        let tokens = sealed("first");
        let begun = self.store.log_in(key, "about", tokens.into(), life).await;
        begun.expect("storing a login succeeds")
    }

    async fn row(&self, key: &Key) -> Row<Sealed> {
        let kept = self.store.load(key).await.expect("reading a row succeeds");
        kept.expect("the row exists").row
    }

    async fn leased(&self, key: &Key) -> (Row<Sealed>, u64) {
        match self.store.lease(key, MINUTE).await {
            Ok(Lease::Taken(row, fence)) => (row, fence),
            other => panic!("a free lease can be taken: {other:?}"),
        }
    }

    async fn gone(&self, key: &Key) {
        let gone = self
            .store
            .delete(key)
            .await
            .expect("deleting a row succeeds");
        assert!(gone.is_some(), "`delete` returns the deleted row");
        let none = self.store.load(key).await.expect("reading a row succeeds");
        assert_eq!(none, None, "a deleted row is not found");
    }

    async fn what_is_written_is_read(&self) {
        let key = key("read");
        let none = self.store.load(&key).await.expect("reading a row succeeds");
        assert_eq!(none, None, "there is no row before the login");
        let life = Lifetimes {
            refresh: Some(SECOND),
            expires: Some(2 * SECOND),
            keep_alive: Some(3 * SECOND),
            lost: Some(4 * SECOND),
            ends: Some(5 * SECOND),
        };
        let begun = self.begun(&key, life).await;
        let kept = self.store.load(&key).await.expect("reading a row succeeds");
        let kept = kept.expect("the row exists");
        assert_eq!(kept.about, "about");
        assert_eq!(kept.leased_until, None);
        assert_eq!(
            (kept.row.version, kept.row.login),
            (begun.version, begun.login)
        );
        assert_eq!(kept.row.tokens, sealed("first"));
        assert_eq!(kept.row.times, life.from(begun.now));
        self.gone(&key).await;
    }

    async fn a_lease_is_one_worker_s_until_it_ends(&self) {
        let key = key("lease");
        let absent = self.store.lease(&key, MINUTE).await;
        assert_eq!(absent, Ok(Lease::Absent), "a missing row cannot be leased");
        self.begun(&key, Lifetimes::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let held = self.store.lease(&key, MINUTE).await;
        assert!(
            matches!(held, Ok(Lease::Held(remaining)) if remaining <= MINUTE),
            "a held lease is not given to a second worker: {held:?}"
        );
        (self.advance)(MINUTE / 2);
        let extended = self.store.extend(&key, first, MINUTE).await;
        assert_eq!(
            extended,
            Ok(true),
            "the worker that holds a lease can extend it"
        );
        (self.advance)(MINUTE / 2 + SECOND);
        let held = self.store.lease(&key, MINUTE).await;
        assert!(
            matches!(held, Ok(Lease::Held(_))),
            "an extended lease is still held"
        );
        (self.advance)(MINUTE / 2);
        let (_, second) = self.leased(&key).await;
        assert!(
            second > first,
            "each lease has a higher fence than the one before"
        );
        let extended = self.store.extend(&key, first, MINUTE).await;
        assert_eq!(
            extended,
            Ok(false),
            "a lease that has ended cannot be extended"
        );
        self.store
            .release(&key, first)
            .await
            .expect("releasing a lease succeeds");
        let held = self.store.lease(&key, MINUTE).await;
        assert!(
            matches!(held, Ok(Lease::Held(_))),
            "a worker cannot release the lease of another one"
        );
        self.store
            .release(&key, second)
            .await
            .expect("releasing a lease succeeds");
        self.leased(&key).await;
        self.gone(&key).await;
    }

    async fn a_journal_entry_needs_the_lease_and_the_version(&self) {
        let key = key("journal");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let other = self.store.journal(&key, first, begun.version + 1).await;
        assert_eq!(other, Ok(false), "the version must be that of the row");
        let written = self.store.journal(&key, first, begun.version).await;
        assert_eq!(written, Ok(true));
        let before = self
            .row(&key)
            .await
            .open_entry()
            .expect("the row has a journal entry");
        (self.advance)(MINUTE + SECOND);
        let late = self.store.journal(&key, first, begun.version).await;
        assert_eq!(
            late,
            Ok(false),
            "a journal entry requires a lease that is still held"
        );
        let (row, second) = self.leased(&key).await;
        assert_eq!(
            row.open_entry(),
            Some(before),
            "the next worker finds the journal entry"
        );
        let again = self.store.journal(&key, second, row.version).await;
        assert_eq!(again, Ok(true));
        let after = self
            .row(&key)
            .await
            .open_entry()
            .expect("the row has a journal entry");
        assert_eq!(after.fence, second);
        assert_eq!(
            after.at, before.at,
            "the entry keeps the time of the token's first use"
        );
        self.gone(&key).await;
    }

    async fn a_commit_needs_the_version_and_not_the_lease(&self) {
        let key = key("commit");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let journal = self.store.journal(&key, first, begun.version).await;
        assert_eq!(journal, Ok(true));
        (self.advance)(MINUTE + SECOND);
        let late = commit(&begun, first, "second", Place::Current);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &late).await else {
            panic!("a late commit is accepted if the version is unchanged");
        };
        assert_eq!(
            (row.version, row.tokens),
            (begun.version + 1, sealed("second"))
        );
        assert_eq!(row.journal, None, "a commit removes the journal entry");
        assert_eq!(row.times.refresh, Some(row.now.after(MINUTE)));
        let again = self.store.commit(&key, &late).await;
        assert!(
            matches!(&again, Ok(Committed::Conflict(row)) if row.tokens == sealed("second")),
            "the version must be that of the row: {again:?}"
        );
        self.gone(&key).await;
        let absent = self.store.commit(&key, &late).await;
        assert_eq!(absent, Ok(Committed::Absent), "a commit creates no row");
    }

    async fn a_spare_token_changes_no_version(&self) {
        let key = key("spare");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let spare = commit(&begun, 0, "spare", Place::Spare);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &spare).await else {
            panic!("storing a spare token succeeds");
        };
        assert_eq!((row.version, row.tokens), (begun.version, sealed("first")));
        assert_eq!(row.spare, Some(sealed("spare")));
        let promoted = commit(&begun, 0, "spare", Place::Promoted);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &promoted).await else {
            panic!("promoting a spare token succeeds");
        };
        assert_eq!(
            (row.tokens.clone(), row.spare.clone()),
            (sealed("spare"), None)
        );
        assert!(
            row.open_entry().is_some(),
            "a promoted token has a journal entry, since it may have been used"
        );
        self.gone(&key).await;
    }

    async fn a_note_needs_the_lease_and_no_spare_token(&self) {
        let key = key("note");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let (row, fence) = self.leased(&key).await;
        let foreign = note(&row, fence + 1, FailureKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &foreign).await, Ok(false));
        let own = note(&row, fence, FailureKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &own).await, Ok(true));
        assert_eq!(self.row(&key).await.trouble, own.trouble);
        let (row, fence) = self.leased(&key).await;
        let spare = commit(&begun, 0, "spare", Place::Spare);
        assert!(matches!(
            self.store.commit(&key, &spare).await,
            Ok(Committed::Done(_))
        ));
        let dead = note(&row, fence, FailureKind::LogIn, Duration::ZERO);
        let noted = self.store.note(&key, &dead).await;
        assert_eq!(noted, Ok(false), "a row with a spare token is not given up");
        let promoted = commit(&begun, fence, "spare", Place::Promoted);
        assert!(matches!(
            self.store.commit(&key, &promoted).await,
            Ok(Committed::Done(_))
        ));
        let (row, fence) = self.leased(&key).await;
        let dead = note(&row, fence, FailureKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&key, &dead).await, Ok(true));
        let spare = commit(&row, 0, "late", Place::Spare);
        let hidden = self.store.commit(&key, &spare).await;
        assert!(
            matches!(hidden, Ok(Committed::Conflict(_))),
            "a row that was given up accepts no spare token"
        );
        self.gone(&key).await;
    }

    async fn a_login_ends_what_was_before(&self) {
        let key = key("login");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let (row, fence) = self.leased(&key).await;
        let again = self.begun(&key, Lifetimes::NEVER).await;
        assert_eq!(
            (again.version, again.login),
            (begun.version + 1, begun.login + 1)
        );
        let journal = self.store.journal(&key, fence, row.version).await;
        assert_eq!(journal, Ok(false), "a new login ends the lease");
        let late = commit(&row, fence, "late", Place::Current);
        let conflict = self.store.commit(&key, &late).await;
        assert!(
            matches!(conflict, Ok(Committed::Conflict(_))),
            "a token of an earlier login is not stored"
        );
        self.gone(&key).await;
    }

    async fn a_removed_row_reaches_no_later_one(&self) {
        let key = key("removed");
        self.begun(&key, Lifetimes::NEVER).await;
        let (old, fence) = self.leased(&key).await;
        self.gone(&key).await;
        (self.advance)(SECOND);
        self.begun(&key, Lifetimes::NEVER).await;
        let (new, _) = self.leased(&key).await;
        let journal = self.store.journal(&key, fence, old.version).await;
        assert_eq!(
            journal,
            Ok(false),
            "a lease from before the deletion allows no journal entry"
        );
        let dead = note(&old, fence, FailureKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&key, &dead).await, Ok(false));
        let late = commit(&old, fence, "late", Place::Current);
        let conflict = self.store.commit(&key, &late).await;
        assert!(
            matches!(&conflict, Ok(Committed::Conflict(row)) if row.login != old.login),
            "a response from before the deletion belongs to another login: {conflict:?}"
        );
        assert_eq!(self.row(&key).await.version, new.version);
        self.gone(&key).await;
    }

    async fn what_is_due_comes_in_its_order(&self) {
        let life = |seconds| Lifetimes {
            keep_alive: Some(seconds * SECOND),
            ..Lifetimes::NEVER
        };
        let keys = ["due 1", "due 2", "due 3", "due 4", "due never"].map(key);
        for (key, seconds) in keys.iter().zip([3, 2, 1, 600]) {
            self.begun(key, life(seconds)).await;
        }
        self.begun(&keys[4], Lifetimes::NEVER).await;
        (self.advance)(4 * SECOND);
        let due = self.store.due(10).await;
        let expected = [2, 1, 0].map(|at: usize| keys[at].clone());
        assert_eq!(due.as_deref(), Ok(&expected[..]));
        let due = self.store.due(2).await;
        assert_eq!(
            due.as_deref(),
            Ok(&expected[..2]),
            "the list has at most as many entries as requested"
        );
        let (row, fence) = self.leased(&keys[0]).await;
        let due = self.store.due(10).await;
        assert_eq!(
            due.as_deref(),
            Ok(&expected[..2]),
            "a leased row is not due"
        );
        let wait = note(&row, fence, FailureKind::Transient, MINUTE);
        assert_eq!(self.store.note(&keys[0], &wait).await, Ok(true));
        let due = self.store.due(10).await;
        assert_eq!(
            due.as_deref(),
            Ok(&expected[..2]),
            "a row that must wait is not due"
        );
        let (row, fence) = self.leased(&keys[1]).await;
        let dead = note(&row, fence, FailureKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&keys[1], &dead).await, Ok(true));
        (self.advance)(2 * MINUTE);
        let due = self.store.due(10).await;
        let expected = [2, 0].map(|at: usize| keys[at].clone());
        assert_eq!(
            due.as_deref(),
            Ok(&expected[..]),
            "a row that was given up is not due"
        );
        for key in &keys {
            self.gone(key).await;
        }
    }

    async fn rows_are_listed_page_by_page(&self) {
        let keys = ["list a", "list b", "list c"].map(key);
        for key in &keys {
            self.begun(key, Lifetimes::NEVER).await;
        }
        let mut listed = Vec::new();
        while let Ok(page) = self.store.list(listed.last(), 2).await
            && !page.is_empty()
        {
            assert!(
                page.len() <= 2,
                "the list has at most as many entries as requested"
            );
            listed.extend(page.into_iter().map(|(key, _)| key));
        }
        assert_eq!(listed, keys);
        for key in &keys {
            self.gone(key).await;
        }
    }

    async fn tokens_are_sealed_anew_in_their_place(&self) {
        let key = key("reseal");
        let begun = self.begun(&key, Lifetimes::NEVER).await;
        let (old, new) = (sealed("first"), sealed("resealed"));
        assert_eq!(self.store.reseal(&key, &old, new.clone()).await, Ok(true));
        let row = self.row(&key).await;
        assert_eq!((row.tokens, row.version), (new.clone(), begun.version));
        let gone = self.store.reseal(&key, &old, new).await;
        assert_eq!(
            gone,
            Ok(false),
            "tokens that are no longer stored are not replaced"
        );
        self.gone(&key).await;
    }

    async fn the_outlook_counts_the_living(&self) {
        let none = self
            .store
            .outlook()
            .await
            .expect("computing the outlook succeeds");
        let nothing = Outlook {
            now: none.now,
            ..Outlook::default()
        };
        assert_eq!(none, nothing, "the outlook of an empty store is empty");
        let keys: Vec<Key> = (0..12)
            .map(|nth| key(&format!("outlook {nth:02}")))
            .collect();
        let mut rows = Vec::new();
        for (key, minutes) in keys.iter().zip(1..) {
            let life = Lifetimes {
                lost: Some(minutes * MINUTE),
                ..Lifetimes::NEVER
            };
            rows.push(self.begun(key, life).await);
        }
        let (row, fence) = self.leased(&keys[0]).await;
        let dead = note(&row, fence, FailureKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&keys[0], &dead).await, Ok(true));
        let (row, fence) = self.leased(&keys[1]).await;
        let journal = self.store.journal(&keys[1], fence, row.version).await;
        assert_eq!(journal, Ok(true));
        let outlook = self
            .store
            .outlook()
            .await
            .expect("computing the outlook succeeds");
        let expected = Outlook {
            now: outlook.now,
            rows: 12,
            given_up: 1,
            unsettled: 1,
            first: rows[1].times.lost,
            tenth: rows[2].times.lost,
            all: rows[11].times.lost,
        };
        assert_eq!(outlook, expected);
        for key in &keys {
            self.gone(key).await;
        }
    }
}
