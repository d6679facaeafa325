//! The subcommands. Exit code 0 means success, 1 means that there are findings, and 2 means wrong usage.

mod build;
mod changed;
mod check;
mod example;
mod formatted;
mod list;
mod new;
mod rustfmt;
mod show;
mod simulate;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use clap::{Parser, Subcommand};
use oauth_spec::files::Read;
use oauth_spec::render::Colour;
use oauth_spec::{Source, control, rules};

/// Compile OAuth provider specs
#[derive(Parser)]
#[command(
    name = "oauth-spec",
    version,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check specs against all rules, and count their documented, observed, reported and unknown values
    Check(check::Arguments),
    /// Generate the provider crate, its tests, the documentation pages and the JSON schema
    Build(build::Arguments),
    /// Print a provider's HTTP requests
    Show(show::Arguments),
    /// Print an example of a call, made from the spec, as text for the spec
    Example(example::Arguments),
    /// Serve simulated providers on localhost
    Simulate(simulate::Arguments),
    /// Explain a rule
    Explain {
        /// The code or name of the rule, such as E0102 or unknown-key
        rule: String,
    },
    /// Print the JSON schema of the spec language
    Schema,
    /// Create a minimal valid spec, with hints about the keys to add next
    New(new::Arguments),
    /// List the shipped specs, with their tier, their grants and the day of their last source
    List(list::Arguments),
    /// Copy a shipped spec into a project, with a comment that names its origin
    Add(new::Copy),
}

/// The exit code for findings.
const FOUND: u8 = 1;
/// The exit code for wrong usage.
const USAGE: u8 = 2;

pub(crate) fn run(command: &Command) -> ExitCode {
    let done = match &command.action {
        Action::Check(arguments) => check::run(arguments),
        Action::Build(arguments) => build::run(arguments),
        Action::Show(arguments) => show::run(arguments),
        Action::Example(arguments) => example::run(arguments),
        Action::Simulate(arguments) => simulate::run(arguments),
        Action::Explain { rule } => explain(rule),
        Action::New(arguments) => new::run(arguments),
        Action::List(arguments) => list::run(arguments),
        Action::Add(arguments) => new::copy(arguments),
        Action::Schema => {
            print(&oauth_spec::schema::text());
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Found) => ExitCode::from(FOUND),
        Err(Stop::Usage(message)) => {
            // The message may contain names of files and options.
            let message = control::escaped(&message);
            let _ = writeln!(io::stderr(), "oauth-spec: {message}");
            ExitCode::from(USAGE)
        }
    }
}

/// The reason why a command ended early.
enum Stop {
    /// There are findings, which were printed.
    Found,
    /// The usage was wrong, such as a path that cannot be read or an unknown provider.
    Usage(String),
}

type Done = Result<(), Stop>;

fn explain(word: &str) -> Done {
    let rule = rules::find(word).ok_or_else(|| {
        let codes: Vec<&str> = rules::RULES.iter().map(|rule| rule.code).collect();
        Stop::Usage(format!(
            "unknown rule `{word}`; the rules are {}",
            codes.join(", ")
        ))
    })?;
    print(&format!(
        "{} {}\n\n{}.\n\n{}\n\nAn example that breaks this rule:\n\n{}",
        rule.code,
        rule.name,
        rule.title,
        rule.why,
        rule.example
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect::<String>()
    ));
    Ok(())
}

/// Prints to standard output. A reader that closed its end, such as `head`, is not an error.
fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Prints a line of progress to standard error, if that is a terminal.
fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "{}", control::escaped(text));
    }
}

fn colour() -> Colour {
    match io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        true => Colour::Always,
        false => Colour::Never,
    }
}

/// Reads the specs at these paths: files, and the `.toml` files of folders and their subfolders.
///
/// Without paths it reads the folder `specs`.
fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, Stop> {
    let all = every(paths)?;
    Ok(all.into_iter().map(|read| read.source).collect())
}

/// Reads each spec at these paths, with the files that it depends on.
fn every(paths: &[PathBuf]) -> Result<Vec<Read>, Stop> {
    let mut files = Vec::new();
    for path in named(paths) {
        let path = path_of(&path);
        if path.is_dir() {
            toml_files(&path, &mut files)?;
        } else {
            files.push(path);
        }
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        return Err(Stop::Usage(
            "there is no spec at these paths: name a `.toml` file, or a folder that contains one"
                .to_owned(),
        ));
    }
    files.iter().map(|file| read_with_bases(file)).collect()
}

/// Returns the path that a word names: `specs/ID.toml` or `specs/reported/ID.toml` for the id of a spec there, or else the
/// word itself.
fn path_of(word: &Path) -> PathBuf {
    let folders = [Path::new("specs"), Path::new("specs/reported")];
    let mut of_id = folders
        .iter()
        .map(|folder| folder.join(word).with_extension("toml"));
    match of_id.find(|path| path.exists()) {
        Some(path) if word.extension().is_none() && !word.exists() => path,
        _ => word.to_path_buf(),
    }
}

/// Returns the given paths, or the folder `specs` if there are none.
fn named(paths: &[PathBuf]) -> Vec<PathBuf> {
    match paths {
        [] => vec![PathBuf::from("specs")],
        paths => paths.to_vec(),
    }
}

/// Adds the `.toml` files of a folder and its subfolders to `files`, except in hidden folders and behind links to folders.
fn toml_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Stop> {
    let unreadable = |error: io::Error| Stop::Usage(format!("{}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        if is_folder && !entry.file_name().to_string_lossy().starts_with('.') {
            toml_files(&path, files)?;
        } else if is_toml && !is_folder {
            files.push(path);
        }
    }
    Ok(())
}

fn read(file: &Path) -> Result<Source, Stop> {
    read_with_bases(file).map(|read| read.source)
}

fn read_with_bases(file: &Path) -> Result<Read, Stop> {
    oauth_spec::files::read(file, &file.to_string_lossy())
        .map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))
}
