//! Formatting with `rustfmt`, so that `cargo fmt --check` accepts the generated code.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::{Done, Stop};

/// Formats the modules among the files. They must not name other modules, since rustfmt would look for their files.
pub(super) fn format(files: &mut BTreeMap<PathBuf, String>) -> Done {
    let is_module = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    for (_, text) in files.iter_mut().filter(|(path, _)| is_module(path)) {
        let output = run(text).map_err(|error| {
            Stop::Usage(format!(
                "cannot run rustfmt ({error}): install it with `rustup component add rustfmt`"
            ))
        })?;
        let refused = |reason: &str| {
            Stop::Usage(format!(
                "rustfmt rejected generated code, which is a bug in oauth-spec: {reason}"
            ))
        };
        if !output.status.success() {
            return Err(refused(&String::from_utf8_lossy(&output.stderr)));
        }
        *text = String::from_utf8(output.stdout).map_err(|_| refused("its output is not UTF-8"))?;
    }
    Ok(())
}

/// Pipes one module through rustfmt, so that no temporary file exists which others could write.
fn run(text: &str) -> io::Result<Output> {
    let mut child = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--config",
            "use_field_init_shorthand=true,use_try_shorthand=true",
        ])
        // rustfmt looks for a configuration in its folder and those above, and the output must not depend on one.
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // rustfmt reads all of its input before it writes. If it ends early, its status explains why.
    let written = match child.stdin.take() {
        Some(mut input) => input.write_all(text.as_bytes()),
        None => Ok(()),
    };
    let output = child.wait_with_output()?;
    match written {
        Err(error) if output.status.success() => Err(error),
        _ => Ok(output),
    }
}
