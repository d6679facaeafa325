//! Users who are connected to simulated providers: an app, a manager, and the tokens of their logins.

use oauth_providers::{r#box as box_, github, slack};
use oauth_runtime::lifecycle::{Connection, Manager, MemoryStore, SealingKeys};
use oauth_runtime::{Http, SealingKey, http::TransportError};
use oauth_spec::simulator::{Client, Simulator};

pub(crate) const BACK: &str = "https://app.example.com/callback";

/// A simulated provider, an app at it, and a manager.
pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) client: Client,
    pub(crate) http: Http,
    pub(crate) manager: Manager,
}

impl World {
    pub(crate) fn of(provider: &str) -> World {
        let simulator = Simulator::start([provider]).unwrap();
        let client = simulator.register(provider, BACK).unwrap();
        let http = Http::over(simulator.transport::<TransportError>());
        World {
            manager: manager(http.clone()),
            simulator,
            client,
            http,
        }
    }

    /// Returns the number of requests to this host and path.
    pub(crate) fn calls(&self, to: &str) -> usize {
        let received = self.simulator.received();
        let here = received.iter().filter(|request| {
            let uri = request.uri();
            format!("{}{}", uri.host().unwrap_or_default(), uri.path()) == to
        });
        here.count()
    }

    /// Returns the last request.
    pub(crate) fn last(&self) -> http::Request<Vec<u8>> {
        self.simulator.received().pop().unwrap()
    }

    /// Logs in at Slack, and returns the app and its bot token.
    pub(crate) async fn slack(&self, scopes: &[slack::BotScope]) -> (slack::App, slack::BotToken) {
        let back = slack::RedirectUri::constant(BACK);
        let app = slack::App::new(&*self.client.id, &*self.client.secret, back);
        let login = slack::login(
            &app,
            slack::LoginOptions {
                bot_scopes: scopes,
                ..Default::default()
            },
        );
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let tokens = self.http.send(slack::exchange(&app, code)).await;
        (app, tokens.unwrap().bot.unwrap())
    }

    /// Logs in at GitHub, and returns the app and its access token.
    pub(crate) async fn github(
        &self,
        scopes: &[github::Scope],
    ) -> (github::App, github::AccessToken) {
        let back = github::RedirectUri::constant(BACK);
        let app = github::App::new(&*self.client.id, &*self.client.secret, back);
        let login = github::login(&app, scopes, github::LoginOptions::default());
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let tokens = self.http.send(github::exchange(&app, code)).await;
        (app, tokens.unwrap().access)
    }

    /// Returns a connection to Slack.
    pub(crate) async fn ann_at_slack(
        &self,
        scopes: &[slack::BotScope],
    ) -> Connection<slack::BotToken> {
        let (app, bot) = self.slack(scopes).await;
        self.manager.connect("ann", &app, bot, ()).await.unwrap()
    }

    /// Returns a connection to Box.
    pub(crate) async fn ann_at_box(&self) -> Connection<box_::AccessToken> {
        let back = box_::RedirectUri::constant(BACK);
        let app = box_::App::new(&*self.client.id, &*self.client.secret, back);
        let login = box_::login(&app, &[]);
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let tokens = self.http.send(box_::exchange(&app, code)).await;
        let access = tokens.unwrap().access;
        self.manager.connect("ann", &app, access, ()).await.unwrap()
    }
}

/// Returns a manager that keeps its connections in memory.
pub(crate) fn manager(http: Http) -> Manager {
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    Manager::new(MemoryStore::new(), http, keys)
}
