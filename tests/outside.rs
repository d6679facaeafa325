//! A crate outside the workspace, with one dependency and three lines.

use std::process::Command;

#[test]
fn a_crate_with_one_dependency_and_three_lines_compiles() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--target-dir"])
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
