#!/usr/bin/env bash
# install.sh: installs (once) the clients of other ecosystems, and prints their folder.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../../servers/lib.sh"

fetch() {
  cp "$HERE/package.json" "$HERE/package-lock.json" "$1/"
  cd "$1"
  npm ci --ignore-scripts --no-audit --no-fund
  python3 -m pip install --quiet --target python --requirement "$HERE/requirements.txt"
}

export HERE # for fetch
install_once "$(cat "$HERE"/package*.json "$HERE/requirements.txt" | sha256sum | cut -c 1-12)"
echo "$PREFIX"
