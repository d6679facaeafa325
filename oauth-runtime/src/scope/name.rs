//! [`ScopeName`]: the name of a scope, with its form value.

use std::hash::{Hash, Hasher};

/// The name of a scope (RFC 6749 §3.3). Constants of a module have their form values, too. Two names are equal if their texts
/// are equal, whether or not they have form values.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName {
    name: &'static str,
    form: &'static str,
}

impl ScopeName {
    /// Creates a name with its form value, which the macro `scope` of the contract computes.
    pub const fn known(name: &'static str, form: &'static str) -> ScopeName {
        ScopeName { name, form }
    }

    /// Creates a name without its form value. It is encoded when it is sent.
    pub const fn unlisted(name: &'static str) -> ScopeName {
        ScopeName { name, form: "" }
    }

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Returns the form value, if the name has one.
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
    use crate::request::encode;

    #[test]
    fn a_constant_has_the_form_value_of_the_encoder() {
        for name in [
            crate::scope!("chat:write"),
            crate::scope!("https://www.example/auth/a b"),
            crate::scope!("plain"),
            crate::scope!("ä~*"),
        ] {
            assert_eq!(name.form(), Some(&*encode::form_encode(name.as_str())));
        }
    }

    #[test]
    fn names_are_equal_by_their_texts() {
        assert_eq!(
            crate::scope!("chat:write"),
            ScopeName::unlisted("chat:write")
        );
        assert_eq!(ScopeName::unlisted("x").form(), None);
    }
}
