//! The commands for writing a spec: `new`, `check --fix`, `example`, `show`.

use std::fs;
use std::path::Path;
use std::process::Command;

use oauth_spec::{Demand, Source, compile};

use super::changed::PROGRAM;
use crate::simulator::logins::connect;
use crate::support::pages;

/// Runs the command, and returns whether it succeeded and what it printed.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(&*PROGRAM);
    let output = command.args(arguments).current_dir(folder).output();
    let output = output.unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    (output.status.success(), printed)
}

fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let (succeeded, printed) = run(folder, arguments);
    assert!(succeeded, "{arguments:?}: {printed}");
    printed
}

/// A folder with a new spec, to which `further` is added.
fn acme(further: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    succeeds(folder.path(), &["new", "acme"]);
    let path = folder.path().join("specs/acme.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + further).unwrap();
    folder
}

fn text(folder: &tempfile::TempDir) -> String {
    fs::read_to_string(folder.path().join("specs/acme.toml")).unwrap()
}

#[test]
fn fix_completes_a_new_spec_and_changes_nothing_the_second_time() {
    let folder = acme("");
    let (succeeded, printed) = run(folder.path(), &["check", "acme"]);
    assert!(!succeeded && printed.contains("E0803"), "{printed}");

    let printed = succeeds(folder.path(), &["check", "--fix", "acme"]);
    assert!(printed.contains("3 generated examples"), "{printed}");
    assert!(printed.contains("no findings"), "{printed}");
    let fixed = text(&folder);
    succeeds(folder.path(), &["check", "--fix", "acme"]);
    assert_eq!(text(&folder), fixed);
}

#[test]
fn a_check_of_one_spec_lists_what_is_still_to_be_looked_up() {
    let folder = acme("");
    let printed = succeeds(folder.path(), &["check", "--fix", "acme"]);
    let (_, open) = printed.split_once("no source states these values").unwrap();
    let (unsourced, unstated) = open.split_once("not stated").unwrap();
    assert!(unsourced.contains("\n  token.url\n"), "{printed}");
    assert!(unstated.contains("\n  revoke\n"), "{printed}");
}

#[test]
fn fix_replaces_generated_examples_and_leaves_all_others() {
    const OWN: &str = r#"
[[example]]
name = "a refused code"   # mine
call = "token.authorization_code"
source = "https://acme.example/docs/errors"
response = "400\n\n{\"error\":\"invalid_grant\"}"
error = { code = "invalid_grant", class = "login" }
"#;
    let folder = acme(OWN);
    succeeds(folder.path(), &["check", "--fix", "acme"]);
    let fixed = text(&folder);
    assert!(fixed.contains(OWN), "{fixed}");
    assert_eq!(fixed.matches("generated = true").count(), 2, "{fixed}");

    // Another URL makes the generated request wrong, until it is replaced.
    let moved = fixed.replace(
        "url = \"https://acme.example/oauth/token\"",
        "url = \"https://id.acme.example/token\"",
    );
    fs::write(folder.path().join("specs/acme.toml"), &moved).unwrap();
    let (succeeded, printed) = run(folder.path(), &["check", "acme"]);
    assert!(!succeeded && printed.contains("E0801"), "{printed}");
    let shown = succeeds(folder.path(), &["show", "acme", "exchange"]);
    assert!(
        shown.contains("POST https://id.acme.example/token"),
        "{shown}"
    );
    succeeds(folder.path(), &["check", "--fix", "acme"]);
    assert!(text(&folder).contains(OWN));
    assert!(text(&folder).contains("POST https://id.acme.example/token"));
}

#[test]
fn a_generated_example_can_be_pasted_into_the_spec() {
    let folder = acme("");
    let mut pasted = text(&folder);
    for arguments in [
        &["example", "acme", "login"][..],
        &["example", "acme", "exchange"],
        &["example", "acme", "exchange", "--error"],
    ] {
        pasted.push('\n');
        pasted.push_str(&succeeds(folder.path(), arguments));
    }
    fs::write(folder.path().join("specs/acme.toml"), pasted).unwrap();
    succeeds(folder.path(), &["check", "acme"]);
}

/// The commands for using a provider, and what they print.
const TRANSCRIPT: &str = "\
$ oauth-spec list linear
id      name    tier        evidence    grants
linear  Linear  reported    2026-11-24  authorization_code, refresh_token
$ oauth-spec add linear
wrote specs/linear.toml
Other projects report these facts. They were not looked up. Compare them with the provider's documentation, and test the login.
$ oauth-spec show linear refresh
POST https://api.linear.app/oauth/token
Accept: application/json
Content-Type: application/x-www-form-urlencoded

grant_type=refresh_token
  &refresh_token=tGzv3JOkF0XG5Qx2TlKWIA
  &client_id=s6BhdRkqt3
  &client_secret=gX1fBat3bV
";

#[test]
fn a_new_user_finds_a_spec_adds_it_and_logs_in_at_its_simulator() {
    let folder = tempfile::tempdir().unwrap();
    assert!(succeeds(folder.path(), &["list", "crm"]).contains("zoho_crm"));
    let mut transcript = String::new();
    for command in TRANSCRIPT
        .lines()
        .filter_map(|line| line.strip_prefix("$ oauth-spec "))
    {
        let words: Vec<&str> = command.split(' ').collect();
        transcript.push_str(&format!("$ oauth-spec {command}\n"));
        transcript.push_str(&succeeds(folder.path(), &words));
    }
    assert_eq!(transcript, TRANSCRIPT);
    succeeds(folder.path(), &["check", "linear"]);

    let path = folder.path().join("specs/linear.toml");
    let source = Source::new("linear.toml", &fs::read(path).unwrap());
    let plan = compile(&source, Demand::Complete).unwrap().base;
    assert!(plan.examples.iter().all(|example| example.generated));
    let steps = connect(&plan).unwrap();
    assert_eq!(steps, ["login", "exchange", "refresh", "revocation"]);
}

/// Removes the tables of examples. A line of a response may begin with a bracket, too.
fn without_examples(text: &str) -> String {
    let (mut quoted, mut within) = (false, false);
    let kept = text.lines().filter(|line| {
        if !quoted && line.starts_with('[') {
            within = line.starts_with("[[example]]") || line.starts_with("[example");
        }
        quoted ^= line.matches("'''").count() % 2 == 1;
        !within
    });
    kept.map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_shipped_spec_can_be_completed_without_its_examples() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("specs")).unwrap();
    for path in pages::specs(pages::SPECS) {
        let name = path.file_name().unwrap().to_owned();
        let text = without_examples(&fs::read_to_string(&path).unwrap());
        fs::write(folder.path().join("specs").join(name), text).unwrap();
    }
    let (_, printed) = run(folder.path(), &["check", "--fix", "--today", "2026-11-30"]);
    let missing: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("error"))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}\n{printed}");
}
