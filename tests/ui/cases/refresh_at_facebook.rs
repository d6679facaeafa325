#[oauth_runtime::oauth_provider("../../../specs/facebook.toml")]
mod facebook {}

fn main() {
    const REDIRECT_URI: facebook::RedirectUri = facebook::RedirectUri::constant("https://app.example.com/cb");
    let app = facebook::App::new("id", "secret", REDIRECT_URI);
    let _ = facebook::refresh(&app, "a refresh token");
}
