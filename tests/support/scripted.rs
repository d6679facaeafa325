//! A provider that responds from a script, and records the requests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use oauth_runtime::lifecycle::store::Store;
use oauth_runtime::lifecycle::{Manager, SealingKeys};
use oauth_runtime::{Http, SealingKey, http::TransportError, provider::StoredToken};

pub(crate) type Response = http::Response<Vec<u8>>;

/// A scripted provider. Without a scripted response it is down.
#[derive(Default)]
pub(crate) struct Scripted {
    responses: Mutex<VecDeque<Response>>,
    received: Mutex<Vec<String>>,
}

impl Scripted {
    pub(crate) fn new() -> Arc<Scripted> {
        Arc::default()
    }

    /// Adds the next response.
    pub(crate) fn then(&self, response: Response) {
        self.responses.lock().unwrap().push_back(response);
    }

    /// Returns the URL, the headers and the body of each request.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn http(self: &Arc<Self>) -> Http {
        let own = self.clone();
        Http::over(move |request: http::Request<Vec<u8>>| {
            let body = String::from_utf8_lossy(request.body());
            let (uri, headers) = (request.uri(), request.headers());
            let whole = format!("{uri} {} {body}", shown(headers));
            own.received.lock().unwrap().push(whole);
            let response = own.responses.lock().unwrap().pop_front();
            let response = response.unwrap_or_else(|| answer(503, ""));
            async move { Ok::<_, TransportError>(response) }
        })
    }

    pub(crate) fn manager(self: &Arc<Self>, store: impl Store + 'static) -> Manager {
        Manager::new(store, self.http(), keys())
    }
}

/// Returns the sealing keys of every manager here.
pub(crate) fn keys() -> SealingKeys {
    SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]))
}

/// Returns all headers as text, including secrets.
fn shown(headers: &http::HeaderMap) -> String {
    let one = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))
    };
    headers.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Returns a response with a JSON body.
pub(crate) fn answer(status: u16, body: impl AsRef<[u8]>) -> Response {
    let response = http::Response::builder().status(status);
    let response = response.header("content-type", "application/json");
    response.body(body.as_ref().to_vec()).unwrap()
}

/// Returns the access token as text.
pub(crate) fn text<T: StoredToken>(token: &T) -> String {
    token.stored().access_token().expose().to_owned()
}

/// Returns the current time.
pub(crate) fn now() -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::UNIX_EPOCH.elapsed().unwrap_or_default()
}
