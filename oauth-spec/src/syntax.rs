//! Parses the text of a spec into documents: the base and each variant. Reports every syntax error.

pub mod calls;
mod characters;
pub mod choices;
pub mod document;
pub mod either;
pub mod evidence;
mod limits;
pub(crate) mod path;
pub(crate) mod read;
pub mod registration;
pub mod shapes;
pub(crate) mod tree;

use toml::de::DeTable;

use crate::diagnostic::Diagnostics;
use crate::rules;
use crate::source::{Source, Span};
use document::Document;
use read::{FromNode, Reader};
use tree::Node;

/// The base of a spec or one of its variants, as written, with the places of its values.
#[derive(Debug)]
pub struct Written {
    /// The variant's name; `None` for the base.
    pub variant: Option<String>,
    /// The setting that selects this variant for an app; empty for the base.
    pub setting: String,
    /// The document as it is written.
    pub document: Document,
    tree: Node,
    /// The place of `extends`. Values at this place belong to the extended spec.
    extends: Option<Span>,
}

/// The place of a value in a spec.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) span: Span,
    /// The path at which the author wrote the value.
    pub(crate) origin: String,
}

impl Written {
    /// Returns the place of a path, or of the nearest table above it.
    pub(crate) fn place(&self, path: &str) -> Place {
        let keys = path::split(path);
        let mut node = &self.tree;
        for key in &keys {
            match node.get(key) {
                Some(member) => node = member,
                None => break,
            }
        }
        let is_table = matches!(node.value, tree::Value::Table(_));
        let span = if is_table { node.key_span } else { node.span };
        Place {
            span,
            origin: node.origin.clone(),
        }
    }

    /// Returns whether the author wrote this path.
    pub(crate) fn says(&self, path: &str) -> bool {
        self.tree.at(&path::split(path)).is_some()
    }

    /// Returns the path at which the author wrote this one, or `None` if the spec does not have it.
    pub(crate) fn origin(&self, path: &str) -> Option<String> {
        self.tree
            .at(&path::split(path))
            .map(|node| node.origin.clone())
    }

    /// Returns whether this spec extends another one.
    pub(crate) fn is_overlay(&self) -> bool {
        self.extends.is_some()
    }

    /// Returns whether the value at this byte belongs to the spec that this one extends.
    pub(crate) fn is_inherited(&self, position: usize) -> bool {
        self.extends.is_some_and(|span| span.start == position)
    }

    /// Returns the byte at which the example with the given name begins.
    pub(crate) fn position_of_example(&self, name: &str) -> usize {
        let examples = match self.tree.get("example").map(|node| &node.value) {
            Some(tree::Value::List(examples)) => examples.as_slice(),
            _ => &[],
        };
        let is_it = |example: &&Node| matches!(example.get("name").map(|node| &node.value), Some(tree::Value::Text(own)) if own == name);
        examples
            .iter()
            .find(is_it)
            .map_or(0, |example| example.span.start)
    }

    /// Returns the place of the first value that is this text.
    pub(crate) fn find_text(&self, text: &str) -> Option<Span> {
        find_text(&self.tree, text)
    }

    /// Returns the place of a key's value in one of the tables of a list.
    pub(crate) fn place_in_list(&self, list: &str, index: usize, key: &str) -> Span {
        let own = match self.tree.get(list).map(|node| &node.value) {
            Some(tree::Value::List(items)) => items.get(index).and_then(|item| item.get(key)),
            _ => None,
        };
        own.map(|node| node.span).unwrap_or_default()
    }

    /// Returns the place at which evidence names a path.
    pub(crate) fn place_of_evidence(&self, path: &str) -> Span {
        let evidence = self.tree.get("evidence");
        evidence
            .and_then(|evidence| find_text(evidence, path))
            .unwrap_or_default()
    }

    /// Returns whether the value at a path is exactly this text.
    pub(crate) fn says_text(&self, path: &str, text: &str) -> bool {
        let node = self.tree.at(&path::split(path));
        matches!(node.map(|node| &node.value), Some(tree::Value::Text(own)) if own == text)
    }

    /// Returns every text that the author wrote, with its path in this document. Texts that a variant changes belong to
    /// the variant; its setting belongs to the base.
    pub(crate) fn texts(&self) -> Vec<(String, String)> {
        let leaves = self
            .leaves()
            .into_iter()
            .filter(|path| !path.starts_with("variant.") || path.ends_with(".setting"));
        let texts = leaves.flat_map(|path| {
            let node = self.tree.at(&path::split(&path));
            let texts = node.map(|node| node.value.texts()).unwrap_or_default();
            texts.into_iter().map(move |text| (path.clone(), text))
        });
        texts.collect()
    }

    /// Returns the path in this document of every leaf that the author wrote.
    pub(crate) fn leaves(&self) -> Vec<String> {
        let mut leaves = Vec::new();
        collect_leaves(&self.tree, "", &mut leaves);
        leaves
    }
}

fn find_text(node: &Node, text: &str) -> Option<Span> {
    match &node.value {
        tree::Value::Text(own) => (own == text).then_some(node.span),
        tree::Value::List(items) => items.iter().find_map(|item| find_text(item, text)),
        tree::Value::Table(entries) => entries
            .iter()
            .find_map(|(_, member)| find_text(member, text)),
        _ => None,
    }
}

fn collect_leaves(node: &Node, at: &str, leaves: &mut Vec<String>) {
    for (name, member) in node.entries() {
        let own = path::join(at, name);
        match member.value {
            tree::Value::Table(_) if !member.entries().is_empty() => {
                collect_leaves(member, &own, leaves);
            }
            _ => leaves.push(own),
        }
    }
}

/// Parses a spec: the base first, then its variants in the order of the file. Returns an empty list if it cannot.
pub fn parse(source: &Source, diagnostics: &mut Diagnostics) -> Vec<Written> {
    let Some((tree, extends)) = laid_over(source, diagnostics) else {
        return Vec::new();
    };
    if let Some((version, place)) = other_version(&tree) {
        let message = format!("this compiler supports version 1 of the language, not {version}");
        diagnostics.report(
            &rules::LANGUAGE_VERSION,
            place,
            "language",
            message,
            "language = 1".to_owned(),
        );
        return Vec::new();
    }
    characters::check(&tree, diagnostics);
    let mut base = tree.clone();
    let variants = base.take("variant");
    let size = base.size();
    let mut total = tree.size();
    let mut written: Vec<Written> = read(None, String::new(), tree, extends, diagnostics)
        .into_iter()
        .collect();
    for (name, variant) in variants.iter().flat_map(Node::entries) {
        let mut over = with_extended(variant, variants.as_ref(), diagnostics);
        total += size + over.size();
        if total > limits::MAX_VALUES {
            let message = format!(
                "the spec and its variants have more than {} values, with what they inherit",
                limits::MAX_VALUES
            );
            too_large(variant.key_span, &variant.origin, message, diagnostics);
            return Vec::new();
        }
        over.take("extends");
        over.take("variant");
        let setting = match over.take("setting").map(|node| node.value) {
            Some(tree::Value::Text(text)) => text,
            _ => String::new(),
        };
        let mut own = Diagnostics::new();
        // The findings of the base are reported already; only those in the variant's table are new.
        let merged = base.clone().merged(&over);
        written.extend(read(Some(name.clone()), setting, merged, extends, &mut own));
        let prefix = path::join("variant", name);
        own.retain(|diagnostic| path::covers(&prefix, &diagnostic.path));
        diagnostics.append(own);
    }
    written
}

/// Returns a variant merged over the variant that it extends, if it extends one.
fn with_extended(variant: &Node, all: Option<&Node>, diagnostics: &mut Diagnostics) -> Node {
    let Some(named) = variant.get("extends") else {
        return variant.clone();
    };
    let tree::Value::Text(name) = &named.value else {
        return variant.clone();
    };
    match all
        .and_then(|all| all.get(name))
        .filter(|other| other.get("extends").is_none())
    {
        Some(other) => other.clone().merged(variant),
        None => {
            let message = format!("`{name}` is not a variant that can be extended");
            let help = "name a variant of this spec that does not extend another one".to_owned();
            diagnostics.report(
                &rules::BAD_EXTENDS,
                named.span,
                &named.origin,
                message,
                help,
            );
            variant.clone()
        }
    }
}

/// Returns the id or path that the spec states in `extends`.
pub(crate) fn extends(source: &Source) -> Option<String> {
    // Compiling the text finds these errors again and reports them.
    let mut unread = Diagnostics::new();
    let tree = tree(source, &mut unread);
    unread.into_sorted();
    let tree = tree?;
    match &tree.at(&path::split("provider.extends"))?.value {
        tree::Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Returns the tree of a spec merged over that of its base: tables merge, evidence, accepted findings and deprecations
/// add up, and everything else is replaced. Returns the place of `extends`, too.
fn laid_over(source: &Source, diagnostics: &mut Diagnostics) -> Option<(Node, Option<Span>)> {
    let own = tree(source, diagnostics)?;
    let Some(named) = own.at(&path::split("provider.extends")) else {
        return Some((own, None));
    };
    let span = named.span;
    let tree::Value::Text(name) = &named.value else {
        Reader { diagnostics }.wrong_kind(named, "a string");
        return None;
    };
    let mut of_base = Diagnostics::new();
    let base = source
        .base
        .as_ref()
        .and_then(|base| laid_over(base, &mut of_base));
    of_base.into_sorted();
    let Some((base, _)) = base else {
        let message = match source.base {
            Some(_) => format!("`{name}` is not valid TOML"),
            None => format!("`{name}` cannot be found"),
        };
        let help =
            "name a spec in the same folder by its id, or another one by its relative path; \
                    `cargo spec add` adds a shipped spec to the folder"
                .to_owned();
        diagnostics.report(&rules::BAD_EXTENDS, span, "provider.extends", message, help);
        return None;
    };
    if own.at(&path::split("provider.id")).is_none() {
        diagnostics.report(
            &rules::BAD_EXTENDS,
            span,
            "provider.id",
            format!("the spec that extends `{name}` has no `id`"),
            "add `id = \"…\"` next to `extends`: one app may use both specs".to_owned(),
        );
    }
    let mut base = base.placed(span);
    if let Some(provider) = base.member_mut("provider") {
        provider.take("extends");
    }
    let mut merged = base.clone().merged(&own);
    for list in ["evidence", "accept", "deprecated"] {
        if let (Some(inherited), Some(_)) = (base.get(list), own.get(list)) {
            merged.append(list, inherited);
        }
    }
    Some((merged, Some(span)))
}

/// Returns a language version that this compiler does not support. The rest of such a spec cannot be checked.
fn other_version(tree: &Node) -> Option<(i64, Span)> {
    match tree.get("language").map(|node| (&node.value, node.span)) {
        Some((tree::Value::Integer(version), span)) if *version != 1 => Some((*version, span)),
        _ => None,
    }
}

fn read(
    variant: Option<String>,
    setting: String,
    tree: Node,
    extends: Option<Span>,
    diagnostics: &mut Diagnostics,
) -> Option<Written> {
    let document = Document::from_node(&tree, &mut Reader { diagnostics })?;
    Some(Written {
        variant,
        setting,
        document,
        tree,
        extends,
    })
}

/// The maximum number of dots in a key; a spec needs five. The parser limits brackets, but not dots, and
/// each later walk of the tree recurses once for each dot.
const MAX_DOTS: usize = 64;

fn too_large(span: Span, path: &str, message: String, diagnostics: &mut Diagnostics) {
    let help = "remove what the app does not need, or split the spec".to_owned();
    diagnostics.report(&rules::TOO_LARGE, span, path, message, help);
}

fn tree(source: &Source, diagnostics: &mut Diagnostics) -> Option<Node> {
    if source.text.len() > limits::MAX_BYTES {
        let message = format!(
            "the spec has {} bytes; at most {} are allowed",
            source.text.len(),
            limits::MAX_BYTES
        );
        too_large(Span::default(), "", message, diagnostics);
        return None;
    }
    let mut fail = |span: Span, message: String| {
        diagnostics.report(&rules::NOT_TOML, span, "", message, None);
        None
    };
    if !source.is_utf8 {
        return fail(Span::default(), "the file is not UTF-8".to_owned());
    }
    if most_dots(&source.text) > MAX_DOTS {
        return fail(
            Span::default(),
            format!("a key has more than {MAX_DOTS} dots"),
        );
    }
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        if let Some((span, message)) = limits::exceeded(&table) {
            too_large(span, "", message, diagnostics);
            return None;
        }
        return Some(Node::document(&table));
    }
    for error in &errors {
        let span = error.span().map_or(Span::default(), Span::from);
        fail(
            span,
            error
                .message()
                .lines()
                .next()
                .unwrap_or("the spec is not valid TOML")
                .to_owned(),
        );
    }
    None
}

/// Returns the maximum number of dots that join the parts of one key. Dots in strings and comments do not count.
fn most_dots(text: &str) -> usize {
    let (mut most, mut dots) = (0, 0);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' | '\'' => string_len(rest, first),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        match first {
            '.' => dots += 1,
            '"' | '\'' | ' ' | '\t' | '-' | '_' => {}
            other if other.is_alphanumeric() => {}
            _ => dots = 0,
        }
        most = most.max(dots);
        rest = &rest[len..];
    }
    most
}

/// Returns the length of the string at the beginning of a text. Only a string with three quotes has several lines.
fn string_len(text: &str, quote: char) -> usize {
    let three = [quote; 3].iter().collect::<String>();
    let (opening, of_lines) = match text.starts_with(&three) {
        true => (3, true),
        false => (1, false),
    };
    let mut escaped = false;
    for (at, character) in text[opening..].char_indices() {
        let at = opening + at;
        match character {
            '\n' if !of_lines => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = quote == '"',
            own if own == quote && !of_lines => return at + 1,
            own if own == quote && text[at..].starts_with(&three) => return at + 3,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_counted_in_keys_alone() {
        let many = "a.".repeat(70) + "a";
        for (text, expected) in [
            (format!("{many} = 1"), 70),
            (format!("[{many}]"), 70),
            (format!("x = {{ {many} = 1 }}"), 70),
            (format!("x = \"{many}\""), 0),
            (format!("# {many}"), 0),
            (
                format!("x = \'\'\'\n{many}\n\"{many}\"\n\'\'\'\n a . \"b.c\" . d = 1"),
                2,
            ),
            (format!("x = \"\"\"\n{many} \\\"\"\" {many}\n\"\"\""), 0),
            (format!("x = \"\n{many} = 1"), 70),
            ("a = 1.5\nb.c = [1.5, 2.5]".to_owned(), 1),
        ] {
            assert_eq!(most_dots(&text), expected, "{text}");
        }
    }
}
