//! Attacks that the security review tried without success.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_runtime::lifecycle::{Manager, MemoryStore, SealingKeys};
use oauth_runtime::{
    ErrorKind, Http, LoginSecrets, SealingKey, Secret, Token, api::ApiErrorKind, http::HttpBounds,
    oauth_provider,
};
use proptest::prelude::*;
use reqwest::redirect::Policy;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{BACK, NORTH, answer, app, customers, inputs, kept, keys, lasting, network};

#[oauth_provider("../../specs/local.toml")]
mod local {}

fn local_app(port: u16) -> local::App {
    let port = local::Port::parse(port.to_string()).unwrap();
    local::App::new("id", "hush-secret", port)
}

fn refresh_token() -> local::RefreshToken {
    local::RefreshToken::from_stored(Secret::new("hush-refresh"))
}

/// Starts a server that sends `head` to each connection and, if it `drips`, then one space every 20 ms. Returns its port,
/// and a channel that gets one message per connection.
async fn server(head: String, drips: bool) -> (u16, UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = tell.send(());
            let head = head.clone();
            tokio::spawn(async move {
                let _ = socket.read(&mut vec![0; 65536]).await;
                let mut goes_on = socket.write_all(head.as_bytes()).await.is_ok() && drips;
                while goes_on {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    goes_on = socket.write_all(b" ").await.is_ok();
                }
            });
        }
    });
    (port, told)
}

/// Returns the builder of a client that follows redirects.
fn following() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(Policy::limited(10))
}

#[tokio::test]
async fn a_body_that_drips_meets_the_deadline() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n";
    let (port, _told) = server(head.to_owned(), true).await;
    let bounds = HttpBounds::new().deadline(Duration::from_secs(1));
    let http = Http::from_builder_within(following(), bounds).unwrap();
    let sent = http.send(local::refresh(&local_app(port), refresh_token()));
    // The whole body would take more than half an hour.
    let sent = tokio::time::timeout(Duration::from_secs(60), sent).await;
    let error = sent.unwrap().map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn a_builder_that_follows_redirects_does_not() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let (foreign, mut told) = server(whole.to_owned(), false).await;
    for status in [300, 301, 302, 303, 307, 308] {
        let head = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://127.0.0.1:{foreign}/stolen\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let (port, _) = server(head, false).await;
        let http = Http::from_builder(following()).unwrap();
        let sent = http.send(local::refresh(&local_app(port), refresh_token()));
        let error = sent.await.map(|_| ()).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
    assert!(told.try_recv().is_err(), "a redirect was followed");
}

/// Reads the body of a refresh response.
fn read(body: Vec<u8>) -> Result<(), String> {
    let call = local::refresh(&local_app(1), refresh_token());
    let read = call.read(&http::Response::new(body), UNIX_EPOCH);
    read.map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn no_body_is_too_odd_to_be_judged() {
    let deep = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"x":{open}1{close},"access_token":"a"}}"#).into_bytes()
    };
    let many = |item: &str, times: usize| {
        let mut body = String::from(r#"{"access_token":"a","x":[1"#);
        body.push_str(&item.repeat(times));
        body.push_str("]}");
        body.into_bytes()
    };
    let text = |body: &str| body.as_bytes().to_vec();
    for (name, body, is_good) in [
        ("100 deep", deep(100), true),
        ("200 deep", deep(200), false),
        ("half a million deep", deep(500_000), false),
        ("half a million values", many(",1", 500_000), true),
        ("a number", text(r#"{"access_token":1}"#), false),
        ("empty", text(r#"{"access_token":""}"#), false),
        ("null", text(r#"{"access_token":null}"#), false),
        ("a list", text(r#"{"access_token":["a"]}"#), false),
        ("NaN", text(r#"{"access_token":"a","x":NaN}"#), false),
        ("half a pair", text(r#"{"access_token":"\ud800"}"#), false),
        ("raw NUL", text("{\"access_token\":\"a\0b\"}"), false),
        ("escaped NUL", text(r#"{"access_token":"a\u0000b"}"#), false),
        ("no end", text(r#"{"access_token":"a""#), false),
        ("a second value", text(r#"{"access_token":"a"} {}"#), false),
    ] {
        let judged = read(body);
        assert_eq!(judged.is_ok(), is_good, "{name}: {judged:?}");
    }
}

#[test]
fn no_control_character_but_the_tab_reaches_a_header() {
    // RFC 9110 section 5.5 allows a tab in a field value.
    let controls = (0..0x20).chain([0x7f]).filter(|byte| *byte != b'\t');
    for control in controls.map(char::from) {
        let port = local::header::Port::parse("9").unwrap();
        let app = local::header::App::new("id", port);
        let token = Token::new(Secret::new(format!("a{control}x: y")));
        let token = local::header::AccessToken::from_stored(token);
        let refused = local::header::renew(&app, &token).http_request();
        assert!(refused.is_err(), "{control:?}");
    }
}

#[test]
fn a_host_of_a_customer_is_one_of_the_list() {
    for host in [
        "vendor.example",
        "evilvendor.example",
        "north.vendor.example.evil.example",
        "north.vendor.example/x",
        "u@north.vendor.example",
        "north.vendor.example:0",
        "north.vendor.example:99999",
        "north..vendor.example",
        "north.vendor.example.",
        "north.vendor.example#",
        "north.vendor.example?",
        "north.vendor.example\n",
        "north.vendor.example\\",
        "*.vendor.example",
        "ｎorth.vendor.example",
        "north.vendor。example",
        "",
    ] {
        assert!(customers::Host::parse(host).is_err(), "{host:?}");
    }
    assert!(customers::Host::parse(NORTH).is_ok());
}

/// Paths that a server may resolve to other paths, below the API's base or outside it.
const CLIMBING: [&str; 12] = [
    "/api/../admin",
    "/api/%2e%2e/admin",
    "/api/.%2E/admin",
    "/api/..;/admin",
    "/api/..;x=y/admin",
    "/api/..%2fadmin",
    "/api/..%5Cadmin",
    "/api/a%2F..%2F..%2Fadmin",
    "/api/%252e%252e/admin",
    "/api/%25252e%25252e/admin",
    "/api/..%3b/admin",
    "/api/..%00/admin",
];

#[test]
fn a_token_goes_to_the_api_of_its_customer_alone() {
    let token = customers::AccessToken::from_stored(lasting());
    let own = inputs(NORTH);
    let is_given = |url: &str| token.bearer(&own, url).is_ok();
    for url in [
        "https://north.vendor.example/apix",
        "https://north.vendor.example/API/me",
        "https://north.vendor.example/",
        "https://north.vendor.example:444/api/me",
        "https://x@north.vendor.example/api/me",
        "https://north.vendor.example@evil.example/api/me",
        "https://north.vendor.example.evil.example/api/me",
        "https://south.vendor.example/api/me",
        "http://north.vendor.example/api/me",
        "//north.vendor.example/api/me",
        "/api/me",
        "https://north.vendor.example\t/api/me",
        "https://north.vendor.example/api\\..\\admin",
        "https:/north.vendor.example/api/me",
    ] {
        assert!(!is_given(url), "{url:?}");
    }
    for path in CLIMBING {
        assert!(!is_given(&format!("https://{NORTH}{path}")), "{path}");
    }
    for path in ["/api", "/api/me", "/api/projects/a%2Fb/files/c.d?x=../.."] {
        assert!(is_given(&format!("https://{NORTH}{path}")), "{path}");
    }
}

#[tokio::test]
async fn a_call_that_may_leave_the_api_is_not_sent() {
    let (http, requests) = network(vec![answer(200, &[], "{}")]);
    let manager = Manager::new(MemoryStore::new(), http, keys());
    let token = customers::AccessToken::from_stored(lasting());
    let connected = manager.connect("ann", &app(), token, kept()).await;
    let api = connected.unwrap().api();
    for path in CLIMBING {
        let whole = format!("https://{NORTH}{path}");
        let within = path.strip_prefix("/api").unwrap();
        for url in [whole.as_str(), within] {
            let refused = api.get(url).send().await.map(|_| ()).unwrap_err();
            assert_eq!(refused.kind(), ApiErrorKind::NotSent, "{url}: {refused}");
        }
    }
    assert!(requests.lock().unwrap().is_empty());
}

proptest! {
    #[test]
    fn nothing_that_holds_a_secret_shows_it(
        secret in "[A-Za-z0-9]{24,40}",
        bytes in proptest::array::uniform32(any::<u8>()),
    ) {
        let back = customers::RedirectUri::constant(BACK);
        let app = customers::App::new("id", &*secret, back);
        let token = Token::new(Secret::new(secret.clone()))
            .with_refresh_token(Secret::new(secret.clone()));
        let refresh_token = || customers::RefreshToken::from_stored(Secret::new(secret.clone()));
        let call = customers::refresh(&app, &inputs(NORTH), refresh_token());
        let secrets = LoginSecrets::from_parts(&secret, &secret).unwrap();
        let text = STANDARD.encode(bytes);
        let sealing = SealingKeys::parse(&format!("one:{text}")).unwrap();
        let shown = [
            format!("{app:?}"),
            format!("{token:?}"),
            format!("{:?}", customers::AccessToken::from_stored(token)),
            format!("{:?}", refresh_token()),
            format!("{call:?}"),
            format!("{:?}", customers::login_with(&app, &inputs(NORTH), &secrets)),
            format!("{sealing:?}"),
            format!("{:?}", SealingKey::from_bytes(&bytes)),
        ];
        for shown in shown {
            prop_assert!(!shown.contains(&secret), "{shown}");
            prop_assert!(!shown.contains(text.trim_end_matches('=')), "{shown}");
            prop_assert!(!shown.contains(&format!("{bytes:?}")), "{shown}");
        }
    }
}
