#!/usr/bin/env bash
# stop.sh PORT: ends the process that start.sh started on PORT, and removes the folder of that run.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../lib.sh"
[ $# = 1 ] || die "usage: stop.sh PORT"
RUN="$ROOT/run/$1"
alive "$RUN" || die "nothing of ours runs on port $1"
halt "$RUN"
