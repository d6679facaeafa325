//! Reads the tree into typed tables, and reports every unknown key, wrong kind and unknown word in one pass.

use crate::diagnostic::Diagnostics;
use crate::rules;
use crate::steps;
use crate::syntax::tree::{Node, Value};

/// A reader of trees that collects findings.
pub(crate) struct Reader<'a> {
    pub(crate) diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    pub(crate) fn wrong_kind(&mut self, node: &Node, expected: &str) {
        let help = match (expected, &node.value) {
            ("a string", Value::Integer(number)) => Some(format!("write `\"{number}\"`")),
            ("a table", Value::Boolean(false)) => Some(
                "`false` is not possible here: remove the key to use the standard's value"
                    .to_owned(),
            ),
            ("a string", Value::Boolean(boolean)) => Some(format!("write `\"{boolean}\"`")),
            _ => None,
        };
        self.wrong_kind_with(node, expected, help);
    }

    /// Reports a value of the wrong kind where a duration is required.
    pub(crate) fn no_time(&mut self, node: &Node, expected: &str) {
        let help = match &node.value {
            Value::Integer(number) => Some(format!("write `\"{number}s\"` if the unit is seconds")),
            _ => None,
        };
        self.wrong_kind_with(node, expected, help);
    }

    fn wrong_kind_with(&mut self, node: &Node, expected: &str, help: Option<String>) {
        self.diagnostics.report(
            &rules::WRONG_KIND,
            node.span,
            &node.origin,
            format!("`{}` must be {expected}, not {}", node.origin, node.kind()),
            help,
        );
    }

    pub(crate) fn wrong_word(&mut self, node: &Node, word: &str, words: &[&str]) {
        let help = did_you_mean(word, words, || format!("one of: {}", words.join(", ")));
        self.diagnostics.report(
            &rules::UNKNOWN_WORD,
            node.span,
            &node.origin,
            format!("invalid value `{word}` for `{}`", node.origin),
            help,
        );
    }

    pub(crate) fn unknown_keys(&mut self, node: &Node, known: &[&str]) {
        for (name, member) in node.entries() {
            if known.contains(&name.as_str()) {
                continue;
            }
            let help = match node.origin.as_str() {
                "token" => beside_token(name, member, known),
                _ => did_you_mean(name, known, || format!("known keys: {}", known.join(", "))),
            };
            self.diagnostics.report(
                &rules::UNKNOWN_KEY,
                member.key_span,
                &member.origin,
                format!("unknown key `{}`", member.origin),
                help,
            );
        }
    }

    pub(crate) fn variant_in_variant(&mut self, node: &Node) {
        self.diagnostics.report(
            &rules::UNKNOWN_KEY,
            node.key_span,
            &node.origin,
            format!("unknown key `{}`", node.origin),
            "move the variant to the top level, and write `extends` if it builds on another variant"
                .to_owned(),
        );
    }

    pub(crate) fn missing(&mut self, node: &Node, key: &str) {
        let place = if node.origin.is_empty() {
            "the spec"
        } else {
            &node.origin
        };
        let mut span = node.key_span;
        span.end = span.end.min(span.start + 1).max(span.start);
        self.diagnostics.report(
            &rules::MISSING_KEY,
            if node.origin.is_empty() {
                span
            } else {
                node.key_span
            },
            &node.origin,
            format!("{place} has no `{key}`"),
            format!("add `{key} = …`"),
        );
    }
}

/// Returns the help for a key that `[token]` does not have. The names differ by one letter: `[token]` is the endpoint,
/// and `[tokens]` are the issued tokens. Keys of a single grant belong in the grant's table.
fn beside_token(name: &str, member: &Node, known: &[&str]) -> String {
    let is_table = matches!(member.value, Value::Table(_));
    match name {
        "params" => {
            "write the parameters in a grant's table, such as `token.authorization_code.params`"
                .to_owned()
        }
        _ => match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if is_table => format!("did you mean `tokens.{name}`?"),
            None => format!("known keys: {}", known.join(", ")),
        },
    }
}

/// The maximum length of a word that gets a suggestion, in bytes. Computing a distance takes time quadratic in it.
const MAX_SUGGESTED: usize = 64;

/// Returns the word that was probably meant: the only one that begins with `word`, or the one with the closest spelling.
pub(crate) fn nearest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    if word.len() > MAX_SUGGESTED || !steps::may_suggest(words.len()) {
        return None;
    }
    let mut begun = words
        .iter()
        .filter(|known| word.len() >= 4 && known.starts_with(word));
    if let (Some(known), None) = (begun.next(), begun.next()) {
        return Some(known);
    }
    words
        .iter()
        .filter_map(|known| Some((distance(word, known)?, *known)))
        .filter(|(distance, known)| *distance <= 1.max(known.len().max(word.len()) / 3))
        .min()
        .map(|(_, known)| known)
}

/// Returns the distance between two words, ignoring case, or `None` if it is too large or takes too long to compute.
fn distance(word: &str, known: &str) -> Option<usize> {
    let longest = word.len().max(known.len());
    if longest > MAX_SUGGESTED || word.len().abs_diff(known.len()) > 1.max(longest / 3) {
        return None;
    }
    steps::may_suggest(word.len() * known.len())
        .then(|| strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase()))
}

/// Registered words and their shorter forms in the spec language (RFC 7591 §2, media types).
const REGISTERED: &[(&str, &str)] = &[
    ("client_secret_basic", "basic"),
    ("client_secret_post", "post"),
    ("application/x-www-form-urlencoded", "form"),
    ("application/json", "json"),
];

/// Returns the help for an unknown word: the word that was probably meant, or the text of `otherwise`.
pub(crate) fn did_you_mean(
    word: &str,
    words: &[&str],
    otherwise: impl FnOnce() -> String,
) -> String {
    let registered = REGISTERED
        .iter()
        .find(|(name, own)| *name == word && words.contains(own))
        .map(|(_, own)| *own);
    let near = registered.or_else(|| nearest(word, words));
    near.map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

/// A type that can be read from a node.
pub(crate) trait FromNode: Sized {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
}

impl FromNode for String {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            _ => {
                reader.wrong_kind(node, "a string");
                None
            }
        }
    }
}

impl FromNode for i64 {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<i64> {
        match node.value {
            Value::Integer(number) => Some(number),
            _ => {
                reader.wrong_kind(node, "an integer");
                None
            }
        }
    }
}

impl FromNode for bool {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<bool> {
        match node.value {
            Value::Boolean(boolean) => Some(boolean),
            _ => {
                reader.wrong_kind(node, "`true` or `false`");
                None
            }
        }
    }
}

impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Vec<T>> {
        match &node.value {
            Value::List(items) => Some(
                items
                    .iter()
                    .filter_map(|item| T::from_node(item, reader))
                    .collect(),
            ),
            _ => {
                reader.wrong_kind(node, "a list");
                None
            }
        }
    }
}

/// Declares a table of the language from one list: the struct, the reader that reports every unknown key, and (with
/// feature `schema`) the JSON schema. Missing `required` keys are reported.
macro_rules! table {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(($shorthand:ident))? {
            $( $(#[$doc:meta])* $key:literal $(($required:ident))? => $field:ident : $type:ty, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
        $( #[cfg_attr(feature = "schema", schemars(transform = $crate::schema::or_text(stringify!($shorthand))))] )?
        pub struct $name {
            $(
                $(#[$doc])*
                #[cfg_attr(feature = "schema", schemars(rename = $key $(, $required)?))]
                pub $field: Option<$type>,
            )*
        }

        impl $name {
            /// The keys of this table.
            pub const KEYS: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::syntax::read::FromNode for $name {
            fn from_node(
                node: &$crate::syntax::tree::Node,
                reader: &mut $crate::syntax::read::Reader<'_>,
            ) -> Option<$name> {
                $(
                    if let $crate::syntax::tree::Value::Text(text) = &node.value {
                        return Some($name { $shorthand: Some(text.clone()), ..$name::default() });
                    }
                )?
                if !matches!(node.value, $crate::syntax::tree::Value::Table(_)) {
                    reader.wrong_kind(node, "a table");
                    return None;
                }
                reader.unknown_keys(node, $name::KEYS);
                $( $( let _ = stringify!($required); if node.get($key).is_none() { reader.missing(node, $key); } )? )*
                Some($name {
                    $( $field: node.get($key).and_then(|member| $crate::syntax::read::FromNode::from_node(member, reader)), )*
                })
            }
        }
    };
}

/// Declares a closed set of words.
macro_rules! words {
    ( $(#[$meta:meta])* pub enum $name:ident { $( $(#[$doc:meta])* $word:literal => $variant:ident, )* } ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $( $(#[$doc])* #[cfg_attr(feature = "schema", schemars(rename = $word))] $variant, )*
        }

        impl $name {
            /// The words as a spec writes them.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Returns the word as a spec writes it.
            pub fn word(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }
        }

        impl $crate::syntax::read::FromNode for $name {
            fn from_node(
                node: &$crate::syntax::tree::Node,
                reader: &mut $crate::syntax::read::Reader<'_>,
            ) -> Option<$name> {
                let $crate::syntax::tree::Value::Text(text) = &node.value else {
                    reader.wrong_kind(node, &format!("one of: {}", $name::WORDS.join(", ")));
                    return None;
                };
                match text.as_str() {
                    $( $word => Some($name::$variant), )*
                    _ => {
                        reader.wrong_word(node, text, $name::WORDS);
                        None
                    }
                }
            }
        }
    };
}

pub(crate) use {table, words};
