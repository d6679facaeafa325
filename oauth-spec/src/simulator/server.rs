//! The simulator behind a socket. It serves a provider's URL `https://host/path` at `/host/path`.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;

use super::faults::{Lost, Slowly};
use super::{Simulator, answers};

/// The maximum length of a request body, in bytes. OAuth requests have a few kilobytes.
const MAX_BODY: usize = 1024 * 1024;

/// A server for a simulator, which stops when it is dropped.
///
/// On a loopback address it accepts only requests whose `Host` is an IP address, `localhost`, or a name under `.localhost`
/// or `.internal`. This prevents DNS rebinding: a web page whose name was rebound to loopback cannot read responses.
/// A request body may have at most 1 MiB.
///
/// ```
/// use oauth_spec::simulator::Simulator;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let simulator = Simulator::start(["notion"]).unwrap();
/// let server = simulator.serve("127.0.0.1:0").await.unwrap();
/// let token_endpoint = server.mounted("https://api.notion.com/v1/oauth/token");
/// assert_eq!(token_endpoint, format!("{}/api.notion.com/v1/oauth/token", server.url()));
/// # });
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

type Request = http::Request<Vec<u8>>;
type Answer = http::Response<Vec<u8>>;
type Tell = dyn Fn(&Request, &Result<Answer, Lost>) + Send + Sync;
type Written = http::Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The error that closes a connection without a response.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a fault that a test requested")
    }
}

impl std::error::Error for Broken {}

impl Simulator {
    /// Serves the simulator at an address. Port 0 selects a free port. It requires a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot listen at the address.
    pub async fn serve(&self, address: impl ToSocketAddrs) -> io::Result<Server> {
        self.serve_and_tell(address, |_, _| {}).await
    }

    /// Serves the simulator at an address, and calls `tell` with each request and its result.
    ///
    /// Port 0 selects a free port. It requires a tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot listen at the address.
    pub async fn serve_and_tell(
        &self,
        address: impl ToSocketAddrs,
        tell: impl Fn(&Request, &Result<Answer, Lost>) + Send + Sync + 'static,
    ) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let front = Front {
            simulator: self.clone(),
            tell: Arc::new(tell),
            is_on_loopback: address.ip().is_loopback(),
        };
        let accepting = tokio::spawn(accept(listener, front));
        Ok(Server { address, accepting })
    }
}

impl Server {
    /// Returns the URL of the server, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the server's URL for a provider's URL.
    pub fn mounted(&self, url: &str) -> String {
        let path = url.split_once("://").map_or(url, |(_, path)| path);
        format!("{}/{path}", self.url())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The state that all connections share.
#[derive(Clone)]
struct Front {
    simulator: Simulator,
    tell: Arc<Tell>,
    is_on_loopback: bool,
}

async fn accept(listener: TcpListener, front: Front) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // The limit of open connections is reached. One of them ends soon.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let front = front.clone();
        let service = service_fn(move |request| {
            let front = front.clone();
            async move { one(&front, request).await }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn one(front: &Front, request: http::Request<Incoming>) -> Result<Written, Broken> {
    let (mut parts, body) = request.into_parts();
    if front.is_on_loopback && !is_private(&parts.headers) {
        let words = "the Host header must be an IP address, localhost, or a name under .localhost or .internal";
        return Ok(written(answers::plain(421, words)));
    }
    let Some(uri) = unmounted(&parts.uri) else {
        let words = "the path must be /host/path, for a provider's URL https://host/path";
        return Ok(written(answers::plain(404, words)));
    };
    parts.uri = uri;
    parts.headers.remove(http::header::HOST);
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<LengthLimitError>() => {
            let words = format!("a request body may have at most {MAX_BODY} bytes");
            return Ok(written(answers::plain(413, &words)));
        }
        Err(_) => return Err(Broken),
    };
    let request = Request::from_parts(parts, body);
    let carried = front.simulator.carry(&request);
    (front.tell)(&request, &carried);
    match carried {
        Ok(answer) => Ok(written(answer)),
        Err(Lost { silent: true, .. }) => std::future::pending().await,
        Err(Lost { silent: false, .. }) => Err(Broken),
    }
}

/// Returns whether a stranger cannot have registered the name in `Host`.
///
/// This is true for an IP address, `localhost`, a name that is reserved for private networks, and an absent header, as in
/// HTTP/1.0. A browser sends the name of the site whose script it runs.
fn is_private(headers: &http::HeaderMap) -> bool {
    let Some(stated) = headers.get(http::header::HOST) else {
        return true;
    };
    let stated = stated.to_str().ok();
    let Some(authority) = stated.and_then(|own| own.parse::<http::uri::Authority>().ok()) else {
        return false;
    };
    let host = authority.host().to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let reserved = [".localhost", ".internal"];
    host == "localhost"
        || address.parse::<IpAddr>().is_ok()
        || reserved.iter().any(|suffix| host.ends_with(suffix))
}

/// Returns the provider's URL for a URL of the server. Specs allow `http` only on loopback.
fn unmounted(uri: &http::Uri) -> Option<http::Uri> {
    let mounted = uri.path_and_query()?.as_str().strip_prefix('/')?;
    let host = mounted.split(['/', '?', ':']).next()?;
    let is_loopback = matches!(host, "127.0.0.1" | "localhost" | "[");
    let scheme = if is_loopback { "http" } else { "https" };
    format!("{scheme}://{mounted}").parse().ok()
}

fn written(answer: Answer) -> Written {
    let slowly = answer.extensions().get::<Slowly>().copied();
    let (parts, body) = answer.into_parts();
    let promised = parts.headers.get(http::header::CONTENT_LENGTH);
    let promised = promised.and_then(|length| length.to_str().ok()?.parse().ok());
    let is_short = promised.is_some_and(|length: usize| length > body.len());
    let body = if slowly.is_some() || is_short {
        let (sender, channel) = Channel::new(1);
        let time = slowly.map_or(Duration::ZERO, |Slowly(time)| time);
        tokio::spawn(trickle(sender, body, time));
        channel.boxed_unsync()
    } else {
        Full::new(Bytes::from(body)).boxed_unsync()
    };
    http::Response::from_parts(parts, body)
}

/// The number of pieces of a slow body.
const PIECES: u32 = 20;

/// Sends a body piece by piece, until the receiver is gone. A body that is shorter than its `Content-Length` breaks the
/// connection.
async fn trickle(mut sender: Sender<Bytes>, body: Vec<u8>, time: Duration) {
    let length = body.len().div_ceil(PIECES as usize).max(1);
    for piece in body.chunks(length) {
        tokio::time::sleep(time / PIECES).await;
        if sender
            .send_data(Bytes::copy_from_slice(piece))
            .await
            .is_err()
        {
            return;
        }
    }
}
