//! Checks of prose: it appears in tables, rustdoc and messages, so each text is write one line of plain text.

use super::Context;
use crate::rules;

pub(super) fn check(cx: &mut Context<'_>) {
    let texts: Vec<(String, String)> = cx
        .written
        .texts()
        .into_iter()
        .filter(|(path, _)| is_prose(path))
        .collect();
    for (path, text) in texts {
        let problem = if text.trim() != text || text.is_empty() {
            "is empty, or begins or ends with white space"
        } else if text.matches('`').count() % 2 == 1 {
            "has an unmatched backtick"
        } else if outside_code(&text).any(|part| part.contains(['<', '[', '*'])) {
            "has Markdown or HTML markup"
        } else {
            continue;
        };
        let message = format!("`{path}` {problem}");
        cx.report(
            &rules::BAD_PROSE,
            &path,
            message,
            "write one line of plain text".to_owned(),
        );
    }
}

/// Returns whether a text is written for people: because of its key, or as the short form of a table with a `doc`.
fn is_prose(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    let short = path.starts_with("scopes.") && path.contains("known.") && !is_key_of_scope(last);
    matches!(last, "doc" | "advice" | "setting" | "steps" | "ends_by")
        || path == "provider.name"
        || short
}

fn is_key_of_scope(key: &str) -> bool {
    matches!(key, "name" | "implies" | "same_as" | "review" | "doc")
}

/// Returns the parts of a text that are not between backticks.
fn outside_code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').step_by(2)
}
