#!/usr/bin/env bash
# Rows against tables, and three readers of JSON; writes RESULTS-EXPERIMENT.md and prints it. Needs valgrind.
set -eu
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL=0
target=${CARGO_TARGET_DIR:-$PWD/target}
copies=$target/experiment

nice cargo build --release --quiet --package experiment
"$target/release/experiment" check
"$target/release/copies" "$copies"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

check() { # PACKAGE
  (cd "$copies/$1" && CARGO_TARGET_DIR="$copies/target" nice cargo check --quiet 2>"$scratch/errors") ||
    { cat "$scratch/errors" >&2 && return 1; }
}

seconds() { # PACKAGE: CPU seconds of a check, the least of three
  check "$1" # the dependencies
  for _ in 1 2 3; do
    touch "$copies/$1/src/lib.rs"
    (TIMEFORMAT='%U %S' && time check "$1") 2>&1
  done | awk '{ own = $1 + $2; if (least == "" || own < least) least = own } END { printf "%.2f", least }'
}

collected() {
  nice valgrind --tool=callgrind --callgrind-out-file="$scratch/out" --toggle-collect=measured \
    "$target/release/experiment" "$@" 2>&1 >"$scratch/stdout" | awk '/Collected :/ { print $4 }'
}

each() { # NAME: instructions of one time
  echo $((($(collected "$1" 1000) - $(collected "$1" 0) - $(collected less "$1" 1000) + $(collected less "$1" 0)) / 1000))
}

"$target/release/experiment-allocations" >"$scratch/allocations"
row() { # TITLE NAME
  echo "| $1 | $(each "$2") | $(awk -v name="$2" '$1 == name { print $2 " | " $3 }' "$scratch/allocations") |"
}

measured_rows() { # KIND TITLE
  few=$(seconds "$1-25")
  many=$(seconds "$1-100")
  slope=$(awk -v few="$few" -v many="$many" 'BEGIN { printf "%.1f", (many - few) / 75 * 1000 }')
  echo "| $2 | $few | $many | $slope | $(wc -l <"$copies/$1-25/src/m0.rs") | $(each "request_$1") | $(each "url_$1") |"
}

{
  echo "<!-- Written by tests/benchmarks/experiment/experiment.sh. -->"
  echo
  echo "# Rows against tables, and three readers"
  echo
  echo "$(rustc --version); $(lscpu | sed -n 's/^Model name: *//p' | head -n 1); git $(git rev-parse --short HEAD)."
  echo
  echo "## Rows against tables"
  echo
  echo "Copies of \`generated/src/slack.rs\` (with its variant: $(grep -c "&Message {" ../../generated/src/slack.rs) messages) as modules of one crate. CPU seconds of"
  echo "\`cargo check\`, user and system, least of three, incremental off, dependencies there."
  echo
  echo "| requests written as | 25 copies | 100 copies | ms a copy | lines | instructions, token request | instructions, authorize URL |"
  echo "|---|--:|--:|--:|--:|--:|--:|"
  measured_rows rows "rows, straight-line"
  measured_rows tables "tables, one interpreter"
  echo
  echo "## Readers"
  echo
  echo "From body to the members that the module asks for (Google 8, Slack 13); no owned copies made of them."
  echo
  echo "| reader | instructions | allocations | bytes |"
  echo "|---|--:|--:|--:|"
  for body in google slack; do
    row "${body^}: seed over \`serde_json\` (ours)" "${body}_seed"
    row "${body^}: \`serde_json::Value\`, from bytes" "${body}_value"
    row "${body^}: \`serde_json::Value\`, from checked text" "${body}_value_str"
    row "${body^}: pull reader, by hand" "${body}_pull"
  done
} >"$scratch/results"
mv "$scratch/results" experiment/RESULTS-EXPERIMENT.md
cat experiment/RESULTS-EXPERIMENT.md
