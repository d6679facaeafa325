#!/usr/bin/env bash
# Measures every request of every module, and its handwritten counterpart, in one run. Writes RESULTS-MODULES.md and prints
# it. Needs valgrind. The counterpart is what an application would write: `form_urlencoded` or `serde_json` into
# `http::Request`, with names as literals and values as variables.
set -eu
cd "$(dirname "$0")"
nice cargo build --release --quiet --package modules
binary=${CARGO_TARGET_DIR:-target}/release/modules
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
times=100

"$binary" $times >"$scratch/allocations"
nice valgrind --tool=callgrind --callgrind-out-file="$scratch/out" "$binary" $times >/dev/null 2>&1
callgrind_annotate --inclusive=yes --threshold=100 "$scratch/out" 2>/dev/null |
  sed -nE 's/^ *([0-9,]+) .*modules::cases::(ours|twin)_([a-z_0-9]+).*/\3 \2 \1/p' | tr -d , >"$scratch/instructions"

{
  echo "<!-- Written by tests/benchmarks/modules.sh. -->"
  echo
  echo "# Requests of every module, compared with handwritten ones"
  echo
  echo "$(rustc --version); git $(git rev-parse --short HEAD); release, fat LTO, one codegen unit."
  echo "Instructions of one request, built and dropped. Ours is a \`Call\`, which wipes its contents. The handwritten request is"
  echo "an \`http::Request<String>\`, which wipes nothing and has several allocations. Values that our modules compute, such as"
  echo "Facebook's \`appsecret_proof\`, are given to the handwritten request, so only ours includes the digest."
  echo
  echo "| request | instructions | by hand | by hand ÷ ours | allocations | by hand |"
  echo "|---|--:|--:|--:|--:|--:|"
  awk -v times="$times" '
    FNR == NR { if (!($1 " " $2 in most) || $3 > most[$1 " " $2]) most[$1 " " $2] = $3; next }
    {
      ours = most[$1 " ours"] / (times + 1); twin = most[$1 " twin"] / (times + 1)
      # The compiler merged this function with another request of the module that has identical code.
      if (ours < 1) next
      printf "| `%s` | %d | %d | %.1f | %d | %d |\n", $2, ours, twin, twin / ours, $3, $4
      all += ours; hand += twin; count++
    }
    END { printf "| all %d | %d | %d | %.1f | | |\n", count, all, hand, hand / all }
  ' "$scratch/instructions" "$scratch/allocations"
} >"$scratch/results"
mv "$scratch/results" RESULTS-MODULES.md
cat RESULTS-MODULES.md
