//! Pairs of apps that differ in one thing.

use oauth_providers::custom;
use oauth_runtime::{Error, LoginSecrets, SealingKey, provider::StoredToken};

use super::{hosted, services, worlds};

/// One of the two apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    A,
    B,
}

pub(crate) const BOTH: [Which; 2] = [Which::A, Which::B];

pub(crate) const BACK: &str = "https://app.example.com/callback";

/// The client id of both apps.
pub(crate) const CLIENT_ID: &str = "id";

/// The client secret of both apps.
pub(crate) const SECRET: &str = "secret";

impl Which {
    pub(crate) fn nth(self) -> usize {
        match self {
            Which::A => 0,
            Which::B => 1,
        }
    }

    pub(crate) fn other(self) -> Which {
        match self {
            Which::A => Which::B,
            Which::B => Which::A,
        }
    }

    /// Returns the name of this app's connection, in situations where each app has one.
    pub(crate) fn connection(self) -> &'static str {
        ["ann", "bob"][self.nth()]
    }

    /// Returns the text that this app's tokens contain and nothing else does.
    pub(crate) fn mark(self) -> &'static str {
        ["-of-a-", "-of-b-"][self.nth()]
    }
}

pub(crate) type AppOf<P> = <<P as Pair>::Token as StoredToken>::App;

/// Two apps with the same client id.
pub(crate) trait Pair {
    type Token: StoredToken<Inputs = ()>;

    /// The prefix of the URL of each app's requests.
    const OWN: [&'static str; 2];

    /// The URL of a call to each app's API.
    const API: [&'static str; 2];

    /// Whether the spec states an idle time, so that there is something to keep alive.
    const IS_KEPT_ALIVE: bool;

    fn app(which: Which, secret: &str) -> AppOf<Self>;

    /// Returns the request by which the app `by` exchanges the code of a login that the app `began` started. If
    /// `is_sealed`, the login was sealed before its callback.
    fn exchange(
        began: &AppOf<Self>,
        by: &AppOf<Self>,
        is_sealed: bool,
    ) -> Result<http::Request<Vec<u8>>, Error>;
}

/// Defines the exchange of a module, by the arguments of its login and the callback's parameters beside code and state.
macro_rules! exchange {
    ($module:ident ($($asked:expr),*) $further:expr) => {
        fn exchange(
            began: &$module::App,
            by: &$module::App,
            is_sealed: bool,
        ) -> Result<http::Request<Vec<u8>>, Error> {
            let secrets = LoginSecrets::from_parts("xyz", "verifier").unwrap();
            let mut login = $module::login_with(began, $($asked,)* &secrets);
            let further: String = $further(login.url());
            if is_sealed {
                let key = SealingKey::from_bytes(&[3; 32]);
                login = $module::Login::open(&login.seal(&key), &key).unwrap();
            }
            let code = login.callback(&format!("{BACK}?code=c0de&state=xyz{further}"));
            $module::exchange(by, code.unwrap()).http_request()
        }
    };
}

fn nothing_further(_: &str) -> String {
    String::new()
}

/// Returns the `iss` parameter for the realm in a login's URL.
fn issuer(url: &str) -> String {
    let realm = url.split("/realms/").nth(1).unwrap();
    let (realm, _) = realm.split_once('/').unwrap();
    format!("&iss=https%3A%2F%2Flogin.example.com%2Frealms%2F{realm}")
}

/// Apps on two hosts.
pub(crate) struct Hosts;

impl Pair for Hosts {
    type Token = hosted::AccessToken;

    const OWN: [&'static str; 2] = ["https://one.vendor.example/", "https://two.vendor.example/"];
    const API: [&'static str; 2] = [
        "https://one.vendor.example/me",
        "https://two.vendor.example/me",
    ];
    const IS_KEPT_ALIVE: bool = true;

    fn app(which: Which, secret: &str) -> hosted::App {
        let host = ["one.vendor.example", "two.vendor.example"][which.nth()];
        let host = hosted::Host::parse(host).unwrap();
        let back = hosted::RedirectUri::constant(BACK);
        hosted::App::new(CLIENT_ID, secret, back, host)
    }

    exchange!(hosted () nothing_further);
}

/// Apps in two realms of one host.
pub(crate) struct Realms;

impl Pair for Realms {
    type Token = custom::AccessToken;

    const OWN: [&'static str; 2] = [
        "https://login.example.com/realms/one/",
        "https://login.example.com/realms/two/",
    ];
    const API: [&'static str; 2] = [
        "https://login.example.com/realms/one/account",
        "https://login.example.com/realms/two/account",
    ];
    // The idle time is a setting of the realm, so the spec states none.
    const IS_KEPT_ALIVE: bool = false;

    fn app(which: Which, secret: &str) -> custom::App {
        let host = custom::Host::parse("login.example.com").unwrap();
        let realm = custom::Realm::parse(["one", "two"][which.nth()]).unwrap();
        let back = custom::RedirectUri::constant(BACK);
        custom::App::new(CLIENT_ID, secret, back, host, realm)
    }

    exchange!(custom (&[], custom::LoginOptions::default()) issuer);
}

/// Apps in two environments.
pub(crate) struct Environments;

impl Pair for Environments {
    type Token = worlds::AccessToken;

    const OWN: [&'static str; 2] = [
        "https://live.vendor.example/",
        "https://sandbox.vendor.example/",
    ];
    const API: [&'static str; 2] = [
        "https://live.vendor.example/me",
        "https://sandbox.vendor.example/me",
    ];
    const IS_KEPT_ALIVE: bool = true;

    fn app(which: Which, secret: &str) -> worlds::App {
        let back = worlds::RedirectUri::constant(BACK);
        let app = worlds::App::new(CLIENT_ID, secret, back);
        match which {
            Which::A => app,
            Which::B => app.with_environment(worlds::Environment::Sandbox),
        }
    }

    exchange!(worlds () nothing_further);
}

/// Apps at two services, each named by a word that selects its host.
pub(crate) struct Services;

impl Pair for Services {
    type Token = services::AccessToken;

    const OWN: [&'static str; 2] = ["https://eu.vendor.example/", "https://us.vendor.example/"];
    const API: [&'static str; 2] = [
        "https://eu.vendor.example/me",
        "https://us.vendor.example/me",
    ];
    const IS_KEPT_ALIVE: bool = true;

    fn app(which: Which, secret: &str) -> services::App {
        let service = services::Service::parse(["eu", "us"][which.nth()]).unwrap();
        let back = services::RedirectUri::constant(BACK);
        services::App::new(CLIENT_ID, secret, back, service)
    }

    exchange!(services () nothing_further);
}
