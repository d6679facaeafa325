#!/usr/bin/env bash
# Traces the system calls of a refresh (needs strace): after the answer, the new tokens are synced to the disk before
# anybody has them; and before the request, so is the journal entry. Prints the calls that show it.
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo test --quiet --package crash --test crash --no-run
binary=$(cargo test --package crash --test crash --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*crash-[^"]*\)".*/\1/p' | tail -n 1)
trace=$(mktemp)
trap 'rm -f "$trace"' EXIT
(cd tests/crash && strace -f -e trace=fsync,fdatasync,write,sendto,recvfrom,writev -s 24 -o "$trace" "$binary" a_holder_that_hangs_before >/dev/null)

# Of the second worker: its journal entry, its request, the answer, the commit, and what it says.
awk '
  / (fsync|fdatasync)\(/ { synced = NR; line = $0 }
  /"POST \/id.strict/ && /(sendto|write|writev)\(/ { if (synced) { print line; print; sent = NR; synced = 0 } }
  /recvfrom\(.*"HTTP\/1.1 200/ { print; answered = NR; synced = 0 }
  /write\(1, "refreshed/ {
    if (answered > sent && synced > answered) { print line; print; good = 1 }
    else if (answered) { print "given out before it was synced: " $0; bad = 1 }
    answered = 0
  }
  END { exit bad || !good }
' "$trace"
