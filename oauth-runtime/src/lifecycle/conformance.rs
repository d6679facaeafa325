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

use std::time::Duration;

use crate::lifecycle::login_store::LoginStore;
use crate::lifecycle::row::{Commit, Journal, Life, Note, Place, Row, Trouble, TroubleKind};
use crate::lifecycle::store::{Key, Outlook, Sealed, Store};
use crate::lifecycle::stored::{Committed, Lease};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// The time by which a clock is ahead in these tests. It is longer than any lease or wait.
const AHEAD: Duration = Duration::from_secs(3 * 86400);

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
        Err(error) => panic!("it can be taken: {error:?}"),
    };
    assert!(!is_there(store.find_login("one").await), "it never began");
    assert!(!is_there(store.take_login("one").await), "it never began");
    keep("one").await.expect("it is kept");
    keep("two").await.expect("it is kept");
    for _ in 0..2 {
        let found = store.find_login("one").await;
        assert!(is_there(found), "reading leaves it there");
    }
    assert!(is_there(store.take_login("one").await), "it is taken");
    assert!(!is_there(store.find_login("one").await), "it is gone");
    assert!(!is_there(store.take_login("one").await), "it is gone");
    assert!(is_there(store.find_login("two").await), "another one stays");
    advance(SECOND);
    assert!(is_there(store.take_login("two").await), "it lives a minute");
    keep("three").await.expect("it is kept");
    advance(MINUTE);
    assert!(!is_there(store.find_login("three").await), "it is over");
    assert!(!is_there(store.take_login("three").await), "it is over");
    keep("four").await.expect("it is kept");
    let (one, other) = tokio::join!(store.take_login("four"), store.take_login("four"));
    assert!(is_there(one) != is_there(other), "one of two takes it");
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
        life: Life {
            refresh: Some(MINUTE),
            ..Life::NEVER
        },
        place,
    }
}

fn note(row: &Row<Sealed>, fence: u64, kind: TroubleKind, wait: Duration) -> Note {
    Note {
        fence,
        version: row.version,
        journal: Journal::Ends,
        trouble: Some(Trouble {
            kind,
            failures: 1,
            not_before: row.now.after(wait),
        }),
    }
}

impl<S: Store, A: Fn(Duration)> Claims<'_, S, A> {
    async fn begun(&self, key: &Key, life: Life) -> Row<Sealed> {
        let tokens = sealed("first");
        let begun = self.store.log_in(key, "about", tokens.into(), life).await;
        begun.expect("a login is kept")
    }

    async fn row(&self, key: &Key) -> Row<Sealed> {
        let kept = self.store.load(key).await.expect("a row can be read");
        kept.expect("the row is there").row
    }

    async fn leased(&self, key: &Key) -> (Row<Sealed>, u64) {
        match self.store.lease(key, MINUTE).await {
            Ok(Lease::Taken(row, fence)) => (row, fence),
            other => panic!("the lease is free, and this came: {other:?}"),
        }
    }

    async fn gone(&self, key: &Key) {
        let gone = self.store.delete(key).await.expect("a row can be removed");
        assert!(gone.is_some(), "what is removed is given back");
        let none = self.store.load(key).await.expect("a row can be read");
        assert_eq!(none, None, "what is removed is gone");
    }

    async fn what_is_written_is_read(&self) {
        let key = key("read");
        let none = self.store.load(&key).await.expect("a row can be read");
        assert_eq!(none, None, "nothing is there before the login");
        let life = Life {
            refresh: Some(SECOND),
            expires: Some(2 * SECOND),
            keep_alive: Some(3 * SECOND),
            lost: Some(4 * SECOND),
            ends: Some(5 * SECOND),
        };
        let begun = self.begun(&key, life).await;
        let kept = self.store.load(&key).await.expect("a row can be read");
        let kept = kept.expect("the row is there");
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
        assert_eq!(absent, Ok(Lease::Absent), "nobody leases what is not there");
        self.begun(&key, Life::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let held = self.store.lease(&key, MINUTE).await;
        assert!(
            matches!(held, Ok(Lease::Held(remaining)) if remaining <= MINUTE),
            "another waits: {held:?}"
        );
        (self.advance)(MINUTE / 2);
        let extended = self.store.extend(&key, first, MINUTE).await;
        assert_eq!(extended, Ok(true), "who holds it can extend it");
        (self.advance)(MINUTE / 2 + SECOND);
        let held = self.store.lease(&key, MINUTE).await;
        assert!(matches!(held, Ok(Lease::Held(_))), "it was extended");
        (self.advance)(MINUTE / 2);
        let (_, second) = self.leased(&key).await;
        assert!(second > first, "each lease has a greater number");
        let extended = self.store.extend(&key, first, MINUTE).await;
        assert_eq!(extended, Ok(false), "what has ended is not extended");
        self.store.release(&key, first).await.expect("it is heard");
        let held = self.store.lease(&key, MINUTE).await;
        assert!(
            matches!(held, Ok(Lease::Held(_))),
            "nobody gives back another's lease"
        );
        self.store.release(&key, second).await.expect("it is heard");
        self.leased(&key).await;
        self.gone(&key).await;
    }

    async fn a_journal_entry_needs_the_lease_and_the_version(&self) {
        let key = key("journal");
        let begun = self.begun(&key, Life::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let other = self.store.journal(&key, first, begun.version + 1).await;
        assert_eq!(other, Ok(false), "the version must be the row's");
        let written = self.store.journal(&key, first, begun.version).await;
        assert_eq!(written, Ok(true));
        let before = self.row(&key).await.open_entry().expect("it is there");
        (self.advance)(MINUTE + SECOND);
        let late = self.store.journal(&key, first, begun.version).await;
        assert_eq!(late, Ok(false), "the lease must still be held");
        let (row, second) = self.leased(&key).await;
        assert_eq!(
            row.open_entry(),
            Some(before),
            "whoever comes next finds it"
        );
        let again = self.store.journal(&key, second, row.version).await;
        assert_eq!(again, Ok(true));
        let after = self.row(&key).await.open_entry().expect("it is there");
        assert_eq!(after.fence, second);
        assert_eq!(
            after.at, before.at,
            "the first use of a token is what counts"
        );
        self.gone(&key).await;
    }

    async fn a_commit_needs_the_version_and_not_the_lease(&self) {
        let key = key("commit");
        let begun = self.begun(&key, Life::NEVER).await;
        let (_, first) = self.leased(&key).await;
        let journal = self.store.journal(&key, first, begun.version).await;
        assert_eq!(journal, Ok(true));
        (self.advance)(MINUTE + SECOND);
        let late = commit(&begun, first, "second", Place::Current);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &late).await else {
            panic!("an answer that comes late is the newest all the same");
        };
        assert_eq!(
            (row.version, row.tokens),
            (begun.version + 1, sealed("second"))
        );
        assert_eq!(row.journal, None, "its journal entry ends with it");
        assert_eq!(row.times.refresh, Some(row.now.after(MINUTE)));
        let again = self.store.commit(&key, &late).await;
        assert!(
            matches!(&again, Ok(Committed::Conflict(row)) if row.tokens == sealed("second")),
            "the version must be the row's: {again:?}"
        );
        self.gone(&key).await;
        let absent = self.store.commit(&key, &late).await;
        assert_eq!(absent, Ok(Committed::Absent), "nothing is made by a commit");
    }

    async fn a_spare_token_changes_no_version(&self) {
        let key = key("spare");
        let begun = self.begun(&key, Life::NEVER).await;
        let spare = commit(&begun, 0, "spare", Place::Spare);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &spare).await else {
            panic!("a spare token is kept");
        };
        assert_eq!((row.version, row.tokens), (begun.version, sealed("first")));
        assert_eq!(row.spare, Some(sealed("spare")));
        let promoted = commit(&begun, 0, "spare", Place::Promoted);
        let Ok(Committed::Done(row)) = self.store.commit(&key, &promoted).await else {
            panic!("a spare token is promoted");
        };
        assert_eq!(
            (row.tokens.clone(), row.spare.clone()),
            (sealed("spare"), None)
        );
        assert!(row.open_entry().is_some(), "it may have been used");
        self.gone(&key).await;
    }

    async fn a_note_needs_the_lease_and_no_spare_token(&self) {
        let key = key("note");
        let begun = self.begun(&key, Life::NEVER).await;
        let (row, fence) = self.leased(&key).await;
        let foreign = note(&row, fence + 1, TroubleKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &foreign).await, Ok(false));
        let own = note(&row, fence, TroubleKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &own).await, Ok(true));
        assert_eq!(self.row(&key).await.trouble, own.trouble);
        let (row, fence) = self.leased(&key).await;
        let spare = commit(&begun, 0, "spare", Place::Spare);
        assert!(matches!(
            self.store.commit(&key, &spare).await,
            Ok(Committed::Done(_))
        ));
        let dead = note(&row, fence, TroubleKind::LogIn, Duration::ZERO);
        let noted = self.store.note(&key, &dead).await;
        assert_eq!(
            noted,
            Ok(false),
            "not given up while there is a spare token"
        );
        let promoted = commit(&begun, fence, "spare", Place::Promoted);
        assert!(matches!(
            self.store.commit(&key, &promoted).await,
            Ok(Committed::Done(_))
        ));
        let (row, fence) = self.leased(&key).await;
        let dead = note(&row, fence, TroubleKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&key, &dead).await, Ok(true));
        let spare = commit(&row, 0, "late", Place::Spare);
        let hidden = self.store.commit(&key, &spare).await;
        assert!(
            matches!(hidden, Ok(Committed::Conflict(_))),
            "a spare token is not hidden in a row that was given up"
        );
        self.gone(&key).await;
    }

    async fn a_login_ends_what_was_before(&self) {
        let key = key("login");
        let begun = self.begun(&key, Life::NEVER).await;
        let (row, fence) = self.leased(&key).await;
        let again = self.begun(&key, Life::NEVER).await;
        assert_eq!(
            (again.version, again.login),
            (begun.version + 1, begun.login + 1)
        );
        let journal = self.store.journal(&key, fence, row.version).await;
        assert_eq!(journal, Ok(false), "who held the lease has lost it");
        let late = commit(&row, fence, "late", Place::Current);
        let conflict = self.store.commit(&key, &late).await;
        assert!(
            matches!(conflict, Ok(Committed::Conflict(_))),
            "an old grant's token is not kept"
        );
        self.gone(&key).await;
    }

    async fn a_removed_row_reaches_no_later_one(&self) {
        let key = key("removed");
        self.begun(&key, Life::NEVER).await;
        let (old, fence) = self.leased(&key).await;
        self.gone(&key).await;
        (self.advance)(SECOND);
        self.begun(&key, Life::NEVER).await;
        let (new, _) = self.leased(&key).await;
        let journal = self.store.journal(&key, fence, old.version).await;
        assert_eq!(journal, Ok(false), "an old lease sends nothing");
        let dead = note(&old, fence, TroubleKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&key, &dead).await, Ok(false));
        let late = commit(&old, fence, "late", Place::Current);
        let conflict = self.store.commit(&key, &late).await;
        assert!(
            matches!(&conflict, Ok(Committed::Conflict(row)) if row.login != old.login),
            "an old answer is another login's: {conflict:?}"
        );
        assert_eq!(self.row(&key).await.version, new.version);
        self.gone(&key).await;
    }

    async fn what_is_due_comes_in_its_order(&self) {
        let life = |seconds| Life {
            keep_alive: Some(seconds * SECOND),
            ..Life::NEVER
        };
        let keys = ["due 1", "due 2", "due 3", "due 4", "due never"].map(key);
        for (key, seconds) in keys.iter().zip([3, 2, 1, 600]) {
            self.begun(key, life(seconds)).await;
        }
        self.begun(&keys[4], Life::NEVER).await;
        (self.advance)(4 * SECOND);
        let due = self.store.due(10).await;
        let expected = [2, 1, 0].map(|at: usize| keys[at].clone());
        assert_eq!(due.as_deref(), Ok(&expected[..]));
        let due = self.store.due(2).await;
        assert_eq!(due.as_deref(), Ok(&expected[..2]), "no more than asked for");
        let (row, fence) = self.leased(&keys[0]).await;
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&expected[..2]), "not what is leased");
        let wait = note(&row, fence, TroubleKind::Transient, MINUTE);
        assert_eq!(self.store.note(&keys[0], &wait).await, Ok(true));
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&expected[..2]), "not what is to wait");
        let (row, fence) = self.leased(&keys[1]).await;
        let dead = note(&row, fence, TroubleKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&keys[1], &dead).await, Ok(true));
        (self.advance)(2 * MINUTE);
        let due = self.store.due(10).await;
        let expected = [2, 0].map(|at: usize| keys[at].clone());
        assert_eq!(due.as_deref(), Ok(&expected[..]), "not what was given up");
        for key in &keys {
            self.gone(key).await;
        }
    }

    async fn an_overlong_lease_is_taken_over(&self, set_back: &impl Fn(Duration)) {
        let key = key("overlong lease");
        let life = Life {
            keep_alive: Some(Duration::ZERO),
            ..Life::NEVER
        };
        let begun = self.begun(&key, life).await;
        (self.advance)(AHEAD);
        let (_, first) = self.leased(&key).await;
        set_back(AHEAD);
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&[key.clone()][..]), "no worker holds it");
        let (row, second) = self.leased(&key).await;
        assert!(second > first, "each lease has a greater number");
        let journal = self.store.journal(&key, first, begun.version).await;
        assert_eq!(journal, Ok(false), "who held it has lost it");
        let journal = self.store.journal(&key, second, row.version).await;
        assert_eq!(journal, Ok(true));
        self.gone(&key).await;
    }

    async fn an_overlong_wait_is_not_honoured(&self, set_back: &impl Fn(Duration)) {
        let key = key("overlong wait");
        let life = Life {
            keep_alive: Some(Duration::ZERO),
            ..Life::NEVER
        };
        self.begun(&key, life).await;
        (self.advance)(AHEAD);
        let (row, fence) = self.leased(&key).await;
        let wait = note(&row, fence, TroubleKind::Transient, MINUTE);
        assert_eq!(self.store.note(&key, &wait).await, Ok(true));
        let due = self.store.due(10).await;
        assert!(due.is_ok_and(|due| due.is_empty()), "a minute is a wait");
        set_back(AHEAD);
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&[key.clone()][..]), "it may be tried");
        let row = self.row(&key).await;
        let trouble = row.trouble.expect("it is remembered that it failed");
        assert!(!trouble.is_to_wait(row.now), "no one waits for days");
        self.gone(&key).await;
    }

    async fn what_a_clock_wrote_that_was_ahead_is_due(&self, set_back: &impl Fn(Duration)) {
        let (early, late) = (key("ahead"), key("not ahead"));
        let life = Life {
            refresh: Some(MINUTE),
            expires: Some(2 * MINUTE),
            keep_alive: Some(AHEAD),
            ..Life::NEVER
        };
        (self.advance)(AHEAD);
        self.begun(&early, life).await;
        set_back(AHEAD);
        self.begun(&late, life).await;
        let due = self.store.due(10).await;
        assert_eq!(due.as_deref(), Ok(&[early.clone()][..]));
        let row = self.row(&early).await;
        assert!(row.times.refresh <= Some(row.now), "it is to be refreshed");
        assert!(
            row.times.expires <= Some(row.now.after(2 * MINUTE)),
            "it ends no later than if it were written now"
        );
        let (row, fence) = self.leased(&early).await;
        let new = commit(&row, fence, "second", Place::Current);
        assert!(matches!(
            self.store.commit(&early, &new).await,
            Ok(Committed::Done(_))
        ));
        let kept = self.store.load(&early).await.expect("a row can be read");
        let kept = kept.expect("the row is there");
        assert_eq!(kept.written_ahead, None, "it was written by a right clock");
        let due = self.store.due(10).await;
        assert!(due.is_ok_and(|due| due.is_empty()), "it was refreshed");
        for key in [&early, &late] {
            self.gone(key).await;
        }
    }

    async fn rows_are_listed_page_by_page(&self) {
        let keys = ["list a", "list b", "list c"].map(key);
        for key in &keys {
            self.begun(key, Life::NEVER).await;
        }
        let mut listed = Vec::new();
        while let Ok(page) = self.store.list(listed.last(), 2).await
            && !page.is_empty()
        {
            assert!(page.len() <= 2, "no more than asked for");
            listed.extend(page.into_iter().map(|(key, _)| key));
        }
        assert_eq!(listed, keys);
        for key in &keys {
            self.gone(key).await;
        }
    }

    async fn tokens_are_sealed_anew_in_their_place(&self) {
        let key = key("reseal");
        let begun = self.begun(&key, Life::NEVER).await;
        let (old, new) = (sealed("first"), sealed("anew"));
        assert_eq!(self.store.reseal(&key, &old, new.clone()).await, Ok(true));
        let row = self.row(&key).await;
        assert_eq!((row.tokens, row.version), (new.clone(), begun.version));
        let gone = self.store.reseal(&key, &old, new).await;
        assert_eq!(gone, Ok(false), "what is not there is not replaced");
        self.gone(&key).await;
    }

    async fn the_outlook_counts_the_living(&self) {
        let none = self.store.outlook().await.expect("it can be asked");
        let nothing = Outlook {
            now: none.now,
            ..Outlook::default()
        };
        assert_eq!(none, nothing, "an empty store has none");
        let keys: Vec<Key> = (0..12)
            .map(|nth| key(&format!("outlook {nth:02}")))
            .collect();
        let mut rows = Vec::new();
        for (key, minutes) in keys.iter().zip(1..) {
            let life = Life {
                lost: Some(minutes * MINUTE),
                ..Life::NEVER
            };
            rows.push(self.begun(key, life).await);
        }
        let (row, fence) = self.leased(&keys[0]).await;
        let dead = note(&row, fence, TroubleKind::LogIn, Duration::ZERO);
        assert_eq!(self.store.note(&keys[0], &dead).await, Ok(true));
        let (row, fence) = self.leased(&keys[1]).await;
        let journal = self.store.journal(&keys[1], fence, row.version).await;
        assert_eq!(journal, Ok(true));
        let outlook = self.store.outlook().await.expect("it can be asked");
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
