//! Random paths and values of the language, from its JSON schema.

use fastrand::Rng;
use serde_json::Value as Json;
use toml::{Table, Value};

/// A path in a spec, as its keys.
pub(super) type Path = Vec<String>;

/// The language, as its schema states it.
pub(super) struct Language {
    schema: Json,
}

/// Names that an author or a provider chooses.
const NAMES: [&str; 6] = ["alpha", "beta", "x-trace", "Long Name", "id", "r#type"];

/// Texts for keys without a closed set of words: names, paths, templates, URLs.
const TEXTS: [&str; 18] = [
    "word",
    "two words",
    "data.token",
    "0.id",
    "$",
    "id",
    "error",
    "{client_id}",
    "{access_token}",
    "{uuid}",
    "Bearer {access_token}",
    "{hex(sha256(client_id))}",
    "https://id.random.example/path",
    "https://api.random.example",
    "https://{alpha}.random.example/token",
    ",",
    "invalid_grant",
    "",
];

impl Language {
    pub(super) fn read() -> Language {
        Language {
            schema: serde_json::from_str(&oauth_spec::schema::text()).unwrap(),
        }
    }

    /// Returns a random path: of a table, or of a key in it.
    pub(super) fn path(&self, rng: &mut Rng) -> Path {
        let mut path = Path::new();
        let mut schema = &self.schema;
        loop {
            let Some((key, below)) = self.key(rng, schema) else {
                return path;
            };
            let ends = [
                "language",
                "provider",
                "example",
                "evidence",
                "accept",
                "deprecated",
            ];
            if path.is_empty() && ends.contains(&key.as_str()) {
                continue;
            }
            path.push(key);
            schema = below;
            if path.len() > 1 && rng.u8(..3) == 0 {
                return path;
            }
        }
    }

    /// Returns a random key of a table, and the schema of its value.
    fn key<'s>(&'s self, rng: &mut Rng, schema: &'s Json) -> Option<(String, &'s Json)> {
        let schema = self.table(schema)?;
        let keys: Vec<(&String, &Json)> = schema
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .collect();
        let named = schema
            .get("additionalProperties")
            .filter(|own| own.is_object());
        match (keys.is_empty(), named) {
            (false, _) => {
                let (key, below) = keys[rng.usize(..keys.len())];
                Some((key.clone(), below))
            }
            (true, Some(below)) => {
                let name = NAMES[rng.usize(..NAMES.len())];
                Some((name.to_owned(), below))
            }
            (true, None) => None,
        }
    }

    /// Returns the schema of a table, if the value may be one.
    fn table<'s>(&'s self, schema: &'s Json) -> Option<&'s Json> {
        let schema = self.resolved(schema);
        if schema["type"] == "object" {
            return Some(schema);
        }
        let choices = ["anyOf", "oneOf"]
            .into_iter()
            .find_map(|own| schema[own].as_array());
        choices?.iter().find_map(|own| self.table(own))
    }

    fn resolved<'s>(&'s self, schema: &'s Json) -> &'s Json {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let name = reference.trim_start_matches("#/$defs/");
                self.resolved(&self.schema["$defs"][name])
            }
            None => schema,
        }
    }

    /// Returns a random value for a path.
    pub(super) fn value(&self, rng: &mut Rng, path: &[String]) -> Value {
        let mut schema = &self.schema;
        for key in path {
            let Some(table) = self.table(schema) else {
                return Value::Boolean(false);
            };
            schema = match table["properties"].get(key) {
                Some(own) => own,
                None => &table["additionalProperties"],
            };
        }
        self.of(rng, schema, 0)
    }

    fn of(&self, rng: &mut Rng, schema: &Json, depth: usize) -> Value {
        let schema = self.resolved(schema);
        let choices = ["anyOf", "oneOf"]
            .into_iter()
            .find_map(|own| schema[own].as_array());
        if let Some(choices) = choices {
            let choice = &choices[rng.usize(..choices.len())];
            return self.of(rng, choice, depth);
        }
        if let Some(constant) = schema.get("const") {
            return toml(constant);
        }
        if let Some(words) = schema["enum"].as_array() {
            return toml(&words[rng.usize(..words.len())]);
        }
        match schema["type"].as_str() {
            Some("boolean") => Value::Boolean(rng.bool()),
            Some("integer") => Value::Integer(rng.i64(0..5)),
            Some("array") => {
                let count = rng.usize(1..3);
                let items = (0..count).map(|_| self.of(rng, &schema["items"], depth + 1));
                Value::Array(items.collect())
            }
            Some("object") => {
                let mut table = Table::new();
                let count = if depth > 2 { 0 } else { rng.usize(0..4) };
                for _ in 0..count {
                    if let Some((key, below)) = self.key(rng, schema) {
                        table.insert(key, self.of(rng, below, depth + 1));
                    }
                }
                let required = schema["required"].as_array().into_iter().flatten();
                for key in required.filter_map(Json::as_str) {
                    let below = &schema["properties"][key];
                    table.insert(key.to_owned(), self.of(rng, below, depth + 1));
                }
                Value::Table(table)
            }
            _ if schema.get("pattern").is_some() => {
                let times = ["90s", "10m", "1h", "60d"];
                Value::String(times[rng.usize(..times.len())].to_owned())
            }
            _ => Value::String(TEXTS[rng.usize(..TEXTS.len())].to_owned()),
        }
    }
}

fn toml(json: &Json) -> Value {
    match json {
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => Value::Integer(number.as_i64().unwrap_or_default()),
        Json::String(text) => Value::String(text.clone()),
        _ => Value::Boolean(false),
    }
}

pub(super) fn get<'t>(table: &'t Table, path: &[String]) -> Option<&'t Value> {
    let (key, rest) = path.split_first()?;
    let value = table.get(key)?;
    match rest.is_empty() {
        true => Some(value),
        false => get(value.as_table()?, rest),
    }
}

/// Sets a value, and makes tables of what is on the way to it.
pub(super) fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            table.insert(key.clone(), value);
        }
        [key, rest @ ..] => {
            let below = table
                .entry(key.clone())
                .or_insert_with(|| Value::Table(Table::new()));
            if !below.is_table() {
                *below = Value::Table(Table::new());
            }
            if let Value::Table(below) = below {
                set(below, rest, value);
            }
        }
    }
}

pub(super) fn remove(table: &mut Table, path: &[String]) {
    match path {
        [] => {}
        [key] => {
            table.remove(key);
        }
        [key, rest @ ..] => {
            if let Some(Value::Table(below)) = table.get_mut(key) {
                remove(below, rest);
            }
        }
    }
}
