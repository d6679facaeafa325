#!/usr/bin/env bash
# install.sh: installs (once) the language server that editors run for TOML, and prints the folder that has it.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../servers/lib.sh"

npm_once
echo "$PREFIX"
