//! Mistakes with tokens: refreshes, calls that carry one, introspection, revocation.

use std::time::Duration;

use oauth_spec::plan::token::Rotation;
use oauth_spec::plan::{Authentication, Call, CallKind, Source};
use oauth_spec::syntax::shapes::{Grace, Time};

use super::{BACK, Mistake, Planted, Request, Trial, refusal, same};
use crate::support::trial::Held;

fn refresh<'t>(trial: &Trial<'t>) -> Result<(&'t Call, String), &'static str> {
    let calls = &mut trial.plan.calls.iter();
    let call = calls.find(|call| call.kind == CallKind::Refresh);
    let call = call.ok_or("there is no refresh")?;
    let held = held(trial);
    held.refresh_token
        .map(|token| (call, token))
        .ok_or("no refresh token comes")
}

fn held(trial: &Trial<'_>) -> Held {
    trial.held().unwrap()
}

fn with(trial: &Trial<'_>, call: &Call, values: &[(&str, &str)]) -> Request {
    trial
        .request(&call.id.to_string(), &trial.client, values)
        .unwrap()
}

/// Sends a refresh request with this token.
fn refreshing(trial: &Trial<'_>, call: &Call, token: &str) -> Planted {
    let request = with(trial, call, &[("refresh_token", token)]);
    Ok(refusal(trial, call, &request))
}

/// Returns the first call that carries the access token, and a valid token for it.
fn carrying<'t>(trial: &Trial<'t>) -> Result<(&'t Call, Held), &'static str> {
    let held = held(trial);
    let kinds = [CallKind::Userinfo, CallKind::Further, CallKind::Renew];
    let mut calls = kinds.iter().flat_map(|kind| {
        let of_kind = move |call: &&Call| call.kind == *kind;
        trial.plan.calls.iter().filter(of_kind)
    });
    let call = calls.find(|call| {
        let by_token = call.sources().any(|source| *source == Source::AccessToken);
        by_token && call.carries.as_ref().is_none_or(|own| *own == held.token)
    });
    call.map(|call| (call, held))
        .ok_or("no call of the spec carries the token")
}

fn calling(trial: &Trial<'_>, call: &Call, token: &str) -> Planted {
    let request = with(trial, call, &[("access_token", token)]);
    Ok(refusal(trial, call, &request))
}

fn revocation<'t>(trial: &Trial<'t>) -> Result<(&'t Call, &'static str, String), &'static str> {
    let held = held(trial);
    let mut calls = trial.plan.calls.iter();
    let revokes = |kind| {
        matches!(
            kind,
            CallKind::RevokeAccessToken | CallKind::RevokeRefreshToken
        )
    };
    let of_token = |call: &Call| call.of_token.as_ref().is_none_or(|own| *own == held.token);
    let call = calls.find(|call| revokes(call.kind) && of_token(call));
    let call = call.ok_or("there is no revocation")?;
    match call.kind {
        CallKind::RevokeAccessToken => Ok((call, "access_token", held.access_token)),
        _ => {
            let token = held.refresh_token.ok_or("no refresh token comes")?;
            Ok((call, "refresh_token", token))
        }
    }
}

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "an unknown refresh token",
        plant: |trial| {
            let (call, _) = refresh(trial)?;
            refreshing(trial, call, "made-up")
        },
    },
    Mistake {
        name: "an access token for a refresh token",
        plant: |trial| {
            let (call, _) = refresh(trial)?;
            let access_token = held(trial).access_token;
            refreshing(trial, call, &access_token)
        },
    },
    Mistake {
        name: "a refresh token that was spent",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let policy = &trial.plan.tokens[0].policy;
            if policy.rotation != Rotation::Always {
                return Err("a refresh token stays, or may stay");
            }
            let request = with(trial, call, &[("refresh_token", &token)]);
            let next = trial.tokens_of(call, &request).refresh_token;
            let next = next.ok_or("no next refresh token comes")?;
            match policy.grace {
                Grace::Forever => return Err("a spent refresh token works on"),
                Grace::UntilAccessTokenUsed => {
                    return Err("a use of the next access token ends it");
                }
                Grace::UntilNewUsed => {
                    let used = refreshing(trial, call, &next)?;
                    assert_eq!(used, None, "its use is right");
                }
                Grace::Time(time) => {
                    let grace = time.seconds().unwrap_or_default();
                    trial.simulator.advance(Duration::from_secs(grace));
                }
            }
            refreshing(trial, call, &token)
        },
    },
    Mistake {
        name: "the next refresh token, after the spent one was used again",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let policy = &trial.plan.tokens[0].policy;
            let grace = match policy.grace {
                Grace::Time(time) if policy.reuse_ends_grant => time.seconds(),
                _ => return Err("using a spent refresh token again ends nothing"),
            };
            let request = with(trial, call, &[("refresh_token", &token)]);
            let next = trial.tokens_of(call, &request).refresh_token;
            let next = next.ok_or("no next refresh token comes")?;
            let grace = Duration::from_secs(grace.unwrap_or_default());
            trial.simulator.advance(grace);
            refreshing(trial, call, &token)?;
            refreshing(trial, call, &next)
        },
    },
    Mistake {
        name: "another client's refresh token",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let id = &trial.plan.identity.id;
            let other = trial.simulator.register(id, BACK).unwrap();
            let values = [("refresh_token", &*token)];
            let own = with(trial, call, &values);
            let request = trial
                .request(&call.id.to_string(), &other, &values)
                .unwrap();
            match same(&own, &request) {
                true => Err("a refresh shows no client"),
                false => Ok(refusal(trial, call, &request)),
            }
        },
    },
    Mistake {
        name: "a refresh with a wrong secret",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            if call.authentication == Authentication::None {
                return Err("a public client has no secret");
            }
            let values = [("refresh_token", &*token), ("client_secret", "guessed")];
            Ok(refusal(trial, call, &with(trial, call, &values)))
        },
    },
    Mistake {
        name: "a refresh after the user took all back",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            trial.simulator.revoked_by_user(&trial.client);
            refreshing(trial, call, &token)
        },
    },
    Mistake {
        name: "a refresh token that was not used in time",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let policy = &trial.plan.tokens[0].policy;
            let ends = [policy.idle, policy.absolute].into_iter().flatten();
            let end = ends.filter_map(Time::seconds).min();
            let end = end.ok_or("an expiry of unused refresh tokens is undocumented")?;
            trial.simulator.advance(Duration::from_secs(end));
            refreshing(trial, call, &token)
        },
    },
    Mistake {
        name: "the oldest of too many refresh tokens",
        plant: |trial| {
            let (call, oldest) = refresh(trial)?;
            let most = trial.plan.tokens[0].policy.max_live;
            let most = most.ok_or("a limit of valid refresh tokens is undocumented")?;
            (0..most).for_each(|_| drop(held(trial)));
            refreshing(trial, call, &oldest)
        },
    },
    Mistake {
        name: "the oldest of too many access tokens",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let policy = &trial.plan.tokens[0].policy;
            let most = policy.max_access_tokens;
            let most = most.ok_or("a limit of valid access tokens is undocumented")?;
            let request = with(trial, call, &[("refresh_token", &token)]);
            let oldest = trial.tokens_of(call, &request).access_token;
            // The pause keeps the refreshes within the provider's rate limit.
            let pause = policy.rate.map_or(0, |(_, within)| within);
            for _ in 0..most {
                trial.simulator.advance(Duration::from_secs(pause));
                assert_eq!(refreshing(trial, call, &token)?, None, "it is right");
            }
            let (call, _) = carrying(trial)?;
            calling(trial, call, &oldest)
        },
    },
    Mistake {
        name: "refreshes that come too fast",
        plant: |trial| {
            let (call, token) = refresh(trial)?;
            let (most, _) = trial.plan.tokens[0]
                .policy
                .rate
                .ok_or("a rate limit is undocumented")?;
            for _ in 0..most {
                assert_eq!(refreshing(trial, call, &token)?, None, "it is right");
            }
            refreshing(trial, call, &token)
        },
    },
    Mistake {
        name: "a call with an unknown token",
        plant: |trial| {
            let (call, _) = carrying(trial)?;
            calling(trial, call, "made-up")
        },
    },
    Mistake {
        name: "a call with an expired token",
        plant: |trial| {
            let (call, held) = carrying(trial)?;
            let lives = held.lives.ok_or("access tokens do not expire")?;
            trial.simulator.advance(Duration::from_secs(lives));
            calling(trial, call, &held.access_token)
        },
    },
    Mistake {
        name: "a call with the refresh token",
        plant: |trial| {
            let (call, held) = carrying(trial)?;
            let token = held.refresh_token.ok_or("no refresh token comes")?;
            calling(trial, call, &token)
        },
    },
    Mistake {
        name: "a call after the user took all back",
        plant: |trial| {
            let (call, held) = carrying(trial)?;
            trial.simulator.revoked_by_user(&trial.client);
            calling(trial, call, &held.access_token)
        },
    },
    Mistake {
        name: "a call with a token that was revoked",
        plant: |trial| {
            let (revoke, name, token) = revocation(trial)?;
            if revoke.kind != CallKind::RevokeAccessToken {
                return Err("revocation takes refresh tokens");
            }
            let (call, _) = carrying(trial)?;
            let revoked = with(trial, revoke, &[(name, &token)]);
            assert_eq!(refusal(trial, revoke, &revoked), None, "it is right");
            calling(trial, call, &token)
        },
    },
    Mistake {
        name: "a revocation by a token that was revoked",
        plant: |trial| {
            let (call, name, token) = revocation(trial)?;
            let by_client = |source: &Source| {
                matches!(
                    source,
                    Source::ClientId | Source::ClientSecret | Source::Basic
                )
            };
            if call.kind != CallKind::RevokeAccessToken || call.sources().any(by_client) {
                return Err("the client shows itself, and what is dead needs no end");
            }
            let request = with(trial, call, &[(name, &token)]);
            assert_eq!(refusal(trial, call, &request), None, "it is right");
            Ok(refusal(trial, call, &request))
        },
    },
    Mistake {
        name: "a refresh with a token that was revoked",
        plant: |trial| {
            let (refresh, _) = refresh(trial)?;
            let (revoke, name, token) = revocation(trial)?;
            if revoke.kind != CallKind::RevokeRefreshToken {
                return Err("revocation takes access tokens");
            }
            let revoked = with(trial, revoke, &[(name, &token)]);
            assert_eq!(refusal(trial, revoke, &revoked), None, "it is right");
            refreshing(trial, refresh, &token)
        },
    },
    Mistake {
        name: "a revocation with a wrong secret",
        plant: |trial| {
            let (call, name, token) = revocation(trial)?;
            let right = with(trial, call, &[(name, &token)]);
            let wrong = with(trial, call, &[(name, &token), ("client_secret", "guessed")]);
            match same(&right, &wrong) {
                true => Err("a revocation shows no client"),
                false => Ok(refusal(trial, call, &wrong)),
            }
        },
    },
    Mistake {
        name: "another client's revocation",
        plant: |trial| {
            let (call, name, token) = revocation(trial)?;
            let id = &trial.plan.identity.id;
            let other = trial.simulator.register(id, BACK).unwrap();
            let values = [(name, &*token)];
            let right = with(trial, call, &values);
            let request = trial
                .request(&call.id.to_string(), &other, &values)
                .unwrap();
            match same(&right, &request) {
                true => Err("a revocation shows no client"),
                false => Ok(refusal(trial, call, &request)),
            }
        },
    },
    Mistake {
        name: "a token renewed too early",
        plant: |trial| {
            let mut calls = trial.plan.calls.iter();
            let call = calls.find(|call| call.kind == CallKind::Renew);
            let call = call.ok_or("tokens are not traded in")?;
            let policy = &trial.plan.tokens[0].policy;
            if policy.min_age.and_then(Time::seconds).is_none() {
                return Err("a token may be traded in at any age");
            }
            let token = held(trial).access_token;
            calling(trial, call, &token)
        },
    },
];
