//! [`Manners`]: how a provider's API tells a success from a refusal, as its module states it.

use crate::answer::Answer;
use crate::failure::Failure;
use crate::paths::Path;

/// How an API answers.
pub struct Manners {
    pub(crate) read: fn(&Answer<'_>) -> Result<(), Failure>,
    pub(crate) request_id: Option<&'static str>,
    pub(crate) needed_scopes: Option<NeededScopes>,
}

/// Where a refusal names the scopes that would have done.
#[derive(Clone, Copy)]
pub(crate) enum NeededScopes {
    Header(&'static str),
    Member(Path),
}

impl Manners {
    /// An API whose answers are read by this function: it fails where the provider refuses.
    pub const fn new(read: fn(&Answer<'_>) -> Result<(), Failure>) -> Manners {
        Manners {
            read,
            request_id: None,
            needed_scopes: None,
        }
    }

    /// The same with the header that has a request's id.
    pub const fn request_id(mut self, header: &'static str) -> Manners {
        self.request_id = Some(header);
        self
    }

    /// The same with the header in which a refusal names scopes.
    pub const fn needed_scopes_in_header(mut self, header: &'static str) -> Manners {
        self.needed_scopes = Some(NeededScopes::Header(header));
        self
    }

    /// The same with the member of the body in which a refusal names scopes.
    pub const fn needed_scopes_at(mut self, path: Path) -> Manners {
        self.needed_scopes = Some(NeededScopes::Member(path));
        self
    }
}

impl std::fmt::Debug for Manners {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Manners")
    }
}
