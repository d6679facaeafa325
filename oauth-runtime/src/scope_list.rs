//! [`ScopeList`]: the scopes of a login, whatever provider's type they are of, each shown once.

use crate::scope_name::ScopeName;

/// A list of scopes of some provider's own type.
pub trait ScopeList {
    /// Shows each scope's name to `visit`, in order.
    fn each(&self, visit: &mut dyn FnMut(ScopeName));

    /// Whether there is none.
    fn is_empty(&self) -> bool;
}

impl<S: Into<ScopeName> + Copy> ScopeList for &[S] {
    fn each(&self, visit: &mut dyn FnMut(ScopeName)) {
        self.iter().for_each(|scope| visit((*scope).into()));
    }

    fn is_empty(&self) -> bool {
        <[S]>::is_empty(self)
    }
}

/// Shows each scope that goes out once: those that always do, those asked for, those that something brings.
pub(crate) fn each_scope(
    always: &[ScopeName],
    asked: &dyn ScopeList,
    further: &[ScopeName],
    visit: &mut dyn FnMut(ScopeName),
) {
    if always.is_empty() && further.is_empty() {
        return asked.each(visit);
    }
    for scope in always {
        visit(*scope);
    }
    let mut among_asked = 0_u64;
    asked.each(&mut |scope| {
        if let Some(at) = further.iter().position(|own| *own == scope) {
            among_asked |= 1 << (at % 64);
        }
        if !always.contains(&scope) {
            visit(scope);
        }
    });
    for (at, scope) in further.iter().enumerate() {
        if among_asked & (1 << (at % 64)) == 0 && !always.contains(scope) {
            visit(*scope);
        }
    }
}
