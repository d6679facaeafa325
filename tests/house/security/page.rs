//! The page of the security review. Each item must name existing files and tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::items::{HARDENING, Item, VULNERABILITIES};
use crate::support::pages;

const PAGE: &str = "\
# Security review

Written by `WRITE_PAGES=1 cargo test -p outer-tests`. Each row names a weakness that a review of revision 2fe160a proved, the
code that refuses it now, and the tests that show the refusal. A test of this crate fails if a named file or test is missing.
What remains possible is listed below each table.

Not in the tables: `oauth-connections` speaks to PostgreSQL without TLS and says so in its help, so use a socket or a tunnel.
The library accepts a pool with TLS.

";

fn section(page: &mut String, heading: &str, items: &[Item]) {
    let _ = write!(
        page,
        "## {heading}\n\n| item | weakness | refused by | shown by |\n|---|---|---|---|\n"
    );
    for item in items {
        let files: Vec<String> = item.files.iter().map(|own| format!("`{own}`")).collect();
        let tests: Vec<String> = item
            .tests
            .iter()
            .map(|(file, test)| format!("`{test}` in `{file}`"))
            .collect();
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            item.id,
            pages::cell(item.was),
            files.join(", "),
            tests.join(", ")
        );
    }
    page.push('\n');
    for item in items.iter().filter(|item| !item.open.is_empty()) {
        let _ = writeln!(page, "- {}: {}", item.id, item.open);
    }
    if items.iter().any(|item| !item.open.is_empty()) {
        page.push('\n');
    }
}

#[test]
fn every_item_names_code_and_tests_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for item in VULNERABILITIES.iter().chain(HARDENING) {
        for file in item.files {
            assert!(root.join(file).is_file(), "{}: {file}", item.id);
        }
        assert!(!item.tests.is_empty(), "{}", item.id);
        for (file, test) in item.tests {
            let text = texts
                .entry(*file)
                .or_insert_with(|| fs::read_to_string(root.join(file)).unwrap_or_default());
            assert!(
                text.contains(&format!("fn {test}(")),
                "{}: no test `{test}` in {file}",
                item.id
            );
        }
    }
    let ids: Vec<&str> = VULNERABILITIES.iter().map(|item| item.id).collect();
    let all: Vec<String> = (1..=20).map(|nth| format!("V{nth}")).collect();
    assert_eq!(ids, all);
}

#[test]
fn the_page_of_the_security_review_is_fresh() {
    let mut page = String::from(PAGE);
    section(&mut page, "Vulnerabilities", VULNERABILITIES);
    section(&mut page, "Hardening", HARDENING);
    let page = format!("{}\n", page.trim_end());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/house/security/README.md");
    pages::assert_fresh(path.as_ref(), &page, "security");
}
