//! [`Access`]: what a request to an API carries, and the URLs that it may go to.

use std::fmt;

use http::request::Parts;

use crate::request::encode;
use crate::secret::Secret;
use crate::token::bearer::is_within_any;

/// The token, headers and query parameters that a request to an API carries. They are added only if the request's URL lies
/// within the API's base URL.
pub struct Access {
    base: String,
    further_bases: Vec<String>,
    credentials: Vec<(&'static str, Secret)>,
    headers: Vec<(&'static str, String)>,
    parameters: Vec<(&'static str, Secret)>,
}

/// The reason why a request cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The URL lies outside the API's base URL, so it must not receive the token.
    Elsewhere,
    /// The header of this name cannot carry its value.
    Header(&'static str),
    /// The URL with its parameters is not valid.
    Url,
}

impl Access {
    /// Creates an `Access` for the API whose base URL is the concatenation of these pieces.
    pub fn within(base: &[&str]) -> Access {
        Access {
            base: base.concat(),
            further_bases: Vec::new(),
            credentials: Vec::new(),
            headers: Vec::new(),
            parameters: Vec::new(),
        }
    }

    /// Adds a base URL. A request with an absolute URL may go there, too.
    pub fn or_within(mut self, base: &[&str]) -> Access {
        self.further_bases.push(base.concat());
        self
    }

    /// Adds a header that carries the token. It replaces a header of the same name in the request.
    pub fn credential(mut self, name: &'static str, pieces: &[&str]) -> Access {
        self.credentials.push((name, Secret::new(pieces.concat())));
        self
    }

    /// Adds a header that every request needs. A header of the same name in the request takes precedence.
    pub fn header(mut self, name: &'static str, pieces: &[&str]) -> Access {
        self.headers.push((name, pieces.concat()));
        self
    }

    /// Adds a query parameter.
    pub fn parameter(mut self, name: &'static str, pieces: &[&str]) -> Access {
        self.parameters.push((name, Secret::new(pieces.concat())));
        self
    }

    /// Adds the token, headers and parameters to a request. The request's URL is a path relative to the API's first base
    /// URL, or an absolute URL within one of them.
    ///
    /// # Errors
    ///
    /// The URL lies outside the base URLs or is not valid, or a header cannot carry its value.
    pub fn enter(&self, parts: &mut Parts) -> Result<(), AccessError> {
        let mut url = match (parts.uri.authority(), parts.uri.path_and_query()) {
            (None, Some(path)) => self.url_of(path.as_str()),
            _ => parts.uri.to_string(),
        };
        let mut bases = std::iter::once(&self.base).chain(&self.further_bases);
        if !bases.any(|base| is_within_any(&[base], &url)) {
            return Err(AccessError::Elsewhere);
        }
        for (name, value) in &self.parameters {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(&encode::form_encode(value.expose()));
        }
        parts.uri = http::Uri::try_from(url).map_err(|_| AccessError::Url)?;
        for (name, value) in &self.headers {
            if !parts.headers.contains_key(*name) {
                let value = http::HeaderValue::from_str(value);
                let value = value.map_err(|_| AccessError::Header(name))?;
                parts.headers.insert(*name, value);
            }
        }
        for (name, value) in &self.credentials {
            let value = http::HeaderValue::from_str(value.expose());
            let mut value = value.map_err(|_| AccessError::Header(name))?;
            value.set_sensitive(true);
            parts.headers.insert(*name, value);
        }
        Ok(())
    }

    /// Appends a path to the base URL.
    fn url_of(&self, path: &str) -> String {
        let base = self.base.trim_end_matches('/');
        match path.starts_with('/') {
            true => [base, path].concat(),
            false => [base, "/", path].concat(),
        }
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccessError::Elsewhere => formatter.write_str(
                "the URL is not under the API's base URL; the token is sent only to URLs under it",
            ),
            AccessError::Header(name) => write!(
                formatter,
                "the value of header `{name}` has a character that headers cannot contain"
            ),
            AccessError::Url => formatter.write_str("the URL is invalid"),
        }
    }
}

impl std::error::Error for AccessError {}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Access").field(&self.base).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> Access {
        Access::within(&["https://api.acme.example/", "v2"])
            .credential("authorization", &["Bearer ", "at"])
            .header("acme-version", &["7"])
    }

    fn entered(access: &Access, request: http::request::Builder) -> Result<Parts, AccessError> {
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        access.enter(&mut parts).map(|()| parts)
    }

    #[test]
    fn a_path_goes_on_behind_the_base() {
        let parts = entered(&access(), http::Request::get("/me?x=1")).unwrap();
        assert_eq!(parts.uri, "https://api.acme.example/v2/me?x=1");
        assert_eq!(parts.headers["authorization"], "Bearer at");
        assert!(parts.headers["authorization"].is_sensitive());
        assert_eq!(parts.headers["acme-version"], "7");
    }

    #[test]
    fn a_header_of_the_call_stays_and_a_credential_does_not() {
        let request = http::Request::get("/me")
            .header("acme-version", "8")
            .header("authorization", "Bearer stolen");
        let parts = entered(&access(), request).unwrap();
        assert_eq!(parts.headers["acme-version"], "8");
        assert_eq!(parts.headers["authorization"], "Bearer at");
    }

    #[test]
    fn parameters_join_the_query() {
        let access = access().parameter("proof", &["a b&c"]);
        let parts = entered(&access, http::Request::get("/me")).unwrap();
        assert_eq!(parts.uri, "https://api.acme.example/v2/me?proof=a+b%26c");
        let parts = entered(&access, http::Request::get("/me?x=1")).unwrap();
        assert_eq!(
            parts.uri,
            "https://api.acme.example/v2/me?x=1&proof=a+b%26c"
        );
    }

    #[test]
    fn nothing_goes_elsewhere() {
        for url in [
            "https://api.acme.example/v2x/me",
            "https://evil.example/v2/me",
            "/../admin",
            "/%2e%2e/admin",
            "/..;/admin",
            "/..%2fadmin",
            "/%252e%252e/admin",
        ] {
            let entered = entered(&access(), http::Request::get(url));
            assert_eq!(entered.err(), Some(AccessError::Elsewhere), "{url}");
        }
    }

    #[test]
    fn an_absolute_url_is_within_any_base() {
        let access = access().or_within(&["https://content.acme.example/v2"]);
        let parts = entered(
            &access,
            http::Request::get("https://content.acme.example/v2/files"),
        );
        assert_eq!(parts.unwrap().headers["authorization"], "Bearer at");
        for url in [
            "https://content.acme.example/v3/files",
            "https://evil.example/v2",
        ] {
            let entered = entered(&access, http::Request::get(url));
            assert_eq!(entered.err(), Some(AccessError::Elsewhere), "{url}");
        }
        let parts = entered(&access, http::Request::get("/files")).unwrap();
        assert_eq!(parts.uri, "https://api.acme.example/v2/files");
    }

    #[test]
    fn what_looks_like_another_host_is_a_path() {
        let parts = entered(&access(), http::Request::get("//evil.example/me")).unwrap();
        assert_eq!(parts.uri, "https://api.acme.example/v2//evil.example/me");
    }
}
