//! The smallest set of scopes for some operations, computed as bits in a `const`.
//!
//! An operation is a few bit masks, so the compiler computes a set in a `const`, and the program contains only its scopes.
//! This saves work at each login, and a mistake in the operations is a compile error. The result is always sufficient. It
//! is the smallest set unless the alternatives of several operations overlap: a mask without a scope in the set gets its
//! first scope, and later masks do not revise that. Implied scopes are dropped at the end, and not considered before. The
//! tests `one_of_several_is_taken_only_if_none_is_there` and `what_comes_with_another_is_not_asked_for` check the masks.
//! `a_login_for_three_operations_asks_for_their_three_scopes` checks a generated module.

/// The bits of the scopes that operations need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastSet(u128);

impl LeastSet {
    /// Returns an empty set.
    pub const fn new() -> LeastSet {
        LeastSet(0)
    }

    /// Adds the scopes that an operation requires: the masks in `needs` that have a single bit. Other masks are ignored.
    pub const fn with(mut self, needs: &[u128]) -> LeastSet {
        let mut at = 0;
        while at < needs.len() {
            if needs[at].is_power_of_two() {
                self.0 |= needs[at];
            }
            at += 1;
        }
        self
    }

    /// Adds the lowest bit of each mask in `needs` of which the set has no bit yet. Call it after all calls of
    /// [`LeastSet::with`].
    pub const fn with_any(mut self, needs: &[u128]) -> LeastSet {
        let mut at = 0;
        while at < needs.len() {
            if self.0 & needs[at] == 0 {
                self.0 |= needs[at] & needs[at].wrapping_neg();
            }
            at += 1;
        }
        self
    }

    /// Returns the bits without those that another bit of the set implies. `implied` has a mask for each bit.
    ///
    /// # Panics
    ///
    /// Panics if `implied` has more than 128 masks and overflow checks are enabled. In a `const` that is a compile error.
    pub const fn without(self, implied: &[u128]) -> u128 {
        let mut bits = self.0;
        let mut at = 0;
        while at < implied.len() {
            if self.0 >> at & 1 == 1 {
                bits &= !implied[at];
            }
            at += 1;
        }
        bits
    }
}

impl Default for LeastSet {
    fn default() -> LeastSet {
        LeastSet::new()
    }
}

/// The scopes of a [`LeastSet`], of the provider's scope type `S`. `N` is the maximum number of scopes.
#[derive(Clone, Copy, Debug)]
pub struct ScopesNeeded<S, const N: usize> {
    scopes: [S; N],
    count: usize,
}

impl<S: Copy, const N: usize> ScopesNeeded<S, N> {
    /// Returns the scopes of `known` whose bits are set. `known` is not empty.
    ///
    /// # Panics
    ///
    /// Panics if `known` is empty, or if more than `N` bits are set. In a `const` that is a compile error.
    pub const fn of(bits: u128, known: &[S]) -> ScopesNeeded<S, N> {
        let mut own = ScopesNeeded {
            scopes: [known[0]; N],
            count: 0,
        };
        let mut at = 0;
        while at < known.len() {
            if bits >> at & 1 == 1 {
                own.scopes[own.count] = known[at];
                own.count += 1;
            }
            at += 1;
        }
        own
    }

    /// Adds a scope.
    ///
    /// # Panics
    ///
    /// Panics if there are `N` scopes already.
    pub const fn with(mut self, scope: S) -> ScopesNeeded<S, N> {
        self.scopes[self.count] = scope;
        self.count += 1;
        self
    }

    /// Returns the scopes.
    pub const fn as_slice(&self) -> &[S] {
        self.scopes.split_at(self.count).0
    }
}

/// Returns whether two strings are equal. Unlike `==`, this is a `const fn`.
pub const fn same_text(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: u128 = 1;
    const WRITE: u128 = 2;
    const ADMIN: u128 = 4;

    #[test]
    fn one_of_several_is_taken_only_if_none_is_there() {
        let either = &[READ | WRITE];
        let alone = LeastSet::new().with(either).with_any(either);
        assert_eq!(alone.without(&[]), READ);
        let beside = LeastSet::new().with(&[WRITE]).with_any(either);
        assert_eq!(beside.without(&[]), WRITE);
    }

    #[test]
    fn what_comes_with_another_is_not_asked_for() {
        let implied = [0, READ, READ | WRITE];
        let all = LeastSet::new().with(&[READ, WRITE]).with(&[ADMIN]);
        assert_eq!(all.without(&implied), ADMIN);
        let two = LeastSet::new().with(&[READ, WRITE]);
        assert_eq!(two.without(&implied), WRITE);
    }

    #[test]
    fn texts_are_compared_to_their_ends() {
        assert!(same_text("a", "a") && same_text("", ""));
        assert!(!same_text("a", "ab") && !same_text("ab", "a") && !same_text("a", "b"));
    }
}
