//! A crate outside the workspace, with one dependency and three lines of code, and a test of ten lines.

use std::process::Command;

#[test]
fn a_crate_with_one_dependency_and_three_lines_tests_itself_at_a_simulated_provider() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--target-dir"])
        .arg(format!("{root}/target/outside"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/outside"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
