//! Readers: from an answer to tokens, straight down, one line for each member.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use super::tokens::type_name;
use crate::plan::{Call, CallKind, Field, FieldKind, Plan, Reading, ResponseFormat, Success, name};

/// What a call gives.
pub(super) fn result(call: &Call) -> TokenStream {
    match (call.kind, call.readings.as_slice()) {
        (CallKind::Exchange, _) => quote! { Tokens },
        (_, [reading, ..]) => {
            let kind = type_name(&reading.token);
            quote! { #kind }
        }
        (_, []) => quote! { () },
    }
}

pub(super) fn reader(plan: &Plan, call: &Call) -> TokenStream {
    let read = ident(&format!("read_{}", call.function()));
    let result = result(call);
    if call.reads_nothing() {
        let (error, description) = (
            path_option(call.error.as_ref()),
            path_option(call.error_description.as_ref()),
        );
        return quote! {
            fn #read(answer: &Answer<'_>) -> Result<(), runtime::Failure> {
                answer.done(#error, #description)
            }
        };
    }
    let mut members = Members::default();
    let conditions: Vec<TokenStream> = call
        .success
        .iter()
        .map(|(path, expected)| condition(&members.name(path), expected))
        .collect();
    let holds = if conditions.is_empty() {
        quote! { true }
    } else {
        quote! { #(#conditions)&&* }
    };
    let mut option = |path: Option<&Vec<String>>| match path {
        Some(path) => {
            let name = members.name(path);
            quote! { Some(&#name) }
        }
        None => quote! { None },
    };
    let (error, description) = (
        option(call.error.as_ref()),
        option(call.error_description.as_ref()),
    );
    let tokens: Vec<TokenStream> = call
        .readings
        .iter()
        .map(|reading| token(&mut members, reading))
        .collect();
    let fields: Vec<TokenStream> = match call.reads_fields {
        true => plan
            .fields
            .iter()
            .map(|own| {
                let kept = plan
                    .callback_fields()
                    .position(|field| field.name == own.name);
                field(&mut members, own, kept.unwrap_or_default())
            })
            .collect(),
        false => Vec::new(),
    };
    let value = match (call.kind, tokens.as_slice()) {
        (CallKind::Exchange, tokens) => {
            let names = call
                .readings
                .iter()
                .map(|reading| ident(&name::snake(&reading.token)));
            quote! { Ok(Tokens { #(#names: #tokens,)* #(#fields),* }) }
        }
        (_, [token, ..]) => quote! { Ok(#token) },
        (_, []) => quote! { Ok(()) },
    };
    let format = ident(match call.response {
        ResponseFormat::Json => "json",
        ResponseFormat::Form => "form",
    });
    let names = members.found.iter().map(|(name, _)| name);
    let paths = members
        .found
        .iter()
        .map(|(_, path)| quote! { &[#(#path),*] });
    quote! {
        fn #read(answer: &Answer<'_>) -> Result<#result, runtime::Failure> {
            let [#(#names),*] = answer.#format([#(#paths),*])?;
            answer.accepted(#holds, #error, #description)?;
            #value
        }
    }
}

fn path_option(path: Option<&Vec<String>>) -> TokenStream {
    match path {
        Some(path) => quote! { Some(&[#(#path),*]) },
        None => quote! { None },
    }
}

/// The members that a reader needs, each once, with a variable named after its path.
#[derive(Default)]
struct Members {
    found: Vec<(Ident, Vec<String>)>,
}

impl Members {
    fn name(&mut self, path: &[String]) -> Ident {
        if let Some((name, _)) = self.found.iter().find(|(_, own)| own == path) {
            return name.clone();
        }
        let base = match path {
            [] => "body".to_owned(),
            path => name::snake(&path.join("_")),
        };
        let base = if base.is_empty() || base == "answer" {
            format!("{base}_member")
        } else {
            base
        };
        let mut own = base.clone();
        let mut count = 1;
        while self.found.iter().any(|(other, _)| *other == own) {
            count += 1;
            own = format!("{}_{count}", base.trim_start_matches("r#"));
        }
        let own = ident(&own);
        self.found.push((own.clone(), path.to_vec()));
        own
    }
}

fn condition(member: &Ident, expected: &Success) -> TokenStream {
    match expected {
        Success::Absent => quote! { #member.is_absent() },
        Success::True => quote! { #member.is_boolean(true) },
        Success::Number(number) => quote! { #member.is_integer(#number) },
        Success::Text(text) => quote! { #member.is_text(#text) },
    }
}

fn token(members: &mut Members, reading: &Reading) -> TokenStream {
    let kind = type_name(&reading.token);
    let access_token = members.name(&reading.access_token);
    let mut steps = Vec::new();
    if let Some((path, unit)) = &reading.expires_in {
        let (member, unit) = (members.name(path), duration(*unit));
        steps.push(quote! { .lives(&#member, #unit, answer)? });
    }
    if let Some((path, unit)) = &reading.expires_at {
        let (member, unit) = (members.name(path), duration(*unit));
        steps.push(quote! { .ends(&#member, #unit)? });
    }
    if let Some(seconds) = reading.documented_lifetime {
        steps.push(quote! { .lives_by_documentation(Duration::from_secs(#seconds), answer) });
    }
    if let Some(path) = &reading.refresh_token {
        let member = members.name(path);
        steps.push(quote! { .renewable(&#member, answer)? });
    }
    if let Some(path) = &reading.refresh_token_expires_in {
        let member = members.name(path);
        steps.push(quote! { .renewable_for(&#member, answer)? });
    }
    if let Some((path, separators)) = &reading.scope {
        let member = members.name(path);
        steps.push(quote! { .granted(&#member, &[#(#separators),*])? });
    }
    if let Some(path) = &reading.id_token {
        let member = members.name(path);
        steps.push(quote! { .identified(&#member)? });
    }
    let built = quote! { #kind(Token::read(&#access_token)? #(#steps)*) };
    match reading.optional {
        true => quote! {
            match #access_token.is_absent() {
                true => None,
                false => Some(#built),
            }
        },
        false => built,
    }
}

fn duration(milliseconds: u64) -> TokenStream {
    match milliseconds % 1000 {
        0 => {
            let seconds = milliseconds / 1000;
            quote! { Duration::from_secs(#seconds) }
        }
        _ => quote! { Duration::from_millis(#milliseconds) },
    }
}

/// `kept`: its place among the fields of the callback.
fn field(members: &mut Members, field: &Field, kept: usize) -> TokenStream {
    let name = ident(&name::snake(&field.name));
    if field.from_callback {
        let kind = ident(&name::camel(&field.name));
        return quote! { #name: #kind(answer.kept(#kept)) };
    }
    let member = members.name(&field.path);
    if let FieldKind::Checked(_) = field.kind {
        let kind = ident(&name::camel(&field.name));
        return match field.optional {
            true => quote! { #name: #member.optional_form(#kind::parse)? },
            false => quote! { #name: #member.form(#kind::parse)? },
        };
    }
    let method = match (&field.kind, field.optional) {
        (FieldKind::Text | FieldKind::Checked(_), false) => "text",
        (FieldKind::Text | FieldKind::Checked(_), true) => "optional_text",
        (FieldKind::Secret, false) => "secret",
        (FieldKind::Secret, true) => "optional_secret",
        (FieldKind::Integer, false) => "integer",
        (FieldKind::Integer, true) => "optional_integer",
        (FieldKind::Boolean, false) => "boolean",
        (FieldKind::Boolean, true) => "optional_boolean",
    };
    let method = ident(method);
    quote! { #name: #member.#method()? }
}
