//! [`Message`]: an HTTP request as a generated module writes it down; [`Request`]: the same, built.
//!
//! A message is rows of names and values that borrow from the caller. Building it is two passes over
//! the rows: one to learn the length, one to write, into a single allocation.

use std::fmt;

use zeroize::Zeroize;

use crate::scope_list::{ScopeList, each_scope};
use crate::scope_name::ScopeName;
use crate::{encode, json};

/// The HTTP method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }
}

/// A piece of a URL.
#[derive(Clone, Copy)]
pub enum Piece<'a> {
    /// Stands as it is: text from the spec, or an input whose form was checked.
    Raw(&'a str),
    /// One path segment, percent-encoded.
    Segment(&'a str),
}

/// The value of a parameter or a header.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Text, encoded for the place where it stands.
    Text(&'a str),
    /// Text of the spec, which was encoded for its place when the module was written.
    Constant(&'static str),
    /// Text that is encoded for its place already, or that no encoding changes.
    Encoded(&'a str),
    /// Text that may be absent: the row is then not sent.
    Maybe(Option<&'a str>),
    /// Several texts in a row, encoded as one.
    Joined(&'a [&'a str]),
    /// A whole number: unquoted in JSON.
    Number(i64),
    /// `true` or `false`: unquoted in JSON.
    Boolean(bool),
    /// Scopes, joined by the separator, each once: those that are always sent, those asked for, those
    /// that something else brings with it. Not sent when there are none.
    Scopes(
        &'static [ScopeName],
        &'a dyn ScopeList,
        &'static [ScopeName],
        &'static str,
    ),
    /// The same in a URL, with a separator that stands as it is: encoded for its place already.
    ScopesSeparatedAs(
        &'static [ScopeName],
        &'a dyn ScopeList,
        &'static [ScopeName],
        &'static str,
    ),
}

/// A parameter or a header. A parameter's name stands as it goes out: encoded for its place already.
pub type Row<'a> = (&'static str, Value<'a>);

/// How the parameters are written.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// No body.
    Empty,
    /// `application/x-www-form-urlencoded` (RFC 6749 Appendix B).
    Form(&'a [Row<'a>]),
    /// A JSON object (RFC 8259).
    Json(&'a [Row<'a>]),
}

/// An HTTP request as a generated module states it.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// The method.
    pub method: Method,
    /// The URL without its query.
    pub url: &'a [Piece<'a>],
    /// The query's parameters.
    pub query: &'a [Row<'a>],
    /// The headers but for `content-type`, which follows from the body. At most [`Request::HEADERS`].
    pub headers: &'a [Row<'a>],
    /// The body.
    pub body: Body<'a>,
}

/// A request that is ready to be sent. Its text is wiped when it is dropped.
///
/// `Debug` shows method, URL without query and the names of headers and parameters: no value.
pub struct Request {
    method: Method,
    /// URL, header values, body, one after the other.
    text: String,
    url_end: usize,
    headers: [(&'static str, usize); Request::HEADERS],
    header_count: usize,
    body_start: usize,
}

impl Request {
    /// As many headers as a request can have.
    pub const HEADERS: usize = 8;

    /// Writes the message into one allocation.
    pub fn build(message: &Message<'_>) -> Request {
        let mut text = String::with_capacity(message_len(message));
        write_url(&mut text, message.url, message.query);
        let url_end = text.len();
        let mut headers = [("", 0); Request::HEADERS];
        let mut header_count = 0;
        for &(name, value) in message.headers {
            if is_sent(value) && header_count < Request::HEADERS {
                write_value(&mut text, value, Place::Header);
                headers[header_count] = (name, text.len());
                header_count += 1;
            }
        }
        let (content_type, body_start) = match message.body {
            Body::Empty => ("", text.len()),
            Body::Form(_) => (FORM, text.len()),
            Body::Json(_) => (JSON, text.len()),
        };
        let body_start = if content_type.is_empty() || header_count == Request::HEADERS {
            body_start
        } else {
            text.push_str(content_type);
            headers[header_count] = ("content-type", text.len());
            header_count += 1;
            text.len()
        };
        match message.body {
            Body::Empty => {}
            Body::Form(rows) => write_form(&mut text, rows),
            Body::Json(rows) => write_json(&mut text, rows),
        }
        Request {
            method: message.method,
            text,
            url_end,
            headers,
            header_count,
            body_start,
        }
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The whole URL, query included: it may hold secrets.
    pub fn url(&self) -> &str {
        &self.text[..self.url_end]
    }

    /// The URL up to its query: scheme, host and path.
    pub fn endpoint(&self) -> &str {
        self.url().split('?').next().unwrap_or_default()
    }

    /// Names and values of the headers, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut start = self.url_end;
        self.headers[..self.header_count]
            .iter()
            .map(move |&(name, end)| {
                let value = &self.text[start..end];
                start = end;
                (name, value)
            })
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
            true => names.extend(json::names(body)),
            false => names.extend(form_names(body)),
        }
        names
    }

    /// The URL's text taken over, for a request that only a browser makes.
    pub(crate) fn into_url(mut self) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.truncate(self.url_end);
        text
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
        self.text.zeroize();
    }
}

fn form_names(form: &str) -> Vec<String> {
    form.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| encode::form_decode(pair.split('=').next().unwrap_or(pair)))
        .collect()
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Where a value stands, which decides how it is written.
#[derive(Clone, Copy)]
enum Place {
    /// In a header: as it is.
    Header,
    /// In a query or a form.
    Form,
    /// In a JSON string.
    Json,
}

impl Place {
    fn len(self, text: &str) -> usize {
        match self {
            Place::Header => text.len(),
            Place::Form => encode::form_len(text),
            Place::Json => encode::json_len(text),
        }
    }

    fn write(self, out: &mut String, text: &str) {
        match self {
            Place::Header => out.push_str(text),
            Place::Form => encode::form(out, text),
            Place::Json => encode::json(out, text),
        }
    }

    /// A separator as it goes out, for those that nearly all providers have.
    fn separator(self, separator: &'static str) -> Option<&'static str> {
        match (self, separator) {
            (Place::Header, any) => Some(any),
            (Place::Form, " ") => Some("+"),
            (Place::Form, ",") => Some("%2C"),
            (Place::Json, " " | ",") => Some(separator),
            _ => None,
        }
    }

    /// The text of a scope that goes out as it stands, where the compiler wrote it for this place.
    fn known(self, scope: ScopeName) -> Option<&'static str> {
        match self {
            Place::Form => scope.form(),
            Place::Header | Place::Json => None,
        }
    }
}

fn message_len(message: &Message<'_>) -> usize {
    let url: usize = message
        .url
        .iter()
        .map(|piece| match piece {
            Piece::Raw(text) => text.len(),
            Piece::Segment(text) => encode::segment_len(text),
        })
        .sum();
    let headers: usize = message
        .headers
        .iter()
        .map(|&(_, value)| value_len(value, Place::Header))
        .sum();
    let body = match message.body {
        Body::Empty => 0,
        Body::Form(rows) => FORM.len() + rows_len(rows, Place::Form, 2),
        Body::Json(rows) => JSON.len() + 2 + rows_len(rows, Place::Json, 6),
    };
    url + rows_len(message.query, Place::Form, 2) + headers + body
}

/// `overhead`: what stands around name and value of one row, at most.
fn rows_len(rows: &[Row<'_>], place: Place, overhead: usize) -> usize {
    rows.iter()
        .map(|&(name, value)| name.len() + value_len(value, place) + overhead)
        .sum()
}

fn value_len(value: Value<'_>, place: Place) -> usize {
    match value {
        Value::Text(text) | Value::Maybe(Some(text)) => place.len(text),
        Value::Constant(text) | Value::Encoded(text) => text.len(),
        Value::Maybe(None) => 0,
        Value::Joined(texts) => texts.iter().map(|text| place.len(text)).sum(),
        Value::Number(_) => 20,
        Value::Boolean(_) => 5,
        Value::Scopes(always, asked, further, separator)
        | Value::ScopesSeparatedAs(always, asked, further, separator) => {
            let mut total = 0;
            let between = match place.separator(separator) {
                Some(known) => known.len(),
                None => place.len(separator),
            };
            each_scope(always, asked, further, &mut |scope| {
                let own = place.known(scope);
                total += own.map_or_else(|| place.len(scope.as_str()), str::len);
                total += between;
            });
            total
        }
    }
}

/// Whether a row goes out at all.
fn is_sent(value: Value<'_>) -> bool {
    match value {
        Value::Maybe(text) => text.is_some(),
        Value::Scopes(always, asked, further, _)
        | Value::ScopesSeparatedAs(always, asked, further, _) => {
            !(always.is_empty() && further.is_empty() && asked.is_empty())
        }
        _ => true,
    }
}

fn write_value(out: &mut String, value: Value<'_>, place: Place) {
    match value {
        Value::Constant(text) | Value::Encoded(text) => out.push_str(text),
        Value::Text(text) | Value::Maybe(Some(text)) => place.write(out, text),
        Value::Maybe(None) => {}
        Value::Joined(texts) => texts.iter().for_each(|text| place.write(out, text)),
        Value::Number(number) => {
            // Writing to memory cannot fail.
            let _ = fmt::Write::write_fmt(out, format_args!("{number}"));
        }
        Value::Boolean(true) => out.push_str("true"),
        Value::Boolean(false) => out.push_str("false"),
        Value::Scopes(always, asked, further, separator)
        | Value::ScopesSeparatedAs(always, asked, further, separator) => {
            let as_it_is = matches!(value, Value::ScopesSeparatedAs(..));
            let between = if as_it_is { Place::Header } else { place };
            let known = between.separator(separator);
            let mut first = true;
            each_scope(always, asked, further, &mut |scope| {
                if !std::mem::take(&mut first) {
                    match known {
                        Some(known) => out.push_str(known),
                        None => between.write(out, separator),
                    }
                }
                match place.known(scope) {
                    Some(text) => out.push_str(text),
                    None => place.write(out, scope.as_str()),
                }
            });
        }
    }
}

fn write_url(out: &mut String, pieces: &[Piece<'_>], query: &[Row<'_>]) {
    for piece in pieces {
        match piece {
            Piece::Raw(text) => out.push_str(text),
            Piece::Segment(text) => encode::segment(out, text),
        }
    }
    let mut separator = '?';
    for &(name, value) in query.iter().filter(|(_, value)| is_sent(*value)) {
        out.push(separator);
        write_pair(out, name, value);
        separator = '&';
    }
}

fn write_form(out: &mut String, rows: &[Row<'_>]) {
    let mut first = true;
    for &(name, value) in rows.iter().filter(|(_, value)| is_sent(*value)) {
        if !std::mem::take(&mut first) {
            out.push('&');
        }
        write_pair(out, name, value);
    }
}

fn write_pair(out: &mut String, name: &str, value: Value<'_>) {
    out.push_str(name);
    out.push('=');
    write_value(out, value, Place::Form);
}

fn write_json(out: &mut String, rows: &[Row<'_>]) {
    out.push('{');
    let mut first = true;
    for &(name, value) in rows.iter().filter(|(_, value)| is_sent(*value)) {
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        out.push('"');
        out.push_str(name);
        out.push_str("\":");
        let quote = !matches!(value, Value::Number(_) | Value::Boolean(_));
        if quote {
            out.push('"');
        }
        write_value(out, value, Place::Json);
        if quote {
            out.push('"');
        }
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &[Row<'static>] = &[
        ("grant_type", Value::Text("authorization_code")),
        ("code", Value::Text("a b&c\"")),
        ("absent", Value::Maybe(None)),
        ("state", Value::Joined(&["x", "-", "y"])),
        ("expiring", Value::Number(1)),
        ("flag", Value::Boolean(true)),
    ];

    fn message(body: Body<'static>) -> Message<'static> {
        Message {
            method: Method::Post,
            url: &[
                Piece::Raw("https://id.example/"),
                Piece::Segment("a/b"),
                Piece::Raw("/token"),
            ],
            query: &[("q", Value::Text("1 2"))],
            headers: &[
                ("accept", Value::Text("application/json")),
                ("x-none", Value::Maybe(None)),
            ],
            body,
        }
    }

    #[test]
    fn a_form_is_written_row_by_row() {
        let request = Request::build(&message(Body::Form(ROWS)));
        assert_eq!(request.url(), "https://id.example/a%2Fb/token?q=1+2");
        assert_eq!(
            request.body(),
            "grant_type=authorization_code&code=a+b%26c%22&state=x-y&expiring=1&flag=true"
        );
        assert_eq!(
            request.headers().collect::<Vec<_>>(),
            [("accept", "application/json"), ("content-type", FORM)]
        );
    }

    #[test]
    fn json_keeps_the_type_of_numbers_and_booleans() {
        let request = Request::build(&message(Body::Json(ROWS)));
        assert_eq!(
            request.body(),
            r#"{"grant_type":"authorization_code","code":"a b&c\"","state":"x-y","expiring":1,"flag":true}"#
        );
    }

    #[test]
    fn a_request_is_one_allocation_that_never_grows() {
        for body in [Body::Empty, Body::Form(ROWS), Body::Json(ROWS)] {
            let message = message(body);
            let request = Request::build(&message);
            assert!(request.text.capacity() >= request.text.len());
            assert_eq!(request.text.capacity(), message_len(&message));
        }
    }

    #[test]
    fn scopes_are_joined_once_each_and_left_out_when_there_are_none() {
        let name = ScopeName::unlisted;
        let asked: &[ScopeName] = &[name("read"), name("write")];
        let none: &[ScopeName] = &[];
        let with = |always, list: &dyn ScopeList, further| {
            let rows: &[Row<'_>] = &[("scope", Value::Scopes(always, list, further, " "))];
            let mut out = String::new();
            write_form(&mut out, rows);
            out
        };
        assert_eq!(
            with(
                const {
                    &[
                        ScopeName::unlisted("openid"),
                        ScopeName::known("read", "read"),
                    ]
                },
                &asked,
                const { &[ScopeName::unlisted("write"), ScopeName::unlisted("offline")] },
            ),
            "scope=openid+read+write+offline"
        );
        assert_eq!(
            with(
                const { &[ScopeName::unlisted("openid")] },
                &none,
                const { &[ScopeName::unlisted("openid")] },
            ),
            "scope=openid"
        );
        assert_eq!(with(&[], &none, &[]), "");
    }

    #[test]
    fn debug_shows_names_and_no_value() {
        let request = Request::build(&message(Body::Form(&[("code", Value::Text("hush"))])));
        let shown = format!("{request:?}");
        assert!(
            shown.contains("\"code\"") && shown.contains("\"q\""),
            "{shown}"
        );
        assert!(!shown.contains("hush") && !shown.contains("1+2"), "{shown}");
    }
}
