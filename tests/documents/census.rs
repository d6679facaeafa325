//! Proof that the language suffices. For each family of provider behaviour in the census, the language has a key and a spec
//! uses it, or a reason explains why not.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use oauth_spec::{Demand, Source, compile, schema};
use serde_json::Value as Json;

use crate::support::pages;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/documents/census");

/// A line of the census.
struct Row {
    name: String,
    stage: String,
    says: Vec<String>,
    shown: Vec<String>,
    later: Option<String>,
    refused: Option<String>,
}

fn rows(table: &str, name: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(format!("{FOLDER}/families.toml")).unwrap();
    let all: toml::Table = text.parse().unwrap();
    let texts = |row: &toml::Value, key: &str| -> Vec<String> {
        let list = row.get(key).and_then(toml::Value::as_array);
        let list = list.map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .map(|text| text.as_str().unwrap().to_owned())
            .collect()
    };
    let text = |row: &toml::Value, key: &str| {
        row.get(key)
            .and_then(toml::Value::as_str)
            .map(str::to_owned)
    };
    let rows = all[table].as_array().unwrap().iter();
    rows.map(|row| Row {
        name: text(row, name).unwrap(),
        stage: text(row, "stage").unwrap(),
        says: texts(row, "says"),
        shown: texts(row, "shown"),
        later: text(row, "later"),
        refused: text(row, "refused"),
    })
    .collect()
}

/// Returns the keys of a spec path. Dots inside quotation marks do not separate keys.
fn keys(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut quoted = false;
    for character in path.chars() {
        match character {
            '"' => quoted = !quoted,
            '.' if !quoted => keys.push(String::new()),
            _ => keys.last_mut().unwrap().push(character),
        }
    }
    keys
}

/// Returns whether the language has this key. The function walks the schema, in which `*` is a name that an author chooses.
fn is_key(schema: &Json, root: &Json, path: &[String]) -> bool {
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        let pointer = reference.trim_start_matches('#');
        return root
            .pointer(pointer)
            .is_some_and(|own| is_key(own, root, path));
    }
    let Some((first, rest)) = path.split_first() else {
        return true;
    };
    let choices = schema.get("anyOf").and_then(Json::as_array);
    if choices
        .into_iter()
        .flatten()
        .any(|own| is_key(own, root, path))
    {
        return true;
    }
    if schema
        .get("items")
        .is_some_and(|items| is_key(items, root, path))
    {
        return true;
    }
    let member = match first.as_str() {
        "*" => schema.get("additionalProperties"),
        name => schema.get("properties").and_then(|own| own.get(name)),
    };
    match member {
        // The schema does not restrict the keys of success conditions and of custom text.
        Some(Json::Bool(free)) => *free,
        Some(own) => is_key(own, root, rest),
        None => {
            let free = schema.get("additionalProperties");
            free.is_some_and(|own| own.is_object() && is_key(own, root, rest))
        }
    }
}

/// Checks that a spec or a fixture has a value. `shown` is its name and a path.
fn shows(shown: &str) -> Result<(), String> {
    let (file, path) = shown.split_once(": ").ok_or("no path")?;
    let file = match file.split_once('/') {
        Some(("fixtures", name)) => format!("{FOLDER}/fixtures/{name}.toml"),
        Some(("combinations", name)) => format!("{FOLDER}/../../compiler/combinations/{name}.toml"),
        _ => format!("{FOLDER}/../../../specs/{file}.toml"),
    };
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let table: toml::Table = text.parse().map_err(|_| format!("{file} is no TOML"))?;
    let mut value = &toml::Value::Table(table);
    for key in keys(path) {
        value = match value {
            toml::Value::Array(list) => list
                .iter()
                .find_map(|own| own.get(&key))
                .ok_or_else(|| format!("{shown}: there is no `{key}`"))?,
            own => own
                .get(&key)
                .ok_or_else(|| format!("{shown}: there is no `{key}`"))?,
        };
    }
    Ok(())
}

fn check(row: &Row, schema: &Json, wrong: &mut Vec<String>) {
    let said = !row.says.is_empty() && !row.shown.is_empty();
    let answers = [said, row.later.is_some(), row.refused.is_some()];
    if answers.iter().filter(|own| **own).count() != 1 {
        wrong.push(format!(
            "{}: said, later or refused, and only one of them",
            row.name
        ));
    }
    for path in &row.says {
        let own = keys(path);
        // A variant may have any key of a spec.
        let own = match own.as_slice() {
            [first, _, rest @ ..] if first == "variant" && rest != ["setting"] => rest,
            own => own,
        };
        if !is_key(schema, schema, own) {
            wrong.push(format!("{}: the language has no `{path}`", row.name));
        }
    }
    wrong.extend(row.shown.iter().filter_map(|shown| shows(shown).err()));
}

#[test]
fn every_family_is_said_by_a_key_and_shown_by_a_spec() {
    let schema: Json = serde_json::from_str(&schema::text()).unwrap();
    let mut wrong = Vec::new();
    let (families, appendix) = (rows("family", "id"), rows("appendix", "item"));
    assert!(families.len() >= 148 && appendix.len() >= 70);
    for row in families.iter().chain(&appendix) {
        check(row, &schema, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_fixture_is_sound() {
    for entry in std::fs::read_dir(format!("{FOLDER}/fixtures")).unwrap() {
        let path = entry.unwrap().path();
        let source = Source::new(path.to_string_lossy(), &std::fs::read(&path).unwrap());
        let found = compile(&source, Demand::Sound).err().unwrap_or_default();
        let told: Vec<&str> = found
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        assert!(told.is_empty(), "{}: {told:?}", path.display());
    }
}

#[test]
fn the_page_of_the_census_is_fresh() {
    let page = page();
    let path = Path::new(FOLDER).join("README.md");
    pages::assert_fresh(&path, &page, "census");
}

/// Returns the page: each family with its keys, in tables by the stage of a connection.
fn page() -> String {
    let (families, appendix) = (rows("family", "id"), rows("appendix", "item"));
    let count =
        |rows: &[Row], which: fn(&Row) -> bool| rows.iter().filter(|row| which(row)).count();
    let said = |row: &Row| !row.says.is_empty();
    let mut out = String::from(
        "<!-- Written by tests/documents/census.rs from families.toml: change that. -->\n\n# What real providers do, and the key that says it\n\n",
    );
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "A census of several projects' code and data about OAuth providers names the ways in which they leave the\n\
         standard. Of its {} families {} are said, {} come later and {} is refused; of {} lines that the best\n\
         systems' own vocabularies add up to, {} are said and {} come later. A test holds each key against the\n\
         schema and each path against the spec that shows it.\n",
        families.len(),
        count(&families, said),
        count(&families, |row| row.later.is_some()),
        count(&families, |row| row.refused.is_some()),
        appendix.len(),
        count(&appendix, said),
        count(&appendix, |row| row.later.is_some()),
    );
    let mut stages: BTreeMap<usize, (&str, Vec<&Row>)> = BTreeMap::new();
    for row in &families {
        let number: usize = row.stage.parse().unwrap();
        let title = STAGES
            .iter()
            .find(|(own, _)| *own == number)
            .map_or("Other", |(_, title)| title);
        stages
            .entry(number)
            .or_insert((title, Vec::new()))
            .1
            .push(row);
    }
    for (title, rows) in stages.values() {
        let _ = writeln!(out, "## {title}\n");
        table(&mut out, rows);
    }
    let _ = writeln!(out, "# The vocabularies of the best systems\n");
    let mut seen: Vec<&str> = Vec::new();
    for row in &appendix {
        if !seen.contains(&row.stage.as_str()) {
            seen.push(&row.stage);
            let _ = writeln!(out, "## {}\n", row.stage);
            let own: Vec<&Row> = appendix
                .iter()
                .filter(|own| own.stage == row.stage)
                .collect();
            table(&mut out, &own);
        }
    }
    out.trim_end().to_owned() + "\n"
}

const STAGES: &[(usize, &str)] = &[
    (2, "App registration and redirect URI"),
    (3, "Authorization request"),
    (4, "Callback"),
    (5, "Token request"),
    (6, "Token response"),
    (7, "Refresh"),
    (8, "Revocation, introspection, user info"),
    (9, "API"),
    (10, "Errors"),
    (11, "OAuth 1.0a"),
    (12, "Grants without a user, apps, and what is not OAuth"),
    (13, "Token policies"),
];

fn table(out: &mut String, rows: &[&Row]) {
    out.push_str("| what they do | key | shown in |\n|---|---|---|\n");
    for row in rows {
        let name = row.name.replace('|', "\\|");
        let list = |texts: &[String]| {
            texts
                .iter()
                .map(|text| format!("`{text}`"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let answer = match (&row.later, &row.refused) {
            (Some(later), _) => format!("| later, {later}"),
            (_, Some(refused)) => format!("| refused, {refused}"),
            _ => format!("{} | {}", list(&row.says), list(&row.shown)),
        };
        let _ = writeln!(out, "| {name} | {answer} |");
    }
    out.push('\n');
}
