//! [`Operation`]: an operation of a provider's API, with the scopes that it uses.

use std::convert::Infallible;

/// An operation of a provider's API, as the generated module describes it.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The operation's id in the spec, such as `chat.postMessage`.
    pub id: &'static str,
    /// The required scopes. A token needs at least one scope of each group.
    pub needs: &'static [&'static [&'static str]],
    /// The optional scopes, each with what stays empty in the response without it.
    pub enriches: &'static [(&'static str, &'static str)],
    /// The path, relative to the API's base URL, of a GET request that shows whether a token may use the operation.
    pub probe: Option<&'static str>,
}

impl Operation {
    /// Creates an operation without a probe.
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

    /// Sets the path of the probe.
    pub const fn probed_by(mut self, path: &'static str) -> Operation {
        self.probe = Some(path);
        self
    }
}

/// An operation type of a generated module. Each provider has its type, so another provider's operation does not compile.
pub trait ApiOperation {
    /// Returns the operation's id, scopes and probe.
    fn about(&self) -> &'static Operation;
}

/// The operation type of a provider whose spec names no operations.
impl ApiOperation for Infallible {
    fn about(&self) -> &'static Operation {
        match *self {}
    }
}
