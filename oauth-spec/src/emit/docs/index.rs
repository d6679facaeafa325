//! The index of all providers: the documented ones with their capabilities, the reported ones with their grants.

use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use super::render;
use crate::Compiled;
use crate::emit::text;
use crate::plan::token::{Renewal, Rotation};
use crate::plan::{CallKind, Pkce, Plan};

/// Renders the index of all providers, with the capabilities of each.
///
/// # Errors
///
/// Returns an error if the template cannot be parsed or rendered.
pub fn index(all: &[&Compiled]) -> Result<String, minijinja::Error> {
    let is_reported = |compiled: &&Compiled| compiled.base.identity.is_reported;
    let (reported, documented): (Vec<&Compiled>, Vec<&Compiled>) =
        all.iter().copied().partition(is_reported);
    let plans = documented.iter().flat_map(|compiled| compiled.plans());
    let rows: Vec<Row> = plans.map(row).collect();
    let reported: Vec<ReportedRow> = reported
        .iter()
        .map(|compiled| reported_row(&compiled.base))
        .collect();
    let context =
        context! { rows => Value::from(Serde(rows)), reported => Value::from(Serde(reported)) };
    render("index.md", context)
}

/// A provider whose facts were not looked up.
#[derive(Serialize)]
struct ReportedRow {
    id: String,
    name: String,
    grants: String,
    seen: String,
}

fn reported_row(plan: &Plan) -> ReportedRow {
    let grants = plan
        .grants()
        .into_iter()
        .map(|grant| grant.replace('_', " "));
    ReportedRow {
        id: plan.identity.id.clone(),
        name: plan.identity.name.clone(),
        grants: grants.collect::<Vec<_>>().join(", "),
        seen: plan.last_evidence().unwrap_or_default().to_owned(),
    }
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    variant: Option<String>,
    login: bool,
    pkce: &'static str,
    refresh: &'static str,
    client_credentials: bool,
    revoke: bool,
    introspect: bool,
    userinfo: bool,
    scopes: usize,
    operations: usize,
    lifetime: String,
    deviations: usize,
}

fn row(plan: &Plan) -> Row {
    let has = |kind: CallKind| plan.calls.iter().any(|call| call.kind == kind);
    Row {
        id: plan.identity.id.clone(),
        name: plan.identity.name.clone(),
        variant: plan.identity.variant.as_ref().map(|(name, _)| name.clone()),
        login: plan.login.is_some(),
        pkce: match plan.login.as_ref().map(|login| login.pkce) {
            Some(Pkce::Required) => "required",
            Some(Pkce::Supported) => "checked",
            Some(Pkce::Unknown) => "sent",
            Some(Pkce::Ignored | Pkce::Rejected) => "not sent",
            None => "–",
        },
        refresh: match plan.tokens.first().map(|token| &token.policy) {
            Some(policy) => match (policy.renewal, policy.rotation) {
                (Renewal::Refresh, Rotation::Always) => "new token each time",
                (Renewal::Refresh, Rotation::Sometimes) => "new token at times",
                (Renewal::Refresh, Rotation::Never) => "same token",
                (Renewal::Exchange, _) => "by exchange",
                (Renewal::WithoutToken, _) => "by the app",
                _ => "no",
            },
            None => "no",
        },
        client_credentials: has(CallKind::ClientCredentials),
        revoke: has(CallKind::RevokeAccessToken) || has(CallKind::RevokeRefreshToken),
        introspect: has(CallKind::Introspect),
        userinfo: has(CallKind::Userinfo),
        scopes: plan.scope_sets.iter().map(|set| set.known.len()).sum(),
        operations: plan.operations.len(),
        lifetime: plan
            .tokens
            .first()
            .map(text::life::short)
            .unwrap_or_default(),
        deviations: plan.deviations.len(),
    }
}
