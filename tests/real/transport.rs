//! The errors that people get where no response arrived. The servers here refuse, hang, break off and have wrong
//! certificates.

use std::error::Error as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use oauth_runtime::lifecycle::{Connection, Manager, MemoryStore, SealingKeys, TokenError};
use oauth_runtime::{
    Error, ErrorKind, Http, Remedy, SealingKey, Secret, Token,
    http::{HttpBounds, TransportError, Unreachable},
    oauth_provider,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

#[oauth_provider("../specs/far.toml")]
mod far {}

/// The host of the token endpoint. Its only address is the one that a test gives it.
const HOST: &str = "id.far.invalid";

const TOKENS: &[u8] = br#"{"access_token":"new","expires_in":3600,"refresh_token":"newer"}"#;

fn app() -> far::App {
    let back = far::RedirectUri::constant("https://app.example.com/callback");
    far::App::new("id", "hush-secret", back)
}

async fn refreshed(http: &Http) -> Result<String, Error> {
    let token = far::RefreshToken::from_stored(Secret::new("hush-refresh"));
    let token = http.send(far::refresh(&app(), token)).await?;
    Ok(token.access_token().expose().to_owned())
}

/// Returns a client that resolves the host to this address.
fn client(at: SocketAddr) -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().resolve(HOST, at)
}

fn over(client: reqwest::ClientBuilder) -> Http {
    let bounds = HttpBounds::new().deadline(Duration::from_secs(2));
    Http::from_builder_within(client, bounds).unwrap()
}

/// A self-signed certificate and its key.
struct Certificate {
    der: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    fn of(name: &str, is_expired: bool) -> Certificate {
        let mut own = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        if is_expired {
            own.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        Certificate {
            der: own.self_signed(&key).unwrap().der().to_vec(),
            key: key.serialize_der(),
        }
    }

    fn trusted_by(&self, client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        client.tls_certs_only([reqwest::Certificate::from_der(&self.der).unwrap()])
    }

    /// Starts a server with this certificate that responds to every request with `answer`.
    async fn serve(&self, answer: Vec<u8>) -> SocketAddr {
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let chain = vec![CertificateDer::from(self.der.clone())];
        let key = PrivatePkcs8KeyDer::from(self.key.clone()).into();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(socket).await {
                    respond(stream, &answer).await;
                }
            }
        });
        address
    }
}

async fn respond(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) {
    let mut request = vec![0; 65536];
    let _ = stream.read(&mut request).await;
    stream.write_all(answer).await.ok();
    stream.shutdown().await.ok();
    // Closing a socket with unread data discards the data that was sent, so the rest is read first.
    let mut sink = tokio::io::sink();
    let rest = tokio::io::copy(&mut stream, &mut sink);
    tokio::time::timeout(Duration::from_secs(1), rest)
        .await
        .ok();
}

/// Returns a response with this body.
fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\n{head}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Starts a server without TLS that sends `answer` on each connection, or hangs.
async fn plain(answer: &'static [u8], hangs: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            match hangs {
                true => kept.push(socket),
                false => respond(&mut socket, answer).await,
            }
        }
    });
    address
}

/// Returns all text that an error and its sources can print.
fn shown(error: &Error) -> String {
    let mut shown = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(link) = source {
        shown.push_str(&format!(" {link} {link:?}"));
        source = link.source();
    }
    shown
}

#[track_caller]
fn names(mut error: Error, kind: Unreachable, remedy: Remedy, says: &str, was_sent: bool) {
    assert_eq!(
        error.unreachable(),
        Some(kind),
        "{error}: {}",
        shown(&error)
    );
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unreachable, remedy),
        "{error}"
    );
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(
        error.to_string().contains("try again later"),
        remedy == Remedy::Retry,
        "{error}"
    );
    let source = error.source().expect("a source");
    assert!(source.downcast_ref::<TransportError>().is_some());
    assert!(!shown(&error).contains("hush"), "{}", shown(&error));
    assert!(!shown(&error).contains("/token"), "{}", shown(&error));
    assert_eq!(error.take_refresh_token().is_none(), was_sent, "{error}");
}

#[tokio::test]
async fn a_certificate_that_is_right_gives_tokens() {
    let own = Certificate::of(HOST, false);
    let at = own.serve(answer("", TOKENS)).await;
    let told = refreshed(&over(own.trusted_by(client(at)))).await;
    assert_eq!(told.unwrap(), "new");
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_named_and_left_to_an_operator() {
    let own = Certificate::of(HOST, false);
    let at = own.serve(answer("", TOKENS)).await;
    let stranger = Certificate::of("stranger.invalid", false);
    let error = refreshed(&over(stranger.trusted_by(client(at)))).await;
    names(
        error.unwrap_err(),
        Unreachable::CertificateNotTrusted,
        Remedy::MendApp,
        "its certificate is not trusted on this machine; install the certificate of its issuer",
        false,
    );
    // Most applications trust the certificates of the machine.
    let error = refreshed(&over(client(at))).await.unwrap_err();
    assert_eq!(
        error.unreachable(),
        Some(Unreachable::CertificateNotTrusted)
    );
    let own = Certificate::of(HOST, true);
    let at = own.serve(answer("", TOKENS)).await;
    let error = refreshed(&over(own.trusted_by(client(at)))).await;
    names(
        error.unwrap_err(),
        Unreachable::CertificateExpired,
        Remedy::MendApp,
        "its certificate has expired",
        false,
    );
    let at = stranger.serve(answer("", TOKENS)).await;
    let error = refreshed(&over(stranger.trusted_by(client(at)))).await;
    names(
        error.unwrap_err(),
        Unreachable::CertificateForAnotherName,
        Remedy::MendApp,
        "its certificate is for another host name",
        false,
    );
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_a_failed_handshake() {
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b""] {
        let at = plain(answer, false).await;
        let error = refreshed(&over(client(at))).await.unwrap_err();
        let says = "the TLS handshake failed";
        names(
            error,
            Unreachable::TlsHandshakeFailed,
            Remedy::Retry,
            says,
            false,
        );
    }
}

#[tokio::test]
async fn a_host_without_an_address_is_named() {
    let http = over(reqwest::Client::builder().no_proxy());
    let error = refreshed(&http).await.unwrap_err();
    let says = "does not resolve";
    names(
        error,
        Unreachable::NameNotResolved,
        Remedy::Retry,
        says,
        false,
    );
}

#[tokio::test]
async fn a_closed_port_is_a_refused_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let error = refreshed(&over(client(at))).await.unwrap_err();
    let says = "the connection was refused";
    names(
        error,
        Unreachable::ConnectionRefused,
        Remedy::Retry,
        says,
        false,
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_a_timeout() {
    let at = plain(b"", true).await;
    let error = refreshed(&over(client(at))).await.unwrap_err();
    assert_eq!(error.unreachable(), Some(Unreachable::TimedOut), "{error}");
    assert!(
        error
            .to_string()
            .contains("the request timed out; try again later"),
        "{error}"
    );
    assert!(error.source().is_some_and(|own| own.source().is_some()));
}

#[tokio::test]
async fn a_response_that_breaks_off_is_a_lost_connection() {
    let own = Certificate::of(HOST, false);
    for broken in ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc", ""] {
        let at = own.serve(broken.as_bytes().to_vec()).await;
        let error = refreshed(&over(own.trusted_by(client(at)))).await;
        names(
            error.unwrap_err(),
            Unreachable::ConnectionLost,
            Remedy::Retry,
            "closed before the response was complete",
            true,
        );
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn deflated(body: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_decoded_or_named() {
    let own = Certificate::of(HOST, false);
    let received = async |encoding: &str, body: &[u8]| {
        let head = format!("Content-Encoding: {encoding}\r\n");
        let at = own.serve(answer(&head, body)).await;
        refreshed(&over(own.trusted_by(client(at)))).await
    };
    for (encoding, body) in [
        ("gzip", gzip(TOKENS)),
        ("deflate", deflated(TOKENS)),
        ("identity", TOKENS.to_vec()),
    ] {
        let told = received(encoding, &body).await;
        assert_eq!(told.unwrap(), "new", "{encoding}");
    }
    let broken = received("gzip", b"this is not what gzip looks like").await;
    names(
        broken.unwrap_err(),
        Unreachable::BodyNotDecoded,
        Remedy::Retry,
        "cannot be decoded",
        true,
    );
    let unknown = received("compress", b"\x1f\x9d hush").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Misbehaved);
    assert!(
        unknown
            .to_string()
            .contains("the content encoding `compress`"),
        "{unknown}"
    );
    assert!(!shown(&unknown).contains("hush"));
}

#[tokio::test]
async fn a_body_that_unfolds_without_end_is_given_up_at_the_limit() {
    let own = Certificate::of(HOST, false);
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000, "it is short on the wire");
    let at = own.serve(answer("Content-Encoding: gzip\r\n", &bomb)).await;
    let error = refreshed(&over(own.trusted_by(client(at)))).await;
    let error = error.unwrap_err();
    assert_eq!(
        error.unreachable(),
        Some(Unreachable::BodyTooLong),
        "{error}"
    );
    assert!(
        error.to_string().contains("longer than 1048576 bytes"),
        "{error}"
    );
}

/// Returns a connection with this token, over this transport.
async fn connected(http: Http, token: Token) -> Connection<far::AccessToken> {
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    let manager = Manager::new(MemoryStore::new(), http, keys);
    let token = far::AccessToken::from_stored(token);
    let connected = manager.connect("ann", &app(), token, ()).await;
    connected.unwrap()
}

/// Returns the error of a connection whose token has expired, over a transport that fails in this way.
async fn unavailable(kind: Unreachable) -> TokenError {
    let http = Http::over(move |_| async move { Err(TransportError::new(kind)) });
    let token = Token::new(Secret::new("old"))
        .with_refresh_token(Secret::new("hush-refresh"))
        .with_expires_at(UNIX_EPOCH + Duration::from_secs(1));
    let connection = connected(http, token).await;
    connection.token().await.unwrap_err()
}

#[tokio::test]
async fn a_connection_gives_one_advice_whatever_failed() {
    for (kind, heals) in [
        (Unreachable::NameNotResolved, true),
        (Unreachable::ConnectionRefused, true),
        (Unreachable::TlsHandshakeFailed, true),
        (Unreachable::CertificateNotTrusted, false),
        (Unreachable::CertificateExpired, false),
        (Unreachable::CertificateForAnotherName, false),
    ] {
        let why = unavailable(kind).await;
        let said = why.to_string();
        match (&why, heals) {
            (TokenError::Later { .. }, true) | (TokenError::MendApp { .. }, false) => {}
            _ => panic!("{kind:?}: {why:?}"),
        }
        assert!(said.contains("next attempt in"), "{said}");
        assert!(said.contains(&kind.to_string()), "{said}");
        for contradicts in ["a retry will not help", "try again"] {
            assert!(!said.contains(contradicts), "{said}");
        }
    }
}

#[tokio::test]
async fn an_api_call_is_not_repeated_where_only_an_operator_helps() {
    for (kind, is_repeated) in [
        (Unreachable::CertificateNotTrusted, false),
        (Unreachable::ConnectionRefused, true),
    ] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let http = Http::over(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move { Err(TransportError::new(kind)) }
        });
        let connection = connected(http, Token::new(Secret::new("access"))).await;
        // The first wait is at most two seconds.
        let api = connection.api().patience(Duration::from_secs(3));
        let error = api.get("/me").send().await.err().unwrap();
        assert_eq!(error.unreachable(), Some(kind), "{error}");
        assert!(error.to_string().contains(&kind.to_string()), "{error}");
        let source = error.source().expect("a source");
        assert!(source.downcast_ref::<TransportError>().is_some());
        assert_eq!(calls.load(Ordering::SeqCst) > 1, is_repeated, "{kind:?}");
    }
}
