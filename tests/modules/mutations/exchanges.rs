//! Exchanges whose response has good tokens but lacks a field that the spec requires. The error carries the tokens.

use std::collections::{BTreeMap, BTreeSet};

use oauth_providers::{notion, salesforce, slack, tiktok, zoho};
use oauth_runtime::Call;
use oauth_spec::simulator::{Client, Simulator};
use serde_json::{Value, json};

use super::good::{at, put};
use crate::support::scripted::answer;
use crate::support::trial::{PLANS, name};

const BACK: &str = "https://app.example.com/callback";

/// A simulated provider with a registered client.
struct Site {
    simulator: Simulator,
    client: Client,
}

impl Site {
    fn of(module: &str) -> Site {
        let id = module.split("::").next().unwrap();
        let simulator = Simulator::start([id]).unwrap();
        let client = simulator.register(module, BACK).unwrap();
        Site { simulator, client }
    }
}

/// Returns the number of required fields in the exchange response of each module.
fn required() -> BTreeMap<String, usize> {
    let counted = PLANS.iter().filter_map(|plan| {
        let exchange = plan.exchange().filter(|call| !call.readings.is_empty())?;
        let required = exchange.own_fields().filter(|field| !field.optional);
        Some((name(plan), required.count()))
    });
    counted.filter(|(_, count)| *count > 0).collect()
}

/// The number of values that count as a missing field.
const WAYS: usize = 3;

fn missing() -> [Value; WAYS] {
    [json!(null), json!({}), json!([])]
}

/// Replaces each required field by each value of `missing`, and checks that the error carries the tokens. Returns the
/// number of exchanges.
fn rescues<T>(site: &Site, module: &str, exchange: impl Fn() -> Call<T>) -> usize {
    let plan = PLANS.iter().find(|plan| name(plan) == module).unwrap();
    let call = plan.exchange().unwrap();
    let fields = call.own_fields().filter(|field| !field.optional);
    let mut rescues = 0;
    for field in fields {
        for value in missing() {
            let exchange = exchange();
            let response = site.simulator.answer(&exchange.http_request().unwrap());
            let mut body: Value = serde_json::from_slice(response.body()).unwrap();
            put(&mut body, &field.path, value.clone());
            let response = answer(200, body.to_string());
            let what = format!("{module} {} = {value}", field.name);
            let Err(mut error) = exchange.read(&response, crate::support::scripted::now()) else {
                panic!("{what} was read");
            };
            let rescue = error.take_rescue();
            let rescue = rescue.unwrap_or_else(|| panic!("{what}: {error} without tokens"));
            let read = |path: &Vec<String>| Some(at(&body, path)?.as_str()?.to_owned());
            let mut came = BTreeSet::new();
            for reading in &call.readings {
                let Some(access_token) = read(&reading.access_token) else {
                    continue;
                };
                let refresh_token = reading.refresh_token.as_ref().and_then(read);
                came.insert((reading.token.clone(), access_token, refresh_token));
            }
            let carried = rescue.tokens().iter().map(|(name, token)| {
                let access_token = token.access_token().expose().to_owned();
                let refresh_token = token.refresh_token().map(|own| own.expose().to_owned());
                ((*name).to_owned(), access_token, refresh_token)
            });
            assert_eq!(carried.collect::<BTreeSet<_>>(), came, "{what}");
            assert!(!came.is_empty(), "{what}");
            assert!(error.take_rescue().is_none(), "{what}: they are given once");
            rescues += 1;
        }
    }
    rescues
}

/// Logs in at one provider, and counts the exchanges whose response lacks a required field.
macro_rules! rescued {
    ($rescued:ident, $reference:literal, $module:ident, |$app:ident| $login:expr) => {{
        use oauth_providers::$module as module;
        let site = Site::of($reference);
        let back = module::RedirectUri::constant(BACK);
        let $app = module::App::new(&*site.client.id, &*site.client.secret, back);
        let count = rescues(&site, $reference, || {
            let login = $login;
            let back = site.simulator.browse(login.url()).unwrap();
            module::exchange(&$app, login.callback(&back).unwrap())
        });
        $rescued.insert($reference.to_owned(), count);
    }};
}

#[test]
fn an_exchange_without_a_required_field_carries_the_tokens_out() {
    let mut found = BTreeMap::new();
    rescued!(found, "notion", notion, |app| notion::login(&app));
    rescued!(found, "salesforce", salesforce, |app| {
        let options = salesforce::LoginOptions {
            offline: true,
            ..Default::default()
        };
        salesforce::login(&app, &[salesforce::Scope::API], options)
    });
    rescued!(found, "slack", slack, |app| {
        let bot_scopes = &[slack::BotScope::COMMANDS];
        let options = slack::LoginOptions {
            bot_scopes,
            ..Default::default()
        };
        slack::login(&app, options)
    });
    rescued!(found, "tiktok", tiktok, |app| {
        let options = tiktok::LoginOptions::default();
        tiktok::login(&app, &[tiktok::Scope::USER_INFO_BASIC], options)
    });
    rescued!(found, "zoho", zoho, |app| {
        let options = zoho::LoginOptions { offline: true };
        zoho::login(&app, &[zoho::Scope::AAA_SERVER_PROFILE_READ], options)
    });
    let required = required();
    let expected = required.iter();
    let expected = expected.map(|(module, fields)| (module.clone(), fields * WAYS));
    assert_eq!(found, expected.collect::<BTreeMap<_, _>>());
    let rescues: usize = found.values().sum();
    println!("{rescues} exchanges without a required field, each with its tokens");
}
