//! The command writes to its output folder only, and keeps a record of formatted files in cargo's target folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

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
    assert!(!folder.path().join("target").exists());
}

#[test]
fn a_module_that_did_not_change_is_not_formatted_again() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/notion.toml");
    for name in ["specs", "target"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::copy(shipped, folder.path().join("specs/notion.toml")).unwrap();
    assert!(build(folder.path(), None).status.success());

    // From now on, rustfmt states its version and fails to format.
    let version = Command::new("rustfmt").arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let tools = folder.path().join("tools");
    let broken = tools.join("rustfmt");
    fs::create_dir(&tools).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo '{}' && exit 0\nexit 1\n",
        version.trim()
    );
    fs::write(&broken, script).unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let unchanged = build(folder.path(), Some(&tools));
    assert!(unchanged.status.success(), "{unchanged:?}");

    // An edit by hand, another spec and another version of rustfmt are each a reason to format.
    let module = folder.path().join("out/src/notion.rs");
    let text = fs::read_to_string(&module).unwrap();
    fs::write(&module, format!("{text}// edited\n")).unwrap();
    assert!(!build(folder.path(), Some(&tools)).status.success());
    fs::write(&module, &text).unwrap();
    assert!(build(folder.path(), Some(&tools)).status.success());

    let spec = folder.path().join("specs/notion.toml");
    let before = fs::read_to_string(&spec).unwrap();
    let changed = before.replace("name = \"Notion\"", "name = \"Notion too\"");
    assert_ne!(before, changed);
    fs::write(&spec, changed).unwrap();
    assert!(!build(folder.path(), Some(&tools)).status.success());
    fs::write(&spec, before).unwrap();

    let script = fs::read_to_string(&broken).unwrap();
    fs::write(&broken, script.replace("echo '", "echo 'other ")).unwrap();
    assert!(!build(folder.path(), Some(&tools)).status.success());
    assert!(build(folder.path(), None).status.success());
    assert_eq!(fs::read_to_string(&module).unwrap(), text);
}

/// Builds the folder's specs, with the programs in `tools` before all others.
fn build(folder: &Path, tools: Option<&Path>) -> Output {
    let path = std::env::var("PATH").unwrap();
    let path = match tools {
        Some(tools) => format!("{}:{path}", tools.display()),
        None => path,
    };
    Command::new(&*PROGRAM)
        .args(["build", "--out", "out"])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap()
}
