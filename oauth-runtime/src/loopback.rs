//! [`Loopback`]: the callback of a tool that has no web server of its own (RFC 8252).

use std::convert::Infallible;
use std::future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::begun_login::BegunLogin;

/// Listens on this machine's loopback address for one callback. Bind it first: its port is part of the redirect URI.
///
/// ```no_run
/// # use oauth_runtime::{BegunLogin, Loopback};
/// # async fn example<L: BegunLogin>(begin: impl Fn(&str) -> L) -> Result<(), Box<dyn std::error::Error>> {
/// let loopback = Loopback::bind(0).await?;
/// let login = begin(&loopback.redirect_uri());
/// let query = loopback.login(&login).await?;
/// // let code = login.callback(&query)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
}

/// Where the browser comes back to.
const PATH: &str = "/callback";

impl Loopback {
    /// Listens on `127.0.0.1`, at this port: 0 lets the system choose one, for providers that take any (RFC 8252 §7.3).
    pub async fn bind(port: u16) -> io::Result<Loopback> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Loopback { listener, address })
    }

    /// The redirect URI of the login. The address, not `localhost`: that could be resolved elsewhere (RFC 8252 §8.3).
    pub fn redirect_uri(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Opens the user's browser and waits for its return: the callback's query, for `Login::callback`. Where no browser
    /// can be opened, the error says so: show [`BegunLogin::authorization_url`] then, and wait by
    /// [`Loopback::callback`].
    ///
    /// It waits as long as the user takes: put a time-out around it.
    pub async fn login<L: BegunLogin>(&self, login: &L) -> io::Result<String> {
        open::that_detached(login.authorization_url())?;
        self.callback(login).await
    }

    /// Waits for the return of a browser that was opened otherwise. A request without this login's state is somebody
    /// else's, is told so, and ends nothing.
    pub async fn callback<L: BegunLogin>(&self, login: &L) -> io::Result<String> {
        // A browser may open a second connection and be silent on it.
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => connections.push(serve(accepted?.0, login)),
                Some(ended) = connections.next(), if !connections.is_empty() => {
                    if let Some(query) = ended {
                        return Ok(query);
                    }
                }
            }
        }
    }
}

/// Answers what comes over a connection; the query of the login's own callback, once its page is sent.
async fn serve<L: BegunLogin>(stream: TcpStream, login: &L) -> Option<String> {
    let found = Mutex::new(None);
    let answer = service_fn(|request| {
        let (query, response) = answer(&request, login);
        if let (Some(query), Ok(mut found)) = (query, found.lock()) {
            *found = Some(query);
        }
        future::ready(Ok::<_, Infallible>(response))
    });
    let server = hyper::server::conn::http1::Builder::new();
    // A browser that goes away has still called back.
    let served = server.serve_connection(TokioIo::new(stream), answer).await;
    drop(served);
    found.into_inner().unwrap_or_default()
}

fn answer<L: BegunLogin>(
    request: &Request<Incoming>,
    login: &L,
) -> (Option<String>, Response<Full<Bytes>>) {
    if request.method() != Method::GET || request.uri().path() != PATH {
        return (None, page(StatusCode::NOT_FOUND, "There is nothing here."));
    }
    let query = request.uri().query().unwrap_or_default();
    match login.is_answered_by(query) {
        true => {
            let words = "The login is done. Close this page and go back to where you began it.";
            (Some(query.to_owned()), page(StatusCode::OK, words))
        }
        false => {
            let words = "This is no answer to the login that was begun. Begin it again.";
            (None, page(StatusCode::BAD_REQUEST, words))
        }
    }
}

fn page(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\
         <body><main><h1>Login</h1><p>{words}</p></main></body></html>"
    );
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        // The URL of this page has the code.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONNECTION, "close"),
    ] {
        let value = http::HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
