//! Every field of the language that takes free text, and how a spec states it.

/// A valid spec. Its comments mark where further lines can be inserted.
pub(super) const SOUND: &str = r#"
language = 1

[provider]
id = "acme"
name = "Acme"
docs = "https://acme.example/docs"

[app]
#app

[authorize]
url = "https://id.acme.example/authorize"
#authorize

[token]
url = "https://id.acme.example/token"
#token

#more
"#;

/// The name of a field, the part of the spec to replace, and its replacement. `TEXT` in it becomes the hostile text as a
/// TOML string.
pub(super) type Field = (&'static str, &'static str, &'static str);

pub(super) const FIELDS: &[Field] = &[
    ("provider.name", "\"Acme\"", "TEXT"),
    ("provider.docs", "\"https://acme.example/docs\"", "TEXT"),
    ("app.sandbox", "#app", "sandbox = TEXT"),
    ("app.console", "#app", "console = TEXT"),
    ("app.steps", "#app", "steps = [TEXT]"),
    ("app.review", "#app", "review.one = TEXT"),
    (
        "app.review.by",
        "#app",
        "review.one = { material = \"A\", by = TEXT, until = TEXT }",
    ),
    (
        "authorize.url",
        "\"https://id.acme.example/authorize\"",
        "TEXT",
    ),
    ("authorize.doc", "#authorize", "doc = TEXT"),
    ("a constant of a login", "#authorize", "params.x = TEXT"),
    ("a parameter's name", "#authorize", "params.TEXT = \"1\""),
    ("authorize.names", "#authorize", "names.scope = TEXT"),
    (
        "a word of an argument",
        "#authorize",
        "params.p = { optional = true, one_of = [\"a\", TEXT] }",
    ),
    (
        "an argument's default",
        "#authorize",
        "params.p = { default = TEXT }",
    ),
    (
        "an argument's doc",
        "#authorize",
        "params.p = { optional = true, doc = TEXT }",
    ),
    (
        "a constant of a call",
        "#token",
        "authorization_code.params.x = TEXT",
    ),
    ("a header", "#token", "headers.X-A = TEXT"),
    ("a call's doc", "#token", "authorization_code.doc = TEXT"),
    (
        "an input's word",
        "#more",
        "[inputs.region]\none_of = [\"eu\", TEXT]\n[authorize.params]\nr = \"{region}\"",
    ),
    (
        "an input's text",
        "#more",
        "[inputs.region]\none_of = { eu = TEXT }\n[authorize.params]\nr = \"{region}\"",
    ),
    (
        "an input's default",
        "#more",
        "[inputs.region]\ndefault = TEXT\n[authorize.params]\nr = \"{region}\"",
    ),
    (
        "an input's example",
        "#more",
        "[inputs.region]\nexample = TEXT\n[authorize.params]\nr = \"{region}\"",
    ),
    (
        "an input's hosts",
        "#more",
        "[inputs.host]\ntype = \"host\"\nallow = [\"*.acme.example\", TEXT]\n[authorize.params]\nr = \"{host}\"",
    ),
    (
        "an input's doc",
        "#more",
        "[inputs.region]\ndoc = TEXT\n[authorize.params]\nr = \"{region}\"",
    ),
    (
        "a scope",
        "#more",
        "[scopes]\nseparator = \";;\"\n[scopes.known]\nTEXT = \"Read\"",
    ),
    ("a scope's doc", "#more", "[scopes.known]\nread = TEXT"),
    (
        "what a scope implies",
        "#more",
        "[scopes]\nopen = true\nseparator = \";;\"\n[scopes.known]\nread = { doc = \"Read\", implies = [TEXT] }",
    ),
    (
        "scopes.always",
        "#more",
        "[scopes]\nopen = true\nseparator = \";;\"\nalways = [TEXT]",
    ),
    (
        "scopes.separator",
        "#more",
        "[scopes]\nseparator = TEXT\n[scopes.known]\nread = \"Read\"",
    ),
    (
        "scopes.param",
        "#more",
        "[scopes]\nparam = TEXT\n[scopes.known]\nread = \"Read\"",
    ),
    ("callback.code", "#more", "[callback]\ncode = TEXT"),
    ("callback.verify", "#more", "[callback]\nverify.iss = TEXT"),
    (
        "an error's code",
        "#more",
        "[errors]\nTEXT = { class = \"login\" }",
    ),
    (
        "an error's advice",
        "#more",
        "[errors]\ngone = { class = \"login\", advice = TEXT }",
    ),
    (
        "an error's doc",
        "#more",
        "[errors]\ngone = { class = \"login\", doc = TEXT }",
    ),
    (
        "an operation",
        "#more",
        "[operations.TEXT]\ndoc = \"Do\"\n[api]\nbase = \"https://api.acme.example\"",
    ),
    (
        "an operation in short",
        "#more",
        "[operations]\nping = TEXT\n[api]\nbase = \"https://api.acme.example\"",
    ),
    (
        "what enriches an operation",
        "#more",
        "[scopes.known]\nread = \"Read\"\n[operations.ping]\ndoc = \"Do\"\nenriches.read = TEXT\n[api]\nbase = \"https://api.acme.example\"",
    ),
    (
        "an operation's page",
        "#more",
        "[operations.ping]\ndoc = \"Do\"\ndocs = TEXT\n[api]\nbase = \"https://api.acme.example\"",
    ),
    (
        "an environment's doc",
        "#more",
        "[environment.sandbox]\ndoc = TEXT\nhosts.\"https://id.acme.example\" = \"https://s.acme.example\"",
    ),
    (
        "an evidence's note",
        "#more",
        "[[evidence]]\nurl = \"https://acme.example/docs\"\nseen = 2026-08-01\nfor = [\"token.url\"]\nnote = TEXT",
    ),
    (
        "what an evidence says",
        "#more",
        "[[evidence]]\nurl = \"https://acme.example/docs\"\nseen = 2026-08-01\nfor = [\"token.url\"]\nsays = TEXT",
    ),
    (
        "an evidence's URL",
        "#more",
        "[[evidence]]\nurl = TEXT\nseen = 2026-08-01\nfor = [\"token.url\"]",
    ),
    (
        "what follows an end",
        "#more",
        "[[deprecated]]\nfor = [\"token.authorization_code\"]\nthen = TEXT",
    ),
    ("a token's doc", "#more", "[tokens.access]\ndoc = TEXT"),
    (
        "a token's path",
        "#more",
        "[tokens.access]\naccess_token = TEXT",
    ),
    (
        "what ends a token",
        "#more",
        "[token.authorization_code]\nends_by = [TEXT]",
    ),
    ("a field's path", "#more", "[fields.x]\npath = TEXT"),
    (
        "a field's hosts",
        "#more",
        "[fields.x]\npath = \"x\"\ntype = \"host\"\nallow = [TEXT]",
    ),
    (
        "a field's doc",
        "#more",
        "[fields.x]\npath = \"x\"\ndoc = TEXT",
    ),
    (
        "a variant's setting",
        "#more",
        "[variant.b]\nsetting = TEXT",
    ),
    (
        "a text of a variant",
        "#more",
        "[variant.b]\nsetting = \"B\"\nauthorize.params.x = TEXT",
    ),
    (
        "a header of the API",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\nheaders.X-V = TEXT",
    ),
    (
        "a parameter of the API",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\nparams.v = TEXT",
    ),
    (
        "api.request_id",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\nrequest_id = TEXT",
    ),
    (
        "api.success",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\nsuccess.ok = TEXT",
    ),
    (
        "a bucket of a limit",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\n[api.rate_limit.buckets.a]\nlimit = TEXT",
    ),
    (
        "a limit's doc",
        "#more",
        "[api]\nbase = \"https://api.acme.example\"\n[api.rate_limit]\ndoc = TEXT",
    ),
    (
        "an example's name",
        "#more",
        "[[example]]\nname = TEXT\ncall = \"token.authorization_code\"\nresponse = \"400\\n\\n{}\"\nerror = { class = \"app\" }",
    ),
    (
        "why a finding is accepted",
        "#more",
        "[[accept]]\nrule = \"missing-example\"\nfor = [\"token\"]\nbecause = TEXT",
    ),
];

/// The response of an example, which may have several lines.
pub(super) const RESPONSE: Field = (
    "an example's response",
    "#more",
    "[[example]]\nname = \"a\"\ncall = \"token.authorization_code\"\nresponse = TEXT\nerror = { class = \"app\" }",
);

/// Returns a text as a basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            _ if character.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => out.push(character),
        }
    }
    out + "\""
}

pub(super) fn spec((_, from, to): Field, text: &str) -> String {
    SOUND.replacen(from, &to.replace("TEXT", &quoted(text)), 1)
}
