//! [`ScopeName`]: the name of a scope, with the length of its form value.

use std::hash::{Hash, Hasher};

use crate::request::encode;

/// The name of a scope (RFC 6749 §3.3), with the length of its form value. Two names are equal if their texts are equal.
#[derive(Clone, Copy, Debug)]
pub struct ScopeName {
    name: &'static str,
    form_len: usize,
}

impl ScopeName {
    /// Creates a name.
    pub const fn new(name: &'static str) -> ScopeName {
        ScopeName {
            name,
            form_len: encode::form_len(name),
        }
    }

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Returns the length of the form value, in bytes. It is the length of the name if encoding does not change the name.
    pub(crate) fn form_len(self) -> usize {
        self.form_len
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
    fn a_name_knows_the_length_of_its_form_value() {
        for name in [
            "chat:write",
            "https://www.example/auth/a b",
            "plain",
            "ä~",
            "",
        ] {
            assert_eq!(
                ScopeName::new(name).form_len(),
                encode::form_encode(name).len(),
                "{name}"
            );
        }
    }
}
