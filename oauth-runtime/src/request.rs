//! [`Request`]: an HTTP request that is ready to be sent, in one text.

use std::fmt;

use crate::draft::Draft;
use crate::encode;
use crate::json_members;
use crate::method::Method;
use crate::wipe::wipe;

/// A request that is ready to be sent. Its text is wiped when it is dropped.
///
/// `Debug` shows method, URL without query and the names of headers and parameters: no value.
pub struct Request {
    method: Method,
    /// The URL, a line for each header, the body, one after the other.
    text: String,
    body_start: usize,
}

impl Request {
    /// Writes what a module says into one allocation.
    #[inline]
    pub fn write(method: Method, say: impl Fn(&mut Draft)) -> Request {
        let (text, body_start) = Draft::written_behind("", say);
        Request {
            method,
            text,
            body_start,
        }
    }

    /// The request, where an empty one may stay.
    pub(crate) fn take(&mut self) -> Request {
        Request {
            method: self.method,
            text: std::mem::take(&mut self.text),
            body_start: std::mem::take(&mut self.body_start),
        }
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The whole URL, query included: it may hold secrets.
    pub fn url(&self) -> &str {
        self.url_and_headers().0
    }

    /// The URL up to its query: scheme, host and path.
    pub fn endpoint(&self) -> &str {
        self.url().split('?').next().unwrap_or_default()
    }

    /// No URL has a line break.
    fn url_and_headers(&self) -> (&str, &str) {
        let head = &self.text[..self.body_start];
        head.split_at(memchr::memchr(b'\n', head.as_bytes()).unwrap_or(head.len()))
    }

    /// Names and values of the headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.url_and_headers().1.split('\n');
        lines.filter_map(|line| line.split_once(": "))
    }

    /// The body; empty where there is none.
    pub fn body(&self) -> &str {
        &self.text[self.body_start..]
    }

    /// The names of the parameters in query and body, without any value: what an error may show.
    pub fn parameter_names(&self) -> Vec<String> {
        let query = self.url().split_once('?').map_or("", |(_, query)| query);
        let body = self.body();
        let mut names = form_names(query);
        match body.starts_with('{') {
            true => names.extend(json_members::names(body)),
            false => names.extend(form_names(body)),
        }
        names
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", &self.method)
            .field("endpoint", &self.endpoint())
            .field(
                "headers",
                &self.headers().map(|(name, _)| name).collect::<Vec<_>>(),
            )
            .field("parameters", &self.parameter_names())
            .finish_non_exhaustive()
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        wipe(&mut self.text);
    }
}

fn form_names(form: &str) -> Vec<String> {
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| encode::form_decode(pair.split('=').next().unwrap_or(pair)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_no_value() {
        let request = Request::write(Method::Post, |request| {
            request.query("?q=").text("1 2");
            request.form_body();
            request.form("code=").text("hush");
        });
        let shown = format!("{request:?}");
        assert!(
            shown.contains("\"code\"") && shown.contains("\"q\""),
            "{shown}"
        );
        assert!(!shown.contains("hush") && !shown.contains("1+2"), "{shown}");
    }
}
