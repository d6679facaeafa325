//! A real server, started by its script and stopped by its own process id, and a browser for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crash::REAL_BACK;
use serde_json::Value;

/// A server that runs.
pub(crate) struct Server {
    folder: PathBuf,
    pub(crate) port: String,
    /// Id and secret of its client that authenticates by HTTP Basic.
    pub(crate) client: (String, String),
    settings: Value,
}

impl Server {
    /// Starts the server of this folder of `tests/servers`. The first start on a machine installs it.
    pub(crate) fn start(name: &str) -> Server {
        let servers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../servers");
        let folder = servers.join(name);
        let start = || {
            let output = Command::new(folder.join("start.sh"))
                .env("REFRESH_TTL", "86400")
                .env("REDIRECT_URI", REAL_BACK)
                .stderr(Stdio::inherit())
                .output()
                .unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            printed.contains("READY").then_some(printed)
        };
        // A busy machine may spoil one start, and hardly the next.
        let printed = start().or_else(start).unwrap_or_else(|| {
            panic!("{name} cannot be started (its reason is above): the crash driver needs it")
        });
        let line = |word: &str| {
            let mut lines = printed.lines();
            let line = lines.find_map(|line| line.strip_prefix(word));
            line.unwrap().trim().to_owned()
        };
        let settings = std::fs::read_to_string(line("INFO ")).unwrap();
        let settings: Value = serde_json::from_str(&settings).unwrap();
        let client = &settings["clients"]["basic"];
        let text = |name: &str| client[name].as_str().unwrap().to_owned();
        Server {
            client: (text("client_id"), text("client_secret")),
            port: line("READY http://127.0.0.1:"),
            folder,
            settings,
        }
    }

    /// Signs in and consents, as a user with a browser does: the URL that the browser is sent back to.
    pub(crate) async fn browse(&self, url: &str) -> String {
        // The API of glewlwyd's login page. oidc-provider signs in by redirects alone.
        let login = self.settings["endpoints"]["login_api"].as_str();
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .cookie_store(login.is_none())
            .build()
            .unwrap();
        let cookie = match login {
            Some(login) => Some(self.sign_in(&browser, login).await),
            None => None,
        };
        let mut next = url.to_owned();
        for _ in 0..10 {
            let mut request = browser.get(&next);
            if let Some(cookie) = &cookie {
                request = request.header("cookie", cookie);
            }
            let answered = request.send().await.unwrap();
            let status = answered.status();
            let location = answered.headers().get("location");
            let location = location.unwrap_or_else(|| panic!("{status} at {next}"));
            let location = location.to_str().unwrap();
            if location.starts_with(REAL_BACK) {
                return location.to_owned();
            }
            next = match location.starts_with('/') {
                true => format!("http://127.0.0.1:{}{location}", self.port),
                false => location.to_owned(),
            };
        }
        panic!("the login does not end: {next}");
    }

    async fn sign_in(&self, browser: &reqwest::Client, login: &str) -> String {
        let user = &self.settings["user"];
        let body = serde_json::json!({ "username": user["name"], "password": user["password"] });
        let answered = browser
            .post(login)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let cookie = answered.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let stop = self.folder.join("stop.sh");
        let stopped = Command::new(stop).arg(&self.port).output();
        if let (Ok(output), false) = (stopped, std::thread::panicking()) {
            let why = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{why}");
        }
    }
}
