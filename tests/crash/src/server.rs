//! A real server for one test, with a browser for it. A script starts the server, and it is stopped when the test ends.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what fails here fails the test that called"
)]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use oauth_runtime::SealingKey;
use serde_json::Value;

/// The kind of server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// npm oidc-provider.
    OidcProvider,
    /// glewlwyd, from Debian's packages.
    Glewlwyd,
}

impl Kind {
    fn folder(self) -> PathBuf {
        let name = match self {
            Kind::OidcProvider => "oidc-provider",
            Kind::Glewlwyd => "glewlwyd",
        };
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../servers")).join(name)
    }
}

/// A running server.
pub struct Server {
    kind: Kind,
    /// The server's port on loopback.
    pub port: u16,
    /// A key that seals logins.
    pub key: SealingKey,
    settings: Value,
}

/// A registered client.
pub struct Client {
    /// The client id.
    pub id: String,
    /// The client secret. It is empty for a public client.
    pub secret: String,
}

impl Server {
    /// Starts a server on a free port. The first start on a machine installs it.
    pub fn start(kind: Kind) -> Server {
        Server::start_with(kind, &[])
    }

    /// Starts a server with environment variables for its start script.
    pub fn start_with(kind: Kind, settings: &[(&str, &str)]) -> Server {
        let start = || {
            let output = Command::new(kind.folder().join("start.sh"))
                .envs(settings.iter().copied())
                .stderr(Stdio::inherit())
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            printed.contains("READY").then_some(printed)
        };
        // A busy machine may spoil one start, but hardly two. start.sh prints the reason.
        let printed = start()
            .or_else(start)
            .expect("the server did not start, twice");
        let line = |word: &str| {
            printed
                .lines()
                .find_map(|line| line.strip_prefix(word))
                .map(str::to_owned)
        };
        let ready = line("READY http://127.0.0.1:").unwrap();
        let settings = std::fs::read_to_string(line("INFO ").unwrap()).unwrap();
        Server {
            kind,
            port: ready.trim().parse().unwrap(),
            key: SealingKey::generate(),
            settings: serde_json::from_str(&settings).unwrap(),
        }
    }

    /// Returns the redirect URI that the server's clients have registered.
    pub fn redirect_uri(&self) -> &str {
        self.settings["redirect_uri"].as_str().unwrap()
    }

    /// Returns the client that has this name in the server's settings, such as `basic`.
    pub fn client(&self, name: &str) -> Client {
        let client = &self.settings["clients"][name];
        let text = |key: &str| client[key].as_str().unwrap_or_default().to_owned();
        Client {
            id: text("client_id"),
            secret: text("client_secret"),
        }
    }

    /// Acts as a user with a browser: opens a login's URL, signs in, agrees, and returns the URL of the callback.
    pub async fn browse(&self, url: &str) -> String {
        let (status, back) = self.try_browse(url).await;
        back.unwrap_or_else(|| panic!("{status} at {url}"))
    }

    /// Returns the last status, and the URL that the browser is redirected to, if any.
    pub async fn try_browse(&self, url: &str) -> (u16, Option<String>) {
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(self.kind == Kind::OidcProvider)
            .build()
            .unwrap();
        let cookie = match self.kind {
            Kind::OidcProvider => None,
            Kind::Glewlwyd => Some(self.sign_in(&browser).await),
        };
        let mut next = url.to_owned();
        for _ in 0..10 {
            let mut request = browser.get(&next);
            if let Some(cookie) = &cookie {
                request = request.header("cookie", cookie);
            }
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let Some(location) = response.headers().get("location") else {
                return (status, None);
            };
            let location = location.to_str().unwrap();
            if location.starts_with(self.redirect_uri()) {
                return (status, Some(location.to_owned()));
            }
            next = match location.starts_with('/') {
                true => format!("http://127.0.0.1:{}{location}", self.port),
                false => location.to_owned(),
            };
        }
        panic!("the login does not end: {next}");
    }

    async fn sign_in(&self, browser: &reqwest::Client) -> String {
        let user = &self.settings["user"];
        let body = serde_json::json!({ "username": user["name"], "password": user["password"] });
        let response = browser
            .post(self.settings["endpoints"]["login_api"].as_str().unwrap())
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stopped = Command::new(self.kind.folder().join("stop.sh"))
            .arg(self.port.to_string())
            .output();
        if let (Ok(output), false) = (stopped, std::thread::panicking()) {
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

/// Returns the state parameter of an authorization URL or a callback.
pub fn state(url: &str) -> &str {
    url.split(['?', '&'])
        .find_map(|pair| pair.strip_prefix("state="))
        .unwrap()
}
