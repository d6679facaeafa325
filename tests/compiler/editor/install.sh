#!/usr/bin/env bash
# install.sh: installs (once) the TOML language server that editors run, and prints its folder.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../../servers/lib.sh"

npm_once
echo "$PREFIX"
