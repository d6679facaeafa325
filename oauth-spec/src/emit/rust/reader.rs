//! Readers, which parse a response in straight-line code with one line for each member.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::answers::{carried_name, result, struct_name};
use super::members::Members;
use super::refused::{Refusals, conditions};
use super::tokens::type_name;
use super::{count, ident, number};
use crate::plan::token::{GrantedScopes, TimeFormat};
use crate::plan::{
    Api, Call, Choice, Field, FieldKind, FieldSource, Nonce, Piece, Plan, Reading, ResponseFormat,
    Selection, Source, name,
};

/// Generates the reader of a call's response. A list also has a reader for its entries.
pub(super) fn readers(plan: &Plan, call: &Call) -> Vec<TokenStream> {
    match &call.selection {
        Some(selection) => vec![
            of_list(plan, call, selection),
            of_entry(plan, call, selection),
        ],
        None if is_inline(plan, call) => Vec::new(),
        None => vec![of_answer(plan, call)],
    }
}

/// Returns the expression for the reader of a call's response.
pub(super) fn reference(plan: &Plan, call: &Call) -> TokenStream {
    match is_inline(plan, call) {
        true => {
            let done = Refusals::of_call(plan, call).done();
            quote! { |response| #done }
        }
        false => {
            let read = ident(&format!("read_{}", call.function()));
            quote! { #read }
        }
    }
}

/// Returns whether the reader is one expression, which checks the status.
fn is_inline(plan: &Plan, call: &Call) -> bool {
    let reads = !call.reads_nothing() || struct_name(plan, call).is_some();
    !reads && call.selection.is_none() && Refusals::of_call(plan, call).is_one_line()
}

/// Generates the closure that distinguishes a success of the API from an error response.
pub(super) fn of_api(plan: &Plan, api: &Api) -> TokenStream {
    let refusals = Refusals::of_api(plan, api);
    let done = match refusals.goes_by_status() {
        true => refusals.done(),
        false => {
            let mut members = Members::default();
            let accepted = refusals.accepted(&mut members);
            let lines = members.lines(ResponseFormat::Json, &ident("response"));
            quote! { #lines #accepted Ok(()) }
        }
    };
    match refusals.is_one_line() {
        true => quote! { |response| #done },
        false => quote! { |response| { #done } },
    }
}

fn of_answer(plan: &Plan, call: &Call) -> TokenStream {
    let read = ident(&format!("read_{}", call.function()));
    let refusals = Refusals::of_call(plan, call);
    if call.reads_nothing() && struct_name(plan, call).is_none() {
        let done = refusals.done();
        return quote! {
            fn #read(response: &Response<'_>) -> Result<(), runtime::ParseError> { #done }
        };
    }
    let mut members = Members::default();
    let accepted_apart = refusals.accepted_apart();
    let lost = lost(call);
    let accepted = refusals.accepted(&mut members);
    let given = call.surely_given();
    let given = given.and_then(|paths| refusals.unless_given(&mut members, &paths));
    let tokens: Vec<TokenStream> = call
        .readings
        .iter()
        .enumerate()
        .map(|(at, reading)| token(plan, &mut members, reading, &call.readings[..at]))
        .collect();
    let guards = guards(plan, call, &mut members);
    let mut claims = Claims::default();
    let fields: Vec<TokenStream> = call
        .fields
        .iter()
        .map(|own| {
            let mut found = match own.from {
                FieldSource::IdToken => Found::Claims(&mut claims.id_token),
                FieldSource::AccessToken => Found::Claims(&mut claims.access_token),
                _ => Found::Members(&mut members),
            };
            field(
                plan,
                found.members(),
                own,
                &quote! { response },
                lost.is_some(),
            )
        })
        .collect();
    let carried: Vec<TokenStream> = call
        .carried
        .iter()
        .map(|path| {
            let (field, member) = (ident(&carried_name(path)), members.name(path));
            let lost = lost.is_some().then(|| quote! { .map_err(lost) });
            quote! { #field: #member.secret()#lost? }
        })
        .collect();
    let claims = claims.lines(plan, call, &mut members);
    let value = match (struct_name(plan, call), tokens.as_slice()) {
        (Some(own), tokens) => {
            let own = ident(&own);
            let fields = fields.into_iter().chain(carried);
            let named = |reading: &Reading| ident(&name::snake(&reading.token));
            let names = call.readings.iter().map(named);
            match &lost {
                None if call.readings.len() < 2 => {
                    let variables = call.readings.iter().map(issued);
                    let made = variables.zip(tokens);
                    let made = made.map(|(variable, token)| quote! { let #variable = #token; });
                    let tokens = names.zip(&call.readings);
                    let tokens = tokens.map(|(name, reading)| {
                        let typed = typed(reading);
                        quote! { #name: #typed }
                    });
                    let parts: Vec<TokenStream> = tokens.chain(fields).collect();
                    quote! { #(#made)* Ok(#own { #(#parts),* }) }
                }
                // Fields that may fail are read while the error can still take the tokens.
                lost => {
                    let variables = call.readings.iter().map(issued);
                    let made = variables.zip(tokens);
                    let made = made.map(|(variable, token)| quote! { let #variable = #token; });
                    let tokens = names.zip(&call.readings);
                    let tokens = tokens.map(|(name, reading)| {
                        let typed = typed(reading);
                        quote! { #name: #typed }
                    });
                    let parts: Vec<TokenStream> = fields.chain(tokens).collect();
                    quote! { #(#made)* #lost Ok(#own { #(#parts),* }) }
                }
            }
        }
        (None, [token, ..]) => {
            let first = call.readings.first();
            let (variable, typed) = (first.map(issued), first.map(typed));
            let guarded = (!guards.is_empty()).then(|| {
                let tokens = carried_out(&call.readings);
                quote! {
                    let apart = |why: runtime::ParseError| why.apart(&[#(#tokens),*]);
                    #(#guards)*
                }
            });
            quote! { let #variable = #token; #guarded Ok(#typed) }
        }
        (None, []) => quote! { Ok(()) },
    };
    let lines = members.lines(call.response, &ident("response"));
    let result = result(plan, call);
    quote! {
        fn #read(response: &Response<'_>) -> Result<#result, runtime::ParseError> {
            #accepted_apart
            #lines
            #accepted
            #given
            #claims
            #value
        }
    }
}

/// Returns the token of a variable with its type.
fn typed(reading: &Reading) -> TokenStream {
    let (kind, variable) = (type_name(&reading.token), issued(reading));
    match reading.optional {
        true => quote! { #variable.map(#kind) },
        false => quote! { #kind(#variable) },
    }
}

/// Returns the variable of a token.
fn issued(reading: &Reading) -> Ident {
    ident(&format!(
        "{}_issued",
        name::snake(&reading.token).trim_start_matches("r#")
    ))
}

/// Generates the closure that adds the tokens to an error about a missing field. Returns `None` if no field is required.
fn lost(call: &Call) -> Option<TokenStream> {
    let requires = |field: &Field| !field.optional && !field.from_callback();
    let is_required = call.fields.iter().any(requires) || !call.carried.is_empty();
    let tokens = carried_out(&call.readings);
    (is_required && !tokens.is_empty()).then(|| {
        quote! { let lost = |why: runtime::ParseError| why.beside(&[#(#tokens),*]); }
    })
}

/// Generates the lines that reject a refresh response with an unlisted host.
fn guards(plan: &Plan, call: &Call, members: &mut Members) -> Vec<TokenStream> {
    let each = plan.guards(call).map(|field| {
        let member = members.name(&field.path);
        let kind = ident(&name::camel(&field.name));
        quote! { #member.unless_foreign(#kind::parse, response).map_err(apart)?; }
    });
    each.collect()
}

/// Generates the list of the tokens that were read, each with its name.
fn carried_out(readings: &[Reading]) -> Vec<TokenStream> {
    let each = readings.iter().map(|reading| {
        let (name, variable) = (&reading.token, issued(reading));
        match reading.optional {
            true => quote! { (#name, #variable.as_ref()) },
            false => quote! { (#name, Some(&#variable)) },
        }
    });
    each.collect()
}

fn of_list(plan: &Plan, call: &Call, selection: &Selection) -> TokenStream {
    let read = ident(&format!("read_{}", call.function()));
    let read_entry = ident(&format!("read_{}_entry", call.function()));
    let result = result(plan, call);
    let refusals = Refusals::of_call(plan, call);
    let accepted = match refusals.goes_by_status() {
        true => refusals.done_before(),
        false => {
            let mut members = Members::default();
            let accepted = refusals.accepted(&mut members);
            let lines = members.lines(call.response, &ident("response"));
            quote! { #lines #accepted }
        }
    };
    let each = &selection.each;
    let value = match selection.choice {
        Choice::Caller => quote! { Ok(entries) },
        Choice::Only => quote! { runtime::only(entries) },
        Choice::First => quote! { runtime::first(entries) },
    };
    quote! {
        fn #read(response: &Response<'_>) -> Result<#result, runtime::ParseError> {
            #accepted
            let mut entries = Vec::new();
            for entry in response.entries(&[#(#each),*])? {
                entries.extend(#read_entry(&entry)?);
            }
            #value
        }
    }
}

/// Generates the reader of a list entry, which returns `None` if the filter excludes the entry.
fn of_entry(plan: &Plan, call: &Call, selection: &Selection) -> TokenStream {
    let read = ident(&format!("read_{}_entry", call.function()));
    let own = ident(&struct_name(plan, call).unwrap_or_default());
    let mut members = Members::default();
    let passed_over = (!selection.filter.is_empty()).then(|| {
        let holds = conditions(&mut members, &selection.filter);
        quote! {
            if !(#holds) {
                return Ok(None);
            }
        }
    });
    let mut parts: Vec<TokenStream> = call
        .fields
        .iter()
        .map(|own| field(plan, &mut members, own, &quote! { entry }, false))
        .collect();
    for path in &call.carried {
        let (field, member) = (ident(&carried_name(path)), members.name(path));
        parts.push(quote! { #field: #member.secret()? });
    }
    if let Some(path) = &selection.label {
        let member = members.name(path);
        parts.push(quote! { label: #member.text()? });
    }
    let lines = members.lines(ResponseFormat::Json, &ident("entry"));
    quote! {
        fn #read(entry: &Response<'_>) -> Result<Option<#own>, runtime::ParseError> {
            #lines
            #passed_over
            Ok(Some(#own { #(#parts),* }))
        }
    }
}

/// The members that contain a field.
enum Found<'m> {
    Members(&'m mut Members),
    Claims(&'m mut Members),
}

impl Found<'_> {
    fn members(&mut self) -> &mut Members {
        match self {
            Found::Members(members) | Found::Claims(members) => members,
        }
    }
}

/// The claims that contain fields, for each token.
#[derive(Default)]
struct Claims {
    id_token: Members,
    access_token: Members,
}

impl Claims {
    /// Generates the lines that decode the claims, and that compare an ID token with the login's nonce.
    fn lines(&self, plan: &Plan, call: &Call, members: &mut Members) -> TokenStream {
        let first = call.readings.first();
        let nonce = plan.checks_nonce(call);
        let mut lines = TokenStream::new();
        if nonce || !self.id_token.is_empty() {
            let path = first.and_then(|reading| reading.id_token.clone());
            let token = members.name(&path.unwrap_or_else(|| vec!["id_token".to_owned()]));
            lines.extend(match nonce {
                true => quote! { let id_claims = Claims::of(#token)?; },
                false => quote! { let id_claims = Claims::of_optional(#token, response); },
            });
        }
        if nonce {
            lines.extend(match plan.login.as_ref().map(|login| login.nonce) {
                Some(Nonce::Optional) => quote! { id_claims.belong_to_or_omit_nonce(response)?; },
                _ => quote! { id_claims.belong_to(response)?; },
            });
        }
        if !self.id_token.is_empty() {
            lines.extend(
                self.id_token
                    .lines(ResponseFormat::Json, &ident("id_claims")),
            );
        }
        if let Some(reading) = first.filter(|_| !self.access_token.is_empty()) {
            let token = members.name(&reading.access_token);
            let own = self
                .access_token
                .lines(ResponseFormat::Json, &ident("claims"));
            lines.extend(quote! { let claims = Claims::of_any(#token); #own });
        }
        lines
    }
}

/// Returns whether the spec requires a field of an ID token, and the scope `openid` requests that token.
pub(super) fn needs_id_token(plan: &Plan, call: &Call) -> bool {
    let mut sets = plan.scope_sets.iter();
    let asks = sets.any(|set| {
        let known = set.known.iter().any(|scope| scope.id == "openid");
        known || set.always.iter().any(|scope| scope == "openid")
    });
    let mut fields = call.fields.iter();
    asks && fields.any(|field| field.from == FieldSource::IdToken && !field.optional)
}

/// Returns the issuer of the ID tokens, if the spec states it for callbacks (RFC 9207). Both identify the authorization
/// server.
pub(super) fn issuer(plan: &Plan) -> Option<&[Piece]> {
    let mut stated = plan.login.iter().flat_map(crate::plan::Login::verify_early);
    let issuer = stated.find(|verify| verify.name == "iss")?;
    let is_known = |piece: &Piece| match piece {
        Piece::Source(source) => {
            matches!(source, Source::Input(_) | Source::InputText(..))
                && !super::calls::is_of_connection(plan, source)
        }
        Piece::Text(_) | Piece::Origin(_) => true,
    };
    issuer
        .value
        .0
        .iter()
        .all(is_known)
        .then_some(&issuer.value.0)
}

/// Returns the callback parameter with the granted scopes, which the exchange keeps for its reader.
pub(super) fn keeps_granted(call: &Call) -> Option<&str> {
    let mut readings = call.readings.iter();
    readings.find_map(|reading| match &reading.scope {
        Some((GrantedScopes::Callback(name), _)) => Some(name.as_str()),
        _ => None,
    })
}

/// Generates the expression that reads a token, without its type.
fn token(plan: &Plan, members: &mut Members, reading: &Reading, before: &[Reading]) -> TokenStream {
    let access_token = (!reading.prolonged).then(|| members.name(&reading.access_token));
    let token_type = access_token.as_ref().and_then(|_| {
        let (_, object) = reading.access_token.split_last()?;
        Some(members.name(&[object, &["token_type".to_owned()]].concat()))
    });
    let mut steps = Vec::new();
    if let Some((path, unit)) = &reading.expires_in {
        let (member, unit) = (members.name(path), duration(*unit));
        steps.push(match reading.endless {
            Some(endless) => quote! { .lives_unless(#member, #endless, #unit, response) },
            None => quote! { .lives(#member, #unit, response) },
        });
    }
    if let Some((path, format)) = &reading.expires_at {
        let member = members.name(path);
        steps.push(match unit_of(*format) {
            Some(unit) => quote! { .ends(#member, #unit, response) },
            None => quote! { .ends_on(#member, response) },
        });
    }
    if let Some(seconds) = reading.documented_lifetime.map(number) {
        steps.push(quote! { .lives_by_documentation(Duration::from_secs(#seconds), response) });
    }
    if let Some(path) = reading.refresh_token.as_ref().filter(|_| reading.prolonged) {
        let member = members.name(path);
        steps.push(quote! { .renewable(#member, response) });
    }
    if let Some((path, unit)) = &reading.refresh_token_expires_in {
        let (member, unit) = (members.name(path), duration(*unit));
        steps.push(match reading.refresh_token_endless {
            Some(endless) => {
                quote! { .renewable_for_unless(#member, #endless, #unit, response) }
            }
            None => quote! { .renewable_for(#member, #unit, response) },
        });
    }
    if let Some((path, format)) = &reading.refresh_token_expires_at {
        let member = members.name(path);
        steps.push(match unit_of(*format) {
            Some(unit) => quote! { .renewable_until(#member, #unit, response) },
            None => quote! { .renewable_until_date(#member, response) },
        });
    }
    match &reading.scope {
        Some((GrantedScopes::Member(path), separators)) => {
            let member = members.name(path);
            steps.push(quote! { .granted(#member, &[#(#separators),*], response) });
        }
        Some((GrantedScopes::Callback(_), separators)) => {
            let place = count(plan.callback_fields().count());
            steps
                .push(quote! { .granted_by_callback(&response.kept(#place), &[#(#separators),*]) });
        }
        None => {}
    }
    if let Some(path) = &reading.id_token {
        let member = members.name(path);
        steps.push(quote! { .identified(#member, response) });
    }
    let Some(access_token) = access_token else {
        return quote! { Token::new(Secret::new(response.kept(0))) #(#steps)* };
    };
    let before = carried_out(before);
    // If this token is unusable, the error keeps the tokens that were read before it.
    let beside =
        (!before.is_empty()).then(|| quote! { .map_err(|why| why.beside(&[#(#before),*])) });
    let refresh_token = reading.refresh_token.as_ref();
    let refresh_token = refresh_token.filter(|_| token_type.is_some());
    let refresh_token = refresh_token.map(|path| members.name(path));
    let read_members = [Some(access_token.clone()), token_type, refresh_token];
    let read_members = read_members.into_iter().flatten();
    let read = ident(match plan.carries_bearer() {
        true => "read",
        false => "read_opaque",
    });
    let built = quote! {
        Token::#read([#(#read_members),*], response) #beside? #(#steps)*
    };
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

/// Returns the unit of a point in time since 1970, or `None` for a date.
fn unit_of(format: TimeFormat) -> Option<TokenStream> {
    match format {
        TimeFormat::Unix => Some(duration(1000)),
        TimeFormat::UnixMs => Some(duration(1)),
        TimeFormat::Rfc3339 => None,
    }
}

fn duration(milliseconds: u64) -> TokenStream {
    match milliseconds % 1000 {
        0 => {
            let seconds = number(milliseconds / 1000);
            quote! { Duration::from_secs(#seconds) }
        }
        _ => {
            let milliseconds = number(milliseconds);
            quote! { Duration::from_millis(#milliseconds) }
        }
    }
}

/// Generates the line that reads a field. If a required field is missing, the reader returns an error.
///
/// If `loses` is true, tokens were read before, and the error contains them.
fn field(
    plan: &Plan,
    members: &mut Members,
    field: &Field,
    response: &TokenStream,
    loses: bool,
) -> TokenStream {
    let name = ident(&name::snake(&field.name));
    if field.from_callback() {
        let kind = ident(&name::camel(&field.name));
        let kept = plan
            .callback_fields()
            .position(|own| own.name == field.name);
        let kept = count(kept.unwrap_or_default());
        return match field.optional {
            true => quote! { #name: response.perhaps_kept(#kept).map(#kind) },
            false => quote! { #name: #kind(response.kept(#kept)) },
        };
    }
    let member = members.name(&field.path);
    let (method, parse) = match &field.kind {
        FieldKind::Checked(_) => {
            let kind = ident(&name::camel(&field.name));
            ("form", quote! { #kind::parse })
        }
        FieldKind::Text => ("text", quote! {}),
        FieldKind::Secret => ("secret", quote! {}),
        FieldKind::Integer => ("integer", quote! {}),
        FieldKind::Boolean => ("boolean", quote! {}),
    };
    match field.optional {
        true => {
            let method = ident(&format!("optional_{method}"));
            let parse = (!parse.is_empty()).then(|| quote! { #parse, });
            quote! { #name: #member.#method(#parse #response) }
        }
        false => {
            let method = ident(method);
            let lost = loses.then(|| quote! { .map_err(lost) });
            quote! { #name: #member.#method(#parse) #lost ? }
        }
    }
}
