#!/usr/bin/env bash
# Measures what one more provider adds to `cargo check`, with copies of a module in one crate: as generated files, and by the
# attribute. Slack's is the largest module, Notion's a usual one. Writes RESULTS-SLOPE.md and prints it. Needs valgrind.
#
# Seconds vary by a quarter from run to run. The instructions of rustc, which callgrind counts, do not.
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
export CARGO_INCREMENTAL=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CARGO_TARGET_DIR="$scratch/target"
rustc=$(rustc --print sysroot)

crate() { # NAME COPIES FORM MODULE
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
      generated) echo "#[path = \"$root/generated/src/$4.rs\"] pub mod copy_$copy;" ;;
      attribute) echo "#[oauth_runtime::oauth_provider(\"$root/specs/$4.toml\")] pub mod copy_$copy {}" ;;
    esac
  done >"$scratch/$1/src/lib.rs"
}

seconds() { # NAME: prints the CPU seconds of a check, the minimum of three, with compiled dependencies
  (cd "$scratch/$1" && nice cargo check --quiet)
  for _ in 1 2 3; do
    touch "$scratch/$1/src/lib.rs"
    (cd "$scratch/$1" && TIMEFORMAT='%U %S' && time nice cargo check --quiet) 2>&1
  done | awk '{ own = $1 + $2; if (least == "" || own < least) least = own } END { printf "%.2f", least }'
}

# Runs rustc under callgrind for the crate itself, and not for its dependencies.
cat >"$scratch/under-callgrind" <<EOF
#!/usr/bin/env bash
shift
export LD_LIBRARY_PATH="$rustc/lib"
case "\$*" in
  *"--crate-name counted"*)
    exec nice valgrind --tool=callgrind --callgrind-out-file=/dev/null "$rustc/bin/rustc" "\$@" 2>"$scratch/count"
    ;;
  *) exec "$rustc/bin/rustc" "\$@" ;;
esac
EOF
chmod +x "$scratch/under-callgrind"

instructions() { # COPIES FORM MODULE: prints the instructions of a check, with compiled dependencies
  crate "counted-$3-$2-$1" "$1" "$2" "$3"
  (cd "$scratch/counted-$3-$2-$1" && RUSTC_WORKSPACE_WRAPPER="$scratch/under-callgrind" cargo check --quiet)
  awk '/Collected :/ { print $4 }' "$scratch/count"
}

row() { # MODULE TITLE FORM
  crate "$1-$3-25" 25 "$3" "$1" && crate "$1-$3-100" 100 "$3" "$1"
  few=$(seconds "$1-$3-25")
  many=$(seconds "$1-$3-100")
  one=$(instructions 1 "$3" "$1")
  four=$(instructions 4 "$3" "$1")
  lines=$(wc -l <"$root/generated/src/$1.rs")
  awk -v module="$1" -v title="$2" -v lines="$lines" -v few="$few" -v many="$many" -v one="$one" -v four="$four" 'BEGIN {
    printf "| `%s` | %s | %s | %s | %s | %.1f | %.0f |\n", module, title, lines, few, many, (many - few) / 75 * 1000,
      (four - one) / 3 / 1000000
  }'
}

{
  echo "<!-- Written by tests/benchmarks/slope.sh. -->"
  echo
  echo "# Compile time of one more provider"
  echo
  echo "One crate contains copies of a module, with its variants. The table shows the CPU seconds of \`cargo check\`, user and"
  echo "system, the minimum of three runs, without incremental compilation. The dependencies were compiled before. The last"
  echo "column shows the instructions of rustc per copy, in millions, by callgrind. The attribute includes the compiler of specs,"
  echo "which cargo does not optimize in this profile."
  echo "$(rustc --version); git $(git rev-parse --short HEAD)."
  echo
  echo "| module | as | lines | 25 copies | 100 copies | ms per copy | instructions per copy |"
  echo "|---|---|--:|--:|--:|--:|--:|"
  for module in slack notion; do
    row "$module" "generated file" generated
    row "$module" "attribute" attribute
  done
} >"$scratch/results"
mv "$scratch/results" RESULTS-SLOPE.md
cat RESULTS-SLOPE.md
