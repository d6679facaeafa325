//! One sequence of valid and invalid requests, sent to the real oidc-provider and to the simulator compiled from its spec.
//! Status, error code and member names agree for each response.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth_spec::simulator::{Client, Simulator, User};

use super::server::{self, Server};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The comparable parts of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    error: Option<String>,
    members: BTreeSet<String>,
}

/// A response, with the values that a later request needs.
struct Answer {
    seen: Seen,
    body: serde_json::Value,
    query: Vec<(String, String)>,
}

impl Answer {
    fn member(&self, name: &str) -> String {
        let in_body = self.body[name].as_str().map(str::to_owned);
        let in_query = || {
            let own = self.query.iter().find(|(own, _)| own == name);
            own.map(|(_, value)| value.clone())
        };
        in_body.or_else(in_query).unwrap_or_default()
    }
}

/// The provider, real or simulated. Both have the same URLs and clients.
enum Door<'s> {
    Real(&'s Server, reqwest::Client),
    Simulated(&'s Server, Simulator),
}

type Pairs<'p> = &'p [(&'p str, &'p str)];

/// The credentials of a request.
enum Shows<'c> {
    Basic(&'c server::Client),
    Nothing,
    Bearer(&'c str),
}

/// Changes parameters. An empty value removes the parameter, and a value after a plus sign adds it a second time.
fn change<'p>(pairs: &mut Vec<(&'p str, &'p str)>, but: Pairs<'p>) {
    for (name, value) in but {
        let more = value.strip_prefix('+');
        match pairs.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) if more.is_none() => *own = value,
            _ => pairs.push((name, more.unwrap_or(value))),
        }
    }
    pairs.retain(|(_, value)| !value.is_empty());
}

impl Door<'_> {
    fn server(&self) -> &Server {
        match self {
            Door::Real(server, _) | Door::Simulated(server, _) => server,
        }
    }

    fn client(&self, name: &str) -> server::Client {
        self.server().client(name)
    }

    /// Follows a login as a browser does. Returns the callback to the app, or the page at which the login stops.
    async fn login(&self, client: &str, but: Pairs<'_>) -> Answer {
        let id = self.client(client).id;
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", self.server().redirect_uri()),
            ("scope", "openid api-read"),
            ("state", "xyz"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        change(&mut pairs, but);
        let url = format!("http://127.0.0.1:{}/auth", self.server().port);
        let url = reqwest::Url::parse_with_params(&url, &pairs).unwrap();
        let (status, back) = match self {
            Door::Real(server, _) => server.try_browse(url.as_str()).await,
            Door::Simulated(_, simulator) => {
                let denies = url.as_str().contains("login_hint=deny");
                simulator.user(if denies { User::Denies } else { User::Consents });
                match simulator.browse(url.as_str()) {
                    Ok(back) => (303, Some(back)),
                    Err(page) => (page.status, None),
                }
            }
        };
        let back = back.map(|back| reqwest::Url::parse(&back).unwrap());
        // A login for a token returns its parameters in the fragment, and its errors too (RFC 6749 §4.2.2.1).
        let back = back.map(|mut url| {
            if let Some(fragment) = url.fragment().map(str::to_owned) {
                url.set_query(Some(&fragment));
            }
            url
        });
        let query: Vec<_> = back
            .iter()
            .flat_map(|url| url.query_pairs().into_owned())
            .collect();
        let error = query.iter().find(|(name, _)| name == "error");
        Answer {
            seen: Seen {
                status,
                error: error.map(|(_, value)| value.clone()),
                members: query.iter().map(|(name, _)| name.clone()).collect(),
            },
            body: serde_json::Value::Null,
            query,
        }
    }

    async fn post(&self, path: &str, shows: &Shows<'_>, form: Pairs<'_>) -> Answer {
        let body = reqwest::Url::parse_with_params("http://x", form).unwrap();
        let body = body.query().unwrap_or_default().to_owned();
        let request = self.request("POST", path, shows);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(body.into_bytes()).unwrap()).await
    }

    fn request(&self, method: &str, path: &str, shows: &Shows<'_>) -> http::request::Builder {
        let url = format!("http://127.0.0.1:{}{path}", self.server().port);
        let request = http::Request::builder().method(method).uri(url);
        let request = request.header("accept", "application/json");
        match shows {
            Shows::Nothing => request,
            Shows::Bearer(token) => request.header("authorization", format!("Bearer {token}")),
            Shows::Basic(client) => {
                let pair = format!("{}:{}", client.id, client.secret);
                request.header("authorization", format!("Basic {}", STANDARD.encode(pair)))
            }
        }
    }

    async fn send(&self, request: http::Request<Vec<u8>>) -> Answer {
        let (status, body) = match self {
            Door::Real(_, http) => {
                let request = reqwest::Request::try_from(request).unwrap();
                let answer = http.execute(request).await.unwrap();
                (
                    answer.status().as_u16(),
                    answer.bytes().await.unwrap().to_vec(),
                )
            }
            Door::Simulated(_, simulator) => {
                let answer = simulator.answer(&request);
                (answer.status().as_u16(), answer.into_body())
            }
        };
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let members = body.as_object().into_iter().flatten();
        Answer {
            seen: Seen {
                status,
                error: body["error"].as_str().map(str::to_owned),
                members: members.map(|(name, _)| name.clone()).collect(),
            },
            body,
            query: Vec::new(),
        }
    }

    async fn code(&self, client: &str) -> String {
        self.login(client, &[]).await.member("code")
    }

    /// Exchanges a code as the client that is registered for Basic.
    async fn exchange(&self, code: &str, but: Pairs<'_>) -> Answer {
        self.exchange_as(&Shows::Basic(&self.client("basic")), code, but)
            .await
    }

    async fn exchange_as(&self, shows: &Shows<'_>, code: &str, but: Pairs<'_>) -> Answer {
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.server().redirect_uri()),
            ("code_verifier", VERIFIER),
        ];
        change(&mut pairs, but);
        self.post("/token", shows, &pairs).await
    }

    async fn refresh(&self, token: &str) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.post("/token", &Shows::Basic(&self.client("basic")), &form)
            .await
    }

    async fn userinfo(&self, shows: &Shows<'_>) -> Answer {
        let request = self.request("GET", "/me", shows);
        self.send(request.body(Vec::new()).unwrap()).await
    }
}

/// Sends all requests in order. Returns the name of each, and the comparable parts of its response.
async fn conversation(door: &Door<'_>) -> Vec<(&'static str, Seen)> {
    let mut said = Vec::new();
    let mut hear = |what: &'static str, answer: &Answer| said.push((what, answer.seen.clone()));
    let (basic, machine) = (door.client("basic"), door.client("machine"));
    let wrong = server::Client {
        id: basic.id.clone(),
        secret: "guessed".to_owned(),
    };

    let login = door.login("basic", &[]).await;
    hear("a login", &login);
    let code = login.member("code");
    let tokens = door.exchange(&code, &[]).await;
    hear("an exchange", &tokens);
    hear(
        "userinfo",
        &door
            .userinfo(&Shows::Bearer(&tokens.member("access_token")))
            .await,
    );
    hear("the code once more", &door.exchange(&code, &[]).await);
    let spoilt = tokens.member("refresh_token");
    hear(
        "a refresh after the code was used again",
        &door.refresh(&spoilt).await,
    );
    let dead = tokens.member("access_token");
    hear(
        "userinfo after the code was used again",
        &door.userinfo(&Shows::Bearer(&dead)).await,
    );

    let tokens = door.exchange(&door.code("basic").await, &[]).await;
    let first = tokens.member("refresh_token");
    let renewed = door.refresh(&first).await;
    hear("a refresh", &renewed);
    hear("a spent refresh token", &door.refresh(&first).await);
    let second = renewed.member("refresh_token");
    hear("the next one, after that", &door.refresh(&second).await);
    hear("an unknown refresh token", &door.refresh("made-up").await);
    hear("no refresh token", &door.refresh("").await);

    let tokens = door.exchange(&door.code("basic").await, &[]).await;
    let (access, refresh) = (
        tokens.member("access_token"),
        tokens.member("refresh_token"),
    );
    hear(
        "an access token for a refresh token",
        &door.refresh(&access).await,
    );
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
    ];
    let at_token = |shows| async move { door.post("/token", &shows, &form).await };
    hear(
        "a refresh with a wrong secret",
        &at_token(Shows::Basic(&wrong)).await,
    );
    hear(
        "a refresh without a client",
        &at_token(Shows::Nothing).await,
    );
    let introspect = |token: &str| {
        let (token, basic) = (token.to_owned(), door.client("basic"));
        async move {
            let form = [("token", &*token)];
            door.post("/token/introspection", &Shows::Basic(&basic), &form)
                .await
        }
    };
    hear("introspection", &introspect(&access).await);
    hear(
        "introspection of an unknown token",
        &introspect("made-up").await,
    );
    let revoke = |shows, token: String| async move {
        let form = [("token", &*token)];
        door.post("/token/revocation", &shows, &form).await
    };
    hear(
        "a revocation with a wrong secret",
        &revoke(Shows::Basic(&wrong), refresh.clone()).await,
    );
    hear(
        "another client's revocation",
        &revoke(Shows::Basic(&machine), refresh.clone()).await,
    );
    hear(
        "a revocation of an unknown token",
        &revoke(Shows::Basic(&basic), "x".to_owned()).await,
    );
    hear(
        "a revocation",
        &revoke(Shows::Basic(&basic), refresh.clone()).await,
    );
    hear("a refresh after it", &door.refresh(&refresh).await);
    hear(
        "userinfo after it",
        &door.userinfo(&Shows::Bearer(&access)).await,
    );
    hear("introspection after it", &introspect(&access).await);
    hear(
        "the same revocation again",
        &revoke(Shows::Basic(&basic), refresh.clone()).await,
    );

    hear("an unknown code", &door.exchange("made-up", &[]).await);
    hear("no code", &door.exchange("", &[]).await);
    let code = door.code("basic").await;
    let other = "another-verifier-another-verifier-another-verifier";
    hear(
        "another verifier",
        &door.exchange(&code, &[("code_verifier", other)]).await,
    );
    hear("the right one after it", &door.exchange(&code, &[]).await);
    let code = door.code("basic").await;
    hear(
        "no verifier",
        &door.exchange(&code, &[("code_verifier", "")]).await,
    );
    let elsewhere = [("redirect_uri", "https://client.example.com/other")];
    hear(
        "another redirect URI",
        &door.exchange(&code, &elsewhere).await,
    );
    hear(
        "no redirect URI",
        &door.exchange(&code, &[("redirect_uri", "")]).await,
    );
    let code = door.code("basic").await;
    hear(
        "a wrong secret",
        &door.exchange_as(&Shows::Basic(&wrong), &code, &[]).await,
    );
    hear(
        "no client",
        &door.exchange_as(&Shows::Nothing, &code, &[]).await,
    );
    let nobody = server::Client {
        id: "nobody".to_owned(),
        secret: "x".to_owned(),
    };
    hear(
        "an unknown client",
        &door.exchange_as(&Shows::Basic(&nobody), &code, &[]).await,
    );
    let post = door.client("post");
    hear("another client's code", &{
        let shown = [("client_id", &*post.id), ("client_secret", &*post.secret)];
        door.exchange_as(&Shows::Nothing, &code, &shown).await
    });
    let twice = [("client_secret", &*basic.secret), ("client_id", &*basic.id)];
    hear(
        "the client shown in two ways",
        &door.exchange(&code, &twice).await,
    );
    hear(
        "another grant type",
        &door.exchange(&code, &[("grant_type", "password")]).await,
    );
    hear(
        "no grant type",
        &door.exchange(&code, &[("grant_type", "")]).await,
    );
    hear(
        "the code twice",
        &door.exchange(&code, &[("code", "+x")]).await,
    );
    hear("JSON", &{
        let request = door.request("POST", "/token", &Shows::Basic(&basic));
        let request = request.header("content-type", "application/json");
        door.send(request.body(b"{}".to_vec()).unwrap()).await
    });
    hear(
        "a parameter that nobody knows",
        &door.exchange(&code, &[("more", "1")]).await,
    );
    let code = door.code("basic").await;
    hear(
        "the client in parameters",
        &door.exchange_as(&Shows::Nothing, &code, &twice).await,
    );

    let public = door.client("public");
    let code = door.code("public").await;
    let shown = [("client_id", &*public.id)];
    let tokens = door.exchange_as(&Shows::Nothing, &code, &shown).await;
    hear("a public client's exchange", &tokens);
    let theirs = tokens.member("refresh_token");
    hear(
        "another client's refresh token",
        &door.refresh(&theirs).await,
    );
    let form = [("grant_type", "client_credentials")];
    hear(
        "a machine's token",
        &door.post("/token", &Shows::Basic(&machine), &form).await,
    );

    hear(
        "userinfo with an unknown token",
        &door.userinfo(&Shows::Bearer("made-up")).await,
    );

    hear(
        "a login of an unknown client",
        &door.login("basic", &[("client_id", "nobody")]).await,
    );
    hear(
        "a login with another redirect URI",
        &door.login("basic", &elsewhere).await,
    );
    let none = [("code_challenge", ""), ("code_challenge_method", "")];
    hear(
        "a login without a challenge",
        &door.login("basic", &none).await,
    );
    let plain = [("code_challenge_method", "plain")];
    hear(
        "a login with a plain challenge",
        &door.login("basic", &plain).await,
    );
    let token = [("response_type", "token")];
    hear("a login for a token", &door.login("basic", &token).await);
    let scope = [("scope", "openid no-such-scope")];
    hear(
        "a login with an unknown scope",
        &door.login("basic", &scope).await,
    );
    hear(
        "a login with a parameter twice",
        &door.login("basic", &[("state", "+abc")]).await,
    );
    hear(
        "a login with an unknown parameter",
        &door.login("basic", &[("more", "1")]).await,
    );
    hear(
        "a login without a state",
        &door.login("basic", &[("state", "")]).await,
    );
    hear(
        "a user who says no",
        &door.login("basic", &[("login_hint", "deny")]).await,
    );
    said
}

#[tokio::test]
async fn the_simulator_of_its_spec_answers_as_oidc_provider_does() {
    let server = Server::start(server::Kind::OidcProvider);
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/oidc_provider.toml");
    let simulator = Simulator::start([spec]).unwrap();
    let kinds = [
        ("basic", ""),
        ("post", ""),
        ("public", "::public"),
        ("machine", ""),
    ];
    for (client, variant) in kinds {
        let own = server.client(client);
        let client = Client {
            id: own.id,
            secret: own.secret,
            redirect_uri: server.redirect_uri().to_owned(),
        };
        assert!(simulator.register_as(&format!("oidc_provider{variant}"), client));
    }
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let real = conversation(&Door::Real(&server, http)).await;
    let simulated = conversation(&Door::Simulated(&server, simulator)).await;
    let mut different = Vec::new();
    for ((what, real), (_, simulated)) in real.iter().zip(&simulated) {
        if real != simulated {
            different.push(format!(
                "{what}:\n  real      {real:?}\n  simulated {simulated:?}"
            ));
        }
    }
    println!("{} answers are compared", real.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}
