//! Scopes: their names on the wire, lists of them, the smallest set for some operations, and what was granted.

pub(crate) mod all_scopes;
pub(crate) mod granted;
pub(crate) mod least_set;
pub(crate) mod name;
