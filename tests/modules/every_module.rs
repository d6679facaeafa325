//! The module of every shipped spec against its simulation, from the login to the end. A provider of the Plan accepts the
//! requests of the crate, and the crate reads the responses of such a provider.

use std::collections::BTreeSet;
use std::time::Duration;

use oauth_providers::{
    anthropic, atlassian, basecamp, r#box, custom, facebook, github, google, instagram, microsoft,
    notion, quickbooks, salesforce, shopify, slack, tiktok, zoho, zoom,
};
use oauth_runtime::{
    Http, Remedy,
    api::{ApiErrorKind, ApiResponseReader},
    login::CallbackErrorKind,
    provider::StoredToken as _,
};
use oauth_spec::simulator::{Client, Refused, Simulator};

use crate::support::pages;

const BACK: &str = "https://app.example.com/callback";

/// A provider, and an app there.
struct At {
    simulator: Simulator,
    client: Client,
    http: Http,
}

impl At {
    fn provider(name: &str) -> At {
        let id = name.split("::").next().unwrap_or(name);
        let simulator = Simulator::start([id]).unwrap();
        let client = simulator.register(name, BACK).unwrap();
        let carrier = simulator.clone();
        let http = Http::over(move |request| {
            let answer = carrier.answer(&request);
            if let Some(Refused(why)) = answer.extensions().get() {
                println!("{} {}: {why}", request.method(), request.uri());
            }
            async { Ok(answer) }
        });
        At {
            simulator,
            client,
            http,
        }
    }

    fn id(&self) -> &str {
        &self.client.id
    }

    fn secret(&self) -> &str {
        &self.client.secret
    }

    fn back(&self, url: &str) -> String {
        self.simulator.browse(url).unwrap()
    }
}

/// Sends a valid call, and returns its result.
macro_rules! sent {
    ($at:ident, $call:expr) => {
        $at.http.send($call).await.unwrap()
    };
}

/// Lets the user agree, and returns the result of the browser's callback.
macro_rules! returned {
    ($at:ident, $login:ident) => {{
        let back = $at.back($login.url());
        $login.callback(&back).unwrap()
    }};
}

/// Sends a call that is rejected, and returns its error.
macro_rules! refused {
    ($at:ident, $call:expr) => {
        $at.http.send($call).await.err().unwrap()
    };
}

#[tokio::test]
async fn atlassian_lists_its_sites() {
    use atlassian::*;
    let at = At::provider("atlassian");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::READ_ME], LoginOptions { offline: true });
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, first));
    assert!(!sent!(at, site(&access)).is_empty());
    sent!(at, userinfo(&access));
}

#[tokio::test]
async fn basecamp_lists_its_accounts_and_keeps_the_refresh_token() {
    use basecamp::*;
    let at = At::provider("basecamp");
    let agent = UserAgent::parse("App (app@example.com)").unwrap();
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK), agent);
    let login = login(&app);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, refresh_token));
    let accounts = sent!(at, account(&app, &access));
    sent!(at, userinfo(&app, &access, accounts[0].account_id));
}

#[tokio::test]
async fn box_spends_and_revokes_the_refresh_token() {
    use r#box::*;
    let at = At::provider("box");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[]);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, first));
    sent!(at, userinfo(&access));
    let second = access.take_refresh_token().unwrap();
    sent!(at, revoke(&app, &second));
    assert_eq!(refused!(at, refresh(&app, second)).remedy(), Remedy::LogIn);
}

#[tokio::test]
async fn a_server_of_box_has_a_token_of_its_own() {
    use r#box::server::*;
    let at = At::provider("box::server");
    let app = App::new(at.id(), at.secret());
    let call = client_credentials(&app, BoxSubjectType::Enterprise, "7");
    let access = sent!(at, call);
    sent!(at, userinfo(&access));
    sent!(at, revoke(&app, &access));
    refused!(at, userinfo(&access));
}

#[tokio::test]
async fn an_identity_server_of_ones_own_introspects() {
    use custom::*;
    let at = At::provider("custom");
    let host = Host::parse("id.acme.example").unwrap();
    let realm = Realm::parse("main").unwrap();
    let app = App::new(
        at.id(),
        at.secret(),
        RedirectUri::constant(BACK),
        host,
        realm,
    );
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::OPENID, Scope::EMAIL], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, refresh_token));
    sent!(at, userinfo(&app, &access));
    assert!(sent!(at, introspect(&app, &access)).active);
    at.simulator.advance(Duration::from_secs(24 * 3600));
    assert!(!sent!(at, introspect(&app, &access)).active, "it has ended");
    if let Some(refresh_token) = access.take_refresh_token() {
        sent!(at, revoke(&app, &refresh_token));
        refused!(at, refresh(&app, refresh_token));
    }
    sent!(at, client_credentials(&app, &[Scope::EMAIL]));
}

#[tokio::test]
async fn a_public_client_shows_no_secret() {
    use custom::public::*;
    let at = At::provider("custom::public");
    let host = Host::parse("id.acme.example").unwrap();
    let realm = Realm::parse("main").unwrap();
    let app = App::new(at.id(), RedirectUri::constant(BACK), host, realm);
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::OPENID], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, first));
    let second = access.take_refresh_token().unwrap();
    sent!(at, revoke(&app, &second));
    refused!(at, refresh(&app, second));
}

#[tokio::test]
async fn facebook_trades_the_token_in_and_revokes_it() {
    use facebook::*;
    let at = At::provider("facebook");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::EMAIL], LoginOptions::default());
    let code = returned!(at, login);
    let tokens = sent!(at, exchange(&app, code));
    let access = sent!(at, renew(&app, &tokens.access));
    assert!(sent!(at, introspect(&app, &access)).active);
    sent!(at, userinfo(&app, &access));
    sent!(at, revoke(&app, &access));
    refused!(at, renew(&app, &access));
    assert!(!sent!(at, introspect(&app, &access)).active);
    sent!(at, client_credentials(&app));
}

#[tokio::test]
async fn github_revokes_the_access_token_alone() {
    use github::*;
    let at = At::provider("github");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::READ_USER], LoginOptions::default());
    let code = returned!(at, login);
    let tokens = sent!(at, exchange(&app, code));
    sent!(at, userinfo(&app, &tokens.access));
    sent!(at, revoke(&app, &tokens.access));
    refused!(at, userinfo(&app, &tokens.access));
}

#[tokio::test]
async fn an_app_of_github_spends_its_refresh_tokens() {
    use github::app::*;
    let at = At::provider("github::app");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, LoginOptions::default());
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code, ExchangeOptions::default()));
    let first = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, first));
    sent!(at, revoke(&app, &access));
    refused!(at, userinfo(&app, &access));
    let second = access.take_refresh_token().unwrap();
    assert!(
        at.http.send(refresh(&app, second)).await.is_ok(),
        "it lives on"
    );
}

#[tokio::test]
async fn google_keeps_the_refresh_token_until_it_is_revoked() {
    use google::*;
    let at = At::provider("google");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::OPENID, Scope::EMAIL], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, &refresh_token));
    sent!(at, userinfo(&access));
    sent!(at, revoke(&refresh_token));
    assert_eq!(
        refused!(at, refresh(&app, &refresh_token)).remedy(),
        Remedy::LogIn
    );
}

#[tokio::test]
async fn instagram_gives_the_long_token_in_a_second_step() {
    use instagram::*;
    let at = At::provider("instagram");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(
        &app,
        &[Scope::INSTAGRAM_BUSINESS_BASIC],
        LoginOptions::default(),
    );
    let code = returned!(at, login);
    let exchanged = sent!(at, exchange(&app, code));
    let tokens = sent!(at, long(&app, &exchanged));
    refused!(at, renew(&tokens.access));
    at.simulator.advance(Duration::from_secs(24 * 3600));
    let access = sent!(at, renew(&tokens.access));
    sent!(at, userinfo(&app, &access));
}

#[tokio::test]
async fn microsoft_gives_a_new_refresh_token_each_time() {
    use microsoft::*;
    let at = At::provider("microsoft");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::OPENID], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code, ExchangeOptions::default()));
    let first = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, first, RefreshOptions::default()));
    assert!(access.take_refresh_token().is_some());
    sent!(at, userinfo(&access));
}

#[tokio::test]
async fn a_public_client_of_microsoft_refreshes() {
    use microsoft::public::*;
    let at = At::provider("microsoft::public");
    let app = App::new(at.id(), RedirectUri::constant(BACK));
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::OPENID], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code, ExchangeOptions::default()));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, first, RefreshOptions::default()));
    sent!(at, userinfo(&access));
}

#[tokio::test]
async fn notion_revokes_the_access_token_alone() {
    use notion::*;
    let at = At::provider("notion");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, first));
    sent!(at, userinfo(&app, &access));
    sent!(at, revoke(&app, &access));
    refused!(at, userinfo(&app, &access));
}

#[tokio::test]
async fn quickbooks_says_which_company_it_is() {
    use quickbooks::*;
    let at = At::provider("quickbooks");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::ACCOUNTING, Scope::OPENID]);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, refresh_token));
    sent!(at, userinfo(&app, &access));
    let refresh_token = access.take_refresh_token().unwrap();
    sent!(at, revoke(&app, &refresh_token));
    refused!(at, refresh(&app, refresh_token));
}

#[tokio::test]
async fn salesforce_introspects_and_revokes() {
    use salesforce::*;
    let at = At::provider("salesforce");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let options = LoginOptions {
        offline: true,
        ..LoginOptions::default()
    };
    let login = login(&app, &[Scope::API], options);
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let mut access = sent!(at, refresh(&app, refresh_token));
    assert!(sent!(at, introspect(&app, &access)).active);
    sent!(at, userinfo(&app, &access));
    let refresh_token = access.take_refresh_token().unwrap();
    sent!(at, revoke(&app, &refresh_token));
    refused!(at, refresh(&app, refresh_token));
}

#[tokio::test]
async fn shopify_signs_what_it_sends_and_uninstalls() {
    use shopify::*;
    let at = At::provider("shopify");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let begun = [("shop", "acme.myshopify.com"), ("timestamp", "1767225600")];
    let store = at.simulator.install(&at.client, &begun).unwrap();
    let inputs = install(&app, &store).unwrap();
    let forged = store.replace("acme", "evil");
    assert!(install(&app, &forged).is_err());

    let begin = || login(&app, &inputs, &[Scope::READ_PRODUCTS]);
    let first = begin();
    let tampered = at.back(first.url()).replace("code=shopify", "code=evil");
    let refused = first.callback(&app, &tampered).err().unwrap();
    assert!(
        matches!(refused.problem(), CallbackErrorKind::Foreign(_)),
        "{refused}"
    );

    let second = begin();
    let back = at.back(second.url());
    let code = second.callback(&app, &back).unwrap();
    let tokens = sent!(at, exchange(&app, &inputs, code));
    sent!(at, revoke(&inputs, &tokens.access));
    refused!(at, revoke(&inputs, &tokens.access));
}

#[tokio::test]
async fn shopify_spends_its_expiring_tokens() {
    use shopify::expiring::*;
    let at = At::provider("shopify::expiring");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let shop = Shop::parse("acme").unwrap();
    let inputs = Inputs { shop };
    let login = login(&app, &inputs, &[Scope::READ_PRODUCTS]);
    let back = at.back(login.url());
    let code = login.callback(&app, &back).unwrap();
    let mut tokens = sent!(at, exchange(&app, &inputs, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, &inputs, first));
    sent!(at, revoke(&inputs, &access));
}

#[tokio::test]
async fn slack_ends_the_grant_by_the_access_token() {
    use slack::*;
    let at = At::provider("slack");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let bot_scopes = &[BotScope::COMMANDS];
    let login = login(
        &app,
        LoginOptions {
            bot_scopes,
            ..Default::default()
        },
    );
    let code = returned!(at, login);
    let bot = sent!(at, exchange(&app, code)).bot.unwrap();
    sent!(at, userinfo(&app, &bot));
    sent!(at, revoke_bot(&app, &bot));
    refused!(at, userinfo(&app, &bot));
}

#[tokio::test]
async fn slack_rotates_and_takes_old_tokens_in() {
    use slack::rotating::*;
    let at = At::provider("slack::rotating");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let options = LoginOptions {
        bot_scopes: &[BotScope::COMMANDS],
        user_scopes: &[UserScope::SEARCH_READ],
        ..Default::default()
    };
    let login = login(&app, options);
    let code = returned!(at, login);
    let tokens = sent!(at, exchange(&app, code));
    let (mut bot, mut user) = (tokens.bot.unwrap(), tokens.user.unwrap());
    let first = bot.take_refresh_token().unwrap();
    let bot = sent!(at, refresh_bot(&app, first));
    sent!(at, userinfo(&app, &bot));
    let first = user.take_refresh_token().unwrap();
    let user = sent!(at, refresh_user(&app, first));
    let long_lived = bot.stored().access_token().clone();
    sent!(at, migrate(&app, &long_lived));
    sent!(at, revoke_user(&app, &user));
    refused!(at, revoke_user(&app, &user));
    sent!(at, userinfo(&app, &bot));
    sent!(at, revoke_bot(&app, &bot));
    refused!(at, userinfo(&app, &bot));
}

#[tokio::test]
async fn tiktok_names_the_client_its_own_way() {
    use tiktok::*;
    let at = At::provider("tiktok");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::USER_INFO_BASIC], LoginOptions::default());
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, first));
    sent!(at, userinfo(&access));
    sent!(at, revoke(&app, &access));
    refused!(at, userinfo(&access));
    sent!(at, client_credentials(&app));
}

#[tokio::test]
async fn zoho_is_asked_in_the_data_centre_of_the_user() {
    use zoho::*;
    let at = At::provider("zoho");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let scopes = [Scope::AAA_SERVER_PROFILE_READ];
    let login = login(&app, &scopes, LoginOptions { offline: true });
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let here = &tokens.accounts_server;
    let access = sent!(at, refresh(&app, &refresh_token, here));
    sent!(at, userinfo(&access, here));
    let other = AccountsServer::parse("https://accounts.zoho.com.cn").unwrap();
    assert_ne!(here, &other);
    refused!(at, refresh(&app, &refresh_token, &other));
    sent!(at, revoke(&refresh_token, here));
    refused!(at, refresh(&app, &refresh_token, here));
}

#[test]
fn a_key_of_anthropic_opens_its_api() {
    use anthropic::*;
    let at = At::provider("anthropic");
    let open = |key: &str| {
        let access = ApiKey::access(&App::new(), &(), ApiKey::new(key).stored());
        let request = http::Request::get("/models").body(Vec::new()).unwrap();
        let (mut parts, body) = request.into_parts();
        access.unwrap().enter(&mut parts).unwrap();
        let answer = at.simulator.answer(&http::Request::from_parts(parts, body));
        let answered = ApiResponseReader {
            provider: &PROVIDER,
            api_conventions: ApiKey::API,
            operation: None,
            granted: None,
            received_at: at.simulator.now(),
        };
        answered.read(answer).map(|answer| answer.status())
    };
    let key = at.simulator.key("anthropic").unwrap();
    assert_eq!(open(&key).unwrap(), 200);
    let error = open("deleted").unwrap_err();
    assert_eq!(error.kind(), ApiErrorKind::Unauthorized);
    assert_eq!(error.code(), Some(ErrorCode::AUTHENTICATION_ERROR.as_str()));
}

#[tokio::test]
async fn zoom_spends_and_revokes() {
    use zoom::*;
    let at = At::provider("zoom");
    let app = App::new(at.id(), at.secret(), RedirectUri::constant(BACK));
    let login = login(&app, &[Scope::USER_READ_USER], LoginOptions::default());
    let code = returned!(at, login);
    let mut tokens = sent!(at, exchange(&app, code));
    let first = tokens.access.take_refresh_token().unwrap();
    let access = sent!(at, refresh(&app, first));
    sent!(at, userinfo(&access));
    sent!(at, revoke(&app, &access));
    refused!(at, userinfo(&access));
}

#[tokio::test]
async fn a_server_of_zoom_has_a_token_by_its_account() {
    use zoom::server_to_server::*;
    let at = At::provider("zoom::server_to_server");
    let app = App::new(at.id(), at.secret());
    let account_id = AccountId::parse("abc123").unwrap();
    let tokens = sent!(at, client_credentials(&app, &Inputs { account_id }));
    sent!(at, revoke(&app, &tokens.access));
}

/// Every shipped spec must have a conversation in this file.
#[test]
fn no_shipped_spec_is_without_a_conversation() {
    let own = include_str!("every_module.rs");
    let named = |id: &String| own.contains(&format!("At::provider(\"{id}\")"));
    let without: BTreeSet<_> = pages::shipped()
        .into_iter()
        .filter(|id| !named(id))
        .collect();
    assert_eq!(without, BTreeSet::new());
}
