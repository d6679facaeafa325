//! Fingerprints of the parts of a spec that stored connections depend on, which reveal a changed spec.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use quote::quote;
use sha2::{Digest as _, Sha256};

use crate::interpret::wire::{self, Given};
use crate::plan::{Api, Plan, Template};
use crate::words;

pub(super) fn of(plan: &Plan) -> TokenStream {
    let prints = [scopes(plan), tokens(plan), hosts(plan), fields(plan)];
    let [scopes, tokens, hosts, fields] = prints.map(|text| print(&text));
    quote! { .fingerprint(runtime::Fingerprint::new(#scopes, #tokens, #hosts, #fields)) }
}

fn print(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Sorts and deduplicates lines, since their order in a spec has no meaning.
fn sorted(mut lines: Vec<String>) -> String {
    lines.sort();
    lines.dedup();
    lines.join("\n")
}

fn scopes(plan: &Plan) -> String {
    let known = plan.scope_sets.iter().flat_map(|set| {
        let ids = set.known.iter().map(|scope| &scope.id);
        ids.map(|id| format!("{} {id}", set.name))
    });
    sorted(known.collect())
}

/// Returns the lifetime and the renewal policy of each token.
fn tokens(plan: &Plan) -> String {
    let line = |token: &crate::plan::Token| {
        let own = &token.policy;
        let mut line = token.name.clone();
        // Writing to a string cannot fail.
        let _ = write!(
            line,
            " {:?} {:?} {:?} {:?} {} {:?} {:?} {}",
            token.lifetime,
            own.renewal,
            own.rotation,
            own.grace,
            own.reuse_ends_grant,
            own.idle,
            own.absolute,
            own.prolongs
        );
        line
    };
    sorted(plan.tokens.iter().map(line).collect())
}

/// Returns the origins of the login, the calls and the API.
fn hosts(plan: &Plan) -> String {
    let names = Given::names(plan);
    let origin = |template: &Template| {
        let url = wire::template(plan, template, &names);
        let mut parts = url.splitn(4, '/');
        let [scheme, _, host] = [(); 3].map(|()| parts.next().unwrap_or_default().to_owned());
        format!("{scheme}//{host}")
    };
    let login = plan.login.iter().map(|login| &login.url);
    let calls = plan.calls.iter().map(|call| &call.url);
    let api = plan.api.iter().flat_map(Api::bases);
    sorted(login.chain(calls).chain(api).map(origin).collect())
}

/// Returns the inputs and fields that are stored beside a token.
fn fields(plan: &Plan) -> String {
    let inputs = plan.connection_inputs();
    let inputs = inputs.map(|input| format!("input {} {}", input.name, words::form(&input.form)));
    let fields = plan.fields.iter();
    let fields = fields.map(|field| format!("field {} {:?}", field.name, field.kind));
    sorted(inputs.chain(fields).collect())
}
