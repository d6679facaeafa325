//! The command: arguments, files, the terminal and exit codes. Everything else is the library's.

mod command;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    command::run(&command::Command::parse())
}
