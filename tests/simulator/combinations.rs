//! The modules of unusual specs log in at their own simulators: the login, its callback, the exchange, and what follows.

use oauth_runtime::{Http, Remedy, http::TransportError, oauth_provider};
use oauth_spec::simulator::{Client, Simulator, User};
use oauth_spec::{Demand, Source, compile};

#[oauth_provider("compiler/combinations/callback_checked.toml")]
mod callback_checked {}
#[oauth_provider("compiler/combinations/callback_header.toml")]
mod callback_header {}
#[oauth_provider("compiler/combinations/claims_of_access_token.toml")]
mod claims_of_access_token {}
#[oauth_provider("compiler/combinations/content_hosts.toml")]
mod content_hosts {}
#[oauth_provider("compiler/combinations/declined.toml")]
mod declined {}
#[oauth_provider("compiler/combinations/drawn_headers.toml")]
mod drawn_headers {}
#[oauth_provider("compiler/combinations/dropped_in_variant.toml")]
mod dropped_in_variant {}
#[oauth_provider("compiler/combinations/further_call_without_token.toml")]
mod further_call_without_token {}
#[oauth_provider("compiler/combinations/login_without_client.toml")]
mod login_without_client {}
#[oauth_provider("compiler/combinations/renewed_without_token.toml")]
mod renewed_without_token {}
#[oauth_provider("compiler/combinations/revoked_by_either_token.toml")]
mod revoked_by_either_token {}
#[oauth_provider("compiler/combinations/revoked_by_user.toml")]
mod revoked_by_user {}
#[oauth_provider("compiler/combinations/scope_as_argument.toml")]
mod scope_as_argument {}
#[oauth_provider("compiler/combinations/scopes_in_body.toml")]
mod scopes_in_body {}
#[oauth_provider("compiler/combinations/unfilled_header.toml")]
mod unfilled_header {}

const BACK: &str = "https://app.example.com/callback";

/// Returns the simulator of a spec, an app at it, and an HTTP client.
fn simulated(module: &str) -> (Simulator, Client, Http) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/compiler/combinations");
    let spec = module.split("::").next().unwrap();
    let text = std::fs::read(format!("{folder}/{spec}.toml")).unwrap();
    let compiled = compile(&Source::new(spec, &text), Demand::Sound).unwrap();
    let simulator = Simulator::of(compiled.plans().cloned());
    let client = simulator.register(module, BACK).unwrap();
    let http = Http::over(simulator.transport::<TransportError>());
    (simulator, client, http)
}

/// Logs in, and evaluates to the HTTP client, the app and the tokens.
macro_rules! log_in {
    ($module:ident $(, app $app:expr)? $(, login $argument:expr)?) => {{
        let (simulator, client, http) = simulated(stringify!($module));
        let back = $module::RedirectUri::parse(BACK).unwrap();
        let app = $module::App::new(client.id, client.secret, back $(, $app)?);
        let login = $module::login(&app $(, $argument)?);
        let callback = simulator.browse(login.url()).unwrap();
        let code = login.callback(&callback).unwrap();
        let tokens = http.send($module::exchange(&app, code)).await.unwrap();
        (http, app, tokens)
    }};
}

#[tokio::test]
async fn a_callback_that_names_the_app_is_accepted() {
    let (http, app, mut tokens) = log_in!(callback_checked);
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    http.send(callback_checked::refresh(&app, refresh_token))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_login_without_a_client_id_reaches_the_app() {
    let application = login_without_client::Application::parse("amzn1.sp.solution.1").unwrap();
    let (http, app, mut tokens) = log_in!(login_without_client, app application);
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    http.send(login_without_client::refresh(&app, refresh_token))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_claims_of_an_access_token_are_read() {
    let (http, app, mut tokens) = log_in!(claims_of_access_token);
    assert!(!tokens.event.is_empty());
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    http.send(claims_of_access_token::refresh(&app, refresh_token))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_field_of_the_callback_is_a_header_of_the_api() {
    let (http, _, tokens) = log_in!(callback_header);
    let userinfo = callback_header::userinfo(&tokens.access, &tokens.tenant);
    http.send(userinfo).await.unwrap();
    http.send(callback_header::revoke(&tokens.access))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_header_of_the_api_is_generated_for_each_request() {
    let (http, _, tokens) = log_in!(drawn_headers);
    http.send(drawn_headers::userinfo(&tokens.access))
        .await
        .unwrap();
    let ids = [drawn_headers::api_headers(), drawn_headers::api_headers()];
    let [first, second] = ids.map(|headers| headers[0].1.clone());
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_renewal_needs_no_token() {
    let (http, app, _) = log_in!(renewed_without_token);
    http.send(renewed_without_token::renew(&app)).await.unwrap();
}

#[tokio::test]
async fn a_revocation_may_name_the_user_alone() {
    let (http, app, tokens) = log_in!(revoked_by_user);
    http.send(revoked_by_user::revoke(&app, &tokens.user_id))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_scopes_of_the_app_are_an_argument() {
    let (http, app, _) = log_in!(scope_as_argument);
    http.send(scope_as_argument::client_credentials(&app, "read write"))
        .await
        .unwrap();
}

#[tokio::test]
async fn scopes_have_their_separator_in_url_and_body() {
    let scopes = [
        scopes_in_body::Scope::READ_ALL,
        scopes_in_body::Scope::WRITE_ALL,
    ];
    let (http, app, _) = log_in!(scopes_in_body, login & scopes);
    http.send(scopes_in_body::client_credentials(&app, &scopes))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_header_has_the_value_of_an_input() {
    let partner = unfilled_header::Partner::parse("p-1").unwrap();
    let (http, app, mut tokens) = log_in!(unfilled_header, app partner);
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    http.send(unfilled_header::refresh(&app, &refresh_token))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_further_call_may_send_no_token() {
    let (http, app, tokens) = log_in!(further_call_without_token);
    let draw = http
        .send(further_call_without_token::draw(&app))
        .await
        .unwrap();
    let revoke = further_call_without_token::revoke(&app, &tokens.user_id, &draw.nonce);
    http.send(revoke).await.unwrap();
}

#[tokio::test]
async fn a_variant_has_nothing_that_it_dropped() {
    let (_, _, tokens) = log_in!(dropped_in_variant);
    assert!(!tokens.guild_id.is_empty());
    let (_simulator, client, http) = simulated("dropped_in_variant::bot");
    let app = dropped_in_variant::bot::App::new(client.id, client.secret);
    let token = http
        .send(dropped_in_variant::bot::client_credentials(&app))
        .await
        .unwrap();
    http.send(dropped_in_variant::bot::revoke(&app, &token))
        .await
        .unwrap();
}

/// Returns the response to a token request whose headers `change` has modified.
fn exchanged(change: impl Fn(&mut http::HeaderMap)) -> http::Response<Vec<u8>> {
    let (simulator, client, _) = simulated("callback_checked");
    let back = callback_checked::RedirectUri::parse(BACK).unwrap();
    let app = callback_checked::App::new(client.id, client.secret, back);
    let login = callback_checked::login(&app);
    let callback = simulator.browse(login.url()).unwrap();
    let code = login.callback(&callback).unwrap();
    let call = callback_checked::exchange(&app, code);
    let mut request = call.http_request().unwrap();
    change(request.headers_mut());
    simulator.answer(&request)
}

#[test]
fn a_token_response_has_the_headers_of_the_standard() {
    let answer = exchanged(|_| ());
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(!answer.headers().contains_key("www-authenticate"));
    let wrong = exchanged(|headers| {
        headers.insert("authorization", "Basic YTpi".parse().unwrap());
    });
    let body = String::from_utf8_lossy(wrong.body());
    assert!(body.contains("invalid_client"), "{body}");
    assert_eq!(wrong.status(), 401);
    let challenge = wrong.headers()["www-authenticate"].to_str().unwrap();
    assert!(challenge.starts_with("Basic "), "{challenge}");
}

#[tokio::test]
async fn a_user_who_declines_is_reported_by_the_provider_s_own_code() {
    let (simulator, client, _) = simulated("declined");
    let back = declined::RedirectUri::parse(BACK).unwrap();
    let app = declined::App::new(client.id, client.secret, back);
    let login = declined::login(&app, declined::LoginOptions::default());
    simulator.user(User::Denies);
    let callback = simulator.browse(login.url()).unwrap();
    assert!(
        callback.contains("error=user_cancelled_login"),
        "{callback}"
    );
    let refused = login.callback(&callback).unwrap_err();
    assert_eq!(refused.remedy(), Remedy::AskTheUser);
}

#[tokio::test]
async fn requests_share_the_words_of_an_argument_and_a_constant_may_be_left_out() {
    let options = declined::LoginOptions {
        segment: Some(declined::Segment::Team),
    };
    let (simulator, client, http) = simulated("declined");
    let back = declined::RedirectUri::parse(BACK).unwrap();
    let app = declined::App::new(client.id, client.secret, back);
    let login = declined::login(&app, options);
    let callback = simulator.browse(login.url()).unwrap();
    let code = login.callback(&callback).unwrap();
    let options = declined::ExchangeOptions {
        segment: Some(declined::Segment::Person),
    };
    let mut token = http
        .send(declined::exchange(&app, code, options))
        .await
        .unwrap();
    let refresh_token = token.access.take_refresh_token().unwrap();
    let call = declined::refresh(&app, refresh_token, declined::RefreshOptions::default());
    let mut request = call.http_request().unwrap();
    assert_eq!(request.headers()["x-trace"], "on");
    request.headers_mut().remove("x-trace");
    assert_eq!(simulator.answer(&request).status(), 200);
}

#[tokio::test]
async fn a_token_goes_to_each_base_of_the_api_that_accepts_it() {
    let (simulator, client, http) = simulated("content_hosts");
    let back = content_hosts::RedirectUri::parse(BACK).unwrap();
    let app = content_hosts::App::new(client.id, client.secret, back);
    let login = content_hosts::login(&app);
    let callback = simulator.browse(login.url()).unwrap();
    let code = login.callback(&callback).unwrap();
    let tokens = http
        .send(content_hosts::exchange(&app, code))
        .await
        .unwrap();
    let session = http.send(content_hosts::begin_session(&tokens.access));
    let session = session.await.unwrap();
    let call = |url: &str, token: &str| {
        let mut request = http::Request::get(url).header("authorization", token);
        for (name, value) in content_hosts::api_headers() {
            request = request.header(name, value);
        }
        simulator
            .answer(&request.body(Vec::new()).unwrap())
            .status()
    };
    for url in [
        "https://api.acme.example/2/files",
        "https://content.acme.example/2/files",
    ] {
        let own = session.bearer(url).unwrap();
        assert_eq!(call(url, own.to_str().unwrap()), 200, "{url}");
        let login = format!("Bearer {}", tokens.access.access_token().expose());
        assert_eq!(call(url, &login), 401, "the login's token at {url}");
    }
    assert!(session.bearer("https://evil.example/2/files").is_err());
    assert!(session.bearer("https://content.acme.example/3").is_err());
}

#[test]
fn each_kind_of_redirect_uri_is_accepted_separately() {
    let parse = content_hosts::RedirectUri::parse;
    for uri in [
        "https://app.example.com/cb",
        "http://127.0.0.1:1234/cb",
        "com.example.app:/cb",
    ] {
        assert!(parse(uri).is_ok(), "{uri}");
    }
    for uri in ["http://localhost:1234/cb", "http://app.example.com/cb"] {
        assert!(parse(uri).is_err(), "{uri}");
    }
    let (simulator, _, _) = simulated("content_hosts");
    let client = simulator
        .register("content_hosts", "http://127.0.0.1:1/cb")
        .unwrap();
    let back = parse("http://127.0.0.1:2/cb").unwrap();
    let app = content_hosts::App::new(client.id, client.secret, back);
    let login = content_hosts::login(&app);
    let callback = simulator.browse(login.url()).unwrap();
    assert!(callback.starts_with("http://127.0.0.1:2/cb?"), "{callback}");
}

/// Logs in at the provider whose revocation accepts either token.
async fn either(
    offline: bool,
    scopes: &[revoked_by_either_token::Scope],
) -> (
    Simulator,
    Http,
    revoked_by_either_token::App,
    revoked_by_either_token::Tokens,
) {
    use revoked_by_either_token as module;
    let (simulator, client, http) = simulated("revoked_by_either_token");
    let back = module::RedirectUri::parse(BACK).unwrap();
    let app = module::App::new(client.id, client.secret, back);
    let login = module::login(&app, scopes, module::LoginOptions { offline });
    let callback = simulator.browse(login.url()).unwrap();
    let code = login.callback(&callback).unwrap();
    let tokens = http.send(module::exchange(&app, code)).await.unwrap();
    (simulator, http, app, tokens)
}

#[tokio::test]
async fn a_connection_without_a_refresh_token_revokes_its_access_token() {
    use oauth_runtime::provider::StoredToken;
    use revoked_by_either_token::{AccessToken, Scope};
    for offline in [true, false] {
        let (simulator, http, app, tokens) = either(offline, &[Scope::IDENTITY]).await;
        let kept = tokens.access.access_token().clone();
        let stored = oauth_runtime::token::TokenType::stored(&tokens.access).clone();
        let revoke = <AccessToken as StoredToken>::revoke(&app, &(), stored).unwrap();
        let request = revoke.http_request().unwrap();
        let body = String::from_utf8_lossy(request.body()).into_owned();
        assert_eq!(body.contains("-refresh-"), offline, "{body}");
        http.send(revoke).await.unwrap();
        let request = http::Request::get("https://api.acme.example/me")
            .header("authorization", format!("Bearer {}", kept.expose()));
        let answer = simulator.answer(&request.body(Vec::new()).unwrap());
        assert_eq!(answer.status(), 401);
    }
}

#[tokio::test]
async fn userinfo_needs_its_scope() {
    use revoked_by_either_token::{Scope, userinfo};
    let (_, http, _, tokens) = either(false, &[Scope::READ]).await;
    let refused = http.send(userinfo(&tokens.access)).await.unwrap_err();
    assert_eq!(refused.status(), Some(403));
    let (_, http, _, tokens) = either(false, &[Scope::IDENTITY]).await;
    http.send(userinfo(&tokens.access)).await.unwrap();
}

#[tokio::test]
async fn the_next_access_token_ends_the_last_one_and_its_use_ends_the_refresh_token() {
    use revoked_by_either_token::{Scope, refresh, userinfo};
    let scopes = [Scope::OPENID, Scope::IDENTITY];
    let (_, http, app, tokens) = either(true, &scopes).await;
    assert!(tokens.access.id_token().is_some());
    let again = {
        let stored = oauth_runtime::token::TokenType::stored(&tokens.access);
        let first = stored.refresh_token().unwrap().clone();
        move || revoked_by_either_token::RefreshToken::from_stored(first.clone())
    };
    let new = http.send(refresh(&app, again())).await.unwrap();
    assert!(new.id_token().is_none());
    assert!(http.send(userinfo(&tokens.access)).await.is_err());
    let newest = http.send(refresh(&app, again())).await.unwrap();
    http.send(userinfo(&newest)).await.unwrap();
    assert!(http.send(refresh(&app, again())).await.is_err());
}

#[tokio::test]
async fn a_code_has_the_lifetime_of_its_spec_and_its_reuse_ends_nothing() {
    use revoked_by_either_token as module;
    use revoked_by_either_token::{Scope, userinfo};
    let (simulator, http, app, tokens) = either(false, &[Scope::IDENTITY]).await;
    let exchange = simulator
        .received()
        .into_iter()
        .rfind(|own| own.method() == "POST");
    assert_eq!(simulator.answer(&exchange.unwrap()).status(), 400);
    http.send(userinfo(&tokens.access)).await.unwrap();

    let login = module::login(&app, &[], module::LoginOptions::default());
    let callback = simulator.browse(login.url()).unwrap();
    let code = login.callback(&callback).unwrap();
    simulator.advance(std::time::Duration::from_secs(31));
    assert!(http.send(module::exchange(&app, code)).await.is_err());
}
