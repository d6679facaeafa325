//! `cargo run --example login -- slack`: a login at a simulated provider, from the consent page to the revocation. It prints
//! each HTTP message and masks secrets.

use std::error::Error;

use oauth_runtime::{
    Http,
    http::{Transport, TransportError},
    oauth_provider,
};
use oauth_spec::simulator::{Client, Simulator};

#[oauth_provider("../../specs/box.toml")]
mod box_ {}
#[oauth_provider("../../specs/google.toml")]
mod google {}
#[oauth_provider("../../specs/slack.toml")]
mod slack {}

const BACK: &str = "https://app.example.com/callback";

type Done = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let provider = std::env::args().nth(1).unwrap_or_default();
    match &*provider {
        "box" => at_box().await,
        "google" => at_google().await,
        "slack" => at_slack().await,
        _ => Err("usage: cargo run --example login -- box|google|slack".into()),
    }
}

async fn at_slack() -> Done {
    use slack::rotating::{App, BotScope, LoginOptions, RedirectUri};

    let (simulator, client) = simulated("slack::rotating")?;
    let http = Http::over(printing(simulator.clone()));
    let app = App::new(client.id, client.secret, RedirectUri::constant(BACK));

    say("The browser opens the consent page and returns with a code");
    let bot_scopes = &[BotScope::COMMANDS];
    let login = slack::rotating::login(
        &app,
        LoginOptions {
            bot_scopes,
            ..Default::default()
        },
    );
    let back = browse(&simulator, login.url())?;
    let code = login.callback(&back)?;

    say("The code is exchanged for tokens");
    let tokens = http.send(slack::rotating::exchange(&app, code)).await?;
    let mut bot = tokens.bot.ok_or("the response has no bot token")?;

    say("A refresh consumes the refresh token, and returns new tokens");
    let refresh_token = bot
        .take_refresh_token()
        .ok_or("the response has no refresh token")?;
    let bot = http
        .send(slack::rotating::refresh_bot(&app, refresh_token))
        .await?;

    say("An API request sends the access token");
    println!(
        "{:?}",
        http.send(slack::rotating::userinfo(&app, &bot)).await?
    );

    say("The access token is revoked");
    http.send(slack::rotating::revoke_bot(&app, &bot)).await?;
    Ok(())
}

async fn at_google() -> Done {
    let (simulator, client) = simulated("google")?;
    let http = Http::over(printing(simulator.clone()));
    let app = google::App::new(
        client.id,
        client.secret,
        google::RedirectUri::constant(BACK),
    );

    say("The browser opens the consent page and returns with a code");
    let options = google::LoginOptions {
        offline: true,
        ..google::LoginOptions::default()
    };
    let login = google::login(
        &app,
        &[google::Scope::OPENID, google::Scope::EMAIL],
        options,
    );
    let back = browse(&simulator, login.url())?;
    let code = login.callback(&back)?;

    say("The code is exchanged for tokens");
    let mut tokens = http.send(google::exchange(&app, code)).await?;
    let refresh_token = tokens
        .access
        .take_refresh_token()
        .ok_or("the response has no refresh token")?;

    say("A refresh returns a new access token; the refresh token remains valid");
    let access = http.send(google::refresh(&app, &refresh_token)).await?;

    say("An API request sends the access token");
    println!("{:?}", http.send(google::userinfo(&access)).await?);

    say("The refresh token is revoked");
    http.send(google::revoke(&refresh_token)).await?;
    Ok(())
}

async fn at_box() -> Done {
    let (simulator, client) = simulated("box")?;
    let http = Http::over(printing(simulator.clone()));
    let app = box_::App::new(client.id, client.secret, box_::RedirectUri::constant(BACK));

    say("The browser opens the consent page and returns with a code");
    let login = box_::login(&app, &[]);
    let back = browse(&simulator, login.url())?;
    let code = login.callback(&back)?;

    say("The code is exchanged for tokens");
    let mut tokens = http.send(box_::exchange(&app, code)).await?;
    let first = tokens
        .access
        .take_refresh_token()
        .ok_or("the response has no refresh token")?;

    say("A refresh consumes the refresh token, and returns new tokens");
    let mut access = http.send(box_::refresh(&app, first)).await?;

    say("An API request sends the access token");
    println!("{:?}", http.send(box_::userinfo(&access)).await?);

    say("The refresh token is revoked");
    let second = access
        .take_refresh_token()
        .ok_or("the response has no refresh token")?;
    http.send(box_::revoke(&app, &second)).await?;
    Ok(())
}

/// Starts a simulated provider and registers an app there.
fn simulated(name: &str) -> Result<(Simulator, Client), Box<dyn Error>> {
    let simulator = Simulator::start(name.split("::").take(1))?;
    let client = simulator.register(name, BACK);
    Ok((simulator, client.ok_or("unknown provider")?))
}

/// Returns a transport that sends each request to the simulator and prints request and response.
fn printing(simulator: Simulator) -> impl Transport {
    move |request: http::Request<Vec<u8>>| {
        println!(
            "\n> {} {}",
            request.method(),
            masked(&request.uri().to_string())
        );
        message('>', request.headers(), request.body());
        let answer = simulator.answer(&request);
        println!("\n< {}", answer.status());
        message('<', answer.headers(), answer.body());
        async { Ok::<_, TransportError>(answer) }
    }
}

fn message(side: char, headers: &http::HeaderMap, body: &[u8]) {
    for (name, value) in headers {
        let value = match name.as_str() {
            "authorization" => "…",
            _ => value.to_str().unwrap_or("…"),
        };
        println!("{side} {name}: {value}");
    }
    if !body.is_empty() {
        println!("{side}\n{side} {}", masked(&String::from_utf8_lossy(body)));
    }
}

/// Acts as the browser of a user who consents, and returns the URL that the provider redirects to.
fn browse(simulator: &Simulator, url: &str) -> Result<String, Box<dyn Error>> {
    println!("\n> GET {}", masked(url));
    let back = simulator.browse(url)?;
    println!("\n< 302 Found\n< location: {}", masked(&back));
    Ok(back)
}

fn say(what: &str) {
    println!("\n# {what}");
}

/// Replaces the secret values of parameters and JSON members by `…`.
fn masked(text: &str) -> String {
    const SECRET: [&str; 7] = [
        "client_secret",
        "code",
        "code_verifier",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
    ];
    let mut out = text.to_owned();
    for name in SECRET {
        let places = [
            (format!("?{name}="), "&"),
            (format!("&{name}="), "&"),
            (format!("\"{name}\":\""), "\""),
        ];
        for (before, ends) in places {
            let mut from = 0;
            while let Some(at) = out[from..].find(&before) {
                let start = from + at + before.len();
                let len = out[start..].find(ends).unwrap_or(out.len() - start);
                out.replace_range(start..start + len, "…");
                from = start;
            }
        }
        if let Some(value) = out.strip_prefix(&format!("{name}=")) {
            let rest = value.find('&').map_or("", |at| &value[at..]);
            out = format!("{name}=…{rest}");
        }
    }
    out
}
