//! [`Operation`]: what is known of an operation of a provider's API.

use std::convert::Infallible;

/// An operation of a provider's API, as its module states it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// Its id in the spec, such as `chat.postMessage`.
    pub id: &'static str,
    /// The scopes that it cannot do without: any of each.
    pub needs: &'static [&'static [&'static str]],
    /// Scopes that fill more of its answer, each with what stays empty without it.
    pub enriches: &'static [(&'static str, &'static str)],
    /// The path, beneath the API's base, of a GET that tells whether a token may do it.
    pub probe: Option<&'static str>,
}

impl Operation {
    /// An operation without a probe.
    pub const fn new(
        id: &'static str,
        needs: &'static [&'static [&'static str]],
        enriches: &'static [(&'static str, &'static str)],
    ) -> Operation {
        Operation {
            id,
            needs,
            enriches,
            probe: None,
        }
    }

    /// The same with a probe.
    pub const fn probed_by(mut self, path: &'static str) -> Operation {
        self.probe = Some(path);
        self
    }
}

/// An operation's own type in a generated module: one provider's operation is not another's.
pub trait Operates {
    /// What is known of it.
    fn about(&self) -> &'static Operation;
}

/// Of a provider whose spec names no operations.
impl Operates for Infallible {
    fn about(&self) -> &'static Operation {
        match *self {}
    }
}
