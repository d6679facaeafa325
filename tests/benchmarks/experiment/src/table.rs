//! A message as a table, and the one function that interprets it.

use oauth_runtime::contract::names::*;
use oauth_runtime::contract::{Failure, Login, RedirectUri};

/// Where a parameter's value comes from.
pub enum Source {
    Text(&'static str),
    ClientId,
    Basic,
    RedirectUri,
    State,
    Code,
    RefreshToken,
    Bearer,
    Option,
    Scopes(&'static str),
    OtherScopes(&'static str),
}

/// A piece of the URL.
pub enum Part {
    Origin,
    Raw(&'static str),
}

pub type Field = (&'static str, Source);

/// The body's parameters.
pub enum Fields {
    Empty,
    Form(&'static [Field]),
}

/// A request with names for what the caller knows.
pub struct Table {
    pub method: Method,
    pub url: &'static [Part],
    pub query: &'static [Field],
    pub headers: &'static [Field],
    pub body: Fields,
}

/// What the caller knows.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    pub origin: &'a str,
    pub client_id: &'a str,
    pub basic: &'a str,
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub code: &'a str,
    pub refresh_token: &'a str,
    pub bearer: [&'a str; 2],
    pub option: Option<&'a str>,
    pub scopes: &'a dyn ScopeList,
    pub other_scopes: &'a dyn ScopeList,
}

static NO_SCOPES: &[&str] = &[];

impl Values<'_> {
    pub const NONE: Values<'static> = Values {
        origin: "",
        client_id: "",
        basic: "",
        redirect_uri: "",
        state: "",
        code: "",
        refresh_token: "",
        bearer: [""; 2],
        option: None,
        scopes: &NO_SCOPES,
        other_scopes: &NO_SCOPES,
    };
}

/// As many fields as one place of a table may have.
const FIELDS: usize = 8;

fn rows<'a>(fields: &'static [Field], values: &'a Values<'a>) -> [Row<'a>; FIELDS] {
    assert!(fields.len() <= FIELDS);
    std::array::from_fn(|index| match fields.get(index) {
        None => ("", Maybe(None)),
        Some(field) => row(field, values),
    })
}

fn row<'a>((name, source): &Field, values: &'a Values<'a>) -> Row<'a> {
    let value = match source {
        Source::Text(text) => Text(text),
        Source::ClientId => Text(values.client_id),
        Source::Basic => Text(values.basic),
        Source::RedirectUri => Text(values.redirect_uri),
        Source::State => Text(values.state),
        Source::Code => Text(values.code),
        Source::RefreshToken => Text(values.refresh_token),
        Source::Bearer => Joined(&values.bearer),
        Source::Option => Maybe(values.option),
        Source::Scopes(separator) => Scopes(&[], values.scopes, &[], separator),
        Source::OtherScopes(separator) => Scopes(&[], values.other_scopes, &[], separator),
    };
    (name, value)
}

/// The interpreter: makes the rows that a module of rows would have written.
fn interpret(table: &'static Table, values: &Values<'_>, take: &mut dyn FnMut(&Message<'_>)) {
    let piece = |part: &Part| match part {
        Part::Origin => Raw(values.origin),
        Part::Raw(text) => Raw(text),
    };
    let url: [_; 2] = std::array::from_fn(|index| table.url.get(index).map_or(Raw(""), piece));
    let query = rows(table.query, values);
    let headers = rows(table.headers, values);
    let (fields, body);
    take(&Message {
        method: table.method,
        url: &url[..table.url.len()],
        query: &query[..table.query.len()],
        headers: &headers[..table.headers.len()],
        body: match table.body {
            Fields::Empty => Empty,
            Fields::Form(own) => {
                fields = rows(own, values);
                body = &fields[..own.len()];
                Form(body)
            }
        },
    });
}

/// `Call::new` of a table.
pub fn call<T>(
    provider: &'static Provider,
    name: &'static str,
    table: &'static Table,
    values: &Values<'_>,
    read: fn(&Answer<'_>) -> Result<T, Failure>,
) -> Call<T> {
    let mut call = None;
    interpret(table, values, &mut |message| {
        call = Some(Call::new(provider, name, message, read));
    });
    call.expect("the interpreter calls back")
}

/// `Login::begin` of a table.
pub fn begin(
    provider: &'static Provider,
    secrets: &LoginSecrets,
    redirect_uri: &RedirectUri,
    table: &'static Table,
    values: &Values<'_>,
) -> Login {
    let mut login = None;
    interpret(table, values, &mut |message| {
        login = Some(Login::begin(provider, secrets, redirect_uri, message));
    });
    login.expect("the interpreter calls back")
}
