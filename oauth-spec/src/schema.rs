//! The JSON schema of the language, for editors and for checks without this compiler.

use crate::syntax::document::Document;

/// The schema as text.
pub fn text() -> String {
    let mut schema = schemars::schema_for!(Document);
    schema.insert("title".to_owned(), "OAuth provider spec".into());
    schema.insert(
        "required".to_owned(),
        serde_json::json!(["language", "provider"]),
    );
    // A schema always serializes.
    serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n"
}
