//! A proxy in front of a real server. It records the outcome of each refresh token, and whether the worker could know it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::faults::{Canned, DELAY, Fault};

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) port: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

/// A refresh request and its outcome.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The refresh token of the request.
    pub(crate) sent: String,
    /// The time at which the proxy had the request.
    pub(crate) arrived: Instant,
    /// Whether the server got the request.
    pub(crate) is_asked: bool,
    /// The outcome that the response states.
    pub(crate) stated: Stated,
    /// The refresh token that the server returned.
    pub(crate) issued: Option<String>,
    /// The part of the response that was written to the worker's socket.
    pub(crate) delivered: Delivered,
    /// Whether the proxy has finished the exchange.
    pub(crate) is_over: bool,
}

/// The outcome that a response states by its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stated {
    Tokens,
    ErrorResponse,
    ParseError,
}

/// The part of a response that was written to the worker's socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivered {
    Not,
    Partly,
    /// All of the response was written by this time.
    Wholly(Instant),
}

struct Shared {
    /// The server's URL.
    server: String,
    client: reqwest::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The connection of each refresh token.
    connections: BTreeMap<String, String>,
    /// The fault for the next request of each connection.
    planned: BTreeMap<String, Fault>,
    exchanges: BTreeMap<String, Vec<Exchange>>,
    secrets: BTreeMap<String, BTreeSet<String>>,
    /// Behaviour of a server or a worker that no row of the table explains.
    odd: Vec<String>,
}

impl Proxy {
    /// Starts a proxy on a free port, in front of the server at this port.
    pub(crate) async fn start(server: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let shared = Arc::new(Shared {
            server: format!("http://127.0.0.1:{server}"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            state: Mutex::default(),
        });
        let own = shared.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(own.clone().serve(stream));
            }
        });
        Proxy {
            port,
            shared,
            accepting,
        }
    }

    /// Records the connection of the tokens of a login.
    pub(crate) fn logged_in(&self, connection: &str, refresh_token: &str, access_token: &str) {
        let mut state = self.shared.state();
        state.own(connection, refresh_token);
        state.hide(connection, access_token);
    }

    /// Plans the fault for the next request of a connection.
    pub(crate) fn plan(&self, connection: &str, fault: Fault) {
        let mut state = self.shared.state();
        state.planned.insert(connection.to_owned(), fault);
    }

    /// Returns the exchanges of a connection, in the order of their requests.
    pub(crate) fn exchanges(&self, connection: &str) -> Vec<Exchange> {
        let state = self.shared.state();
        state.exchanges.get(connection).cloned().unwrap_or_default()
    }

    /// Returns the secrets of a connection, which no log may contain.
    pub(crate) fn secrets(&self, connection: &str) -> BTreeSet<String> {
        let state = self.shared.state();
        state.secrets.get(connection).cloned().unwrap_or_default()
    }

    /// Returns the behaviour that no row of the table explains.
    pub(crate) fn odd(&self) -> Vec<String> {
        self.shared.state().odd.clone()
    }

    /// Waits until a connection has more requests than this number.
    pub(crate) async fn more_than(&self, exchanges: usize, connection: &str) {
        while self.exchanges(connection).len() <= exchanges {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until no request of a connection is under way.
    pub(crate) async fn quiet(&self, connection: &str) {
        // The last request of a killed worker may still be in the socket.
        sleep(Duration::from_millis(20)).await;
        let is_over = |exchange: &Exchange| exchange.is_over;
        while !self.exchanges(connection).iter().all(is_over) {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    fn own(&mut self, connection: &str, refresh_token: &str) {
        let name = connection.to_owned();
        self.connections.insert(refresh_token.to_owned(), name);
        self.hide(connection, refresh_token);
    }

    fn hide(&mut self, connection: &str, secret: &str) {
        let secrets = self.secrets.entry(connection.to_owned()).or_default();
        secrets.insert(secret.to_owned());
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn note(&self, at: &At, note: impl FnOnce(&mut Exchange)) {
        let mut state = self.state();
        let exchanges = state.exchanges.get_mut(&at.connection);
        note(&mut exchanges.expect("it has arrived")[at.nth]);
    }

    async fn serve(self: Arc<Shared>, mut stream: TcpStream) {
        // A worker that is killed before its whole request is written has sent nothing.
        let Some(request) = Request::read(&mut stream).await else {
            return;
        };
        let Some(at) = self.arrived(&request) else {
            return;
        };
        let delivered = self.exchanged(&mut stream, &request, &at).await;
        self.note(&at, |exchange| {
            exchange.delivered = delivered;
            exchange.is_over = true;
        });
    }

    fn arrived(&self, request: &Request) -> Option<At> {
        let mut state = self.state();
        let Some(connection) = state.connections.get(&request.refresh_token).cloned() else {
            state
                .odd
                .push("a refresh token that no server issued".to_owned());
            return None;
        };
        if let Some(credential) = request.credential() {
            state.hide(&connection, credential);
        }
        let fault = state.planned.remove(&connection);
        let exchanges = state.exchanges.entry(connection.clone()).or_default();
        exchanges.push(Exchange {
            sent: request.refresh_token.clone(),
            arrived: Instant::now(),
            is_asked: false,
            stated: Stated::ParseError,
            issued: None,
            delivered: Delivered::Not,
            is_over: false,
        });
        Some(At {
            nth: exchanges.len() - 1,
            connection,
            fault: fault.unwrap_or(Fault::Nothing),
        })
    }

    async fn exchanged(&self, stream: &mut TcpStream, request: &Request, at: &At) -> Delivered {
        let answer = match at.fault {
            Fault::Closed => return Delivered::Not,
            Fault::Instead(canned) => Answer::canned(canned),
            fault => {
                if fault == Fault::LateRequest {
                    sleep(DELAY).await;
                }
                match self.asked(request, at).await {
                    Ok(answer) => answer.changed(fault),
                    Err(error) => {
                        let mut state = self.state();
                        state.odd.push(error.without_url().to_string());
                        return Delivered::Not;
                    }
                }
            }
        };
        let stated = answer.stated();
        self.note(at, |exchange| exchange.stated = stated);
        answer.deliver(stream, at.fault).await
    }

    /// Forwards a request to the server, and returns the server's response.
    async fn asked(&self, request: &Request, at: &At) -> reqwest::Result<Answer> {
        self.note(at, |exchange| exchange.is_asked = true);
        let mut call = self.client.post(format!("{}{}", self.server, request.path));
        for (name, value) in &request.headers {
            if ["authorization", "accept", "content-type"].contains(&name.as_str()) {
                call = call.header(name.as_str(), value.as_str());
            }
        }
        let answered = call.body(request.body.clone()).send().await?;
        let status = answered.status().as_u16();
        let mut headers = Vec::new();
        for name in ["content-type", "www-authenticate"] {
            if let Some(value) = answered.headers().get(name) {
                headers.push(format!("{name}: {}", value.to_str().unwrap()));
            }
        }
        let body = answered.bytes().await?.to_vec();
        let members: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let member = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
        match member("refresh_token") {
            Some(issued) => {
                self.state().own(&at.connection, issued);
                self.note(at, |exchange| exchange.issued = Some(issued.to_owned()));
            }
            None if (200..300).contains(&status) => {
                let body = String::from_utf8_lossy(&body);
                let odd =
                    format!("the server returned {status} without tokens: {headers:?} {body}");
                self.state().odd.push(odd);
            }
            None => {}
        }
        if let Some(access_token) = member("access_token") {
            self.state().hide(&at.connection, access_token);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

/// An exchange in the record, and its fault.
struct At {
    connection: String,
    nth: usize,
    fault: Fault,
}

struct Request {
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    refresh_token: String,
}

impl Request {
    /// Reads a request. Returns `None` if the socket closes before its end.
    async fn read(stream: &mut TcpStream) -> Option<Request> {
        let mut bytes: Vec<u8> = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let mut lines = text.lines();
        let path = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        let headers: Vec<(String, String)> = headers.collect();
        let mut lengths = headers.iter().filter(|(name, _)| name == "content-length");
        let length: usize = lengths.next()?.1.parse().ok()?;
        while bytes.len() < head + length {
            if stream.read_buf(&mut bytes).await.ok()? == 0 {
                return None;
            }
        }
        let body = bytes.split_off(head);
        let refresh_token = refresh_token(&body)?;
        Some(Request {
            path,
            headers,
            body,
            refresh_token,
        })
    }

    /// Returns the credential that authenticates the client.
    fn credential(&self) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(name, _)| name == "authorization")?;
        value.split_once(' ').map(|(_, credential)| credential)
    }
}

/// Returns the refresh token in the body of a request. Both servers issue tokens of characters that forms do not encode.
pub(crate) fn refresh_token(body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let mut pairs = body.split('&');
    let value = pairs.find_map(|pair| pair.strip_prefix("refresh_token="))?;
    Some(value.to_owned())
}

struct Answer {
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
}

impl Answer {
    fn canned(canned: Canned) -> Answer {
        let (name, value) = canned.header;
        Answer {
            status: canned.status,
            headers: vec![format!("{name}: {value}")],
            body: canned.body.as_bytes().to_vec(),
        }
    }

    /// Applies a fault to a response with tokens. An error response is not changed.
    fn changed(mut self, fault: Fault) -> Answer {
        if self.stated() == Stated::Tokens {
            self.body = fault.changed(self.body);
            if fault == Fault::Gzip {
                self.headers.push("content-encoding: gzip".to_owned());
            }
        }
        self
    }

    fn stated(&self) -> Stated {
        match self.status {
            200 => Stated::Tokens,
            429 | 500.. => Stated::ParseError,
            _ => Stated::ErrorResponse,
        }
    }

    async fn deliver(&self, stream: &mut TcpStream, fault: Fault) -> Delivered {
        if fault == Fault::Reset {
            // Closing a socket with zero linger sends a reset.
            stream.set_zero_linger().ok();
            return Delivered::Not;
        }
        if fault == Fault::LateAnswer {
            sleep(DELAY).await;
        }
        let head = self.head();
        let half = head.len() + self.body.len() / 2;
        let message = [head.as_bytes(), self.body.as_slice()].concat();
        let (first, rest) = message.split_at(half);
        if stream.write_all(first).await.is_err() {
            return Delivered::Not;
        }
        match fault {
            Fault::HalfThenStall => {
                let mut nothing = [0; 16];
                let gone = stream.read(&mut nothing);
                timeout(Duration::from_secs(120), gone).await.ok();
                return Delivered::Partly;
            }
            Fault::HalfThenRest => sleep(DELAY).await,
            _ => {}
        }
        if stream.write_all(rest).await.is_err() {
            return Delivered::Partly;
        }
        let written = Instant::now();
        stream.shutdown().await.ok();
        Delivered::Wholly(written)
    }

    fn head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for header in &self.headers {
            head += &format!("{header}\r\n");
        }
        let length = self.body.len();
        head + &format!("content-length: {length}\r\nconnection: close\r\n\r\n")
    }
}
