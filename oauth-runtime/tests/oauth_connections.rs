//! Tests of the binary `oauth-connections`, as an operator runs it.

use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

use oauth_runtime::lifecycle::{Deployment, Manager, SealingKeys, SqliteStore};
use oauth_runtime::{Http, Secret, Token, http::TransportError, oauth_provider};

#[oauth_provider("./acme.toml")]
mod acme {}

const KEYS: &str = "one:bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE";

fn nowhere() -> Http {
    Http::over(|_| async { Err(TransportError::other("nowhere", false)) })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn it_tells_of_a_file_s_connections_and_never_of_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    let manager = Manager::new(store, nowhere(), SealingKeys::parse(KEYS).unwrap());
    let back = acme::RedirectUri::constant("https://app.example.com/callback");
    let app = acme::App::new("the client", "hush-secret", back);
    let token = Token::new(Secret::new("hush-access"));
    let token = token.with_refresh_token(Secret::new("hush-refresh"));
    let token = acme::AccessToken::from_stored(token);
    manager.connect("ann", &app, token, ()).await.unwrap();

    let run = |arguments: &[&str]| -> Output {
        Command::new(env!("CARGO_BIN_EXE_oauth-connections"))
            .env("OAUTH_SEALING_KEYS", KEYS)
            .arg("--store")
            .arg(&path)
            .args(arguments)
            .output()
            .unwrap()
    };
    let here = ["--deployment", "here"];
    for (command, says) in [
        ("list", "ann "),
        ("report", "connections                  1"),
        ("doctor", "ok     store: journal_mode is wal"),
        ("reseal", "0 resealed with the first key"),
    ] {
        let done = run(&[&here[..], &[command]].concat());
        let said = text(&done.stdout);
        assert!(done.status.success(), "{command}: {}", text(&done.stderr));
        assert!(said.contains(says) && !said.contains("hush"), "{said}");
    }
    let show = run(&[&here[..], &["show", "ann"]].concat());
    let said = text(&show.stdout);
    assert!(
        said.contains("the client") && !said.contains("hush"),
        "{said}"
    );
    let refresh = run(&[&here[..], &["refresh", "ann"]].concat());
    assert!(!refresh.status.success());
    assert!(text(&refresh.stderr).contains("in the application that has it"));
    let elsewhere = run(&["--deployment", "laptop", "list"]);
    assert!(text(&elsewhere.stdout).contains("cannot be opened"));
    let elsewhere = run(&["--deployment", "laptop", "--formerly", "here", "doctor"]);
    assert!(!elsewhere.status.success());
    assert!(text(&elsewhere.stdout).contains("must be laptop"));
    assert!(text(&elsewhere.stderr).contains("found 1 problem"));
}

#[test]
fn help_names_variables_and_shows_none_of_their_values() {
    let store = "postgres://oauth:hush-password@db/prod";
    for flag in ["--help", "-h"] {
        let help = Command::new(env!("CARGO_BIN_EXE_oauth-connections"))
            .env("OAUTH_CONNECTIONS", store)
            .env("OAUTH_DEPLOYMENT", "hush-deployment")
            .env("OAUTH_SEALING_KEYS", "one:hush-keys")
            .arg(flag)
            .output()
            .unwrap();
        let said = text(&help.stdout) + &text(&help.stderr);
        assert!(said.contains("OAUTH_CONNECTIONS"), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    for name in ["connections.db", "connections.db-wal", "connections.db-shm"] {
        assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
    }
    drop(store);
    // An existing file keeps its mode.
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    drop(SqliteStore::open(&path, &Deployment::named("here")).unwrap());
    assert_eq!(mode(&path), 0o640);

    let keys = folder.path().join("keys");
    fs::write(&keys, KEYS).unwrap();
    for (mode, is_open) in [
        (0o644, true),
        (0o640, true),
        (0o604, true),
        (0o620, true),
        (0o600, false),
        (0o400, false),
    ] {
        fs::set_permissions(&keys, Permissions::from_mode(mode)).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_oauth-connections"))
            .args(["--deployment", "here", "--store"])
            .arg(&path)
            .arg("--keys")
            .arg(&keys)
            .arg("list")
            .output()
            .unwrap();
        let said = text(&done.stderr);
        assert_eq!(!done.status.success(), is_open, "{mode:o}: {said}");
        assert_eq!(
            said.contains("run `chmod 600` on it"),
            is_open,
            "{mode:o}: {said}"
        );
        assert!(!said.contains("bm90"), "{said}");
    }
}

#[tokio::test]
async fn a_name_from_elsewhere_forges_no_row_and_moves_no_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    let manager = Manager::new(store, nowhere(), SealingKeys::parse(KEYS).unwrap());
    let back = acme::RedirectUri::constant("https://app.example.com/callback");
    let app = acme::App::new("the client\u{1b}[2J", "secret", back);
    let token = acme::AccessToken::from_stored(Token::new(Secret::new("access")));
    let name = "ann\nbob   acme   access   never   well\u{1b}]0;PWNED\u{7}\u{202e}";
    manager.connect(name, &app, token, ()).await.unwrap();
    for command in [
        &["list"][..],
        &["show", name],
        &["report"],
        &["doctor"],
        &["show", "\u{1b}c"],
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_oauth-connections"))
            .env("OAUTH_SEALING_KEYS", KEYS)
            .args(["--deployment", "here", "--store"])
            .arg(&path)
            .args(command)
            .output()
            .unwrap();
        let said = text(&done.stdout) + &text(&done.stderr);
        let moves = |own: char| (own.is_control() && own != '\n') || own == '\u{202e}';
        assert!(!said.contains(moves), "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("bob")), "{said}");
    }
}

#[tokio::test]
async fn a_token_that_ends_in_another_age_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("connections.db");
    let store = SqliteStore::open(&path, &Deployment::named("here")).unwrap();
    let manager = Manager::new(store, nowhere(), SealingKeys::parse(KEYS).unwrap());
    let back = acme::RedirectUri::constant("https://app.example.com/callback");
    let app = acme::App::new("id", "secret", back);
    // This is the expiry for `expires_in: 4294967295` in minutes.
    let far = UNIX_EPOCH + Duration::from_secs(4_294_967_295 * 60);
    let token = Token::new(Secret::new("access"))
        .with_refresh_token(Secret::new("refresh"))
        .with_expires_at(far);
    let token = acme::AccessToken::from_stored(token);
    manager.connect("ann", &app, token, ()).await.unwrap();
    for (command, says) in [
        (&["list"][..], "after 9999-12-31"),
        (&["show", "ann"][..], "after 9999-12-31"),
        (&["report"][..], "connections"),
        (&["doctor"][..], "ok "),
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_oauth-connections"))
            .env("OAUTH_SEALING_KEYS", KEYS)
            .args(["--deployment", "here", "--store"])
            .arg(&path)
            .args(command)
            .output()
            .unwrap();
        let said = text(&done.stdout);
        assert!(done.status.success(), "{command:?}: {}", text(&done.stderr));
        assert!(said.contains(says), "{command:?}: {said}");
    }
}
