//! A simulator behind a socket: requests of a [`Trial`](super::trial::Trial) go through a real HTTP client and server.

use std::sync::LazyLock;

use oauth_spec::simulator::{Server, Simulator};
use tokio::runtime::Runtime;

use super::trial::Request;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
});

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(reqwest::redirect::Policy::none());
    client.build().unwrap()
});

/// A server on this machine that serves one simulator.
pub(crate) struct Wire(Server);

impl Wire {
    pub(crate) fn of(simulator: &Simulator) -> Wire {
        Wire(RUNTIME.block_on(simulator.serve("127.0.0.1:0")).unwrap())
    }

    pub(crate) fn send(&self, request: &Request) -> http::Response<Vec<u8>> {
        let url = self.0.mounted(&request.uri().to_string());
        let sent = CLIENT
            .request(request.method().clone(), url)
            .headers(request.headers().clone())
            .body(request.body().clone());
        RUNTIME.block_on(async {
            let answer = sent.send().await.unwrap();
            let mut response = http::Response::new(Vec::new());
            *response.status_mut() = answer.status();
            *response.headers_mut() = answer.headers().clone();
            *response.body_mut() = answer.bytes().await.unwrap().to_vec();
            response
        })
    }

    /// Returns the callback to which an authorization request leads: that of a redirect, or of a form that a page submits.
    pub(crate) fn browse(&self, url: &str) -> Result<String, String> {
        let answer = RUNTIME.block_on(async {
            let answer = CLIENT.get(self.0.mounted(url)).send().await.unwrap();
            let location = answer.headers().get("location").cloned();
            (location, answer.text().await.unwrap())
        });
        let (location, page) = answer;
        match location {
            Some(location) => Ok(location.to_str().unwrap().to_owned()),
            None => posted(&page).ok_or(page),
        }
    }
}

/// Returns the parameters that a page posts, as a query.
fn posted(page: &str) -> Option<String> {
    let (_, inputs) = page.split_once("<form method=\"post\"")?;
    let attribute = |input: &str, name: &str| {
        let (_, value) = input.split_once(&format!("{name}=\""))?;
        let (value, _) = value.split_once('"')?;
        let value = value.replace("&lt;", "<").replace("&quot;", "\"");
        Some(value.replace("&amp;", "&"))
    };
    let mut url = reqwest::Url::parse("https://client.example.com/cb").unwrap();
    for input in inputs.split("<input ").skip(1) {
        let (name, value) = (attribute(input, "name")?, attribute(input, "value")?);
        url.query_pairs_mut().append_pair(&name, &value);
    }
    Some(url.into())
}
