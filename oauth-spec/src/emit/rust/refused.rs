//! The first lines of a reader, which distinguish a success from an error response.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use super::members::Members;
use crate::plan::{Api, Call, Conditions, Plan, ResponseFormat, Success, name};

/// The members that identify an error response.
pub(super) struct Refusals<'p> {
    success: &'p [(Vec<String>, Success)],
    /// The members of code and description.
    members: ErrorMembers<'p>,
    /// The constant with these members. Without one, they are read together with the members of a success.
    constant: Option<Ident>,
    /// The conditions that distinguish error responses of one code, each with its number.
    conditions: Vec<(u32, Conditions<'p>)>,
}

/// Where an error response has its code and its description.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ErrorMembers<'p> {
    error: &'p [Vec<String>],
    description: &'p [Vec<String>],
    format: ResponseFormat,
}

impl<'p> ErrorMembers<'p> {
    fn of_call(call: &'p Call) -> ErrorMembers<'p> {
        ErrorMembers {
            error: &call.error,
            description: &call.error_description,
            // A call whose responses are not read is read as JSON if it fails.
            format: match call.response {
                format @ (ResponseFormat::Form | ResponseFormat::JsonOrForm)
                    if !call.reads_nothing() =>
                {
                    format
                }
                _ => ResponseFormat::Json,
            },
        }
    }

    fn of_api(api: &'p Api) -> ErrorMembers<'p> {
        ErrorMembers {
            error: &api.error,
            description: &api.error_description,
            format: ResponseFormat::Json,
        }
    }
}

/// Generates a constant for each place where error responses of this provider have their members.
pub(super) fn constants(plan: &Plan) -> Vec<TokenStream> {
    let each = places(plan).into_iter().map(|(constant, members)| {
        let [error, description] = [members.error, members.description].map(|paths| {
            let paths = paths.iter().map(|path| quote! { &[#(#path),*] });
            quote! { &[#(#paths),*] }
        });
        let in_form = match members.format {
            ResponseFormat::Form => Some(quote! { .in_form() }),
            ResponseFormat::JsonOrForm => Some(quote! { .in_json_or_form() }),
            _ => None,
        };
        quote! {
            static #constant: runtime::ErrorMembers =
                runtime::ErrorMembers::of(#error, #description) #in_form;
        }
    });
    each.collect()
}

/// Returns the places of error members that some reader needs by themselves, each once, with the name of its constant.
fn places(plan: &Plan) -> Vec<(Ident, ErrorMembers<'_>)> {
    let mut places: Vec<(Ident, ErrorMembers<'_>)> = Vec::new();
    let calls = plan.calls.iter().filter(|call| reads_apart(plan, call));
    let calls = calls.map(|call| (call.function(), ErrorMembers::of_call(call)));
    let api = plan.api.as_ref().filter(|api| {
        let is_plain = api.success.is_empty() && plan.conditions_of(None).is_empty();
        is_plain && super::managed::is_any(plan)
    });
    let api = api.map(|api| ("api".to_owned(), ErrorMembers::of_api(api)));
    for (function, members) in calls.chain(api) {
        if places.iter().any(|(_, own)| *own == members) {
            continue;
        }
        let constant = match places.is_empty() {
            true => ident("ERROR"),
            false => ident(&name::constant(&format!("{function} error"))),
        };
        places.push((constant, members));
    }
    places
}

/// Returns whether an error response of a call is read apart: the status alone tells it from a success.
fn reads_apart(plan: &Plan, call: &Call) -> bool {
    let is_readable = matches!(
        call.response,
        ResponseFormat::Json | ResponseFormat::Form | ResponseFormat::JsonOrForm
    );
    let is_plain = call.success.is_empty() && plan.conditions_of(Some(&call.id)).is_empty();
    is_plain && (is_readable || call.reads_nothing())
}

impl<'p> Refusals<'p> {
    pub(super) fn of_call(plan: &'p Plan, call: &'p Call) -> Refusals<'p> {
        let members = ErrorMembers::of_call(call);
        Refusals {
            success: &call.success,
            members,
            constant: constant(plan, members).filter(|_| reads_apart(plan, call)),
            conditions: plan.conditions_of(Some(&call.id)),
        }
    }

    pub(super) fn of_api(plan: &'p Plan, api: &'p Api) -> Refusals<'p> {
        let members = ErrorMembers::of_api(api);
        let conditions = plan.conditions_of(None);
        let is_plain = api.success.is_empty() && conditions.is_empty();
        Refusals {
            success: &api.success,
            members,
            constant: constant(plan, members).filter(|_| is_plain),
            conditions,
        }
    }

    /// Returns whether the check of a response that is not read is one expression.
    pub(super) fn is_one_line(&self) -> bool {
        self.constant.is_some()
    }

    /// Returns whether the status alone determines success.
    pub(super) fn goes_by_status(&self) -> bool {
        self.success.is_empty()
    }

    /// Generates the line before all members, which returns an error by the status alone.
    pub(super) fn accepted_apart(&self) -> Option<TokenStream> {
        let constant = self.constant.as_ref()?;
        Some(quote! { response.accepted(&#constant)?; })
    }

    /// Generates the line after all members, which returns an error unless status and body indicate a success.
    pub(super) fn accepted(&self, members: &mut Members) -> Option<TokenStream> {
        if self.constant.is_some() {
            return None;
        }
        let holds = conditions(members, self.success);
        let refused = self.judged(members, "accepted_if", &holds);
        Some(quote! { #refused?; })
    }

    /// Generates the line that returns an error if none of these paths has a member and an error code is present.
    ///
    /// Some providers send error responses with a success status.
    pub(super) fn unless_given(
        &self,
        members: &mut Members,
        paths: &[&Vec<String>],
    ) -> Option<TokenStream> {
        if self.members.error.is_empty() {
            return None;
        }
        let given: Vec<Ident> = paths.iter().map(|path| members.name(path)).collect();
        if let Some(constant) = &self.constant {
            return Some(quote! { response.gives_any(&[#(#given),*], &#constant)?; });
        }
        let refused = self.judged(members, "gives_any_or", &quote! { &[#(#given),*] });
        Some(quote! { #refused?; })
    }

    /// Generates the body of a reader that reads nothing from a success.
    pub(super) fn done(&self) -> TokenStream {
        match &self.constant {
            Some(constant) => quote! { response.accepted(&#constant) },
            None => {
                let before = self.done_before();
                quote! { #before Ok(()) }
            }
        }
    }

    /// Generates the lines that return an error by the status alone, before the lines that read the body.
    pub(super) fn done_before(&self) -> TokenStream {
        if let Some(constant) = &self.constant {
            return quote! { response.accepted(&#constant)?; };
        }
        let mut members = Members::default();
        let refused = self.judged(&mut members, "accepted_if", &quote! { false });
        let lines = members.lines(ResponseFormat::Json, &ident("response"));
        quote! {
            if !response.is_success() {
                #lines
                #refused?;
            }
        }
    }

    /// Generates the call of a runtime method that checks a response, with the members of code and description.
    fn judged(&self, members: &mut Members, method: &str, by: &TokenStream) -> TokenStream {
        let method = ident(method);
        let (error, description) = (
            said(members, self.members.error),
            said(members, self.members.description),
        );
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
        quote! { response.#method(#by, #error, #description) #showing }
    }
}

/// Returns the constant with these error members.
fn constant(plan: &Plan, members: ErrorMembers<'_>) -> Option<Ident> {
    let places = places(plan);
    let own = places.into_iter().find(|(_, own)| *own == members)?;
    Some(own.0)
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
