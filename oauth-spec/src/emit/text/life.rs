//! The lifetime of a token, how it is renewed, and what is known of its refresh tokens: a few words for each fact.

use crate::plan::Token;
use crate::plan::token::{Renewal, Rotation};
use crate::syntax::shapes::{Grace, Lifetime, Time};
use crate::words::duration;

/// The facts about a token, each for one item of a list.
pub(crate) fn facts(token: &Token) -> Vec<String> {
    let policy = &token.policy;
    let mut facts = vec![lifetime(token.lifetime), renewal(token)];
    if policy.renewal == Renewal::Refresh && policy.rotation != Rotation::Never {
        facts.push(match policy.grace {
            Grace::Time(Time::Seconds(0)) => {
                "a consumed refresh token stops working at once".to_owned()
            }
            Grace::Time(Time::Seconds(seconds)) => format!(
                "a consumed refresh token still works for {}",
                duration(seconds)
            ),
            Grace::Time(_) => {
                "how long a consumed refresh token still works is undocumented".to_owned()
            }
            Grace::UntilNewUsed => "a refresh token works until its successor is used".to_owned(),
            Grace::Forever => "a consumed refresh token still works".to_owned(),
        });
        facts.push(match policy.reuse_ends_grant {
            true => "reusing a consumed refresh token ends the whole grant".to_owned(),
            false => "a consumed refresh token is rejected".to_owned(),
        });
    }
    facts.extend(policy.idle.map(|time| {
        let what = "refresh token expiry when unused";
        expiry(what, time)
    }));
    facts.extend(policy.absolute.map(|time| {
        let what = "refresh token expiry, used or not";
        expiry(what, time)
    }));
    facts.extend(policy.min_age.and_then(Time::seconds).map(|seconds| {
        let age = duration(seconds);
        format!("can be renewed only {age} after it was issued")
    }));
    let margin = policy.margin.and_then(Time::seconds);
    facts.extend(
        margin.map(|seconds| format!("is renewed {} before it expires", duration(seconds))),
    );
    facts.extend(policy.max_live.map(|count| match count {
        1 => "only one refresh token is valid at a time: a new one revokes it".to_owned(),
        _ => format!(
            "at most {count} refresh tokens are valid at once; a new one revokes the oldest"
        ),
    }));
    facts.extend(policy.max_access_tokens.map(|count| match count {
        1 => "only one access token of a refresh token is valid at a time".to_owned(),
        _ => format!("at most {count} access tokens of a refresh token are valid at once"),
    }));
    facts.extend(policy.rate.map(|(calls, seconds)| {
        let period = duration(seconds);
        format!("can be renewed at most {calls} times in {period}")
    }));
    facts
}

/// The lifetime of a token in a word or two, for a table.
#[cfg(feature = "docs")]
pub(crate) fn short(token: &Token) -> String {
    match token.lifetime {
        Lifetime::Response => "in the response".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => duration(seconds),
        Lifetime::Time(Time::Never) => "no expiry".to_owned(),
        Lifetime::Time(Time::Varies) => "configurable".to_owned(),
        Lifetime::Time(Time::Unknown) => "undocumented".to_owned(),
        Lifetime::Introspection => "by introspection".to_owned(),
    }
}

/// When a token expires, in words that follow its name.
pub(crate) fn lifetime(lifetime: Lifetime) -> String {
    match lifetime {
        Lifetime::Response => "expires as the token response states".to_owned(),
        Lifetime::Introspection => "expires as `introspect` returns".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => format!("expires after {}", duration(seconds)),
        Lifetime::Time(Time::Never) => "does not expire".to_owned(),
        Lifetime::Time(Time::Varies) => "expires as configured".to_owned(),
        Lifetime::Time(Time::Unknown) => "lifetime is undocumented".to_owned(),
    }
}

fn renewal(token: &Token) -> String {
    let policy = &token.policy;
    let renewal = match (policy.renewal, policy.rotation) {
        (Renewal::None, _) if token.is_static() => {
            "cannot be renewed: create a new one in the console"
        }
        (Renewal::None, _) => "cannot be renewed: when it expires, the user logs in again",
        (Renewal::Refresh, Rotation::Always) => {
            "is renewed by a refresh token, which every refresh replaces"
        }
        (Renewal::Refresh, Rotation::Sometimes) => {
            "is renewed by a refresh token, which a refresh may replace"
        }
        (Renewal::Refresh, Rotation::Never) => "is renewed by a refresh token that stays the same",
        (Renewal::Exchange, _) if policy.prolongs => "is extended by a call, and stays the same",
        (Renewal::Exchange, _) => "is exchanged for the next one",
        (Renewal::ClientCredentials, _) => "is requested again when it expires",
        (Renewal::WithoutToken, _) => {
            "is requested again by the app, at any time and without a token"
        }
    };
    renewal.to_owned()
}

fn expiry(what: &str, time: Time) -> String {
    match time {
        Time::Seconds(seconds) => format!("{what}: {}", duration(seconds)),
        Time::Never => format!("{what}: none"),
        Time::Varies => format!("{what}: configurable"),
        Time::Unknown => format!("{what}: undocumented"),
    }
}
