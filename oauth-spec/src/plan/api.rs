//! The API: where the token may go, how it is carried, what limits there are, what each operation needs.

use super::call::{Header, Method, Parameter, Success};
use super::value::Template;

/// Where the access token may go.
#[derive(Clone, Debug)]
pub struct Api {
    /// Where every call begins.
    pub base: Template,
    /// How a call carries the token.
    pub placement: Placement,
    /// Headers that every call needs.
    pub headers: Vec<Header>,
    /// Parameters that every call needs.
    pub parameters: Vec<Parameter>,
    /// What a 2xx answer must show to be a success.
    pub success: Vec<(Vec<String>, Success)>,
    /// Where a refusal says its code: the first place that has one counts.
    pub error: Vec<Vec<String>>,
    /// Where a refusal says it in words, likewise.
    pub error_description: Vec<Vec<String>>,
    /// The header with a request's id, in lower case.
    pub request_id: Option<String>,
    /// Where a refusal names the scopes that would have done.
    pub needed_scopes: Option<NeededScopes>,
    /// How it says that it was called too often.
    pub rate_limit: Option<RateLimit>,
    /// The API's documentation.
    pub docs: Option<String>,
}

impl Api {
    /// Everything that is filled in for a call to it.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let rows = self.headers.iter().chain(&self.parameters);
        rows.chain(self.placement.headers())
            .filter_map(|row| row.value.template())
            .chain([&self.base])
    }
}

/// Where a refusal names the scopes that would have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeededScopes {
    /// In this header, in lower case.
    Header(String),
    /// In this member of the body.
    Member(Vec<String>),
}

/// How a call to the API carries the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the Authorization header.
    Bearer,
    /// As the parameter `access_token`.
    Query,
    /// In headers of the provider's own.
    Headers(Vec<Header>),
}

impl Placement {
    /// The headers of the provider's own, where these carry the token.
    pub fn headers(&self) -> &[Header] {
        match self {
            Placement::Headers(headers) => headers,
            Placement::Bearer | Placement::Query => &[],
        }
    }
}

/// How the API says that it was called too often, and what is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The statuses that say so.
    pub statuses: Vec<u16>,
    /// The header that says when to come back, and its form.
    pub retry_after: Option<(String, WaitFormat)>,
    /// What is counted.
    pub buckets: Vec<Bucket>,
    /// A sentence on the limits.
    pub doc: Option<String>,
}

/// Something that is counted, with the headers that say so, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name in the spec.
    pub name: String,
    /// The most that is allowed.
    pub limit: Option<String>,
    /// What is left.
    pub remaining: Option<String>,
    /// When it is full again, and the form of that.
    pub reset: Option<(String, WaitFormat)>,
}

pub use crate::syntax::choices::WaitFormat;

/// An operation of the API with the scopes that it needs.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its id in the spec.
    pub id: String,
    /// What it does.
    pub doc: Option<String>,
    /// Where it is documented.
    pub docs: Option<String>,
    /// What it cannot do without: any of each.
    pub needs: Vec<Vec<String>>,
    /// Scopes that fill more of its answer, each with what stays empty without it.
    pub enriches: Vec<(String, String)>,
    /// A harmless call that tells whether a token may do it: method, and path beneath the API's base.
    pub probe: Option<(Method, String)>,
}

impl Operation {
    /// What it cannot do without, in words: `a` and (`b` or `c`).
    pub(crate) fn needed(&self) -> String {
        let several = self.needs.len() > 1;
        let any = |any: &Vec<String>| {
            let text = format!("`{}`", any.join("` or `"));
            match several && any.len() > 1 {
                true => format!("({text})"),
                false => text,
            }
        };
        let needs: Vec<String> = self.needs.iter().map(any).collect();
        needs.join(" and ")
    }
}
