//! `check --changed` checks every file that git reports as changed, whatever its name and the spelling of its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const GOOD: &str = "language = 1\n\n[provider]\nid = \"ID\"\nname = \"Acme\"\ndocs = \"https://acme.example/docs\"\n\n[authorize]\nurl = \"https://id.acme.example/authorize\"\n\n[token]\nurl = \"https://id.acme.example/token\"\n";

fn spec(id: &str) -> String {
    GOOD.replace("ID", id)
}

fn bad(id: &str) -> String {
    spec(id).replace(
        "https://id.acme.example/token",
        "http://id.acme.example/token",
    )
}

fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@acme.example"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// Creates a repository with one spec and an overlay of it, tagged `base`.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("specs")).unwrap();
    fs::write(folder.path().join("specs/acme.toml"), spec("acme")).unwrap();
    fs::write(
        folder.path().join("specs/above.toml"),
        "language = 1\n\n[provider]\nid = \"above\"\nextends = \"acme\"\n",
    )
    .unwrap();
    git(folder.path(), &["init", "-q", "-b", "main", "."]);
    commit(folder.path());
    git(folder.path(), &["tag", "base"]);
    folder
}

fn commit(folder: &Path) {
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "state"]);
}

/// The path of the command's program, which is built once.
pub(crate) static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--package",
            "oauth-spec",
            "--message-format",
            "json",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let messages = String::from_utf8(built.stdout).unwrap();
    let mut executables = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    });
    executables.next().unwrap()
});

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(&*PROGRAM)
        .arg("check")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&told).into_owned(),
    )
}

/// The code of the rule that a bad spec breaks.
const NOT_HTTPS: &str = "E0302";

#[test]
fn a_changed_spec_is_checked_whatever_its_name_is_and_however_its_folder_is_spelled() {
    let folder = repository();
    for (id, name) in [
        ("evil", "specs/évil.toml"),
        ("quoted", "specs/a\"b\tc.toml"),
        ("sub", "specs/sub/sub.toml"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bad(id)).unwrap();
        commit(folder.path());
        let absolute = folder.path().join("specs");
        for specs in [
            "specs",
            "./specs/",
            absolute.to_str().unwrap(),
            "specs/../specs",
        ] {
            let (code, told) = check(folder.path(), &[specs, "--changed", "base"]);
            assert_eq!(code, Some(1), "{name} in {specs}: {told}");
            assert!(
                told.contains(NOT_HTTPS) && !told.contains("specs/acme.toml"),
                "{told}"
            );
        }
        fs::remove_file(&path).unwrap();
        commit(folder.path());
    }
    let (_, told) = check(folder.path(), &["specs", "--changed", "base"]);
    assert!(told.contains("checked 0 specs"), "{told}");
}

#[test]
fn an_overlay_is_checked_when_its_base_changed() {
    let folder = repository();
    fs::write(folder.path().join("specs/acme.toml"), bad("acme")).unwrap();
    let (code, told) = check(folder.path(), &["specs", "--changed", "base"]);
    assert_eq!(code, Some(1));
    assert!(
        told.contains("acme.toml:") && told.contains("above.toml:"),
        "{told}"
    );
}

#[test]
fn a_changed_spec_that_is_not_checked_fails_the_check() {
    let folder = repository();
    fs::create_dir(folder.path().join("specs/.hidden")).unwrap();
    fs::write(folder.path().join("specs/.hidden/bad.toml"), bad("bad")).unwrap();
    commit(folder.path());
    let (code, told) = check(folder.path(), &["specs", "--changed", "base"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("which was not checked"), "{told}");
    assert_eq!(
        check(folder.path(), &["specs", "--changed", "--output=x"]).0,
        Some(2)
    );
}

#[cfg(unix)]
#[test]
fn a_file_s_name_is_no_workflow_command() {
    let folder = repository();
    let name = "specs/x\n::error title=injected::y\n.toml";
    std::os::unix::fs::symlink("/nonexistent", folder.path().join(name)).unwrap();
    let (code, told) = check(folder.path(), &["specs", "--format", "github"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        !told
            .lines()
            .any(|line| line.trim_start().starts_with("::error")),
        "{told}"
    );
}
