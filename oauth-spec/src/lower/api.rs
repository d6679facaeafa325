//! The API: where the token may go and how, its limits, and what its operations need.

use super::template::{self, Available, Fields};
use super::{Context, call, parameters};
use crate::plan::api::{Bucket, WaitFormat};
use crate::plan::{Api, Operation, Parameter, RateLimit, ScopeSet, Source};
use crate::syntax::document;
use crate::syntax::shapes::{Named, Or};

/// What a call to the API may use.
const AVAILABLE: Available<'static> = Available {
    standard: &[Source::ClientId, Source::ClientSecret, Source::AccessToken],
    fields: Fields::All,
    ..Available::NOTHING
};

pub(crate) fn api(cx: &mut Context<'_>) -> Option<Api> {
    let api = cx.document().api.as_ref()?;
    let base = api
        .base
        .as_ref()
        .map(|base| template::url_with(cx, base, "api.base", AVAILABLE))
        .unwrap_or_default();
    let none = Named::default();
    let headers = api.headers.as_ref().unwrap_or(&none);
    let (headers, _) = parameters::stated(cx, headers, "api.headers", AVAILABLE);
    let parameters = parameters(cx);
    Some(Api {
        base,
        placement: call::placement(cx, api.auth.as_ref()),
        headers,
        parameters,
        rate_limit: api.rate_limit.as_ref().map(rate_limit),
        docs: api.docs.clone(),
    })
}

/// The parameters that every call to the API needs.
pub(crate) fn parameters(cx: &mut Context<'_>) -> Vec<Parameter> {
    let stated = cx
        .document()
        .api
        .as_ref()
        .and_then(|api| api.params.as_ref());
    match stated {
        Some(stated) => parameters::stated(cx, stated, "api.params", AVAILABLE).0,
        None => Vec::new(),
    }
}

fn rate_limit(stated: &document::RateLimit) -> RateLimit {
    let statuses = stated.status.clone().unwrap_or_else(|| vec![429]);
    let header = |name: &Option<String>| name.as_ref().map(|name| name.to_ascii_lowercase());
    let buckets = stated.buckets.iter().flat_map(Named::iter);
    RateLimit {
        statuses: statuses
            .iter()
            .filter_map(|status| u16::try_from(*status).ok())
            .collect(),
        retry_after: match &stated.retry_after {
            Some(Or::Absent) => None,
            None => Some(("retry-after".to_owned(), WaitFormat::Seconds)),
            Some(Or::Is(own)) => {
                header(&own.header).map(|name| (name, own.format.unwrap_or(WaitFormat::Seconds)))
            }
        },
        buckets: buckets
            .map(|(name, bucket)| Bucket {
                name: name.clone(),
                limit: header(&bucket.limit),
                remaining: header(&bucket.remaining),
                reset: header(&bucket.reset)
                    .map(|name| (name, bucket.format.unwrap_or(WaitFormat::Seconds))),
            })
            .collect(),
        doc: stated.doc.clone(),
    }
}

/// The operations; none where a variant has no scopes that could be asked for.
pub(crate) fn operations(document: &document::Document, scope_sets: &[ScopeSet]) -> Vec<Operation> {
    if scope_sets.iter().all(|set| set.known.is_empty()) {
        return Vec::new();
    }
    let stated = document.operations.iter().flat_map(Named::iter);
    let lowered = stated.map(|(id, operation)| Operation {
        id: id.clone(),
        doc: operation.doc.clone(),
        docs: operation.docs.clone(),
        needs: operation
            .needs
            .iter()
            .flatten()
            .map(|any| any.0.clone())
            .collect(),
        enriches: operation.enriches.clone().unwrap_or_default().0,
    });
    lowered.collect()
}

/// Whether a call to the API is made with the client secret.
pub(crate) fn uses_secret(api: &Api) -> bool {
    let of_placement = api.placement.headers();
    let rows = api
        .headers
        .iter()
        .chain(&api.parameters)
        .chain(of_placement);
    let mut sources = rows.flat_map(|row| row.value.sources());
    sources.any(|source| *source == Source::ClientSecret)
}
