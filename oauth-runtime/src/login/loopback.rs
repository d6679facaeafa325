//! [`Loopback`]: the callback of a tool without a web server (RFC 8252).

use std::convert::Infallible;
use std::fmt;
use std::future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::time;

use crate::http::is_safe;
use crate::login::browser::{html, is_speculative};
use crate::login::callback::{CallbackError, CallbackErrorKind};
use crate::login::pending_login::PendingLogin;

/// A listener on this machine's loopback address, for one callback. Bind it before the login begins: its port is part of the
/// redirect URI.
///
/// ```no_run
/// # use oauth_runtime::{PendingLogin, login::Loopback};
/// # async fn example<L: PendingLogin>(begin: impl Fn(&str) -> L) -> Result<(), Box<dyn std::error::Error>> {
/// let loopback = Loopback::bind(0).await?.with_path("/oauth/callback")?;
/// let login = begin(&loopback.redirect_uri());
/// let callback = loopback.login(&login).await?;
/// // let code = login.callback(&callback)?;
/// # Ok(())
/// # }
/// ```
///
/// Any web page can send requests to a loopback address. A request that is not the login's callback gets a response and is
/// reported, and the wait continues until the deadline.
pub struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
    path: String,
    deadline: Duration,
    report: Box<dyn Fn(&CallbackError) + Send + Sync>,
}

impl Loopback {
    /// The default time that a login may take: ten minutes. [`Loopback::with_deadline`] sets another.
    pub const DEADLINE: Duration = Duration::from_secs(10 * 60);

    /// Listens on `127.0.0.1` at this port. Port 0 lets the system choose one, for providers that accept any port (RFC 8252
    /// §7.3).
    ///
    /// ```no_run
    /// # use oauth_runtime::oauth_provider;
    /// # #[oauth_provider("tests/acme.toml")]
    /// # pub mod acme {}
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::login::Loopback;
    ///
    /// let loopback = Loopback::bind(0).await?;
    /// let redirect_uri = acme::RedirectUri::parse(&loopback.redirect_uri())?;
    /// let app = acme::App::new("client id", "client secret", redirect_uri);
    /// # Ok(())
    /// # }
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// The port cannot be bound, for example because another program uses it.
    pub async fn bind(port: u16) -> io::Result<Loopback> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Loopback {
            listener,
            address,
            path: "/callback".to_owned(),
            deadline: Loopback::DEADLINE,
            report: Box::new(|_: &CallbackError| {}),
        })
    }

    /// Sets the path of the redirect URI. The default is `/callback`.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::login::Loopback;
    ///
    /// let loopback = Loopback::bind(8000).await?.with_path("/oauth/callback")?;
    /// assert_eq!(loopback.redirect_uri(), "http://127.0.0.1:8000/oauth/callback");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The path does not begin with a slash, or has a character that a path must encode, such as a space, `?` or `#`.
    pub fn with_path(mut self, path: &str) -> io::Result<Loopback> {
        let is_path = |uri: http::Uri| uri.path() == path && uri.query().is_none();
        let is_plain = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_plain || !path.parse::<http::Uri>().is_ok_and(is_path) {
            let words = format!(
                "`{}` is not a valid path: write one like `/callback`",
                path.escape_debug()
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        path.clone_into(&mut self.path);
        Ok(self)
    }

    /// Sets the time that a login may take, counted from the call of [`Loopback::login`] or [`Loopback::callback`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use oauth_runtime::login::Loopback;
    ///
    /// let loopback = Loopback::bind(0).await?.with_deadline(Duration::from_secs(120));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_deadline(mut self, deadline: Duration) -> Loopback {
        self.deadline = deadline;
        self
    }

    /// Sets a function that gets the error of each request that is not the login's callback, for example to print it. An
    /// error response without a state is reported as [`CallbackErrorKind::Unverified`]: it may come from the provider, or be forged.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use oauth_runtime::login::Loopback;
    ///
    /// let loopback = Loopback::bind(0).await?.with_report(|error| eprintln!("{error}"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_report(
        mut self,
        report: impl Fn(&CallbackError) + Send + Sync + 'static,
    ) -> Loopback {
        self.report = Box::new(report);
        self
    }

    /// Returns the redirect URI of the login. It contains the address, since `localhost` could resolve to another one (RFC
    /// 8252 §8.3).
    pub fn redirect_uri(&self) -> String {
        format!("http://{}{}", self.address, self.path)
    }

    /// Opens the user's browser and waits for the callback. Returns the callback's path and query, for `Login::callback`,
    /// which returns an error if the user or the provider refused.
    ///
    /// # Errors
    ///
    /// - [`io::ErrorKind::InvalidInput`]: the authorization URL is neither https nor http at a loopback address. Another
    ///   scheme could start a program.
    /// - [`io::ErrorKind::TimedOut`]: the deadline has passed. The message contains the last request that was not the
    ///   login's callback.
    /// - Otherwise no browser could be opened, or the listener failed. If no browser could be opened, show
    ///   [`PendingLogin::authorization_url`] and wait with [`Loopback::callback`].
    pub async fn login<L: PendingLogin>(&self, login: &L) -> io::Result<String> {
        let url = login.authorization_url();
        if !url.parse::<http::Uri>().is_ok_and(|url| is_safe(&url)) {
            let words = "the authorization URL must be https, or http at a loopback address, to be opened in a browser";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, words));
        }
        open::that_detached(url)?;
        self.callback(login).await
    }

    /// Waits for the callback of a browser that was opened by other means. Returns the callback's path and query. A request
    /// that is not this login's callback does not end the wait.
    ///
    /// ```no_run
    /// # use oauth_runtime::{login::Loopback, PendingLogin};
    /// # async fn example<L: PendingLogin>(loopback: Loopback, login: L) -> Result<(), Box<dyn std::error::Error>> {
    /// println!("open {}", login.authorization_url());
    /// let callback = loopback.callback(&login).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`io::ErrorKind::TimedOut`]: the deadline has passed.
    /// - Otherwise the listener failed.
    pub async fn callback<L: PendingLogin>(&self, login: &L) -> io::Result<String> {
        let visits = Visits {
            loopback: self,
            login,
            stray: Mutex::new(None),
        };
        let called_back = time::timeout(self.deadline, visits.callback()).await;
        match called_back {
            Ok(callback) => callback,
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, visits.late())),
        }
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Loopback")
            .field("redirect_uri", &self.redirect_uri())
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

/// The requests that arrive while a login is pending.
struct Visits<'a, L> {
    loopback: &'a Loopback,
    login: &'a L,
    /// The error of the last request that was not the login's callback.
    stray: Mutex<Option<CallbackError>>,
}

impl<L: PendingLogin> Visits<'_, L> {
    async fn callback(&self) -> io::Result<String> {
        // A browser may open a second connection and send nothing on it.
        let mut connections = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = self.loopback.listener.accept() => connections.push(self.serve(accepted?.0)),
                Some(ended) = connections.next(), if !connections.is_empty() => {
                    if let Some(callback) = ended {
                        return Ok(callback);
                    }
                }
            }
        }
    }

    /// Serves the requests of a connection. Returns the login's callback after its page was sent.
    async fn serve(&self, stream: TcpStream) -> Option<String> {
        let found = Mutex::new(None);
        let answer = service_fn(|request| {
            let (callback, response) = self.answer(&request);
            if let (Some(callback), Ok(mut found)) = (callback, found.lock()) {
                *found = Some(callback);
            }
            future::ready(Ok::<_, Infallible>(response))
        });
        let server = hyper::server::conn::http1::Builder::new();
        // The callback counts even if the browser closes the connection before the response.
        let served = server.serve_connection(TokioIo::new(stream), answer).await;
        drop(served);
        found.into_inner().unwrap_or_default()
    }

    fn answer(&self, request: &Request<Incoming>) -> (Option<String>, Response<Full<Bytes>>) {
        let uri = request.uri();
        if request.method() != Method::GET || uri.path() != self.loopback.path {
            return (
                None,
                page(StatusCode::NOT_FOUND, "This page does not exist."),
            );
        }
        if is_speculative(request.headers()) {
            let words = "Open this page to finish the login.";
            return (None, page(StatusCode::SERVICE_UNAVAILABLE, words));
        }
        let query = uri.query().unwrap_or_default();
        let callback = format!("{}?{query}", uri.path());
        match self.login.check(&callback) {
            Ok(()) => {
                let words =
                    "The login is complete. Close this page and return to where you began it.";
                (Some(callback), page(StatusCode::OK, words))
            }
            Err(error) if error.is_refusal() => {
                let words =
                    format!("{error}. Close this page and return to where you began the login.");
                (Some(callback), page(StatusCode::OK, &words))
            }
            Err(error) => {
                let words = match error.problem() {
                    CallbackErrorKind::Unverified { .. } => {
                        "The request reports an error, but does not identify \
                        its login. The login that you began is still pending."
                    }
                    _ => {
                        "The request does not belong to the login that you began, which is still pending."
                    }
                };
                (self.loopback.report)(&error);
                if let Ok(mut stray) = self.stray.lock() {
                    *stray = Some(error);
                }
                (None, page(StatusCode::BAD_REQUEST, words))
            }
        }
    }

    /// Returns the error message for a login that was not finished in time.
    fn late(self) -> String {
        let deadline = humantime::format_duration(self.loopback.deadline);
        let words = format!("the browser did not return from the login within {deadline}");
        match self.stray.into_inner() {
            Ok(Some(error)) => {
                format!("{words}; the last request did not belong to the login: {error}")
            }
            _ => words,
        }
    }
}

fn page(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let words = html(words);
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\
         <body><main><h1>Login</h1><p>{words}</p></main></body></html>"
    );
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        // The URL of this page contains the code.
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONNECTION, "close"),
    ] {
        let value = http::HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
