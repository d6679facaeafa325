//! Members of a JSON body that is made from a Plan: for the simulator, and for examples.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::plan::{Field, FieldKind, Success};

/// Returns a value for a field that no example contains.
pub(crate) fn plausible(field: &Field) -> Value {
    match &field.kind {
        FieldKind::Integer => json!(1),
        FieldKind::Boolean => json!(false),
        FieldKind::Text | FieldKind::Secret => json!(format!("simulated-{}", field.name)),
        FieldKind::Checked(form) => json!(form.sample()),
    }
}

/// Writes the members that a success must have.
pub(crate) fn succeeding(body: &mut Value, success: &[(Vec<String>, Success)]) {
    for (path, expected) in success {
        match expected {
            Success::Absent => remove(body, path),
            Success::True => put(body, path, json!(true)),
            Success::Number(number) => put(body, path, json!(number)),
            Success::Text(text) => put(body, path, json!(text)),
        }
    }
}

/// Returns a JWT without a signature.
pub(crate) fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none" })), part(claims))
}

/// Returns the value at a path, or null if there is none.
#[cfg(feature = "simulator")]
pub(crate) fn at<'v>(body: &'v Value, path: &[String]) -> &'v Value {
    path.iter().fold(body, |value, name| match value {
        Value::Array(list) => index(name)
            .and_then(|index| list.get(index))
            .unwrap_or(&Value::Null),
        value => value.get(name).unwrap_or(&Value::Null),
    })
}

/// Writes a value at a path, and creates missing objects and lists along the path.
pub(crate) fn put(body: &mut Value, path: &[String], value: Value) {
    let Some((name, further)) = path.split_first() else {
        *body = value;
        return;
    };
    if let (Some(index), false) = (index(name), body.is_object()) {
        let mut list = match body.take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        if list.len() <= index {
            list.resize(index + 1, Value::Null);
        }
        put(&mut list[index], further, value);
        *body = Value::Array(list);
        return;
    }
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    if let Value::Object(members) = body {
        put(members.entry(name).or_insert(Value::Null), further, value);
    }
}

/// Removes the value at a path.
pub(crate) fn remove(body: &mut Value, path: &[String]) {
    let Some((name, above)) = path.split_last() else {
        return;
    };
    let holder = above.iter().try_fold(body, |value, name| match value {
        Value::Array(list) => list.get_mut(index(name)?),
        value => value.get_mut(name),
    });
    if let Some(Value::Object(members)) = holder {
        members.remove(name);
    }
}

/// Returns the index that a name in a path is, if it is a small number: no response has a list with thousands of entries
/// before the one that a spec reads.
fn index(name: &str) -> Option<usize> {
    name.parse().ok().filter(|index| *index < 1000)
}
