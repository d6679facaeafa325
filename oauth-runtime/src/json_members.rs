//! What a reader wants of a JSON body: the members at its paths, the entries of a list, the names of an object.

#![expect(
    clippy::inline_always,
    reason = "a value is read where its name was: a call for each would cost more than most values"
)]

use std::borrow::Cow;

use crate::error::Failure;
use crate::json::{Broken, Json, Text, Value};
use crate::members::{Found, Member, Written};
use crate::paths::{Index, Path, Paths};

/// The names of a JSON object's members, as far as it is one.
pub(crate) fn names(body: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut json = Json::new(body.as_bytes());
    if let Ok(Value::Object) = json.value() {
        // What broke off in the middle has names up to there.
        let _ = json.members(|json, name| {
            json.skip()?;
            names.extend(name.meaning().map(String::from));
            Ok(())
        });
    }
    names
}

/// The entries of the list at a path of a JSON body, as they are written.
pub(crate) fn entries(body: &[u8], path: Path) -> Result<Vec<&[u8]>, Failure> {
    let [member] = read(body, &Paths::of([path]))?;
    match member.found {
        Found::List(list) => Ok(elements(list)),
        _ => Err(member.wrong("a list")),
    }
}

/// The elements of a list, as they are written.
fn elements(list: &[u8]) -> Vec<&[u8]> {
    let mut elements = Vec::new();
    let mut json = Json::new(list);
    if let Ok(Value::List) = json.value() {
        // It was walked before: nothing in it is broken.
        let _ = json.elements(|json| {
            let start = json.next();
            json.skip()?;
            elements.push(&list[start..json.at()]);
            Ok(())
        });
    }
    elements
}

/// The texts among the elements of a list.
pub(crate) fn texts(list: &[u8]) -> Vec<Cow<'_, str>> {
    let text = |element| match Json::new(element).value() {
        Ok(Value::Text(text)) => text.meaning(),
        _ => None,
    };
    elements(list).into_iter().filter_map(text).collect()
}

/// The members at `paths` of a JSON body. The error says where the JSON stops to be JSON.
#[inline]
pub(crate) fn read<'a, const N: usize>(
    body: &'a [u8],
    paths: &Paths<N>,
) -> Result<[Member<'a>; N], Failure> {
    let mut members = paths.unread();
    fill(body, &paths.index, &mut members)?;
    Ok(members)
}

fn fill<'a>(body: &'a [u8], index: &Index, members: &mut [Member<'a>]) -> Result<(), Failure> {
    let mut json = Json::new(body);
    let mut reader = Reader {
        body,
        // Checked as a whole, text need not be checked string by string.
        text: std::str::from_utf8(body).ok(),
        index,
        members,
        repeated: None,
    };
    let read = reader
        .value(&mut json, index.all, 0)
        .and_then(|()| json.end());
    match (read, reader.repeated) {
        (Err(Broken), _) => {
            let (line, column) = json.position();
            Err(Failure::NotJson { line, column })
        }
        (_, Some(index)) => Err(Failure::Member {
            path: members[index].path,
            expected: "one member of that name",
            found: "the member twice",
        }),
        _ => Ok(()),
    }
}

struct Reader<'m, 'a> {
    body: &'a [u8],
    text: Option<&'a str>,
    index: &'m Index,
    members: &'m mut [Member<'a>],
    /// A member that was found twice.
    repeated: Option<usize>,
}

impl<'a> Reader<'_, 'a> {
    /// Reads one value. `wanted` has a bit for each member whose path leads here or further in; `depth` names of
    /// those paths were walked already.
    #[inline(always)]
    fn value(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        if wanted == 0 {
            return json.skip();
        }
        let found = match json.value()? {
            Value::Text(text) => Found::Text(self.written(text, json.at() - 1)?),
            Value::Integer(number) => Found::Integer(number),
            Value::Number(number) => number_found(number),
            Value::Boolean(boolean) => Found::Boolean(boolean),
            Value::Null => Found::Null,
            Value::Object => return self.object(json, wanted, depth),
            Value::List => return self.list(json, wanted, depth),
        };
        self.put(wanted, depth, found);
        Ok(())
    }

    fn object(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        self.put(wanted, depth, Found::Object);
        json.members(|json, name| {
            let further = self.further(wanted, depth, name);
            self.value(json, further, depth + 1)
        })
    }

    fn list(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        let start = json.at();
        let mut index = 0;
        json.elements(|json| {
            let further = self.further_at(wanted, depth, index);
            index += 1;
            self.value(json, further, depth + 1)
        })?;
        self.put(wanted, depth, Found::List(&self.body[start..json.at()]));
        Ok(())
    }

    fn written(&self, text: Text<'a>, end: usize) -> Result<Written<'a>, Broken> {
        let written = match text {
            Text::Plain(plain) => match self.text {
                Some(text) => text.get(end - plain.len()..end),
                None => std::str::from_utf8(plain).ok(),
            }
            .map(Written::Plain),
            Text::Escaped(_) => text.meaning().map(|_| Written::Json(text)),
        };
        written.ok_or(Broken)
    }

    /// Gives every member whose path ends here what was found.
    #[inline]
    fn put(&mut self, wanted: u64, depth: usize, found: Found<'a>) {
        let wanted = if depth == 0 { self.index.whole } else { wanted };
        for index in bits(wanted) {
            let member = &mut self.members[index];
            if member.path.len() == depth {
                if !matches!(member.found, Found::Missing) {
                    self.repeated = self.repeated.or(Some(index));
                }
                member.found = found;
            }
        }
    }

    /// The members whose path goes on with `name`.
    #[inline]
    fn further(&self, wanted: u64, depth: usize, name: Text<'a>) -> u64 {
        match name {
            Text::Plain(name) if depth == 0 => {
                let beginning = self.index.beginning(name);
                self.further_if(beginning, 0, |own| own.as_bytes() == name)
            }
            Text::Plain(name) => self.further_if(wanted, depth, |own| own.as_bytes() == name),
            Text::Escaped(_) => {
                let name = name.meaning();
                self.further_if(wanted, depth, |own| name.as_deref() == Some(own))
            }
        }
    }

    /// The members whose path goes on with an index.
    fn further_at(&self, wanted: u64, depth: usize, index: usize) -> u64 {
        self.further_if(wanted, depth, |own| own.parse() == Ok(index))
    }

    #[inline]
    fn further_if(&self, wanted: u64, depth: usize, goes_on: impl Fn(&str) -> bool) -> u64 {
        let mut further = 0;
        for index in bits(wanted) {
            let name = self.members[index].path.get(depth);
            further |= u64::from(name.is_some_and(|own| goes_on(own))) << index;
        }
        further
    }
}

#[cold]
fn number_found<'a>(number: &[u8]) -> Found<'a> {
    let number = std::str::from_utf8(number).unwrap_or_default();
    match number.parse() {
        Ok(integer) => Found::Integer(integer),
        // Every number of JSON is one of Rust's, if only an infinite one.
        Err(_) => Found::Fraction(number.parse().unwrap_or(f64::INFINITY)),
    }
}

/// The places of the bits that are set.
#[inline]
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(at as usize)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// JSON with the names that are asked for.
    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = proptest::sample::select(vec![
                "a",
                "access_token",
                "access_tokens",
                "é",
                "\"",
                "b",
            ]);
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(name, inner, 0..4).prop_map(|members| {
                    let members = members
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value));
                    Value::Object(members.collect())
                }),
            ]
        })
    }

    static PATHS: Paths<7> = Paths::of([
        &[],
        &["a"],
        &["access_token"],
        &["access_tokens"],
        &["\"", "é"],
        &["a", "b"],
        &["a", "1", "a"],
    ]);

    fn at(value: &Value, path: Path) -> Option<&Value> {
        path.iter().try_fold(value, |value, name| match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            value => value.get(name),
        })
    }

    fn is(found: Found<'_>, value: Option<&Value>) -> bool {
        match (found, value) {
            (Found::Missing, None)
            | (Found::Null, Some(Value::Null))
            | (Found::Object, Some(Value::Object(_))) => true,
            (Found::Boolean(own), Some(value)) => value.as_bool() == Some(own),
            (Found::Integer(own), Some(value)) => value.as_i64() == Some(own),
            (Found::Fraction(own), Some(value)) => value.as_f64() == Some(own),
            (Found::Text(own), Some(value)) => value.as_str() == Some(&*own.meaning()),
            // Written and read again: serde_json reads fractions less exactly than it writes them.
            (Found::List(own), Some(value)) => {
                let own = serde_json::from_slice::<Value>(own).ok();
                own == serde_json::from_str(&value.to_string()).ok()
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn members_are_what_serde_json_finds(value in values(), pretty in any::<bool>()) {
            let text = match pretty {
                true => serde_json::to_string_pretty(&value).unwrap(),
                false => value.to_string(),
            };
            let members = read(text.as_bytes(), &PATHS).ok().unwrap();
            for member in &members {
                prop_assert!(is(member.found, at(&value, member.path)), "{:?} of {text}", member.path);
            }
        }
    }
}
