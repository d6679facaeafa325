//! Reading parts of a JSON body: the members at given paths, the entries of a list, the names of an object.

#![expect(
    clippy::inline_always,
    reason = "reading a value must compile to inline code: a call for each value would cost more than most values"
)]

use std::borrow::Cow;

use crate::json::escapes;
use crate::json::member::{Found, Member, Members, Written};
use crate::json::paths::Index;
use crate::json::scan;
use crate::json::{Broken, Json, NotJson, Text, Value};

/// Returns the member names of a JSON object. Returns an empty list for any other text.
pub(crate) fn names(body: &str) -> Vec<String> {
    object_names(&mut Json::new(body.as_bytes())).unwrap_or_default()
}

fn object_names(json: &mut Json<'_>) -> Result<Vec<String>, Broken> {
    let mut names = Vec::new();
    let mut more = match json.value()? {
        Value::Object => json.first_member()?,
        _ => false,
    };
    while more {
        let name = json.name()?;
        names.extend(json.meaning(&name).map(Cow::into_owned));
        json.skip()?;
        more = json.next_member()?;
    }
    Ok(names)
}

/// Returns the raw elements of a list that was parsed before.
pub(crate) fn elements(list: &[u8]) -> Vec<&[u8]> {
    list_elements(list).unwrap_or_default()
}

fn list_elements(list: &[u8]) -> Result<Vec<&[u8]>, Broken> {
    let mut elements = Vec::new();
    let mut json = Json::new(list);
    let mut more = match json.value()? {
        Value::List => json.first_element()?,
        _ => false,
    };
    while more {
        let start = json.next();
        json.skip()?;
        elements.push(&list[start..json.at()]);
        more = json.next_element()?;
    }
    Ok(elements)
}

/// Returns the strings among the elements of a list.
pub(crate) fn texts(list: &[u8]) -> Vec<Cow<'_, str>> {
    let text = |element| {
        let mut json = Json::new(element);
        match json.value() {
            Ok(Value::Text(text)) => json.meaning(&text),
            _ => None,
        }
    };
    elements(list).into_iter().filter_map(text).collect()
}

/// Finds the members in a JSON body. If a member occurs more than once, the last value counts, as in most parsers (RFC 8259
/// §4), and the index of the first such member is returned.
pub(crate) fn fill<'a, const N: usize>(
    body: &'a [u8],
    members: &mut Members<'_, 'a, N>,
) -> Result<Option<usize>, NotJson> {
    fill_each(body, members.index, &mut members.each)
}

fn fill_each<'a>(
    body: &'a [u8],
    index: &Index,
    members: &mut [Member<'a>],
) -> Result<Option<usize>, NotJson> {
    let mut json = Json::new(body);
    let mut reader = Reader {
        body,
        // One UTF-8 check of the whole body replaces a check of each string.
        text: std::str::from_utf8(body).ok(),
        index,
        members,
        repeated: None,
    };
    let read = reader
        .other(&mut json, index.all, 0)
        .and_then(|()| json.end());
    let repeated = reader.repeated;
    match read {
        Err(Broken) => {
            let (line, column) = json.position();
            Err(NotJson { line, column })
        }
        Ok(()) => Ok(repeated),
    }
}

struct Reader<'m, 'a> {
    body: &'a [u8],
    text: Option<&'a str>,
    index: &'m Index,
    members: &'m mut [Member<'a>],
    /// The index of the first member that was found twice.
    repeated: Option<usize>,
}

impl<'a> Reader<'_, 'a> {
    /// Reads one value. `wanted` has a bit for each member whose path leads to this value or into it. `depth` is the number
    /// of path names that were read already.
    #[inline(always)]
    fn value(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        if wanted == 0 {
            return json.skip();
        }
        match self.text.and_then(|body| json.plain_text(body)) {
            Some(plain) => {
                self.put(wanted, depth, Found::Text(Written::Plain(plain)));
                Ok(())
            }
            None => self.other(json, wanted, depth),
        }
    }

    /// Reads a value that is not a plain string: one of another type, or a string with escapes. `wanted` and `depth` are
    /// those of [`Reader::value`].
    fn other(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        let found = match json.value()? {
            Value::Text(text) => Found::Text(written(json, &text).ok_or(Broken)?),
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
        let mut more = json.first_member()?;
        while more {
            let further = self.further(json, wanted, depth)?;
            self.value(json, further, depth + 1)?;
            more = json.next_member()?;
        }
        Ok(())
    }

    fn list(&mut self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<(), Broken> {
        let start = json.at();
        let mut index = 0;
        let mut more = json.first_element()?;
        while more {
            let further = self.further_at(wanted, depth, index);
            self.value(json, further, depth + 1)?;
            index += 1;
            more = json.next_element()?;
        }
        self.put(wanted, depth, Found::List(&self.body[start..json.at()]));
        Ok(())
    }

    /// Stores a value in every wanted member whose path ends at this depth.
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

    /// Reads a member's name, and returns the bits of the paths that continue with it.
    #[inline(always)]
    fn further(&self, json: &mut Json<'a>, wanted: u64, depth: usize) -> Result<u64, Broken> {
        match self.named(json.name_ahead()?, wanted, depth) {
            (0, _) => self.further_by_meaning(json, wanted, depth),
            (further, len) => json.pass_name(len).map(|()| further),
        }
    }

    /// Returns the bits of the paths that continue with the name at the start of `name`, which begins after the opening
    /// quote, and the length of that name. Only wanted names are compared, so the closing quote is not searched for.
    #[inline(never)]
    fn named(&self, name: &[u8], wanted: u64, depth: usize) -> (u64, usize) {
        let among = match depth {
            0 => self.index.beginning(name),
            _ => wanted & self.index.plain,
        };
        let (mut further, mut len) = (0, 0);
        for index in bits(among) {
            if let Some(own) = self.members[index].path.get(depth)
                && name.get(own.len()) == Some(&b'"')
                && scan::begins(name, own.as_bytes())
            {
                further |= 1 << index;
                len = own.len();
            }
        }
        (further, len)
    }

    /// Reads a member's name, and returns the bits of the paths that continue with it, by comparing decoded names. This
    /// handles names with escapes, names that no path contains, and paths whose names need escapes.
    fn further_by_meaning(
        &self,
        json: &mut Json<'a>,
        wanted: u64,
        depth: usize,
    ) -> Result<u64, Broken> {
        let name = json.name()?;
        let wanted = match name.escaped {
            true => wanted,
            false => wanted & !self.index.plain,
        };
        if wanted == 0 {
            return Ok(0);
        }
        let name = json.meaning(&name);
        Ok(self.further_if(wanted, depth, |own| name.as_deref() == Some(own)))
    }

    /// Returns the bits of the paths that continue with this index.
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

/// Returns the raw text of a parsed string, or `None` if it is not valid UTF-8 or has half of a surrogate pair.
#[cold]
fn written<'a>(json: &Json<'a>, text: &Text) -> Option<Written<'a>> {
    let written = json.written(text);
    match text.escaped {
        true => escapes::are_valid(written).then_some(Written::Json(written)),
        false => std::str::from_utf8(written).ok().map(Written::Plain),
    }
}

#[cold]
fn number_found(number: &[u8]) -> Found<'_> {
    let whole = std::str::from_utf8(number).ok();
    match whole.and_then(|number| number.parse().ok()) {
        Some(integer) => Found::Integer(integer),
        None => Found::Number(number),
    }
}

/// Returns the positions of the bits that are set.
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
    use crate::json::paths::{Path, Paths};

    /// A strategy for JSON values with the names in `PATHS` and `WITH_QUOTES`.
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
                "",
                "b\":\"a",
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

    static PATHS: Paths<8> = Paths::of([
        &[],
        &[""],
        &["a"],
        &["access_token"],
        &["access_tokens"],
        &["a", "b"],
        &["a", "1", "a"],
        &["b", ""],
    ]);
    static WITH_QUOTES: Paths<5> = Paths::of([
        &["b\":\"a"],
        &["b", "b\":\"a"],
        &["b", "a"],
        &["\"", "é"],
        &["access_token"],
    ]);

    #[test]
    fn a_wanted_name_with_quotes_is_not_taken_for_a_member_and_its_value() {
        for (body, found) in [
            (r#"{"b":"a"}"#, false),
            (r#"{"b":{"b":"a"}}"#, false),
            (r#"{"b\":\"a":1}"#, true),
            (r#"{"b":{"b\u0022:\u0022a":1}}"#, true),
        ] {
            let mut members = Members::at(&WITH_QUOTES);
            fill(body.as_bytes(), &mut members).ok().unwrap();
            let [outer, inner, ..] = &members.each;
            assert_eq!(!outer.is_absent() || !inner.is_absent(), found, "{body}");
        }
    }

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
            (Found::Number(own), Some(value)) => {
                let own = std::str::from_utf8(own)
                    .ok()
                    .and_then(|own| own.parse().ok());
                own == value.as_f64()
            }
            (Found::Text(own), Some(value)) => value.as_str() == Some(&*own.meaning()),
            // The expected list is written and read again, since serde_json reads fractions less exactly than it writes
            // them.
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
            let mut members = Members::at(&PATHS);
            fill(text.as_bytes(), &mut members).ok().unwrap();
            let mut with_quotes = Members::at(&WITH_QUOTES);
            fill(text.as_bytes(), &mut with_quotes).ok().unwrap();
            for member in members.each.iter().chain(&with_quotes.each) {
                prop_assert!(is(member.found, at(&value, member.path)), "{:?} of {text}", member.path);
            }
        }
    }
}
