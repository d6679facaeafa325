//! Examples as text of a spec.

use std::fmt::Write as _;

use crate::plan::example::Response;
use crate::plan::{Example, Plan};
use crate::syntax::shapes::{Given, quoted};

/// Returns an example as a table of a spec.
pub fn table(plan: &Plan, example: &Example) -> String {
    let mut out = String::from("[[example]]\n");
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("name = {}", quoted(&example.name)));
    line(format!("call = {}", quoted(&example.call.to_string())));
    if let Some((variant, _)) = &plan.identity.variant {
        line(format!("variant = {}", quoted(variant)));
    }
    if let Some(token) = &example.token {
        line(format!("token = {}", quoted(token)));
    }
    if example.generated {
        line("generated = true".to_owned());
    }
    for (name, value) in &example.given {
        line(format!("given.{} = {}", key(name), value.toml()));
    }
    if let Some(request) = &example.request {
        line(format!("request = {}", block(&wrapped(request))));
    }
    if let Some(response) = &example.response {
        line(format!("response = {}", block(&message(response))));
    }
    let expected = &example.expected;
    for (name, members) in &expected.tokens {
        line(format!("tokens.{} = {{ {} }}", key(name), list(members)));
    }
    if !expected.fields.is_empty() {
        line(format!("fields = {{ {} }}", list(&expected.fields)));
    }
    if !expected.entries.is_empty() {
        let entries = expected.entries.iter();
        let entries: Vec<String> = entries.map(|own| format!("{{ {} }}", list(own))).collect();
        line(format!("entries = [{}]", entries.join(", ")));
    }
    if let Some((code, class)) = &expected.error {
        let code = code.as_ref();
        let code = code.map_or_else(String::new, |code| format!("code = {}, ", quoted(code)));
        line(format!("error = {{ {code}class = {} }}", quoted(class)));
    }
    out
}

fn list(members: &[(String, Given)]) -> String {
    let members = members
        .iter()
        .map(|(name, value)| format!("{} = {}", key(name), value.toml()));
    members.collect::<Vec<_>>().join(", ")
}

/// Returns a name as a key of TOML.
fn key(name: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    match !name.is_empty() && name.bytes().all(is_bare) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// Returns a text of several lines as a string of TOML.
fn block(text: &str) -> String {
    let is_literal = !text.contains("'''")
        && !text
            .chars()
            .any(|own| own.is_control() && own != '\n' && own != '\t');
    match is_literal {
        true => format!("'''\n{text}\n'''"),
        false => quoted(text),
    }
}

/// Returns a request with a line for each parameter, with headers in their usual case.
fn wrapped(request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
    let mut out = first.replace('&', "\n&");
    for header in headers.lines() {
        let (name, value) = header.split_once(": ").unwrap_or((header, ""));
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            "\n{}: {value}",
            crate::interpret::wire::usual_case(name)
        );
    }
    match body {
        "" => {}
        json if json.starts_with('{') => out.push_str(&format!("\n\n{json}")),
        form => out.push_str(&format!("\n\n{}", form.replace('&', "\n&"))),
    }
    out
}

fn message(response: &Response) -> String {
    let mut out = response.status.to_string();
    for (name, value) in &response.headers {
        let _ = write!(
            out,
            "\n{}: {value}",
            crate::interpret::wire::usual_case(name)
        );
    }
    if !response.body.is_empty() {
        let _ = write!(out, "\n\n{}", response.body);
    }
    out
}
