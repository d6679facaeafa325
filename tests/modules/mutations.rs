//! Refresh responses with one or more members that contradict the spec, at every shipped module that renews tokens, through
//! a manager and a store. No malformed member other than a token loses the grant.

mod exchanges;
pub(crate) mod good;
pub(crate) mod modules;
mod random;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use oauth_runtime::lifecycle::store::Key;
use oauth_runtime::lifecycle::{MemoryStore, RefreshResult, TokenError};
use oauth_runtime::provider::RegisteredApp as _;
use oauth_runtime::{Secret, Token, provider::StoredToken};
use oauth_spec::plan::token::Renewal;
use serde_json::{Value, json};

use crate::support::scripted::{Scripted, answer, text};
use crate::support::trial::{PLANS, name};
use good::{Good, NEW_ACCESS, NEW_REFRESH, is_met};
use modules::{Visit, each_renewal};

const OLD_ACCESS: &str = "oldaccess0";
const OLD_REFRESH: &str = "oldrefresh0";

/// Returns the values that replace a member.
fn values() -> [Value; 8] {
    [
        json!(null),
        json!(""),
        json!(0),
        json!(-1),
        json!(1e300),
        json!("a text"),
        json!(["a", "list"]),
        json!({ "an": "object" }),
    ]
}

/// The state after a renewal.
#[derive(Debug)]
pub(crate) struct Left {
    /// The result that the caller gets.
    pub(crate) given: Result<String, TokenError>,
    /// The access token that another process finds in the store, if it may still be used.
    pub(crate) at_hand: Option<String>,
    /// The request of the next renewal.
    pub(crate) next: String,
}

/// Returns the tokens of a login. The access token expires in an hour.
pub(crate) fn an_hour_left(access: &str, refresh: &str) -> Token {
    let in_an_hour = crate::support::scripted::now() + Duration::from_secs(3600);
    Token::new(Secret::new(access))
        .with_refresh_token(Secret::new(refresh))
        .with_expires_at(in_an_hour)
}

/// Renews a connection with this response, and reads the store from another process.
pub(crate) async fn left<T: StoredToken>(
    app: &T::App,
    inputs: &T::Inputs,
    good: &Good,
    body: &[u8],
) -> Left {
    let store = Arc::new(MemoryStore::new());
    let provider = Scripted::new();
    provider.then(answer(200, body));
    let manager = provider.manager(store.clone());
    let token = T::from_stored(an_hour_left(OLD_ACCESS, OLD_REFRESH));
    let connected = manager.connect("ann", app, token, inputs.clone()).await;
    let given = connected.unwrap().refresh().await;
    let given = given.map(|token| text(&*token));

    let provider = Scripted::new();
    // A token without a lifetime is refreshed twice: when the connection is opened, and then again.
    provider.then(answer(200, good.body.to_string()));
    provider.then(answer(200, good.body.to_string()));
    let manager = provider.manager(store);
    manager.manage::<T>(app);
    let connection = manager.connection::<T>("ann", app).await.unwrap();
    let at_hand = connection.fresh().map(|token| text(&*token));
    // This refresh ignores a stored wait.
    let tried = manager.refresh(&key::<T>("ann")).await;
    assert_eq!(tried, Ok(RefreshResult::Refreshed), "{given:?}");
    let next = provider.received().remove(0);
    Left {
        given,
        at_hand,
        next,
    }
}

pub(crate) fn key<T: StoredToken>(connection: &str) -> Key {
    Key {
        connection: connection.to_owned(),
        provider: T::App::PROVIDER.reference(),
        token: T::NAME.to_owned(),
    }
}

impl Left {
    /// Returns whether the new tokens are kept.
    pub(crate) fn is_new(&self, renewal: Renewal) -> bool {
        let is_given = self.given.as_deref() == Ok(NEW_ACCESS);
        let is_at_hand = self.at_hand.as_deref().is_none_or(|own| own == NEW_ACCESS);
        is_given && is_at_hand && self.sends(renewal, NEW_ACCESS, NEW_REFRESH)
    }

    /// Returns whether the next renewal sends these tokens.
    fn sends(&self, renewal: Renewal, access: &str, refresh: &str) -> bool {
        match renewal {
            Renewal::Refresh => self.next.contains(refresh),
            Renewal::Exchange => self.next.contains(access),
            Renewal::ClientCredentials | Renewal::WithoutToken | Renewal::None => true,
        }
    }

    /// Returns whether the old tokens and the grant are kept.
    fn is_old(&self, renewal: Renewal) -> bool {
        let is_tried_again = !matches!(self.given, Ok(_) | Err(TokenError::LogIn));
        is_tried_again && self.sends(renewal, OLD_ACCESS, OLD_REFRESH)
    }
}

/// A visitor that replaces every secondary member, one at a time.
#[derive(Default)]
struct Secondary {
    visited: BTreeSet<(String, &'static str)>,
    triples: usize,
    lost: Vec<String>,
}

impl Visit for Secondary {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs) {
        let module = T::App::PROVIDER.reference();
        let good = Good::of::<T>();
        let whole = good.body.to_string();
        let unchanged = left::<T>(&app, &inputs, &good, whole.as_bytes()).await;
        assert!(unchanged.is_new(good.renewal), "{module}: {unchanged:?}");
        for path in good.secondary() {
            for value in values() {
                let body = good.with(&path, value.clone());
                let left = left::<T>(&app, &inputs, &good, body.as_bytes()).await;
                self.triples += 1;
                if !left.is_new(good.renewal) {
                    let path = path.join(".");
                    self.lost
                        .push(format!("{module} {path} = {value}: {left:?}"));
                }
            }
        }
        self.visited.insert((module, T::NAME));
    }
}

#[tokio::test(start_paused = true)]
async fn no_secondary_member_of_a_refresh_response_costs_the_tokens() {
    let mut secondary = Secondary::default();
    each_renewal(&mut secondary).await;
    let Secondary {
        visited,
        triples,
        lost,
    } = secondary;
    let renewed = PLANS.iter().flat_map(|plan| {
        let tokens = plan.tokens.iter();
        let renewed = tokens.filter(|token| token.policy.renewal != Renewal::None);
        renewed.map(|token| (name(plan), token.name.as_str()))
    });
    assert_eq!(
        visited,
        renewed.collect::<BTreeSet<_>>(),
        "no module is left out"
    );
    println!(
        "{triples} refreshes of {} token types, each with one member replaced",
        visited.len()
    );
    assert!(lost.is_empty(), "{} lost: {lost:#?}", lost.len());
    assert!(triples >= 600, "{triples}");
}

/// A visitor that replaces the members that make a response a success.
#[derive(Default)]
struct Conditions {
    met: usize,
    unmet: usize,
}

impl Visit for Conditions {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs) {
        let module = T::App::PROVIDER.reference();
        let good = Good::of::<T>();
        for (path, condition) in good.conditions() {
            for value in values() {
                let body = good.with(path, value.clone());
                let left = left::<T>(&app, &inputs, &good, body.as_bytes()).await;
                let is_met = is_met(condition, &value);
                let is_right = match is_met {
                    true => left.is_new(good.renewal),
                    false => left.is_old(good.renewal),
                };
                let path = path.join(".");
                assert!(is_right, "{module} {path} = {value}: {left:?}");
                match is_met {
                    true => self.met += 1,
                    false => self.unmet += 1,
                }
            }
        }
    }
}

// Paused time skips the pause before a careful try.
#[tokio::test(start_paused = true)]
async fn a_response_that_is_no_success_is_refused_and_the_grant_is_kept() {
    let mut conditions = Conditions::default();
    each_renewal(&mut conditions).await;
    let Conditions { met, unmet } = conditions;
    println!("{met} conditions met, {unmet} not met");
    assert!(met >= 4 && unmet >= 20, "{met} {unmet}");
}

/// A visitor that replaces the token type.
struct Types {
    kept: usize,
    refused: usize,
}

impl Visit for Types {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs) {
        let module = T::App::PROVIDER.reference();
        let good = Good::of::<T>();
        let path = good.token_type();
        for kept in [
            json!("Bearer"),
            json!("bearer"),
            json!("BEARER"),
            json!("user"),
            json!("User Access Token"),
            json!(""),
            json!(null),
            json!(7),
            json!(["Bearer"]),
            json!({ "type": "Bearer" }),
        ] {
            let body = good.with(&path, kept.clone());
            let left = left::<T>(&app, &inputs, &good, body.as_bytes()).await;
            assert!(left.is_new(good.renewal), "{module} {kept}: {left:?}");
            self.kept += 1;
        }
        for refused in ["DPoP", "dpop", "mac", "MAC", "N_A", "PoP"] {
            let body = good.with(&path, refused.into());
            let left = left::<T>(&app, &inputs, &good, body.as_bytes()).await;
            is_unusable(&good, &left, &format!("{module} {refused}"));
            self.refused += 1;
        }
        let body = good.with(good.access_token(), json!("new\u{7}access"));
        let left = left::<T>(&app, &inputs, &good, body.as_bytes()).await;
        is_unusable(&good, &left, &format!("{module}, a control character"));
        self.refused += 1;
    }
}

/// Fails unless the access token was rejected and the new refresh token was kept. Without a new refresh token, the old
/// tokens must be kept.
#[track_caller]
fn is_unusable(good: &Good, left: &Left, what: &str) {
    match good.has_refresh_token() {
        true => {
            assert!(left.given.is_err(), "{what}: {left:?}");
            assert_eq!(left.at_hand, None, "{what}: it counts as expired");
            assert!(left.next.contains(NEW_REFRESH), "{what}: {left:?}");
        }
        false => assert!(left.is_old(good.renewal), "{what}: {left:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_access_token_that_no_bearer_header_carries_is_refused_and_the_refresh_token_kept() {
    let mut types = Types {
        kept: 0,
        refused: 0,
    };
    each_renewal(&mut types).await;
    let Types { kept, refused } = types;
    println!("{kept} responses whose type is read as bearer, {refused} refused");
    assert!(kept >= 200 && refused >= 140, "{kept} {refused}");
}
