//! Values that may be written in more than one way: a word or a table, a list or tables of texts.

use crate::syntax::choices::{
    Authentication, BodyFormat, ChallengeEncoding, Pkce, PkceMethod, Placement,
};
use crate::syntax::read::{FromNode, Reader, table};
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

table! {
    /// What the provider does with PKCE, and how the challenge is made.
    pub struct PkceTable {
        /// What the provider does with it.
        "support" => support: Pkce,
        /// How the challenge is made of the verifier.
        "method" => method: PkceMethod,
        /// How its SHA-256 is written.
        "encoding" => encoding: ChallengeEncoding,
    }
}

/// What the provider does with PKCE: a word, or a table that says how the challenge is made, too.
#[derive(Clone, Debug)]
pub enum PkceUse {
    /// A word.
    Word(Pkce),
    /// A table.
    Table(PkceTable),
}

impl PkceUse {
    /// What the provider does with it.
    pub fn support(&self) -> Pkce {
        match self {
            PkceUse::Word(word) => *word,
            PkceUse::Table(table) => table.support.unwrap_or(Pkce::Supported),
        }
    }

    /// How the challenge is made of the verifier.
    pub fn method(&self) -> PkceMethod {
        match self {
            PkceUse::Word(_) => PkceMethod::S256,
            PkceUse::Table(table) => table.method.unwrap_or(PkceMethod::S256),
        }
    }

    /// How its SHA-256 is written, where that is stated.
    pub fn encoding(&self) -> Option<ChallengeEncoding> {
        match self {
            PkceUse::Word(_) => None,
            PkceUse::Table(table) => table.encoding,
        }
    }
}

impl FromNode for PkceUse {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<PkceUse> {
        match node.value {
            Value::Table(_) => PkceTable::from_node(node, reader).map(PkceUse::Table),
            _ => Pkce::from_node(node, reader).map(PkceUse::Word),
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

    use super::{AnyOf, ApiAuth, Auth, OneOf, PkceTable, PkceUse};
    use crate::syntax::choices::{Authentication, Pkce, Placement};
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
    schema!(PkceUse, "PkceUse", generator => {
        let word = generator.subschema_for::<Pkce>();
        let table = generator.subschema_for::<PkceTable>();
        // An editor shows the description of the key with those of all that it may be.
        for name in ["Pkce", "PkceTable"] {
            let definition = generator.definitions_mut().get_mut(name);
            if let Some(definition) = definition.and_then(|own| own.as_object_mut()) {
                definition.remove("description");
            }
        }
        json_schema!({ "anyOf": [word, table] })
    });
    schema!(AnyOf, "AnyOf", _generator => json_schema!({ "anyOf": [
        { "type": "string" }, { "type": "array", "items": { "type": "string" } }] }));
    schema!(OneOf, "OneOf", _generator => json_schema!({ "anyOf": [
        { "type": "array", "items": { "type": "string" } },
        { "type": "object", "additionalProperties": { "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "string" } }] } }] }));
}
