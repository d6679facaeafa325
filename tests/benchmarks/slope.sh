#!/usr/bin/env bash
# Measures the time that one more provider adds to `cargo check`, with copies of the largest module in one crate: as
# generated files, and by the attribute. Writes RESULTS-SLOPE.md and prints it.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
export CARGO_INCREMENTAL=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
largest=$(wc -l "$root"/generated/src/*.rs | grep -v total | sort -n | tail -n 1 | awk '{ print $2 }')
name=$(basename "$largest" .rs)

crate() { # NAME COPIES FORM
  mkdir -p "$scratch/$1/src"
  cat >"$scratch/$1/Cargo.toml" <<EOF
[package]
name = "$1"
version = "0.1.0"
edition = "2024"
[dependencies]
oauth-runtime = { path = "$root/oauth-runtime", default-features = false, features = ["macros"] }
[workspace]
EOF
  for copy in $(seq "$2"); do
    case $3 in
      generated) echo "#[path = \"$largest\"] pub mod copy_$copy;" ;;
      attribute) echo "#[oauth_runtime::oauth_provider(\"$root/specs/$name.toml\")] pub mod copy_$copy {}" ;;
    esac
  done >"$scratch/$1/src/lib.rs"
}

seconds() { # NAME: prints the CPU seconds of a check, the minimum of three, with compiled dependencies
  (cd "$scratch/$1" && CARGO_TARGET_DIR="$scratch/target" nice cargo check --quiet)
  for _ in 1 2 3; do
    touch "$scratch/$1/src/lib.rs"
    (cd "$scratch/$1" && TIMEFORMAT='%U %S' && time CARGO_TARGET_DIR="$scratch/target" nice cargo check --quiet) 2>&1
  done | awk '{ own = $1 + $2; if (least == "" || own < least) least = own } END { printf "%.2f", least }'
}

row() { # TITLE FORM
  crate "$2-25" 25 "$2" && crate "$2-100" 100 "$2"
  few=$(seconds "$2-25")
  many=$(seconds "$2-100")
  awk -v title="$1" -v few="$few" -v many="$many" 'BEGIN { printf "| %s | %s | %s | %.1f |\n", title, few, many, (many - few) / 75 * 1000 }'
}

{
  echo "<!-- Written by tests/benchmarks/slope.sh. -->"
  echo
  echo "# Compile time of one more provider"
  echo
  echo "One crate contains copies of \`$name\`, the largest module with its variants ($(wc -l <"$largest") lines). The table shows the"
  echo "CPU seconds of \`cargo check\`, user and system, the minimum of three runs, without incremental compilation. The"
  echo "dependencies were compiled before. $(rustc --version);" \
    "git $(git rev-parse --short HEAD)."
  echo
  echo "| module as | 25 copies | 100 copies | ms per copy |"
  echo "|---|--:|--:|--:|"
  row "generated file" generated
  row "attribute" attribute
} >"$scratch/results"
mv "$scratch/results" RESULTS-SLOPE.md
cat RESULTS-SLOPE.md
