//! Formatting with `rustfmt`, so that `cargo fmt --check` accepts the generated code.

use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

use super::Stop;

/// Returns the version of rustfmt, as it prints it.
///
/// # Errors
///
/// Returns how to install rustfmt if it does not start.
pub(super) fn version() -> Result<String, Stop> {
    let output = Command::new("rustfmt").arg("--version").output();
    let output = output.map_err(|error| missing(&error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim_end().to_owned())
}

/// Formats a module. It must not name other modules, since rustfmt would look for their files.
///
/// # Errors
///
/// Returns how to install rustfmt if it does not start, or why it rejects the module.
pub(super) fn format(text: &str) -> Result<String, Stop> {
    let output = run(text).map_err(|error| missing(&error))?;
    let rejected = |reason: &str| {
        Stop::Usage(format!(
            "rustfmt rejected generated code, which is a bug in oauth-spec: {reason}"
        ))
    };
    if !output.status.success() {
        return Err(rejected(&String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|_| rejected("its output is not UTF-8"))
}

fn missing(error: &io::Error) -> Stop {
    Stop::Usage(format!(
        "cannot run rustfmt ({error}): install it with `rustup component add rustfmt`"
    ))
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
