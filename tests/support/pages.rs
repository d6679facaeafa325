//! Pages that tests write, so that each page states what was tested.

use std::path::{Path, PathBuf};

/// Checks that the page at `path` matches the test's page. With `WRITE_PAGES` it is written first.
#[track_caller]
pub(crate) fn assert_fresh(path: &Path, page: &str, test: &str) {
    if std::env::var_os("WRITE_PAGES").is_some() {
        std::fs::write(path, page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let differs = written
        .lines()
        .zip(page.lines())
        .find(|(old, new)| old != new);
    let (old, new) = differs.unwrap_or_default();
    assert!(
        written == page,
        "{} is stale: WRITE_PAGES=1 cargo test --package outer-tests {test}\nit says:       {old}\nit should say: {new}",
        path.display()
    );
}

/// Installs third-party programs once, and returns their folder.
#[track_caller]
pub(crate) fn installed(folder: &str) -> String {
    let output = std::process::Command::new(format!("{folder}/install.sh")).output();
    let output = output.unwrap();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{wrong}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Returns a text as a table cell.
pub(crate) fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

/// The folder of the documented specs. Its folder `reported` has those that were not looked up.
pub(crate) const SPECS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs");

/// Returns the paths of the specs in a folder, without those in its folders, in alphabetical order.
pub(crate) fn specs(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_spec = |path: &PathBuf| path.extension().is_some_and(|own| own == "toml");
    let mut paths: Vec<PathBuf> = paths.filter(is_spec).collect();
    paths.sort();
    paths
}

/// Returns the ids of the documented specs.
pub(crate) fn shipped() -> Vec<String> {
    let id = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    specs(SPECS).into_iter().map(id).collect()
}
