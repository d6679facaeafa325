//! The error codes of a provider: a constant for each, with its documentation and its remedy.

use std::borrow::Cow;

use proc_macro2::TokenStream;
use quote::quote;

use super::{count, doc, ident, number};
use crate::emit::prose;
use crate::plan::token::ErrorClass;
use crate::plan::{CallId, ErrorCode, KnownError, Plan, name};

/// Returns the error responses of a provider's base and variants, so that their modules can share one table.
pub(super) fn of_all(base: &Plan, variants: &[Plan]) -> Vec<KnownError> {
    let mut all = base.errors.clone();
    for variant in variants {
        let further = variant.errors.iter().filter(|own| !all.contains(own));
        all = further.cloned().chain(all.iter().cloned()).collect();
    }
    all
}

/// Returns a Plan with further error responses. If it could receive one of them, the Plan stays as it is.
pub(super) fn with<'p>(plan: &'p Plan, all: &[KnownError]) -> Cow<'p, Plan> {
    let is_elsewhere = |error: &&KnownError| {
        let call = error.call.as_ref();
        let elsewhere =
            |call: &CallId| !call.is_place_of_errors() && plan.call_by_id(call).is_none();
        !error.is_conditional() && call.is_some_and(elsewhere)
    };
    let mut others = all.iter().filter(|error| !plan.errors.contains(error));
    let is_in_order = all
        .iter()
        .filter(|error| plan.errors.contains(error))
        .eq(&plan.errors);
    match is_in_order && others.all(|error| is_elsewhere(&error)) {
        true => Cow::Owned(Plan {
            errors: all.to_vec(),
            ..plan.clone()
        }),
        false => Cow::Borrowed(plan),
    }
}

pub(super) fn items(plan: &Plan) -> [TokenStream; 2] {
    let about = format!(" The error codes of {}.", prose::text(&plan.identity.name));
    let codes = codes(plan);
    let rows = codes.iter().map(|(constant, code, errors)| {
        let own = ident(constant);
        let about = doc(&meanings(code, errors));
        let is_documented = matches!(errors[..], [error] if documents(error, code));
        let entries = errors.iter().map(|error| {
            let (remedy, limits) = (remedy(error), limits(plan, error));
            let advice = (!is_documented).then(|| error.advice.as_deref().unwrap_or_default());
            let advice = advice.into_iter();
            quote! { #remedy #(#advice)* #limits }
        });
        quote! { #about #own = #code: #(#entries),*; }
    });
    let of_status = plan.errors.iter().filter_map(|error| match error.code {
        ErrorCode::Named(_) => None,
        ErrorCode::Status(status) => {
            let (status, remedy) = (count(usize::from(status)), remedy(error));
            let (advice, limits) = (
                error.advice.as_deref().unwrap_or_default(),
                limits(plan, error),
            );
            Some(quote! { status #status: #remedy #advice #limits; })
        }
    });
    [
        quote! {
            #[doc = #about]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct ErrorCode<'a>(&'a str);
        },
        quote! {
            runtime::error_codes! { ErrorCode; #(#rows)* #(#of_status)* }
        },
    ]
}

/// Returns the codes in the order of the spec, each with its constant and its entries.
fn codes(plan: &Plan) -> Vec<(String, &str, Vec<&KnownError>)> {
    let mut codes: Vec<(String, &str, Vec<&KnownError>)> = Vec::new();
    for error in &plan.errors {
        let Some(code) = error.code.name() else {
            continue;
        };
        if let Some((_, _, errors)) = codes.iter_mut().find(|(_, own, _)| *own == code) {
            errors.push(error);
            continue;
        }
        // Two codes may differ only in characters that identifiers cannot contain.
        let base = constant(code);
        let alike = codes.iter().filter(|(_, own, _)| constant(own) == base);
        let constant = match alike.count() {
            0 => base,
            others => format!("{base}_{}", others + 1),
        };
        codes.push((constant, code, vec![error]));
    }
    codes
}

/// Returns the constant of an error code, such as `ACCESS_DENIED` or `CODE_190`.
fn constant(code: &str) -> String {
    match code.starts_with(|first: char| first.is_ascii_digit()) {
        true => name::constant(&format!("code {code}")),
        false => name::constant(code),
    }
}

/// Describes an error code, with every meaning that it has in a call.
fn meanings(code: &str, errors: &[&KnownError]) -> String {
    let mut meanings: Vec<String> = Vec::new();
    for error in errors {
        let texts = error.doc.iter().chain(&error.advice);
        let texts: Vec<String> = texts
            .map(|text| format!("{}.", prose::text(text)))
            .collect();
        let meaning = texts.join(" ");
        if !meaning.is_empty() && !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
    match meanings.is_empty() {
        true => format!("{}.", prose::code(code)),
        false => meanings.join(" Otherwise: "),
    }
}

/// Returns whether the documentation of an error's constant is its advice, with a period.
fn documents(error: &KnownError, code: &str) -> bool {
    let advice = error.advice.as_deref().unwrap_or_default();
    !advice.is_empty() && meanings(code, &[error]) == format!("{advice}.")
}

fn remedy(error: &KnownError) -> proc_macro2::Ident {
    ident(match error.class {
        ErrorClass::Login => "LogIn",
        ErrorClass::Retry => "Retry",
        ErrorClass::Limit => "SlowDown",
        ErrorClass::App => "MendApp",
        ErrorClass::Denied => "AskTheUser",
    })
}

/// Generates what limits an entry: its call, its descriptions, and the condition of its body.
fn limits(plan: &Plan, error: &KnownError) -> TokenStream {
    let descriptions = &error.descriptions;
    let described =
        (!descriptions.is_empty()).then(|| quote! { .described(&[#(#descriptions),*]) });
    let condition = plan.condition_of(error).map(|own| {
        let own = number(own);
        quote! { .where_shown(#own) }
    });
    let call = error.call.iter().map(CallId::to_string);
    let call = call.map(|call| quote! { .in_call(#call) });
    quote! { #described #condition #(#call)* }
}
