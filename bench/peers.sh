#!/bin/bash
# bench/peers.sh [SCENARIO]
#
# WatchPhoto side by side with .NET's FileSystemWatcher, inotifywait, Watchman and chokidar: the scenarios' steps are done
# once, with all of them watching, and each is asked for its picture of the tree. Writes the tables of docs/peers.md;
# with SCENARIO (a part of a name) runs only those and prints them.
#
# As root on Debian, for the scenarios mount and change limits of the kernel. What is missing is installed: inotify-tools,
# watchman and bindfs, Node and npm by apt-get, chokidar by npm. Ten minutes, and twice that on a busy machine.

set -euo pipefail
cd "$(dirname "$0")"

case ${1:-} in
  -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' peers.sh; exit ;;
esac

fail() { echo "peers.sh: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "it has to be run as root: scenarios mount and change limits of the kernel."
missing=()
for need in inotifywait=inotify-tools watchman=watchman bindfs=bindfs node=nodejs npm=npm; do
  command -v "${need%=*}" > /dev/null || missing+=("${need#*=}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}" >&2
  apt-get update -q > /dev/null && apt-get install -y -q "${missing[@]}" > /dev/null || fail "apt-get could not install ${missing[*]}."
fi
[ -d peers/node_modules/chokidar ] || (cd peers && npm install --no-package-lock --no-audit --no-fund --silent) ||
  fail "npm could not install chokidar."

echo "building" >&2
dotnet build peers -c Release --nologo -v quiet >&2

chokidar=$(sed -n 's/^  "version": "\(.*\)",/\1/p' peers/node_modules/chokidar/package.json)
PEERS_VERSIONS="$(inotifywait --help | sed -n 1p), Watchman $(watchman --version), chokidar $chokidar on Node $(node --version)."
export PEERS_VERSIONS
exec dotnet peers/bin/Release/net10.0/WatchPhoto.Peers.dll "$PWD/peers/chokidar.mjs" "$PWD/../docs/peers.md" "$@"
