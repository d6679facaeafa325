//! The simulator behind a socket: its URLs, and each fault as a client sees it on the wire.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_spec::simulator::{Fault, Lost, Refused, Server, Simulator, Slowly, User};

use crate::support::trial::{BACK, PLANS, Request, Trial, name};

const TOKEN: &str = "https://api.notion.com/v1/oauth/token";

/// Notion behind a socket, and an app there.
struct Served {
    trial: Trial<'static>,
    server: Server,
    http: reqwest::Client,
}

type Answered = reqwest::Result<reqwest::Response>;

impl Served {
    async fn notion() -> Served {
        let plan = PLANS.iter().find(|plan| name(plan) == "notion").unwrap();
        let trial = Trial::of(plan);
        let server = trial.simulator.serve("127.0.0.1:0").await.unwrap();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Served {
            trial,
            server,
            http: http.build().unwrap(),
        }
    }

    fn code(&self) -> String {
        self.trial.code().unwrap()
    }

    async fn exchange(&self, code: &str) -> Answered {
        self.exchange_within(code, Duration::from_secs(60)).await
    }

    /// Exchanges a code with a client that waits at most this long.
    async fn exchange_within(&self, code: &str, time: Duration) -> Answered {
        self.send_within(self.trial.exchange(code).unwrap(), time)
            .await
    }

    async fn send(&self, request: Request) -> Answered {
        self.send_within(request, Duration::from_secs(60)).await
    }

    async fn send_within(&self, request: Request, time: Duration) -> Answered {
        let (parts, body) = request.into_parts();
        let url = self.server.mounted(&parts.uri.to_string());
        let request = self.http.request(parts.method, url).timeout(time);
        request.headers(parts.headers).body(body).send().await
    }

    /// Exchanges a valid code under this fault. Returns the code and the result.
    async fn under(&self, fault: Fault) -> (String, Answered) {
        let code = self.code();
        let waits = matches!(fault, Fault::TimeOutBefore | Fault::TimeOutAfter);
        let time = Duration::from_secs(if waits { 1 } else { 60 });
        self.trial.simulator.fault(fault);
        let answer = self.exchange_within(&code, time).await;
        (code, answer)
    }
}

#[tokio::test]
async fn a_url_of_a_provider_is_mounted_by_host_and_path() {
    let served = Served::notion().await;
    let code = served.code();
    let answer = served.exchange(&code).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("access_token"));
    let again = served.exchange(&code).await.unwrap();
    assert_eq!(again.status(), 400);
    let elsewhere = format!("{}/nobody.example/token", served.server.url());
    let nobody = served.http.get(elsewhere).send().await.unwrap();
    assert_eq!(nobody.status(), 404);
    let log = served.trial.simulator.received();
    assert_eq!(log[1].uri().to_string(), TOKEN);
}

#[tokio::test]
async fn a_lost_request_did_nothing_and_a_lost_answer_did_all() {
    let served = Served::notion().await;
    for (fault, is_done) in [
        (Fault::LostRequest, false),
        (Fault::LostAnswer, true),
        (Fault::TimeOutBefore, false),
        (Fault::TimeOutAfter, true),
    ] {
        let is_silent = matches!(fault, Fault::TimeOutBefore | Fault::TimeOutAfter);
        let (code, answer) = served.under(fault.clone()).await;
        let error = answer.err().unwrap();
        assert_eq!(error.is_timeout(), is_silent, "{fault:?}: {error:?}");
        let again = served.exchange(&code).await.unwrap();
        assert_eq!(again.status() == 400, is_done, "{fault:?}");
    }
}

#[tokio::test]
async fn a_limit_an_error_and_a_move_have_their_status_and_headers() {
    let served = Served::notion().await;
    let limit = Fault::TooManyRequests(Duration::from_secs(7));
    let (code, answer) = served.under(limit).await;
    let answer = answer.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &http::HeaderValue::from_static("7"))
    );
    assert_eq!(
        served.exchange(&code).await.unwrap().status(),
        200,
        "nothing was done"
    );
    let (_, answer) = served.under(Fault::ServerError(502)).await;
    assert_eq!(answer.unwrap().status(), 502);
    let moved = Fault::Moved("https://api.notion.com/v2/token".to_owned());
    let answer = served.under(moved).await.1.unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(
        answer.headers()["location"],
        "https://api.notion.com/v2/token"
    );
}

#[tokio::test]
async fn a_page_half_an_answer_and_a_slow_one_arrive_so() {
    let served = Served::notion().await;
    let (_, page) = served.under(Fault::Page).await;
    let page = page.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html");
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));

    let (_, half) = served.under(Fault::Truncated).await;
    let half = half.unwrap();
    assert_eq!(half.status(), 200);
    assert!(
        half.text().await.is_err(),
        "it promised more than it brought"
    );

    let (_, slow) = served.under(Fault::Slow(Duration::from_millis(200))).await;
    let mut slow = slow.unwrap();
    let (mut body, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = slow.chunk().await.unwrap() {
        body.extend_from_slice(&piece);
        pieces += 1;
    }
    assert!(pieces > 1, "it comes in pieces");
    assert!(String::from_utf8(body).unwrap().contains("access_token"));

    let code = served.code();
    let far = Fault::Slow(Duration::from_secs(3600));
    served.trial.simulator.fault(far);
    let too_slow = served.exchange_within(&code, Duration::from_secs(1)).await;
    let error = match too_slow {
        Ok(answer) => answer.text().await.err().unwrap(),
        Err(error) => error,
    };
    assert!(error.is_timeout(), "{error:?}");
}

#[tokio::test]
async fn a_provider_that_stops_to_rotate_and_a_user_who_takes_all_back_are_seen_on_the_wire() {
    let served = Served::notion().await;
    let text = |answer: Answered| async { answer.unwrap().text().await.unwrap() };
    let tokens = text(served.exchange(&served.code()).await).await;
    let tokens: serde_json::Value = serde_json::from_str(&tokens).unwrap();
    let refresh = |token: &serde_json::Value| {
        let values = [("refresh_token", token.as_str().unwrap())];
        let call = "token.refresh_token";
        served
            .trial
            .request(call, &served.trial.client, &values)
            .unwrap()
    };
    served.trial.simulator.fault(Fault::NoRefreshToken);
    let kept = text(served.send(refresh(&tokens["refresh_token"])).await).await;
    assert!(
        kept.contains("access_token") && !kept.contains("refresh_token"),
        "{kept}"
    );
    served.trial.simulator.revoked_by_user(&served.trial.client);
    let ended = served
        .send(refresh(&tokens["refresh_token"]))
        .await
        .unwrap();
    assert_eq!(ended.status(), 400);
}

#[tokio::test]
async fn a_clock_that_is_wrong_shows_in_the_date() {
    let served = Served::notion().await;
    let ahead = served.under(Fault::ClockAhead(Duration::from_secs(3600)));
    let date = ahead.await.1.unwrap().headers()["date"].clone();
    assert_eq!(date, "Thu, 01 Jan 2026 01:00:00 GMT");
    let behind = served.under(Fault::ClockBehind(Duration::from_secs(3600)));
    let date = behind.await.1.unwrap().headers()["date"].clone();
    assert_eq!(date, "Wed, 31 Dec 2025 23:00:00 GMT");
    let right = served.exchange("made-up").await.unwrap();
    assert_eq!(right.headers()["date"], "Thu, 01 Jan 2026 00:00:00 GMT");
}

#[test]
fn a_clock_that_is_wrong_shows_in_absolute_ends() {
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/reported/strava.toml");
    let simulator = Simulator::start([spec]).unwrap();
    let client = simulator.register("strava", BACK).unwrap();
    let end = || {
        let back = simulator.browse(&format!(
            "https://www.strava.com/oauth/authorize?client_id={}&redirect_uri={BACK}&response_type=code&\
             approval_prompt=auto&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&\
             code_challenge_method=S256",
            client.id
        ));
        let back = back.unwrap();
        let code = back.split(['=', '&']).nth(1).unwrap();
        let body = format!(
            "client_id={}&client_secret={}&grant_type=authorization_code&code={code}&redirect_uri={BACK}&\
             code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            client.id, client.secret
        );
        let request = http::Request::post("https://www.strava.com/api/v3/oauth/token")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(body.into_bytes()).unwrap();
        let answer = simulator.carry(&request).unwrap();
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        body["expires_at"]
            .as_u64()
            .unwrap_or_else(|| panic!("{answer:?}"))
    };
    let right = end();
    simulator.fault(Fault::ClockAhead(Duration::from_secs(90)));
    assert_eq!(end(), right + 90);
}

#[test]
fn a_limit_is_said_in_the_headers_of_the_provider() {
    let simulator = Simulator::start(["github"]).unwrap();
    simulator.fault(Fault::TooManyRequests(Duration::from_secs(60)));
    let request = http::Request::post("https://github.com/login/oauth/access_token");
    let answer = simulator.carry(&request.body(Vec::new()).unwrap()).unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-ratelimit-remaining"), "0");
    assert_eq!(
        header("x-ratelimit-reset"),
        (1_767_225_600 + 60).to_string()
    );
    assert_eq!(header("retry-after"), "60");
}

#[test]
fn in_memory_a_fault_is_a_value() {
    let simulator = Simulator::start(["notion"]).unwrap();
    let request = || http::Request::post(TOKEN).body(Vec::new()).unwrap();
    simulator.fault(Fault::TimeOutAfter);
    let lost = Lost {
        processed: true,
        silent: true,
    };
    assert_eq!(simulator.carry(&request()).err(), Some(lost));
    simulator.fault(Fault::Slow(Duration::from_secs(9)));
    let slow = simulator.carry(&request()).unwrap();
    assert_eq!(
        slow.extensions().get::<Slowly>(),
        Some(&Slowly(Duration::from_secs(9)))
    );
    let why = slow.extensions().get::<Refused>().unwrap();
    assert_eq!(why.0, "the request has no client id");
}

#[test]
fn a_user_who_takes_long_lets_time_pass_at_the_provider() {
    let simulator = Simulator::start(["github"]).unwrap();
    let client = simulator.register("github", BACK).unwrap();
    let before = simulator.now();
    simulator.user(User::TakesLong(Duration::from_secs(1800)));
    let url = format!(
        "https://github.com/login/oauth/authorize?response_type=code&client_id={}&redirect_uri={BACK}&state=s&\
         code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        client.id
    );
    let back = simulator.browse(&url).unwrap();
    assert!(back.starts_with(BACK), "{back}");
    assert_eq!(
        simulator.now().duration_since(before).unwrap(),
        Duration::from_secs(1800)
    );
    let nobody = url.replace("github-client", "nobody");
    assert_eq!(
        simulator.browse(&nobody).unwrap_err().to_string(),
        "the provider returned status 400 without a redirect: unknown client id"
    );
}

/// Two kinds of app of one provider, side by side. Each has the behaviour of its variant.
#[test]
fn an_app_is_of_the_variant_that_it_was_registered_at() {
    let simulator = Simulator::start(["slack"]).unwrap();
    let answers = ["slack", "slack::rotating"].map(|name| {
        let client = simulator.register(name, BACK).unwrap();
        let url = format!(
            "https://slack.com/oauth/v2/authorize?response_type=code&client_id={}&redirect_uri={BACK}&scope=commands&state=s",
            client.id
        );
        let back = simulator.browse(&url).unwrap();
        let code = back.split(['=', '&']).nth(1).unwrap();
        let request = http::Request::post("https://slack.com/api/oauth.v2.access")
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", format!("Basic {}", STANDARD.encode(format!("{}:{}", client.id, client.secret))));
        let body = format!("grant_type=authorization_code&code={code}&redirect_uri={BACK}");
        let answer = simulator.answer(&request.body(body.into_bytes()).unwrap());
        String::from_utf8(answer.into_body()).unwrap()
    });
    assert!(
        answers[0].contains("\"ok\":true") && answers[1].contains("\"ok\":true"),
        "{answers:?}"
    );
    assert!(!answers[0].contains("refresh_token"), "{}", answers[0]);
    assert!(answers[1].contains("refresh_token"), "{}", answers[1]);
}

#[tokio::test]
async fn hundreds_of_simulators_run_in_one_process() {
    let github = Simulator::start(["github"]).unwrap();
    let mut all = Vec::new();
    for _ in 0..300 {
        let simulator = github.anew();
        let server = simulator.serve("127.0.0.1:0").await.unwrap();
        all.push((simulator, server));
    }
    let clients: std::collections::BTreeSet<_> =
        all.iter().map(|(_, server)| server.url()).collect();
    assert_eq!(clients.len(), 300);
    let first = all[0].0.register("github", BACK).unwrap();
    let url = format!(
        "https://github.com/login/oauth/authorize?client_id={}&redirect_uri={BACK}",
        first.id
    );
    assert!(all[1].0.browse(&url).is_err(), "no state is shared");
}

/// Returns the status of a token request with this `Host`, and whether the request reached the provider.
async fn stating(served: &Served, host: &str) -> (u16, bool) {
    let before = served.trial.simulator.received().len();
    let request = served.http.post(served.server.mounted(TOKEN));
    let answer = request.header("host", host).body("").send().await.unwrap();
    let reached = served.trial.simulator.received().len() > before;
    (answer.status().as_u16(), reached)
}

#[tokio::test]
async fn a_site_whose_name_was_rebound_to_loopback_reaches_no_provider() {
    let served = Served::notion().await;
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "xlocalhost:1",
        "api.notion.com",
        "internal",
        "a/b",
    ] {
        assert_eq!(stating(&served, host).await, (421, false), "{host}");
    }
    for host in [
        "127.0.0.1",
        "127.0.0.1:8080",
        "[::1]:8080",
        "localhost",
        "LocalHost:3000",
        "app.localhost",
        "host.docker.internal:8080",
    ] {
        let (status, reached) = stating(&served, host).await;
        assert!(status != 421 && reached, "{host}: {status}");
    }
}

#[tokio::test]
async fn a_request_body_without_end_is_refused() {
    let served = Served::notion().await;
    let before = served.trial.simulator.received().len();
    for (length, refused) in [(1024 * 1024, false), (1024 * 1024 + 1, true)] {
        let request = served.http.post(served.server.mounted(TOKEN));
        let answer = request.body("x".repeat(length)).send().await.unwrap();
        assert_eq!(answer.status() == 413, refused, "{length}");
    }
    assert_eq!(served.trial.simulator.received().len(), before + 1);
}
