//! Specs that differ from a commit. The paths that git prints are compared in canonical form.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use oauth_spec::files::Read;

use super::{Done, Stop};

/// Keeps the specs that differ from `base`, and those that depend on a file that does.
///
/// It is an error if a changed `.toml` file at the paths does not belong to any spec, since it would not be checked.
pub(super) fn only(specs: &mut Vec<Read>, base: &str, paths: &[PathBuf]) -> Done {
    let changed = changed(base)?;
    specs.retain(|spec| spec.files.iter().any(|file| changed.contains(&real(file))));
    let seen: BTreeSet<PathBuf> = specs
        .iter()
        .flat_map(|spec| &spec.files)
        .map(|file| real(file))
        .collect();
    let paths: Vec<PathBuf> = paths.iter().map(|path| real(path)).collect();
    let is_spec = |file: &&PathBuf| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
            && paths.iter().any(|path| file.starts_with(path))
    };
    match changed.difference(&seen).find(is_spec) {
        None => Ok(()),
        Some(unseen) => Err(Stop::Usage(format!(
            "git reports a change in {}, which was not checked: pass that path as an argument",
            unseen.display()
        ))),
    }
}

/// Returns the canonical path, or the given one if it cannot be resolved.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Returns the files that differ from `base`.
fn changed(base: &str) -> Result<BTreeSet<PathBuf>, Stop> {
    if base.starts_with('-') {
        return Err(Stop::Usage(format!("`{base}` is not a commit")));
    }
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(path(top.strip_suffix(b"\n").unwrap_or(&top)));
    let named = git(&[
        "diff",
        "-z",
        "--name-only",
        "--no-renames",
        "--diff-filter=d",
        base,
        "--",
    ])?;
    let names = named
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    Ok(names.map(|name| real(&top.join(path(name)))).collect())
}

fn git(arguments: &[&str]) -> Result<Vec<u8>, Stop> {
    let output = Command::new("git")
        .args(arguments)
        .output()
        .map_err(|error| Stop::Usage(format!("cannot run git: {error}")))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(Stop::Usage(format!(
            "git {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        ))),
    }
}

/// Returns a name that git prints, which is bytes of any encoding.
#[cfg(unix)]
fn path(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes.to_vec())
}

/// Returns a name that git prints, which is UTF-8.
#[cfg(not(unix))]
fn path(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}
