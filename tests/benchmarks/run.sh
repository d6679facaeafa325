#!/usr/bin/env bash
# Measures each operation of our modules and of oauth2, in one run. Writes RESULTS.md and prints it.
# Needs valgrind. It counts user-space instructions only, so the kernel's work for getrandom is not included.
set -eu
cd "$(dirname "$0")"

# The best known figures: constants encoded once, no I/O, exact buffers, a parser that knows its keys.
# They are the instructions of a harness outside this repository, which uses other messages.
physically_possible() {
  case "$1" in
    url_slack | url_google) echo 456 ;;
    url_fresh) echo 4061 ;;
    request_basic) echo 614 ;;
    request_post) echo 620 ;;
    request_json) echo 489 ;;
    read_google) echo 1998 ;;
    read_slack) echo 5901 ;;
    read_error) echo 730 ;;
    callback) echo 1027 ;;
    token_hot*) echo 78 ;;
    *) echo - ;;
  esac
}

title() {
  case "$1" in
    url_slack) echo "authorize URL, fixed state (Slack)" ;;
    url_google) echo "authorize URL, fixed state and challenge (Google)" ;;
    url_fresh) echo "authorize URL, fresh state and PKCE (Google)" ;;
    request_basic) echo "token request, Basic and form (Slack)" ;;
    request_post) echo "token request, secret in the form (Google)" ;;
    request_json) echo "token request, Basic and JSON (Notion)" ;;
    convert) echo "our request to \`http::Request\` (Slack)" ;;
    read_google) echo "reading a token response (Google)" ;;
    read_slack) echo "reading a token response (Slack)" ;;
    read_error) echo "reading an error response (Google)" ;;
    callback) echo "verifying a callback (Google)" ;;
    token_hot) echo "a cached token (Google); compared with oauth2 in a tokio mutex" ;;
    token_hot_by_hand) echo "a cached token (Google); compared with a handwritten \`arc-swap\` guard and the coarse clock" ;;
    token_hot_in_yup) echo "a cached token (Google); compared with yup-oauth2" ;;
    *) echo "$1" ;;
  esac
}

nice cargo build --release --quiet
binaries=${CARGO_TARGET_DIR:-target}/release
"$binaries/instructions" check

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions that callgrind collects: a whole operation, or an operation without dropping its result.
whole=--toggle-collect=measured
without_dropping="$whole --toggle-collect=*let_go*"

collected() { # TOGGLES SIDE OPERATION TIMES
  toggles=$1
  shift
  # shellcheck disable=SC2086
  nice valgrind --tool=callgrind --callgrind-out-file="$scratch/out" $toggles \
    "$binaries/instructions" "$@" 2>&1 >"$scratch/stdout" | awk '/Collected :/ { print $4 }'
}

once() { # TOGGLES SIDE OPERATION: prints the instructions of one repetition
  echo $((($(collected "$1" "$2" "$3" 1000) - $(collected "$1" "$2" "$3" 0)) / 1000))
}

each() { # SIDE OPERATION: prints the instructions of one repetition without the harness around it
  echo $(($(once "$whole" "$@") - around))
}

around=$(once "$whole" ours nothing)
around_kept=$(once "$without_dropping" ours nothing)

"$binaries/allocations" >"$scratch/allocations"

revision=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- ../../oauth-runtime ../../generated || revision="$revision with changes"

table() {
  echo "| operation | instructions | \`oauth2\` | \`oauth2\` ÷ ours | without dropping | physically possible | without dropping ÷ possible | ours ÷ possible | allocations | \`oauth2\` | bytes | \`oauth2\` |"
  echo "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  "$binaries/instructions" list | grep -v '^nothing' | while read -r id kind; do
    ours=$(each ours "$id")
    peer=-
    [ "$kind" = none ] || peer=$(each peer "$id")
    [ "$kind" != less ] || peer=$((peer - $(each less "$id")))
    kept=$(($(once "$without_dropping" ours "$id") - around_kept))
    awk -v id="$id" -v title="$(title "$id")" -v ours="$ours" -v peer="$peer" -v kept="$kept" \
      -v possible="$(physically_possible "$id")" '
      function ratio(over, under, digits) { return over == "-" || under == "-" ? "-" : sprintf("%." digits "f", over / under) }
      function known(field) { return field == "" ? "-" : field }
      $1 == id {
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title, ours, peer, ratio(peer, ours, 1),
          kept, possible, ratio(kept, possible, 2), ratio(ours, possible, 2), $2, known($4), $3, known($5)
      }' "$scratch/allocations"
  done
}

{
  echo "<!-- Written by tests/benchmarks/run.sh. -->"
  echo
  echo "# Our modules and \`oauth2\`, operation by operation"
  echo
  echo "$(rustc --version); $(lscpu | sed -n 's/^Model name: *//p' | head -n 1); git $revision; \`oauth2\`" \
    "$(sed -n '/^name = "oauth2"/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock); release, fat LTO, one codegen unit."
  echo
  table
  echo
  cat <<'EOF'
Instructions are callgrind's for 1000 times less those for none, by 1000, and less what goes around an operation that
does nothing. Both sides do the same in one run, and say the same before anything counts (`src/same.rs`). What comes out
is dropped within: ours wipes requests, secrets and logins as it drops them, `oauth2` wipes nothing. The script runs
callgrind itself: gungraun would want a runner of its own installed.

- Ours is `Call` for a request: method, URL, headers and body in one text. `oauth2` gives an `http::Request`; who needs that
  of ours adds the row that converts. A token request is written where its callback stood, which is where the login
  stood, and using the callback up is in the figure. The code has 30 bytes; one allocation more is taken from 45 bytes on for
  Notion's JSON, from 101 for Google's form, from 116 for Slack's.
- `oauth2` reads a response inside of `request`: its figure is the whole call less the request alone. Ours drops the `Call` as it
  reads, or gives its text to the error, which is in the figure. `oauth2` has extra fields, derived by serde, for what our
  Slack module reads.
- `oauth2` writes no JSON request and verifies no callback: what a user writes around it is measured.
- The token at hand: ours is `Connection::token().await`, which gives a guard; `oauth2` keeps none, so a user's own is
  measured: its response and its end behind tokio's mutex, and a clone of the token. By hand is the least that a token
  can cost which many share and which may be exchanged: it stands in the column of `oauth2`, too.
- "Physically possible" was measured elsewhere with messages of its own; whether dropping what comes out is in it is not
  told, so ours stands beside it without that and with it. It differs in what it takes and gives. Its request is header pairs
  that are borrowed and a body; ours has URL and headers in its text, too. Its codes and logins are borrowed; ours are used
  up and wiped. Its answers are read into fields that borrow from the body, and its refusal owns no text; ours gives
  tokens and errors that own theirs.
EOF
  echo
  echo "## A cached token, read by many tasks"
  echo
  echo "Nanoseconds per read, the minimum of nine rounds: from one task, and from 64 tasks on two threads. Times are approximate."
  echo
  echo "| | processor, one task | processor, 64 tasks | wall clock, 64 tasks |"
  echo "|---|--:|--:|--:|"
  "$binaries/contended"
} >"$scratch/results"
mv "$scratch/results" RESULTS.md
cat RESULTS.md
