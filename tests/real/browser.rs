//! The example application in a browser: a login at a real server, a refresh and the end of the connection, by keyboard
//! only. An accessibility audit finds nothing on its pages.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::real::logins::server::{Kind, Server};

/// A process of the example application. It is killed when dropped.
struct Application(Child);

impl Drop for Application {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Returns the path of the example, which is built next to the tests.
fn example() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.parent().and_then(std::path::Path::parent).unwrap();
    built.join("examples/connect")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_example_application_can_be_used_by_keyboard_alone() {
    let port = free_port();
    let own = format!("http://127.0.0.1:{port}");
    let back = format!("{own}/callback/oidc_provider");
    let settings = [("REDIRECT_URI", &*back), ("AUTO_CONSENT", "0")];
    let server = Server::start_with(Kind::OidcProvider, &settings);
    let client = server.client("basic");
    let folder = tempfile::tempdir().unwrap();
    let application = Command::new(example())
        .env("CONNECT_PORT", port.to_string())
        .env("CONNECT_STORE", folder.path().join("connections.db"))
        .env(
            "OAUTH_SEALING_KEYS",
            "one:bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE",
        )
        .env("OIDC_PORT", server.port.to_string())
        .env("OIDC_CLIENT_ID", client.id)
        .env("OIDC_CLIENT_SECRET", client.secret)
        .stdout(Stdio::piped())
        .spawn();
    let mut application = Application(application.unwrap());
    // The first line of the output is the address of the application.
    let said = application.0.stdout.take().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(said), &mut line).unwrap();
    assert_eq!(line.trim(), own);
    let driven = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/real/browser/run.sh"))
        .arg("drive.mjs")
        .arg(&own)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&driven.stdout);
    println!("{said}");
    let complaint = String::from_utf8_lossy(&driven.stderr);
    assert!(driven.status.success(), "{said}{complaint}");
    assert_eq!(said.matches("no violation").count(), 4, "{said}");
}
