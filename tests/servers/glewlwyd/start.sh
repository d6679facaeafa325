#!/usr/bin/env bash
# start.sh [PORT]: unpacks (once) Debian's glewlwyd with its libraries, without
# installing it on the system, and starts it on 127.0.0.1. See ../README.md.
set -eu
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
. "$HERE/../lib.sh"
export VERSION=2.7.5-3+deb12u1

fetch() {
  mkdir -p "$1/archives/partial" "$1/root"
  set -- "$1" apt-get --yes --no-install-recommends --download-only -o "Dir::Cache::archives=$1/archives" install "glewlwyd=$VERSION"
  "${@:2}" || { apt-get update && "${@:2}"; } # the package lists may be missing or old
  for package in "$1"/archives/*.deb; do dpkg-deb --extract "$package" "$1/root"; done
  rm -r "$1/archives"
  find "$1/root/usr/bin" ! -type d ! -name glewlwyd -delete # database programs
}

if [ ! -d "$ROOT/install/$NAME-$VERSION" ]; then
  [ "$(id -u)" = 0 ] || die "$VERSION is not under $ROOT yet and apt-get download needs root: run start.sh once as root"
fi
install_once "$VERSION"
claim "${1:-0}"
python3 "$HERE/setup.py" files "$PORT" "$RUN" "$PREFIX/root"
launch env "LD_LIBRARY_PATH=$(echo "$PREFIX"/root/usr/lib/*-linux-gnu)" "$PREFIX/root/usr/bin/glewlwyd" --config-file "$RUN/glewlwyd.conf"
answers "http://127.0.0.1:$PORT/config"
python3 "$HERE/setup.py" provision "$PORT" "$RUN" "$PREFIX/root"
ready
