//! `PROVIDER`, which describes the provider to the token lifecycle.

use proc_macro2::TokenStream;
use quote::quote;

use super::{count, ident, number};
use crate::emit::prose;
use crate::plan::api::WaitFormat;
use crate::plan::token::{Renewal, Rotation};
use crate::plan::{Plan, Policy, RateLimit, Token};
use crate::syntax::shapes::{Grace, Time};

pub(super) fn provider(plan: &Plan) -> TokenStream {
    let crate::plan::Identity {
        id,
        name,
        docs,
        variant,
        is_reported: _,
    } = &plan.identity;
    let variant = variant
        .iter()
        .map(|(variant, _)| quote! { .variant(#variant) });
    let tokens = plan.tokens.iter().map(token);
    let limit = plan.api.as_ref().and_then(|api| api.rate_limit.as_ref());
    let rate_limit = limit.map(rate_limit);
    let scopes = scopes(plan);
    let unreported = unreported(plan);
    let fingerprint = super::fingerprint::of(plan);
    let says = format!(
        " Data about {} for the runtime: error codes and token lifetimes.",
        prose::text(name)
    );
    quote! {
        #[doc = #says]
        pub static PROVIDER: Provider = Provider::new(#id, #name, #docs)
            #(#variant)*
            .errors(ErrorCode::known())
            .tokens(&[#(#tokens),*])
            #scopes
            #unreported
            #rate_limit
            #fingerprint;
    }
}

/// Generates the scopes that imply others or have another name.
fn scopes(plan: &Plan) -> Option<TokenStream> {
    let known = || plan.scope_sets.iter().flat_map(|set| &set.known);
    let rows: Vec<TokenStream> = known()
        .filter_map(|scope| {
            let id = &scope.id;
            let named_so = known().filter(|other| other.same_as.as_ref() == Some(id));
            let brought: Vec<&String> = scope
                .implies
                .iter()
                .chain(&scope.same_as)
                .chain(named_so.map(|other| &other.id))
                .collect();
            (!brought.is_empty()).then(|| quote! { (#id, &[#(#brought),*]) })
        })
        .collect();
    (!rows.is_empty()).then(|| quote! { .scopes(&[#(#rows),*]) })
}

/// Generates the scopes that a response may omit.
fn unreported(plan: &Plan) -> Option<TokenStream> {
    let mut names: Vec<&String> = Vec::new();
    for name in plan.scope_sets.iter().flat_map(|set| &set.unreported) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| quote! { .unreported(&[#(#names),*]) })
}

fn rate_limit(limit: &RateLimit) -> TokenStream {
    let statuses = limit.statuses.iter().map(|status| number(*status));
    let retry_after = header(limit.retry_after.as_ref());
    let buckets = limit.buckets.iter().map(|bucket| {
        let (name, limit, remaining, used, reset) = (
            &bucket.name,
            text(bucket.limit.as_ref()),
            text(bucket.remaining.as_ref()),
            text(bucket.used.as_ref()),
            header(bucket.reset.as_ref()),
        );
        let position = match bucket.position.map(count) {
            Some(position) => quote! { Some(#position) },
            None => quote! { None },
        };
        quote! {
            Bucket {
                name: #name,
                limit: #limit,
                remaining: #remaining,
                used: #used,
                position: #position,
                reset: #reset,
            }
        }
    });
    let wait = match limit.wait.map(number) {
        Some(seconds) => quote! { Some(Duration::from_secs(#seconds)) },
        None => quote! { None },
    };
    quote! {
        .rate_limit(&RateLimit {
            statuses: &[#(#statuses),*],
            retry_after: #retry_after,
            wait: #wait,
            buckets: &[#(#buckets),*],
        })
    }
}

fn text(text: Option<&String>) -> TokenStream {
    match text {
        Some(text) => quote! { Some(#text) },
        None => quote! { None },
    }
}

fn header(header: Option<&(String, WaitFormat)>) -> TokenStream {
    let Some((name, format)) = header else {
        return quote! { None };
    };
    let wait = ident(match format {
        WaitFormat::Seconds => "Seconds",
        WaitFormat::Milliseconds => "Milliseconds",
        WaitFormat::Unix => "Unix",
        WaitFormat::UnixMs => "UnixMs",
        WaitFormat::HttpDate => "HttpDate",
        WaitFormat::Rfc3339 => "Rfc3339",
        WaitFormat::Duration => "Duration",
    });
    quote! { Some((#name, Wait::#wait)) }
}

fn token(token: &Token) -> TokenStream {
    let name = &token.name;
    let Policy {
        renewal,
        rotation,
        grace,
        reuse_ends_grant,
        ..
    } = &token.policy;
    let renewal = ident(match renewal {
        Renewal::None => "None",
        Renewal::Refresh => "Refresh",
        Renewal::Exchange => "Exchange",
        Renewal::ClientCredentials => "ClientCredentials",
        Renewal::WithoutToken => "WithoutToken",
    });
    let rotating = token.refreshes.then(|| {
        let rotation = ident(match rotation {
            Rotation::Sometimes => "Sometimes",
            Rotation::Always => "Always",
            Rotation::Never => "Never",
        });
        let grace = match grace {
            Grace::Time(Time::Seconds(0)) => quote! { Grace::Lasts(Duration::ZERO) },
            Grace::Time(Time::Seconds(seconds)) => {
                let seconds = number(*seconds);
                quote! { Grace::Lasts(Duration::from_secs(#seconds)) }
            }
            Grace::Time(_) => quote! { Grace::Unknown },
            // A connection stores both new tokens before it uses one of them.
            Grace::UntilNewUsed | Grace::UntilAccessTokenUsed => quote! { Grace::UntilNewUsed },
            Grace::Forever => quote! { Grace::Forever },
        };
        let reuse = ident(if *reuse_ends_grant {
            "EndsGrant"
        } else {
            "Refused"
        });
        quote! { .rotating(Rotation::#rotation, #grace, Reuse::#reuse) }
    });
    let times = [
        ("idle", token.policy.idle),
        ("absolute", token.policy.absolute),
        ("margin", token.policy.margin),
        ("min_age", token.policy.min_age),
    ];
    let times = times.into_iter().filter_map(|(method, time)| {
        let seconds = number(time?.seconds()?);
        let method = ident(method);
        Some(quote! { .#method(#seconds) })
    });
    let rate = token.policy.rate.map(|(calls, seconds)| {
        let calls = number(u32::try_from(calls).unwrap_or(u32::MAX));
        let seconds = number(seconds);
        quote! { .rate(#calls, #seconds) }
    });
    let counts = [
        ("most_live", token.policy.max_live),
        ("most_access_tokens", token.policy.max_access_tokens),
    ];
    let counts = counts.into_iter().filter_map(|(method, count)| {
        let (method, count) = (ident(method), number(u32::try_from(count?).ok()?));
        Some(quote! { .#method(#count) })
    });
    let prolongs = token.policy.prolongs.then(|| quote! { .prolongs() });
    quote! {
        TokenPolicy::new(#name, Renewal::#renewal)
            #rotating #(#times)* #rate #(#counts)* #prolongs
    }
}
