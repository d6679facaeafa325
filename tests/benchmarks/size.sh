#!/usr/bin/env bash
# Measures what unused providers and unused calls add to a program. Writes RESULTS-SIZE.md and prints it.
set -eu
cd "$(dirname "$0")"
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

program() { # NAME FEATURES: builds the program, with symbols and stripped
  nice cargo build --release --quiet --package size --features "$2"
  cp "$target/release/size" "$scratch/$1"
  strip -o "$scratch/$1.stripped" "$scratch/$1"
}
program none none
program one ""
program all all

bytes() { stat -c %s "$scratch/$1.stripped"; }
symbols() { nm --defined-only --demangle "$scratch/$1" | grep -c "$2" || true; }
strings_of() { grep -a -o -c "$2" "$scratch/$1.stripped" || true; }

{
  echo "<!-- Written by tests/benchmarks/size.sh. -->"
  echo
  echo "# Size of unused providers and calls"
  echo
  echo "The program only begins a login at Slack. It is built with Slack's module alone, and with the modules of all"
  echo "providers. $(rustc --version); release, fat LTO, stripped."
  echo
  echo "| program | bytes |"
  echo "|---|--:|"
  echo "| without any provider | $(bytes none) |"
  echo "| Slack alone | $(bytes one) |"
  echo "| all providers compiled, Slack used | $(bytes all) |"
  echo
  echo "| in the program with all providers | count |"
  echo "|---|--:|"
  for other in google notion github microsoft zoho instagram; do
    echo "| symbols of \`$other\` | $(symbols all "oauth_providers::$other::") |"
  done
  for host in accounts.google.com api.notion.com login.microsoftonline.com zoho.com; do
    echo "| the text \`$host\` | $(strings_of all "$host") |"
  done
  for unused in slack::refresh slack::exchange slack::revoke slack::userinfo read_exchange Introspection entries; do
    echo "| symbols of \`$unused\`, which is not called | $(symbols all "$unused") |"
  done
  echo "| the text \`oauth.v2.access\`, the endpoint of the exchange | $(strings_of all oauth.v2.access) |"
  echo "| the text \`auth.revoke\` | $(strings_of all auth.revoke) |"
} >"$scratch/results"
mv "$scratch/results" RESULTS-SIZE.md
cat RESULTS-SIZE.md
