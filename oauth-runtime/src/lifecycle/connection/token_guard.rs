//! [`TokenGuard`]: a valid access token in memory, without a lock and without a copy.
//!
//! Tokens are replaced as a whole, and readers share them (`arc-swap`). This saves instructions, an allocation, and writes
//! to memory that processors share. By `tests/benchmarks/RESULTS.md` (`token_hot`), a read takes 115 instructions and no
//! allocation; tokio's mutex with a copy of the token takes 430 and one. The tests
//! `a_token_guard_is_passed_where_a_function_takes_the_token`, `a_token_is_at_hand_until_it_is_due_and_refreshed_then` and
//! `a_refused_token_is_replaced_once_for_all_who_held_it` check what a guard returns.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::Guard;

use crate::clock::Second;
use crate::provider::stored_token::StoredToken;

/// A token in memory that the store has, too.
pub(crate) struct HeldToken<T> {
    pub(crate) token: T,
    pub(crate) version: u64,
    pub(crate) login: u64,
    /// The time until which the token needs no refresh.
    pub(crate) fresh_until: Second,
    /// The time at which the token expires.
    pub(crate) works_until: Second,
}

/// A valid access token, of the provider's token type. Drop it before a long wait, since it keeps the memory of that token
/// from being freed.
pub struct TokenGuard<T: StoredToken>(pub(crate) Guard<Option<Arc<HeldToken<T>>>>);

impl<T: StoredToken> TokenGuard<T> {
    pub(crate) fn version(&self) -> u64 {
        self.held().version
    }

    /// Returns the token and its login for use across an await. Unlike the guard, this may be kept for long.
    pub(crate) fn shared(&self) -> TokenInUse<T> {
        TokenInUse(Arc::clone(
            self.0.as_ref().expect("the guard holds a token"),
        ))
    }

    fn held(&self) -> &HeldToken<T> {
        // A `TokenGuard` is only created from a guard that holds a token.
        self.0.as_ref().expect("the guard holds a token")
    }
}

/// A token while a request that carries it is in progress.
pub(crate) struct TokenInUse<T>(Arc<HeldToken<T>>);

impl<T> TokenInUse<T> {
    /// Returns the token.
    pub(crate) fn token(&self) -> &T {
        &self.0.token
    }

    /// Returns the version of the row that the token comes from.
    pub(crate) fn version(&self) -> u64 {
        self.0.version
    }

    /// Returns the login that the token comes from.
    pub(crate) fn login(&self) -> u64 {
        self.0.login
    }
}

impl<T: StoredToken> Deref for TokenGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.held().token
    }
}

impl<T: StoredToken> fmt::Debug for TokenGuard<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenGuard(…)")
    }
}
