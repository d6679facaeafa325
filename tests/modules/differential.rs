//! Generated readers against the interpreter that judges the examples of specs: both read a body alike.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use oauth_runtime::{Call, ErrorKind, LoginSecrets, Remedy, Token, oauth_provider};
use oauth_spec::interpret::outcome;
use oauth_spec::plan::example::Response;
use oauth_spec::plan::{Expectation, Plan};
use oauth_spec::syntax::shapes::Given;
use proptest::prelude::*;

#[oauth_provider("../specs/readings.toml")]
mod readings {}

/// The time at which each response arrives.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)
}

static PLANS: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let text = include_str!("../specs/readings.toml");
    let source = oauth_spec::Source::new("readings.toml", text.as_bytes());
    let compiled = oauth_spec::compile(&source, oauth_spec::Demand::Sound);
    compiled
        .unwrap_or_else(|why| panic!("{why:?}"))
        .plans()
        .cloned()
        .collect()
});

/// What a response means: its members by name, the code and the class of its error, or that it cannot be read.
#[derive(Debug, PartialEq)]
enum Meaning {
    Success(BTreeMap<&'static str, String>),
    Refusal(Option<String>, &'static str),
    Unreadable,
}

/// The meaning according to the interpreter.
fn interpreted(variant: Option<&str>, status: u16, body: &str) -> Meaning {
    let mut plans = PLANS.iter();
    let plan = plans.find(|plan| {
        let own = plan.identity.variant.as_ref();
        own.map(|(name, _)| name.as_str()) == variant
    });
    let plan = plan.unwrap();
    let response = Response {
        status,
        headers: Vec::new(),
        body: body.to_owned(),
    };
    let Ok(read) = outcome::read(plan, plan.exchange().unwrap(), &response) else {
        return Meaning::Unreadable;
    };
    if let Some((code, class)) = read.error {
        let classes = ["login", "retry", "limit", "app", "denied"];
        let class = classes.into_iter().find(|own| *own == class);
        return Meaning::Refusal(code, class.unwrap());
    }
    let mut members = BTreeMap::new();
    let Expectation { tokens, fields, .. } = read;
    let given = tokens
        .iter()
        .flat_map(|(_, members)| members)
        .chain(&fields);
    for (name, value) in given {
        let text = match value {
            Given::Text(text) => text.clone(),
            Given::Number(number) => number.to_string(),
            Given::Boolean(boolean) => boolean.to_string(),
            Given::List(list) => list.join(" "),
        };
        let (name, text) = match name.as_str() {
            "expires_in" => ("ends", from_now(&text)),
            "refresh_token_expires_in" => ("refresh_ends", from_now(&text)),
            "expires_at" => ("ends", text),
            "refresh_token_expires_at" => ("refresh_ends", text),
            own => (*NAMES.iter().find(|name| **name == own).unwrap(), text),
        };
        // The point in time comes later, and replaces the lifetime.
        members.insert(name, text);
    }
    Meaning::Success(members)
}

const NAMES: [&str; 9] = [
    "access_token",
    "refresh_token",
    "scope",
    "id_token",
    "name",
    "pin",
    "number",
    "flag",
    "site",
];

fn from_now(lifetime: &str) -> String {
    let lifetime = Duration::from_secs(lifetime.parse().unwrap());
    seconds(now() + lifetime)
}

fn seconds(end: SystemTime) -> String {
    let since = end.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    since.as_secs().to_string()
}

/// Fields by name.
type Fields = Vec<(&'static str, Option<String>)>;

/// The meaning according to a generated reader.
fn compiled<T>(
    call: Call<T>,
    status: u16,
    body: &str,
    members: fn(T) -> (Token, Fields),
) -> Meaning {
    let response = http::Response::builder().status(status).body(body).unwrap();
    match call.read(&response, now()) {
        Ok(read) => {
            let (token, fields) = members(read);
            let text = |secret: &oauth_runtime::Secret| secret.expose().to_owned();
            let scopes = token
                .scopes()
                .map(|scopes| scopes.iter().collect::<Vec<_>>());
            let own = [
                ("access_token", Some(text(token.access_token()))),
                ("refresh_token", token.refresh_token().map(text)),
                ("id_token", token.id_token().map(text)),
                ("scope", scopes.map(|scopes| scopes.join(" "))),
                ("ends", token.expires_at().map(seconds)),
                (
                    "refresh_ends",
                    token.refresh_token_expires_at().map(seconds),
                ),
            ];
            let members = own.into_iter().chain(fields);
            Meaning::Success(
                members
                    .filter_map(|(name, value)| Some((name, value?)))
                    .collect(),
            )
        }
        Err(error) if error.kind() == ErrorKind::Refused => {
            let class = match error.remedy() {
                Remedy::LogIn => "login",
                Remedy::Retry => "retry",
                Remedy::SlowDown => "limit",
                Remedy::AskTheUser => "denied",
                _ => "app",
            };
            Meaning::Refusal(error.code().map(str::to_owned), class)
        }
        Err(_) => Meaning::Unreadable,
    }
}

/// Returns the exchange of a module, read into its token and its fields.
macro_rules! exchange {
    ($module:ident $(:: $variant:ident)?, $status:expr, $body:expr, $tokens:ident => [$($name:literal: $value:expr),*]) => {{
        use $module $(:: $variant)? as own;
        let back = own::RedirectUri::constant("https://app.example.com/cb");
        let app = own::App::new("id", "secret", back);
        let secrets = LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        let secrets = secrets.unwrap();
        let login = own::login_with(&app, &[], &secrets);
        let code = login.callback("code=c&state=xyz").unwrap();
        compiled(own::exchange(&app, code), $status, $body, |$tokens| {
            ($tokens.access.stored().clone(), vec![$(($name, $value)),*])
        })
    }};
}

/// The modules with optional fields have them under the same names.
macro_rules! optional {
    ($($module:ident)::+, $status:expr, $body:expr) => {
        exchange!($($module)::+, $status, $body, own => [
            "name": own.name,
            "pin": own.pin.map(|pin| pin.expose().to_owned()),
            "number": own.number.map(|number| number.to_string()),
            "flag": own.flag.map(|flag| flag.to_string()),
            "site": own.site.map(|site| site.as_str().to_owned())
        ])
    };
}

fn both(variant: Option<&str>, status: u16, body: &str) -> (Meaning, Meaning) {
    let module = match variant {
        None => optional!(readings, status, body),
        Some("seconds") => optional!(readings::seconds, status, body),
        Some("dates") => optional!(readings::dates, status, body),
        Some("forms") => optional!(readings::forms, status, body),
        Some("conditions") => optional!(readings::conditions, status, body),
        Some("claims") => exchange!(readings::claims, status, body, own => [
            "name": own.name,
            "number": own.number.map(|number| number.to_string()),
            "flag": own.flag.map(|flag| flag.to_string()),
            "site": own.site.map(|site| site.as_str().to_owned())
        ]),
        _ => exchange!(readings::required, status, body, own => [
            "name": Some(own.name),
            "pin": Some(own.pin.expose().to_owned()),
            "number": Some(own.number.to_string()),
            "flag": Some(own.flag.to_string()),
            "site": Some(own.site.as_str().to_owned())
        ]),
    };
    (module, interpreted(variant, status, body))
}

const VARIANTS: [Option<&str>; 7] = [
    None,
    Some("required"),
    Some("seconds"),
    Some("dates"),
    Some("forms"),
    Some("conditions"),
    Some("claims"),
];

/// The members that some variant reads.
const MEMBERS: [&str; 18] = [
    "access_token",
    "refresh_token",
    "token_type",
    "expires_in",
    "refresh_lives",
    "expires_at",
    "refresh_ends",
    "scope",
    "id_token",
    "name",
    "pin",
    "number",
    "flag",
    "site",
    "error",
    "error_description",
    "ok",
    "code",
];

/// Values of every kind that real providers send, and their relatives.
const VALUES: [&str; 46] = [
    "null",
    "true",
    "false",
    "\"true\"",
    "\"FALSE\"",
    "\"\"",
    "\" \"",
    "\"text\"",
    "\"a b,c\"",
    "\"a\\tb\"",
    "\"\\u0041\\u00e9\"",
    "\"Bearer\"",
    "\"bearer\"",
    "\"DPoP\"",
    "\"token\"",
    "\"invalid_grant\"",
    "\"1001\"",
    "1001",
    "\"the client is wrong\"",
    "0",
    "-1",
    "-0",
    "1",
    "3600",
    "3600.0",
    "3600.9",
    "-0.5",
    "3.6e3",
    "1e400",
    "\"3600\"",
    "\" 3600 \"",
    "\"1h\"",
    "1893456000",
    "1893456000000",
    "123456789012345678",
    "1234567890123456789",
    "9223372036854775808",
    "123456789012345678901234567890",
    "\"2030-01-01T12:00:00Z\"",
    "\"2030-01-01 12:00:00\"",
    "\"2030-01-01T14:00:00.5+02:00\"",
    "\"app.readings.example\"",
    "\"evil.example\"",
    "[\"read\",1,\"a b\",null]",
    "[]",
    "{\"code\":\"invalid_grant\",\"message\":\"x\",\"retry\":true}",
];

/// Tokens with claims: a name that is repeated, claims that are no JSON, a token that is no JWT.
fn token() -> impl Strategy<Value = String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = prop_oneof![
        4 => members(&["name", "number", "flag", "site"]),
        1 => Just("{\"name\":\"a\",\"name\":\"b\"}".to_owned()),
        1 => Just("{\"flag\":true,\"flag\":true}".to_owned()),
        1 => Just("no JSON".to_owned()),
    ];
    prop_oneof![
        4 => claims.prop_map(|claims| format!("\"e30.{}.c2ln\"", URL_SAFE_NO_PAD.encode(claims))),
        1 => Just("\"opaque\"".to_owned()),
        1 => Just("\"e30.%.c2ln\"".to_owned()),
    ]
}

fn value() -> impl Strategy<Value = String> {
    proptest::sample::select(VALUES.to_vec()).prop_map(str::to_owned)
}

/// An object with some of these members.
fn members(names: &'static [&'static str]) -> BoxedStrategy<String> {
    let each = proptest::collection::vec((proptest::sample::select(names), value()), 0..6);
    let object = each.prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", members.join(","))
    });
    object.boxed()
}

/// A response in JSON. Most have the members that make a success, and some changed ones behind them, which then count.
fn json() -> impl Strategy<Value = String> {
    const USABLE: &str = "\"access_token\":\"a\",\"name\":\"n\",\"pin\":\"p\",\"number\":7,\"flag\":true,\
                          \"site\":\"app.readings.example\",\"ok\":true,\"code\":0,\"kind\":\"token\"";
    let changed = proptest::collection::vec(
        (
            proptest::sample::select(&MEMBERS),
            prop_oneof![5 => value().boxed(), 1 => token().boxed()],
        ),
        0..4,
    );
    let tokens = (proptest::option::of(token()), proptest::option::of(token()));
    let usable = (changed, tokens).prop_map(|(changed, (access_token, id_token))| {
        let access_token = access_token.map(|token| ("access_token", token));
        let id_token = id_token.map(|token| ("id_token", token));
        let changed = access_token.into_iter().chain(id_token).chain(changed);
        let changed = changed.map(|(name, value)| format!("\"{name}\":{value}"));
        let members: Vec<String> = [USABLE.to_owned()].into_iter().chain(changed).collect();
        format!("{{{}}}", members.join(","))
    });
    prop_oneof![
        8 => usable,
        2 => members(&MEMBERS),
        1 => value(),
        1 => proptest::sample::select(vec!["", " ", "{}", "{", "\u{feff}{}", "<html>"]).prop_map(str::to_owned),
    ]
}

fn form() -> impl Strategy<Value = String> {
    let values = [
        "",
        "a",
        "a%20b",
        "a+b",
        "%",
        "%zz",
        "%C3%A9",
        "%FF",
        "3600",
        "-1",
        "true",
        "evil.example",
        "app.readings.example",
    ];
    let pairs = proptest::collection::vec(
        (
            proptest::sample::select(&MEMBERS),
            proptest::sample::select(values.to_vec()),
        ),
        0..6,
    );
    (any::<bool>(), pairs, "[&=\n]{0,2}").prop_map(|(is_usable, pairs, end)| {
        let pairs = pairs
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"));
        let usable = is_usable.then(|| "access_token=a".to_owned());
        let pairs: Vec<String> = usable.into_iter().chain(pairs).collect();
        pairs.join("&") + &end
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_body_means_to_a_module_what_it_means_to_the_interpreter(
        variant in proptest::sample::select(&VARIANTS),
        status in proptest::sample::select(&[200_u16, 200, 200, 204, 400, 401, 403, 429, 500]),
        body in prop_oneof![6 => json().boxed(), 1 => form().boxed()],
    ) {
        let (module, interpreted) = both(variant, status, &body);
        prop_assert_eq!(module, interpreted, "{:?} {} {}", variant, status, body);
    }
}

#[test]
fn identifiers_beyond_64_bits_keep_their_digits() {
    let body = "{\"access_token\":\"a\",\"name\":123456789012345678901234567890}";
    let (module, interpreted) = both(None, 200, body);
    let Meaning::Success(members) = &interpreted else {
        panic!("{interpreted:?}")
    };
    assert_eq!(members["name"], "123456789012345678901234567890");
    assert_eq!(module, interpreted);
}
