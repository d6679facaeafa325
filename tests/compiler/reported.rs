//! Hundreds of providers as other projects report them. Their specs pass every rule, and the generated modules compile.

use std::path::Path;
use std::process::Command;

use oauth_spec::{Day, Demand, Source, compile};

use crate::support::pages;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/reported");
const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/reported");

#[test]
fn at_least_three_hundred_reported_specs_are_good_by_every_rule() {
    let day = Day::parse("2026-11-24").unwrap();
    let mut good = 0;
    for path in pages::specs(SPECS) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let source = Source::new(name.as_str(), &std::fs::read(&path).unwrap());
        let compiled = compile(&source, Demand::Current(day)).unwrap_or_else(|found| {
            let told: Vec<&str> = found.iter().map(|own| own.message.as_str()).collect();
            panic!("{name}: {told:?}")
        });
        assert!(compiled.base.identity.is_reported, "{name}");
        // These values were not looked up in documentation.
        assert_eq!(compiled.tally.documented, 0, "{name}");
        good += 1;
    }
    assert!(good >= 300, "{good}");
}

#[test]
fn what_could_not_be_said_is_listed() {
    let unsaid = std::fs::read_to_string(format!("{FOLDER}/UNSAID.md")).unwrap();
    assert!(unsaid.contains("| why |") && unsaid.contains("| what |"));
}

#[test]
fn their_modules_compile_without_warnings_and_so_do_the_fixtures_of_the_census() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/reported");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--target-dir"])
        .arg(target)
        .current_dir(FOLDER)
        .env("RUSTFLAGS", "-D warnings")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
