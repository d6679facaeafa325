//! [`ApiConventions`]: how a provider's API reports errors, as its generated module states it.

use crate::json::paths::Path;
use crate::response::Response;
use crate::response::parse_error::ParseError;

/// The response conventions of an API.
pub struct ApiConventions {
    pub(crate) read: fn(&Response<'_>) -> Result<(), ParseError>,
    pub(crate) request_id: Option<&'static str>,
    pub(crate) needed_scopes: Option<NeededScopes>,
}

/// The place in an error response that names the scopes of which one would suffice.
#[derive(Clone, Copy)]
pub(crate) enum NeededScopes {
    Header(&'static str),
    Member(Path),
}

impl ApiConventions {
    /// Creates the conventions of an API. `read` returns an error if the response is an error response.
    pub const fn new(read: fn(&Response<'_>) -> Result<(), ParseError>) -> ApiConventions {
        ApiConventions {
            read,
            request_id: None,
            needed_scopes: None,
        }
    }

    /// Sets the response header that contains the request id.
    pub const fn request_id(mut self, header: &'static str) -> ApiConventions {
        self.request_id = Some(header);
        self
    }

    /// Sets the header in which an error response names the needed scopes.
    pub const fn needed_scopes_in_header(mut self, header: &'static str) -> ApiConventions {
        self.needed_scopes = Some(NeededScopes::Header(header));
        self
    }

    /// Sets the JSON member of the body in which an error response names the needed scopes.
    pub const fn needed_scopes_at(mut self, path: Path) -> ApiConventions {
        self.needed_scopes = Some(NeededScopes::Member(path));
        self
    }
}

impl std::fmt::Debug for ApiConventions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiConventions")
    }
}
