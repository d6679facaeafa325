//! Values that may be written in more than one way: a word or a table, a list or tables of texts.

use crate::syntax::choices::{Authentication, BodyFormat, Placement};
use crate::syntax::read::{FromNode, Reader};
use crate::syntax::shapes::{Named, OneOrMany};
use crate::syntax::tree::{Node, Value};

/// How parameters travel.
pub type Body = OneOrMany<BodyFormat>;

/// How a call shows whose it is.
#[derive(Clone, Debug)]
pub enum Auth {
    /// In one of these ways, the first is ours.
    Words(OneOrMany<Authentication>),
    /// In headers of the provider's own.
    Headers(Named<String>),
}

impl Auth {
    /// The way that is ours, if it has a word.
    pub fn word(&self) -> Option<Authentication> {
        match self {
            Auth::Words(words) => words.0.first().copied(),
            Auth::Headers(_) => None,
        }
    }
}

impl FromNode for Auth {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Auth> {
        match node.value {
            Value::Table(_) => Named::from_node(node, reader).map(Auth::Headers),
            _ => OneOrMany::from_node(node, reader).map(Auth::Words),
        }
    }
}

/// How a call to the API carries the token.
#[derive(Clone, Debug)]
pub enum ApiAuth {
    /// In a way that the standard knows.
    Word(Placement),
    /// In headers of the provider's own.
    Headers(Named<String>),
}

impl FromNode for ApiAuth {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<ApiAuth> {
        match node.value {
            Value::Table(_) => Named::from_node(node, reader).map(ApiAuth::Headers),
            _ => Placement::from_node(node, reader).map(ApiAuth::Word),
        }
    }
}

/// A scope, or a list of which any does.
#[derive(Clone, Debug)]
pub struct AnyOf(pub Vec<String>);

impl FromNode for AnyOf {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<AnyOf> {
        match node.value {
            Value::List(_) => Vec::from_node(node, reader).map(AnyOf),
            _ => String::from_node(node, reader).map(|one| AnyOf(vec![one])),
        }
    }
}

/// The words that an input may be.
#[derive(Clone, Debug)]
pub enum OneOf {
    /// Words.
    Words(Vec<String>),
    /// Words, each with texts by name; a single text has the empty name.
    Texts(Named<Texts>),
}

/// What a word stands for: texts by name; a single text has the empty name.
#[derive(Clone, Debug)]
pub struct Texts(pub Vec<(String, String)>);

impl FromNode for Texts {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Texts> {
        match &node.value {
            Value::Text(text) => Some(Texts(vec![(String::new(), text.clone())])),
            _ => Named::from_node(node, reader).map(|named| Texts(named.0)),
        }
    }
}

impl FromNode for OneOf {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<OneOf> {
        match node.value {
            Value::Table(_) => Named::from_node(node, reader).map(OneOf::Texts),
            _ => Vec::from_node(node, reader).map(OneOf::Words),
        }
    }
}

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{AnyOf, ApiAuth, Auth, OneOf};
    use crate::syntax::choices::{Authentication, Placement};
    use crate::syntax::shapes::OneOrMany;

    macro_rules! schema {
        ($type:ty, $name:literal, $generator:ident => $schema:expr) => {
            impl JsonSchema for $type {
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }
                fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        };
    }

    schema!(Auth, "Auth", generator => {
        let words = generator.subschema_for::<OneOrMany<Authentication>>();
        json_schema!({ "anyOf": [words, { "type": "object", "additionalProperties": { "type": "string" } }] })
    });
    schema!(ApiAuth, "ApiAuth", generator => {
        let word = generator.subschema_for::<Placement>();
        json_schema!({ "anyOf": [word, { "type": "object", "additionalProperties": { "type": "string" } }] })
    });
    schema!(AnyOf, "AnyOf", _generator => json_schema!({ "anyOf": [
        { "type": "string" }, { "type": "array", "items": { "type": "string" } }] }));
    schema!(OneOf, "OneOf", _generator => json_schema!({ "anyOf": [
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "additionalProperties": { "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "string" } }] } }] }));
}
