//! No secret is in a log, an error, an event, a `Debug` text or the files of a database. Every flow runs at trace level,
//! and its whole output is searched for every issued secret.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use oauth_providers::r#box as box_;
use oauth_runtime::lifecycle::{Deployment, Logins, Manager, Owner, SealingKeys, SqliteStore};
use oauth_runtime::operator::Command;
use oauth_runtime::{Http, SealingKey, http::TransportError};
use oauth_spec::simulator::{Client, Fault, Simulator};
use tracing::Level;

const BACK: &str = "https://app.example.com/callback";

/// A searched output: its name and its bytes.
type Channel = (&'static str, Vec<u8>);

/// The place where a secret is leaked on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leak {
    None,
    Log,
    Debug,
    Database,
}

/// A log in memory.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

thread_local! {
    /// The log of the test that runs on this thread.
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// Sends the events of every thread to its log. It runs once, because log levels are set for the whole process.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(|| LOG.with_borrow(|log| log.clone().unwrap_or_default()))
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// Starts a log of this thread, and returns it.
pub(crate) fn logged() -> Log {
    let log = Log::default();
    listen();
    LOG.set(Some(log.clone()));
    log
}

/// Returns every encoding of a secret that is searched for.
fn ways(secret: &str) -> Vec<String> {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    // In base64 a text has three forms, depending on its offset. Only the part that its neighbours do not affect is
    // searched for.
    let shifted = (0..3).map(|shift| {
        let text = STANDARD_NO_PAD.encode([&[b' '; 2][..shift.min(2)], secret.as_bytes()].concat());
        text[4.min(text.len())..text.len().saturating_sub(3)].to_owned()
    });
    let mut ways = vec![secret.to_owned(), percent, URL_SAFE_NO_PAD.encode(secret)];
    ways.extend(shifted);
    ways.push(secret.replace('-', "%2D"));
    ways.retain(|way| way.len() >= 8);
    ways
}

fn found(secrets: &BTreeSet<String>, channels: &[Channel]) -> Vec<String> {
    let mut found = Vec::new();
    for (name, bytes) in channels {
        let text = String::from_utf8_lossy(bytes);
        for secret in secrets {
            if ways(secret).iter().any(|way| text.contains(way)) {
                found.push(format!("{secret} in the {name}"));
            }
        }
    }
    found
}

/// Returns the secret texts of a response.
fn issued(body: &[u8]) -> Vec<String> {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let secrets = ["access_token", "refresh_token", "id_token"];
    let texts = secrets
        .iter()
        .filter_map(|name| members.get(*name)?.as_str());
    texts.map(str::to_owned).collect()
}

/// Runs every flow. Returns the issued secrets and all outputs.
async fn flows(folder: &Path, leak: Leak) -> (BTreeSet<String>, Vec<Channel>) {
    let log = logged();
    let simulator = Simulator::start(["box"]).unwrap();
    let client = simulator.register("box", BACK).unwrap();
    let Client { id, secret, .. } = client.clone();
    let secrets = Arc::new(Mutex::new(BTreeSet::from([secret.clone()])));
    let (carry, heard) = (simulator.transport::<TransportError>(), secrets.clone());
    let http = Http::over(move |request: http::Request<Vec<u8>>| {
        let (answer, heard) = (carry(request), heard.clone());
        async move {
            let answer = answer.await?;
            heard.lock().unwrap().extend(issued(answer.body()));
            Ok::<_, TransportError>(answer)
        }
    });
    let path = folder.join("connections.db");
    let store = Arc::new(SqliteStore::open(&path, &Deployment::named("here")).unwrap());
    let keys = SealingKeys::new("one", SealingKey::from_bytes(&[7; 32]));
    let manager = Manager::new(store.clone(), http.clone(), keys);
    let mut events = manager.events();
    let app = box_::App::new(&*id, &*secret, box_::RedirectUri::constant(BACK));
    let mut debug = format!("{app:?} {manager:?}");
    let login = box_::login(&app, &[]);
    let back = simulator.browse(login.url()).unwrap();
    let code = back
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    secrets.lock().unwrap().insert(code.to_owned());
    // In between, the login is in the store for the holder of the ticket.
    let logins = Logins::new(store.clone(), SealingKey::from_bytes(&[8; 32]));
    let begun = logins.begin(Owner::user("ann"), &login).await.unwrap();
    let ticket = begun.ticket().expose().to_owned();
    secrets.lock().unwrap().insert(ticket.clone());
    debug += &format!("{begun:?} {logins:?}");
    let other = logins
        .take::<box_::Login>(Owner::user("bob"), &app, &ticket, &back)
        .await;
    debug += &format!("{:?}", other.err());
    let code = login.callback(&back).unwrap();
    debug += &format!("{code:?}");
    let tokens = http.send(box_::exchange(&app, code)).await.unwrap();
    debug += &format!("{tokens:?}");
    let connection = manager
        .connect("ann", &app, tokens.access, ())
        .await
        .unwrap();
    let faults = [
        None,
        Some(Fault::LostRequest),
        Some(Fault::ServerError(500)),
        Some(Fault::Page),
        Some(Fault::TooManyRequests(Duration::from_secs(5))),
        Some(Fault::NoRefreshToken),
        None,
        Some(Fault::TimeOutAfter),
        None,
    ];
    for fault in faults {
        if let Some(fault) = fault {
            simulator.fault(fault);
        }
        let time = Duration::from_secs(7200);
        simulator.advance(time);
        store.advance(time);
        manager.forget();
        let token = connection.token().await;
        debug += &match &token {
            Ok(token) => format!("{token:?} {:?}", **token),
            Err(why) => format!("{why:?} {why}"),
        };
    }
    let api = connection.api();
    debug += &format!("{api:?}");
    for (path, fault) in [
        ("/users/me", None),
        ("/users/me", Some(Fault::ServerError(500))),
        ("/users/me", Some(Fault::LostAnswer)),
        ("https://evil.example/", None),
    ] {
        if let Some(fault) = fault {
            simulator.fault(fault);
        }
        let answered = api.get(path).send().await;
        debug += &format!("{answered:?}");
        debug += &answered
            .err()
            .map_or_else(String::new, |error| error.to_string());
    }
    simulator.revoked_by_user(&client);
    debug += &format!("{:?}", api.get("/users/me").send().await);
    manager.manage::<box_::AccessToken>(&app);
    for command in [
        Command::List {
            ill: false,
            provider: None,
        },
        Command::Show {
            connection: "ann".to_owned(),
        },
        Command::Report,
        Command::Refresh {
            connection: "ann".to_owned(),
            provider: None,
        },
        Command::Reseal,
        Command::Doctor,
    ] {
        let mut said = Vec::new();
        let done = command.run(&manager, &mut said).await;
        debug += &format!("{} {done:?}", String::from_utf8(said).unwrap());
        debug += &done
            .err()
            .map_or_else(String::new, |error| error.to_string());
    }
    debug += &format!("{:?}", manager.calls());
    while let Ok(event) = events.try_recv() {
        debug += &format!("{event:?}");
    }
    debug += &format!("{:?}", manager.outlook().await);
    let known = secrets.lock().unwrap().clone();
    let one = known
        .iter()
        .find(|secret| secret.contains("access"))
        .unwrap();
    match leak {
        Leak::None => {}
        Leak::Log => tracing::trace!(token = %one),
        Leak::Debug => debug += &STANDARD_NO_PAD.encode(one),
        Leak::Database => {
            let other = box_::AccessToken::from_stored(oauth_runtime::Token::new("nothing".into()));
            manager.connect(one, &app, other, ()).await.unwrap();
        }
    }
    let mut channels = vec![
        ("log", log.0.lock().unwrap().clone()),
        ("texts of values, errors and events", debug.into_bytes()),
    ];
    for file in std::fs::read_dir(folder).unwrap() {
        channels.push(("database", std::fs::read(file.unwrap().path()).unwrap()));
    }
    (known, channels)
}

#[tokio::test]
async fn no_secret_is_in_anything_that_is_kept_or_told() {
    let folder = tempfile::tempdir().unwrap();
    let (secrets, channels) = flows(folder.path(), Leak::None).await;
    assert!(secrets.len() > 8, "{secrets:?}");
    assert!(channels.len() >= 4, "log, texts, database and WAL");
    assert!(channels.iter().all(|(_, bytes)| !bytes.is_empty()));
    assert_eq!(found(&secrets, &channels), Vec::<String>::new());
}

#[tokio::test]
async fn a_leak_in_any_of_them_is_found() {
    for (leak, channel) in [
        (Leak::Log, "log"),
        (Leak::Debug, "texts of values, errors and events"),
        (Leak::Database, "database"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (secrets, channels) = flows(folder.path(), leak).await;
        let found = found(&secrets, &channels);
        assert!(
            !found.is_empty() && found.iter().all(|leak| leak.ends_with(channel)),
            "{leak:?}: {found:?}"
        );
    }
}
