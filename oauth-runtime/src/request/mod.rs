//! [`Request`]: an HTTP request that is ready to be sent, in one allocation; how it is written and encoded.

pub(crate) mod encode;
pub(crate) mod encoded_once;
pub(crate) mod exchangeable;
pub(crate) mod functions;
pub(crate) mod generated_values;
pub(crate) mod method;
pub(crate) mod writer;

use std::fmt;

use crate::json::lookup;
use crate::request::exchangeable::Exchangeable;
use crate::request::method::Method;
use crate::request::writer::{RequestWriter, Written};
use crate::secret::wipe::wipe;

/// A request that is ready to be sent. Its text is wiped when it is dropped.
///
/// `Debug` prints the method, the URL without its query, and the names of headers and parameters. It prints no value.
pub struct Request {
    method: Method,
    /// The URL, a line for each header, the body, and the requirements for an ID token, concatenated.
    text: String,
    body_start: usize,
    body_end: usize,
    /// The reason why the request cannot be sent, if it cannot. Such a request is empty.
    unfit: Option<&'static str>,
}

impl Request {
    /// Writes a request into one allocation.
    ///
    /// `write` runs twice: once to count the maximum length, and once to write. It must write the same text both times.
    #[inline]
    pub fn write(method: Method, write: impl Fn(&mut RequestWriter)) -> Request {
        Request::of(method, RequestWriter::write_after("", write))
    }

    /// Withholds the request if its authorization code must not be exchanged. Sending it is an error then.
    #[inline]
    pub fn only_if(self, exchangeable: Exchangeable) -> Request {
        match exchangeable.0 {
            None => self,
            Some(reason) => Request::unfit(self.method, reason),
        }
    }

    #[cold]
    fn unfit(method: Method, reason: &'static str) -> Request {
        Request {
            method,
            text: String::new(),
            body_start: 0,
            body_end: 0,
            unfit: Some(reason),
        }
    }

    fn of(method: Method, written: Written) -> Request {
        Request {
            method,
            text: written.text,
            body_start: written.body_start,
            body_end: written.body_end,
            unfit: None,
        }
    }

    /// Takes the request, and leaves an empty one.
    pub(crate) fn take(&mut self) -> Request {
        Request {
            method: self.method,
            text: std::mem::take(&mut self.text),
            body_start: std::mem::take(&mut self.body_start),
            body_end: std::mem::take(&mut self.body_end),
            unfit: self.unfit,
        }
    }

    /// Returns the reason why the request cannot be sent, if it cannot.
    pub(crate) fn why_unfit(&self) -> Option<&'static str> {
        self.unfit
    }

    /// Returns the method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Returns the whole URL. Its query may contain secrets.
    pub fn url(&self) -> &str {
        self.url_and_headers().0
    }

    /// Returns the URL without its query: scheme, host and path.
    pub fn endpoint(&self) -> &str {
        self.url().split('?').next().unwrap_or_default()
    }

    /// Splits the URL from the headers at the first line break, since a URL contains none.
    fn url_and_headers(&self) -> (&str, &str) {
        let head = &self.text[..self.body_start];
        head.split_at(memchr::memchr(b'\n', head.as_bytes()).unwrap_or(head.len()))
    }

    /// Returns the names and values of the headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.url_and_headers().1.split('\n');
        lines.filter_map(|line| line.split_once(": "))
    }

    /// Returns the body; empty if there is none.
    pub fn body(&self) -> &str {
        &self.text[self.body_start..self.body_end]
    }

    /// Returns the requirements for the ID token of the response; empty if there are none.
    pub(crate) fn id_token(&self) -> &str {
        &self.text[self.body_end..]
    }

    /// Returns the names of the parameters in the query and the body, without any value. Error messages may contain them.
    pub fn parameter_names(&self) -> Vec<String> {
        let query = self.url().split_once('?').map_or("", |(_, query)| query);
        let body = self.body();
        let mut names = form_names(query);
        match body.starts_with('{') {
            true => names.extend(lookup::names(body)),
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
    use crate::login::authorization_code::AuthorizationCode;
    use crate::login::authorization_request::AuthorizationRequest;
    use crate::login::callback::CallbackNames;
    use crate::login::redirect_uri::{Https, RedirectUri};
    use crate::login::secrets::LoginSecrets;
    use crate::provider::app_identity::AppIdentity;
    use crate::provider::registered_app::acme::App;

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

    fn verified(code: &str) -> AuthorizationCode {
        let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
        let redirect_uri = RedirectUri::<Https>::parse("https://app.example/cb");
        let redirect_uri = redirect_uri.unwrap().encoded_once();
        let login = AuthorizationRequest::begin(&App, &secrets, &redirect_uri, |request| {
            request.url("https://acme.example/authorize");
        });
        let query = format!("state=xyz&code={code}");
        login.verify(&query, &CallbackNames::STANDARD).unwrap()
    }

    fn exchange(code: &AuthorizationCode) -> Request {
        Request::write(Method::Post, |request| {
            request.url("https://acme.example/token");
            request.form_body();
            request.form("code=").text(code.code());
            let verifier = request.form("&code_verifier=");
            verifier.raw(code.code_verifier());
            request.expect_id_token(code, "id", &["https://acme.example"]);
        })
    }

    #[test]
    fn a_code_of_any_length_goes_into_its_request() {
        for len in [30, 400, 600, 2000] {
            let code = "c".repeat(len);
            let request = exchange(&verified(&code));
            let body = format!("code={code}&code_verifier=verifier");
            assert_eq!(request.body(), body);
            assert_eq!(request.url(), "https://acme.example/token");
        }
    }

    #[test]
    fn a_code_of_another_app_goes_into_no_request() {
        let code = verified("c");
        let own = exchange(&code).only_if(code.belongs_to(AppIdentity::UNKNOWN));
        assert_eq!(own.why_unfit(), None);
        let other = AppIdentity::from_number(7);
        let request = exchange(&code).only_if(code.belongs_to(other));
        assert!(request.why_unfit().is_some());
        assert_eq!((request.url(), request.body()), ("", ""));
        for unmet in [code.has_inputs(&["x"]), code.has_id_token()] {
            let both = code.belongs_to(AppIdentity::UNKNOWN).and(unmet);
            assert!(exchange(&code).only_if(both).why_unfit().is_some());
        }
    }

    #[test]
    fn what_an_answer_must_repeat_is_not_sent() {
        let code = verified("c");
        let request = exchange(&code);
        assert_eq!(request.id_token(), "nonce\n?id\nhttps://acme.example");
        assert!(request.body().ends_with("verifier"));
        assert_eq!(request.parameter_names(), ["code", "code_verifier"]);
        let request = Request::write(Method::Get, |request| {
            request.url("https://acme.example/token");
            request.query("?code=").text(code.code());
            request.expect_id_token(&code, "id", &["https://acme.example"]);
        });
        assert_eq!(request.id_token(), "nonce\n?id\nhttps://acme.example");
        assert_eq!(request.url(), "https://acme.example/token?code=c");
        assert_eq!(request.body(), "");
    }
}
