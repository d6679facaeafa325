//! Packages. Each published crate builds and passes its doc tests from its package alone, without this repository.

use std::fs;
use std::path::{Path, PathBuf};
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
    // Not in folders of the same names as in the repository, since both share the compiled dependencies.
    let unpacked = folder.join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    for (name, _) in PACKAGES {
        let archive = packed.join(format!(
            "package/{name}-{}.crate",
            env!("CARGO_PKG_VERSION")
        ));
        run(Command::new("tar")
            .arg("xzmf")
            .arg(archive)
            .current_dir(&unpacked));
        let versioned = unpacked.join(format!("{name}-{}", env!("CARGO_PKG_VERSION")));
        fs::rename(versioned, unpacked.join(name)).unwrap();
    }
    let mut workspace = String::from("[workspace]\nresolver = \"3\"\nmembers = [");
    workspace.extend(PACKAGES.map(|(name, _)| format!("\"unpacked/{name}\", ")));
    workspace.push_str("]\n\n[patch.crates-io]\n");
    workspace
        .extend(PACKAGES.map(|(name, _)| format!("{name} = {{ path = \"unpacked/{name}\" }}\n")));
    fs::write(folder.join("Cargo.toml"), workspace).unwrap();
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
}

/// Returns every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let below = paths.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    below.collect()
}

#[test]
fn each_package_contains_what_its_source_includes() {
    let folder = tempfile::tempdir().unwrap();
    unpacked(folder.path());
    let mut included = 0;
    for (name, _) in PACKAGES {
        let package = folder.path().join("unpacked").join(name).canonicalize();
        let package = package.unwrap();
        for file in files(&package) {
            if file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            for rest in text.split("include_str!(\"").skip(1) {
                let path = rest.split('"').next().unwrap();
                let own = file.parent().unwrap().join(path).canonicalize();
                let own = own.unwrap_or_else(|_| panic!("{}: {path}", file.display()));
                assert!(own.starts_with(&package), "{}: {path}", file.display());
                included += 1;
            }
        }
    }
    assert!(included > 30, "{included}");
    let specs = files(&folder.path().join("unpacked/oauth-spec/specs"));
    let specs = specs
        .iter()
        .filter(|path| path.extension().is_some_and(|own| own == "toml"));
    let shipped = oauth_spec::shipped::ids().chain(oauth_spec::shipped::reported());
    assert_eq!(specs.count(), shipped.count());
}

/// Takes minutes with new dependencies: `.ci/run packages`.
#[test]
#[ignore = "compiles the dependencies again"]
fn each_package_builds_and_passes_its_doc_tests_alone() {
    let folder = tempfile::tempdir().unwrap();
    unpacked(folder.path());
    let mut test = cargo(
        &["test", "--quiet", "--doc", "--all-features"],
        folder.path(),
    );
    test.env("CARGO_TARGET_DIR", root().join("target"));
    let output = run(&mut test);
    let passed = output.matches("test result: ok").count();
    assert!(passed >= PACKAGES.len(), "{output}");
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
