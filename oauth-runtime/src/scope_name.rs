//! [`ScopeName`]: a scope's name, as it is and as a form has it.

use std::hash::{Hash, Hasher};

/// The name of a scope (RFC 6749 §3.3). A module's constants carry their form values, written by the
/// compiler; two names are equal by what they are, however they are written.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName {
    name: &'static str,
    form: &'static str,
}

impl ScopeName {
    /// A name of the spec with its form value.
    pub const fn known(name: &'static str, form: &'static str) -> ScopeName {
        ScopeName { name, form }
    }

    /// A name that the spec does not list: its form value is made when it is sent.
    pub const fn unlisted(name: &'static str) -> ScopeName {
        ScopeName { name, form: "" }
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// The form value, where the compiler wrote it.
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
