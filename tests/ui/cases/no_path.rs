#[oauth_runtime::oauth_provider]
mod acme {}

fn main() {}
