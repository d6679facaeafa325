//! The README and the guide show code that tests run, and the output of commands and of the compiler.

use crate::compiler::fresh::command;

/// Returns the text of a file, whose path is relative to the root of the repository.
fn text_of(file: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::fs::read_to_string(format!("{root}/{file}")).unwrap()
}

#[test]
fn the_readme_shows_what_comes_out() {
    for (page, arguments) in [
        (SPECS, &["check"][..]),
        (README, &["show", "slack", "exchange"][..]),
    ] {
        let (_, told) = command(arguments);
        assert!(
            text_of(page).contains(told.trim_end()),
            "{page} should show:\n{told}"
        );
    }
}

/// Compares the README's table of mistakes with the compiler's messages, which `tests/ui` checks.
#[test]
fn the_readme_shows_why_mistakes_do_not_compile() {
    let readme = text_of(README);
    let plain = |text: &str| text.replace('`', "");
    let mut shown = 0;
    for row in readme.lines().filter(|line| line.starts_with("| [")) {
        let (_, case) = row.split_once("](").unwrap();
        let (case, message) = case.split_once(".rs) | ").unwrap();
        let message = plain(message.trim_end_matches(" |"));
        let printed = plain(&text_of(&format!("{case}.stderr")));
        assert!(
            printed.contains(&message),
            "{case} does not print: {message}"
        );
        shown += 1;
    }
    assert_eq!(shown, 6);
}

#[test]
fn the_guide_shows_a_first_program_and_computed_scopes() {
    let guide = text_of(FIRST_LOGIN);
    for (file, from, to) in [
        (
            "generated/docs/slack.md",
            "use oauth_providers::slack;\n",
            "```",
        ),
        ("tests/modules/operations.rs", "const ASKED", "\n\n"),
    ] {
        let text = text_of(file);
        let start = text.find(from).unwrap();
        let end = start + text[start..].find(to).unwrap();
        let part = &text[start..end];
        assert!(guide.contains(part), "{FIRST_LOGIN} should show:\n{part}");
    }
}

#[test]
fn the_readme_shows_the_module_as_it_is_written() {
    let readme = text_of(README);
    let module = text_of("generated/src/slack.rs");
    let start = module.find("pub fn exchange(").unwrap();
    let end = start + module[start..].find("\n}\n").unwrap() + 2;
    assert!(
        readme.contains(&module[start..end]),
        "README.md should show:\n{}",
        &module[start..end]
    );
}

#[test]
fn the_readme_shows_the_test_that_a_crate_outside_runs() {
    let test = text_of("tests/outside/tests/login.rs");
    // The README has the whole program, the guide its body.
    for (page, from) in [
        (README, "use oauth_runtime"),
        (SIMULATOR, "    let simulator"),
    ] {
        let text = text_of(page);
        let start = test.find(from).unwrap();
        let body = &test[start..test.rfind('}').unwrap()];
        for line in body.lines().map(str::trim_start) {
            assert!(text.contains(line), "{page} should show: {line}");
        }
    }
}

#[test]
fn the_guide_shows_how_a_connection_is_kept() {
    let guide = text_of(TOKENS);
    let test = text_of("tests/lifecycle/kept.rs");
    let start = test.find("    let store = SqliteStore::open(path").unwrap();
    let end = start + test[start..].find("    assert!").unwrap();
    for line in test[start..end].lines().map(str::trim_start) {
        assert!(guide.contains(line), "{TOKENS} should show: {line}");
    }
}

#[test]
fn the_guide_shows_how_an_api_is_called_and_a_login_begins() {
    for (page, file, from, to) in [
        (
            API,
            "tests/lifecycle/api_client.rs",
            "    let api = ann.api().patience",
            "    // The end",
        ),
        (
            FIRST_LOGIN,
            "tests/lifecycle/login_web/guide.rs",
            "async fn connect(",
            "#[tokio::test]\nasync fn the_handlers_of_the_guide",
        ),
    ] {
        let test = text_of(file);
        let start = test.find(from).unwrap();
        let end = start + test[start..].find(to).unwrap();
        let lines = test[start..end].lines().map(str::trim);
        let squeezed = |text: &str| text.split_whitespace().collect::<String>();
        let shown = squeezed(&text_of(page));
        for line in lines.filter(|line| !line.is_empty()) {
            assert!(
                shown.contains(&squeezed(line)),
                "{page} should show: {line}"
            );
        }
    }
}

/// Compares the introduction that `simulate` prints with the guide, and checks its lines for single requests. The command
/// serves until it is killed.
#[tokio::test]
async fn the_guide_shows_what_simulate_prints() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let guide = text_of(SIMULATOR);
    let mut child = tokio::process::Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "oauth-spec",
            "--",
            "simulate",
            "box",
        ])
        .current_dir(root)
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = async || lines.next_line().await.unwrap().unwrap();
    let mut login = String::new();
    loop {
        let line = next().await;
        if line.starts_with("  login") {
            line.split_whitespace()
                .last()
                .unwrap()
                .clone_into(&mut login);
        }
        if line.is_empty() {
            break;
        }
        let (_, port) = login.rsplit_once("127.0.0.1:").unwrap_or(("", "none"));
        let port = port.split('/').next().unwrap();
        let shown = line.replace(&format!("127.0.0.1:{port}/"), "127.0.0.1:8400/");
        assert!(guide.contains(&shown), "{SIMULATOR} should show: {shown}");
    }
    while !next().await.starts_with("The user consents") {}
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = login.replace(
        "account.box.com/api/oauth2/authorize",
        "api.box.com/oauth2/token",
    );
    let wrong = "grant_type=authorization_code&code=made-up&redirect_uri=http://localhost:3000/callback&\
                 client_id=box-client-000001&client_secret=box-secret-000002";
    let request = http
        .post(token)
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(request.body(wrong).send().await.unwrap().status(), 400);
    let line = loop {
        let line = next().await;
        if line.starts_with("POST") {
            break line;
        }
    };
    assert_eq!(
        line,
        "POST /api.box.com/oauth2/token 400 Bad Request: unknown authorization code"
    );
    // Any page can send the developer's browser to this URL.
    let hostile = format!(
        "{login}?response_type=code&client_id=box-client-000001&state=xyz&\
         redirect_uri=http://localhost:3000/callback&%1b]0;title%07%E2%80%AE=1"
    );
    // Nothing listens at the redirect URI.
    let _ = http.get(hostile).send().await;
    let line = loop {
        let line = next().await;
        if line.starts_with("GET") {
            break line;
        }
    };
    assert!(line.contains(r"\u{1b}]0;title\u{7}\u{202e}"), "{line:?}");
    assert!(!line.contains(oauth_spec::control::is_control), "{line:?}");
}

/// The README and the pages of the guide, relative to the root of the repository.
const README: &str = "README.md";
const FIRST_LOGIN: &str = "oauth-runtime/src/guide/first_login.md";
const TOKENS: &str = "oauth-runtime/src/guide/tokens.md";
const API: &str = "oauth-runtime/src/guide/api.md";
const SIMULATOR: &str = "oauth-runtime/src/guide/simulator.md";
const SPECS: &str = "oauth-runtime/src/guide/specs.md";
