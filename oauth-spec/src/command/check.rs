//! `check`, which reports every finding of every file in one run.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use oauth_spec::files::Read;
use oauth_spec::{
    Compiled, Day, Demand, Diagnostic, Questions, Source, Tally, compile, control, one_id_twice,
    render, rules,
};
use serde::Serialize;

use super::{Done, Stop, changed, colour, every, example, named, print, progress, read_with_bases};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Files, folders, or ids of specs in the folder `specs`; by default that folder
    paths: Vec<PathBuf>,
    /// The output format of the findings
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Check only specs that differ from this commit or branch by `git diff`, or that extend one that does
    #[arg(long, value_name = "BASE")]
    changed: Option<String>,
    /// Write the missing examples into the specs, made from the spec and marked as generated; they are no evidence
    #[arg(long)]
    fix: bool,
    /// The day on which the sources must be current, such as 2026-11-24; by default today in UTC
    #[arg(long, value_name = "DAY", value_parser = day)]
    today: Option<Day>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a date such as 2026-11-24".to_owned())
}

/// Returns the current day, in UTC.
fn today() -> Day {
    let date = jiff::tz::TimeZone::UTC
        .to_datetime(jiff::Timestamp::now())
        .date();
    Day {
        year: date.year().unsigned_abs(),
        month: date.month().unsigned_abs(),
        day: date.day().unsigned_abs(),
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Text for a terminal
    Human,
    /// A JSON array of objects
    Json,
    /// GitHub workflow commands, which annotate a pull request
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(crate) fn run(arguments: &Arguments) -> Done {
    let mut specs = every(&arguments.paths)?;
    if let Some(base) = &arguments.changed {
        changed::only(&mut specs, base, &named(&arguments.paths))?;
    }
    if arguments.fix {
        fix(&mut specs)?;
    }
    let sources: Vec<Source> = specs.into_iter().map(|read| read.source).collect();
    let demand = Demand::Current(arguments.today.unwrap_or_else(today));
    let mut results: Vec<(&Source, Result<Compiled, Vec<Diagnostic>>)> = sources
        .iter()
        .map(|source| {
            progress(&format!("checking {}", source.name));
            (source, compile(source, demand))
        })
        .collect();
    twice(&mut results);
    match arguments.format {
        Format::Human => print(&human(&results)),
        Format::Json => print(&json(&results)),
        Format::Github => print(&github(&results)),
        Format::Sarif => print(&sarif(&results)),
    }
    match results.iter().all(|(_, result)| result.is_ok()) {
        true => Ok(()),
        false => Err(Stop::Found),
    }
}

/// Writes the missing examples into the files, and reads them again.
fn fix(specs: &mut [Read]) -> Result<(), Stop> {
    for spec in specs {
        let Some(path) = spec.files.first().cloned() else {
            continue;
        };
        match example::fix(&spec.source, &path)? {
            None => {
                let why = "wrote no examples, since there are other findings";
                print(&format!("{}: {why}\n", path.display()));
            }
            Some(0) => {}
            Some(written) => {
                let examples = count(written, "generated example");
                print(&format!("{}: {examples}\n", path.display()));
            }
        }
        *spec = read_with_bases(&path)?;
    }
    Ok(())
}

/// Reports a finding in the later of two specs with one id.
fn twice(results: &mut [(&Source, Result<Compiled, Vec<Diagnostic>>)]) {
    let good: Vec<(usize, (&Source, &Compiled))> = results
        .iter()
        .enumerate()
        .filter_map(|(at, (source, result))| Some((at, (*source, result.as_ref().ok()?))))
        .collect();
    let pairs: Vec<(&Source, &Compiled)> = good.iter().map(|(_, pair)| *pair).collect();
    let found: Vec<(usize, Diagnostic)> = one_id_twice(&pairs)
        .into_iter()
        .map(|(at, finding)| (good[at].0, finding))
        .collect();
    for (at, finding) in found {
        results[at].1 = Err(vec![finding]);
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
        0 => writeln!(
            out,
            "checked {} against {rules} rules: no findings",
            count(good, "spec")
        ),
        _ => writeln!(
            out,
            "{} in {}; {} without findings ({rules} rules)",
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
    if let ([only], 1) = (compiled.as_slice(), results.len()) {
        out.push_str(&questions(only));
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
    let mut line = |name: &str, tally: Tally| {
        let Tally {
            documented,
            observed,
            reported,
            unknown,
        } = tally;
        let _ = writeln!(
            out,
            "{name:<14}{documented:>11}{observed:>10}{reported:>10}{unknown:>9}"
        );
    };
    let is_reported = |own: &&&Compiled| own.base.identity.is_reported;
    let reported: Vec<&Compiled> = compiled.iter().filter(is_reported).copied().collect();
    // Hundreds of reported specs have one line together.
    let together = reported.len() > 1;
    for own in compiled
        .iter()
        .filter(|own| !(together && is_reported(own)))
    {
        line(&own.base.identity.id, own.tally);
    }
    if together {
        let sum = reported
            .iter()
            .fold(Tally::default(), |sum, own| sum.and(own.tally));
        line(&format!("{} reported", reported.len()), sum);
    }
    out
}

/// Lists what is still to be looked up for a spec.
fn questions(compiled: &Compiled) -> String {
    let Questions {
        unsourced,
        unstated,
    } = &compiled.questions;
    let mut out = String::new();
    let mut list = |title: &str, paths: &[&str]| {
        if !paths.is_empty() {
            let _ = writeln!(out, "\n{title}\n  {}", paths.join("\n  "));
        }
    };
    let unsourced: Vec<&str> = unsourced.iter().map(String::as_str).collect();
    list("open: no source states these values", &unsourced);
    list("open: not stated, so the standard applies", unstated);
    out
}

#[derive(Serialize)]
struct Finding<'a> {
    file: String,
    line: usize,
    column: usize,
    rule: &'a str,
    name: &'a str,
    path: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

fn findings<'a>(results: &'a Results<'_>) -> Vec<Finding<'a>> {
    results
        .iter()
        .filter_map(|(source, result)| Some((source, result.as_ref().err()?)))
        .flat_map(|(source, found)| {
            found
                .iter()
                .map(move |diagnostic| finding(source, diagnostic))
        })
        .collect()
}

fn json(results: &Results<'_>) -> String {
    // Texts and numbers always serialize.
    serde_json::to_string_pretty(&findings(results)).unwrap_or_default() + "\n"
}

/// Formats each finding as a workflow command, which GitHub displays at the line in the pull request.
fn github(results: &Results<'_>) -> String {
    let escaped = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| escaped(text).replace(':', "%3A").replace(',', "%2C");
    let lines = findings(results).into_iter().map(|finding| {
        let help = finding
            .help
            .map_or_else(String::new, |help| format!("\nhelp: {help}"));
        format!(
            "::error file={},line={},col={},title={}::{}\n",
            property(&finding.file),
            finding.line,
            finding.column,
            property(&format!("{} {}", finding.rule, finding.name)),
            escaped(&format!("{}{help}", finding.message)),
        )
    });
    lines.collect()
}

fn sarif(results: &Results<'_>) -> String {
    let rules: Vec<_> = rules::RULES
        .iter()
        .map(|rule| {
            serde_json::json!({
                "id": rule.code,
                "name": rule.name,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why },
            })
        })
        .collect();
    let found: Vec<_> = findings(results)
        .into_iter()
        .map(|finding| {
            let help = finding
                .help
                .map_or_else(String::new, |help| format!("; {help}"));
            serde_json::json!({
                "ruleId": finding.rule,
                "level": "error",
                "message": { "text": format!("{}{help}", finding.message) },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": finding.file },
                    "region": { "startLine": finding.line, "startColumn": finding.column },
                } }],
            })
        })
        .collect();
    let report = serde_json::json!({
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{
            "tool": { "driver": {
                "name": "oauth-spec",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": found,
        }],
    });
    format!("{report:#}\n")
}

fn finding<'a>(source: &'a Source, diagnostic: &'a Diagnostic) -> Finding<'a> {
    let (line, column) = source.position(diagnostic.span.start);
    Finding {
        file: control::escaped(&source.name),
        line,
        column,
        rule: diagnostic.rule.code,
        name: diagnostic.rule.name,
        path: &diagnostic.path,
        message: &diagnostic.message,
        help: diagnostic.help.as_deref(),
    }
}
