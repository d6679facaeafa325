//! The first lines of a reader, which distinguish a success from an error response.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use super::reader::Members;
use crate::plan::{Api, Call, Conditions, Plan, ResponseFormat, Success};

/// The members that identify an error response.
pub(super) struct Refusals<'p> {
    success: &'p [(Vec<String>, Success)],
    error: &'p [Vec<String>],
    description: &'p [Vec<String>],
    /// The conditions that distinguish error responses of one code, each with its number.
    conditions: Vec<(u32, Conditions<'p>)>,
}

impl<'p> Refusals<'p> {
    pub(super) fn of_call(plan: &'p Plan, call: &'p Call) -> Refusals<'p> {
        Refusals {
            success: &call.success,
            error: &call.error,
            description: &call.error_description,
            conditions: plan.conditions_of(&call.path),
        }
    }

    pub(super) fn of_api(plan: &'p Plan, api: &'p Api) -> Refusals<'p> {
        Refusals {
            success: &api.success,
            error: &api.error,
            description: &api.error_description,
            conditions: plan.conditions_of("api"),
        }
    }

    /// Returns whether the status alone determines success.
    pub(super) fn goes_by_status(&self) -> bool {
        self.success.is_empty()
    }

    /// Generates the line that returns an error unless status and body indicate a success.
    pub(super) fn accepted(&self, members: &mut Members) -> TokenStream {
        let holds = conditions(members, self.success);
        let refused = self.judged(members, "accepted", &holds);
        quote! { #refused?; }
    }

    /// Generates the line that returns an error if none of these paths has a member and an error code is present.
    ///
    /// Some providers send error responses with a success status.
    pub(super) fn unless_given(
        &self,
        members: &mut Members,
        paths: &[&Vec<String>],
    ) -> Option<TokenStream> {
        if self.error.is_empty() {
            return None;
        }
        let given: Vec<Ident> = paths.iter().map(|path| members.name(path)).collect();
        let refused = self.judged(members, "gives_any", &quote! { &[#(#given),*] });
        Some(quote! { #refused?; })
    }

    /// Generates the body of a reader that reads nothing from a success.
    pub(super) fn done(&self) -> TokenStream {
        match self.is_plain() {
            true => self.plain(),
            false => {
                let before = self.done_before();
                quote! { #before Ok(()) }
            }
        }
    }

    /// Generates the lines that return an error by the status alone, before the lines that read the body.
    pub(super) fn done_before(&self) -> TokenStream {
        if self.is_plain() {
            let plain = self.plain();
            return quote! { #plain?; };
        }
        let mut members = Members::default();
        let refused = self.judged(&mut members, "accepted", &quote! { false });
        let lines = members.lines(ResponseFormat::Json, &quote! { answer });
        quote! {
            if !answer.is_success() {
                #lines
                #refused?;
            }
        }
    }

    /// Returns whether code and description have at most one path each, and there are no conditions.
    fn is_plain(&self) -> bool {
        self.error.len() < 2 && self.description.len() < 2 && self.conditions.is_empty()
    }

    fn plain(&self) -> TokenStream {
        let (error, description) = (path_of(self.error), path_of(self.description));
        quote! { answer.done(#error, #description) }
    }

    /// Generates the call of a runtime method that checks a response, with the members of code and description.
    fn judged(&self, members: &mut Members, method: &str, by: &TokenStream) -> TokenStream {
        let method = ident(method);
        let (error, description) = (said(members, self.error), said(members, self.description));
        let shown: Vec<TokenStream> = self
            .conditions
            .iter()
            .map(|(number, stated)| {
                let (number, shown) = (super::number(*number), conditions(members, stated));
                quote! { (#number, #shown) }
            })
            .collect();
        let showing = (!shown.is_empty())
            .then(|| quote! { .map_err(|failure| failure.showing(&[#(#shown),*])) });
        quote! { answer.#method(#by, #error, #description) #showing }
    }
}

/// Generates the expression for the first member of an error response that is present.
fn said(members: &mut Members, paths: &[Vec<String>]) -> TokenStream {
    let mut names = paths.iter().map(|path| members.name(path));
    let Some(first) = names.next() else {
        return quote! { None };
    };
    let further: Vec<Ident> = names.collect();
    match further.is_empty() {
        true => quote! { Some(#first) },
        false => quote! { Some(runtime::said(#first, &[#(#further),*])) },
    }
}

/// Generates the expression for whether members meet all conditions.
pub(super) fn conditions(members: &mut Members, stated: &[(Vec<String>, Success)]) -> TokenStream {
    let conditions: Vec<TokenStream> = stated
        .iter()
        .map(|(path, expected)| condition(&members.name(path), expected))
        .collect();
    match conditions.is_empty() {
        true => quote! { true },
        false => quote! { #(#conditions)&&* },
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

fn path_of(paths: &[Vec<String>]) -> TokenStream {
    match paths.first() {
        Some(path) => quote! { Some(&[#(#path),*]) },
        None => quote! { None },
    }
}
