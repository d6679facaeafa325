#!/usr/bin/env python3
"""Measures the cost of each check on exchange, callback and responses: instructions with the check, minus those without it.

Removes each check from a copy of the last revision, and counts the operations again by callgrind. The script stops if the
code of a check has changed; then correct its entry in CHECKS. Takes about twenty minutes. Writes RESULTS-CHECKS.md.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TIMES = 1000

# Instructions at revision 2fe160a, from its RESULTS.md.
BEFORE = {
    "url_slack": 773,
    "url_google": 807,
    "url_fresh": 5650,
    "token_hot": 115,
    "request_basic": 910,
    "request_post": 1062,
    "request_json": 842,
    "callback": 1717,
    "read_google": 3955,
    "read_slack": 8895,
    "read_error": 1820,
}

TITLES = {
    "url_slack": "authorize URL, fixed state (Slack)",
    "url_google": "authorize URL, fixed state and challenge (Google)",
    "url_fresh": "authorize URL, fresh state and PKCE (Google)",
    "token_hot": "a token that is at hand (Google)",
    "request_basic": "token request, Basic and form (Slack)",
    "request_post": "token request, secret in the form (Google)",
    "request_json": "token request, Basic and JSON (Notion)",
    "callback": "verifying a callback (Google)",
    "read_google": "reading a token response (Google)",
    "read_slack": "reading a token response (Slack)",
    "read_error": "reading an error response (Google)",
}

# The operations with new checks.
CHECKED = ["request_basic", "request_post", "request_json", "callback", "read_google", "read_slack", "read_error"]

RUNTIME = "oauth-runtime/src/"
MODULES = ["generated/src/google.rs", "generated/src/slack.rs", "generated/src/notion.rs"]

# Each check: its description, and the edits that remove it, as (file, pattern, replacement).
CHECKS = [
    (
        "the code belongs to the app that began the login",
        [(RUNTIME + "login/authorization_code.rs", r"match self\.app == app \{", "match true || self.app == app {")],
    ),
    (
        "the request keeps what the ID token must say: client, issuer, whether one was asked for",
        [("generated/src/google.rs", r"out\.expect_id_token\([^;]*;", "")],
    ),
    (
        "the callback arrived at the login's redirect URI",
        [(RUNTIME + "login/callback.rs", r"let behind = callback\.strip_prefix", "return Ok(());\n    #[allow(unreachable_code)]\n    let behind = callback.strip_prefix")],
    ),
    (
        "a byte order mark is skipped",
        [(RUNTIME + "response/mod.rs", r'self\.body\.strip_prefix\(b"\\xef\\xbb\\xbf"\)\.unwrap_or\(self\.body\)', "self.body")],
    ),
    (
        "the access token has no space and no control character",
        [(RUNTIME + "token/mod.rs", r"match is_refused\(text\.expose\(\)\)", "match { let _ = is_refused; false }")],
    ),
    (
        "the refresh token has no control character",
        [(RUNTIME + "token/mod.rs", r"Some\(text\) if is_control\(text\.expose\(\)\) =>", "Some(_) if false =>")],
    ),
    (
        "the token's type is one that a bearer header carries",
        [
            (module, pattern, replacement)
            for module in MODULES
            for pattern, replacement in [
                (r'\n\s+\w*token_type = \[(?:"\w+", )?"token_type"\],', ""),
                (r"Some\(\w*token_type\)", "None"),
            ]
        ],
    ),
    (
        "a success with an error code and without a token is an error response",
        [
            (RUNTIME + "response/mod.rs", r"match given\.iter\(\)\.any\(", "match true || given.iter().any("),
            (RUNTIME + "response/mod.rs", r"if given\.iter\(\)\.any\(is_given\) \{", "if true || given.iter().any(is_given) {"),
        ],
    ),
    (
        "what is malformed is reported",
        [(RUNTIME + "call.rs", r"if !oddities\.0\.borrow\(\)\.is_empty\(\)", "if false && !oddities.0.borrow().is_empty()")],
    ),
]


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


def counted(binary, operation, times):
    command = [
        "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=measured",
        str(binary), "ours", operation, str(times),
    ]
    found = re.search(r"Collected : (\d+)", run(*command).stderr)
    return int(found.group(1))


def measured(tree, target, operations):
    environment = dict(os.environ, CARGO_TARGET_DIR=str(target))
    run("nice", "cargo", "build", "--release", "--quiet", "--bin", "instructions", cwd=tree / "tests/benchmarks", env=environment)
    binary = target / "release/instructions"
    empty = (counted(binary, "nothing", TIMES) - counted(binary, "nothing", 0)) // TIMES
    each = {}
    for operation in operations:
        whole = counted(binary, operation, TIMES) - counted(binary, operation, 0)
        each[operation] = whole // TIMES - empty
    return each


def without(tree, edits):
    """Removes a check. Returns the original texts, for restoring them."""
    before = {}
    for file, pattern, replacement in edits:
        path = tree / file
        text = path.read_text()
        before.setdefault(path, text)
        text, times = re.subn(pattern, lambda _: replacement, text)
        if times == 0:
            sys.exit(f"the code of a check has changed: {pattern} is not in {file}")
        path.write_text(text)
    return before


def main():
    revision = run("git", "rev-parse", "--short", "HEAD", cwd=ROOT).stdout.strip()
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE / "target"))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", scratch], input=archive.stdout, check=True)
        now = measured(tree, target, TITLES)
        rows = []
        for what, edits in CHECKS:
            before = without(tree, edits)
            rows.append((what, measured(tree, target, CHECKED)))
            for path, text in before.items():
                path.write_text(text)
            print(what, {name: now[name] - rows[-1][1][name] for name in CHECKED}, file=sys.stderr)
    (HERE / "RESULTS-CHECKS.md").write_text(page(revision, now, rows))


def page(revision, now, rows):
    lines = [
        "<!-- Written by tests/benchmarks/checks.py. -->",
        "",
        "# Cost of the new checks",
        "",
        "Instructions of one operation by callgrind, without a peer beside them. \"Before\" is the `RESULTS.md` of revision 2fe160a,",
        f"\"now\" was measured at {revision}. The limit was 5 %; for exchange, callback and responses it was 15 %.",
        "",
        "| operation | before | now | more |",
        "|---|--:|--:|--:|",
    ]
    for name, title in TITLES.items():
        more = 100 * (now[name] - BEFORE[name]) / BEFORE[name]
        lines.append(f"| {title} | {BEFORE[name]} | {now[name]} | {more:.1f} % |")
    lines += [
        "",
        "## Each check by itself",
        "",
        "Instructions with the check, less those of the same code without it. A check is absent from a column where it costs nothing",
        "there. The last row is the rest: malformed members are distinguished from absent ones, error codes are found in lists and",
        "objects, and the optimizer arranges the code differently.",
        "",
    ]
    short = ["Slack's request", "Google's", "Notion's", "callback", "Google's response", "Slack's", "error response"]
    lines.append("| check | " + " | ".join(short) + " |")
    lines.append("|---|" + "--:|" * len(short))
    rest = {name: now[name] - BEFORE[name] for name in CHECKED}
    for what, without_it in rows:
        cells = []
        for name in CHECKED:
            cost = now[name] - without_it[name]
            rest[name] -= cost
            cells.append(str(cost) if cost else "")
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    lines.append("| the rest | " + " | ".join(str(rest[name]) for name in CHECKED) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
