//! Examples of a Plan: the given values, the request, the response, and the expected result.

use std::fmt;

use super::call_id::CallId;
use crate::syntax::shapes::Given;

/// An example of a call.
#[derive(Clone, Debug)]
pub struct Example {
    /// The example's name, which describes what it shows.
    pub name: String,
    /// What the example shows.
    pub call: ExampleSubject,
    /// The token that the example is about, if several tokens have separate calls.
    pub token: Option<String>,
    /// The environment of the example.
    pub environment: Option<String>,
    /// The page that the example is copied from.
    pub source: Option<String>,
    /// Whether the compiler made the example from the spec, so that it is no evidence.
    pub generated: bool,
    /// The given values, by name.
    pub given: Vec<(String, Given)>,
    /// The request, as HTTP.
    pub request: Option<String>,
    /// The response of the provider.
    pub response: Option<Response>,
    /// The expected result.
    pub expected: Expectation,
    /// Whether the example belongs to the spec that this one extends.
    pub inherited: bool,
    /// The spec path of the example.
    pub path: String,
    /// The byte at which the example's table begins, for findings.
    pub position: usize,
}

/// What an example shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExampleSubject {
    /// The authorization request.
    Authorize,
    /// The authorization response.
    Callback,
    /// The request with which an installation begins.
    Install,
    /// A call.
    Call(CallId),
    /// A word that names nothing, which is a finding.
    Unknown(String),
}

impl ExampleSubject {
    /// Returns the subject that a spec names.
    pub fn parse(word: &str) -> ExampleSubject {
        match word {
            "authorize" => ExampleSubject::Authorize,
            "callback" => ExampleSubject::Callback,
            "install" => ExampleSubject::Install,
            _ => CallId::parse(word).map_or_else(
                || ExampleSubject::Unknown(word.to_owned()),
                ExampleSubject::Call,
            ),
        }
    }

    /// Returns whether the example shows this call.
    pub fn is(&self, call: &CallId) -> bool {
        matches!(self, ExampleSubject::Call(own) if own == call)
    }

    /// Returns whether the example shows a request that a browser brings: an authorization response or an installation.
    pub fn comes_from_browser(&self) -> bool {
        matches!(self, ExampleSubject::Callback | ExampleSubject::Install)
    }
}

/// The word in a spec.
impl fmt::Display for ExampleSubject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExampleSubject::Authorize => formatter.write_str("authorize"),
            ExampleSubject::Callback => formatter.write_str("callback"),
            ExampleSubject::Install => formatter.write_str("install"),
            ExampleSubject::Call(call) => call.fmt(formatter),
            ExampleSubject::Unknown(word) => formatter.write_str(word),
        }
    }
}

/// A response of the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The expected result of a response. It is empty for an example without a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The expected tokens, each with the members that are present.
    pub tokens: Vec<(String, Vec<(String, Given)>)>,
    /// The expected fields.
    pub fields: Vec<(String, Given)>,
    /// The entries that a caller chooses from, each with its fields and its label.
    pub entries: Vec<Vec<(String, Given)>>,
    /// The expected error: its code and its class.
    pub error: Option<(Option<String>, String)>,
}

impl Example {
    /// Returns the value that the example gives for a name.
    pub fn given(&self, name: &str) -> Option<&Given> {
        self.given
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    /// Returns the value that the example gives for a name as text, unless it is a list.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.given(name)? {
            Given::Text(text) => Some(text.clone()),
            Given::Number(number) => Some(number.to_string()),
            Given::Boolean(boolean) => Some(boolean.to_string()),
            Given::List(_) => None,
        }
    }

    /// Returns the list that the example gives for a name, or an empty one.
    pub fn list(&self, name: &str) -> &[String] {
        match self.given(name) {
            Some(Given::List(list)) => list,
            _ => &[],
        }
    }

    /// Returns whether the example gives `true` for a name.
    pub fn flag(&self, name: &str) -> bool {
        self.given(name) == Some(&Given::Boolean(true))
    }
}
