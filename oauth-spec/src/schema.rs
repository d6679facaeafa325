//! The JSON schema of the language, for editors and for checks without this compiler.

use serde_json::Value;

use crate::syntax::document::Document;

/// The schema as text.
pub fn text() -> String {
    let mut schema = schemars::schema_for!(Document);
    schema.insert("title".to_owned(), "OAuth provider spec".into());
    without_null(&mut schema);
    overlays(&mut schema);
    variants(&mut schema);
    // A schema always serializes.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}

/// A variant may say whatever a spec says, but for what is one for all of them.
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

/// What a spec must say of its provider, an overlay has from the spec beneath it.
fn overlays(schema: &mut schemars::Schema) {
    let provider = schema.pointer_mut("/properties/provider");
    if let Some(provider) = provider.and_then(Value::as_object_mut)
        && let Some(required) = provider.remove("required")
    {
        let choices = serde_json::json!([{ "required": required }, { "required": ["extends"] }]);
        provider.insert("anyOf".to_owned(), choices);
    }
}

/// TOML has no null: a key that is not said is not there.
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

/// A table with a short form: its text alone stands for the table with that one key.
pub(crate) fn or_text(key: &'static str) -> impl FnMut(&mut schemars::Schema) {
    move |schema| {
        let table = std::mem::take(schema);
        let mut object = table.as_object().cloned().unwrap_or_default();
        let description = object.remove("description");
        let text = object
            .get("properties")
            .and_then(|properties| properties.get(key))
            .and_then(|property| property.get("description"))
            .map_or_else(
                || serde_json::json!({ "type": "string" }),
                |said| serde_json::json!({ "type": "string", "description": said }),
            );
        schema.insert("anyOf".to_owned(), serde_json::json!([text, object]));
        if let Some(description) = description {
            schema.insert("description".to_owned(), description);
        }
    }
}
