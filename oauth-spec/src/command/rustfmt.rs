//! Rust as `rustfmt` writes it, so that `cargo fmt --check` holds for what the compiler wrote, too.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

use super::{Done, Stop};

/// One run for all modules among the files. None of them may name another: rustfmt would look for it.
pub(super) fn format(files: &mut BTreeMap<PathBuf, String>) -> Done {
    let is_module = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    let paths: Vec<PathBuf> = files.keys().filter(is_module).cloned().collect();
    let scratch = Scratch::new()?;
    let mut written = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let own = scratch.0.join(format!("{at}.rs"));
        fs::write(&own, &files[path]).map_err(|error| scratch.failed(&error))?;
        written.push(own);
    }
    let output = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--config",
            "use_field_init_shorthand=true,use_try_shorthand=true",
        ])
        .args(&written)
        .output();
    let output = output.map_err(|error| {
        Stop::Usage(format!(
            "rustfmt cannot be run ({error}): `rustup component add rustfmt`"
        ))
    })?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(Stop::Usage(format!(
            "rustfmt refused what the compiler wrote, which is a defect of oauth-spec: {told}"
        )));
    }
    for (path, own) in paths.into_iter().zip(&written) {
        let text = fs::read_to_string(own).map_err(|error| scratch.failed(&error))?;
        files.insert(path, text);
    }
    Ok(())
}

/// A folder that is gone with its value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Stop> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let scratch = Scratch(std::env::temp_dir().join(format!("oauth-spec-{process}-{count}")));
        fs::create_dir_all(&scratch.0).map_err(|error| scratch.failed(&error))?;
        Ok(scratch)
    }

    fn failed(&self, error: &io::Error) -> Stop {
        Stop::Usage(format!("{}: {error}", self.0.display()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over lies among temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
