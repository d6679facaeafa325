#[oauth_runtime::oauth_provider("../../../specs/box.toml")]
mod boxes {}

const REDIRECT_URI: boxes::RedirectUri = boxes::RedirectUri::constant("http://app.example.com/cb");

fn main() {
    let _ = REDIRECT_URI;
}
