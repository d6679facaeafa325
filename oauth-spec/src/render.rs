//! Findings as text: the same for the command and for a compile error.

use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// Whether the text may hold terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Always,
}

/// One finding with its place, the line it stands in, and what to type instead.
pub fn finding(source: &Source, diagnostic: &Diagnostic, colour: Colour) -> String {
    let paint = |code: &str, text: &str| match colour {
        Colour::Never => text.to_owned(),
        Colour::Always => format!("\x1b[{code}m{text}\x1b[0m"),
    };
    let (line, column) = source.position(diagnostic.span.start);
    let mut out = format!(
        "{}: {}\n  --> {}:{line}:{column}\n",
        paint("1;31", &format!("error[{}]", diagnostic.rule.code)),
        paint("1", &diagnostic.message),
        source.name,
    );
    let text = source.line(diagnostic.span.start);
    if !text.trim().is_empty() {
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let width = marked_width(source, diagnostic, text, column);
        let marks = format!("{}{}", " ".repeat(column - 1), "^".repeat(width));
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{gutter} |\n{number} | {text}\n{gutter} | {}",
            paint("1;31", &marks)
        );
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  {} {help}", paint("1;36", "help:"));
    }
    out
}

/// How many characters of the line belong to the finding: at least one.
fn marked_width(source: &Source, diagnostic: &Diagnostic, line: &str, column: usize) -> usize {
    let span = diagnostic.span;
    let marked = source.text.get(span.start..span.end).unwrap_or_default();
    let first_line = marked.lines().next().unwrap_or_default();
    let rest = line.chars().count().saturating_sub(column - 1);
    first_line.chars().count().min(rest).max(1)
}
