//! The JSON schema of the language, for editors and for checks without this compiler.

use serde_json::Value;

use crate::syntax::document::Document;

/// Returns the schema as JSON text.
pub fn text() -> String {
    let mut schema = schemars::schema_for!(Document);
    schema.insert("title".to_owned(), "OAuth provider spec".into());
    without_null(&mut schema);
    absent_tables(&mut schema);
    overlays(&mut schema);
    variants(&mut schema);
    words(&mut schema);
    explained(&mut schema);
    // A schema always serializes.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// Allows in a variant every key of a spec, except the keys that apply to all variants.
fn variants(schema: &mut schemars::Schema) {
    let of_all = [
        "language",
        "provider",
        "variant",
        "evidence",
        "example",
        "accept",
        "deprecated",
    ];
    let keys = schema.get("properties").and_then(Value::as_object).cloned();
    let keys = keys.unwrap_or_default().into_iter();
    let own = schema.pointer_mut("/$defs/Variant");
    let Some(own) = own.and_then(Value::as_object_mut) else {
        return;
    };
    own.insert("additionalProperties".to_owned(), false.into());
    if let Some(properties) = own.get_mut("properties").and_then(Value::as_object_mut) {
        properties.extend(keys.filter(|(key, _)| !of_all.contains(&key.as_str())));
    }
}

/// Makes the required keys of `provider` optional in a spec with `extends`, which inherits them.
fn overlays(schema: &mut schemars::Schema) {
    let provider = schema.pointer_mut("/properties/provider");
    if let Some(provider) = provider.and_then(Value::as_object_mut)
        && let Some(required) = provider.remove("required")
    {
        let choices = serde_json::json!([{ "required": required }, { "required": ["extends"] }]);
        provider.insert("anyOf".to_owned(), choices);
    }
}

/// Merges a choice of words into one list, because an editor would offer the key once for each word. The meanings
/// go into `x-taplo`, where Taplo looks for them.
fn words(schema: &mut schemars::Schema) {
    schemars::transform::transform_subschemas(&mut words, schema);
    let choices = schema.get("oneOf").and_then(Value::as_array);
    let Some(choices) = choices.filter(|all| all.iter().all(|own| own["const"].is_string())) else {
        return;
    };
    let each = |key: &str| -> Vec<Value> { choices.iter().map(|own| own[key].clone()).collect() };
    let (words, meanings) = (each("const"), each("description"));
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    let docs = serde_json::json!({ "docs": { "enumValues": meanings } });
    schema.insert("x-taplo".to_owned(), docs);
}

/// Copies the definitions of small values to the keys that refer to them. Editors show either a reference or a
/// description, not both.
fn explained(schema: &mut schemars::Schema) {
    let definitions = schema.get("$defs").and_then(Value::as_object).cloned();
    let mut spread = Spread(definitions.unwrap_or_default());
    schemars::transform::transform_subschemas(&mut spread, schema);
}

struct Spread(serde_json::Map<String, Value>);

impl schemars::transform::Transform for Spread {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        if let Some(object) = schema.as_object_mut()
            && object.contains_key("description")
            && let Some(Value::Object(own)) = referred(&self.0, object.get("$ref"))
            && !own.contains_key("properties")
        {
            object.remove("$ref");
            for (key, value) in own {
                object.entry(key.as_str()).or_insert_with(|| value.clone());
            }
        }
        schemars::transform::transform_subschemas(self, schema);
    }
}

/// Returns the definition that a reference names.
fn referred<'d>(
    definitions: &'d serde_json::Map<String, Value>,
    reference: Option<&Value>,
) -> Option<&'d Value> {
    definitions.get(reference?.as_str()?.rsplit('/').next()?)
}

/// Removes null from the schema: TOML has no null, and an unset key is absent.
fn without_null(schema: &mut schemars::Schema) {
    schemars::transform::transform_subschemas(&mut without_null, schema);
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|own| own != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|own| own != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
}

/// Allows a text instead of a table that has a short form. The schema is one and not a choice of two, so that an
/// editor reports which key is wrong.
pub(crate) fn or_text(_key: &'static str) -> impl FnMut(&mut schemars::Schema) {
    |schema| {
        schema.insert("type".to_owned(), serde_json::json!(["string", "object"]));
    }
}

/// Merges each choice of `false` or a table into one schema, so that an editor reports which key is wrong.
fn absent_tables(schema: &mut schemars::Schema) {
    let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) else {
        return;
    };
    let tables = definitions.clone();
    for own in definitions.values_mut() {
        let Some([_, table]) = own
            .get("anyOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        else {
            continue;
        };
        let is_absent = own.pointer("/anyOf/0/const") == Some(&Value::Bool(false));
        let Some(table) = referred(&tables, table.get("$ref")).filter(|_| is_absent) else {
            continue;
        };
        let mut table = table.clone();
        let Some(object) = table
            .as_object_mut()
            .filter(|own| own.contains_key("properties"))
        else {
            continue;
        };
        let kinds = match object.get("type") {
            Some(Value::Array(kinds)) => kinds.clone(),
            _ => vec!["object".into()],
        };
        let kinds: Vec<Value> = kinds.into_iter().chain(["boolean".into()]).collect();
        object.insert("type".to_owned(), kinds.into());
        object.insert("not".to_owned(), serde_json::json!({ "const": true }));
        *own = table;
    }
}
