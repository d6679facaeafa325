//! Error codes in a `WWW-Authenticate` header (RFC 6750 §3, RFC 9110 §11.6.1).

use crate::response::parse_error::ErrorResponse;

/// The parameters of a challenge that concern a token: the first value of each name, in any scheme.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) error: String,
    pub(crate) error_description: String,
    pub(crate) scopes: Vec<String>,
}

impl Challenge {
    pub(crate) fn of(headers: &http::HeaderMap) -> Challenge {
        let mut challenge = Challenge::default();
        for value in headers.get_all(http::header::WWW_AUTHENTICATE) {
            let text = value.to_str().unwrap_or_default();
            for (name, value) in Parameters(text) {
                challenge.add(name, value);
            }
        }
        challenge
    }

    fn add(&mut self, name: &str, value: String) {
        match name.to_ascii_lowercase().as_str() {
            "error" if self.error.is_empty() => self.error = value,
            "error_description" if self.error_description.is_empty() => {
                self.error_description = value;
            }
            "scope" if self.scopes.is_empty() => self.scopes = names(&value),
            _ => {}
        }
    }

    /// Returns the error response, with the challenge's code and description if the body has no code.
    #[cold]
    pub(crate) fn complete(&self, refusal: ErrorResponse) -> ErrorResponse {
        if refusal.code().is_some() || self.error.is_empty() {
            return refusal;
        }
        let said = refusal.description().unwrap_or(&self.error_description);
        ErrorResponse::of(&self.error, said)
    }
}

/// Splits a text into names at spaces and commas.
pub(crate) fn names(text: &str) -> Vec<String> {
    let names = text.split([',', ' ']).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// An iterator over the `name=value` pairs of a header. It skips the names of schemes.
struct Parameters<'h>(&'h str);

impl<'h> Iterator for Parameters<'h> {
    type Item = (&'h str, String);

    fn next(&mut self) -> Option<(&'h str, String)> {
        loop {
            let rest = self.0.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                self.0 = rest;
                return None;
            }
            let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
            let (name, behind) = rest.split_at(end);
            let Some(value) = behind.trim_start_matches([' ', '\t']).strip_prefix('=') else {
                // A name without a value is the name of a scheme.
                self.0 = behind;
                continue;
            };
            let (value, behind) = value_of(value.trim_start_matches([' ', '\t']));
            self.0 = behind;
            return Some((name, value));
        }
    }
}

/// Returns the value at the beginning of a text, quoted or bare, and the text after it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, behind) = text.split_at(end);
        return (value.to_owned(), behind);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn challenge(values: &[&str]) -> Challenge {
        let mut headers = http::HeaderMap::new();
        for value in values {
            let value = http::HeaderValue::from_str(value).unwrap();
            headers.append(http::header::WWW_AUTHENTICATE, value);
        }
        Challenge::of(&headers)
    }

    #[test]
    fn a_challenge_is_read_in_every_form_that_a_header_may_have() {
        for values in [
            &[r#"Bearer error="invalid_token""#] as &[_],
            &["Bearer error=invalid_token"],
            &[r#"bearer realm="a, error=\"no\"", ERROR = "invalid_token", scope="""#],
            &[r#"Basic realm="x""#, r#"Bearer error="invalid_token""#],
            &[r#"Negotiate YWJj==, Bearer realm="x",error="invalid_token""#],
            &[r#"Bearer error="invalid_token"#],
        ] {
            assert_eq!(challenge(values).error, "invalid_token", "{values:?}");
        }
        assert_eq!(challenge(&[r#"Basic realm="error""#]).error, "");
    }

    #[test]
    fn a_challenge_completes_a_refusal_without_a_code_alone() {
        let own = challenge(&[r#"Bearer error="invalid_token", error_description="it ended""#]);
        let completed = own.complete(ErrorResponse::default());
        assert_eq!(completed.code(), Some("invalid_token"));
        assert_eq!(completed.description(), Some("it ended"));
        let stated = ErrorResponse::of("other", "");
        assert_eq!(own.complete(stated.clone()), stated);
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(value in "[ -~]{0,20}", before in "[ -~&&[^\"\\\\]]{0,12}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let own = challenge(&[&format!("Bearer realm=\"{before}\", error=\"{quoted}\"")]);
            prop_assert_eq!(own.error, value);
        }

        #[test]
        fn any_header_is_read_without_a_panic(text in "[ -~]{0,60}") {
            let _ = challenge(&[&text]);
        }
    }
}
