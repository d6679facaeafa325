//! The Rust snippet of a page: a whole function, compiled as a doc test of the generated crate.

use std::fmt::Write as _;

use super::super::rust::struct_name;
use crate::plan::{Call, CallKind, Plan, name};

/// Generates a function that creates the app, logs in and renews tokens, as far as the provider supports these steps.
pub(super) fn snippet(plan: &Plan) -> String {
    let module = name::snake(&plan.identity.id);
    let path = match &plan.identity.variant {
        Some((variant, _)) => format!("{module}::{}", name::snake(variant)),
        None => module.clone(),
    };
    let own = path.rsplit("::").next().unwrap_or(&module).to_owned();
    let mut out = format!("use oauth_providers::{path};\n");
    if !plan.has_client() {
        return with_keys(out, plan, &own);
    }
    out.push_str("use oauth_runtime::Http;\n");
    // Writing to a string cannot fail.
    let query = if plan.login.is_some() {
        ", query: &str"
    } else {
        ""
    };
    let _ = writeln!(
        out,
        "\nasync fn connect(http: &Http{query}) -> Result<(), Box<dyn std::error::Error>> {{"
    );
    app(&mut out, plan, &own);
    if plan.login.is_some() {
        login(&mut out, plan, &own);
    }
    machine(&mut out, plan, &own);
    out.push_str("    Ok(())\n}");
    out
}

/// Generates a function for a provider that has only keys.
fn with_keys(mut out: String, plan: &Plan, own: &str) -> String {
    out.push_str("\nfn connect() -> Result<(), Box<dyn std::error::Error>> {\n");
    app(&mut out, plan, own);
    for token in plan.tokens.iter().filter(|token| token.is_static()) {
        let (variable, kind) = (name::snake(&token.name), token.type_name());
        let _ = writeln!(
            out,
            "    let {variable} = {own}::{kind}::new(\"as it was copied\");"
        );
    }
    out.push_str("    Ok(())\n}");
    out
}

fn app(out: &mut String, plan: &Plan, own: &str) {
    let mut arguments = Vec::new();
    if plan.has_client() {
        arguments.push("\"client id\"".to_owned());
    }
    if plan.app.confidential {
        arguments.push("\"client secret\"".to_owned());
    }
    if plan.login.is_some() {
        let _ = writeln!(
            out,
            "    const REDIRECT_URI: {own}::RedirectUri =\n        {own}::RedirectUri::constant(\"https://app.example.com/callback\");"
        );
        arguments.push("REDIRECT_URI".to_owned());
    }
    for input in plan.app_inputs().filter(|input| input.default.is_none()) {
        let (field, kind) = (name::snake(&input.name), name::camel(&input.name));
        let example = input.sample();
        let _ = writeln!(out, "    let {field} = {own}::{kind}::parse({example:?})?;");
        arguments.push(field);
    }
    let _ = writeln!(
        out,
        "    let app = {own}::App::new({});",
        arguments.join(", ")
    );
    let inputs: Vec<String> = plan
        .connection_inputs()
        .map(|input| {
            let (field, kind) = (name::snake(&input.name), name::camel(&input.name));
            format!("{field}: {own}::{kind}::parse({:?})?", input.sample())
        })
        .collect();
    if !inputs.is_empty() {
        let _ = writeln!(
            out,
            "    let inputs = {own}::Inputs {{ {} }};",
            inputs.join(", ")
        );
    }
}

fn login(out: &mut String, plan: &Plan, own: &str) {
    let Some(login) = &plan.login else { return };
    let mut arguments = vec!["&app".to_owned()];
    if plan.connection_inputs().next().is_some() {
        arguments.push("&inputs".to_owned());
    }
    let (mut options, mut made) = (Vec::new(), String::new());
    for set in plan.login_scopes() {
        let kind = format!("{}Scope", name::camel(&set.name));
        let first = set
            .known
            .first()
            .map(|scope| name::constant(scope.name.as_deref().unwrap_or(&scope.id)));
        let scopes = first.map_or("&[]".to_owned(), |constant| {
            format!("&[{own}::{kind}::{constant}]")
        });
        match plan.has_named_scopes() {
            true => options.push(format!("{}_scopes: {scopes}", name::snake(&set.name))),
            false => arguments.push(scopes),
        }
    }
    for argument in login
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out())
    {
        let kind = name::camel(&argument.name);
        arguments.push(match argument.one_of.first() {
            Some(word) => format!("{own}::{kind}::{}", name::camel(word)),
            None => "\"…\"".to_owned(),
        });
    }
    if login.has_offline {
        options.push("offline: true".to_owned());
    }
    let mut optional = login.arguments.iter();
    let is_optional = optional.any(crate::plan::Argument::may_be_left_out);
    if is_optional {
        options.push("..Default::default()".to_owned());
    }
    match options.as_slice() {
        [] => {}
        [only] if is_optional && only.starts_with("..") => {
            arguments.push(format!("{own}::LoginOptions::default()"));
        }
        [only] => arguments.push(format!("{own}::LoginOptions {{ {only} }}")),
        options => {
            let fields = options.join(",\n        ");
            let mark = if is_optional { "" } else { "," };
            made = format!(
                "    let options = {own}::LoginOptions {{\n        {fields}{mark}\n    }};\n"
            );
            arguments.push("options".to_owned());
        }
    }
    let list = arguments.join(", ");
    let list = if list.len() > 70 {
        format!("\n        {},\n    ", arguments.join(",\n        "))
    } else {
        list
    };
    out.push('\n');
    out.push_str(&made);
    out.push_str(
        "    // Keep the login in the user's session; take it out when the browser is back.\n",
    );
    let _ = writeln!(out, "    let login = {own}::login({list});");
    let _ = writeln!(
        out,
        "    println!(\"send the browser to {{}}\", login.url());"
    );
    let app = if login.verifies_late() { "&app, " } else { "" };
    let _ = writeln!(out, "    let code = login.callback({app}query)?;");
    if let Some(exchange) = plan
        .calls
        .iter()
        .find(|call| call.kind == CallKind::Exchange)
    {
        let arguments = arguments_of(plan, exchange, "code");
        let given = struct_name(plan, exchange).unwrap_or_default();
        let giving = plan.gives_tokens().unwrap_or(exchange);
        // `take_refresh_token` is called on this variable later.
        let refreshes = about(plan, CallKind::Refresh).is_some();
        let takes = |call: &Call| {
            if refreshes && call.kind == giving.kind {
                "mut "
            } else {
                ""
            }
        };
        let _ = writeln!(
            out,
            "\n    let {}{} = http.send({own}::exchange({arguments})).await?;",
            takes(exchange),
            name::snake(&given)
        );
        if giving.kind == CallKind::Further {
            let arguments = arguments_of(plan, giving, "");
            let _ = writeln!(
                out,
                "    let {}tokens = http.send({own}::{}({arguments})).await?;",
                takes(giving),
                giving.function()
            );
        }
        if let Some(reading) = giving.readings.first() {
            let field = name::snake(&reading.token);
            let access = if reading.optional {
                ".as_ref().map(|token| token.stored())"
            } else {
                ".stored()"
            };
            let _ = writeln!(
                out,
                "    println!(\"store {{:?}} before anything else\", tokens.{field}{access});"
            );
        }
    }
    after_login(out, plan, own);
    renewal(out, plan, own);
}

/// Generates the calls that return a list, since the API's base depends on the chosen entry.
fn after_login(out: &mut String, plan: &Plan, own: &str) {
    let Some(token) = plan.tokens.first().filter(|token| !token.optional) else {
        return;
    };
    for call in plan.calls.iter().filter(|call| call.selection.is_some()) {
        let subject = format!("&tokens.{}", name::snake(&token.name));
        let arguments = arguments_of(plan, call, &subject);
        let function = call.function();
        let _ = writeln!(
            out,
            "\n    let {function} = http.send({own}::{function}({arguments})).await?;\n    println!(\"{{{function}:?}}\");"
        );
    }
}

/// Returns the call of a kind that is about the first token.
fn about(plan: &Plan, kind: CallKind) -> Option<&Call> {
    let token = plan.tokens.first()?;
    plan.calls
        .iter()
        .find(|call| call.kind == kind && call.of_token.as_ref().is_none_or(|of| *of == token.name))
}

fn renewal(out: &mut String, plan: &Plan, own: &str) {
    let Some(token) = plan.tokens.first() else {
        return;
    };
    let field = name::snake(&token.name);
    if let Some(refresh) = about(plan, CallKind::Refresh) {
        let by_reference = token.policy.rotation == crate::plan::token::Rotation::Never;
        let subject = if by_reference {
            "&refresh_token"
        } else {
            "refresh_token"
        };
        let taken = match token.optional {
            true => {
                format!("tokens.{field}.as_mut().and_then(|token| token.take_refresh_token())")
            }
            false => format!("tokens.{field}.take_refresh_token()"),
        };
        let _ = writeln!(out, "\n    // Later, before the access token ends.");
        let _ = writeln!(out, "    if let Some(refresh_token) = {taken} {{");
        let _ = writeln!(
            out,
            "        let token = http.send({own}::{}({})).await?;",
            refresh.function(),
            arguments_of(plan, refresh, subject)
        );
        let _ = writeln!(
            out,
            "        println!(\"store {{:?}} before anything else\", token.stored());\n    }}"
        );
    } else if let Some(renew) = about(plan, CallKind::Renew) {
        let _ = writeln!(out, "\n    // Later, before the access token ends.");
        let _ = writeln!(
            out,
            "    let token = http.send({own}::{}({})).await?;",
            renew.function(),
            arguments_of(plan, renew, &taken_by(renew, &field))
        );
        let _ = writeln!(
            out,
            "    println!(\"store {{:?}} before anything else\", token.stored());"
        );
    }
}

/// Returns the token argument of a renewal. A request that the app signs may not need one.
fn taken_by(renew: &Call, field: &str) -> String {
    match renew.takes_access_token() {
        true => format!("&tokens.{field}"),
        false => String::new(),
    }
}

fn machine(out: &mut String, plan: &Plan, own: &str) {
    let Some(call) = plan
        .calls
        .iter()
        .find(|call| call.kind == CallKind::ClientCredentials)
    else {
        return;
    };
    let arguments = arguments_of(plan, call, "");
    let _ = writeln!(out, "\n    // A token for the app itself.");
    let _ = writeln!(
        out,
        "    let token = http.send({own}::client_credentials({arguments})).await?;"
    );
    let of_struct = match (struct_name(plan, call), call.readings.first()) {
        (Some(_), Some(reading)) => format!(".{}", name::snake(&reading.token)),
        _ => String::new(),
    };
    let _ = writeln!(out, "    println!(\"{{:?}}\", token{of_struct}.stored());");
}

/// Returns the arguments of a call's function. `subject` is the code or the token.
fn arguments_of(plan: &Plan, call: &Call, subject: &str) -> String {
    let mut arguments = Vec::new();
    if super::super::rust::uses_app(plan, call) {
        arguments.push("&app".to_owned());
    }
    if super::super::rust::uses_inputs(plan, call) {
        arguments.push("&inputs".to_owned());
    }
    if !subject.is_empty() {
        arguments.push(subject.to_owned());
    }
    for answer in super::super::rust::answers_used(plan, call) {
        arguments.push(format!("&{}", name::snake(&answer)));
    }
    if call
        .parameters()
        .any(|parameter| matches!(parameter.value, crate::plan::Value::Scopes(_)))
    {
        arguments.push("&[]".to_owned());
    }
    for field in super::super::rust::call_fields(plan, call) {
        let mark = if super::super::rust::is_by_value(field) {
            ""
        } else {
            "&"
        };
        arguments.push(format!("{mark}tokens.{}", name::snake(&field.name)));
    }
    let required = call
        .arguments
        .iter()
        .filter(|argument| !argument.may_be_left_out());
    let own = name::snake(
        plan.identity
            .variant
            .as_ref()
            .map_or(&plan.identity.id, |(variant, _)| variant),
    );
    arguments.extend(required.map(|argument| match argument.one_of.first() {
        Some(word) => format!(
            "{own}::{}::{}",
            name::camel(&argument.name),
            name::camel(word)
        ),
        None => "\"…\"".to_owned(),
    }));
    if call
        .arguments
        .iter()
        .any(crate::plan::Argument::may_be_left_out)
    {
        arguments.push("Default::default()".to_owned());
    }
    arguments.join(", ")
}
