#!/usr/bin/env bash
# Fuzzes with the stable toolchain that rust-toolchain.toml pins, on Linux x86-64. Usage: run.sh [SECONDS for each target, 30 unless stated]
# Replays the committed corpus first. Deletes new inputs, and keeps crashes in target/fuzz/artifacts.
set -eu

SECONDS_EACH="${1:-30}"
case "$SECONDS_EACH" in
  '' | *[!0-9]*)
    echo "usage: run.sh [SECONDS]" >&2
    exit 2
    ;;
esac

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
ROOT="$(cd "$HERE/../.." && pwd)"
TRIPLE=x86_64-unknown-linux-gnu
ARTIFACTS="$ROOT/target/fuzz/artifacts"
TARGETS=(spec response callback further simulator)

# These are the flags of `cargo fuzz` without a sanitizer, which would need nightly. Cargo does not instrument build scripts
# and macros, since the command names a target triple.
COVERAGE=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
)
CARGO_TARGET_DIR="$ROOT/target/fuzz" RUSTFLAGS="${COVERAGE[*]}" \
  cargo build --manifest-path "$HERE/Cargo.toml" --locked --release --target "$TRIPLE"

NEW="$(mktemp -d)"
trap 'rm -rf "$NEW"' EXIT
mkdir -p "$ARTIFACTS"
failed=()

# run TARGET OPTION...: runs a target with the committed seeds. libFuzzer writes only to the first folder of the arguments.
run() {
  local target="$1" log="$ROOT/target/fuzz/$1.log"
  shift
  local seeds=("$HERE/corpus/$target")
  # The specs of the rules are the smallest ones, and those of the tests include one with nearly every key.
  if [ "$target" = spec ]; then seeds+=("$ROOT/oauth-spec/rules" "$ROOT/tests/specs"); fi
  if "$ROOT/target/fuzz/$TRIPLE/release/$target" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
    -artifact_prefix="$ARTIFACTS/$target-" "$@" "${seeds[@]}" >"$log" 2>&1; then
    grep -E '^Done|average_exec_per_sec|peak_rss' "$log"
  else
    tail -n 60 "$log" >&2
    failed+=("$target")
  fi
}

for target in "${TARGETS[@]}"; do
  echo "== $target: the committed corpus"
  run "$target" -runs=0
done

for target in "${TARGETS[@]}"; do
  echo "== $target: $SECONDS_EACH seconds"
  mkdir "$NEW/$target"
  run "$target" -max_total_time="$SECONDS_EACH" -dict="$HERE/$target.dict" "$NEW/$target"
done

if [ "${#failed[@]}" -gt 0 ]; then
  echo "crashed: ${failed[*]}; the inputs are in $ARTIFACTS; to replay one, pass its path to the binary of its target" >&2
  exit 1
fi
