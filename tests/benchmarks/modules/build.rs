//! Reads the tests of the generated crate, which call every function of every module with example values. For each distinct
//! request, writes the call and its twin: the code that an application would write by hand with `form_urlencoded` and
//! `http`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use quote::quote;
use syn::{Expr, ItemFn, Lit, Stmt};

const TESTS: &str = "../../../generated/tests/examples";

fn main() {
    println!("cargo::rerun-if-changed={TESTS}");
    let mut paths: Vec<_> = std::fs::read_dir(TESTS)
        .expect("the generated tests are there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.file_stem().is_some_and(|name| name != "main"))
        .collect();
    paths.sort();
    let mut out = String::new();
    let mut list = String::new();
    for path in paths {
        let module = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let file = syn::parse_file(&text).expect("it is Rust");
        let mut seen = BTreeSet::new();
        for item in file.items {
            if let syn::Item::Fn(test) = item
                && let Some(case) = case(&test)
                && seen.insert(case.function.clone())
            {
                case.write(&module, seen.len(), &mut out, &mut list);
            }
        }
    }
    let _ = write!(out, "pub const CASES: &[Case] = &[{list}];");
    let folder = std::env::var("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&folder).join("cases.rs"), out).expect("it can be written");
}

/// A request: its setup code, the call, and the expected message.
struct Case {
    setup: String,
    call: String,
    function: String,
    message: String,
}

fn case(test: &ItemFn) -> Option<Case> {
    let statements = &test.block.stmts;
    let (at, message) = statements.iter().enumerate().find_map(expected)?;
    let Stmt::Local(local) = &statements[at - 1] else {
        return None;
    };
    let call = &local.init.as_ref()?.expr;
    let Expr::Call(called) = &**call else {
        return None;
    };
    let setup = &statements[..at - 1];
    Some(Case {
        setup: quote! { #(#setup)* }.to_string(),
        call: quote! { #call }.to_string(),
        function: {
            let function = &called.func;
            quote! { #function }.to_string().replace(' ', "")
        },
        message,
    })
}

/// Returns the message that a statement expects of a call or of a login, with the statement's index.
fn expected((at, statement): (usize, &Stmt)) -> Option<(usize, String)> {
    let Stmt::Macro(own) = statement else {
        return None;
    };
    let text = own.mac.tokens.to_string();
    let of_call = text.starts_with("message");
    if !of_call && !text.starts_with("login . url") {
        return None;
    }
    let literal: syn::ExprTuple = syn::parse_str(&format!("({text})")).ok()?;
    let Some(Expr::Lit(own)) = literal.elems.get(1) else {
        return None;
    };
    match &own.lit {
        Lit::Str(text) if of_call => Some((at, text.value())),
        Lit::Str(text) => Some((at, format!("GET {}", text.value()))),
        _ => None,
    }
}

/// Parameters whose values every application writes as constants.
const CONSTANTS: &[&str] = &["grant_type", "response_type", "code_challenge_method"];

impl Case {
    fn write(&self, module: &str, number: usize, out: &mut String, list: &mut String) {
        let id = format!("{module}_{number}");
        let short = self
            .function
            .replace("oauth_providers::", "")
            .replace("r#", "");
        let (twin, variables) = twin(&self.message);
        let count = variables.len();
        let given: Vec<String> = variables.iter().map(|text| format!("{text:?}")).collect();
        let _ = write!(
            out,
            "#[inline(never)] fn ours_{id}(work: impl FnOnce()) {{ work() }}
            #[inline(never)] fn twin_{id}(work: impl FnOnce()) {{ work() }}
            fn case_{id}(times: usize, meter: &mut dyn FnMut(Side, &mut dyn FnMut())) {{
                for _ in 0..times {{
                    {setup}
                    let mut work = Some(|| {{ black_box({call}); }});
                    meter(Side::Ours, &mut || ours_{id}(work.take().expect(\"once\")));
                    let values: [&str; {count}] = black_box([{given}]);
                    meter(Side::Twin, &mut || twin_{id}(|| {{ black_box({twin}); }}));
                    let _ = values;
                }}
            }}\n",
            setup = self.setup,
            call = self.call,
            given = given.join(", "),
        );
        let _ = write!(
            list,
            "Case {{ id: {id:?}, function: {short:?}, run: case_{id} }},"
        );
    }
}

/// Returns the twin as an expression, and the values that it takes.
fn twin(message: &str) -> (String, Vec<String>) {
    let mut values = Vec::new();
    let (head, body) = message.split_once("\n\n").unwrap_or((message, ""));
    let mut lines = head.lines();
    let (method, url) = lines
        .next()
        .expect("a line")
        .split_once(' ')
        .expect("a method");
    let (endpoint, query) = url.split_once('?').unwrap_or((url, ""));
    let mut code = format!("http::Request::builder().method({method:?})");
    let uri = match query {
        "" => format!("{endpoint:?}"),
        query => format!(
            "format!(\"{{}}?{{}}\", {endpoint:?}, {})",
            form(query, &mut values)
        ),
    };
    let _ = write!(code, ".uri({uri})");
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let value = match name {
            "accept" | "content-type" => format!("{value:?}"),
            "authorization" if value.starts_with("Basic ") => {
                let (id, secret) = (
                    variable("s6BhdRkqt3", &mut values),
                    variable("gX1fBat3bV", &mut values),
                );
                format!("basic({id}, {secret})")
            }
            "authorization" => match value.split_once(' ') {
                Some((scheme, token)) => {
                    let token = variable(token, &mut values);
                    format!("format!(\"{scheme} {{}}\", {token})")
                }
                None => variable(value, &mut values),
            },
            _ => variable(value, &mut values),
        };
        let _ = write!(code, ".header({name:?}, {value})");
    }
    let body = match body {
        "" => "String::new()".to_owned(),
        body if body.starts_with('{') => json(body, &mut values),
        body => form(body, &mut values),
    };
    let _ = write!(code, ".body({body}).expect(\"a request\")");
    (code, values)
}

fn variable(value: &str, values: &mut Vec<String>) -> String {
    values.push(value.to_owned());
    format!("values[{}]", values.len() - 1)
}

fn form(text: &str, values: &mut Vec<String>) -> String {
    let mut code = String::from("form_urlencoded::Serializer::new(String::new())");
    for (name, value) in form_urlencoded(text) {
        let value = match CONSTANTS.contains(&name.as_str()) {
            true => format!("{value:?}"),
            false => variable(&value, values),
        };
        let _ = write!(code, ".append_pair({name:?}, {value})");
    }
    code + ".finish()"
}

/// Returns the decoded names and values of a form.
fn form_urlencoded(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((&byte, tail)) = rest.split_first() {
            let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
            let escaped = hex
                .filter(|_| byte == b'%')
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            bytes.push(escaped.unwrap_or(if byte == b'+' { b' ' } else { byte }));
            rest = if escaped.is_some() { &tail[2..] } else { tail };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    text.split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn json(text: &str, values: &mut Vec<String>) -> String {
    // String members become variables. All other members are written unchanged.
    let mut code = String::from("serde_json::json!({");
    for pair in text.trim_matches(['{', '}']).split(",\"") {
        let (name, value) = pair
            .trim_start_matches('"')
            .split_once("\":")
            .unwrap_or((pair, "null"));
        let value = match value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
        {
            Some(own) if !CONSTANTS.contains(&name) => variable(own, values),
            _ => value.to_owned(),
        };
        let _ = write!(code, "{name:?}: {value},");
    }
    code + "}).to_string()"
}
