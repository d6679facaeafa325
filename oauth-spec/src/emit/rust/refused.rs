//! What tells a success from a refusal: the lines of a reader that come before what it gives.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use super::reader::Members;
use crate::plan::{Api, Call, Conditions, Plan, ResponseFormat, Success};

/// Where an answer says that it is a refusal, and which.
pub(super) struct Refusals<'p> {
    success: &'p [(Vec<String>, Success)],
    error: &'p [Vec<String>],
    description: &'p [Vec<String>],
    /// What tells refusals of one code apart, each with its number.
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

    /// Whether the status alone says success.
    pub(super) fn goes_by_status(&self) -> bool {
        self.success.is_empty()
    }

    /// The line that refuses, unless status and body say success.
    pub(super) fn accepted(&self, members: &mut Members) -> TokenStream {
        let holds = conditions(members, self.success);
        let refused = self.judged(members, "accepted", &holds);
        quote! { #refused?; }
    }

    /// The line that refuses where a success has none of the members at these paths, and a refusal's code: some
    /// providers refuse with a status of success.
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

    /// The whole of a reader whose success has no body to read.
    pub(super) fn done(&self) -> TokenStream {
        match self.is_plain() {
            true => self.plain(),
            false => {
                let before = self.done_before();
                quote! { #before Ok(()) }
            }
        }
    }

    /// The lines that refuse by the status alone, in front of what reads the body.
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

    /// Whether code and words stand in one place each, and no more is asked.
    fn is_plain(&self) -> bool {
        self.error.len() < 2 && self.description.len() < 2 && self.conditions.is_empty()
    }

    fn plain(&self) -> TokenStream {
        let (error, description) = (path_of(self.error), path_of(self.description));
        quote! { answer.done(#error, #description) }
    }

    /// An answer judged by a method of the runtime, from where the refusal says what.
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

/// The member that has what a refusal says, as far as it says it.
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

/// Whether members show what is stated of them.
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
