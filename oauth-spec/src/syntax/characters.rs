//! Characters that no text of a spec has: one loop over every key and every text, before anything has a meaning.

use super::tree::{Node, Value};
use crate::control::is_control;
use crate::diagnostic::Diagnostics;
use crate::rules;
use crate::source::Span;

/// Reports every key and text with a control character, in variants and in the base of an overlay, too.
pub(super) fn check(tree: &Node, diagnostics: &mut Diagnostics) {
    table(tree, &[], diagnostics);
}

fn table(node: &Node, keys: &[&str], diagnostics: &mut Diagnostics) {
    for (name, member) in node.entries() {
        report(name, "the key", member, member.key_span, diagnostics);
        let mut below = keys.to_vec();
        below.push(name);
        value(member, &below, diagnostics);
    }
}

fn value(node: &Node, keys: &[&str], diagnostics: &mut Diagnostics) {
    match &node.value {
        Value::Text(text) if !is_body(keys) => {
            report(text, "the text at", node, node.span, diagnostics);
        }
        Value::List(items) => {
            for item in items {
                value(item, keys, diagnostics);
            }
        }
        Value::Table(_) => table(node, keys, diagnostics),
        _ => {}
    }
}

/// Whether an HTTP message of an example stands here: it has lines, and stands in fences and literals only.
fn is_body(keys: &[&str]) -> bool {
    matches!(
        keys,
        ["example", "request" | "response"] | ["variant", _, "example", "request" | "response"]
    )
}

fn report(text: &str, what: &str, node: &Node, span: Span, diagnostics: &mut Diagnostics) {
    let Some(found) = text.chars().find(|character| is_control(*character)) else {
        return;
    };
    let message = format!(
        "{what} `{}` has the control character {}",
        node.origin,
        found.escape_unicode()
    );
    let help = "one line without control characters; only `request` and `response` of an [[example]] have lines"
        .to_owned();
    diagnostics.report(&rules::CONTROL_CHARACTER, span, &node.origin, message, help);
}
