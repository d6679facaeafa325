//! Findings as text, for the command and for compile errors.

use std::fmt::Write as _;

use crate::control;
use crate::diagnostic::Diagnostic;
use crate::source::Source;

/// Whether the text may contain terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// Text with ANSI escapes.
    Always,
}

/// Renders one finding with its place, its line, and the text to type instead. Control characters of the spec and of
/// its name are escaped.
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

/// Returns the part of the line before the finding, and the part that the finding marks.
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

/// Returns a part of a line as it is printed. A tab becomes one blank, so that the marks are below what they mark.
fn shown(text: &str) -> String {
    control::escaped(&text.replace('\t', " "))
}

/// Returns the number of characters that are printed for a part of a line.
fn width(text: &str) -> usize {
    shown(text).chars().count()
}
