#!/bin/bash
# up.sh [--instance NAME] [--owner PID]
#
# Starts the servers that the tests need where no container engine is there to run them: RabbitMQ, and a server that
# speaks MongoDB's protocol. Prints their connection strings as NAME=VALUE lines and leaves them running; run again, it
# prints the same ones (and starts again what has died). down.sh ends them.
#
# The first run makes a root directory with the servers in it (about a minute, 700 MB, from Debian packages) in
# $WATCHPHOTO_SERVERS, by default ~/.cache/watchphoto/servers. Needs root, apt and the .NET SDK.
#
#   --instance NAME   independent servers with data of their own (default: $WATCHPHOTO_SERVERS_INSTANCE or 'default')
#   --owner PID       once this process is gone, any later up.sh may end the instance

. "$(dirname "$0")/common.sh"

owner=
while [ $# -gt 0 ]; do
  case $1 in
    --instance) need_instance_name "${2:-}"; shift 2 ;;
    --owner) owner=${2:-}; shift 2 ;;
    -h | --help) usage; exit ;;
    *) die "does not know '$1'; try --help." ;;
  esac
done

make_root() {
  if ! command -v mmdebstrap > /dev/null; then
    command -v apt-get > /dev/null || die "neither mmdebstrap nor apt-get is here to make the servers' root directory with."
    say "installing mmdebstrap"
    local install=(apt-get install -y --no-install-recommends mmdebstrap)
    DEBIAN_FRONTEND=noninteractive "${install[@]}" > "$servers/apt.log" 2>&1 ||
      { apt-get update > "$servers/apt.log" 2>&1 &&
        DEBIAN_FRONTEND=noninteractive "${install[@]}" >> "$servers/apt.log" 2>&1; } ||
      { tail -n 20 "$servers/apt.log" >&2; die "could not install mmdebstrap; the end of $servers/apt.log is above."; }
  fi
  say "making the servers' root directory $root (once, about a minute)"
  rm -rf --one-file-system "$servers/root.unfinished"
  # systemd-tmpfiles refuses to work without /proc, which is not there where mounting is not allowed (a container), and
  # has nothing to do in a root directory without systemd.
  mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/bin/systemd-tmpfiles' --essential-hook='ln -s true "$1/usr/bin/systemd-tmpfiles"' \
    --include=rabbitmq-server,postgresql-18,postgresql-18-documentdb \
    forky "$servers/root.unfinished" > "$servers/mmdebstrap.log" 2>&1 ||
    { tail -n 20 "$servers/mmdebstrap.log" >&2; die "mmdebstrap failed; the end of $servers/mmdebstrap.log is above."; }
  printf '127.0.0.1 localhost\n::1 localhost\n' > "$servers/root.unfinished/etc/hosts"
  mkdir "$servers/root.unfinished/instances"
  mv "$servers/root.unfinished" "$root"
}

build_gateway() {
  local dll=$here/Gateway/bin/Release/net10.0/WatchPhoto.TestServers.Gateway.dll
  if [ ! -e "$dll" ] || [ -n "$(find "$here/Gateway" -maxdepth 1 -name '*.cs*' -newer "$dll")" ]; then
    command -v dotnet > /dev/null || die "the .NET SDK ('dotnet') is not installed or not in the PATH."
    say "building the gateway"
    dotnet build -c Release "$here/Gateway" > "$servers/gateway-build.log" 2>&1 7>&- 8>&- 9>&- ||
      { tail -n 20 "$servers/gateway-build.log" >&2; die "the gateway does not build; see above."; }
    touch "$dll"
  fi
}

# Instances whose owner was killed before it could take them down.
remove_orphans() {
  local file me=$instance
  for file in "$root"/instances/*/owner; do
    if [ -e "$file" ] && ! alive "$file"; then
      instance=$(basename "$(dirname "$file")")
      say "removing instance $instance: its owner is gone"
      remove_instance
    fi
  done
  instance=$me
}

need_root
mkdir -p "$servers"
exec 9> "$servers/lock"
flock 9
[ -d "$root" ] || make_root
dir=$root/instances/$instance
remove_orphans
mkdir -p "$dir"
[ -e "$dir/ports" ] || choose_ports "$dir/ports"
if [ -n "$owner" ]; then
  echo "$owner $(born "$owner")" > "$dir/owner" || die "there is no process $owner."
fi
build_gateway
exec 8> "$dir/lock"
flock 8
flock -u 9

start_server mongodb
start_server rabbitmq
await mongodb
await rabbitmq

. "$dir/ports"
cat <<LINES
ConnectionStrings__RabbitMq=amqp://guest:guest@127.0.0.1:$amqp/
ConnectionStrings__MongoDb=mongodb://127.0.0.1:$mongodb/
RabbitMq__Management=http://guest:guest@127.0.0.1:$management
LINES
