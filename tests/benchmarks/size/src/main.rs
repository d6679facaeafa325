//! A program that only begins a login at one provider. With the feature `none` it does not even do that.

fn main() {
    #[cfg(not(feature = "none"))]
    {
        use oauth_providers::slack;
        let redirect_uri = slack::RedirectUri::constant("https://app.example.com/callback");
        let app = slack::App::new("id", "secret", redirect_uri);
        let bot_scopes = &[slack::BotScope::COMMANDS];
        let options = slack::LoginOptions {
            bot_scopes,
            ..Default::default()
        };
        let login = slack::login(&app, options);
        println!("{}", login.url());
    }
    #[cfg(feature = "none")]
    println!(
        "{}",
        std::hint::black_box("https://app.example.com/callback")
    );
}
