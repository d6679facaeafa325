//! Packages. Each published crate builds and passes its doc tests from its package alone, without this repository.

use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The packages with their folders, in the order of publication.
const PACKAGES: [(&str, &str); 4] = [
    ("oauth-spec", "oauth-spec"),
    ("oauth-macros", "oauth-macros"),
    ("oauth-runtime", "oauth-runtime"),
    ("oauth-providers", "generated"),
];

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn cargo(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(folder);
    command
}

/// Packages all four crates, and unpacks them into an empty folder.
fn unpacked(folder: &Path) {
    let packed = folder.join("packed");
    let mut package = cargo(
        &["package", "--quiet", "--no-verify", "--allow-dirty"],
        root(),
    );
    package.arg("--target-dir").arg(&packed);
    for (name, _) in PACKAGES {
        package.args(["-p", name]);
    }
    run(&mut package);
    for (name, _) in PACKAGES {
        let archive = packed.join(format!(
            "package/{name}-{}.crate",
            env!("CARGO_PKG_VERSION")
        ));
        run(Command::new("tar")
            .arg("xzmf")
            .arg(archive)
            .current_dir(folder));
        let versioned = folder.join(format!("{name}-{}", env!("CARGO_PKG_VERSION")));
        fs::rename(versioned, folder.join(name)).unwrap();
    }
    let mut workspace = String::from("[workspace]\nresolver = \"3\"\nmembers = [");
    workspace.extend(PACKAGES.map(|(name, _)| format!("{name:?}, ")));
    workspace.push_str("]\n\n[patch.crates-io]\n");
    workspace.extend(PACKAGES.map(|(name, _)| format!("{name} = {{ path = {name:?} }}\n")));
    fs::write(folder.join("Cargo.toml"), workspace).unwrap();
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

#[test]
fn each_package_builds_and_passes_its_doc_tests_alone() {
    let folder = tempfile::tempdir().unwrap();
    unpacked(folder.path());
    for (name, _) in PACKAGES {
        let mut test = cargo(
            &["test", "--quiet", "--doc", "--all-features", "-p", name],
            folder.path(),
        );
        // The dependencies are built once for all packages and runs.
        test.env("CARGO_TARGET_DIR", root().join("target/packages"));
        let told = run(&mut test);
        assert!(told.contains("test result: ok"), "{name}: {told}");
    }
    let mut install = cargo(&["build", "--quiet", "-p", "oauth-spec"], folder.path());
    install.env("CARGO_TARGET_DIR", root().join("target/packages"));
    run(&mut install);
    let oauth_spec = root().join("target/packages/debug/oauth-spec");
    let told = |arguments: &[&str]| {
        let mut command = Command::new(&oauth_spec);
        run(command.args(arguments).current_dir(folder.path()))
    };
    told(&["add", "slack"]);
    let exchange = told(&["show", "slack", "exchange"]);
    assert!(
        exchange.contains("https://slack.com/api/oauth.v2.access"),
        "{exchange}"
    );
}

#[test]
fn each_package_carries_both_licences() {
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        let text = fs::read(root().join(licence)).unwrap();
        for (name, folder) in PACKAGES {
            let copy = fs::read(root().join(folder).join(licence)).unwrap();
            assert!(copy == text, "{name}: {licence}");
        }
    }
}
