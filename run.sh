#!/bin/bash
# ./run.sh DIR... [--port 5080] [--data DIR] [--include GLOB]
#
# Keeps a catalog of the photos in the directories, in one process and without any server; --help explains all.
# Builds first where something has changed since it last did. Needs only the .NET SDK.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
output=$here/services/Standalone/bin/Release/net10.0/WatchPhoto.Standalone.dll
stamp=$here/services/Standalone/obj/built
log=$here/services/Standalone/obj/build.log

fail() { echo "run.sh: $*" >&2; exit 1; }

changed() {
  [ ! -e "$output" ] || [ ! -e "$stamp" ] ||
    [ -n "$(find "$here"/{contracts,services} "$here"/*.props "$here/global.json" \
      \( -name bin -o -name obj \) -prune -o -newer "$stamp" -type f \
      \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.json' \) -print -quit)" ]
}

build() {
  cd "$here"
  local said
  said=$(dotnet --version 2>&1) || {
    dotnet --list-sdks 2> /dev/null | grep -q '^10\.' && fail "dotnet does not run here: $(head -n 1 <<< "$said")"
    fail ".NET SDK 10, which global.json asks for, is not among: $(dotnet --list-sdks | tr '\n' ' ')"
  }
  echo "building (once, half a minute)" >&2
  mkdir -p "$(dirname "$log")"
  # The time before the build: what is edited during it is newer.
  touch "$stamp.new"
  dotnet build services/Standalone -c Release --nologo -v quiet > "$log" 2>&1 || {
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 20 >&2 || tail -n 20 "$log" >&2
    fail "the build failed; all of it is in $log"
  }
  mv "$stamp.new" "$stamp"
}

command -v dotnet > /dev/null || fail "the .NET SDK ('dotnet') is not installed or not in the PATH; version 10 is needed."
if changed; then
  mkdir -p "$(dirname "$stamp")"
  # Of two that start at once the second waits for the first one's build, and finds nothing changed.
  (flock 9; if changed; then build 9>&-; fi) 9> "$stamp.lock"
fi

exec dotnet "$output" "$@"
