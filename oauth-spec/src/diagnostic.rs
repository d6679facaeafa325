//! Findings: what is wrong with a spec, where, and what to type instead.

use crate::control;
use crate::rules::{self, Rule};
use crate::source::Span;

/// One finding about a spec.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule that the spec breaks.
    pub rule: &'static Rule,
    /// The place of the finding in the source.
    pub span: Span,
    /// The spec path of the finding; empty for the whole file.
    pub path: String,
    /// The message: lower case, no full stop, names the key.
    pub message: String,
    /// The text to type instead.
    pub help: Option<String>,
}

/// All findings of one spec. Dropping unread findings is a compiler bug and panics in debug builds.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    /// Whether there were more findings than `MAX_FINDINGS`.
    is_cut: bool,
}

/// The maximum number of findings kept. A longer list has no use, and each message contains text of the spec.
const MAX_FINDINGS: usize = 1000;

impl Diagnostics {
    /// Creates an empty list of findings.
    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// Adds a finding.
    pub fn report(
        &mut self,
        rule: &'static Rule,
        span: Span,
        path: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let (path, message, help) = (path.into(), message.into(), help.into());
        self.keep(Diagnostic {
            rule,
            span,
            path,
            message,
            help,
        });
    }

    fn keep(&mut self, finding: Diagnostic) {
        match self.found.len() < MAX_FINDINGS {
            true => self.found.push(finding),
            false => self.is_cut = true,
        }
    }

    /// Returns whether there are no findings so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Adds the findings of another stage.
    pub fn append(&mut self, mut other: Diagnostics) {
        self.is_cut |= other.is_cut;
        for finding in std::mem::take(&mut other.found) {
            self.keep(finding);
        }
    }

    /// Returns the findings in the order of the file, without duplicates. They are ready to print: they contain keys
    /// and texts of a spec, so control characters are escaped.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        let mut found = std::mem::take(&mut self.found);
        if self.is_cut {
            found.push(Diagnostic {
                rule: &rules::TOO_LARGE,
                span: Span::default(),
                path: String::new(),
                message: format!(
                    "the spec has more than {MAX_FINDINGS} findings; the rest is left out"
                ),
                help: Some("correct these first".to_owned()),
            });
        }
        for diagnostic in &mut found {
            diagnostic.path = control::escaped(&diagnostic.path);
            diagnostic.message = control::escaped(&diagnostic.message);
            diagnostic.help = diagnostic.help.as_deref().map(control::escaped);
        }
        found.sort_by(|left, right| {
            (left.span, left.rule.code, &left.message).cmp(&(
                right.span,
                right.rule.code,
                &right.message,
            ))
        });
        found.dedup_by(|left, right| {
            (left.span, left.rule.code, &left.message)
                == (right.span, right.rule.code, &right.message)
        });
        found
    }

    /// Returns the findings so far.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter()
    }

    /// Calls `change` for each finding.
    pub(crate) fn each(&mut self, change: impl FnMut(&mut Diagnostic)) {
        self.found.iter_mut().for_each(change);
    }

    /// Removes the findings for which `keep` returns `false`.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.found.retain(keep);
    }
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        debug_assert!(
            self.found.is_empty() || std::thread::panicking(),
            "findings were dropped unread"
        );
    }
}
