//! The scopes of a request: [`names`] returns the names of a provider's scopes, [`AllScopes`] merges three lists.

use crate::scope::name::ScopeName;

/// Returns the names of a provider's scopes.
#[inline]
pub fn names<S: Into<ScopeName> + Copy>(scopes: &[S]) -> impl Iterator<Item = ScopeName> {
    scopes.iter().map(|scope| (*scope).into())
}

/// The scopes of one request, from three lists. `S` is the provider's scope type.
pub struct AllScopes<'a, S> {
    /// The scopes that every request includes.
    pub always: &'static [ScopeName],
    /// The scopes that the caller requests.
    pub asked: &'a [S],
    /// The scopes that offline access adds.
    pub further: &'static [ScopeName],
}

impl<S: Into<ScopeName> + Copy> AllScopes<'_, S> {
    /// Returns whether all three lists are empty.
    pub fn is_empty(&self) -> bool {
        self.always.is_empty() && self.asked.is_empty() && self.further.is_empty()
    }

    /// Returns the scopes of `always`, `asked` and `further`, in this order. A scope of an earlier list is not
    /// repeated.
    pub fn each(&self) -> impl Iterator<Item = ScopeName> {
        let asked = names(self.asked).filter(|scope| !self.always.contains(scope));
        let is_asked = |scope: ScopeName| names(self.asked).any(|own| own == scope);
        let further = self.further.iter().copied();
        let further =
            further.filter(move |scope| !self.always.contains(scope) && !is_asked(*scope));
        self.always.iter().copied().chain(asked).chain(further)
    }
}
