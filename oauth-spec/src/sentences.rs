//! Each sentence of modules and pages against the values of the Plan that justify it, for all included specs.

use crate::emit::text::{deviations, life};
use crate::interpret::wire::{self, Given};
use crate::plan::token::{Renewal, Rotation};
use crate::plan::{
    Authentication, Body, Call, CallKind, Challenge, Deviation, DeviationKind, Ends, Method,
    Parameter, Pkce, Place, Plan, Token, Value,
};
use crate::syntax::choices::{Authentication as Auth, BodyFormat, Method as MethodWord};
use crate::syntax::shapes::{Grace, Lifetime, Time};
use crate::{Demand, Source, compile, shipped};

/// Returns the Plans of the included specs: bases and variants.
fn plans() -> Vec<Plan> {
    let ids = shipped::ids().chain(shipped::reported());
    let compiled = ids.map(|id| {
        let text = shipped::text(id).unwrap();
        compile(
            &Source::new(format!("{id}.toml"), text.as_bytes()),
            Demand::Sound,
        )
        .unwrap()
    });
    compiled
        .flat_map(|compiled| compiled.plans().cloned().collect::<Vec<_>>())
        .collect()
}

/// Whether a sentence about a token is true.
type IsTrue = fn(&Token) -> bool;

/// How each sentence about a token begins, and what justifies it.
const FACTS: [(&str, IsTrue); 29] = [
    ("expires as the token response states", |own| own.expires),
    ("expires as `introspect` returns", |own| {
        own.lifetime == Lifetime::Introspection
    }),
    ("expires after ", |own| {
        matches!(own.lifetime, Lifetime::Time(Time::Seconds(_)))
    }),
    ("does not expire", |own| {
        own.lifetime == Lifetime::Time(Time::Never) && !own.expires
    }),
    ("expires as configured", |own| {
        own.lifetime == Lifetime::Time(Time::Varies)
    }),
    ("lifetime is undocumented", |own| !own.expires),
    ("cannot be renewed: create a new one", Token::is_static),
    ("cannot be renewed: when it expires", |own| {
        own.policy.renewal == Renewal::None
            && !own.refreshes
            && own.lifetime != Lifetime::Time(Time::Never)
    }),
    (
        "is renewed by a refresh token, which every refresh replaces",
        |own| own.refreshes && own.policy.rotation == Rotation::Always,
    ),
    (
        "is renewed by a refresh token, which a refresh may replace",
        |own| own.refreshes && own.policy.rotation == Rotation::Sometimes,
    ),
    ("is renewed by a refresh token that stays the same", |own| {
        own.refreshes && own.policy.rotation == Rotation::Never
    }),
    ("is extended by a call", |own| own.policy.prolongs),
    ("is exchanged for the next one", |own| {
        own.policy.renewal == Renewal::Exchange
    }),
    ("is requested again when it expires", |own| {
        own.policy.renewal == Renewal::ClientCredentials
    }),
    ("is requested again by the app", |own| {
        own.policy.renewal == Renewal::WithoutToken
    }),
    ("a consumed refresh token stops working at once", |own| {
        own.policy.grace == Grace::Time(Time::Seconds(0)) && own.policy.rotation != Rotation::Never
    }),
    ("a consumed refresh token still works", |own| {
        matches!(
            own.policy.grace,
            Grace::Forever | Grace::Time(Time::Seconds(1..))
        )
    }),
    ("how long a consumed refresh token still works", |own| {
        matches!(
            own.policy.grace,
            Grace::Time(Time::Unknown | Time::Varies | Time::Never)
        )
    }),
    ("a refresh token works until its successor is used", |own| {
        own.policy.grace == Grace::UntilNewUsed
    }),
    (
        "a refresh token works until the next access token is used",
        |own| own.policy.grace == Grace::UntilAccessTokenUsed,
    ),
    (
        "a renewal ends the access tokens that were issued before",
        |own| own.policy.ends_access_token,
    ),
    (
        "reusing a consumed refresh token ends the whole grant",
        |own| own.policy.reuse_ends_grant,
    ),
    ("refresh token expiry when unused", |own| {
        own.policy.idle.is_some()
    }),
    ("refresh token expiry, used or not", |own| {
        own.policy.absolute.is_some()
    }),
    ("can be renewed only", |own| own.policy.min_age.is_some()),
    ("is renewed ", |own| own.policy.margin.is_some()),
    ("only one", |own| {
        own.policy.max_live == Some(1) || own.policy.max_access_tokens == Some(1)
    }),
    ("at most", |own| {
        own.policy.max_live.is_some() || own.policy.max_access_tokens.is_some()
    }),
    ("can be renewed at most", |own| own.policy.rate.is_some()),
];

#[test]
fn each_sentence_about_a_token_is_justified_by_its_values() {
    let mut used = [false; FACTS.len()];
    for plan in plans() {
        for token in &plan.tokens {
            for fact in life::facts(token) {
                let place = FACTS
                    .iter()
                    .position(|(begins, _)| fact.starts_with(begins));
                let place = place.unwrap_or_else(|| panic!("no justification for `{fact}`"));
                used[place] = true;
                let (_, is_true) = FACTS[place];
                assert!(
                    is_true(token),
                    "{}: {}: {fact}",
                    plan.identity.reference(),
                    token.name
                );
            }
        }
    }
    let unused = FACTS.iter().zip(used).filter(|(_, used)| !used);
    let unused: Vec<&str> = unused.map(|((begins, _), _)| *begins).collect();
    assert!(unused.len() < FACTS.len() / 3, "{unused:?}");
}

#[test]
fn each_sentence_about_a_deviation_is_justified_by_the_plan() {
    let (mut count, mut untrue) = (0, Vec::new());
    for plan in plans() {
        for deviation in &plan.deviations {
            let sentence = deviations::what(deviation);
            let place = format!(
                "{}: {}: {sentence}",
                plan.identity.reference(),
                deviation.path
            );
            if !is_justified(&plan, deviation) {
                untrue.push(place.clone());
            }
            // The module handles what it sends and reads. A value of the caller is no such thing.
            let handled = deviations::consequence(deviation) == "The module handles this.";
            let asks = |call: &Call| {
                call.arguments
                    .iter()
                    .any(|own| deviation.path.ends_with(&own.name))
            };
            if handled && calls(&plan, deviation).into_iter().any(asks) {
                untrue.push(place);
            }
            count += 1;
        }
    }
    assert!(
        untrue.is_empty(),
        "{} of {count}: {untrue:#?}",
        untrue.len()
    );
    assert!(count > 1000, "{count}");
}

/// Returns the calls that a deviation is about.
fn calls<'p>(plan: &'p Plan, deviation: &Deviation) -> Vec<&'p Call> {
    let is_its = |call: &&Call| match &deviation.place {
        Place::Call { call: own, .. } => call.id == *own,
        Place::TokenEndpoint(_) => call.id.is_token_request(),
        Place::Login | Place::Token => false,
    };
    plan.calls.iter().filter(is_its).collect()
}

/// Returns whether the request that a deviation is about has a parameter.
fn sends(plan: &Plan, deviation: &Deviation, name: &str) -> bool {
    let is_it = |row: &Parameter| row.name == name;
    match deviation.place {
        Place::Login => plan
            .login
            .as_ref()
            .is_some_and(|login| login.parameters.iter().any(is_it)),
        _ => calls(plan, deviation)
            .into_iter()
            .any(|call| call.parameters().any(is_it)),
    }
}

fn is_justified(plan: &Plan, deviation: &Deviation) -> bool {
    use DeviationKind as Kind;
    let login = plan.login.as_ref();
    let pkce = |own: Pkce| login.is_some_and(|login| login.pkce == own);
    let calls = calls(plan, deviation);
    let any = |is_it: &dyn Fn(&Call) -> bool| calls.iter().any(|call| is_it(call));
    let token = |name: &str| plan.token(name);
    let refreshed = |is_it: &dyn Fn(&Token) -> bool| plan.tokens.iter().any(is_it);
    match &deviation.kind {
        Kind::PkceRequired => pkce(Pkce::Required),
        Kind::PkceIgnored => pkce(Pkce::Ignored),
        Kind::PkceRejected => pkce(Pkce::Rejected),
        Kind::PkceUndocumented => pkce(Pkce::Unknown),
        Kind::PlainChallenge => login.is_some_and(|own| own.challenge == Challenge::Plain),
        Kind::HexChallenge => login.is_some_and(|own| own.challenge == Challenge::S256Hex),
        Kind::RawCode => login.is_some_and(|own| own.code_is_raw),
        Kind::UnknownLoginParameters => login.is_some_and(|own| own.only_known),
        Kind::UnknownTokenParameters => any(&|call| call.accepts.only_known),
        Kind::Parameter { name, is_sent } => sends(plan, deviation, name) == *is_sent,
        Kind::GrantType(value) => any(&|call| {
            let given = Given::names(plan);
            let is_it = |row: &Parameter| {
                let template = row.value.template();
                row.name == "grant_type"
                    && template.is_some_and(|own| wire::template(plan, own, &given) == *value)
            };
            call.parameters().any(is_it)
        }),
        Kind::Renamed { word, name } => match name {
            Some(name) => {
                sends(plan, deviation, name) || calls.is_empty() || !sends(plan, deviation, word)
            }
            None => {
                !sends(plan, deviation, word) || matches!(deviation.place, Place::TokenEndpoint(_))
            }
        },
        Kind::OfflineAccess => login.is_some_and(|own| own.has_offline),
        Kind::CallbackParameter { name, is_optional } => login.is_some_and(|login| {
            let mut verified = login.verify.iter();
            verified.any(|own| own.name == *name && own.optional == *is_optional)
        }),
        Kind::ScopeSeparator(separator) => plan
            .scope_sets
            .iter()
            .all(|set| set.separator == *separator),
        Kind::GrantedScopeSeparator(_) | Kind::UnreportedScopes(_) => {
            plan.tokens.iter().any(|own| own.has_scopes)
        }
        Kind::NoGrantedScopes => plan.tokens.iter().all(|own| !own.has_scopes),
        Kind::ConsoleScopes => {
            let is_scopes = |row: &Parameter| matches!(row.value, Value::Scopes(_));
            login.is_none_or(|login| !login.parameters.iter().any(is_scopes))
        }
        Kind::ScopeParameter(name) => {
            plan.scope_sets
                .iter()
                .any(|set| set.parameter.as_ref() == Some(name))
                || login.is_none()
        }
        Kind::ScopeList { name, parameter } => plan
            .scope_sets
            .iter()
            .any(|set| set.name == *name && set.parameter.as_ref() == Some(parameter)),
        Kind::NestedToken { token: name, .. } => token(name).is_some(),
        Kind::EndlessToken(name) => {
            token(name).is_some_and(|own| own.lifetime == Lifetime::Time(Time::Never))
        }
        Kind::NoLifetime(name) => {
            let readings = || plan.calls.iter().flat_map(|call| &call.readings);
            let mut own = readings().filter(|reading| reading.token == *name);
            own.all(|reading| reading.expires_in.is_none())
        }
        Kind::SeveralTokens => plan.tokens.len() > 1,
        Kind::NoRefreshTokens => plan.denies_refresh_tokens,
        Kind::AccessTokenRenewal => refreshed(&|own| {
            matches!(
                own.policy.renewal,
                Renewal::Exchange | Renewal::WithoutToken
            )
        }),
        Kind::Rotation => refreshed(&|own| own.policy.rotation == Rotation::Always),
        Kind::NoRotation => refreshed(&|own| own.policy.rotation == Rotation::Never),
        Kind::ReuseEndsGrant => refreshed(&|own| own.policy.reuse_ends_grant),
        Kind::GraceSeconds(seconds) => {
            refreshed(&|own| own.policy.grace == Grace::Time(Time::Seconds(*seconds)))
        }
        Kind::GraceUntilNewUsed => refreshed(&|own| own.policy.grace == Grace::UntilNewUsed),
        Kind::GraceUntilAccessTokenUsed => {
            refreshed(&|own| own.policy.grace == Grace::UntilAccessTokenUsed)
        }
        Kind::GraceForever => refreshed(&|own| own.policy.grace == Grace::Forever),
        Kind::IdleSeconds(seconds) => {
            refreshed(&|own| own.policy.idle == Some(Time::Seconds(*seconds)))
        }
        Kind::AbsoluteSeconds(seconds) => {
            refreshed(&|own| own.policy.absolute == Some(Time::Seconds(*seconds)))
        }
        Kind::CredentialHeaders(names) => any(&|call| {
            names.iter().all(|name| {
                call.headers
                    .iter()
                    .any(|row| row.name.eq_ignore_ascii_case(name))
            })
        }),
        Kind::Authentication(method) => any(&|call| match method {
            Auth::Basic => call.authentication == Authentication::Basic,
            Auth::BasicRaw => call.authentication == Authentication::BasicRaw,
            Auth::Post => call.authentication == Authentication::Post,
            Auth::None => call.authentication == Authentication::None,
            Auth::Bearer => call.authentication == Authentication::Bearer,
            Auth::Query => call.authentication == Authentication::Query,
        }),
        Kind::Body(format) => any(&|call| {
            let own = (format, &call.body);
            matches!(
                own,
                (BodyFormat::Json, Body::Json(_))
                    | (BodyFormat::Form, Body::Form(_))
                    | (BodyFormat::Query | BodyFormat::Json, Body::Empty)
            )
        }),
        Kind::Method(method) => any(&|call| match method {
            MethodWord::Get => call.method == Method::Get,
            MethodWord::Post => call.method == Method::Post,
            MethodWord::Put => call.method == Method::Put,
            MethodWord::Delete => call.method == Method::Delete,
        }),
        Kind::ErrorInSuccess { member, .. } => any(&|call| {
            call.success
                .iter()
                .any(|(path, _)| path.join(".") == *member)
        }),
        Kind::ErrorMember(paths) => any(&|call| call.error.len() == paths.len()),
        Kind::RevocationEndsGrant => {
            any(&|call| call.kind == CallKind::RevokeAccessToken && call.ends == Ends::Grant)
        }
        Kind::RevocationKeepsAccessTokens => any(&|call| {
            call.kind == CallKind::RevokeRefreshToken && call.ends == Ends::RefreshToken
        }),
        // The compiler derives these two from the request, and the provider's page states the third.
        Kind::SecretInUrl | Kind::AccessTokenInUrl | Kind::IgnoredScopes => true,
    }
}
