//! A token's life in words: how long it lives, how it is renewed, what is known of the refresh token.

use crate::plan::Token;
use crate::plan::token::{Renewal, Rotation};
use crate::syntax::shapes::{Grace, Lifetime, Time};
use crate::words;

/// What is known, a short sentence each.
pub(crate) fn facts(token: &Token) -> Vec<String> {
    let policy = &token.policy;
    let mut facts = vec![match token.lifetime {
        Lifetime::Response => "lives as long as the answer says".to_owned(),
        Lifetime::Time(time) => life("lives", "it lives", time),
        Lifetime::Introspection => "lives as long as `introspect` says".to_owned(),
    }];
    facts.push(match policy.renewal {
        Renewal::None if token.is_static() => {
            "cannot be renewed: whoever copied it copies another one".to_owned()
        }
        Renewal::None => "cannot be renewed: at its end the user logs in again".to_owned(),
        Renewal::Refresh => match policy.rotation {
            Rotation::Always => {
                "is renewed by a refresh token, which each refresh replaces".to_owned()
            }
            Rotation::Sometimes => {
                "is renewed by a refresh token, which a refresh may replace".to_owned()
            }
            Rotation::Never => "is renewed by a refresh token, which lasts".to_owned(),
        },
        Renewal::Exchange if policy.prolongs => "is itself made to live on".to_owned(),
        Renewal::Exchange => "is itself traded in for the next one".to_owned(),
        Renewal::ClientCredentials => "is asked for anew".to_owned(),
    });
    if policy.renewal == Renewal::Refresh && policy.rotation != Rotation::Never {
        facts.push(match policy.grace {
            Grace::Time(Time::Seconds(0)) => {
                "a refresh token that was used is dead at once".to_owned()
            }
            Grace::Time(Time::Seconds(seconds)) => format!(
                "a refresh token that was used still works for {}",
                words::duration(seconds)
            ),
            Grace::Time(_) => {
                "nobody documents how long a refresh token that was used still works".to_owned()
            }
            Grace::UntilNewUsed => "a refresh token works until the new one is used".to_owned(),
            Grace::Forever => "a refresh token still works after a new one came".to_owned(),
        });
        facts.push(match policy.reuse_ends_grant {
            true => "a second use of a refresh token ends the whole grant".to_owned(),
            false => "a second use of a refresh token is refused".to_owned(),
        });
    }
    facts.extend(policy.idle.map(|time| match time {
        Time::Never => "it can be renewed however long it was not used".to_owned(),
        time => life(
            "if unused, it can be renewed for",
            "it can be renewed if it is not used",
            time,
        ),
    }));
    facts.extend(policy.absolute.map(|time| match time {
        Time::Never => "it can be renewed without end".to_owned(),
        time => life(
            "in any case it can be renewed for",
            "it can be renewed in all",
            time,
        ),
    }));
    facts.extend(policy.min_age.and_then(Time::seconds).map(|seconds| {
        format!(
            "it can be renewed only when it is {} old",
            words::duration(seconds)
        )
    }));
    facts.extend(
        policy
            .margin
            .and_then(Time::seconds)
            .map(|seconds| format!("it is renewed {} before its end", words::duration(seconds))),
    );
    facts.extend(policy.max_live.map(|count| match count {
        1 => "one refresh token lives at a time: the next one ends it".to_owned(),
        _ => format!("at most {count} refresh tokens live at once; the oldest dies first"),
    }));
    facts.extend(policy.max_access_tokens.map(|count| match count {
        1 => "one access token of a refresh token lives at a time".to_owned(),
        _ => format!("at most {count} access tokens of one refresh token live at once"),
    }));
    facts.extend(policy.rate.map(|(calls, seconds)| {
        let within = words::duration(seconds);
        format!("it can be renewed {calls} times within {within}, not more often")
    }));
    facts
}

/// A token's lifetime in a word or two, for a table.
#[cfg(feature = "docs")]
pub(crate) fn short(token: &Token) -> String {
    match token.lifetime {
        Lifetime::Response => "told".to_owned(),
        Lifetime::Time(Time::Seconds(seconds)) => words::duration(seconds),
        Lifetime::Time(Time::Never) => "endless".to_owned(),
        Lifetime::Time(Time::Varies) => "a setting decides".to_owned(),
        Lifetime::Time(Time::Unknown) => "unknown".to_owned(),
        Lifetime::Introspection => "told by introspection".to_owned(),
    }
}

fn life(what: &str, asked: &str, time: Time) -> String {
    match time {
        Time::Seconds(seconds) => format!("{what} {}", words::duration(seconds)),
        Time::Never => format!("{what} as long as it is not revoked"),
        Time::Varies => format!("{what} as long as a setting says"),
        Time::Unknown => format!("nobody documents how long {asked}"),
    }
}
