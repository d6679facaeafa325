#!/usr/bin/env bash
# start.sh [PORT]: installs (once) npm oidc-provider and starts it on 127.0.0.1. See ../README.md.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../lib.sh"

npm_once
claim "${1:-0}"
cp "$HERE/server.mjs" "$RUN/"
ln -s "$PREFIX/node_modules" "$RUN/node_modules"
launch node server.mjs "$PORT"
answers "http://127.0.0.1:$PORT/.well-known/openid-configuration"
ready
