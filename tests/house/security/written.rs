//! The command writes to its output folder only.

use std::fs;
use std::process::Command;

use crate::compiler::changed::PROGRAM;

#[test]
fn a_build_needs_no_folder_that_others_can_write_to() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/notion.toml");
    fs::create_dir(folder.path().join("specs")).unwrap();
    fs::copy(shipped, folder.path().join("specs/notion.toml")).unwrap();
    // Nothing can be created below a regular file.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = Command::new(&*PROGRAM)
        .args(["build", "--out", "out"])
        .current_dir(folder.path())
        .env("TMPDIR", file.join("temporary"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let module = fs::read_to_string(folder.path().join("out/src/notion.rs")).unwrap();
    assert!(module.contains("pub fn login("), "{module}");
}
