//! Fuzzes sequences of requests to simulated providers. The text has messages between lines of `---`. Names in braces are
//! replaced by values of earlier responses. `wait N` lets N seconds pass, and `revoke` revokes as the user.
//!
//! - It never panics, and every response has a valid HTTP status.
//! - A code gives tokens once. A code or token that the user revoked gives none.
//! - Only a request with the client's secret, a code or a valid token gets a token.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::{Corpus, fuzz_target};
use oauth_spec::simulator::{Client, Simulator};

const BACK: &str = "https://app.example.com/cb";
const PROVIDERS: [&str; 4] = ["box", "notion", "shopify", "slack"];

static PLANS: LazyLock<Simulator> = LazyLock::new(|| Simulator::start(PROVIDERS).unwrap());

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Corpus::Reject;
    };
    let simulator = PLANS.anew();
    let clients = PROVIDERS.map(|id| simulator.register(id, BACK).unwrap());
    let mut heard = Heard::of(&clients);
    for message in text.split("\n---\n").take(40) {
        match message.split_once(' ') {
            Some(("wait", seconds)) => {
                let seconds = seconds.trim().parse::<u32>().unwrap_or(0);
                simulator.advance(Duration::from_secs(seconds.into()));
            }
            None if message.trim() == "revoke" => {
                clients
                    .iter()
                    .for_each(|client| simulator.revoked_by_user(client));
                heard.revoked();
            }
            _ => {
                if let Some(request) = heard.request(message) {
                    let answer = simulator.answer(&request);
                    heard.answer(&request, &answer);
                }
            }
        }
    }
    Corpus::Keep
});

/// The values received so far.
struct Heard {
    /// The last value of each kind, by its name.
    known: BTreeMap<String, String>,
    secrets: Vec<String>,
    /// Codes that were exchanged for tokens.
    spent: BTreeSet<String>,
    /// Codes and tokens from before the user's revocation.
    dead: BTreeSet<String>,
    alive: BTreeSet<String>,
}

impl Heard {
    fn of(clients: &[Client]) -> Heard {
        let mut known = BTreeMap::new();
        let mut secrets = Vec::new();
        for (id, client) in PROVIDERS.iter().zip(clients) {
            let basic = STANDARD.encode(format!("{}:{}", client.id, client.secret));
            known.insert(format!("{id}.client"), client.id.clone());
            known.insert(format!("{id}.secret"), client.secret.clone());
            known.insert(format!("{id}.basic"), basic.clone());
            secrets.extend([client.secret.clone(), basic]);
        }
        Heard {
            known,
            secrets,
            spent: BTreeSet::new(),
            dead: BTreeSet::new(),
            alive: BTreeSet::new(),
        }
    }

    fn revoked(&mut self) {
        self.dead.append(&mut self.alive);
    }

    /// Returns the request of a message, with the names in braces replaced.
    fn request(&self, message: &str) -> Option<http::Request<Vec<u8>>> {
        let mut message = message.to_owned();
        for (name, text) in &self.known {
            message = message.replace(&format!("{{{name}}}"), text);
        }
        let (head, body) = message.split_once("\n\n").unwrap_or((&message, ""));
        let mut lines = head.lines();
        let (method, url) = lines.next()?.split_once(' ')?;
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            request = request.header(name, value);
        }
        request.body(body.as_bytes().to_vec()).ok()
    }

    fn answer(&mut self, request: &http::Request<Vec<u8>>, answer: &http::Response<Vec<u8>>) {
        let said = said(request);
        let location = answer
            .headers()
            .get("location")
            .map(|value| value.to_str().unwrap());
        let body = String::from_utf8_lossy(answer.body());
        for id in PROVIDERS {
            for (kind, text) in [
                ("code", location.unwrap_or_default()),
                ("access", &*body),
                ("refresh", &*body),
            ] {
                let mark = format!("{id}-{kind}-");
                let found = text.find(&mark).map(|at| &text[at..]);
                let Some(own) = found.and_then(|text| text.get(..mark.len() + 6)) else {
                    continue;
                };
                // A state may be any text, and the provider returns it.
                if said.contains(own) {
                    continue;
                }
                if kind != "code" {
                    self.brought(&said, own);
                }
                self.known.insert(format!("{id}.{kind}"), own.to_owned());
                self.alive.insert(own.to_owned());
            }
        }
    }

    /// Checks that the request of a token contains a valid credential.
    fn brought(&mut self, said: &str, token: &str) {
        let has = |text: &&String| said.contains(text.as_str());
        let alive: Vec<String> = self.alive.iter().filter(has).cloned().collect();
        let dead = self.dead.iter().find(has);
        assert!(
            dead.is_none() || !alive.is_empty(),
            "{token} is brought by what is dead: {said}"
        );
        let by_secret = self.secrets.iter().any(|text| has(&text));
        assert!(
            by_secret || !alive.is_empty(),
            "{token} is brought by nobody: {said}"
        );
        if let [code] = &*alive
            && code.contains("-code-")
            && token.contains("-access-")
        {
            assert!(
                self.spent.insert(code.clone()),
                "{code} works again: {said}"
            );
        }
    }
}

/// Returns the whole text of a request, both raw and percent-decoded.
fn said(request: &http::Request<Vec<u8>>) -> String {
    let headers = request.headers().values();
    let headers = headers.filter_map(|value| value.to_str().ok());
    let body = String::from_utf8_lossy(request.body());
    let text = format!(
        "{} {} {body}",
        request.uri(),
        headers.collect::<Vec<_>>().join(" ")
    );
    let decoded = form_urlencoded::parse(text.as_bytes());
    let decoded: String = decoded
        .map(|(name, value)| format!("{name} {value} "))
        .collect();
    format!("{text} {decoded}")
}
