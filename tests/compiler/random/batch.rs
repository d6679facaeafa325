//! A crate with the modules of many specs, and with a test for each of their examples.

use std::fs;
use std::path::Path;
use std::process::Command;

use oauth_spec::emit::{package, rust};

use super::Accepted;

const TARGET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");

/// Compiles the modules with warnings as errors, and runs the tests of their examples. The error is cargo's output.
pub(super) fn run(specs: &[Accepted]) -> Result<(), String> {
    // A run by hand may be at work beside the one of the tests. Each always uses the same folder: cargo does not
    // distinguish crates of one name in two folders.
    let own = match std::env::var_os("RANDOM_SPECS") {
        Some(_) => "random-by-hand",
        None => "random",
    };
    let target = Path::new(TARGET).join(own);
    let folder = target.join("crate");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("tests")).unwrap();
    fs::create_dir_all(folder.join("src")).unwrap();
    let mut library = String::new();
    let (mut modules, mut ids) = (String::new(), Vec::new());
    for spec in specs {
        let [base, variants @ ..] = spec.plans.as_slice() else {
            continue;
        };
        let id = &base.identity.id;
        let module = rust::module(base, variants);
        fs::write(
            folder.join(format!("src/{id}.rs")),
            rust::file::module(&module, ""),
        )
        .unwrap();
        library.push_str(&format!("pub mod {id};\n"));
        let tests = spec.plans.iter();
        let tests: Vec<_> = tests
            .flat_map(|plan| rust::tests(plan, &package::module_path(plan)))
            .collect();
        let file = folder.join(format!("tests/examples/{id}.rs"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, rust::file::tests(&tests, "")).unwrap();
        fs::write(folder.join(format!("{id}.toml")), &spec.text).unwrap();
        modules.push_str(id);
        ids.push(id.as_str());
    }
    fs::write(folder.join("src/lib.rs"), library).unwrap();
    fs::write(
        folder.join("tests/examples/main.rs"),
        package::test_main(&ids),
    )
    .unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap();
    let manifest = format!(
        "[package]\nname = \"oauth-providers\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         oauth-runtime = {{ path = {:?}, default-features = false }}\nhttp = \"1\"\n\n[workspace]\n",
        root.join("oauth-runtime").display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--tests", "--target-dir"])
        .arg(&target)
        .current_dir(&folder)
        .env("RUSTFLAGS", "-D warnings")
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => {
            let printed = [output.stderr, output.stdout].concat();
            let printed = String::from_utf8_lossy(&printed).into_owned();
            Err(printed.chars().take(20_000).collect())
        }
    }
}
