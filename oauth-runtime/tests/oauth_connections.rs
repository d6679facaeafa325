//! The binary `oauth-connections`, as whoever is on call runs it.

use std::process::{Command, Output};

use oauth_runtime::lifecycle::{Deployment, Manager, SealingKeys, SqliteStore};
use oauth_runtime::{Http, Managed as _, Secret, Token, TransportError, oauth_provider};

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
    let token = acme::AccessToken::from_token(token);
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
        ("reseal", "0 sealed by the first key"),
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
    assert!(text(&refresh.stderr).contains("by the application that has it"));
    let elsewhere = run(&["--deployment", "laptop", "doctor"]);
    assert!(!elsewhere.status.success());
    assert!(text(&elsewhere.stdout).contains("must be laptop"));
    assert!(text(&elsewhere.stderr).contains("one thing is wrong"));
}
