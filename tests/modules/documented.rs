//! Seven providers as their documentation describes them, at a server on loopback that responds accordingly. The transport
//! sends requests for every host there, with the path `/host/path`.

use std::sync::{Arc, Mutex};

use oauth_runtime::{
    Http, LoginSecrets, Secret, http::TransportError, login::CallbackErrorKind, oauth_provider,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[oauth_provider("../../specs/atlassian.toml")]
mod atlassian {}
#[oauth_provider("../../specs/instagram.toml")]
mod instagram {}
#[oauth_provider("../../specs/quickbooks.toml")]
mod quickbooks {}
#[oauth_provider("../../specs/salesforce.toml")]
mod salesforce {}
#[oauth_provider("../../specs/shopify.toml")]
mod shopify {}
#[oauth_provider("../../specs/zoho.toml")]
mod zoho {}
#[oauth_provider("../../specs/zoom.toml", variant = "server_to_server")]
mod zoom {}

/// The requests that the server received, with their heads in lower case.
type Seen = Arc<Mutex<Vec<String>>>;

/// Starts a server that responds to each request line it knows, and with 404 to any other.
async fn provider(answers: &'static [(&'static str, &'static str)]) -> (Http, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let noted = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut received = vec![0; 65536];
            let count = socket.read(&mut received).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&received[..count]).into_owned();
            let known = answers.iter().find(|(line, _)| text.starts_with(line));
            let (status, body) = match known {
                Some((_, body)) => ("200 OK", *body),
                None => ("404 Not Found", "{}"),
            };
            noted.lock().unwrap().push(text);
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
            let _ = socket.shutdown().await;
        }
    });
    (Http::over(carrier(port)), seen)
}

/// Returns a transport that sends every request to the server on loopback.
fn carrier(port: u16) -> impl oauth_runtime::http::Transport {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    move |request: http::Request<Vec<u8>>| {
        let (client, (mut parts, body)) = (client.clone(), request.into_parts());
        async move {
            let told =
                |error: &dyn std::fmt::Display| TransportError::other(error.to_string(), false);
            let mounted = parts.uri.to_string().replacen("https://", "/", 1);
            parts.uri = format!("http://127.0.0.1:{port}{mounted}")
                .parse()
                .map_err(|error: http::uri::InvalidUri| told(&error))?;
            let request = http::Request::from_parts(parts, body)
                .try_into()
                .map_err(|error: reqwest::Error| told(&error))?;
            let response = client
                .execute(request)
                .await
                .map_err(|error| told(&error))?;
            let status = response.status();
            let body = response.bytes().await.map_err(|error| told(&error))?;
            let mut answer = http::Response::new(body.to_vec());
            *answer.status_mut() = status;
            Ok(answer)
        }
    }
}

fn secrets() -> LoginSecrets {
    LoginSecrets::from_parts("xyz", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap()
}

const CALLBACK: &str = "https://app.example.com/cb";

macro_rules! app {
    ($module:ident) => {
        $module::App::new("id", "hush", $module::RedirectUri::parse(CALLBACK).unwrap())
    };
}

#[tokio::test]
async fn zoho_trades_the_code_in_the_data_centre_that_the_callback_names() {
    let (http, seen) = provider(&[
        (
            "POST /accounts.zoho.eu/oauth/v2/token",
            r#"{"access_token":"eu","refresh_token":"rt","api_domain":"https://www.zohoapis.eu","token_type":"Bearer","expires_in":3600}"#,
        ),
        (
            "POST /accounts.zoho.in/oauth/v2/token",
            r#"{"access_token":"in","refresh_token":"rt","api_domain":"https://www.zohoapis.in","token_type":"Bearer","expires_in":3600}"#,
        ),
    ])
    .await;
    let app = app!(zoho);
    for centre in ["eu", "in"] {
        let login = zoho::login_with(&app, &[], zoho::LoginOptions::default(), &secrets());
        let query = format!(
            "code=c&state=xyz&location={centre}&accounts-server=https%3A%2F%2Faccounts.zoho.{centre}"
        );
        let tokens = http
            .send(zoho::exchange(&app, login.callback(&query).unwrap()))
            .await
            .unwrap();
        assert_eq!(tokens.access.access_token().expose(), centre);
        let url = format!("https://www.zohoapis.{centre}/crm/v8/Leads");
        let [(header, value)] = tokens.access.credentials(&tokens.api_domain, &url).unwrap();
        assert_eq!(header, "authorization");
        assert_eq!(value.expose(), format!("Zoho-oauthtoken {centre}"));
    }
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn zoho_elsewhere_is_refused_before_any_request() {
    let (_http, seen) = provider(&[]).await;
    let app = app!(zoho);
    let login = zoho::login_with(&app, &[], zoho::LoginOptions::default(), &secrets());
    let error = login
        .callback(
            "code=c&state=xyz&location=eu&accounts-server=https%3A%2F%2Faccounts.zoho.evil.example",
        )
        .unwrap_err();
    assert_eq!(
        *error.problem(),
        CallbackErrorKind::Malformed("accounts-server".to_owned())
    );
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn quickbooks_keeps_the_realm_of_the_callback() {
    let (http, _) = provider(&[(
        "POST /oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
        r#"{"access_token":"at","refresh_token":"rt","token_type":"bearer","expires_in":3600,"x_refresh_token_expires_in":8726400}"#,
    )])
    .await;
    let app = app!(quickbooks);
    let login = quickbooks::login_with(&app, &[quickbooks::Scope::ACCOUNTING], &secrets());
    let code = login
        .callback("code=c&state=xyz&realmId=4620816365")
        .unwrap();
    let tokens = http.send(quickbooks::exchange(&app, code)).await.unwrap();
    assert_eq!(tokens.realm_id.as_str(), "4620816365");
    let login = quickbooks::login_with(&app, &[], &secrets());
    let error = login.callback("code=c&state=xyz").unwrap_err();
    assert_eq!(
        *error.problem(),
        CallbackErrorKind::Malformed("realmId".to_owned())
    );
}

/// A callback whose HMAC another program computed: HMAC-SHA256 with the key `hush` over the sorted rest of the query.
const SHOPIFY: &str = "code=0907a61c0c8d55e99db179b68161bc00&hmac=700e2dadb827fcc8609e9d5ce208b2e9cdaab9df07390d2cbca10d7c328fc4bf&shop=some-shop.myshopify.com&state=0.6784241404160823&timestamp=1337178173";

fn shopify_login() -> shopify::Login {
    let secrets = LoginSecrets::from_parts("0.6784241404160823", "verifier").unwrap();
    let inputs = shopify::Inputs {
        shop: shopify::Shop::parse("some-shop").unwrap(),
    };
    shopify::login_with(&app!(shopify), &inputs, &[], &secrets)
}

#[tokio::test]
async fn shopify_s_callback_is_taken_as_it_was_signed_and_in_no_other_form() {
    let (http, seen) = provider(&[(
        "POST /some-shop.myshopify.com/admin/oauth/access_token",
        r#"{"access_token":"shpat","scope":"write_orders"}"#,
    )])
    .await;
    let app = app!(shopify);
    let refused = |query: String| {
        let error = shopify_login().callback(&app, &query).unwrap_err();
        assert!(
            matches!(error.problem(), CallbackErrorKind::Foreign(_)),
            "{query}: {error}"
        );
    };
    refused(SHOPIFY.replace("0907a6", "0907a7"));
    refused(SHOPIFY.replace("hmac=700", "hmac=701"));
    refused(format!("{SHOPIFY}&added=1"));
    refused(SHOPIFY.replace("shop=some-shop", "shop=other-shop"));
    assert!(seen.lock().unwrap().is_empty());
    let inputs = shopify::Inputs {
        shop: shopify::Shop::parse("some-shop").unwrap(),
    };
    let code = shopify_login().callback(&app, SHOPIFY).unwrap();
    let tokens = http
        .send(shopify::exchange(&app, &inputs, code))
        .await
        .unwrap();
    assert_eq!(tokens.access.access_token().expose(), "shpat");
}

#[tokio::test]
async fn salesforce_s_api_lives_where_the_answer_says_if_that_is_salesforce() {
    let (http, seen) = provider(&[(
        "POST /login.salesforce.com/services/oauth2/token",
        r#"{"access_token":"00D","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/00D/005","token_type":"Bearer","issued_at":"1278448384422","signature":"s"}"#,
    )])
    .await;
    let app = app!(salesforce);
    let login =
        || salesforce::login_with(&app, &[], salesforce::LoginOptions::default(), &secrets());
    let code = login().callback("code=c&state=xyz").unwrap();
    let tokens = http.send(salesforce::exchange(&app, code)).await.unwrap();
    let url = "https://acme.my.salesforce.com/services/data/v66.0/query";
    assert!(tokens.access.bearer(&tokens.instance_url, url).is_ok());
    let elsewhere = "https://other.my.salesforce.com/services/data";
    assert!(
        tokens
            .access
            .bearer(&tokens.instance_url, elsewhere)
            .is_err()
    );
    assert_eq!(seen.lock().unwrap().len(), 1);

    let (http, _) = provider(&[(
        "POST /login.salesforce.com/services/oauth2/token",
        r#"{"access_token":"00D","instance_url":"https://evil.example","id":"i","token_type":"Bearer"}"#,
    )])
    .await;
    let code = login().callback("code=c&state=xyz").unwrap();
    let error = http
        .send(salesforce::exchange(&app, code))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`instance_url`"), "{error}");
}

#[tokio::test]
async fn atlassian_s_site_is_chosen_by_the_caller() {
    let (http, _) = provider(&[
        (
            "POST /auth.atlassian.com/oauth/token",
            r#"{"access_token":"at","refresh_token":"rt","expires_in":3600,"scope":"read:jira-work offline_access"}"#,
        ),
        (
            "GET /api.atlassian.com/oauth/token/accessible-resources",
            r#"[{"id":"1324a887-45db-1bf4-1e99-ef0ff456d421","name":"One","url":"https://one.atlassian.net","scopes":[]},
                {"id":"2324a887-45db-1bf4-1e99-ef0ff456d422","name":"Two","url":"https://two.atlassian.net","scopes":[]}]"#,
        ),
    ])
    .await;
    let app = app!(atlassian);
    let options = atlassian::LoginOptions { offline: true };
    let login = atlassian::login_with(&app, &[], options, &secrets());
    let code = login.callback("code=c&state=xyz").unwrap();
    let tokens = http.send(atlassian::exchange(&app, code)).await.unwrap();
    let sites = http.send(atlassian::site(&tokens.access)).await.unwrap();
    let labels: Vec<&str> = sites.iter().map(|site| site.label.as_str()).collect();
    assert_eq!(labels, ["One", "Two"]);
    let url =
        "https://api.atlassian.com/ex/jira/2324a887-45db-1bf4-1e99-ef0ff456d422/rest/api/3/myself";
    assert!(tokens.access.bearer(&sites[1].cloud_id, url).is_ok());
    assert!(tokens.access.bearer(&sites[0].cloud_id, url).is_err());
}

#[tokio::test]
async fn instagram_s_short_token_is_traded_for_a_long_one() {
    let (http, seen) = provider(&[
        (
            "POST /api.instagram.com/oauth/access_token",
            r#"{"access_token":"short","user_id":17841405793187218,"permissions":"instagram_business_basic"}"#,
        ),
        (
            "GET /graph.instagram.com/access_token?grant_type=ig_exchange_token&client_secret=hush&access_token=short",
            r#"{"access_token":"long","token_type":"bearer","expires_in":5183944}"#,
        ),
    ])
    .await;
    let app = app!(instagram);
    let login = instagram::login_with(&app, &[], instagram::LoginOptions::default(), &secrets());
    let code = login.callback("code=c&state=xyz#_").unwrap();
    let exchanged = http.send(instagram::exchange(&app, code)).await.unwrap();
    let tokens = http.send(instagram::long(&app, &exchanged)).await.unwrap();
    assert_eq!(tokens.access.access_token().expose(), "long");
    assert!(tokens.access.expires_at().is_some());
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn zoom_s_account_has_credentials_of_its_own() {
    let (http, seen) = provider(&[(
        "POST /zoom.us/oauth/token",
        r#"{"access_token":"at","token_type":"bearer","expires_in":3600,"scope":"user:read:user:admin","api_url":"https://api.zoom.us"}"#,
    )])
    .await;
    let app = zoom::App::new("id", Secret::new("hush"));
    let inputs = zoom::Inputs {
        account_id: zoom::AccountId::parse("abcDEF123").unwrap(),
    };
    let tokens = http
        .send(zoom::client_credentials(&app, &inputs))
        .await
        .unwrap();
    assert_eq!(tokens.access.access_token().expose(), "at");
    let seen = seen.lock().unwrap();
    assert!(
        seen[0].contains("grant_type=account_credentials&account_id=abcDEF123"),
        "{}",
        seen[0]
    );
    assert!(
        seen[0]
            .to_ascii_lowercase()
            .contains("authorization: basic")
    );
}
