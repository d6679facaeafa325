//! Writes the module of tables that is compared with the module of rows.

use std::path::Path;

#[path = "generate.rs"]
mod generate;

const MODULE: &str = "../../../generated/src/slack.rs";

fn main() {
    println!("cargo::rerun-if-changed={MODULE}");
    println!("cargo::rerun-if-changed=generate.rs");
    let rows = std::fs::read_to_string(MODULE).expect("the module of rows");
    let out = std::env::var_os("OUT_DIR").expect("cargo gives OUT_DIR");
    let tables = generate::tables(&rows);
    std::fs::write(Path::new(&out).join("slack_tables.rs"), &tables).expect("a file");
    let module = format!("pub mod slack_tables {{\n{tables}\n}}\n");
    std::fs::write(Path::new(&out).join("module.rs"), module).expect("a file");
}
