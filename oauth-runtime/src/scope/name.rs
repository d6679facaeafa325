//! [`ScopeName`]: the name of a scope, with its form value.

use std::hash::{Hash, Hasher};

/// The name of a scope (RFC 6749 §3.3). Constants of a module have their form values, too. Two names are equal if their texts
/// are equal, whether or not they have form values.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName {
    #[doc(hidden)]
    pub name: &'static str,
    #[doc(hidden)]
    pub form: &'static str,
}

impl ScopeName {
    /// Creates a name with its form value, which a module states.
    ///
    /// The form value is text of the module: computing it in a `const fn` took two fifths of the time of checking Slack's module,
    /// which has 93 scopes.
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

    #[test]
    fn names_are_equal_by_their_texts() {
        assert_eq!(
            ScopeName::known("chat:write", "chat%3Awrite"),
            ScopeName::unlisted("chat:write")
        );
        assert_eq!(ScopeName::unlisted("x").form(), None);
    }
}
