//! The HTTP client against servers that misbehave. Every server here is a socket on loopback.

use std::time::Duration;

use oauth_runtime::{
    Call, ErrorKind, Http, Remedy, Secret, Token, http::TransportError, oauth_provider,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[oauth_provider("../specs/local.toml")]
mod local {}

/// Starts a server that sends `answer` on each connection. Returns its port and a channel of the received requests.
async fn server(answer: Vec<u8>) -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut received = vec![0; 65536];
            let count = socket.read(&mut received).await.unwrap_or(0);
            let _ = tell.send(String::from_utf8_lossy(&received[..count]).into_owned());
            let _ = socket.write_all(&answer).await;
            let _ = socket.shutdown().await;
        }
    });
    (port, told)
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn app(port: u16) -> local::App {
    local::App::new(
        "id",
        "hush-secret",
        local::Port::parse(port.to_string()).unwrap(),
    )
}

fn renew_in_header(port: u16, text: &str) -> Call<local::header::AccessToken> {
    let app = local::header::App::new("id", local::header::Port::parse(port.to_string()).unwrap());
    let token = local::header::AccessToken::from_stored(Token::new(Secret::new(text)));
    local::header::renew(&app, &token)
}

fn renew_in_query(port: u16) -> Call<local::query::AccessToken> {
    let app = local::query::App::new("id", local::query::Port::parse(port.to_string()).unwrap());
    let token = local::query::AccessToken::from_stored(Token::new(Secret::new("hush-token")));
    local::query::renew(&app, &token)
}

fn refresh_token() -> local::RefreshToken {
    local::RefreshToken::from_stored(Secret::new("hush-refresh"))
}

#[tokio::test]
async fn no_redirect_is_followed_with_a_credential_in_any_place() {
    let (foreign, mut seen_by_foreign) = server(answer("200 OK", "{}")).await;
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let head = format!("{status}\r\nLocation: http://localhost:{foreign}/stolen");
        let (port, mut seen) = server(answer(&head, "")).await;
        let http = Http::new().unwrap();
        let app = app(port);
        // Credentials are in the Authorization header, in a custom header, in the query and in the body.
        let in_header = http
            .send(local::refresh(&app, refresh_token()))
            .await
            .unwrap_err();
        let in_own_header = http
            .send(renew_in_header(port, "hush-token"))
            .await
            .unwrap_err();
        let in_query = http.send(renew_in_query(port)).await.unwrap_err();
        let in_body = http
            .send(local::revoke(&app, &refresh_token()))
            .await
            .unwrap_err();
        for error in [in_header, in_own_header, in_query, in_body] {
            assert_eq!(error.kind(), ErrorKind::Misbehaved, "{error}");
            assert!(error.to_string().contains("redirect"), "{error}");
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
        for place in [
            "authorization: Basic",
            "x-token: hush-token",
            "key=hush-token",
            "token=hush-refresh",
        ] {
            let request = seen.recv().await.unwrap();
            assert!(request.contains(place), "{place} in {request}");
        }
    }
    assert!(
        seen_by_foreign.try_recv().is_err(),
        "a redirect was followed"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let huge = "x".repeat(3 * 1024 * 1024);
    let (port, _seen) = server(answer("200 OK", &huge)).await;
    let error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn what_cannot_have_been_sent_gives_its_refresh_token_back() {
    // No server listens at this port any more.
    let port = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Unreachable, Remedy::Retry)
    );
    assert_eq!(
        error.take_refresh_token().as_ref().map(Secret::expose),
        Some("hush-refresh")
    );
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hush"), "{shown}");
}

#[tokio::test]
async fn what_may_have_been_sent_keeps_its_refresh_token() {
    let (port, _seen) =
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"acc".to_vec()).await;
    let mut error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert_eq!(error.take_refresh_token(), None);
}

#[tokio::test]
async fn a_page_where_json_is_wanted_is_the_providers_fault() {
    let (port, _seen) = server(answer("200 OK", "<html>hush</html>")).await;
    let error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misbehaved);
    assert!(
        error
            .to_string()
            .contains("not valid JSON: syntax error at line 1, column 1"),
        "{error}"
    );
    let (port, _seen) = server(answer("502 Bad Gateway", "<html>")).await;
    let error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy(), error.status()),
        (ErrorKind::Refused, Remedy::Retry, Some(502))
    );
}

#[tokio::test]
async fn a_limit_says_how_long_to_wait_in_either_form() {
    let (port, _seen) = server(answer("429 Too Many Requests\r\nRetry-After: 17", "")).await;
    let error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(
        (error.remedy(), error.retry_after()),
        (Remedy::SlowDown, Some(Duration::from_secs(17)))
    );
    let (port, _seen) = server(answer(
        "429 Too Many Requests\r\nRetry-After: Fri, 31 Dec 2100 23:59:59 GMT",
        "",
    ))
    .await;
    let error = Http::new()
        .unwrap()
        .send(local::refresh(&app(port), refresh_token()))
        .await
        .unwrap_err();
    assert_eq!(
        error.retry_after(),
        Some(oauth_runtime::provider::RateLimit::MAX_WAIT)
    );
}

#[tokio::test]
async fn a_value_that_no_header_can_carry_is_told_and_not_sent() {
    let (port, mut seen) = server(answer("200 OK", "{}")).await;
    let call = renew_in_header(port, "hush\r\nx: y");
    let error = Http::new().unwrap().send(call).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misused);
    assert!(
        error
            .to_string()
            .contains("the value of header `x-token` has a character that headers cannot contain"),
        "{error}"
    );
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn any_client_can_stand_in() {
    let http = Http::over(|request: http::Request<Vec<u8>>| async move {
        assert_eq!(request.method(), http::Method::POST);
        let body = br#"{"access_token":"at","expires_in":60,"refresh_token":"rt"}"#;
        Ok::<_, TransportError>(http::Response::new(body.to_vec()))
    });
    let token = http
        .send(local::refresh(&app(1), refresh_token()))
        .await
        .unwrap();
    assert_eq!(token.access_token().expose(), "at");
}

#[test]
fn every_header_that_may_carry_a_secret_is_sensitive() {
    let in_own_header = renew_in_header(1, "hush-token").http_request().unwrap();
    let in_authorization = local::refresh(&app(1), refresh_token())
        .http_request()
        .unwrap();
    for (request, header) in [
        (&in_own_header, "x-token"),
        (&in_authorization, "authorization"),
    ] {
        let value = &request.headers()[header];
        assert!(value.is_sensitive(), "{header}");
        assert!(!format!("{request:?}").contains(value.to_str().unwrap()));
        let plain = request.headers().get("accept");
        assert!(plain.is_none_or(|own| !own.is_sensitive()));
    }
}

#[test]
fn a_blocking_caller_is_refused_a_body_that_is_still_encoded() {
    for (status, encoding) in [(200, "br"), (200, "zstd"), (400, "x-secret\u{e9}")] {
        let encoding = http::HeaderValue::from_bytes(encoding.as_bytes()).unwrap();
        let answer = http::Response::builder()
            .status(status)
            .header("content-encoding", &encoding)
            .body(b"\x0b\x02\x80hush\x03")
            .unwrap();
        let call = local::refresh(&app(1), refresh_token());
        let error = call.read(&answer, std::time::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misbehaved, "{error}");
        assert!(error.to_string().contains("content encoding `"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    let nothing = http::Response::builder()
        .status(503)
        .header("content-encoding", "br")
        .body(b"")
        .unwrap();
    let call = local::refresh(&app(1), refresh_token());
    let error = call.read(&nothing, std::time::UNIX_EPOCH).unwrap_err();
    assert_eq!(
        (error.kind(), error.remedy()),
        (ErrorKind::Refused, Remedy::Retry)
    );
}

#[test]
fn a_blocking_caller_needs_no_runtime() {
    let call = local::refresh(&app(1), refresh_token());
    let request = call.http_request().unwrap();
    assert!(request.headers()["authorization"].is_sensitive());
    let answer = http::Response::new(br#"{"access_token":"at"}"#);
    let token = call.read(&answer, std::time::UNIX_EPOCH).unwrap();
    assert_eq!(
        token.stored().refresh_token().map(Secret::expose),
        Some("hush-refresh")
    );
}
