#!/usr/bin/env bash
# Shared functions of the scripts that install or start something. Sourced, not run. Linux only (/proc, flock, setsid).
set -eu

NAME="$(basename "$HERE")" # HERE: the folder of the calling script
ROOT="${OAUTH_TEST_SERVERS:-${TMPDIR:-/tmp}/oauth-test-servers}"
mkdir -p "$ROOT/install" "$ROOT/run"
ROOT="$(cd "$ROOT" && pwd)"
PORT='' RUN=''

die() {
  printf '%s: %s\n' "$NAME" "$*" >&2
  exit 1
}

# install_once KEY: sets PREFIX to the folder with the packages of this KEY. Only the first caller of a KEY
# runs the caller's function fetch, which gets a new empty folder and puts the packages there.
install_once() {
  local lock
  PREFIX="$ROOT/install/$NAME-$1"
  exec {lock}>"$PREFIX.lock"
  flock "$lock"
  if [ ! -d "$PREFIX" ]; then
    rm -rf "$PREFIX.new"
    mkdir "$PREFIX.new"
    # a separate process, since 'set -e' has no effect inside a function called by 'if'
    if ! (export -f fetch; bash -euc 'fetch "$1"' fetch "$PREFIX.new") >"$PREFIX.log" 2>&1; then
      tail -n 20 "$PREFIX.log" >&2
      die "the install failed (above: the end of $PREFIX.log)"
    fi
    mv "$PREFIX.new" "$PREFIX"
  fi
  exec {lock}>&-
}

# npm_once: sets PREFIX to a folder that has the packages of the calling script's package-lock.json.
npm_once() {
  fetch() {
    cp "$HERE/package.json" "$HERE/package-lock.json" "$1/"
    cd "$1"
    npm ci --ignore-scripts --no-audit --no-fund
  }
  export HERE # for fetch
  install_once "$(cat "$HERE/package.json" "$HERE/package-lock.json" | sha256sum | cut -c 1-12)"
}

listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# claim PORT: sets PORT and RUN, a new folder for this run. Creating the folder
# reserves the port among concurrent starts. For port 0 it picks a free port below
# the range that the kernel assigns to sockets bound to port 0. A start that fails
# before its READY line leaves neither the folder nor a process.
claim() {
  local tries=100
  if [ "$1" != 0 ]; then
    PORT="$1" RUN="$ROOT/run/$1"
    if listening "$PORT"; then die "port $PORT is taken"; fi
    if [ -s "$RUN/pid" ] && ! alive "$RUN"; then rm -rf "$RUN"; fi # left by a run that died
    mkdir "$RUN" 2>/dev/null || die "port $PORT is claimed by $RUN"
    trap 'halt "$RUN"' EXIT
    return
  fi
  while [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    PORT=$((20000 + RANDOM % 12000))
    RUN="$ROOT/run/$PORT"
    if ! listening "$PORT" && mkdir "$RUN" 2>/dev/null; then
      trap 'halt "$RUN"' EXIT
      return
    fi
  done
  die "found no free port"
}

# began PID: prints the start time of a process, in clock ticks since boot. Prints nothing if it has ended or is a zombie.
began() {
  sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | { read -r -a f && [ "${f[0]}" != Z ] && echo "${f[19]}"; } || true
}

# alive RUN: whether the recorded process still runs. Compares its start time, since another process may have its number.
alive() {
  local name pid ticks
  read -r name pid ticks 2>/dev/null <"$1/pid" && [ "$name" = "$NAME" ] && [ -n "$ticks" ] && [ "$(began "$pid")" = "$ticks" ]
}

# launch COMMAND...: starts the command detached, in RUN, without the standard streams of this script.
launch() {
  (cd "$RUN" && exec setsid "$@" <>/dev/null >log 2>&1) &
  printf '%s %s %s\n' "$NAME" "$!" "$(began "$!")" >"$RUN/pid"
}

# answers URL: waits until the launched server serves the URL, two minutes at most.
answers() {
  local why=0 until=$((SECONDS + 120))
  until curl -fsS --noproxy "*" -o /dev/null -m 5 "$1" 2>/dev/null; do
    if ! alive "$RUN"; then
      wait "$!" || why=$?
      tail -n 20 "$RUN/log" >&2
      die "ended with status $why before it served $1 (above: the end of its log)"
    fi
    if [ "$SECONDS" -ge "$until" ]; then
      curl -fsS --noproxy "*" -o /dev/null -m 5 "$1" || true
      tail -n 20 "$RUN/log" >&2
      die "runs, but does not serve $1 (above: what a client sees, and the end of its log)"
    fi
    sleep 0.1
  done
  alive "$RUN" || die "$1 is served by another process"
}

ready() {
  trap - EXIT
  echo "INFO $RUN/server.json"
  echo "READY http://127.0.0.1:$PORT"
}

# halt RUN: ends the process that launch started, and no other, and removes RUN.
halt() {
  local name pid ticks left=50
  if alive "$1"; then
    read -r name pid ticks <"$1/pid"
    kill "$pid" || true # it may have just ended
    while alive "$1"; do
      left=$((left - 1))
      if [ "$left" = 0 ]; then kill -9 "$pid" || true; fi
      sleep 0.1
    done
  fi
  rm -rf "$1"
}
