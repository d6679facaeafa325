//! Limits on the size of a spec, so that compiling one takes a bounded number of steps.
//!
//! Code that runs after these limits may be quadratic in the entries of a table. It may also repeat its work for each
//! variant and each call. The shipped specs reach at most half of each limit.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::Span;

/// The maximum size of a spec, in bytes.
pub(super) const MAX_BYTES: usize = 128 * 1024;

/// The maximum number of values of a spec and all its variants, each with the values that it inherits.
pub(super) const MAX_VALUES: usize = 40_000;

/// The maximum length of a key, in bytes.
const MAX_KEY: usize = 256;

/// The maximum number of keys in the path of a value.
const MAX_DEPTH: usize = 16;

/// The maximum number of entries of a table or list.
const MAX_ENTRIES: usize = 1000;

/// Lower limits for tables that multiply the rest of a spec, or whose entries are compared with each other.
const FEWER: &[(&str, usize)] = &[
    ("calls", 32),
    ("environment", 32),
    ("example", 256),
    ("fields", 64),
    ("headers", 64),
    ("hosts", 64),
    ("inputs", 64),
    ("params", 256),
    ("query", 256),
    ("sets", 16),
    ("tokens", 16),
    ("variant", 32),
];

type Found = Option<(Span, String)>;

/// Returns the first limit that a document exceeds as a place and a message.
pub(super) fn exceeded(document: &Spanned<DeTable<'_>>) -> Found {
    let mut total = 0;
    table(
        document.get_ref(),
        "",
        document.span().into(),
        1,
        &mut total,
    )
}

fn table(table: &DeTable<'_>, key: &str, place: Span, depth: usize, total: &mut usize) -> Found {
    if depth > MAX_DEPTH && !table.is_empty() {
        let message = format!("a value has more than {MAX_DEPTH} keys in its path");
        return Some((place, message));
    }
    length(table.len(), key, place, total).or_else(|| {
        table.iter().find_map(|(key, member)| {
            let place: Span = key.span().into();
            if key.get_ref().len() > MAX_KEY {
                let message = format!("a key has more than {MAX_KEY} bytes");
                return Some((place, message));
            }
            value(member, key.get_ref(), place, depth + 1, total)
        })
    })
}

fn value(
    value: &Spanned<DeValue<'_>>,
    key: &str,
    place: Span,
    depth: usize,
    total: &mut usize,
) -> Found {
    match value.get_ref() {
        DeValue::Table(own) => table(own, key, place, depth, total),
        DeValue::Array(items) if depth > MAX_DEPTH && !items.is_empty() => {
            let message = format!("lists are more than {MAX_DEPTH} levels deep");
            Some((place, message))
        }
        DeValue::Array(items) => length(items.len(), key, place, total).or_else(|| {
            let mut items = items.iter();
            items.find_map(|item| self::value(item, "", item.span().into(), depth + 1, total))
        }),
        _ => None,
    }
}

fn length(length: usize, key: &str, place: Span, total: &mut usize) -> Found {
    *total += length;
    let fewer = FEWER.iter().find(|(name, _)| *name == key);
    let most = fewer.map_or(MAX_ENTRIES, |(_, most)| *most);
    if length > most {
        let message = format!("`{key}` has {length} entries; at most {most} are allowed");
        return Some((place, message));
    }
    (*total > MAX_VALUES).then(|| {
        let message = format!("the spec has more than {MAX_VALUES} values");
        (place, message)
    })
}
