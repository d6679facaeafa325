//! `copies DIRECTORY`: writes crates with so many copies of the module of rows, and of that of tables.

use std::fs;
use std::path::Path;

const ROWS: &str = include_str!("../../../../../generated/src/slack.rs");
const TABLES: &str = include_str!(concat!(env!("OUT_DIR"), "/slack_tables.rs"));
const LOCK: &str = include_str!("../../../Cargo.lock");

fn main() -> std::io::Result<()> {
    let directory = std::env::args_os().nth(1).expect("a directory");
    for (name, module) in [("rows", ROWS), ("tables", TABLES)] {
        for copies in [25, 100] {
            write(
                &Path::new(&directory).join(format!("{name}-{copies}")),
                name,
                module,
                copies,
            )?;
        }
    }
    Ok(())
}

fn write(package: &Path, name: &str, module: &str, copies: usize) -> std::io::Result<()> {
    let benchmarks = env!("CARGO_MANIFEST_DIR");
    let source = package.join("src");
    fs::create_dir_all(&source)?;
    fs::write(package.join("Cargo.lock"), LOCK)?;
    fs::write(
        package.join("Cargo.toml"),
        format!(
            "[workspace]\n[package]\nname = \"{name}-{copies}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
             [dependencies]\nexperiment = {{ path = {benchmarks:?} }}\n\
             oauth-runtime = {{ path = \"{benchmarks}/../../../oauth-runtime\", default-features = false }}\n"
        ),
    )?;
    let mut modules = String::new();
    for copy in 0..copies {
        fs::write(source.join(format!("m{copy}.rs")), module)?;
        modules += &format!("pub mod m{copy};\n");
    }
    fs::write(source.join("lib.rs"), modules)
}
