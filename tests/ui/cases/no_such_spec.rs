#[oauth_runtime::oauth_provider("./no_such_spec.toml")]
mod acme {}

fn main() {}
