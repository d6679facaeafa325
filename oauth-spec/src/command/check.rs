//! `check`: every finding of every file in one run.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oauth_spec::{Compiled, Demand, Diagnostic, Source, Tally, compile, render, rules};
use serde::Serialize;

use super::{Done, Stop, colour, print, progress, sources};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Files or folders; `specs` if none is named
    paths: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Human,
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let sources = sources(&arguments.paths)?;
    let results: Vec<(&Source, Result<Compiled, Vec<Diagnostic>>)> = sources
        .iter()
        .map(|source| {
            progress(&format!("checking {}", source.name));
            (source, compile(source, Demand::Complete))
        })
        .collect();
    match arguments.format {
        Format::Human => print(&human(&results)),
        Format::Json => print(&json(&results)),
    }
    match results.iter().all(|(_, result)| result.is_ok()) {
        true => Ok(()),
        false => Err(Stop::Found),
    }
}

type Results<'a> = [(&'a Source, Result<Compiled, Vec<Diagnostic>>)];

fn human(results: &Results<'_>) -> String {
    let mut out = String::new();
    let (mut findings, mut good) = (0, 0);
    for (source, result) in results {
        match result {
            Ok(_) => good += 1,
            Err(found) => {
                findings += found.len();
                for diagnostic in found {
                    out.push_str(&render::finding(source, diagnostic, colour()));
                    out.push('\n');
                }
            }
        }
    }
    // Writing to a string cannot fail.
    let rules = rules::RULES.len();
    let _ = match findings {
        0 => writeln!(out, "{} good by {rules} rules", count(good, "spec")),
        _ => writeln!(
            out,
            "{} in {}; {} good by {rules} rules",
            count(findings, "finding"),
            count(results.len() - good, "spec"),
            count(good, "spec")
        ),
    };
    let compiled: Vec<&Compiled> = results
        .iter()
        .filter_map(|(_, result)| result.as_ref().ok())
        .collect();
    if !compiled.is_empty() {
        out.push_str(&table(&compiled));
    }
    out
}

fn count(number: usize, word: &str) -> String {
    if number == 1 {
        format!("1 {word}")
    } else {
        format!("{number} {word}s")
    }
}

fn table(compiled: &[&Compiled]) -> String {
    let mut out = format!(
        "\n{:<14}{:>11}{:>10}{:>10}{:>9}\n",
        "values", "documented", "observed", "reported", "unknown"
    );
    for own in compiled {
        let Tally {
            documented,
            observed,
            reported,
            unknown,
        } = own.tally;
        let _ = writeln!(
            out,
            "{:<14}{documented:>11}{observed:>10}{reported:>10}{unknown:>9}",
            own.base.identity.id
        );
    }
    out
}

#[derive(Serialize)]
struct Finding<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    rule: &'a str,
    name: &'a str,
    path: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

fn json(results: &Results<'_>) -> String {
    let findings: Vec<Finding<'_>> = results
        .iter()
        .filter_map(|(source, result)| Some((source, result.as_ref().err()?)))
        .flat_map(|(source, found)| {
            found
                .iter()
                .map(move |diagnostic| finding(source, diagnostic))
        })
        .collect();
    // Texts and numbers always serialize.
    serde_json::to_string_pretty(&findings).unwrap_or_default() + "\n"
}

fn finding<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let (line, column) = source.position(diagnostic.span.start);
    Finding {
        file: &source.name,
        line,
        column,
        rule: diagnostic.rule.code,
        name: diagnostic.rule.name,
        path: &diagnostic.path,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}
