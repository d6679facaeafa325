//! Calls to the APIs of simulated providers, with the tokens of connections.

use std::time::{Duration, UNIX_EPOCH};

use http::Response;
use oauth_providers::{anthropic, facebook, notion, quickbooks, shopify, slack};
use oauth_runtime::lifecycle::{Api, Limits};
use oauth_runtime::{
    ApiError, Http, Token,
    api::{ApiErrorKind, ApiResponse},
    http::TransportError,
    provider::StoredToken,
};
use oauth_spec::simulator::{Fault, Simulator};
use serde_json::json;
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::lifecycle::connected::{BACK, World, manager};

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a client whose API returns these responses, one after the other.
fn answering(answers: Vec<Response<Vec<u8>>>) -> Http {
    let answers = std::sync::Mutex::new(answers.into_iter());
    Http::over(move |_| {
        let next = answers.lock().unwrap().next();
        std::future::ready(Ok::<_, TransportError>(next.unwrap()))
    })
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Vec<u8>> {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.as_bytes().to_vec()).unwrap()
}

async fn anthropic(http: Http) -> Api<anthropic::ApiKey> {
    let manager = manager(http);
    let key = anthropic::ApiKey::new("sk-1");
    let connected = manager
        .connect("team", &anthropic::App::new(), key, ())
        .await;
    connected.unwrap().api()
}

#[track_caller]
fn failed(answered: Result<ApiResponse, ApiError>, kind: ApiErrorKind) -> ApiError {
    let error = answered.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    error
}

#[tokio::test]
async fn a_call_carries_the_token_within_the_base_alone() {
    let world = World::of("slack");
    let ann = world.ann_at_slack(&[slack::BotScope::CHAT_WRITE]).await;
    let api = ann.api();
    let message = json!({ "channel": "C1", "text": "hello" });
    let post = api.post("/chat.postMessage").json(&message);
    let post = post.operation(slack::Operation::CHAT_POST_MESSAGE);
    let answer: serde_json::Value = post.send().await.unwrap().json().unwrap();
    assert_eq!(answer["ok"], true);
    let sent = world.last();
    assert_eq!(sent.uri(), "https://slack.com/api/chat.postMessage");
    assert_eq!(sent.body(), message.to_string().as_bytes());

    let before = world.simulator.received().len();
    for elsewhere in [
        "https://evil.example/api/x",
        "https://slack.com/apix",
        "/../oauth",
    ] {
        let error = failed(api.get(elsewhere).send().await, ApiErrorKind::NotSent);
        assert!(
            error
                .to_string()
                .contains("is not under the API's base URL"),
            "{error}"
        );
    }
    assert_eq!(world.simulator.received().len(), before);
}

#[tokio::test]
async fn a_call_is_said_in_a_few_lines() -> Result<(), ApiError> {
    let world = World::of("slack");
    let ann = world.ann_at_slack(&[slack::BotScope::CHAT_WRITE]).await;
    let message = json!({ "channel": "C1", "text": "hello" });
    let api = ann.api().patience(Duration::from_secs(60));
    let call = api.post("/chat.postMessage").json(&message);
    let answer = call
        .operation(slack::Operation::CHAT_POST_MESSAGE)
        .send()
        .await?;
    for limit in answer.limits() {
        println!(
            "{}: {:?} left, full again in {:?}",
            limit.name, limit.remaining, limit.resets_in
        );
    }
    // The end of the example in the guide.
    assert_eq!(answer.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_refusal_within_a_success_names_the_scope_that_is_missing() {
    let world = World::of("slack");
    let ann = world.ann_at_slack(&[slack::BotScope::USERS_READ]).await;
    let api = ann.api();
    let post = api
        .post("/chat.postMessage")
        .json(&json!({ "channel": "C1" }));
    let post = post.operation(slack::Operation::CHAT_POST_MESSAGE);
    let error = failed(post.send().await, ApiErrorKind::Forbidden);
    assert_eq!(error.needed_scopes(), [["chat:write"]]);
    assert_eq!(error.code(), Some("missing_scope"));
    assert_eq!(
        error.to_string(),
        "chat.postMessage to Slack's API failed: the token lacks a permission: missing_scope (status 200); \
         required scopes: chat:write; Ask for the missing scope and let the user log in again"
    );
}

#[tokio::test]
async fn a_token_that_is_refused_is_refreshed_once_and_the_call_repeated() {
    let world = World::of("box");
    let ann = world.ann_at_box().await;
    // Only the provider's clock moves. To the client the token still looks fresh.
    world.simulator.advance(2 * HOUR);
    let refreshes = world.calls("api.box.com/oauth2/token");
    let answer = ann.api().get("/folders/0/items").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(world.calls("api.box.com/oauth2/token"), refreshes + 1);
    assert_eq!(world.calls("api.box.com/2.0/folders/0/items"), 2);
}

#[tokio::test]
async fn a_refusal_that_no_refresh_mends_is_not_refreshed_for_again() {
    let world = World::of("box");
    let carry = world.simulator.transport::<TransportError>();
    // A server in between rejects every API request.
    let http = Http::over(move |request: http::Request<Vec<u8>>| {
        let is_api = request.uri().path().starts_with("/2.0/");
        let carried = (!is_api).then(|| carry(request));
        async move {
            match carried {
                Some(carried) => carried.await,
                None => Ok(answer(401, &[], "{}")),
            }
        }
    });
    let ann = world.ann_at_box().await;
    let api = ann.api().over(&http);
    let before = world.calls("api.box.com/oauth2/token");
    for _ in 0..3 {
        failed(
            api.get("/users/me").send().await,
            ApiErrorKind::Unauthorized,
        );
    }
    assert_eq!(world.calls("api.box.com/oauth2/token"), before + 1);
}

#[tokio::test]
async fn a_dead_grant_is_told_with_the_refusal() {
    let world = World::of("box");
    let ann = world.ann_at_box().await;
    world.simulator.revoked_by_user(&world.client);
    let error = failed(
        ann.api().get("/users/1").send().await,
        ApiErrorKind::Unauthorized,
    );
    assert_eq!(error.status(), Some(401));
    assert!(
        error.to_string().contains("the user must log in again"),
        "{error}"
    );
    // The grant has ended, so no further request is sent.
    let before = world.simulator.received().len();
    failed(
        ann.api().get("/users/1").send().await,
        ApiErrorKind::NoToken,
    );
    assert_eq!(world.simulator.received().len(), before);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_a_credential() {
    let world = World::of("box");
    let ann = world.ann_at_box().await;
    let files = "https://files.example/secret".to_owned();
    world.simulator.fault(Fault::Moved(files.clone()));
    let answer = ann.api().get("/files/1/content").send().await.unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(answer.headers()["location"], *files);
    assert_eq!(world.last().uri().host(), Some("api.box.com"));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_typed_and_waited_for_where_there_is_patience() {
    let world = World::of("github");
    let (app, access) = world.github(&[]).await;
    let ann = world.manager.connect("ann", &app, access, ()).await;
    let api = ann.unwrap().api();

    let wait = Duration::from_secs(40);
    world.simulator.fault(Fault::TooManyRequests(wait));
    let error = failed(api.get("/user").send().await, ApiErrorKind::RateLimited);
    assert_eq!(error.wait(), Some(wait));
    assert_eq!(error.limits()[0].remaining, Some(0.0));

    world.simulator.fault(Fault::TooManyRequests(wait));
    let began = tokio::time::Instant::now();
    let patient = api.clone().patience(HOUR);
    patient.post("/gists").body("{}").send().await.unwrap();
    assert_eq!(began.elapsed().as_secs(), wait.as_secs());

    // The required wait exceeds the client's patience.
    world.simulator.fault(Fault::TooManyRequests(2 * HOUR));
    failed(patient.get("/user").send().await, ApiErrorKind::RateLimited);
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_failed_at_is_repeated_only_if_that_is_harmless() {
    let world = World::of("box");
    let api = world.ann_at_box().await.api().patience(HOUR);
    world.simulator.fault(Fault::ServerError(503));
    api.get("/users/me").send().await.unwrap();
    world.simulator.fault(Fault::LostAnswer);
    api.get("/users/me").send().await.unwrap();
    world.simulator.fault(Fault::ServerError(503));
    failed(api.post("/folders").send().await, ApiErrorKind::Server);
    world.simulator.fault(Fault::LostAnswer);
    failed(api.post("/folders").send().await, ApiErrorKind::Unreachable);
    // The request never arrived, so repeating a POST is harmless, too.
    world.simulator.fault(Fault::LostRequest);
    api.post("/folders").send().await.unwrap();
    world.simulator.fault(Fault::LostRequest);
    let hasty = api.patience(Duration::ZERO);
    let lost = hasty.post("/folders").send().await;
    let error = failed(lost, ApiErrorKind::Unreachable);
    assert!(!error.may_have_arrived());
}

#[tokio::test]
async fn each_provider_gets_the_token_and_what_it_requires_in_its_own_place() {
    let world = World::of("shopify");
    let back = shopify::RedirectUri::constant(BACK);
    let app = shopify::App::new(&*world.client.id, &*world.client.secret, back);
    let inputs = shopify::Inputs {
        shop: shopify::Shop::parse("acme").unwrap(),
    };
    let inputs = shopify::AccessTokenInputs { inputs };
    let sent = sent_with::<shopify::AccessToken>(&app, &inputs, "/shop.json").await;
    assert_eq!(sent.uri().host(), Some("acme.myshopify.com"));
    assert_eq!(sent.headers()["x-shopify-access-token"], "at");
    assert!(!sent.headers().contains_key("authorization"));

    let back = facebook::RedirectUri::constant(BACK);
    let app = facebook::App::new("id", "secret", back);
    let sent = sent_with::<facebook::AccessToken>(&app, &(), "/me?fields=id").await;
    let query = sent.uri().query().unwrap();
    assert!(query.starts_with("fields=id&appsecret_proof="), "{query}");

    let back = notion::RedirectUri::constant(BACK);
    let app = notion::App::new("id", "secret", back);
    let sent = sent_with::<notion::AccessToken>(&app, &(), "/users/me").await;
    assert_eq!(sent.headers()["notion-version"], "2026-03-11");
    assert_eq!(sent.headers()["authorization"], "Bearer at");

    let back = quickbooks::RedirectUri::constant(BACK);
    let app = quickbooks::App::new("id", "secret", back)
        .with_environment(quickbooks::Environment::Sandbox);
    let realm_id = quickbooks::RealmId::parse("4620").unwrap();
    let inputs = quickbooks::AccessTokenInputs { realm_id };
    let sent = sent_with::<quickbooks::AccessToken>(&app, &inputs, "/query?query=x").await;
    assert_eq!(
        sent.uri(),
        "https://sandbox-quickbooks.api.intuit.com/v3/company/4620/query?query=x"
    );
}

/// Returns the request that is sent with a token of this type.
async fn sent_with<T: StoredToken>(
    app: &T::App,
    inputs: &T::Inputs,
    path: &str,
) -> http::Request<Vec<u8>> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let http = Http::over(move |request| {
        sender.send(request).unwrap();
        std::future::ready(Ok::<_, TransportError>(Response::new(b"{}".to_vec())))
    });
    let token = T::from_stored(Token::new("at".into()));
    let connected = manager(http)
        .connect("ann", app, token, inputs.clone())
        .await;
    connected.unwrap().api().get(path).send().await.unwrap();
    receiver.recv().unwrap()
}

#[tokio::test]
async fn a_key_is_a_token_that_no_call_gives() {
    let simulator = Simulator::start(["anthropic"]).unwrap();
    let key = simulator.key("anthropic").unwrap();
    let manager = manager(Http::over(simulator.transport::<TransportError>()));
    let app = anthropic::App::new();
    let key = anthropic::ApiKey::new(key);
    let team = manager.connect("team", &app, key, ()).await.unwrap();
    let models = team.api().get("/models").send().await.unwrap();
    assert_eq!(models.status(), 200);
    let sent = simulator.received().pop().unwrap();
    assert_eq!(sent.headers()["anthropic-version"], "2026-10-21");
    // The key is deleted. An API key cannot be refreshed, so the advice is to use another one.
    let wrong = anthropic::ApiKey::new("sk-deleted");
    let team = manager.connect("team", &app, wrong, ()).await.unwrap();
    let error = failed(
        team.api().get("/models").send().await,
        ApiErrorKind::Unauthorized,
    );
    assert_eq!(error.code(), Some("authentication_error"));
    assert_eq!(
        error.advice(),
        "Put in another key: this one is wrong, has expired or was deleted"
    );
}

#[tokio::test(start_paused = true)]
async fn several_buckets_are_read_at_once_in_the_provider_s_own_units() {
    let in_a_minute = humantime_of(Duration::from_secs(60));
    let headers = [
        ("request-id", "req_018"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", &*in_a_minute),
        ("anthropic-ratelimit-input-tokens-limit", "40000"),
        ("anthropic-ratelimit-input-tokens-remaining", "39000"),
    ];
    let refusal = r#"{"type":"error","error":{"type":"rate_limit_error","message":"hush"}}"#;
    let api = anthropic(answering(vec![
        answer(200, &headers, "{}"),
        answer(429, &headers, refusal),
        answer(429, &headers, refusal),
        answer(
            529,
            &[],
            r#"{"type":"error","error":{"type":"overloaded_error"}}"#,
        ),
        answer(200, &headers, "{}"),
    ]))
    .await;
    let first = api.post("/messages").send().await.unwrap();
    let names: Vec<_> = first.limits().iter().map(|limit| limit.name).collect();
    assert_eq!(names, ["requests", "input_tokens"]);
    assert_eq!(first.limits()[1].remaining, Some(39000.0));
    assert_eq!(first.request_id(), Some("req_018"));
    let error = failed(
        api.post("/messages").send().await,
        ApiErrorKind::RateLimited,
    );
    let wait = error.wait().unwrap();
    assert!((50..=60).contains(&wait.as_secs()), "{wait:?}");
    assert!(!format!("{error} {error:?}").contains("hush"));
    // A POST is repeated after a rate limit and after an overload, because the provider processed neither request.
    api.patience(HOUR).post("/messages").send().await.unwrap();
}

fn humantime_of(ahead: Duration) -> String {
    let end = UNIX_EPOCH + UNIX_EPOCH.elapsed().unwrap() + ahead;
    humantime::format_rfc3339_seconds(end).to_string()
}

#[tokio::test]
async fn calls_are_counted_by_operation_and_kind_of_failure() {
    let world = World::of("slack");
    let ann = world.ann_at_slack(&[slack::BotScope::CHAT_WRITE]).await;
    let api = ann.api();
    for operation in [
        slack::Operation::CHAT_POST_MESSAGE,
        slack::Operation::CHAT_POST_MESSAGE,
        slack::Operation::USERS_INFO,
    ] {
        let id = oauth_runtime::api::ApiOperation::about(&operation).id;
        let call = api.get(&format!("/{id}")).operation(operation);
        call.send().await.ok();
    }
    let counts = world.manager.calls();
    let counted: Vec<_> = counts
        .iter()
        .map(|own| {
            (
                own.operation,
                own.calls,
                own.failures.get("forbidden").copied(),
            )
        })
        .collect();
    assert_eq!(
        counted,
        [
            (Some("chat.postMessage"), 2, None),
            (Some("users.info"), 1, Some(1))
        ]
    );
    assert_eq!(
        serde_json::to_value(&counts[0]).unwrap(),
        json!({
            "provider": "slack",
            "operation": "chat.postMessage",
            "scopes": [["chat:write"]],
            "calls": 2,
            "failures": {},
        })
    );
}

#[tokio::test]
async fn any_tower_service_does_the_same_through_the_layer() {
    let world = World::of("box");
    let ann = world.ann_at_box().await;
    let simulator = world.simulator.clone();
    let provider = service_fn(move |request: http::Request<Vec<u8>>| {
        let answer = simulator.answer(&request);
        std::future::ready(Ok::<_, std::io::Error>(answer))
    });
    let mut service = ann.layer().layer(provider);
    let get = |path: &str| http::Request::get(path).body(Vec::new()).unwrap();
    world.simulator.advance(2 * HOUR);
    let ready = service.ready().await.unwrap();
    let answer = ready.call(get("/folders/0/items")).await.unwrap();
    assert_eq!(answer.status(), 200, "refreshed and repeated");
    assert!(answer.extensions().get::<Limits>().is_some());

    let error = service.ready().await.unwrap();
    let error = error.call(get("https://evil.example/")).await.unwrap_err();
    let error = error.downcast::<ApiError>().unwrap();
    assert_eq!(error.kind(), ApiErrorKind::NotSent);

    // A streaming body is sent only once, so the error response is final.
    world.simulator.advance(2 * HOUR);
    let simulator = world.simulator.clone();
    let provider = service_fn(move |request: http::Request<Vec<u8>>| {
        let answer = simulator.answer(&request);
        std::future::ready(Ok::<_, std::io::Error>(answer))
    });
    let once = ann.layer_with(|_| None).layer(provider);
    let answer = once.oneshot(get("/folders/0/items")).await.unwrap();
    assert_eq!(answer.status(), 401);
}
