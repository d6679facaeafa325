//! TOML as a tree in which every value knows where it stands and where it came from.
//!
//! Variants are merged here, before anything has a meaning: tables merge, everything else is replaced.
//! A merged value keeps the span and the path that it had, so findings and evidence point to what the
//! author wrote.

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
    /// The span of the key that names it; its own where it has none.
    pub(crate) key_span: Span,
    /// The path where the author wrote it.
    pub(crate) origin: String,
}

/// What TOML can say.
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

/// Names and values in the order of the file. Many names are found by an index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    entries: Vec<(String, Node)>,
    /// Where each name stands; empty while they are few.
    index: HashMap<String, usize>,
}

/// As many names are compared one by one.
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
    /// The text, or the texts of a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        match self {
            Value::Text(text) => vec![text.clone()],
            Value::List(items) => items.iter().flat_map(|item| item.value.texts()).collect(),
            _ => Vec::new(),
        }
    }
}

impl Node {
    /// A whole document.
    pub(crate) fn document(table: &Spanned<DeTable<'_>>) -> Node {
        let span = table.span().into();
        Node {
            value: entries(table.get_ref(), ""),
            span,
            key_span: span,
            origin: String::new(),
        }
    }

    /// The member of that name.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        let Value::Table(table) = &self.value else {
            return None;
        };
        let (_, node) = table.entries.get(table.position(key)?)?;
        Some(node)
    }

    /// The member of that name, to be changed.
    pub(crate) fn member_mut(&mut self, key: &str) -> Option<&mut Node> {
        match &mut self.value {
            Value::Table(table) => table.get_mut(key),
            _ => None,
        }
    }

    /// Takes the member of that name out.
    pub(crate) fn take(&mut self, key: &str) -> Option<Node> {
        match &mut self.value {
            Value::Table(table) => table.take(key),
            _ => None,
        }
    }

    /// The members, if it is a table.
    pub(crate) fn entries(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Table(table) => table,
            _ => &[],
        }
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, keys: &[String]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// How many values there are, tables and lists included.
    pub(crate) fn size(&self) -> usize {
        let members: usize = match &self.value {
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Table(table) => table.iter().map(|(_, node)| node.size()).sum(),
            _ => 0,
        };
        members + 1
    }

    /// The kind of value, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a number",
            Value::Float => "a fraction",
            Value::Boolean(_) => "a boolean",
            Value::Date(_) => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// This tree as another spec's: all of it stands where that one names it.
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

    /// What stands in the list of that name, with this tree's own behind it.
    pub(crate) fn append(&mut self, key: &str, own: &Node) {
        if let (Some(node), Value::List(further)) = (self.member_mut(key), &own.value)
            && let Value::List(items) = &mut node.value
        {
            let mut all = further.clone();
            all.append(items);
            *items = all;
        }
    }

    /// This tree with `over` laid upon it.
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
