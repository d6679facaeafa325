//! Compiles a spec in a build script, the alternative to the attribute macro.

fn main() {
    oauth_spec::build::modules(&["specs/bank.toml"]);
}
