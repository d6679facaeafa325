//! Findings as text: the same for the command and for a compile error.

use std::fmt::Write as _;

use crate::control;
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

/// One finding with its place, the line it stands in, and what to type instead. Control characters of the spec
/// and of its name are escaped.
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
        control::escaped(&source.name),
    );
    let text = source.line(diagnostic.span.start);
    if !text.trim().is_empty() {
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let (before, marked) = marked(source, diagnostic, text, column);
        let blanks = " ".repeat(width(before));
        let marks = format!("{blanks}{}", "^".repeat(width(marked).max(1)));
        let text = shown(text);
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

/// The parts of the line before the finding, and of the finding.
fn marked<'t>(
    source: &Source,
    diagnostic: &Diagnostic,
    line: &'t str,
    column: usize,
) -> (&'t str, &'t str) {
    let span = diagnostic.span;
    let whole = source.text.get(span.start..span.end).unwrap_or_default();
    let first_line = whole.lines().next().unwrap_or_default();
    let at = |text: &str, count: usize| {
        let mut places = text.char_indices();
        places.nth(count).map_or(text.len(), |(at, _)| at)
    };
    let (before, rest) = line.split_at(at(line, column - 1));
    let (marked, _) = rest.split_at(at(rest, first_line.chars().count()));
    (before, marked)
}

/// A part of a line as it is printed: a tab is one blank, so that the marks stand below what they mark.
fn shown(text: &str) -> String {
    control::escaped(&text.replace('\t', " "))
}

/// How many characters are printed of a part of a line.
fn width(text: &str) -> usize {
    shown(text).chars().count()
}
