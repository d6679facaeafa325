//! Walking a JSON body once, by serde_json, and keeping only what somebody asked for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use serde_json::value::RawValue;

use crate::error::Failure;
use crate::members::{Found, Member, Path};

/// The names of a JSON object's members, as far as it is one.
pub(crate) fn names(body: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(body);
    // What broke off in the middle has names up to there.
    let _ = deserializer.deserialize_map(Names(&mut names));
    names
}

struct Names<'n>(&'n mut Vec<String>);

impl<'a> Visitor<'a> for Names<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            self.0.push(name);
        }
        Ok(())
    }
}

/// The entries of the list at a path of a JSON body, as they are written.
pub(crate) fn entries(body: &[u8], path: Path) -> Result<Vec<&RawValue>, Failure> {
    let broken = |error: &serde_json::Error| Failure::NotJson {
        line: error.line(),
        column: error.column(),
    };
    let mut value: &RawValue = serde_json::from_slice(body).map_err(|error| broken(&error))?;
    for name in path {
        let members: HashMap<Cow<'_, str>, &RawValue> =
            serde_json::from_str(value.get()).map_err(|_| no_list(path))?;
        value = members.get(*name).ok_or_else(|| no_list(path))?;
    }
    serde_json::from_str(value.get()).map_err(|_| no_list(path))
}

fn no_list(path: Path) -> Failure {
    Failure::Member {
        path,
        expected: "a list",
        found: "something else",
    }
}

/// Gives each member what stands at its path in a JSON body.
pub(crate) fn fill<'a>(body: &'a [u8], members: &mut [Member<'a>]) -> serde_json::Result<()> {
    let wanted = (0..members.len()).fold(0, |mask, index| mask | (1 << index));
    let reader = Reader {
        members,
        wanted,
        depth: 0,
    };
    // Checked as a whole, text need not be checked string by string.
    match std::str::from_utf8(body) {
        Ok(text) => read(reader, serde_json::Deserializer::from_str(text)),
        Err(_) => read(reader, serde_json::Deserializer::from_slice(body)),
    }
}

fn read<'a, R: serde_json::de::Read<'a>>(
    reader: Reader<'_, 'a>,
    mut deserializer: serde_json::Deserializer<R>,
) -> serde_json::Result<()> {
    reader.deserialize(&mut deserializer)?;
    deserializer.end()
}

/// Walks one value. `wanted` has a bit for each member whose path leads here or further in;
/// `depth` names of those paths were walked already.
struct Reader<'m, 'a> {
    members: &'m mut [Member<'a>],
    wanted: u64,
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    /// Gives every member whose path ends here what was found.
    fn put(&mut self, mut found: impl FnMut() -> Found<'a>) {
        for index in bits(self.wanted) {
            let member = &mut self.members[index];
            if member.path.len() == self.depth {
                member.found = match member.found {
                    Found::Missing => found(),
                    _ => Found::Repeated,
                };
            }
        }
    }

    /// The members whose path goes on with `name`.
    fn step(&self, name: &str) -> u64 {
        bits(self.wanted)
            .filter(|&index| self.members[index].path.get(self.depth) == Some(&name))
            .fold(0, |mask, index| mask | (1 << index))
    }

    fn ends_here(&self) -> bool {
        bits(self.wanted).any(|index| self.members[index].path.len() == self.depth)
    }
}

/// The places of the bits that are set.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros();
        word &= word.checked_sub(1)?;
        Some(at as usize)
    })
}

impl<'a> DeserializeSeed<'a> for Reader<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.put(|| Found::Boolean(value));
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.put(|| Found::Integer(value));
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "beyond i64 only its kind matters"
    )]
    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        self.put(|| i64::try_from(value).map_or(Found::Fraction(value as f64), Found::Integer));
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        self.put(|| Found::Fraction(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(mut self, value: &'a str) -> Result<(), E> {
        self.put(|| Found::Text(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.put(|| Found::Text(Cow::Owned(value.to_owned())));
        Ok(())
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.put(|| Found::Null);
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.put(|| Found::Object);
        while let Some(wanted) = map.next_key_seed(Key(&self))? {
            if wanted == 0 {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Reader {
                    members: &mut *self.members,
                    wanted,
                    depth: self.depth + 1,
                })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<(), A::Error> {
        if self.ends_here() {
            let mut names = Vec::new();
            while let Some(name) = list.next_element::<Name<'a>>()? {
                names.extend(name.0);
            }
            self.put(|| Found::List(names.clone()));
            return Ok(());
        }
        let mut index = 0_usize;
        loop {
            let wanted = self.step(&index.to_string());
            let reader = Reader {
                members: &mut *self.members,
                wanted,
                depth: self.depth + 1,
            };
            if list.next_element_seed(reader)?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }
}

/// A member's name, read only as far as which paths go on with it.
struct Key<'r, 'm, 'a>(&'r Reader<'m, 'a>);

impl<'a> DeserializeSeed<'a> for Key<'_, '_, '_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_, '_> {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<u64, E> {
        Ok(self.0.step(name))
    }
}

/// An element of a list of names; what is no text is passed over.
struct Name<'a>(Option<Cow<'a, str>>);

impl<'a> serde::Deserialize<'a> for Name<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Name<'a>, D::Error> {
        deserializer.deserialize_any(NameVisitor)
    }
}

struct NameVisitor;

impl<'a> Visitor<'a> for NameVisitor {
    type Value = Name<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Name<'a>, E> {
        Ok(Name(Some(Cow::Borrowed(value))))
    }

    fn visit_str<E>(self, value: &str) -> Result<Name<'a>, E> {
        Ok(Name(Some(Cow::Owned(value.to_owned()))))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Name<'a>, E> {
        Ok(Name(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Name<'a>, E> {
        Ok(Name(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Name<'a>, E> {
        Ok(Name(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Name<'a>, E> {
        Ok(Name(None))
    }

    fn visit_unit<E>(self) -> Result<Name<'a>, E> {
        Ok(Name(None))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Name<'a>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Name(None))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Name<'a>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Name(None))
    }
}
