//! Examples of a Plan: the given values, the request, the response, and the expected result.

use crate::syntax::shapes::Given;

/// An example of a call.
#[derive(Clone, Debug)]
pub struct Example {
    /// The example's name, which describes what it shows.
    pub name: String,
    /// The call's spec path.
    pub call: String,
    /// The token that the example is about, if several tokens have separate calls.
    pub token: Option<String>,
    /// The environment of the example.
    pub environment: Option<String>,
    /// The page that the example is copied from.
    pub source: Option<String>,
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
