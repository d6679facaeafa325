//! The provider's side, with a separate record of its responses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crash::BACK;
use oauth_spec::simulator::{Client, Server, Simulator};

/// A use of a refresh token, and the refresh token of the response, if any.
type Use = (String, Option<String>);

/// A simulated provider behind a socket.
pub(crate) struct Provider {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    pub(crate) name: &'static str,
    server: Server,
    uses: Arc<Mutex<Vec<Use>>>,
    /// The connection of each refresh token of a login.
    logins: Mutex<BTreeMap<String, String>>,
}

impl Provider {
    pub(crate) async fn strict() -> Provider {
        Provider::new(
            "strict",
            concat!(env!("CARGO_MANIFEST_DIR"), "/strict.toml"),
        )
        .await
    }

    pub(crate) async fn lenient() -> Provider {
        Provider::new(
            "lenient",
            concat!(env!("CARGO_MANIFEST_DIR"), "/lenient.toml"),
        )
        .await
    }

    async fn new(name: &'static str, spec: &str) -> Provider {
        let simulator = Simulator::start([spec]).unwrap();
        let client = simulator.register(name, BACK).unwrap();
        let uses = Arc::new(Mutex::new(Vec::new()));
        let list = uses.clone();
        let server = simulator.serve_and_tell("127.0.0.1:0", move |request, answer| {
            let body = String::from_utf8_lossy(request.body()).into_owned();
            let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            let used = pairs.into_iter().find(|(name, _)| *name == "refresh_token");
            let answered = answer.as_ref().ok().and_then(|answer| {
                let body: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
                Some(body.get("refresh_token")?.as_str()?.to_owned())
            });
            if let Some((_, used)) = used {
                list.lock().unwrap().push((used.to_owned(), answered));
            }
        });
        let server = server.await.unwrap();
        Provider {
            simulator,
            client,
            name,
            server,
            uses,
            logins: Mutex::default(),
        }
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn logged_in(&self, connection: &str, refresh_token: &str) {
        let mut logins = self.logins.lock().unwrap();
        logins.insert(refresh_token.to_owned(), connection.to_owned());
    }

    /// Returns the number of uses of refresh tokens.
    pub(crate) fn uses(&self) -> usize {
        self.uses.lock().unwrap().len()
    }

    /// Returns the refresh token that was used last.
    pub(crate) fn used_last(&self) -> String {
        self.uses.lock().unwrap().last().unwrap().0.clone()
    }

    /// Returns the refresh token that the last use returned.
    pub(crate) fn newest(&self) -> String {
        self.uses.lock().unwrap().last().unwrap().1.clone().unwrap()
    }

    /// Returns the connections whose returned refresh token was not used and is not in `held`, and the number of repeated
    /// uses of refresh tokens by connection.
    pub(crate) fn account(
        &self,
        held: &BTreeSet<String>,
    ) -> (BTreeSet<String>, BTreeMap<String, usize>) {
        let uses = self.uses.lock().unwrap();
        let mut connections = self.logins.lock().unwrap().clone();
        let mut again: BTreeMap<String, usize> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for (token, answered) in &*uses {
            let connection = connections[token].clone();
            if !used.insert(token) {
                *again.entry(connection.clone()).or_default() += 1;
            }
            if let Some(new) = answered {
                connections.insert(new.clone(), connection);
            }
        }
        let answers = uses.iter().filter_map(|(_, answered)| answered.as_ref());
        let unused = answers.filter(|new| !used.contains(new) && !held.contains(*new));
        let unanswered = unused.map(|new| connections[new].clone());
        (unanswered.collect(), again)
    }
}
