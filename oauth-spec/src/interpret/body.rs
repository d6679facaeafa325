//! The body of a response as a tree. Numbers keep their text, since identifiers may exceed 64 bits.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::conversion::Value;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Null,
    Boolean(bool),
    /// The text of a number.
    Number(String),
    Text(String),
    List(Vec<Body>),
    /// The members of an object, in order. A name may be repeated.
    Object(Vec<(String, Body)>),
}

impl Body {
    /// Parses a JSON text.
    pub(crate) fn parse(text: &str) -> Option<Body> {
        Body::of(serde_json::from_str(text).ok()?, 0)
    }

    fn of(text: &RawValue, depth: usize) -> Option<Body> {
        if depth > MAX_DEPTH {
            return None;
        }
        let text = text.get();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let Object(members) = serde_json::from_str(text).ok()?;
                let members = members.into_iter();
                let members =
                    members.map(|(name, value)| Some((name, Body::of(value, depth + 1)?)));
                Body::Object(members.collect::<Option<_>>()?)
            }
            b'[' => {
                let list: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let list = list.into_iter().map(|value| Body::of(value, depth + 1));
                Body::List(list.collect::<Option<_>>()?)
            }
            b'"' => Body::Text(serde_json::from_str(text).ok()?),
            b't' => Body::Boolean(true),
            b'f' => Body::Boolean(false),
            b'n' => Body::Null,
            _ => Body::Number(text.to_owned()),
        })
    }

    /// Returns the value at a path. A number in the path is the index of a list. Of several values the last one counts, as
    /// in the runtime: an object may repeat a name.
    pub(crate) fn at(&self, path: &[String]) -> &Body {
        self.last_at(path).unwrap_or(&Body::Null)
    }

    fn last_at(&self, path: &[String]) -> Option<&Body> {
        let Some((name, rest)) = path.split_first() else {
            return Some(self);
        };
        match self {
            Body::Object(members) => {
                let own = members.iter().rev().filter(|(own, _)| own == name);
                own.into_iter().find_map(|(_, value)| value.last_at(rest))
            }
            Body::List(list) => list.get(name.parse::<usize>().ok()?)?.last_at(rest),
            _ => None,
        }
    }

    /// Returns whether a name of a path is repeated in its object.
    pub(crate) fn repeats(&self, path: &[String]) -> bool {
        let Some((name, rest)) = path.split_first() else {
            return false;
        };
        let count = match self {
            Body::Object(members) => members.iter().filter(|(own, _)| own == name).count(),
            _ => 0,
        };
        count > 1 || self.at(std::slice::from_ref(name)).repeats(rest)
    }

    /// Returns the value, ready for a conversion.
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Body::Null => Value::Absent,
            Body::Text(text) => Value::Text(Cow::Borrowed(text)),
            Body::Number(number) => match number.parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => Value::Number(number),
            },
            Body::Boolean(boolean) => Value::Boolean(*boolean),
            Body::List(_) => Value::List,
            Body::Object(_) => Value::Object,
        }
    }

    /// Returns the strings in a list.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let Body::List(list) = self else {
            return Vec::new();
        };
        let texts = list.iter().filter_map(|element| match element {
            Body::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }
}

/// The maximum depth of nested objects and lists, as in the runtime.
const MAX_DEPTH: usize = 127;

/// The members of an object, in order.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'a>, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}
