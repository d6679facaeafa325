//! The language reference: every key with its form and its meaning, from the JSON schema.

use minijinja::context;
use serde_json::Value as Json;

use super::{cell, render};
use crate::plan::{Function, name};

/// Renders the language reference. `schema` is the JSON schema of specs.
///
/// # Errors
///
/// Returns an error if the template cannot be parsed or rendered.
pub fn language(schema: &Json) -> Result<String, minijinja::Error> {
    let mut reference = Reference {
        schema,
        seen: Vec::new(),
        rows: Vec::new(),
    };
    let tables: Vec<_> = members(schema)
        .map(|(name, own)| {
            reference.rows.clear();
            reference.key(name, own);
            let rows = std::mem::take(&mut reference.rows);
            context! { name, rows }
        })
        .collect();
    let functions: Vec<&str> = Function::ALL.iter().map(|own| own.name()).collect();
    let reserved = context! {
        inputs => name::RESERVED_INPUTS.to_vec(),
        arguments => name::RESERVED_ARGUMENTS.to_vec(),
        functions => name::RESERVED_FUNCTIONS.to_vec(),
        types => name::RESERVED_TYPES.to_vec(),
    };
    render("language.md", context! { tables, functions, reserved })
}

struct Reference<'s> {
    schema: &'s Json,
    /// The tables that have rows already, and their paths.
    seen: Vec<(&'s str, String)>,
    rows: Vec<Vec<String>>,
}

fn members(schema: &Json) -> impl Iterator<Item = (&String, &Json)> {
    let properties = schema.get("properties").and_then(Json::as_object);
    properties.into_iter().flatten()
}

/// A key's form in words, and the tables that it contains.
#[derive(Default)]
struct Form<'s> {
    words: Vec<String>,
    /// The path from the key, the table there, and the table's name.
    tables: Vec<(&'static str, &'s Json, Option<&'s str>)>,
}

impl<'s> Reference<'s> {
    fn key(&mut self, path: &str, schema: &'s Json) {
        let mut form = Form::default();
        self.form(schema, "", None, &mut form);
        form.words.dedup();
        let meaning = schema.get("description").and_then(Json::as_str);
        let mut told: Vec<&str> = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for word in &form.words {
            if !told.contains(&word.as_str()) {
                told.push(word);
                words.push(word.clone());
            }
        }
        for (_, _, name) in &form.tables {
            let earlier = name.and_then(|name| self.seen.iter().find(|(own, _)| *own == name));
            words.extend(earlier.map(|(_, at)| format!("as `{at}`")));
        }
        self.rows.push(vec![
            format!("`{path}`"),
            cell(&words.join(" · ")),
            cell(meaning.unwrap_or_default()),
        ]);
        for (step, table, name) in form.tables {
            let below = match step {
                "" => path.to_owned(),
                step => format!("{path}.{step}"),
            };
            if let Some(name) = name {
                if self.seen.iter().any(|(own, _)| *own == name) {
                    continue;
                }
                self.seen.push((name, below.clone()));
            }
            for (member, own) in members(table) {
                self.key(&format!("{below}.{member}"), own);
            }
        }
    }

    fn form(
        &self,
        schema: &'s Json,
        step: &'static str,
        name: Option<&'s str>,
        form: &mut Form<'s>,
    ) {
        if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            let own = reference.rsplit('/').next();
            if let Some(target) = self.schema.pointer(reference.trim_start_matches('#')) {
                self.form(target, step, own, form);
            }
            return;
        }
        for choice in ["anyOf", "oneOf"] {
            let choices = schema.get(choice).and_then(Json::as_array);
            for own in choices.into_iter().flatten() {
                self.form(own, step, name, form);
            }
        }
        if let Some(word) = schema.get("const") {
            form.words.push(match word.as_str() {
                Some(word) => format!("`{word}`"),
                None => format!("`{word}`"),
            });
            return;
        }
        if let Some(words) = schema.get("enum").and_then(Json::as_array) {
            let words = words.iter().filter_map(Json::as_str);
            form.words.extend(words.map(|word| format!("`{word}`")));
            return;
        }
        if schema.get("properties").is_some() {
            let kinds = schema.get("type").and_then(Json::as_array);
            let has = |kind: &str| kinds.is_some_and(|own| own.iter().any(|own| own == kind));
            if has("boolean") {
                form.words.push("`false`".to_owned());
            }
            if has("string") {
                form.words.push("text".to_owned());
            }
            form.words.push("table".to_owned());
            form.tables.push((step, schema, name));
            return;
        }
        if let Some(own) = schema
            .get("additionalProperties")
            .filter(|own| own.is_object())
        {
            form.words.push("named".to_owned());
            self.form(own, "*", None, form);
            return;
        }
        if let Some(items) = schema.get("items") {
            form.words.push("list of".to_owned());
            self.form(items, step, None, form);
            return;
        }
        let kinds = match schema.get("type") {
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(kind)) => vec![kind.as_str()],
            _ => Vec::new(),
        };
        for kind in kinds {
            form.words
                .push(match (kind, schema.get("pattern"), schema.get("format")) {
                    ("string", Some(_), _) => "`\"90s\"` `\"10m\"` `\"1h\"` `\"60d\"`".to_owned(),
                    ("string", _, Some(_)) => "day".to_owned(),
                    ("string", ..) => "text".to_owned(),
                    ("integer", ..) => "number".to_owned(),
                    ("object", ..) => "table".to_owned(),
                    (kind, ..) => kind.to_owned(),
                });
        }
    }
}
