//! Checks of prose: it appears in tables, rustdoc and messages, so each text is one line of plain words.

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
            "is empty, or has blanks around it"
        } else if text.matches('`').count() % 2 == 1 {
            "has a lone backtick"
        } else if outside_code(&text).any(|part| part.contains(['<', '[', '*'])) {
            "has marks of Markdown or HTML"
        } else {
            continue;
        };
        let message = format!("`{path}` {problem}");
        cx.report(
            &rules::BAD_PROSE,
            &path,
            message,
            "one line of plain words".to_owned(),
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
