//! Every shipped token type that can be renewed, with an app and the inputs of its calls.

use oauth_providers::{atlassian, basecamp, r#box as box_, custom, microsoft, quickbooks};
use oauth_providers::{salesforce, shopify, zoho, zoom};
use oauth_runtime::provider::StoredToken;

/// An action for each token type.
pub(crate) trait Visit {
    async fn visit<T: StoredToken>(&mut self, app: T::App, inputs: T::Inputs);
}

const BACK: &str = "https://app.example.com/callback";

/// Visits a token type of a module whose apps have an id, a secret and a redirect URI.
macro_rules! visit {
    ($visit:ident, $($module:ident)::+, $token:ident) => {
        visit!($visit, $($module)::+, $token, ())
    };
    ($visit:ident, $($module:ident)::+, $token:ident, $inputs:expr) => {{
        use oauth_providers::$($module)::+ as module;
        let back = module::RedirectUri::constant(BACK);
        let app = module::App::new("id", "secret", back);
        $visit.visit::<module::$token>(app, $inputs).await;
    }};
}

pub(crate) async fn each_renewal(to: &mut impl Visit) {
    let cloud_id = "1324a887-45db-1bf4-1e99-ef0ff456d421";
    let cloud_id = atlassian::CloudId::parse(cloud_id).unwrap();
    let inputs = atlassian::AccessTokenInputs { cloud_id };
    visit!(to, atlassian, AccessToken, inputs);

    let agent = basecamp::UserAgent::parse("App (app@example.com)").unwrap();
    let back = basecamp::RedirectUri::constant(BACK);
    let app = basecamp::App::new("id", "secret", back, agent);
    let account_id = 195_539_477;
    let inputs = basecamp::AccessTokenInputs { account_id };
    to.visit::<basecamp::AccessToken>(app, inputs).await;

    visit!(to, r#box, AccessToken);
    let inputs = box_::server::AccessTokenInputs {
        box_subject_type: box_::server::BoxSubjectType::Enterprise,
        box_subject_id: "42".to_owned(),
    };
    let app = box_::server::App::new("id", "secret");
    to.visit::<box_::server::AccessToken>(app, inputs).await;

    let host = || custom::Host::parse("id.acme.example").unwrap();
    let realm = || custom::Realm::parse("main").unwrap();
    let back = || custom::RedirectUri::constant(BACK);
    let app = custom::App::new("id", "secret", back(), host(), realm());
    to.visit::<custom::AccessToken>(app.clone(), ()).await;
    let inputs = custom::AppTokenInputs { scopes: Vec::new() };
    to.visit::<custom::AppToken>(app, inputs).await;
    let host = custom::public::Host::parse("id.acme.example").unwrap();
    let realm = custom::public::Realm::parse("main").unwrap();
    let back = custom::public::RedirectUri::constant(BACK);
    let app = custom::public::App::new("id", back, host, realm);
    to.visit::<custom::public::AccessToken>(app, ()).await;

    visit!(to, facebook, AccessToken);
    visit!(to, facebook, AppToken);
    visit!(to, github, AccessToken);
    visit!(to, github::app, AccessToken);
    visit!(to, google, AccessToken);
    visit!(to, instagram, AccessToken);

    visit!(to, microsoft, AccessToken);
    visit!(to, microsoft, AppToken);
    let back = microsoft::public::RedirectUri::constant(BACK);
    let app = microsoft::public::App::new("id", back);
    to.visit::<microsoft::public::AccessToken>(app, ()).await;

    visit!(to, notion, AccessToken);
    let realm_id = quickbooks::RealmId::parse("4620816365291273030").unwrap();
    let inputs = quickbooks::AccessTokenInputs { realm_id };
    visit!(to, quickbooks, AccessToken, inputs);

    let instance_url = "https://acme.my.salesforce.com";
    let instance_url = salesforce::InstanceUrl::parse(instance_url).unwrap();
    let inputs = salesforce::AccessTokenInputs { instance_url };
    visit!(to, salesforce, AccessToken, inputs);

    let shop = shopify::expiring::Shop::parse("acme").unwrap();
    let inputs = shopify::expiring::Inputs { shop };
    let inputs = shopify::expiring::AccessTokenInputs { inputs };
    visit!(to, shopify::expiring, AccessToken, inputs);

    visit!(to, slack::rotating, BotToken);
    visit!(to, slack::rotating, UserToken);
    visit!(to, tiktok, AccessToken);
    visit!(to, tiktok, AppToken);

    let inputs = zoho::AccessTokenInputs {
        accounts_server: zoho::AccountsServer::parse("https://accounts.zoho.eu").unwrap(),
        api_domain: zoho::ApiDomain::parse("https://www.zohoapis.eu").unwrap(),
    };
    visit!(to, zoho, AccessToken, inputs);

    visit!(to, zoom, AccessToken);
    let account_id = zoom::server_to_server::AccountId::parse("abc123").unwrap();
    let inputs = zoom::server_to_server::Inputs { account_id };
    let inputs = zoom::server_to_server::AccessTokenInputs { inputs };
    let app = zoom::server_to_server::App::new("id", "secret");
    to.visit::<zoom::server_to_server::AccessToken>(app, inputs)
        .await;
}
