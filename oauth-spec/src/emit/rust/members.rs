//! The members of a response that a reader needs, and the lines that read them.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::ident;
use crate::plan::{ResponseFormat, name};

/// The members that a reader needs, each once, with a variable named after its path.
#[derive(Default)]
pub(super) struct Members {
    found: Vec<(Ident, Vec<String>)>,
}

/// The variable names that readers use for other purposes.
const TAKEN: &[&str] = &[
    "response",
    "entry",
    "entries",
    "failure",
    "claims",
    "id_claims",
    "members",
    "lost",
    "apart",
    "response_claims",
];

impl Members {
    /// Returns whether the reader needs no members.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Generates the lines that read the members from a variable.
    pub(super) fn lines(&self, format: ResponseFormat, from: &Ident) -> Option<TokenStream> {
        if self.is_empty() {
            return None;
        }
        let claims = ident("response_claims");
        let (made, from, format) = match format {
            ResponseFormat::Json => (None, from, "json"),
            ResponseFormat::Form => (None, from, "form"),
            ResponseFormat::Text => (None, from, "text"),
            ResponseFormat::JsonOrForm => (None, from, "json_or_form"),
            ResponseFormat::Jwt => (
                Some(quote! { let #claims = Claims::of_response(#from)?; }),
                &claims,
                "json",
            ),
        };
        let format = ident(format);
        let rows = self
            .found
            .iter()
            .map(|(name, path)| quote! { #name = [#(#path),*] });
        Some(quote! {
            #made
            runtime::members!(#from.#format, #(#rows),*);
        })
    }

    /// Returns the variable of the member at a path.
    pub(super) fn name(&mut self, path: &[String]) -> Ident {
        if let Some((name, _)) = self.found.iter().find(|(_, own)| own == path) {
            return name.clone();
        }
        let base = match path {
            [] => "body".to_owned(),
            path => name::snake(&path.join("_")),
        };
        let base = if base.is_empty() || TAKEN.contains(&base.as_str()) {
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
