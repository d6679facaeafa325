//! The simulator as a provider. Generated modules run against it unchanged, and it rejects what a real provider would
//! reject.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oauth_runtime::{ErrorKind, Http, Remedy, Secret, http::TransportError, oauth_provider};
use oauth_spec::simulator::{Client, Fault, Simulator, User};
use oauth_spec::{Demand, Source, compile};

#[oauth_provider("../../specs/box.toml")]
mod box_ {}
#[oauth_provider("../../specs/github.toml")]
mod github {}
#[oauth_provider("../../specs/google.toml")]
mod google {}
#[oauth_provider("../../specs/notion.toml")]
mod notion {}
#[oauth_provider("../../specs/slack.toml")]
mod slack {}

const BACK: &str = "https://app.example.com/callback";

type Request = http::Request<Vec<u8>>;

/// Returns the provider of a shipped spec, and an app at it.
fn simulated(spec: &str) -> (Simulator, Client) {
    let path = format!("{}/../specs/{spec}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(&path).unwrap();
    let compiled = compile(&Source::new(path, &text), Demand::Complete).unwrap();
    let simulator = Simulator::of([compiled.base]);
    let client = simulator.register(spec, BACK).unwrap();
    (simulator, client)
}

/// Returns an HTTP client whose requests the simulator gets after `change` has modified them.
fn http(simulator: &Simulator, change: impl Fn(&mut Request) + Send + Sync + 'static) -> Http {
    let carry = simulator.transport::<TransportError>();
    Http::over(move |mut request: Request| {
        change(&mut request);
        carry(request)
    })
}

/// Opens a login's URL as a browser, and returns the URL of the redirect, or the status if there is none.
fn browse(simulator: &Simulator, url: &str) -> String {
    let answer = simulator.answer(&http::Request::get(url).body(Vec::new()).unwrap());
    let location = answer.headers().get("location");
    let location = location.map(|value| value.to_str().unwrap().to_owned());
    location.unwrap_or_else(|| format!("{}", answer.status()))
}

fn text(request: &Request) -> String {
    String::from_utf8_lossy(request.body()).into_owned()
}

fn replace(request: &mut Request, from: &str, to: &str) {
    let changed = text(request).replace(from, to);
    assert_ne!(changed, text(request), "`{from}` is in the request");
    *request.body_mut() = changed.into_bytes();
}

fn leave_out(request: &mut Request, name: &str) {
    let text = text(request);
    let others = text.split('&').filter(|pair| !pair.starts_with(name));
    *request.body_mut() = others.collect::<Vec<_>>().join("&").into_bytes();
}

fn github_app(client: &Client) -> github::App {
    let uri = github::RedirectUri::constant(BACK);
    github::App::new(&*client.id, &*client.secret, uri)
}

fn github_login(app: &github::App) -> github::Login {
    let scopes = [github::Scope::REPO, github::Scope::READ_USER];
    let options = github::LoginOptions {
        ..github::LoginOptions::default()
    };
    github::login(app, &scopes, options)
}

fn github_code(simulator: &Simulator, app: &github::App) -> github::Code {
    let login = github_login(app);
    let back = browse(simulator, login.url());
    login.callback(&back).unwrap()
}

#[tokio::test]
async fn github_from_login_to_revocation() {
    let (simulator, client) = simulated("github");
    let (app, http) = (github_app(&client), http(&simulator, |_| {}));
    let tokens = http
        .send(github::exchange(&app, github_code(&simulator, &app)))
        .await
        .unwrap();
    let scopes: Vec<_> = tokens.access.scopes().unwrap().iter().collect();
    assert_eq!(scopes, ["repo", "read:user"]);
    http.send(github::revoke(&app, &tokens.access))
        .await
        .unwrap();
    let again = http.send(github::revoke(&app, &tokens.access)).await;
    assert!(again.is_ok(), "what is gone needs no end");
}

#[tokio::test]
async fn what_the_user_takes_off_is_not_granted() {
    let (simulator, client) = simulated("github");
    let (app, http) = (github_app(&client), http(&simulator, |_| {}));
    simulator.user(User::Unticks(vec!["repo".to_owned()]));
    let code = github_code(&simulator, &app);
    let tokens = http.send(github::exchange(&app, code)).await.unwrap();
    assert!(!tokens.access.scopes().unwrap().contains("repo"));
    simulator.user(User::Denies);
    let login = github_login(&app);
    let back = browse(&simulator, login.url());
    let refused = login.callback(&back).err().unwrap();
    assert_eq!(refused.remedy(), Remedy::AskTheUser);
}

#[tokio::test]
async fn a_wrong_exchange_is_refused_as_github_refuses_it() {
    type Mistake = (&'static str, fn(&mut Request), &'static str);
    let mistakes: [Mistake; 6] = [
        (
            "an unknown code",
            |request| replace(request, "code=github", "code=x"),
            "bad_verification_code",
        ),
        (
            "no verifier",
            |request| leave_out(request, "code_verifier"),
            "bad_verification_code",
        ),
        (
            "another verifier",
            |request| replace(request, "code_verifier=", "code_verifier=x"),
            "bad_verification_code",
        ),
        (
            "another redirect URI",
            |request| replace(request, "callback", "other"),
            "redirect_uri_mismatch",
        ),
        (
            "a wrong secret",
            |request| replace(request, "client_secret=", "client_secret=x"),
            "incorrect_client_credentials",
        ),
        (
            "JSON for a form",
            |request| {
                let json = http::HeaderValue::from_static("application/json");
                request.headers_mut().insert("content-type", json);
            },
            "invalid_request",
        ),
    ];
    for (mistake, plant, code) in mistakes {
        let (simulator, client) = simulated("github");
        let app = github_app(&client);
        let call = github::exchange(&app, github_code(&simulator, &app));
        let refused = http(&simulator, plant).send(call).await.err();
        let refused = refused.unwrap_or_else(|| panic!("{mistake} was taken"));
        assert_eq!(refused.code(), Some(code), "{mistake}");
    }
}

#[tokio::test]
async fn a_code_works_once_for_ten_minutes_and_for_its_client() {
    let (simulator, client) = simulated("github");
    let (app, http) = (github_app(&client), http(&simulator, |_| {}));
    let login = github_login(&app);
    let back = browse(&simulator, login.url());
    let sealing = oauth_runtime::SealingKey::generate();
    let sealed = login.seal(&sealing);
    let first = login.callback(&back).unwrap();
    assert!(http.send(github::exchange(&app, first)).await.is_ok());
    let second = github::Login::open(&sealed, &sealing)
        .unwrap()
        .callback(&back)
        .unwrap();
    assert!(http.send(github::exchange(&app, second)).await.is_err());

    let late = github_code(&simulator, &app);
    simulator.advance(Duration::from_secs(601));
    assert!(http.send(github::exchange(&app, late)).await.is_err());

    let other = simulator.register("github", BACK).unwrap();
    let stolen = github_code(&simulator, &app);
    assert!(
        http.send(github::exchange(&github_app(&other), stolen))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn google_refreshes_and_its_user_ends_it() {
    let (simulator, client) = simulated("google");
    let http = http(&simulator, |_| {});
    let app = google::App::new(
        &*client.id,
        &*client.secret,
        google::RedirectUri::constant(BACK),
    );
    let login = |offline| {
        let options = google::LoginOptions {
            offline,
            ..google::LoginOptions::default()
        };
        google::login(
            &app,
            &[google::Scope::OPENID, google::Scope::EMAIL],
            options,
        )
    };
    let online = login(false);
    let back = browse(&simulator, online.url());
    let mut tokens = http
        .send(google::exchange(&app, online.callback(&back).unwrap()))
        .await
        .unwrap();
    assert!(
        tokens.access.take_refresh_token().is_none(),
        "nobody asked for one"
    );

    let offline = login(true);
    let back = browse(&simulator, offline.url());
    let mut tokens = http
        .send(google::exchange(&app, offline.callback(&back).unwrap()))
        .await
        .unwrap();
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    assert!(
        http.send(google::refresh(&app, &refresh_token))
            .await
            .is_ok()
    );
    assert!(
        http.send(google::refresh(&app, &refresh_token))
            .await
            .is_ok(),
        "it stays"
    );
    simulator.revoked_by_user(&client);
    let ended = http
        .send(google::refresh(&app, &refresh_token))
        .await
        .err()
        .unwrap();
    assert_eq!(
        (ended.code(), ended.remedy()),
        (Some("invalid_grant"), Remedy::LogIn)
    );
}

#[tokio::test]
async fn google_takes_no_parameter_that_it_does_not_know_and_no_foreign_address() {
    let (simulator, client) = simulated("google");
    let app = google::App::new(
        &*client.id,
        &*client.secret,
        google::RedirectUri::constant(BACK),
    );
    let begin = || {
        google::login(
            &app,
            &[google::Scope::OPENID],
            google::LoginOptions::default(),
        )
    };
    let login = begin();
    let back = browse(&simulator, login.url());
    let more = http(&simulator, |request| {
        request.body_mut().extend_from_slice(b"&more=1");
    });
    let code = login.callback(&back).unwrap();
    let refused = more.send(google::exchange(&app, code)).await.err().unwrap();
    assert_eq!(refused.code(), Some("invalid_request"));
    let login = begin();
    assert_eq!(
        browse(&simulator, &login.url().replace("callback", "evil")),
        "400 Bad Request"
    );
    assert_eq!(
        browse(&simulator, &login.url().replace("google-client", "nobody")),
        "400 Bad Request"
    );
}

#[tokio::test]
async fn box_spends_a_refresh_token_with_its_use() {
    let (simulator, client) = simulated("box");
    let sent = Arc::new(Mutex::new(None));
    let keep = sent.clone();
    let http = http(&simulator, move |request| {
        *keep.lock().unwrap() = Some(request.clone());
    });
    let app = box_::App::new(
        &*client.id,
        &*client.secret,
        box_::RedirectUri::constant(BACK),
    );
    let login = box_::login(&app, &[]);
    let back = browse(&simulator, login.url());
    let mut tokens = http
        .send(box_::exchange(&app, login.callback(&back).unwrap()))
        .await
        .unwrap();
    let first = tokens.access.take_refresh_token().unwrap();
    let mut renewed = http.send(box_::refresh(&app, first)).await.unwrap();
    // Another worker that had this token would send this request.
    let again = sent.lock().unwrap().take().unwrap();
    assert_eq!(simulator.answer(&again).status(), 400);
    let second = renewed.take_refresh_token().unwrap();
    assert!(http.send(box_::revoke(&app, &second)).await.is_ok());
    assert!(http.send(box_::refresh(&app, second)).await.is_err());
}

#[tokio::test]
async fn slack_gives_the_tokens_whose_scopes_were_asked_for() {
    let (simulator, client) = simulated("slack");
    let http = http(&simulator, |_| {});
    let app = slack::App::new(
        &*client.id,
        &*client.secret,
        slack::RedirectUri::constant(BACK),
    );
    let bot_scopes = &[slack::BotScope::COMMANDS];
    let options = slack::LoginOptions {
        bot_scopes,
        ..Default::default()
    };
    let login = slack::login(&app, options);
    let back = browse(&simulator, login.url());
    let tokens = http
        .send(slack::exchange(&app, login.callback(&back).unwrap()))
        .await
        .unwrap();
    let (bot, user) = (tokens.bot.unwrap(), tokens.user);
    assert!(user.is_none());
    http.send(slack::revoke_bot(&app, &bot)).await.unwrap();
    let made_up =
        slack::BotToken::from_stored(oauth_runtime::Token::new(Secret::new("xoxb-made-up")));
    let refused = http
        .send(slack::revoke_bot(&app, &made_up))
        .await
        .err()
        .unwrap();
    assert_eq!(
        refused.status(),
        Some(200),
        "Slack refuses within a success"
    );
}

#[tokio::test]
async fn notion_wants_json_and_the_client_in_a_header() {
    let (simulator, client) = simulated("notion");
    let app = notion::App::new(
        &*client.id,
        &*client.secret,
        notion::RedirectUri::constant(BACK),
    );
    let code = || {
        let login = notion::login(&app);
        let back = browse(&simulator, login.url());
        login.callback(&back).unwrap()
    };
    let right = http(&simulator, |_| {});
    let mut tokens = right.send(notion::exchange(&app, code())).await.unwrap();
    let refresh_token = tokens.access.take_refresh_token().unwrap();
    let mut renewed = right
        .send(notion::refresh(&app, refresh_token))
        .await
        .unwrap();
    assert!(renewed.take_refresh_token().is_some());

    let form = http(&simulator, |request| {
        let form = http::HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert("content-type", form);
    });
    assert!(form.send(notion::exchange(&app, code())).await.is_err());
    let nobody = http(&simulator, |request| {
        request.headers_mut().remove("authorization");
    });
    let refused = nobody
        .send(notion::exchange(&app, code()))
        .await
        .err()
        .unwrap();
    assert_eq!(refused.remedy(), Remedy::MendApp);
}

fn box_app(client: &Client) -> box_::App {
    box_::App::new(
        &*client.id,
        &*client.secret,
        box_::RedirectUri::constant(BACK),
    )
}

async fn box_refresh_token(simulator: &Simulator, app: &box_::App) -> box_::RefreshToken {
    let login = box_::login(app, &[]);
    let back = browse(simulator, login.url());
    let call = box_::exchange(app, login.callback(&back).unwrap());
    let mut tokens = http(simulator, |_| {}).send(call).await.unwrap();
    tokens.access.take_refresh_token().unwrap()
}

#[tokio::test]
async fn each_fault_arrives_as_what_it_is() {
    let (simulator, client) = simulated("box");
    let (app, http) = (box_app(&client), http(&simulator, |_| {}));
    let faults = [
        (
            Fault::TooManyRequests(Duration::from_secs(7)),
            (ErrorKind::Refused, Remedy::SlowDown),
        ),
        (Fault::ServerError(503), (ErrorKind::Refused, Remedy::Retry)),
        (Fault::Page, (ErrorKind::Misbehaved, Remedy::Retry)),
        (Fault::Truncated, (ErrorKind::Misbehaved, Remedy::Retry)),
        (Fault::LostAnswer, (ErrorKind::Unreachable, Remedy::Retry)),
        (
            Fault::TimeOutBefore,
            (ErrorKind::Unreachable, Remedy::Retry),
        ),
        (Fault::TimeOutAfter, (ErrorKind::Unreachable, Remedy::Retry)),
        (
            Fault::Moved("https://api.box.com/v2/token".to_owned()),
            (ErrorKind::Misbehaved, Remedy::MendApp),
        ),
    ];
    for (fault, expected) in faults {
        let refresh_token = box_refresh_token(&simulator, &app).await;
        simulator.fault(fault.clone());
        let call = box_::refresh(&app, refresh_token);
        let mut error = http.send(call).await.err().unwrap();
        assert_eq!((error.kind(), error.remedy()), expected, "{fault:?}");
        assert!(
            error.take_refresh_token().is_none(),
            "{fault:?} may have spent it"
        );
        let wait = error.retry_after();
        assert_eq!(
            wait.is_some(),
            matches!(fault, Fault::TooManyRequests(_)),
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn a_refresh_that_never_left_gives_its_token_back() {
    let (simulator, client) = simulated("box");
    let (app, http) = (box_app(&client), http(&simulator, |_| {}));
    let refresh_token = box_refresh_token(&simulator, &app).await;
    simulator.fault(Fault::LostRequest);
    let before = simulator.received().len();
    let mut error = http
        .send(box_::refresh(&app, refresh_token))
        .await
        .err()
        .unwrap();
    assert_eq!(simulator.received().len(), before);
    let unspent = box_::RefreshToken::from_stored(error.take_refresh_token().unwrap());
    assert!(http.send(box_::refresh(&app, unspent)).await.is_ok());
}

#[tokio::test]
async fn a_provider_may_stop_to_rotate() {
    let (simulator, client) = simulated("box");
    let (app, http) = (box_app(&client), http(&simulator, |_| {}));
    let refresh_token = box_refresh_token(&simulator, &app).await;
    simulator.fault(Fault::NoRefreshToken);
    let mut kept = http.send(box_::refresh(&app, refresh_token)).await.unwrap();
    let same = kept.take_refresh_token().unwrap();
    assert!(
        http.send(box_::refresh(&app, same)).await.is_ok(),
        "the one that was sent lives on"
    );
}
