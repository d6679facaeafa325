//! Lowers the calls besides the grants: introspection, userinfo, and the further calls that a spec names.

use super::Context;
use super::call::{conditions, lower, source};
use super::keys::Keys;
use super::parameters::standard;
use super::tokens::{member_path, reading};
use crate::plan::{
    Authentication, Body, Call, CallId, CallKind, Choice, Field, FieldKind, FieldSource, Selection,
    Source, Token, When,
};
use crate::rules;
use crate::syntax::document::{self, Document, TokenKind};
use crate::syntax::either::Auth;
use crate::syntax::path;
use crate::syntax::read::did_you_mean;
use crate::syntax::shapes::{Named, Or};

/// Returns the further calls in the order of the file, then introspection, then userinfo.
pub(crate) fn calls(cx: &mut Context<'_>, tokens: &[Token], fields: &[Field]) -> Vec<Call> {
    let document = cx.document();
    let mut calls = Vec::new();
    for (name, own) in document.calls.iter().flat_map(Named::iter) {
        if let Some(own) = own.value() {
            calls.push(named(cx, name, own, tokens, fields));
        }
    }
    if let Some(own) = document.introspect.as_ref().and_then(Or::value) {
        calls.push(introspect(cx, own));
    }
    if let Some(own) = document.userinfo.as_ref().and_then(Or::value) {
        calls.push(userinfo(cx, own, tokens));
    }
    calls
}

/// Returns the inherited keys. A call that carries the token follows `[api]`, one with client credentials `[token]`.
fn above<'d>(document: &'d Document, auth: Option<&Auth>, bears: bool) -> Keys<'d> {
    let bears = match auth {
        None => bears,
        Some(auth) => matches!(
            auth.word(),
            Some(document::Authentication::Bearer | document::Authentication::Query)
        ),
    };
    match (bears, &document.api, &document.token) {
        (true, Some(api), _) => Keys::of_api(api),
        (false, _, Some(token)) => Keys::of_endpoint(token).without_request(),
        _ => Keys {
            at: "api",
            ..Keys::default()
        },
    }
}

fn named(
    cx: &mut Context<'_>,
    name: &str,
    own: &document::Further,
    tokens: &[Token],
    fields: &[Field],
) -> Call {
    let at = path::join("calls", name);
    let document = cx.document();
    let mut above = above(document, own.auth.as_ref(), true);
    if above.at == "token" {
        // Without a method the call is a GET, so the body format of `[token]` does not apply.
        above.body = above.body.filter(|_| own.method.is_some());
    }
    let keys = Keys::of_further(own, &at).within(above);
    let id = CallId::Further(name.to_owned());
    let mut call = lower(cx, CallKind::Further, id.clone(), &keys, Vec::new());
    call.carries = carries(cx, own.token.as_ref(), &at, tokens);
    with_api_parameters(cx, &mut call);
    let given = tokens
        .iter()
        .filter(|token| token.from.as_ref() == Some(&id));
    call.readings = given.map(|token| reading(cx, token, false)).collect();
    if own.when == Some(When::Migration) && call.readings.is_empty() {
        // A migration returns the new token in the format of a refresh response.
        let first = tokens.first();
        call.readings = first
            .map(|token| reading(cx, token, true))
            .into_iter()
            .collect();
    }
    let from = FieldSource::Answer(id);
    let comes_with_it = |field: &&Field| field.from == from;
    call.fields = fields.iter().filter(comes_with_it).cloned().collect();
    call.selection = own.each.as_ref().map(|each| Selection {
        each: member_path("$", each),
        filter: own.filter.as_ref().map(conditions).unwrap_or_default(),
        choice: own.choose.unwrap_or(Choice::Only),
        label: own.label.as_ref().map(|label| member_path("$", label)),
    });
    call.when = own.when.unwrap_or(When::Needed);
    call
}

/// Returns the token that a call or the API names, if it names one of the spec.
pub(crate) fn carries(
    cx: &mut Context<'_>,
    named: Option<&String>,
    at: &str,
    tokens: &[Token],
) -> Option<String> {
    let named = named?;
    let names: Vec<&str> = tokens.iter().map(|token| token.name.as_str()).collect();
    if !names.contains(&named.as_str()) {
        let message = format!("unknown token `{named}`");
        let help = did_you_mean(named, &names, || format!("one of: {}", names.join(", ")));
        cx.report(
            &rules::UNDECLARED_NAME,
            &path::join(at, "token"),
            message,
            help,
        );
        return None;
    }
    Some(named.clone())
}

/// Adds the parameters that every call to the API needs to a call that carries the token.
fn with_api_parameters(cx: &mut Context<'_>, call: &mut Call) {
    if !matches!(
        call.authentication,
        Authentication::Bearer | Authentication::Query
    ) {
        return;
    }
    for row in super::api::parameters(cx) {
        if !call.parameters().any(|own| own.name == row.name) {
            match &mut call.body {
                Body::Form(rows) | Body::Json(rows) => rows.push(row),
                Body::Empty => call.query.push(row),
            }
        }
    }
}

/// Lowers the introspection request (RFC 7662 §2).
fn introspect(cx: &mut Context<'_>, own: &document::Introspect) -> Call {
    let document = cx.document();
    let above = above(document, own.auth.as_ref(), false);
    let keys = Keys::of_introspect(own).within(above);
    let bears = matches!(
        own.auth.as_ref().and_then(Auth::word),
        Some(document::Authentication::Bearer | document::Authentication::Query)
    );
    let subject = match own.token {
        Some(TokenKind::RefreshToken) => Source::RefreshToken,
        _ => Source::AccessToken,
    };
    let rows = match bears {
        true => Vec::new(),
        false => standard([("token", source(subject))]),
    };
    let mut call = lower(cx, CallKind::Introspect, CallId::Introspect, &keys, rows);
    let active = own.active.as_deref().unwrap_or("active");
    call.fields.push(member(
        CallId::Introspect,
        "active",
        active,
        FieldKind::Boolean,
        false,
    ));
    let optional = [
        ("exp", own.exp.as_ref(), FieldKind::Integer),
        ("scope", own.scope.as_ref(), FieldKind::Text),
        ("sub", own.sub.as_ref(), FieldKind::Text),
        ("client_id", own.client_id.as_ref(), FieldKind::Text),
    ];
    for (claim, stated, kind) in optional {
        if let Some(path) = claim_path(stated, claim) {
            call.fields
                .push(member(CallId::Introspect, claim, path, kind, true));
        }
    }
    call
}

/// Lowers the userinfo request (OpenID Connect Core §5.3).
fn userinfo(cx: &mut Context<'_>, own: &document::Userinfo, tokens: &[Token]) -> Call {
    let document = cx.document();
    let above = above(document, own.auth.as_ref(), true);
    let keys = Keys::of_userinfo(own).within(above);
    let mut call = lower(cx, CallKind::Userinfo, CallId::Userinfo, &keys, Vec::new());
    call.carries = carries(cx, own.token.as_ref(), "userinfo", tokens);
    with_api_parameters(cx, &mut call);
    let needs = own.needs.iter().flatten();
    call.needs = needs.map(|any| any.0.clone()).collect();
    let sub = own.sub.as_deref().unwrap_or("sub");
    call.fields
        .push(member(CallId::Userinfo, "sub", sub, FieldKind::Text, false));
    let optional = [
        ("name", own.name.as_ref(), FieldKind::Text),
        ("given_name", own.given_name.as_ref(), FieldKind::Text),
        ("family_name", own.family_name.as_ref(), FieldKind::Text),
        (
            "preferred_username",
            own.preferred_username.as_ref(),
            FieldKind::Text,
        ),
        ("picture", own.picture.as_ref(), FieldKind::Text),
        ("email", own.email.as_ref(), FieldKind::Text),
        (
            "email_verified",
            own.email_verified.as_ref(),
            FieldKind::Boolean,
        ),
        ("locale", own.locale.as_ref(), FieldKind::Text),
    ];
    for (claim, stated, kind) in optional {
        if let Some(path) = claim_path(stated, claim) {
            call.fields
                .push(member(CallId::Userinfo, claim, path, kind, true));
        }
    }
    if let Some(at) = own.at.as_deref().map(|at| member_path("$", at)) {
        for field in &mut call.fields {
            field.path = at.iter().chain(&field.path).cloned().collect();
        }
    }
    call
}

/// Returns the path of a claim: the stated one, the standard's if none is stated, or `None` if the claim is absent.
fn claim_path<'d>(stated: Option<&'d Or<String>>, claim: &'d str) -> Option<&'d str> {
    match stated {
        Some(Or::Absent) => None,
        Some(Or::Is(path)) => Some(path),
        None => Some(claim),
    }
}

fn member(call: CallId, name: &str, path: &str, kind: FieldKind, optional: bool) -> Field {
    Field {
        name: name.to_owned(),
        path: member_path("$", path),
        from: FieldSource::Answer(call),
        kind,
        optional,
        doc: None,
    }
}

/// Records in each call the members of its response that later calls send.
pub(crate) fn carried(calls: &mut [Call]) {
    let mut wanted: Vec<(CallId, Vec<String>)> = Vec::new();
    for call in calls.iter() {
        for source in call.sources() {
            if let Source::Member(from, path) = source {
                let member = (from.clone(), path.clone());
                if !wanted.contains(&member) {
                    wanted.push(member);
                }
            }
        }
    }
    for call in calls {
        let own = wanted.iter().filter(|(from, _)| *from == call.id);
        call.carried = own.map(|(_, path)| path.clone()).collect();
    }
}
