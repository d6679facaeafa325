#[oauth_runtime::oauth_provider("./broken_spec.toml")]
mod acme {}

fn main() {}
