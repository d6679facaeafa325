//! Workflows and hooks. No input becomes a command, each job has only read permissions, and nothing installs a name that
//! anyone could register.

use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Returns each workflow with its path.
fn workflows() -> Vec<(String, String)> {
    let entries = fs::read_dir(root().join(".github/workflows")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

/// Returns the lines of scripts: those that follow `run:`, and those that are indented below it.
fn scripts(workflow: &str) -> Vec<&str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut scripts = Vec::new();
    let mut within: Option<usize> = None;
    for line in workflow.lines().filter(|line| !line.trim().is_empty()) {
        if within.is_some_and(|outer| indent(line) <= outer) {
            within = None;
        }
        if line
            .trim_start()
            .trim_start_matches("- ")
            .starts_with("run:")
        {
            within = Some(indent(line));
        }
        if within.is_some() {
            scripts.push(line);
        }
    }
    scripts
}

/// Returns whether a line installs one registered tool and nothing else.
fn installs_registered(line: &str) -> bool {
    let (_, named) = line
        .split_once("cargo install --locked ")
        .unwrap_or_default();
    REGISTERED.contains(&named.trim())
}

/// Returns the errors of a workflow.
fn wrong(workflow: &str) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    if scripts(workflow).iter().any(|line| line.contains("${{")) {
        wrong.push("an expression in a script");
    }
    if !workflow.contains("\npermissions:\n  contents: read\n") {
        wrong.push("permissions");
    }
    let is_pinned = |line: &str| {
        let commit = line.split('@').nth(1).unwrap_or_default();
        let commit = commit.split(' ').next().unwrap_or_default();
        commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let mut used = workflow.lines().filter(|line| line.contains("uses: "));
    if used.any(|line| !line.contains("uses: ./") && !line.starts_with('#') && !is_pinned(line)) {
        wrong.push("an action by its tag");
    }
    let installs = |line: &&str| line.contains("cargo install");
    let pinned = |line: &str| {
        installs_registered(line)
            || line.contains("--path")
            || (line.contains("--git") && line.contains("--rev"))
    };
    if scripts(workflow)
        .iter()
        .filter(|line| installs(line))
        .any(|line| !pinned(line))
    {
        wrong.push("an unregistered name");
    }
    wrong
}

#[test]
fn workflows_run_no_input_and_may_read_alone() {
    let all = workflows();
    assert!(all.len() >= 2);
    for (name, workflow) in all {
        assert_eq!(wrong(&workflow), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn a_workflow_with_each_mistake_is_found() {
    let planted = "on: push\n\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n      - run: >\n          oauth-spec check\n          ${{ inputs.paths }}\n      - run: cargo install --locked oauth-spec\n";
    let expected = [
        "an expression in a script",
        "permissions",
        "an action by its tag",
        "an unregistered name",
    ];
    assert_eq!(wrong(planted), expected);
}

#[test]
fn nothing_says_to_install_an_unregistered_name() {
    let mut files = Vec::from(
        ["README.md", ".pre-commit-hooks.yaml", "CONTRIBUTING.md"].map(|file| root().join(file)),
    );
    let guide = fs::read_dir(root().join("oauth-runtime/src/guide")).unwrap();
    files.extend(guide.map(|entry| entry.unwrap().path()));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let file = file.display();
        for name in [
            "cargo install oauth-spec",
            "cargo install --locked oauth-spec",
            "cargo add oauth-runtime",
        ] {
            assert!(!text.contains(name), "{file}: {name}");
        }
    }
}

#[test]
fn no_package_has_the_name_of_a_crate_that_was_removed_for_malicious_code() {
    // See RUSTSEC-2026-0155.
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    assert!(!lock.contains("name = \"exploration\""));
}

/// Tools whose names are registered at crates.io. A workflow may install them by name.
const REGISTERED: [&str; 3] = ["cargo-deny", "cargo-hack", "cargo-semver-checks"];
