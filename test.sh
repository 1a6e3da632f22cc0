#!/bin/bash
# ./test.sh [FILTER | soak]
#
# Builds everything and runs the tests against real servers. The last line counts them, as in "12 passed, 0 failed";
# the exit code is 0 only if something ran and nothing failed.
#
#   FILTER   only the tests whose full name (Namespace.Class.Test) contains it
#   soak     only the long tests (trait Category=Soak), which are left out otherwise
#
# The servers, RabbitMQ and MongoDB, are the first of these that is there:
#   1. those that ConnectionStrings__RabbitMq and ConnectionStrings__MongoDb name (RabbitMq__Management, if its
#      management is not http://guest:guest@HOST:15672);
#   2. containers, where a container engine answers;
#   3. native ones that tests/servers/up.sh starts (as root, on Debian; a minute longer the first time).

set -uo pipefail
cd "$(dirname "$0")" || exit 1

case ${1:-} in
  -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit ;;
esac

fail() { echo "test.sh: $*" >&2; exit 1; }

[ $# -le 1 ] || fail "one filter at most; try --help."
command -v dotnet > /dev/null ||
  fail "the .NET SDK ('dotnet') is not installed or not in the PATH; version 10 is needed."
said=$(dotnet --version 2>&1) || {
  dotnet --list-sdks 2> /dev/null | grep -q '^10\.' && fail "dotnet does not run here: $(head -n 1 <<< "$said")"
  fail "there is no .NET SDK 10 here, which global.json asks for; found: $(dotnet --list-sdks 2> /dev/null | tr '\n' ' ')"
}

results=TestResults
rm -rf "$results"
mkdir -p "$results"

echo "building"
dotnet build WatchPhoto.sln -c Release --nologo -v quiet > "$results/build.log" 2>&1 || {
  grep -E '(error|warning) [A-Z]+[0-9]+' "$results/build.log" | sort -u | head -n 40 >&2 || tail -n 40 "$results/build.log" >&2
  fail "the build failed; all of it is in $results/build.log."
}

servers=$(dotnet tests/servers/Fixture/bin/Release/net10.0/WatchPhoto.TestServers.dll) ||
  fail "could not find out which servers to use; see above."
case $servers in
  environment) echo "servers: given by the environment" ;;
  containers) echo "servers: containers (rabbitmq:4-management, mongo:8)" ;;
  native)
    echo "servers: native (tests/servers/up.sh)"
    export WATCHPHOTO_SERVERS_INSTANCE=test-$$
    trap 'tests/servers/down.sh' EXIT
    trap 'exit 130' INT TERM HUP
    started=$(tests/servers/up.sh --owner $$) || exit 1
    while IFS='=' read -r name value; do export "$name=$value"; done <<< "$started"
    ;;
esac

# File systems that others write behind, that make up inode numbers and that fold case, for some scenarios; without them those are
# skipped, and say so.
packages=(bindfs exfat-fuse exfatprogs dosfstools python3-fusepy)
if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null && ! dpkg -s "${packages[@]}" > /dev/null 2>&1; then
  echo "installing ${packages[*]}"
  install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" > "$results/apt.log" 2>&1; }
  install || { apt-get update > /dev/null 2>&1 && install; } || echo "test.sh: could not install them; $results/apt.log says why." >&2
fi

select=(-trait- Category=Soak) limit=2h
case ${1:-} in
  '') ;;
  soak) export WATCHPHOTO_SOAK=1; select=(-trait Category=Soak) limit=4h ;;
  *) select+=(-method "*$1*") ;;
esac

options=(-noLogo)
[ -t 1 ] || options+=(-noColor)

passed=0 failed=0 skipped=0
for project in tests/*/*.Tests.csproj; do
  name=$(basename "$project" .csproj)
  result=$results/$name.xml
  echo "== $name"
  timeout --foreground --kill-after=10s $limit dotnet "$(dirname "$project")/bin/Release/net10.0/$name.dll" \
    "${select[@]}" "${options[@]}" -result-xml "$result" -result-trx "$results/$name.trx"
  code=$?
  # What ran is what the result file says, and a run that did not live to write one has failed.
  if counts=$(grep -o '<assembly [^>]*' "$result" 2> /dev/null); then
    count() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<< "$counts"; }
    passed=$((passed + $(count passed)))
    failed=$((failed + $(count failed) + $(count errors)))
    skipped=$((skipped + $(count skipped)))
  else
    echo "test.sh: $name left no results and ended with code $code (124: it took longer than $limit)." >&2
    failed=$((failed + 1))
  fi
done

echo
grep -ho '<test [^>]*result="Fail"' "$results"/*.xml 2> /dev/null | sed 's/.* name="\([^"]*\)".*/failed: \1/'
if [ $skipped -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ] && [ $((passed + failed)) -gt 0 ]
