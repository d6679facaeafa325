//! [`ScopeName`]: the name of a scope, with its form value.

use std::hash::{Hash, Hasher};

/// The name of a scope (RFC 6749 §3.3). The constants of a module include their form values, which the compiler generates.
/// Two names are equal if their texts are equal, whether or not they include form values.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName {
    name: &'static str,
    form: &'static str,
}

impl ScopeName {
    /// Creates a name that the spec lists, with its form value.
    pub const fn known(name: &'static str, form: &'static str) -> ScopeName {
        ScopeName { name, form }
    }

    /// Creates a name that the spec does not list. It is encoded when it is sent.
    pub const fn unlisted(name: &'static str) -> ScopeName {
        ScopeName { name, form: "" }
    }

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Returns the form value, if the compiler generated it.
    pub(crate) fn form(self) -> Option<&'static str> {
        (!self.form.is_empty()).then_some(self.form)
    }
}

impl PartialEq for ScopeName {
    fn eq(&self, other: &ScopeName) -> bool {
        self.name == other.name
    }
}

impl Eq for ScopeName {}

impl Hash for ScopeName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_came() {
        let known = ScopeName::known("chat:write", "chat%3Awrite");
        assert_eq!(known, ScopeName::unlisted("chat:write"));
        assert_eq!(ScopeName::unlisted("x").form(), None);
    }
}
