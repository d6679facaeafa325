#!/usr/bin/env bash
# clock.sh: unpacks Debian's libfaketime (once), without installing it on the system. Prints the path of the library, which
# changes the time that a process reads.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../servers/lib.sh"

fetch() {
  mkdir -p "$1/archives/partial"
  set -- "$1" apt-get --yes --no-install-recommends --download-only -o "Dir::Cache::archives=$1/archives" install libfaketime
  "${@:2}" || { apt-get update && "${@:2}"; } # the package lists may be missing or old
  for package in "$1"/archives/*.deb; do dpkg-deb --extract "$package" "$1"; done
  rm -r "$1/archives"
}

library() { find "$ROOT/install" /usr/lib -name 'libfaketimeMT.so.1' -print -quit 2>/dev/null; }

if [ -z "$(library)" ]; then
  [ "$(id -u)" = 0 ] || die "libfaketime is not here yet and apt-get download needs root: install it, or run this once as root"
  NAME=faketime
  install_once 1
fi
library
