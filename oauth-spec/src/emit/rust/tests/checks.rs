//! The assertions about an example's response: tokens, fields, entries, or the error response.

use proc_macro2::TokenStream;
use quote::quote;

use super::given;
use crate::emit::rust::answers::struct_name;
use crate::emit::rust::ident;
use crate::plan::{Call, CallKind, Choice, Example, Field, FieldKind, Plan, Selection, name};
use crate::syntax::shapes::Given as Stated;

pub(super) fn checks(plan: &Plan, call: &Call, example: &Example) -> TokenStream {
    if let Some((code, class)) = &example.expected.error {
        let remedy = ident(match class.as_str() {
            "login" => "LogIn",
            "retry" => "Retry",
            "limit" => "SlowDown",
            "denied" => "AskTheUser",
            _ => "MendApp",
        });
        let code = match code {
            Some(code) => quote! { Some(#code) },
            None => quote! { None },
        };
        return quote! {
            let error = outcome.unwrap_err();
            assert_eq!(error.code(), #code);
            assert_eq!(error.remedy(), Remedy::#remedy);
        };
    }
    if let Some(selection) = &call.selection {
        return chosen_checks(call, selection, example);
    }
    let is_struct = struct_name(plan, call).is_some();
    let sent_refresh_token = given(example, "refresh_token");
    let tokens = call.readings.iter().map(|reading| {
        let field = ident(&name::snake(&reading.token));
        let subject = match is_struct {
            true => quote! { given.#field },
            false => quote! { given },
        };
        let members = example
            .expected
            .tokens
            .iter()
            .find(|(name, _)| *name == reading.token);
        let Some((_, members)) = members else {
            return quote! { assert!(#subject.is_none()); };
        };
        let subject = match reading.optional {
            true => quote! { #subject.as_ref().unwrap() },
            false => quote! { #subject },
        };
        let kept = (call.kind == CallKind::Refresh).then_some(sent_refresh_token.as_str());
        let prolonged = reading.prolonged.then(|| given(example, "access_token"));
        token_checks(
            &subject,
            members,
            reading.refresh_token.is_some().then_some(kept).flatten(),
            prolonged.as_deref(),
        )
    });
    let fields = field_checks(&call.fields, &example.expected.fields);
    match is_struct || !call.readings.is_empty() {
        false => quote! { outcome.unwrap(); },
        true => quote! {
            let given = outcome.unwrap();
            #(#tokens)*
            #(#fields)*
        },
    }
}

/// Generates the assertions about the entries of a list, or about the one that the rule chooses.
fn chosen_checks(call: &Call, selection: &Selection, example: &Example) -> TokenStream {
    let of = |stated: &[(String, Stated)]| {
        let mut checks = field_checks(&call.fields, stated);
        let label = stated.iter().find(|(name, _)| name == "label");
        if let Some((_, Stated::Text(label))) = label {
            checks.push(quote! { assert_eq!(given.label, #label); });
        }
        quote! { #(#checks)* }
    };
    if selection.choice != Choice::Caller {
        let checks = of(&example.expected.fields);
        return quote! { let given = outcome.unwrap(); #checks };
    }
    let entries = &example.expected.entries;
    let count = entries.len();
    let checks = entries.iter().enumerate().map(|(at, stated)| {
        let checks = of(stated);
        quote! { let given = &entries[#at]; #checks }
    });
    quote! {
        let entries = outcome.unwrap();
        assert_eq!(entries.len(), #count);
        #(#checks)*
    }
}

fn field_checks(fields: &[Field], stated: &[(String, Stated)]) -> Vec<TokenStream> {
    let check = |field: &Field| {
        let own = ident(&name::snake(&field.name));
        let stated = stated.iter().find(|(name, _)| *name == field.name);
        field_check(&own, field, stated.map(|(_, value)| value))
    };
    fields.iter().map(check).collect()
}

fn token_checks(
    subject: &TokenStream,
    members: &[(String, Stated)],
    kept: Option<&str>,
    prolonged: Option<&str>,
) -> TokenStream {
    let stored = quote! { #subject.stored() };
    let text = |name: &str| {
        members
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    };
    let secret = |name: &str, kept: Option<&str>| match text(name) {
        Some(Stated::Text(text)) => quote! { Some(#text) },
        _ => match kept {
            Some(kept) => quote! { Some(#kept) },
            None => quote! { None },
        },
    };
    let access_token = match text("access_token") {
        Some(Stated::Text(text)) => text.clone(),
        _ => prolonged.unwrap_or_default().to_owned(),
    };
    let seconds = |name: &str| match text(name) {
        Some(Stated::Number(seconds)) => {
            let seconds = u64::try_from(*seconds).unwrap_or_default();
            quote! { Some(UNIX_EPOCH + Duration::from_secs(#seconds)) }
        }
        _ => quote! { None },
    };
    let scopes = match text("scope") {
        Some(Stated::List(scopes)) => quote! { Some(Scopes::new([#(#scopes),*])) },
        _ => quote! { None },
    };
    let (refresh_token, id_token) = (secret("refresh_token", kept), secret("id_token", None));
    // The tests read responses at the UNIX epoch, so a lifetime and an expiry time are the same number.
    let either = |one: &str, other: &str| match text(one) {
        Some(_) => seconds(one),
        None => seconds(other),
    };
    let (expires_at, refresh_end) = (
        either("expires_at", "expires_in"),
        either("refresh_token_expires_at", "refresh_token_expires_in"),
    );
    quote! {
        assert_eq!(#stored.access_token().expose(), #access_token);
        assert_eq!(#stored.refresh_token().map(Secret::expose), #refresh_token);
        assert_eq!(#stored.expires_at(), #expires_at);
        assert_eq!(#stored.refresh_token_expires_at(), #refresh_end);
        assert_eq!(#stored.scopes().cloned(), #scopes);
        assert_eq!(#stored.id_token().map(Secret::expose), #id_token);
    }
}

fn field_check(own: &proc_macro2::Ident, field: &Field, stated: Option<&Stated>) -> TokenStream {
    let secret = field.kind == FieldKind::Secret;
    let value = match stated {
        Some(Stated::Text(text)) => quote! { #text },
        Some(Stated::Number(number)) => quote! { #number },
        Some(Stated::Boolean(boolean)) => quote! { #boolean },
        _ => return quote! { assert!(given.#own.is_none()); },
    };
    if let FieldKind::Checked(_) = field.kind {
        return match field.optional {
            true => {
                quote! { assert!(given.#own.is_some_and(|own| own.as_str() == #value)); }
            }
            false => quote! { assert_eq!(given.#own.as_str(), #value); },
        };
    }
    match (field.optional, secret, stated) {
        (true, true, _) => {
            quote! { assert_eq!(given.#own.as_ref().map(Secret::expose), Some(#value)); }
        }
        (true, false, Some(Stated::Text(_))) => {
            quote! { assert_eq!(given.#own.as_deref(), Some(#value)); }
        }
        (true, false, _) => quote! { assert_eq!(given.#own, Some(#value)); },
        (false, true, _) => quote! { assert_eq!(given.#own.expose(), #value); },
        (false, false, Some(Stated::Boolean(true))) => quote! { assert!(given.#own); },
        (false, false, Some(Stated::Boolean(false))) => quote! { assert!(!given.#own); },
        (false, false, _) => quote! { assert_eq!(given.#own, #value); },
    }
}
