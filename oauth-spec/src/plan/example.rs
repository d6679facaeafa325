//! Examples of a Plan: what is given, what goes out, what comes back, what it means.

use crate::syntax::shapes::Given;

/// An example.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// The call's spec path.
    pub call: String,
    /// The token that it is about, where each of several has a call of its own.
    pub token: Option<String>,
    /// The environment it is in.
    pub environment: Option<String>,
    /// The page it is taken from.
    pub source: Option<String>,
    /// What is given, by name.
    pub given: Vec<(String, Given)>,
    /// The request, as HTTP.
    pub request: Option<String>,
    /// The answer.
    pub response: Option<Response>,
    /// What it means.
    pub expected: Expectation,
    /// Whether it is one of the spec that this one is laid over.
    pub inherited: bool,
    /// Where it is written: `example`, and its name.
    pub path: String,
    /// The byte at which its table begins, for findings.
    pub position: usize,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What an answer means: nothing is expected of an example without an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The tokens, with those of their members that are there.
    pub tokens: Vec<(String, Vec<(String, Given)>)>,
    /// The fields that are there.
    pub fields: Vec<(String, Given)>,
    /// The entries that a caller chooses from, each with its fields and its label.
    pub entries: Vec<Vec<(String, Given)>>,
    /// The refusal: its code and its class.
    pub error: Option<(Option<String>, String)>,
}

impl Example {
    /// What is given under a name.
    pub fn given(&self, name: &str) -> Option<&Given> {
        self.given
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    /// The text that is given under a name.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.given(name)? {
            Given::Text(text) => Some(text.clone()),
            Given::Number(number) => Some(number.to_string()),
            Given::Boolean(boolean) => Some(boolean.to_string()),
            Given::List(_) => None,
        }
    }

    /// The list that is given under a name.
    pub fn list(&self, name: &str) -> &[String] {
        match self.given(name) {
            Some(Given::List(list)) => list,
            _ => &[],
        }
    }

    /// Whether `name` is given as `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.given(name) == Some(&Given::Boolean(true))
    }
}
