//! The shapes that values of the language share: named tables, `false` for an absent value, one or several values,
//! durations, dates, and values of parameters.

use crate::rules;
use crate::syntax::document::Argument;
use crate::syntax::read::{FromNode, Reader, did_you_mean};
use crate::syntax::tree::{Node, Value};

/// A table whose keys are names that the author or the provider chose, in the order of the file.
#[derive(Clone, Debug)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named(Vec::new())
    }
}

impl<T> Named<T> {
    /// Returns the value with this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    /// Returns the names with their values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &T)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

impl<T> Named<Or<T>> {
    /// Returns the names whose values are present, with these. A variant drops an inherited value with `false`.
    pub fn present(&self) -> impl Iterator<Item = (&String, &T)> {
        self.iter()
            .filter_map(|(name, value)| Some((name, value.value()?)))
    }
}

impl<T: FromNode> FromNode for Named<T> {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Named<T>> {
        if !matches!(node.value, Value::Table(_)) {
            reader.wrong_kind(node, "a table");
            return None;
        }
        let read = |(name, member): &(String, Node)| {
            T::from_node(member, reader).map(|value| (name.clone(), value))
        };
        Some(Named(node.entries().iter().filter_map(read).collect()))
    }
}

/// A value, or `false` if it is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Or<T> {
    /// The value `false`: the value is absent.
    Absent,
    /// A value that is present.
    Is(T),
}

impl<T> Or<T> {
    /// Returns the value, if it is present.
    pub fn value(&self) -> Option<&T> {
        match self {
            Or::Absent => None,
            Or::Is(value) => Some(value),
        }
    }
}

impl<T: FromNode> FromNode for Or<T> {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Or<T>> {
        match node.value {
            Value::Boolean(false) => Some(Or::Absent),
            _ => T::from_node(node, reader).map(Or::Is),
        }
    }
}

/// One value or a list of values. The provider accepts each of them, and the first one is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: FromNode> FromNode for OneOrMany<T> {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<OneOrMany<T>> {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                reader.wrong_kind(node, "at least one value");
                None
            }
            Value::List(_) => Vec::from_node(node, reader).map(OneOrMany),
            _ => T::from_node(node, reader).map(|one| OneOrMany(vec![one])),
        }
    }
}

/// A duration, or the reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// A number of seconds.
    Seconds(u64),
    /// The duration is unlimited.
    Never,
    /// A setting of the app or the tenant determines the duration.
    Varies,
    /// The duration is undocumented.
    Unknown,
}

impl Time {
    /// Returns the number of seconds, if the duration has one.
    pub fn seconds(self) -> Option<u64> {
        match self {
            Time::Seconds(seconds) => Some(seconds),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Time> {
        let unit = match text.chars().last()? {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86400,
            _ => return None,
        };
        let count: u64 = text[..text.len() - 1].parse().ok()?;
        count
            .checked_mul(unit)
            .filter(|seconds| *seconds < 1 << 40)
            .map(Time::Seconds)
    }
}

/// Parses the words that are allowed instead of a duration.
fn policy_word(text: &str) -> Option<Time> {
    match text {
        "never" => Some(Time::Never),
        "varies" => Some(Time::Varies),
        "unknown" => Some(Time::Unknown),
        _ => None,
    }
}

impl FromNode for Time {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Time> {
        let Value::Text(text) = &node.value else {
            reader.no_time(node, "a duration such as \"90s\", \"10m\", \"1h\", \"60d\"");
            return None;
        };
        let time = policy_word(text)
            .or_else(|| Time::parse(text))
            .filter(|time| *time != Time::Seconds(0));
        if time.is_none() {
            bad_time(node, text, &["never", "varies", "unknown"], reader);
        }
        time
    }
}

fn bad_time(node: &Node, text: &str, words: &[&str], reader: &mut Reader<'_>) {
    let help = did_you_mean(text, words, || {
        format!(
            "a number and a unit, such as \"90s\", \"10m\", \"1h\", \"60d\"; or one of: {}",
            words.join(", ")
        )
    });
    reader.diagnostics.report(
        &rules::BAD_TIME,
        node.span,
        &node.origin,
        format!("`{text}` is not a valid duration"),
        help,
    );
}

/// The documented lifetime of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// The response states the lifetime.
    Response,
    /// A duration, or the reason why there is none.
    Time(Time),
    /// The introspection response states the expiry.
    Introspection,
}

impl FromNode for Lifetime {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Lifetime> {
        match &node.value {
            Value::Text(text) if text == "response" => Some(Lifetime::Response),
            Value::Text(text) if text == "introspect" => Some(Lifetime::Introspection),
            Value::Text(text) => match policy_word(text).or_else(|| Time::parse(text)) {
                Some(time) if time != Time::Seconds(0) => Some(Lifetime::Time(time)),
                _ => {
                    bad_time(
                        node,
                        text,
                        &["response", "introspect", "never", "varies", "unknown"],
                        reader,
                    );
                    None
                }
            },
            _ => {
                reader.no_time(node, "`response`, or a duration such as \"1h\"");
                None
            }
        }
    }
}

/// The time for which an old refresh token still works after a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grace {
    /// A duration, or the reason why there is none.
    Time(Time),
    /// The old refresh token works until the new one is used.
    UntilNewUsed,
    /// The old refresh token works until the new access token is used.
    UntilAccessTokenUsed,
    /// The old refresh token works until it would have expired without the refresh.
    Forever,
}

impl FromNode for Grace {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Grace> {
        match &node.value {
            Value::Text(text) if text == "until_new_used" => Some(Grace::UntilNewUsed),
            Value::Text(text) if text == "until_access_token_used" => {
                Some(Grace::UntilAccessTokenUsed)
            }
            Value::Text(text) if text == "forever" => Some(Grace::Forever),
            Value::Text(text) => match policy_word(text).or_else(|| Time::parse(text)) {
                Some(time) => Some(Grace::Time(time)),
                None => {
                    bad_time(
                        node,
                        text,
                        &[
                            "until_new_used",
                            "until_access_token_used",
                            "forever",
                            "varies",
                            "unknown",
                        ],
                        reader,
                    );
                    None
                }
            },
            _ => {
                reader.no_time(
                    node,
                    "a duration such as \"10m\", `until_new_used` or `forever`",
                );
                None
            }
        }
    }
}

/// A date, such as `2026-11-24`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub String);

impl FromNode for Date {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Date> {
        match &node.value {
            Value::Date(date) if date.len() == 10 && date.matches('-').count() == 2 => {
                Some(Date(date.clone()))
            }
            _ => {
                reader.wrong_kind(node, "a date without quotes, such as 2026-11-24");
                None
            }
        }
    }
}

/// The value of a parameter or a header.
#[derive(Clone, Debug)]
pub enum Parameter {
    /// The value `false`: the parameter is not sent.
    Absent,
    /// The value `true`.
    True,
    /// A number, unquoted in JSON.
    Number(i64),
    /// A template, which may contain values.
    Template(String),
    /// An argument, which the caller of the call supplies.
    Argument(Box<Argument>),
}

impl FromNode for Parameter {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Parameter> {
        match &node.value {
            Value::Boolean(false) => Some(Parameter::Absent),
            Value::Boolean(true) => Some(Parameter::True),
            Value::Integer(number) => Some(Parameter::Number(*number)),
            Value::Text(text) => Some(Parameter::Template(text.clone())),
            Value::Table(_) => Argument::from_node(node, reader)
                .map(|argument| Parameter::Argument(Box::new(argument))),
            _ => {
                reader.wrong_kind(
                    node,
                    "a text, a number, `true`, `false`, or a table that declares an argument",
                );
                None
            }
        }
    }
}

/// The required value of a member of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The member is absent or null.
    Absent,
    /// The value `true`.
    True,
    /// A number that the member must equal.
    Number(i64),
    /// A text that the member must equal.
    Text(String),
}

/// Conditions on the members of a response: the path of each member, and its required value.
#[derive(Clone, Debug, Default)]
pub struct Success(pub Vec<(Vec<String>, Expected)>);

impl FromNode for Success {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Success> {
        let mut rules = Vec::new();
        read_success(node, &mut Vec::new(), &mut rules, reader);
        Some(Success(rules))
    }
}

fn read_success(
    node: &Node,
    path: &mut Vec<String>,
    rules: &mut Vec<(Vec<String>, Expected)>,
    reader: &mut Reader<'_>,
) {
    let expected = match &node.value {
        Value::Table(entries) => {
            for (name, member) in entries.iter() {
                path.push(name.clone());
                read_success(member, path, rules, reader);
                path.pop();
            }
            return;
        }
        Value::Boolean(false) => Expected::Absent,
        Value::Boolean(true) => Expected::True,
        Value::Integer(number) => Expected::Number(*number),
        Value::Text(text) => Expected::Text(text.clone()),
        _ => {
            return reader.wrong_kind(
                node,
                "a text, a number, `true`, or `false` for an absent member",
            );
        }
    };
    rules.push((path.clone(), expected));
}

/// A value that an example supplies or expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A list of texts.
    List(Vec<String>),
}

impl Given {
    /// Returns the value as TOML.
    pub fn toml(&self) -> String {
        match self {
            Given::Text(text) => quoted(text),
            Given::Number(number) => number.to_string(),
            Given::Boolean(boolean) => boolean.to_string(),
            Given::List(list) => {
                let list: Vec<String> = list.iter().map(|text| quoted(text)).collect();
                format!("[{}]", list.join(", "))
            }
        }
    }
}

/// Returns a text as a string of TOML.
pub(crate) fn quoted(text: &str) -> String {
    // The escapes of JSON are escapes of TOML, which also escapes the last control character of ASCII.
    let quoted = serde_json::Value::from(text).to_string();
    quoted.replace('\u{7f}', "\\u007F")
}

impl FromNode for Given {
    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Given> {
        match &node.value {
            Value::Text(text) => Some(Given::Text(text.clone())),
            Value::Integer(number) => Some(Given::Number(*number)),
            Value::Boolean(boolean) => Some(Given::Boolean(*boolean)),
            Value::List(_) => Vec::from_node(node, reader).map(Given::List),
            _ => {
                reader.wrong_kind(node, "a text, a number, a boolean, or a list of texts");
                None
            }
        }
    }
}

/// The JSON schemas of these shapes.
#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{
        Date, Expected, Given, Grace, Lifetime, Named, OneOrMany, Or, Parameter, Success, Time,
    };
    use crate::syntax::document::Argument;

    const TIME: &str = "^[0-9]+[smhd]$";

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

    schema!(Time, "Time", _generator => json_schema!({ "anyOf": [
        { "enum": ["never", "varies", "unknown"] }, { "type": "string", "pattern": TIME }] }));
    schema!(Lifetime, "Lifetime", _generator => json_schema!({ "anyOf": [
        { "enum": ["response", "introspect", "never", "varies", "unknown"] }, { "type": "string", "pattern": TIME }] }));
    schema!(Grace, "Grace", _generator => json_schema!({ "anyOf": [
        { "enum": ["until_new_used", "until_access_token_used", "forever", "varies", "unknown", "never"] },
        { "type": "string", "pattern": TIME }] }));
    schema!(Date, "Date", _generator => json_schema!({ "type": "string", "format": "date" }));
    schema!(Given, "Given", _generator => json_schema!({ "anyOf": [
        { "type": ["string", "integer", "boolean"] }, { "type": "array", "items": { "type": "string" } }] }));
    schema!(Expected, "Expected", _generator => json_schema!({ "type": ["string", "integer", "boolean"] }));
    schema!(Success, "Success", _generator => json_schema!({ "type": "object",
        "additionalProperties": { "type": ["string", "integer", "boolean", "object"] } }));
    schema!(Parameter, "Parameter", generator => {
        let argument = generator.subschema_for::<Argument>();
        json_schema!({ "anyOf": [{ "type": ["string", "integer", "boolean"] }, argument] })
    });

    impl<T: JsonSchema> JsonSchema for Named<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("NamedOf{}", T::schema_name()).into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<T>();
            json_schema!({ "type": "object", "additionalProperties": value })
        }
    }

    impl<T: JsonSchema> JsonSchema for Or<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("FalseOr{}", T::schema_name()).into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<T>();
            json_schema!({ "anyOf": [{ "const": false }, value] })
        }
    }

    impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("OneOrMany{}", T::schema_name()).into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<T>();
            json_schema!({ "anyOf": [value, { "type": "array", "minItems": 1, "items": value }] })
        }
    }
}
