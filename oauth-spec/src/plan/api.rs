//! The API: the base URL, the placement of the token, the rate limits, and the scopes that each operation needs.

use super::call::{Header, Method, Parameter, Success};
use super::value::Template;

/// The API that the access token is for.
#[derive(Clone, Debug)]
pub struct Api {
    /// The URL that a path without a host continues.
    pub base: Template,
    /// The other URLs with which a call may begin.
    pub further_bases: Vec<Template>,
    /// The names of the tokens that the API accepts, in the order of the Plan's tokens.
    pub tokens: Vec<String>,
    /// The placement of the token in a call.
    pub placement: Placement,
    /// Headers that every call needs.
    pub headers: Vec<Header>,
    /// Parameters that every call needs.
    pub parameters: Vec<Parameter>,
    /// The conditions that a 2xx response must meet to be a success.
    pub success: Vec<(Vec<String>, Success)>,
    /// The paths of the code in an error response. The first path with a text applies.
    pub error: Vec<Vec<String>>,
    /// The paths of the description in an error response. The first path with a text applies.
    pub error_description: Vec<Vec<String>>,
    /// The header with a request's id, in lower case.
    pub request_id: Option<String>,
    /// The place of the sufficient scopes in an error response.
    pub needed_scopes: Option<NeededScopes>,
    /// The format in which the API reports its rate limits.
    pub rate_limit: Option<RateLimit>,
    /// The URL of the API's documentation.
    pub docs: Option<String>,
}

impl Api {
    /// Returns the URLs with which a call may begin.
    pub fn bases(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.base).chain(&self.further_bases)
    }

    /// Returns whether the API accepts the token with this name.
    pub fn accepts(&self, token: &str) -> bool {
        self.tokens.iter().any(|own| own == token)
    }

    /// Returns every template that is filled in for a call to the API.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let rows = self.headers.iter().chain(&self.parameters);
        rows.chain(self.placement.headers())
            .filter_map(|row| row.value.template())
            .chain(self.bases())
    }
}

/// The place in an error response that names the sufficient scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeededScopes {
    /// A header, by its name in lower case.
    Header(String),
    /// A member of the body, by its path.
    Member(Vec<String>),
}

/// The placement of the token in a call to the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The token is in the Authorization header.
    Bearer,
    /// The token is the parameter `access_token`.
    Query,
    /// The token is in headers that are specific to the provider.
    Headers(Vec<Header>),
}

impl Placement {
    /// Returns the provider's headers if they carry the token, or an empty list.
    pub fn headers(&self) -> &[Header] {
        match self {
            Placement::Headers(headers) => headers,
            Placement::Bearer | Placement::Query => &[],
        }
    }
}

/// The format in which the API reports exceeded and remaining rate limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The HTTP statuses that report an exceeded limit.
    pub statuses: Vec<u16>,
    /// The header with the time of the next allowed call, and its format.
    pub retry_after: Option<(String, WaitFormat)>,
    /// Whether the spec states that header. Otherwise it is the standard's (RFC 9110 §10.2.3), which is read if it comes.
    pub states_retry_after: bool,
    /// The time to wait in seconds, if no header states one.
    pub wait: Option<u64>,
    /// The limits that the API counts.
    pub buckets: Vec<Bucket>,
    /// A sentence about the limits.
    pub doc: Option<String>,
}

/// A limit that the API counts, with the names of its headers in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The limit's name in the spec.
    pub name: String,
    /// The header with the maximum.
    pub limit: Option<String>,
    /// The header with the remaining number.
    pub remaining: Option<String>,
    /// The header with the number that was used.
    pub used: Option<String>,
    /// The position of this limit in its headers, if they are lists.
    pub position: Option<usize>,
    /// The header with the time of the next reset, and its format.
    pub reset: Option<(String, WaitFormat)>,
}

pub use crate::syntax::choices::WaitFormat;

/// An operation of the API with the scopes that it needs.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The operation's id in the spec.
    pub id: String,
    /// A description of the operation.
    pub doc: Option<String>,
    /// The URL of the operation's documentation.
    pub docs: Option<String>,
    /// The required scopes: one scope of each inner list.
    pub needs: Vec<Vec<String>>,
    /// The scopes that add data to the response, each with the data that is absent without it.
    pub enriches: Vec<(String, String)>,
    /// A harmless call that checks whether a token allows the operation: its method, and its path under the API's base.
    pub probe: Option<(Method, String)>,
}

impl Operation {
    /// Formats the required scopes.
    pub(crate) fn needed(&self) -> String {
        needed(&self.needs)
    }
}

/// Formats required scopes, such as `a` and (`b` or `c`).
pub(crate) fn needed(needs: &[Vec<String>]) -> String {
    let several = needs.len() > 1;
    let any = |any: &Vec<String>| {
        let text = format!("`{}`", any.join("` or `"));
        match several && any.len() > 1 {
            true => format!("({text})"),
            false => text,
        }
    };
    let needs: Vec<String> = needs.iter().map(any).collect();
    needs.join(" and ")
}
