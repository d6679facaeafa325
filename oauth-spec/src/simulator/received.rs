//! A request as a provider receives it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The fragment of the URL that a browser opens. The provider's page reads it by script.
#[derive(Clone)]
pub(super) struct Fragment(pub(super) String);

/// The parts of a request.
pub(super) struct Received {
    pub(super) method: String,
    /// The URL without its query.
    pub(super) url: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Content,
}

/// The body, parsed by its media type.
pub(super) enum Content {
    Empty,
    Form(Vec<(String, String)>),
    Json(Vec<(String, Value)>),
    Other,
}

impl Received {
    pub(super) fn of(request: &http::Request<Vec<u8>>) -> Received {
        let mut uri = request.uri().to_string();
        if let Some(Fragment(fragment)) = request.extensions().get() {
            uri = format!("{uri}#{fragment}");
        }
        let (url, query) = uri.split_once('?').unwrap_or((&uri, ""));
        Received {
            method: request.method().to_string(),
            url: url.to_owned(),
            query: form(query.as_bytes()),
            headers: request.headers().clone(),
            body: content(request),
        }
    }

    /// Returns every text that may identify a client or a grant: the values in query, body and headers.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        let in_body: Vec<String> = match &self.body {
            Content::Form(pairs) => pairs.iter().map(|(_, value)| value.clone()).collect(),
            Content::Json(members) => members.iter().map(|(_, value)| text(value)).collect(),
            Content::Empty | Content::Other => Vec::new(),
        };
        let in_headers = self.headers.values().filter_map(|value| {
            let value = value.to_str().ok()?;
            let held = value.split_once(' ').map_or(value, |(_, held)| held);
            let basic = STANDARD.decode(held).ok();
            let basic = basic.and_then(|pair| String::from_utf8(pair).ok());
            let id = basic.and_then(|pair| Some(pair.split_once(':')?.0.to_owned()));
            Some(id.unwrap_or_else(|| held.to_owned()))
        });
        let in_query = self.query.iter().map(|(_, value)| value.clone());
        in_query.chain(in_body).chain(in_headers)
    }

    /// Returns a header's value, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Returns a JSON value as a form contains it.
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn form(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

fn content(request: &http::Request<Vec<u8>>) -> Content {
    let body = request.body();
    if body.is_empty() {
        return Content::Empty;
    }
    let media_type = request.headers().get(http::header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Content::Form(form(body)),
        "application/json" => match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Content::Json(members.into_iter().collect()),
            _ => Content::Other,
        },
        _ => Content::Other,
    }
}
