//! The lifetime of a token, how it is renewed, and what is known of its refresh tokens: a few words for each fact.

use crate::plan::Token;
use crate::plan::token::{Renewal, Rotation};
use crate::syntax::shapes::{Grace, Lifetime, Time};
use crate::words::duration;

/// The facts about a token, each for one item of a list.
pub(crate) fn facts(token: &Token) -> Vec<String> {
    let policy = &token.policy;
    let mut facts = vec![lifetime(token)];
    facts.extend(renewal(token));
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
            Grace::UntilAccessTokenUsed => {
                "a refresh token works until the next access token is used".to_owned()
            }
            Grace::Forever => "a consumed refresh token still works".to_owned(),
        });
        let ends = "reusing a consumed refresh token ends the whole grant";
        facts.extend(policy.reuse_ends_grant.then(|| ends.to_owned()));
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
    let ended = "a renewal ends the access tokens that were issued before";
    facts.extend(policy.ends_access_token.then(|| ended.to_owned()));
    facts.extend(policy.rate.map(|(calls, seconds)| {
        let period = duration(seconds);
        format!("can be renewed at most {calls} times in {period}")
    }));
    facts
}

/// The lifetime of a token in a word or two, for a table.
#[cfg(feature = "docs")]
pub(crate) fn short(token: &Token) -> String {
    match known(token) {
        Lifetime::Response => "in the response".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => duration(seconds),
        Lifetime::Time(Time::Never) => "no expiry".to_owned(),
        Lifetime::Time(Time::Varies) => "configurable".to_owned(),
        Lifetime::Time(Time::Unknown) => "undocumented".to_owned(),
        Lifetime::Introspection => "by introspection".to_owned(),
    }
}

/// What is known of a token's lifetime. A response states it only if it has a member for that.
fn known(token: &Token) -> Lifetime {
    let documented = token.lifetime;
    let is_undocumented = matches!(
        documented,
        Lifetime::Response | Lifetime::Time(Time::Unknown)
    );
    match token.expires {
        true if is_undocumented => Lifetime::Response,
        false if documented == Lifetime::Response => Lifetime::Time(Time::Unknown),
        _ => documented,
    }
}

/// When a token expires, in words that follow its name.
pub(crate) fn lifetime(token: &Token) -> String {
    match known(token) {
        Lifetime::Response => "expires as the token response states".to_owned(),
        Lifetime::Introspection => "expires as `introspect` returns".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => format!("expires after {}", duration(seconds)),
        Lifetime::Time(Time::Never) => "does not expire".to_owned(),
        Lifetime::Time(Time::Varies) => "expires as configured".to_owned(),
        Lifetime::Time(Time::Unknown) => "lifetime is undocumented".to_owned(),
    }
}

fn renewal(token: &Token) -> Option<String> {
    let policy = &token.policy;
    let renewal = match (policy.renewal, policy.rotation) {
        (Renewal::None, _) if token.is_static() => {
            "cannot be renewed: create a new one in the console"
        }
        // A token that never expires needs no renewal.
        (Renewal::None, _) if token.lifetime == Lifetime::Time(Time::Never) => return None,
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
    Some(renewal.to_owned())
}

fn expiry(what: &str, time: Time) -> String {
    match time {
        Time::Seconds(seconds) => format!("{what}: {}", duration(seconds)),
        Time::Never => format!("{what}: none"),
        Time::Varies => format!("{what}: configurable"),
        Time::Unknown => format!("{what}: undocumented"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Demand, Source, compile};

    /// Returns the facts about the token of a spec with these tables.
    fn facts_of(tables: &str) -> Vec<String> {
        let spec = format!(
            "language = 1\n\
             [provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\
             [authorize]\nurl = \"https://acme.example/authorize\"\n\
             [token]\nurl = \"https://acme.example/token\"\n\
             [revoke]\nurl = \"https://acme.example/revoke\"\n{tables}"
        );
        let compiled = compile(&Source::new("acme.toml", spec.as_bytes()), Demand::Sound);
        facts(&compiled.unwrap().base.tokens[0])
    }

    #[test]
    fn a_lifetime_is_in_the_response_only_if_a_member_states_it() {
        let states = "expires as the token response states";
        assert_eq!(facts_of("")[0], states);
        let with = |keys: &str| facts_of(&format!("[tokens.access]\n{keys}")).remove(0);
        assert_eq!(with("expires_in = false"), "lifetime is undocumented");
        assert_eq!(with("lifetime = \"unknown\""), states);
        assert_eq!(
            with("lifetime = \"unknown\"\nexpires_at = \"expires_at\""),
            states
        );
        assert_eq!(
            with("lifetime = \"1h\"\nexpires_in = false"),
            "expires after 1 hour"
        );
    }

    #[test]
    fn nothing_is_said_about_the_renewal_of_a_token_that_does_not_expire() {
        let facts = facts_of(
            "[tokens.access]\nlifetime = \"never\"\nexpires_in = false\nrefresh_token = false",
        );
        assert_eq!(facts, ["does not expire"]);
        let facts = facts_of("[tokens.access]\nrefresh_token = false\nlifetime = \"1h\"");
        assert!(facts[1].starts_with("cannot be renewed"), "{facts:?}");
    }
}
