//! Every shipped Plan against its simulation: redirects to registered addresses only, the refresh policy, and calls that
//! accept only valid access tokens.

use std::collections::BTreeSet;

use oauth_spec::plan::token::Rotation;
use oauth_spec::plan::{CallKind, Source};
use oauth_spec::simulator::User;
use oauth_spec::syntax::shapes::{Given, Grace, Time};

use crate::support::trial::{PLANS, Trial, name};

#[test]
fn nobody_is_sent_to_an_address_or_by_a_client_that_is_not_registered() {
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        if trial.code().is_none() {
            continue;
        }
        let ask =
            |values: &[(&str, &str)]| trial.request("authorize", &trial.client, values).unwrap();
        let foreign = ask(&[("redirect_uri", "https://evil.example/cb")]);
        assert!(
            trial
                .parameter(&foreign, |login| &login.callback[0])
                .is_none(),
            "{}",
            name(plan)
        );
        let unknown = ask(&[("client_id", "nobody")]);
        assert!(
            trial
                .parameter(&unknown, |login| &login.callback[0])
                .is_none(),
            "{}",
            name(plan)
        );
        trial.simulator.user(User::Denies);
        let denied = trial.parameter(&ask(&[]), |login| &login.callback[2]);
        assert_eq!(denied.as_deref(), Some("access_denied"), "{}", name(plan));
    }
}

#[test]
fn a_refresh_follows_the_policy_of_the_plan() {
    let mut rotating = 0;
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        let refresh = plan
            .calls
            .iter()
            .find(|call| call.kind == CallKind::Refresh);
        let (Some(refresh), Some(exchange), Some(code)) = (refresh, plan.exchange(), trial.code())
        else {
            continue;
        };
        let request = trial.exchange(&code).unwrap();
        let given = trial.outcome(exchange, &request).tokens;
        let refresh_token = given
            .iter()
            .flat_map(|(_, members)| members)
            .find(|(name, _)| name == "refresh_token");
        let Some((_, Given::Text(refresh_token))) = refresh_token else {
            continue;
        };
        let values = [("refresh_token", &**refresh_token)];
        let Some(request) = trial.request(&refresh.id.to_string(), &trial.client, &values) else {
            continue;
        };
        assert_eq!(
            trial.outcome(refresh, &request).error,
            None,
            "{}",
            name(plan)
        );
        let policy = &plan.tokens[0].policy;
        let rotates = policy.rotation == Rotation::Always;
        let no_grace = policy.grace == Grace::Time(Time::Seconds(0));
        if rotates && no_grace {
            rotating += 1;
            assert!(
                trial.outcome(refresh, &request).error.is_some(),
                "{} took a spent token",
                name(plan)
            );
        }
        if !rotates {
            assert_eq!(
                trial.outcome(refresh, &request).error,
                None,
                "{}",
                name(plan)
            );
            trial.simulator.revoked_by_user(&trial.client);
            assert!(
                trial.outcome(refresh, &request).error.is_some(),
                "{}",
                name(plan)
            );
        }
        let unknown = trial
            .request(
                &refresh.id.to_string(),
                &trial.client,
                &[("refresh_token", "made-up")],
            )
            .unwrap();
        assert!(
            trial.outcome(refresh, &unknown).error.is_some(),
            "{}",
            name(plan)
        );
    }
    println!("{rotating} spend a refresh token with its use");
}

#[test]
fn calls_by_access_token_take_a_living_one_and_no_other() {
    let mut made = BTreeSet::new();
    for plan in PLANS.iter() {
        let trial = Trial::of(plan);
        let (Some(exchange), Some(code)) = (plan.exchange(), trial.code()) else {
            continue;
        };
        let given = trial
            .outcome(exchange, &trial.exchange(&code).unwrap())
            .tokens;
        let by_token = plan.calls.iter().filter(|call| {
            let kind = matches!(
                call.kind,
                CallKind::Userinfo | CallKind::Renew | CallKind::Further
            );
            let sends_on = call
                .sources()
                .any(|source| matches!(source, Source::Member(..)));
            kind && !sends_on && call.sources().any(|source| *source == Source::AccessToken)
        });
        for call in by_token {
            let carried = given
                .iter()
                .find(|(token, _)| call.carries.as_ref().is_none_or(|own| own == token));
            let token = carried
                .and_then(|(_, members)| members.iter().find(|(name, _)| name == "access_token"));
            let Some((_, Given::Text(token))) = token else {
                continue;
            };
            let ask = |token: &str| {
                trial.request(
                    &call.id.to_string(),
                    &trial.client,
                    &[("access_token", token)],
                )
            };
            let (Some(right), Some(wrong)) = (ask(token), ask("made-up")) else {
                continue;
            };
            assert_eq!(
                trial.outcome(call, &right).error,
                None,
                "{} {}",
                name(plan),
                call.id
            );
            assert!(
                trial.outcome(call, &wrong).error.is_some(),
                "{} {}",
                name(plan),
                call.id
            );
            trial.simulator.revoked_by_user(&trial.client);
            assert!(
                trial.outcome(call, &right).error.is_some(),
                "{} {}",
                name(plan),
                call.id
            );
            made.insert(format!("{} {}", name(plan), call.id));
            break;
        }
    }
    println!("{made:#?}");
    assert!(made.len() >= 8, "{made:?}");
}
