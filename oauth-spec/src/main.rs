//! The command-line program, which handles arguments, files, the terminal and exit codes. All other code is in the library.

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    command::run(&command::Command::parse())
}
