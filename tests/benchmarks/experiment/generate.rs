//! From a module of rows to the same module of tables: each `Message` becomes a table and its values.

/// An expression of the modules, its place in a table, and the field of `Values` that carries it.
const VALUES: &[(&str, &str, &str)] = &[
    (
        "Raw(app.environment.at(\"https://slack.com\"))",
        "Part::Origin",
        "origin: app.environment.at(\"https://slack.com\")",
    ),
    (
        "Text(&app.client_id)",
        "Source::ClientId",
        "client_id: &app.client_id",
    ),
    (
        "Text(app.basic.expose())",
        "Source::Basic",
        "basic: app.basic.expose()",
    ),
    (
        "Text(app.redirect_uri.0.as_str())",
        "Source::RedirectUri",
        "redirect_uri: app.redirect_uri.0.as_str()",
    ),
    (
        "Text(secrets.state())",
        "Source::State",
        "state: secrets.state()",
    ),
    ("Text(code.0.code())", "Source::Code", "code: code.0.code()"),
    (
        "Text(code.0.redirect_uri())",
        "Source::RedirectUri",
        "redirect_uri: code.0.redirect_uri()",
    ),
    (
        "Text(refresh_token.0.expose())",
        "Source::RefreshToken",
        "refresh_token: refresh_token.0.expose()",
    ),
    (
        "Joined(&[\"Bearer \", token.0.access_token().expose()])",
        "Source::Bearer",
        "bearer: [\"Bearer \", token.0.access_token().expose()]",
    ),
    (
        "Maybe(options.team)",
        "Source::Option",
        "option: options.team",
    ),
    (
        "Scopes(&[], &bot_scopes, &[], \",\")",
        "Source::Scopes(\",\")",
        "scopes: &bot_scopes",
    ),
    (
        "Scopes(&[], &user_scopes, &[], \",\")",
        "Source::OtherScopes(\",\")",
        "other_scopes: &user_scopes",
    ),
];

const MESSAGE: &str = "&Message {";
const NAMES: &str = "use ::oauth_runtime::contract::names::*;\n";

/// The module with tables.
///
/// # Panics
///
/// If a message holds an expression that has no place in a table.
pub fn tables(module: &str) -> String {
    let (mut out, mut rest) = (String::new(), module);
    while let Some((before, after)) = rest.split_once(MESSAGE) {
        let end = closing_brace(after);
        out.push_str(before);
        out.push_str(&table(&after[..end]));
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    out.replace(
        NAMES,
        &format!("{NAMES}use ::experiment::{{Fields, Part, Source, Table, Values}};\n"),
    )
    .replace("Call::new(", "::experiment::call(")
    .replace("runtime::Login::begin(", "::experiment::begin(")
}

fn closing_brace(text: &str) -> usize {
    let mut open = 1;
    text.find(|character| {
        match character {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        open == 0
    })
    .expect("a closed message")
}

fn table(message: &str) -> String {
    let (mut table, mut values) = (message.to_owned(), Vec::new());
    for (expression, source, value) in VALUES {
        if table.contains(expression) {
            table = table.replace(expression, source);
            values.push(*value);
        }
    }
    table = table
        .replace("Raw(", "Part::Raw(")
        .replace("Text(", "Source::Text(")
        .replace("body: Empty", "body: Fields::Empty")
        .replace("body: Form(", "body: Fields::Form(");
    for unknown in ["app.", "code.", "token.", "options.", "secrets.", "Json("] {
        assert!(!table.contains(unknown), "no place in a table: {table}");
    }
    format!(
        "{{\n static TABLE: Table = Table {{{table}}};\n &TABLE\n }},\n &Values {{ {}, ..Values::NONE }}",
        values.join(", ")
    )
}
