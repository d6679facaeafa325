//! TOML as a tree in which every value has its place and its original path.
//!
//! Variants are merged here, before the spec is interpreted: tables merge, everything else is replaced.
//! A merged value keeps its span and its path, so findings and evidence refer to what the author wrote.

use std::collections::HashMap;
use std::ops::Deref;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::Span;
use crate::steps;
use crate::syntax::path;

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
    /// The span of the key that names the value, or the span of the value if it has no key.
    pub(crate) key_span: Span,
    /// The path at which the author wrote the value.
    pub(crate) origin: String,
}

/// A TOML value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float,
    Boolean(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

/// Names and values in the order of the file. A large table has an index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    entries: Vec<(String, Node)>,
    /// The position of each name; empty for a small table.
    index: HashMap<String, usize>,
}

/// The maximum number of names in a table without an index.
const SCANNED: usize = 16;

impl Table {
    fn new(entries: Vec<(String, Node)>) -> Table {
        let mut table = Table {
            entries,
            index: HashMap::new(),
        };
        table.reindex();
        table
    }

    fn reindex(&mut self) {
        self.index.clear();
        if self.entries.len() > SCANNED {
            let names = self.entries.iter().enumerate();
            self.index = names.map(|(at, (name, _))| (name.clone(), at)).collect();
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        steps::count(1);
        match self.index.is_empty() {
            true => self.entries.iter().position(|(name, _)| name == key),
            false => self.index.get(key).copied(),
        }
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let at = self.position(key)?;
        self.entries.get_mut(at).map(|(_, node)| node)
    }

    fn push(&mut self, name: String, node: Node) {
        if !self.index.is_empty() {
            self.index.insert(name.clone(), self.entries.len());
        }
        self.entries.push((name, node));
        if self.index.is_empty() {
            self.reindex();
        }
    }

    fn take(&mut self, key: &str) -> Option<Node> {
        let at = self.position(key)?;
        let (_, node) = self.entries.remove(at);
        self.reindex();
        Some(node)
    }
}

impl Deref for Table {
    type Target = [(String, Node)];

    fn deref(&self) -> &[(String, Node)] {
        &self.entries
    }
}

impl Value {
    /// Returns the text, or the texts of a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Value::Text(text) => vec![text.clone()],
            Value::List(items) => items.iter().flat_map(|item| item.value.texts()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Node {
    /// Creates the tree of a whole document.
    pub(crate) fn document(table: &Spanned<DeTable<'_>>) -> Node {
        let span = table.span().into();
        Node {
            value: entries(table.get_ref(), ""),
            span,
            key_span: span,
            origin: String::new(),
        }
    }

    /// Returns the member with the given name.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Table(table) = &self.value else {
            return None;
        };
        let (_, node) = table.entries.get(table.position(key)?)?;
        Some(node)
    }

    /// Returns the member with the given name for modification.
    pub(crate) fn member_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Table(table) => table.get_mut(key),
            _ => None,
        }
    }

    /// Removes the member with the given name and returns it.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        match &mut self.value {
            Value::Table(table) => table.take(key),
            _ => None,
        }
    }

    /// Returns the members of a table, or an empty list for other values.
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(table) => table,
            _ => &[],
        }
    }

    /// Returns the value at a path of keys.
    pub(crate) fn at(&self, keys: &[String]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the number of values, including tables and lists.
    pub(crate) fn size(&self) -> usize {
        let members: usize = match &self.value {
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Table(table) => table.iter().map(|(_, node)| node.size()).sum(),
            _ => 0,
        };
        members + 1
    }

    /// Describes the kind of value in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// Moves the tree of an extended spec: every value gets the place at which the other spec names it.
    pub(crate) fn placed(mut self, span: Span) -> Node {
        self.span = span;
        self.key_span = span;
        self.value = match self.value {
            Value::List(items) => {
                Value::List(items.into_iter().map(|item| item.placed(span)).collect())
            }
            Value::Table(table) => Value::Table(Table::new(
                table
                    .entries
                    .into_iter()
                    .map(|(name, node)| (name, node.placed(span)))
                    .collect(),
            )),
            value => value,
        };
        self
    }

    /// Inserts the items of `own` before the items of this tree's list with the given name.
    pub(crate) fn append(&mut self, key: &str, own: &Node) {
        if let (Some(node), Value::List(further)) = (self.member_mut(key), &own.value)
            && let Value::List(items) = &mut node.value
        {
            let mut all = further.clone();
            all.append(items);
            *items = all;
        }
    }

    /// Merges `over` over this tree.
    pub(crate) fn merged(mut self, over: &Node) -> Node {
        let (Value::Table(own), Value::Table(others)) = (&mut self.value, &over.value) else {
            return over.clone();
        };
        for (name, other) in others.iter() {
            match own.get_mut(name) {
                Some(node) => *node = node.clone().merged(other),
                None => own.push(name.clone(), other.clone()),
            }
        }
        self
    }
}

fn entries(table: &DeTable<'_>, origin: &str) -> Value {
    let mut entries: Vec<(String, Node)> = table
        .iter()
        .map(|(key, value)| {
            let name = key.get_ref().to_string();
            let own = node(value, key.span().into(), &path::join(origin, &name));
            (name, own)
        })
        .collect();
    entries.sort_by_key(|(_, node)| node.key_span);
    Value::Table(Table::new(entries))
}

fn node(value: &Spanned<DeValue<'_>>, key_span: Span, origin: &str) -> Node {
    let converted = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
            .map_or(Value::Float, Value::Integer),
        DeValue::Float(_) => Value::Float,
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| node(item, item.span().into(), origin))
                .collect(),
        ),
        DeValue::Table(table) => entries(table, origin),
    };
    Node {
        value: converted,
        span: value.span().into(),
        key_span,
        origin: origin.to_owned(),
    }
}
