//! The JSON schema in a third-party validator. It accepts the specs that the compiler accepts, and rejects errors of
//! structure. The compiler checks the rest.

use std::fmt::Write as _;
use std::path::Path;

use jsonschema::Validator;
use oauth_spec::rules::RULES;
use oauth_spec::{Day, Demand, Diagnostic, Source, compile, schema};
use serde_json::Value as Json;

use crate::support::pages::{self, specs};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/compiler/pull_request");

/// The rules about structure, which an editor checks with the schema alone.
const STRUCTURAL: &[&str] = &["E0102", "E0103", "E0104", "E0105", "E0106"];

fn validator() -> Validator {
    let schema: Json = serde_json::from_str(&schema::text()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Returns TOML as an editor's language server passes it to a schema.
fn json(text: &str) -> Json {
    fn of(value: &toml::Value) -> Json {
        match value {
            toml::Value::String(text) => Json::from(text.as_str()),
            toml::Value::Integer(number) => Json::from(*number),
            toml::Value::Float(number) => Json::from(*number),
            toml::Value::Boolean(boolean) => Json::from(*boolean),
            toml::Value::Datetime(date) => Json::from(date.to_string()),
            toml::Value::Array(list) => list.iter().map(of).collect(),
            toml::Value::Table(table) => table
                .iter()
                .map(|(name, value)| (name.clone(), of(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
    of(&toml::Value::Table(text.parse().unwrap()))
}

#[test]
fn the_schema_takes_every_spec_that_the_compiler_takes() {
    let validator = validator();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [
        "../specs",
        "documents/census/fixtures",
        "../specs/reported",
        "specs",
    ] {
        for path in specs(tests.join(folder)) {
            let instance = json(&std::fs::read_to_string(&path).unwrap());
            let told: Vec<String> = validator
                .iter_errors(&instance)
                .map(|error| format!("{} at {}", error, error.instance_path))
                .collect();
            assert!(told.is_empty(), "{}: {told:?}", path.display());
        }
    }
}

#[test]
fn the_schema_refuses_what_is_wrong_in_structure() {
    let validator = validator();
    for rule in RULES.iter().filter(|rule| STRUCTURAL.contains(&rule.code)) {
        assert!(!validator.is_valid(&json(rule.example)), "{}", rule.code);
    }
}

/// Removes the value at a spec path from the document.
fn without(document: &mut Json, path: &str) {
    let keys: Vec<&str> = path.split('.').collect();
    let Some((last, above)) = keys.split_last() else {
        return;
    };
    let table = above
        .iter()
        .try_fold(document, |value, key| value.get_mut(*key));
    if let Some(table) = table.and_then(Json::as_object_mut) {
        table.remove(*last);
    }
}

/// Returns whether the schema alone would report this finding. It must reject a document in which this is the only finding.
fn is_told_by_schema(
    validator: &Validator,
    document: &Json,
    finding: &Diagnostic,
    all: &[Diagnostic],
) -> bool {
    let mut alone = document.clone();
    let others = all
        .iter()
        .filter(|other| STRUCTURAL.contains(&other.rule.code) && other.path != finding.path);
    for other in others {
        without(&mut alone, &other.path);
    }
    STRUCTURAL.contains(&finding.rule.code) && !validator.is_valid(&alone)
}

#[test]
fn a_pull_request_with_three_broken_specs_shows_all_that_is_wrong() {
    let validator = validator();
    let today = Day::parse("2026-11-24").unwrap();
    let mut page = String::from(
        "<!-- Written by tests/compiler/schema.rs: change the specs beside this page. -->\n\n# What the author of a pull request sees\n\n\
         Three broken specs, each finding at its line as `oauth-spec check --format github` annotates it, and whether the\n\
         JSON schema alone, in an editor, would have shown it.\n",
    );
    for path in specs(Path::new(FOLDER)) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = Source::new(name.as_str(), text.as_bytes());
        let found = compile(&source, Demand::Current(today)).unwrap_err();
        assert!(found.len() >= 4, "{name}");
        let document = json(&text);
        // Writing to a string cannot fail.
        let _ = writeln!(
            page,
            "\n## {name}\n\n| line | rule | what is wrong | what to type | schema |\n|---|---|---|---|---|"
        );
        for finding in &found {
            let (line, column) = source.position(finding.span.start);
            let told = is_told_by_schema(&validator, &document, finding, &found);
            assert_eq!(
                told,
                STRUCTURAL.contains(&finding.rule.code),
                "{}",
                finding.message
            );
            let _ = writeln!(
                page,
                "| {line}:{column} | {} {} | {} | {} | {} |",
                finding.rule.code,
                finding.rule.name,
                pages::cell(&finding.message),
                pages::cell(finding.help.as_deref().unwrap_or_default()),
                if told { "yes" } else { "" }
            );
        }
    }
    let path = Path::new(FOLDER).join("README.md");
    pages::assert_fresh(&path, &page, "schema");
}
