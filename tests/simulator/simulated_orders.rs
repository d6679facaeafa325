//! A simulated provider under any order of requests.

use std::collections::BTreeSet;
use std::time::Duration;

use oauth_spec::plan::CallKind;
use oauth_spec::syntax::shapes::Given;
use proptest::prelude::*;

use crate::support::trial::{BACK, PLANS, Trial, name};

/// An event at a provider. The number chooses among the earlier codes or tokens.
#[derive(Clone, Debug)]
enum Step {
    LogIn,
    Exchange(usize),
    ExchangeAsAnother(usize),
    Refresh(usize),
    RevokeByUser,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        Just(Step::LogIn),
        any::<usize>().prop_map(Step::Exchange),
        any::<usize>().prop_map(Step::ExchangeAsAnother),
        any::<usize>().prop_map(Step::Refresh),
        Just(Step::RevokeByUser),
        (0..900_u64).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..40)
}

/// A code or a refresh token, with the login that it comes from.
type Held = (usize, String);

fn chosen(held: &[Held], number: usize) -> Option<Held> {
    held.get(number.checked_rem(held.len())?).cloned()
}

proptest! {
    /// In any order, a code works once, a refresh token works once, an ended token family stays ended, and no app gets
    /// another app's tokens.
    #[test]
    fn no_order_of_requests_breaks_the_rules(steps in steps()) {
        let plan = PLANS.iter().find(|plan| name(plan) == "box").unwrap();
        let trial = Trial::of(plan);
        let other = trial.simulator.register("box", BACK).unwrap();
        let (exchange, refresh) = (plan.exchange().unwrap(), plan.call("refresh").unwrap());
        let (mut codes, mut tokens) = (Vec::<Held>::new(), Vec::<Held>::new());
        let (mut spent, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut logins = 0;
        for step in steps {
            let (call, held, request) = match step {
                Step::LogIn => {
                    codes.push((logins, trial.code().unwrap()));
                    logins += 1;
                    continue;
                }
                Step::RevokeByUser => {
                    trial.simulator.revoked_by_user(&trial.client);
                    ended.extend(0..logins);
                    continue;
                }
                Step::Wait(seconds) => {
                    trial.simulator.advance(Duration::from_secs(seconds));
                    continue;
                }
                Step::ExchangeAsAnother(number) => {
                    // A request by another client consumes nothing.
                    if let Some((_, code)) = chosen(&codes, number) {
                        let request = trial.request(&exchange.id.to_string(), &other, &[("code", &code)]).unwrap();
                        prop_assert!(trial.outcome(exchange, &request).error.is_some());
                    }
                    continue;
                }
                Step::Exchange(number) => match chosen(&codes, number) {
                    Some(held) => (exchange, held.clone(), trial.exchange(&held.1).unwrap()),
                    None => continue,
                },
                Step::Refresh(number) => match chosen(&tokens, number) {
                    Some(held) => {
                        let values = [("refresh_token", &*held.1)];
                        (refresh, held.clone(), trial.request(&refresh.id.to_string(), &trial.client, &values).unwrap())
                    }
                    None => continue,
                },
            };
            let (login, text) = held;
            let outcome = trial.outcome(call, &request);
            let again = !spent.insert(text);
            if outcome.error.is_none() {
                prop_assert!(!again, "it was used before");
                prop_assert!(!ended.contains(&login), "its family has ended");
                let members = outcome.tokens.iter().flat_map(|(_, members)| members);
                let new = members.filter_map(|(name, value)| match value {
                    Given::Text(text) if name == "refresh_token" => Some((login, text.clone())),
                    _ => None,
                });
                tokens.extend(new);
            } else if again && call.kind == CallKind::Exchange {
                ended.insert(login);
            }
        }
    }
}
