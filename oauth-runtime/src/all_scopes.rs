//! The scopes that a request asks for: [`names`] of a provider's own, [`AllScopes`] from every side.

use crate::scope_name::ScopeName;

/// The names of scopes.
#[inline]
pub fn names<S: Into<ScopeName> + Copy>(scopes: &[S]) -> impl Iterator<Item = ScopeName> {
    scopes.iter().map(|scope| (*scope).into())
}

/// Scopes from several sides, of some provider's own type.
pub struct AllScopes<'a, S> {
    /// Those that always are sent.
    pub always: &'static [ScopeName],
    /// Those asked for.
    pub asked: &'a [S],
    /// Those that something else brings with it.
    pub further: &'static [ScopeName],
}

impl<S: Into<ScopeName> + Copy> AllScopes<'_, S> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.always.is_empty() && self.asked.is_empty() && self.further.is_empty()
    }

    /// Each once, in this order: always, asked, further.
    pub fn each(&self) -> impl Iterator<Item = ScopeName> {
        let asked = names(self.asked).filter(|scope| !self.always.contains(scope));
        let is_asked = |scope: ScopeName| names(self.asked).any(|own| own == scope);
        let further = self.further.iter().copied();
        let further =
            further.filter(move |scope| !self.always.contains(scope) && !is_asked(*scope));
        self.always.iter().copied().chain(asked).chain(further)
    }
}
