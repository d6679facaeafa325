//! Lists the specs that are included in this crate, and finds the file that it shares with the runtime.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets this"));
    // A package has the specs in its own folder. In the repository that folder is a link to the one beside this crate, which
    // systems without links check out as a file.
    let folders = [here.join("specs"), here.join("../specs")];
    let folder = folders.iter().find(|folder| folder.is_dir());
    let folder = folder.expect("the folder `specs` is in this crate or beside it");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut list = entries("DOCUMENTED", &specs(folder));
    list += &entries("REPORTED", &specs(&folder.join("reported")));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets this"));
    fs::write(out.join("shipped.rs"), list).expect("cargo made this folder");
    let shared = shared(&here);
    println!("cargo::rerun-if-changed={}", shared.display());
    let shared = format!(
        "#[path = {:?}]\npub(crate) mod conversion;\n",
        shared.display().to_string()
    );
    fs::write(out.join("shared.rs"), shared).expect("cargo made this folder");
}

/// Returns a constant with the id and the text of each spec.
fn entries(constant: &str, specs: &[PathBuf]) -> String {
    let mut list = format!("const {constant}: &[(&str, &str)] = &[\n");
    for spec in specs {
        let id = spec.file_stem().and_then(OsStr::to_str);
        let (id, path) = id.zip(spec.to_str()).expect("paths are UTF-8");
        // Writing to a string cannot fail.
        let _ = writeln!(list, "    ({id:?}, include_str!({path:?})),");
    }
    list.push_str("];\n");
    list
}

/// Returns the file that the runtime and this crate both compile.
///
/// A package has it in its own folder. In the repository that file is a link into the runtime, which systems without links
/// check out as a file that contains the path.
fn shared(here: &Path) -> PathBuf {
    let own = here.join("shared/conversion.rs");
    let is_source = fs::read_to_string(&own).is_ok_and(|text| text.starts_with("//!"));
    match is_source {
        true => own,
        false => here.join("../oauth-runtime/src/response/conversion.rs"),
    }
}

/// Returns the specs in a folder, sorted by name.
fn specs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("its entries can be read").path());
    let is_spec = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "toml")
    };
    let mut specs: Vec<PathBuf> = paths.filter(is_spec).collect();
    specs.sort();
    specs
}
