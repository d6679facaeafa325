//! The committed files match the compiler's output, and the command reports its results by exit code and as JSON.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::compiler::changed::PROGRAM;
use crate::support::pages;

#[test]
fn the_generated_crate_is_fresh() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "oauth-spec",
            "--",
            "build",
            "--check",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(told.contains("are up to date"), "{told}");
}

/// Runs the command in the root of the repository. Returns its exit code and output.
pub(crate) fn command(arguments: &[&str]) -> (Option<i32>, String) {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "oauth-spec", "--"])
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    )
}

#[test]
fn the_command_tells_good_findings_and_usage_apart() {
    assert_eq!(command(&["check"]).0, Some(0));
    assert_eq!(
        command(&["check", "oauth-spec/rules/E0102.toml"]).0,
        Some(1)
    );
    assert_eq!(command(&["check", "no/such/file.toml"]).0, Some(2));
    assert_eq!(command(&["explain", "E9999"]).0, Some(2));
    assert_eq!(command(&["frobnicate"]).0, Some(2));
}

#[test]
fn findings_come_as_json_too() {
    let (code, text) = command(&["check", "oauth-spec/rules/E0102.toml", "--format", "json"]);
    let findings: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(1));
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| finding["rule"] == "E0102" && finding["line"].is_u64())
    );
}

#[test]
fn the_message_that_is_shown_is_the_one_on_the_page_and_in_the_test() {
    let (_, shown) = command(&["show", "slack", "exchange"]);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../generated");
    let page = std::fs::read_to_string(format!("{root}/docs/slack.md")).unwrap();
    assert!(
        shown.starts_with("POST https://slack.com/api/oauth.v2.access\n"),
        "{shown}"
    );
    assert!(page.contains(shown.trim_end()), "{shown}");
    let test = std::fs::read_to_string(format!("{root}/tests/examples/slack.rs")).unwrap();
    let body = shown
        .trim_end()
        .rsplit("\n\n")
        .next()
        .unwrap()
        .replace("\n  &", "&");
    assert!(test.contains(&body), "{body}");
}

#[test]
fn every_spec_is_shipped_with_the_command() {
    let (_, printed) = command(&["list", "--json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&printed).unwrap();
    let of_tier = |tier: &str| {
        let own = rows.iter().filter(|row| row["tier"] == tier);
        own.map(|row| row["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(of_tier("documented"), pages::shipped());
    let reported = pages::specs(format!("{}/reported", pages::SPECS));
    assert_eq!(of_tier("reported").len(), reported.len());
}

#[test]
fn an_id_works_wherever_a_path_does() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("specs")).unwrap();
    let spec = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/compiler/combinations/callback_checked.toml"
    );
    let text = std::fs::read_to_string(spec).unwrap();
    let text = text.replace("id = \"callback_checked\"", "id = \"linkedin\"");
    std::fs::write(folder.path().join("specs/linkedin.toml"), text).unwrap();
    let own = |arguments: &[&str]| {
        let mut command = Command::new(&*PROGRAM);
        command.args(arguments).current_dir(folder.path());
        command
    };
    let printed = |arguments: &[&str]| {
        let output = own(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(printed(&["check", "linkedin"]).contains("specs/linkedin.toml"));
    assert!(
        printed(&["show", "linkedin", "exchange"]).starts_with("POST https://id.acme.example/")
    );
    // A shipped spec needs no copy.
    assert!(printed(&["show", "slack", "exchange"]).starts_with("POST https://slack.com/"));

    for (id, name) in [
        ("linkedin", "Callback checked (linkedin)"),
        ("notion", "Notion (notion)"),
    ] {
        let mut simulator = own(&["simulate", id])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(simulator.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        simulator.kill().unwrap();
        simulator.wait().unwrap();
        assert_eq!(line.trim_end(), name);
    }
}
