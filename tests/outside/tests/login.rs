//! A login at a simulated Slack, in ten lines. It needs no app at Slack and opens no socket.

use oauth_runtime::Http;
use oauth_spec::simulator::Simulator;
use outside::slack::{self, App, BotScope, LoginOptions, RedirectUri};

const BACK: &str = "https://app.example.com/callback";

#[tokio::test]
async fn a_login_brings_a_bot() {
    let simulator = Simulator::start(["slack"]).unwrap();
    let client = simulator.register("slack", BACK).unwrap();
    let http = Http::over(simulator.transport());
    let app = App::new(client.id, client.secret, RedirectUri::constant(BACK));
    let bot_scopes = &[BotScope::CHAT_WRITE];
    let login = slack::login(&app, LoginOptions { bot_scopes, ..Default::default() });
    let back = simulator.browse(login.url()).unwrap();
    let code = login.callback(&back).unwrap();
    let tokens = http.send(slack::exchange(&app, code)).await.unwrap();
    assert!(tokens.bot.unwrap().scopes().unwrap().contains("chat:write"));
}
