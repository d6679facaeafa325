#!/usr/bin/env bash
# run.sh SCRIPT ARGUMENT...: runs drive.mjs or logins.mjs, which drive a headless browser.
# Needs Chromium (`chromium` in the path, or $CHROMIUM), Node and npm, and openssl for logins.mjs. The first run installs
# packages into the folder of the test servers.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../../servers/lib.sh"

CHROMIUM="${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}"
[ -n "$CHROMIUM" ] || die "there is no Chromium: install it (Debian: apt-get install chromium), or name it in \$CHROMIUM"
export CHROMIUM

npm_once
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cp "$HERE/$1" "$work/"
ln -s "$PREFIX/node_modules" "$work/node_modules"
cd "$work"
node "$@"
