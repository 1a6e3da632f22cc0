#!/bin/bash
# bench/run.sh [SCENARIO...] [--quick] [--rounds N] [--files N] [--document]
#
# Measures WatchPhoto beside what people would use instead, and beside what the machine can do at best, in turns within one
# run. Prints a table for each scenario and writes bench/results/SCENARIO.json and .svg. --help tells the scenarios' options;
# docs/performance.md tells what each is about.
#
# Trees, states and catalogs are made below $TMPDIR (by default /tmp), which takes up to 12 GB, and go when it ends. What is
# missing of the programs to compare with is installed (as root, from Debian's packages and npm). RabbitMQ and MongoDB are
# found, or started, as by test.sh.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$here")

fail() { echo "bench/run.sh: $*" >&2; exit 1; }

case " $* " in *' -h '* | *' --help '*) sed -n '2,/^$/s/^# \{0,1\}//p' "$0" ;; esac

command -v dotnet > /dev/null || fail "the .NET SDK ('dotnet') is not installed or not in the PATH; version 10 is needed."

install_peers() {
  local missing=() peer
  for peer in plocate:updatedb watchman:watchman inotify-tools:inotifywait nodejs:node npm:npm; do
    command -v "${peer#*:}" > /dev/null || missing+=("${peer%:*}")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null ||
      fail "not installed: ${missing[*]}. Install them, or run this as root on Debian."
    echo "installing ${missing[*]}" >&2
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } > /dev/null ||
      fail "could not install ${missing[*]}."
  fi
  [ -d "$here/peers/node_modules/chokidar" ] || npm --prefix "$here/peers" install --no-audit --no-fund --no-package-lock > /dev/null ||
    fail "could not install chokidar with npm."
}

install_peers
echo "building" >&2
for project in bench/Bench services/Watcher services/Indexer services/Standalone; do
  dotnet build "$repository/$project" -c Release --nologo -v quiet > /dev/null || fail "$project does not build."
done

TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/watchphoto-bench.XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM HUP

dotnet "$here/Bench/bin/Release/net10.0/WatchPhoto.Bench.dll" "$@"
