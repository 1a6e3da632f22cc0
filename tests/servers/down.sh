#!/bin/bash
# down.sh [--instance NAME | --all]
#
# Ends the servers that up.sh started, and removes their data. The root directory they ran from stays in the cache.

. "$(dirname "$0")/common.sh"

all=
while [ $# -gt 0 ]; do
  case $1 in
    --instance) need_instance_name "${2:-}"; shift 2 ;;
    --all) all=1; shift ;;
    -h | --help) usage; exit ;;
    *) die "does not know '$1'; try --help." ;;
  esac
done

[ -d "$root/instances" ] || exit 0
need_root
exec 9> "$servers/lock"
flock 9
for dir in "$root"/instances/*/; do
  name=$(basename "$dir")
  if [ -d "$dir" ] && { [ -n "$all" ] || [ "$name" = "$instance" ]; }; then
    instance=$name
    remove_instance
  fi
done
