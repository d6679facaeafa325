#!/usr/bin/env bash
# Measures each operation of our modules and of oauth2, in one run. Writes RESULTS.md and prints it.
# Needs valgrind. It counts user-space instructions only, so the kernel's work for getrandom is not included.
set -eu
cd "$(dirname "$0")"

title() {
  case "$1" in
    url_slack) echo "authorize URL, fixed state (Slack)" ;;
    url_google) echo "authorize URL, fixed state and challenge (Google)" ;;
    url_fresh) echo "authorize URL, fresh state and PKCE (Google)" ;;
    http_basic) echo "token request as \`http::Request\`, Basic and form (Slack)" ;;
    http_post) echo "token request as \`http::Request\`, secret in the form (Google)" ;;
    http_json) echo "token request as \`http::Request\`, Basic and JSON (Notion)" ;;
    request_basic) echo "token request as one text (Slack)" ;;
    request_post) echo "token request as one text (Google)" ;;
    request_json) echo "token request as one text (Notion)" ;;
    request_post_long) echo "token request as one text, code of 1008 bytes (Google)" ;;
    read_google) echo "reading a token response (Google)" ;;
    read_slack) echo "reading a token response (Slack)" ;;
    read_error) echo "reading an error response (Google)" ;;
    read_escaped) echo "reading a token response with an escape in the token (Google)" ;;
    callback) echo "verifying a callback (Google)" ;;
    sealed) echo "sealing a login and opening it (Google)" ;;
    token_hot) echo "a cached token (Google); compared with oauth2 in a tokio mutex" ;;
    token_hot_in_yup) echo "a cached token (Google); compared with yup-oauth2" ;;
    token_hot_in_huskarl) echo "a cached token (Google); compared with huskarl" ;;
    api_request_in_huskarl) echo "a request for the API with a cached token (Google); compared with huskarl" ;;
    api_request) echo "a request for the API with a cached token (Google); compared with oauth2 in a tokio mutex" ;;
    api_access) echo "the same as the API client does it, with the spec's headers" ;;
    *) echo "$1" ;;
  esac
}

nice cargo build --release --quiet
binaries=${CARGO_TARGET_DIR:-target}/release
"$binaries/instructions" check

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The instructions that callgrind collects: a whole operation, with dropping its result.
whole=--toggle-collect=measured

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

"$binaries/allocations" >"$scratch/allocations"

revision=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- ../../oauth-runtime ../../generated || revision="$revision with changes"

table() {
  echo "| operation | instructions | \`oauth2\` | \`oauth2\` ÷ ours | by hand | ours ÷ by hand | allocations | \`oauth2\` | bytes | \`oauth2\` |"
  echo "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
  "$binaries/instructions" list | grep -v '^nothing' | while read -r id kind least; do
    ours=$(each ours "$id")
    peer=-
    [ "$kind" = none ] || peer=$(each peer "$id")
    [ "$kind" != less ] || peer=$((peer - $(each less "$id")))
    hand=-
    [ "$least" = none ] || hand=$(each least "$id")
    awk -v id="$id" -v title="$(title "$id")" -v ours="$ours" -v peer="$peer" -v hand="$hand" '
      function ratio(over, under, digits) { return over == "-" || under == "-" ? "-" : sprintf("%." digits "f", over / under) }
      function known(field) { return field == "" ? "-" : field }
      $1 == id {
        printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title, ours, peer, ratio(peer, ours, 1),
          hand, ratio(ours, hand, 2), $2, known($4), $3, known($5)
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
Instructions are those of 1000 repetitions less those of none, by callgrind, divided by 1000, less those of an operation that
does nothing. Both sides run in one program, which first checks that their requests, responses and callbacks are the
same (`src/same.rs`). The rows of cached tokens are not compared: yup-oauth2 and huskarl keep a shorter token. Results are
dropped within the measurement: ours wipes requests, secrets and logins then, and `oauth2` wipes nothing.

- `oauth2` builds an `http::Request`. Our rows "as `http::Request`" do the same, which is what `Http::send` always does. The
  rows "as one text" show our part alone: method, URL, headers and body in one allocation.
- "By hand" is the same message, byte by byte: constants are encoded in the source, each text is written once into memory of
  its exact length, and nothing is checked or wiped. For a cached token it is a guard of `arc-swap` and the coarse clock.
- `oauth2` reads a response inside of `request`. Its figure is the whole call less the request alone. Ours includes dropping
  the `Call`. `oauth2` has extra fields, derived by serde, for what our Slack module reads.
- `oauth2` writes no JSON request, verifies no callback and keeps no token: what its users write around it is measured.
- A request for the API includes the check that its URL lies under the API's base URL, which the peer does not make.
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
