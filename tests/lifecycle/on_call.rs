//! The operator's view: connections that change with their spec, connections that end, and the commands that report both.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use clap::Parser as _;
use oauth_providers::r#box as box_;
use oauth_runtime::lifecycle::store::{Key, Setting, Store as _};
use oauth_runtime::lifecycle::{
    Deployment, Event, Health, InvalidKeys, Manager, SealingKeys, SqliteStore, TokenError,
};
use oauth_runtime::operator::{Command, OperatorError};
use oauth_runtime::{
    Http, SealingKey, Secret, Token, http::TransportError, oauth_provider, provider::SpecChange,
};
use oauth_spec::simulator::{Client, Simulator};

#[oauth_provider("../specs/strict.toml")]
mod strict {}

#[oauth_provider("../specs/later/strict.toml")]
mod later {}

const BACK: &str = "https://app.example.com/callback";
const DAY: Duration = Duration::from_secs(86400);

struct World {
    simulator: Simulator,
    client: Client,
    store: Arc<SqliteStore>,
    manager: Manager,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let simulator = Simulator::start(["box"]).unwrap();
        let client = simulator.register("box", BACK).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("connections.db");
        let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
        let store = Arc::new(store);
        let http = Http::over(simulator.transport::<TransportError>());
        World {
            manager: Manager::new(store.clone(), http, keys()),
            simulator,
            client,
            store,
            folder,
        }
    }

    fn app(&self) -> box_::App {
        let back = box_::RedirectUri::constant(BACK);
        box_::App::new(&*self.client.id, &*self.client.secret, back)
    }

    async fn connect(&self, name: &str) {
        let app = self.app();
        let login = box_::login(&app, &[]);
        let back = self.simulator.browse(login.url()).unwrap();
        let code = login.callback(&back).unwrap();
        let http = Http::over(self.simulator.transport::<TransportError>());
        let tokens = http.send(box_::exchange(&app, code)).await.unwrap();
        let connected = self.manager.connect(name, &app, tokens.access, ());
        connected.await.unwrap();
    }

    async fn says(&self, command: &[&str]) -> Result<String, (String, OperatorError)> {
        let mut said = Vec::new();
        let done = parsed(command).run(&self.manager, &mut said).await;
        let said = String::from_utf8(said).unwrap();
        done.map(|()| said.clone()).map_err(|error| (said, error))
    }
}

fn keys() -> SealingKeys {
    SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]))
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn parsed(command: &[&str]) -> Command {
    let arguments = Arguments::try_parse_from(["connections"].iter().chain(command));
    arguments.unwrap().command
}

fn strict_key() -> Key {
    Key {
        connection: "ann".to_owned(),
        provider: "strict".to_owned(),
        token: "access".to_owned(),
    }
}

#[tokio::test]
async fn a_spec_that_changed_is_told_for_each_connection_and_breaks_none() {
    let world = World::new();
    let manager = &world.manager;
    let app = strict::App::new("id", "secret", strict::RedirectUri::constant(BACK));
    let token = strict::AccessToken::from_stored(Token::new(Secret::new("at")));
    manager.connect("ann", &app, token, ()).await.unwrap();
    manager.manage::<strict::AccessToken>(&app);
    let status = manager.status(&strict_key()).await.unwrap().unwrap();
    assert_eq!(status.changes, []);

    // The next release of the application has another revision of the spec.
    let http = Http::over(world.simulator.transport::<TransportError>());
    let manager = Manager::new(world.store.clone(), http, keys());
    let app = later::App::new("id", "secret", later::RedirectUri::constant(BACK));
    manager.manage::<later::AccessToken>(&app);
    let mut events = manager.events();
    let opened = manager.connection::<later::AccessToken>("ann", &app).await;
    // The API's address is in a field that was not stored. Only that requires a login, and the error reports it.
    assert!(matches!(opened.err(), Some(TokenError::Changed(_))));
    let what = vec![SpecChange::Scopes, SpecChange::Hosts, SpecChange::Fields];
    let told = Event::SpecChanged {
        key: strict_key(),
        what: what.clone(),
    };
    assert_eq!(events.try_recv().unwrap(), told);
    let status = manager.status(&strict_key()).await.unwrap().unwrap();
    assert_eq!(status.changes, what);
    assert_eq!(status.health, Health::Well);
}

#[tokio::test]
async fn what_ends_soon_is_told_while_there_is_time() {
    let world = World::new();
    let mut events = world.manager.events();
    let now = UNIX_EPOCH + UNIX_EPOCH.elapsed().unwrap();
    let app = strict::App::new("id", "secret", strict::RedirectUri::constant(BACK));
    for (name, days) in [("ann", 10), ("bob", 40)] {
        // Without a refresh token, the connection ends when its access token expires.
        let token = Token::new(Secret::new("at")).with_expires_at(now + days * DAY);
        let token = strict::AccessToken::from_stored(token);
        world.manager.connect(name, &app, token, ()).await.unwrap();
    }
    let Ok(Event::EndsSoon { key, within }) = events.try_recv() else {
        panic!("it ends soon");
    };
    assert_eq!(key, strict_key());
    assert!(within > 9 * DAY && within <= 10 * DAY, "{within:?}");
    assert!(events.try_recv().is_err(), "of ann alone");
    world
        .manager
        .app_secret_ends::<strict::AccessToken>(&app, now + 5 * DAY);
    let report = world.manager.report().await.unwrap();
    let ends: Vec<&str> = report
        .ends
        .iter()
        .map(|(_, key)| &*key.connection)
        .collect();
    assert_eq!(ends, ["ann", "bob"]);
    let (end, provider, client_id) = &report.app_secrets[0];
    assert_eq!(
        (*end, &**provider, &**client_id),
        (now + 5 * DAY, "strict", "id")
    );
    let said = world.says(&["report"]).await.unwrap();
    assert!(
        said.contains("need a new login even if they are refreshed"),
        "{said}"
    );
    assert!(said.contains("client secrets that expire"), "{said}");
}

#[tokio::test]
async fn commands_tell_how_connections_fare_and_refresh_one() {
    let world = World::new();
    world.connect("ann").await;
    world.connect("bob").await;
    let list = world.says(&["list"]).await.unwrap();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(
        lines[1].starts_with("ann ") && lines[1].ends_with(" well"),
        "{list}"
    );
    assert_eq!(
        world
            .says(&["list", "--ill"])
            .await
            .unwrap()
            .lines()
            .count(),
        1
    );
    let show = world.says(&["show", "ann"]).await.unwrap();
    for line in ["state                  well", "refresh token          yes"] {
        assert!(show.contains(line), "{show}");
    }
    let absent = world.says(&["show", "carol"]).await.unwrap_err().1;
    assert_eq!(
        absent.to_string(),
        "there is no connection `carol`: run `list` for all names"
    );

    // Only a process that has the app can refresh.
    let no_app = world.says(&["refresh", "ann"]).await.unwrap_err().1;
    assert!(matches!(no_app, OperatorError::NoApp(_)), "{no_app}");
    world.manager.manage::<box_::AccessToken>(&world.app());
    let before = world.simulator.received().len();
    let said = world.says(&["refresh", "ann"]).await.unwrap();
    assert!(
        said.starts_with("ann (box, access) was refreshed; "),
        "{said}"
    );
    assert_eq!(world.simulator.received().len(), before + 1);

    let doctor = world.says(&["doctor"]).await.unwrap();
    assert!(
        doctor.contains("ok     store: synchronous is 2"),
        "{doctor}"
    );
    world.simulator.revoked_by_user(&world.client);
    let dead = world.says(&["refresh", "bob"]).await.unwrap_err().1;
    assert_eq!(
        dead.to_string(),
        "bob (box, access) was not refreshed: needs a login"
    );
    let (said, ill) = world.says(&["doctor"]).await.unwrap_err();
    assert!(
        said.contains("WRONG  1 of 2 connections need a login"),
        "{said}"
    );
    assert_eq!(ill.to_string(), "found 1 problem");
    let ill = world.says(&["list", "--ill"]).await.unwrap();
    assert!(ill.contains("bob") && !ill.contains("ann"), "{ill}");
}

/// Returns a line without its variable parts. Each figure and time is replaced by `#`.
fn without_figures(line: &str) -> String {
    let is_figure = |word: &&str| word.starts_with(|first: char| first.is_ascii_digit());
    let words = line.split(' ');
    let words = words.map(|word| if is_figure(&word) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_guide_shows_what_the_commands_print() {
    let world = World::new();
    world.connect("bob").await;
    world.manager.manage::<box_::AccessToken>(&world.app());
    let report = world.says(&["report"]).await.unwrap();
    world.simulator.revoked_by_user(&world.client);
    world.says(&["refresh", "bob"]).await.unwrap_err();
    let ill = world.says(&["list", "--ill"]).await.unwrap();
    let guide: Vec<_> = include_str!("../../oauth-runtime/src/guide/operations.md")
        .lines()
        .map(without_figures)
        .collect();
    for line in ill.lines().chain(report.lines()) {
        let line = without_figures(line);
        assert!(guide.contains(&line), "the guide has no `{line}`");
    }
}

/// Returns a deployment that opens the tokens that its original sealed.
fn laptop() -> Deployment {
    Deployment::named("laptop").formerly("here")
}

#[tokio::test]
async fn a_copy_and_another_key_are_found_by_the_doctor_and_mended() {
    let world = World::new();
    world.connect("ann").await;
    let path = world.folder.path().join("connections.db");
    let other = SqliteStore::open(&path, &laptop()).unwrap();
    let http = Http::over(world.simulator.transport::<TransportError>());
    let new = || SealingKey::from_bytes(&[8; 32]);
    let both = SealingKeys::new("two", new()).and("one", SealingKey::from_bytes(&[7; 32]));
    let copy = World {
        manager: Manager::new(other, http.clone(), both),
        ..world
    };
    let (said, _) = copy.says(&["doctor"]).await.unwrap_err();
    assert!(
        said.contains("WRONG  store: deployment is here, must be laptop"),
        "{said}"
    );
    copy.says(&["reseal"]).await.unwrap_err();
    copy.says(&["claim"]).await.unwrap();
    let resealed = copy.says(&["reseal"]).await.unwrap();
    assert!(
        resealed.starts_with("1 resealed with the first key"),
        "{resealed}"
    );
    copy.says(&["doctor"]).await.unwrap();
    // Keys that are stored elsewhere are looked up by id.
    let found = SealingKeys::new("three", SealingKey::generate());
    let found = found.or_find(|id| (id == "two").then(|| SealingKey::from_bytes(&[8; 32])));
    let store = SqliteStore::open(&path, &laptop()).unwrap();
    let asking = Manager::new(store, http.clone(), found);
    let opened = asking
        .connection::<box_::AccessToken>("ann", &copy.app())
        .await;
    assert!(opened.unwrap().token().await.is_ok());
    // The old key alone no longer opens any tokens.
    let store = SqliteStore::open(&path, &laptop()).unwrap();
    assert!(
        store
            .settings()
            .await
            .unwrap()
            .iter()
            .all(Setting::is_right)
    );
    let late = World {
        manager: Manager::new(store, http, keys()),
        ..copy
    };
    let (said, _) = late.says(&["doctor"]).await.unwrap_err();
    assert!(
        said.contains(
            "ann (box, access): its tokens cannot be opened: it is sealed with the key `two`"
        ),
        "{said}"
    );
}

#[test]
fn sealing_keys_come_from_a_text_and_never_show_it() {
    let key = "bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE";
    let keys = SealingKeys::parse(&format!(" new:{key}= \n\nold:{key}\n")).unwrap();
    assert_eq!(format!("{keys:?}"), "SealingKeys([\"new\", \"old\"])");
    let malformed = SealingKeys::parse(&format!("new:{key},old:short")).unwrap_err();
    assert_eq!(malformed, InvalidKeys::Malformed(2));
    assert!(!malformed.to_string().contains("short"));
    assert_eq!(SealingKeys::parse(" ").unwrap_err(), InvalidKeys::None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    std::fs::write(&path, format!("one:{key}\n")).unwrap();
    let with_mode = |mode| {
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        SealingKeys::from_file(&path)
    };
    let open = with_mode(0o644).unwrap_err();
    assert_eq!(open, InvalidKeys::Open(0o644));
    assert!(open.to_string().contains("chmod 600"), "{open}");
    assert!(with_mode(0o600).is_ok());
    assert!(SealingKeys::from_env("NO_SUCH_VARIABLE").is_err());
}

#[tokio::test]
async fn counts_and_gauges_have_stable_names() {
    let told = Arc::<told::Told>::default();
    // A process has one global recorder, and no other test sets one.
    metrics::set_global_recorder(told::Recorder(told.clone())).unwrap();
    let world = World::new();
    world.connect("metered").await;
    let app = world.app();
    let connection = world
        .manager
        .connection::<box_::AccessToken>("metered", &app);
    let connection = connection.await.unwrap();
    connection.refresh().await.unwrap();
    connection.api().get("/users/me").send().await.unwrap();
    world.manager.outlook().await.unwrap();
    for name in [
        "oauth_refreshes_total box refreshed",
        "oauth_api_calls_total box unnamed ok",
        "oauth_connections",
        "oauth_first_lost_seconds",
    ] {
        assert!(told.has(name), "{name}: {told:?}");
    }
}

/// A recorder that remembers the reported metrics.
mod told {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, SharedString, Unit};

    #[derive(Debug, Default)]
    pub(super) struct Told(Mutex<BTreeSet<String>>);

    impl Told {
        pub(super) fn has(&self, name: &str) -> bool {
            self.0.lock().unwrap().contains(name)
        }

        fn note(&self, key: &Key) {
            let labels = key.labels().map(|label| format!(" {}", label.value()));
            let name = key.name().to_owned() + &labels.collect::<String>();
            self.0.lock().unwrap().insert(name);
        }
    }

    pub(super) struct Recorder(pub(super) Arc<Told>);

    impl metrics::Recorder for Recorder {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            self.0.note(key);
            Counter::noop()
        }

        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            self.0.note(key);
            Gauge::noop()
        }

        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            self.0.note(key);
            Histogram::noop()
        }
    }
}
