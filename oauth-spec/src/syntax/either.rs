//! Values with several forms: a word or a table, or a list or tables of texts.

use crate::syntax::choices::{
    Authentication, BodyFormat, ChallengeEncoding, Pkce, PkceMethod, Placement,
};
use crate::syntax::read::{FromNode, Reader, table};
use crate::syntax::shapes::{Named, OneOrMany};
use crate::syntax::tree::{Node, Value};

/// The body formats that the provider accepts. The first one is sent.
pub type Body = OneOrMany<BodyFormat>;

/// The authentication of a call.
#[derive(Clone, Debug)]
pub enum Auth {
    /// The methods that the provider accepts. The first one is used.
    Words(OneOrMany<Authentication>),
    /// Provider-specific headers with the credential.
    Headers(Named<String>),
}

impl Auth {
    /// Returns the method that is used, or `None` if headers carry the credential.
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

/// The placement of the token in a call to the API.
#[derive(Clone, Debug)]
pub enum ApiAuth {
    /// A placement that the standard defines.
    Word(Placement),
    /// Provider-specific headers with the credential.
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
    /// The provider's PKCE support, and the form of the code challenge.
    pub struct PkceTable {
        /// The provider's PKCE support. The default is `supported`.
        "support" => support: Pkce,
        /// The method that derives the code challenge from the code verifier. The default is `S256`.
        "method" => method: PkceMethod,
        /// The encoding of the SHA-256 in the code challenge. The default is `base64url`.
        "encoding" => encoding: ChallengeEncoding,
    }
}

/// The provider's PKCE support: a word, or a table that also states the form of the code challenge.
#[derive(Clone, Debug)]
pub enum PkceUse {
    /// A word for the support.
    Word(Pkce),
    /// A table with the support and the form of the challenge.
    Table(PkceTable),
}

impl PkceUse {
    /// Returns the provider's PKCE support.
    pub fn support(&self) -> Pkce {
        match self {
            PkceUse::Word(word) => *word,
            PkceUse::Table(table) => table.support.unwrap_or(Pkce::Supported),
        }
    }

    /// Returns the method that derives the code challenge from the code verifier.
    pub fn method(&self) -> PkceMethod {
        match self {
            PkceUse::Word(_) => PkceMethod::S256,
            PkceUse::Table(table) => table.method.unwrap_or(PkceMethod::S256),
        }
    }

    /// Returns the encoding of the SHA-256 in the code challenge, if it is stated.
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

/// A scope, or a list of scopes of which one is sufficient.
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

/// The allowed values of an input.
#[derive(Clone, Debug)]
pub enum OneOf {
    /// Words without texts.
    Words(Vec<String>),
    /// Words, each with its texts.
    Texts(Named<Texts>),
}

/// The texts of a word, by their names. The name of a single text is empty.
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
        // Editors show the description of the key together with the descriptions of all its alternatives.
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
