//! [`RequestWriter`]: a request while a generated module writes it.
//!
//! The module's function runs twice: once to count the maximum length, and once to write. Text that is equal in each
//! request was encoded for its position when the module was generated.
//!
//! Counting first saves allocations: a request has one. By `tests/benchmarks/RESULTS.md`, an authorization URL with PKCE
//! has one, and 22 with `oauth2`. It also protects secrets: a string that grows leaves a copy in memory that is not
//! wiped, and this one never grows. The count is exact for plain text, and an upper bound for text that is encoded. The test
//! `a_request_is_one_allocation_that_never_grows` checks both. `write` must write the same text in both runs, so generated
//! modules pass it values that do not change.

#![expect(
    clippy::inline_always,
    reason = "generated code must compile to plain writes: a call for each write would cost more than the write"
)]

use crate::request::encode;
use crate::scope::name::ScopeName;

/// A request that is being written: URL, headers and body, in this order.
#[derive(Default)]
pub struct RequestWriter {
    /// The maximum length of the text. While it is counted, nothing is written.
    len: usize,
    counting: bool,
    text: String,
    body_start: usize,
    body_end: usize,
    /// Whether the first parameter of a query or a body was written, if all of them are optional.
    begun: bool,
}

/// A request that was written: its text, and the position of the body in it. The text after the body is not sent.
pub(crate) struct Written {
    pub(crate) text: String,
    pub(crate) body_start: usize,
    pub(crate) body_end: usize,
}

/// A parameter of a query or a form that is being written (RFC 6749 Appendix B).
pub struct FormValue<'d>(&'d mut RequestWriter);

/// A header that is being written.
pub struct HeaderValue<'d>(&'d mut RequestWriter);

/// A text between quotes in a JSON object that is being written (RFC 8259 §7).
pub struct JsonValue<'d>(&'d mut RequestWriter);

impl RequestWriter {
    /// Writes a request after the text `before`. `write` runs twice: once to count, and once to write.
    #[inline]
    pub(crate) fn write_after(before: &str, write: impl Fn(&mut RequestWriter)) -> Written {
        let mut draft = RequestWriter {
            counting: true,
            ..RequestWriter::default()
        };
        // `write` has one call site, so that the compiler inlines it.
        loop {
            write(&mut draft);
            if !draft.counting {
                return draft.ended();
            }
            draft = RequestWriter {
                text: String::with_capacity(before.len() + draft.len),
                ..RequestWriter::default()
            };
            draft.text.push_str(before);
        }
    }

    #[inline]
    fn ended(self) -> Written {
        let or = |end, place| if place == 0 { end } else { place };
        let body_end = or(self.text.len(), self.body_end);
        Written {
            body_start: or(body_end, self.body_start),
            body_end,
            text: self.text,
        }
    }

    /// Writes text of the URL as it is: text of the spec, or an input whose form was checked.
    #[inline(always)]
    pub fn url(&mut self, text: &str) -> &mut RequestWriter {
        self.raw(text);
        self
    }

    /// Writes one path segment of the URL, percent-encoded.
    pub fn segment(&mut self, text: &str) -> &mut RequestWriter {
        self.encoded(text, encode::MAX_FORM_GROWTH, encode::segment);
        self
    }

    /// Writes query text that is equal in each request: separators, names, constants.
    #[inline(always)]
    pub fn query(&mut self, text: &'static str) -> FormValue<'_> {
        self.form(text)
    }

    /// Writes form text that is equal in each request: separators, names, constants.
    #[inline(always)]
    pub fn form(&mut self, text: &'static str) -> FormValue<'_> {
        self.raw(text);
        FormValue(self)
    }

    /// Writes query text that is equal in each request, with the separator before it, in a query whose parameters are
    /// all optional.
    pub fn next_in_query(&mut self, text: &'static str) -> FormValue<'_> {
        self.lead("?", "&");
        self.form(text)
    }

    /// Writes form text that is equal in each request, with the separator before it, in a form whose parameters are all
    /// optional.
    pub fn next_in_form(&mut self, text: &'static str) -> FormValue<'_> {
        self.lead("", "&");
        self.form(text)
    }

    /// Writes a header's name and, if it is equal in each request, its value.
    #[inline(always)]
    pub fn header(&mut self, text: &'static str) -> HeaderValue<'_> {
        self.raw("\n");
        self.raw(text);
        HeaderValue(self)
    }

    /// Begins the body, which is a form.
    #[inline(always)]
    pub fn form_body(&mut self) {
        self.body("\ncontent-type: application/x-www-form-urlencoded");
    }

    /// Begins the body, which is a JSON object.
    #[inline(always)]
    pub fn json_body(&mut self) {
        self.body("\ncontent-type: application/json");
    }

    /// Writes JSON text that is equal in each request: braces, names, quotes, constants.
    #[inline(always)]
    pub fn json(&mut self, text: &'static str) -> JsonValue<'_> {
        self.raw(text);
        JsonValue(self)
    }

    /// Writes JSON text that is equal in each request, with the brace or comma before it, in an object whose members
    /// are all optional.
    pub fn next_in_json(&mut self, text: &'static str) -> JsonValue<'_> {
        self.lead("{", ",");
        self.json(text)
    }

    /// Ends an object whose members are all optional.
    pub fn end_json(&mut self) {
        self.raw(if self.begun { "}" } else { "{}" });
    }

    /// Writes the expected claims of the response's ID token after the body (OpenID Connect Core §3.1.3.7). They are
    /// not sent.
    ///
    /// The first line is the nonce. The second line is the client id after a mark: `!` if there must be an ID token,
    /// else `?`. The third line is the issuer, and is empty if the spec states none.
    #[inline(always)]
    pub(crate) fn expected_claims(
        &mut self,
        nonce: &str,
        is_required: bool,
        client_id: &str,
        issuer: &[&str],
    ) {
        self.body_end = self.text.len();
        self.raw(nonce);
        self.raw(match is_required {
            true => "\n!",
            false => "\n?",
        });
        self.raw(client_id);
        self.raw("\n");
        for piece in issuer {
            self.raw(piece);
        }
    }

    #[inline(always)]
    fn body(&mut self, content_type: &'static str) {
        self.raw(content_type);
        self.body_start = self.text.len();
        self.begun = false;
    }

    fn lead(&mut self, first: &'static str, separator: &'static str) {
        self.raw(if self.begun { separator } else { first });
        self.begun = true;
    }

    #[inline(always)]
    fn raw(&mut self, text: &str) {
        match self.counting {
            true => self.len += text.len(),
            false => self.text.push_str(text),
        }
    }

    /// Writes a text that is encoded, each byte as at most `most` bytes.
    #[inline(always)]
    fn encoded(&mut self, text: &str, most: usize, encode: fn(&mut String, &str)) {
        match self.counting {
            true => self.len += most * text.len(),
            false => encode(&mut self.text, text),
        }
    }

    #[inline(always)]
    fn scopes(
        &mut self,
        scopes: impl Iterator<Item = ScopeName>,
        separator: &'static str,
        say: impl Fn(&mut RequestWriter, ScopeName),
    ) {
        let mut between = "";
        for scope in scopes {
            self.raw(between);
            say(self, scope);
            between = separator;
        }
    }

    #[inline(always)]
    fn form_text(&mut self, text: &str) {
        self.encoded(text, encode::MAX_FORM_GROWTH, encode::form);
    }

    #[inline(always)]
    fn json_text(&mut self, text: &str) {
        self.encoded(text, encode::MAX_JSON_GROWTH, encode::json);
    }

    #[inline(always)]
    fn header_text(&mut self, text: &str) {
        self.encoded(text, 1, encode::header);
    }
}

impl FormValue<'_> {
    /// Writes text that is already form-encoded, or that form-encoding does not change.
    #[inline(always)]
    pub fn raw(self, text: &str) -> Self {
        self.0.raw(text);
        self
    }

    /// Writes text, form-encoded.
    #[inline(always)]
    pub fn text(self, text: &str) -> Self {
        self.0.form_text(text);
        self
    }

    /// Writes scopes with a separator, which must already be form-encoded.
    #[inline(always)]
    pub fn scopes(self, scopes: impl Iterator<Item = ScopeName>, separator: &'static str) {
        self.0
            .scopes(scopes, separator, |draft, scope| match scope.form() {
                Some(form) => draft.raw(form),
                None => draft.form_text(scope.as_str()),
            });
    }
}

impl HeaderValue<'_> {
    /// Writes text that is valid in a header: base64, or text of the spec.
    #[inline(always)]
    pub fn raw(self, text: &str) -> Self {
        self.0.raw(text);
        self
    }

    /// Writes text that may have any characters. The request fails before it is sent if a character is not valid in a
    /// header.
    #[inline(always)]
    pub fn text(self, text: &str) -> Self {
        self.0.header_text(text);
        self
    }

    /// Writes scopes with a separator.
    pub fn scopes(self, scopes: impl Iterator<Item = ScopeName>, separator: &'static str) {
        self.0.scopes(scopes, separator, |draft, scope| {
            draft.header_text(scope.as_str());
        });
    }
}

impl JsonValue<'_> {
    /// Writes text in which JSON requires no escape.
    #[inline(always)]
    pub fn raw(self, text: &str) -> Self {
        self.0.raw(text);
        self
    }

    /// Writes text, escaped for JSON.
    #[inline(always)]
    pub fn text(self, text: &str) -> Self {
        self.0.json_text(text);
        self
    }

    /// Writes scopes with a separator, which must already be escaped for JSON.
    pub fn scopes(self, scopes: impl Iterator<Item = ScopeName>, separator: &'static str) {
        self.0.scopes(scopes, separator, |draft, scope| {
            draft.json_text(scope.as_str());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use crate::request::method::Method;
    use crate::scope::all_scopes::AllScopes;

    fn request(say: impl Fn(&mut RequestWriter)) -> Request {
        Request::write(Method::Post, |request| {
            request
                .url("https://id.example/")
                .segment("a/b")
                .url("/token");
            say(request);
        })
    }

    #[test]
    fn a_form_is_written_value_by_value() {
        let request = request(|request| {
            request.query("?q=").text("1 2");
            request.header("accept: application/json");
            request.header("x: ").text("a").text("b");
            request.form_body();
            request
                .form("grant_type=authorization_code&code=")
                .text("a b&c\"");
            request.form("&state=").text("x").text("-").raw("y");
        });
        assert_eq!(request.url(), "https://id.example/a%2Fb/token?q=1+2");
        assert_eq!(
            request.body(),
            "grant_type=authorization_code&code=a+b%26c%22&state=x-y"
        );
        assert_eq!(
            request.headers().collect::<Vec<_>>(),
            [
                ("accept", "application/json"),
                ("x", "ab"),
                ("content-type", "application/x-www-form-urlencoded")
            ]
        );
    }

    #[test]
    fn a_json_object_is_written_text_by_text() {
        let request = request(|request| {
            request.json_body();
            request
                .json(r#"{"grant_type":"authorization_code","code":""#)
                .text("a b&c\"");
            request.json(r#"","state":""#).text("x").raw("-").text("y");
            request.json(r#"","expiring":1,"id":""#).raw("7");
            request.json("\"}");
        });
        assert_eq!(
            request.body(),
            r#"{"grant_type":"authorization_code","code":"a b&c\"","state":"x-y","expiring":1,"id":"7"}"#
        );
    }

    #[test]
    fn the_first_parameter_that_is_sent_has_no_separator() {
        let both = |one: Option<&'static str>, two: Option<&'static str>| {
            let written = request(|request| {
                if let Some(one) = one {
                    request.next_in_query("a=").text(one);
                }
                if let Some(two) = two {
                    request.next_in_query("b=").text(two);
                }
                request.json_body();
                if let Some(one) = one {
                    request.next_in_json(r#""a":""#).text(one);
                    request.json("\"");
                }
                if let Some(two) = two {
                    request.next_in_json(r#""b":""#).text(two);
                    request.json("\"");
                }
                request.end_json();
            });
            let query = written.url()["https://id.example/a%2Fb/token".len()..].to_owned();
            (query, written.body().to_owned())
        };
        let told = |query: &str, body: &str| (query.to_owned(), body.to_owned());
        assert_eq!(both(None, None), told("", "{}"));
        assert_eq!(both(None, Some("2")), told("?b=2", r#"{"b":"2"}"#));
        assert_eq!(
            both(Some("1"), Some("2")),
            told("?a=1&b=2", r#"{"a":"1","b":"2"}"#)
        );
        let form = request(|request| {
            request.form_body();
            request.next_in_form("a=1");
            request.next_in_form("b=").text("2");
        });
        assert_eq!(form.body(), "a=1&b=2");
    }

    #[test]
    fn a_request_is_one_allocation_that_never_grows() {
        let say = |text: &'static str| {
            move |request: &mut RequestWriter| {
                request.url("https://id.example").segment(text);
                request.query("?a=").text(text).raw("b");
                request.header("x: ").text(text);
                request.json_body();
                request.json(r#"{"a":""#).text(text);
                request.json("\"}");
            }
        };
        for text in ["plain", "a b/\"c\"\\é", "tab\tline\nnull\0"] {
            let counted = {
                let mut draft = RequestWriter {
                    counting: true,
                    ..RequestWriter::default()
                };
                say(text)(&mut draft);
                draft.len
            };
            let written = RequestWriter::write_after("before:", say(text));
            let written = written.text;
            assert!(written.len() <= counted + 7, "{text:?}");
            assert_eq!(written.capacity(), counted + 7, "{text:?}");
        }
    }

    #[test]
    fn a_line_break_begins_no_header() {
        let request = request(|request| {
            request.header("x: ").text("a\nauthorization: b");
        });
        assert_eq!(
            request.headers().collect::<Vec<_>>(),
            [("x", "a\u{7f}authorization: b")]
        );
    }

    #[test]
    fn texts_beyond_the_counted_ones_are_encoded_all_the_same() {
        for (text, sent) in [("1 2", "a=1+2"), ("12", "a=12")] {
            let request = request(|request| {
                request.form_body();
                for _ in 0..70 {
                    request.next_in_form("a=").text(text);
                }
            });
            assert_eq!(request.body().matches(sent).count(), 70);
        }
    }

    #[test]
    fn scopes_are_joined_once_each() {
        let name = ScopeName::unlisted;
        let asked: &[ScopeName] = &[name("read"), name("write:all")];
        let with = |always: &'static [ScopeName], further: &'static [ScopeName]| {
            let scopes = AllScopes {
                always,
                asked,
                further,
            };
            let request = request(|request| {
                request.form_body();
                request.form("scope=").scopes(scopes.each(), "+");
            });
            request.body().to_owned()
        };
        assert_eq!(with(&[], &[]), "scope=read+write%3Aall");
        assert_eq!(
            with(
                const {
                    &[
                        ScopeName::unlisted("openid"),
                        ScopeName::known("read", "read"),
                    ]
                },
                const {
                    &[
                        ScopeName::unlisted("write:all"),
                        ScopeName::unlisted("offline"),
                    ]
                },
            ),
            "scope=openid+read+write%3Aall+offline"
        );
    }
}
