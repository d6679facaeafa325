//! The second way in: a build script compiles specs of one's own.

fn main() {
    oauth_spec::build::modules(&["specs/bank.toml"]);
}
