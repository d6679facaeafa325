//! What real authorization servers refuse, and how they post a callback.

use oauth_spec::simulator::{Client, Simulator};
use oauth_spec::{Demand, Source, compile};

const BACK: &str = "https://client.example.com/cb";

/// The challenge of RFC 7636 Appendix B and its verifier.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// Returns the simulator of a provider with these keys in `[authorize]` and `[token]`, and an app at it.
fn simulated(authorize: &str, token: &str) -> (Simulator, Client) {
    let text = format!(
        "language = 1\n\n[provider]\nid = \"acme\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\n\
         [authorize]\nurl = \"https://id.acme.example/authorize\"\n{authorize}\n\n\
         [scopes.known]\nread = \"Read\"\nopenid = \"Log in\"\n\n\
         [token]\nurl = \"https://id.acme.example/token\"\n{token}\n\n[token.refresh_token]\n"
    );
    let compiled = compile(&Source::new("acme.toml", text.as_bytes()), Demand::Sound).unwrap();
    let simulator = Simulator::of([compiled.base]);
    let client = simulator.register("acme", BACK).unwrap();
    (simulator, client)
}

/// Returns the callback of a login with these parameters besides the usual ones.
fn callback(simulator: &Simulator, client: &Client, parameters: &str) -> String {
    let url = format!(
        "https://id.acme.example/authorize?response_type=code&client_id={}&redirect_uri={BACK}&scope=read&state=s{parameters}",
        client.id
    );
    simulator.browse(&url).unwrap()
}

fn challenge() -> String {
    format!("&code_challenge={CHALLENGE}&code_challenge_method=S256")
}

/// Returns the status and the body of a token request.
fn token(simulator: &Simulator, body: &str) -> (u16, String) {
    let request = http::Request::post("https://id.acme.example/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.as_bytes().to_vec())
        .unwrap();
    let answer = simulator.answer(&request);
    let body = String::from_utf8(answer.body().clone()).unwrap();
    (answer.status().as_u16(), body)
}

#[test]
fn a_code_challenge_has_43_to_128_characters_and_its_method_does_not_come_alone() {
    let (simulator, client) = simulated("", "");
    assert!(callback(&simulator, &client, &challenge()).contains("code="));
    for wrong in [
        "&code_challenge=short&code_challenge_method=S256".to_owned(),
        format!("&code_challenge={}", "a".repeat(129)),
        "&code_challenge_method=S256".to_owned(),
    ] {
        let refused = callback(&simulator, &client, &wrong);
        assert!(refused.contains("error=invalid_request"), "{refused}");
    }
}

#[test]
fn a_nonce_is_required_where_the_spec_says_so() {
    let (simulator, client) = simulated("", "");
    assert!(callback(&simulator, &client, "").contains("code="));
    let (strict, client) = simulated("nonce = \"required\"", "");
    let refused = callback(&strict, &client, "");
    assert!(refused.contains("error=invalid_request"), "{refused}");
    assert!(callback(&strict, &client, "&nonce=n").contains("code="));
}

#[test]
fn a_refresh_for_a_scope_that_was_not_granted_is_refused() {
    let (simulator, client) = simulated("", "");
    let back = callback(&simulator, &client, &challenge());
    let code = back.split(['=', '&']).nth(1).unwrap();
    let credentials = |body: &str| {
        let request = http::Request::post("https://id.acme.example/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic(&client))
            .body(body.as_bytes().to_vec())
            .unwrap();
        let answer = simulator.answer(&request);
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        (answer.status().as_u16(), body)
    };
    let (_, tokens) = credentials(&format!(
        "grant_type=authorization_code&code={code}&redirect_uri={BACK}&code_verifier={VERIFIER}"
    ));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let (status, refused) = credentials(&format!(
        "grant_type=refresh_token&refresh_token={refresh}&scope=openid"
    ));
    assert_eq!((status, &refused["error"]), (400, &"invalid_scope".into()));
    let (status, _) = credentials(&format!(
        "grant_type=refresh_token&refresh_token={refresh}&scope=read"
    ));
    assert_eq!(status, 200);
}

fn basic(client: &Client) -> String {
    use base64::Engine as _;
    let pair = format!("{}:{}", client.id, client.secret);
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    )
}

#[test]
fn a_public_client_that_sends_a_secret_is_refused() {
    let (simulator, client) = simulated("", "auth = \"none\"");
    let back = callback(&simulator, &client, &challenge());
    let code = back.split(['=', '&']).nth(1).unwrap();
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={BACK}&code_verifier={VERIFIER}&client_id={}",
        client.id
    );
    let (status, refused) = token(&simulator, &format!("{body}&client_secret=s"));
    assert!(
        status == 401 && refused.contains("invalid_client"),
        "{refused}"
    );
    assert_eq!(token(&simulator, &body).0, 200);
}

#[test]
fn a_form_posts_the_callback_where_the_request_asks_for_it() {
    let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/posting.toml")).unwrap();
    let compiled = compile(&Source::new("posting.toml", &text), Demand::Sound).unwrap();
    let plan = compiled.base;
    let simulator = Simulator::of([plan.clone()]);
    let client = simulator.register(&plan.identity.id, BACK).unwrap();
    let login = oauth_spec::emit::docs::request(&plan, "login");
    let url = login
        .trim_start_matches("GET ")
        .split(['?', '\n'])
        .next()
        .unwrap()
        .to_owned();
    let url = format!(
        "{url}?response_type=code&response_mode=form_post&client_id={}&redirect_uri={BACK}&state=s%22%3E&\
         code_challenge={CHALLENGE}&code_challenge_method=S256",
        client.id
    );
    let request = http::Request::get(&url).body(Vec::new()).unwrap();
    let answer = simulator.answer(&request);
    let page = String::from_utf8(answer.body().clone()).unwrap();
    assert_eq!(answer.status(), 200);
    assert!(
        page.contains(&format!("<form method=\"post\" action=\"{BACK}\">")),
        "{page}"
    );
    assert!(page.contains("name=\"state\" value=\"s&quot;>\""), "{page}");
    assert!(
        simulator
            .browse(&url)
            .unwrap()
            .starts_with(&format!("{BACK}?code="))
    );
}
