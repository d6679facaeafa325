//! Checks every key and text of a spec for control characters, before the spec is interpreted.

use super::tree::{Node, Value};
use crate::control::is_control;
use crate::diagnostic::Diagnostics;
use crate::rules;
use crate::source::Span;

/// Reports every key and text with a control character, including those of variants and of an extended spec.
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

/// Returns whether the keys name an HTTP message of an example. It has several lines, and is printed only in fences
/// and literals.
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
    let help = "write one line without control characters; only `request` and `response` of an [[example]] may have more"
        .to_owned();
    diagnostics.report(&rules::CONTROL_CHARACTER, span, &node.origin, message, help);
}
