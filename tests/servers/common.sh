# What up.sh, down.sh and fault.sh share. Sourced, never run.
#
# One root (Debian's next release with RabbitMQ, PostgreSQL and DocumentDB in it) is made once and kept in a cache
# directory. Any number of instances run out of it at the same time; each has a directory inside of the root, because
# that is what its processes can see:
#
#   $servers/root/instances/NAME/   ports  owner  *.pid  *.log  rabbitmq/  postgres/  gateway/
#
# A .pid file holds the pid of a session leader and the time it started, so that a number the kernel has given to
# somebody else since is never mistaken for a server. Nothing is ever looked up or ended by name.

set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(basename "$0")
servers=${WATCHPHOTO_SERVERS:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/watchphoto/servers}
root=$servers/root
instance=${WATCHPHOTO_SERVERS_INSTANCE:-default}

say() { echo "$program: $*" >&2; }
die() { say "$*"; exit 1; }

usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

need_root() {
  [ "$(id -u)" = 0 ] || die "only root can make and enter the servers' root directory: run this as root," \
    "start a container engine, or set ConnectionStrings__RabbitMq and ConnectionStrings__MongoDb to servers that run."
}

need_instance_name() {
  [[ $1 =~ ^[A-Za-z0-9_.-]{1,60}$ && $1 != .* ]] ||
    die "'$1' is no name for an instance: letters, digits, '-', '_' and '.' only, 60 at most."
  instance=$1
}

# --- processes -------------------------------------------------------------------------------------------------------

# The fields of /proc/PID/stat after the command (which may contain blanks and parentheses): state ppid pgrp session ...
# The start time is the 20th of them.
stat_of() {
  local line
  { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 1
  stat=(${line##*) })
}

born() { stat_of "$1" && echo "${stat[19]}"; }

# alive FILE: the process recorded there still runs (a zombie does not). Sets pid.
alive() {
  local start
  { read -r pid start < "$1"; } 2>/dev/null || return 1
  stat_of "$pid" && [ "${stat[19]}" = "$start" ] && [ "${stat[0]}" != Z ]
}

# members LEADER: the leader, its process group, and whatever descends from them (a PostgreSQL backend is a session of
# its own, so the group alone would miss it).
members() {
  local -A in=([$1]=1) parent=()
  local path p grown=1
  for path in /proc/[0-9]*; do
    p=${path#/proc/}
    stat_of "$p" || continue
    parent[$p]=${stat[1]}
    if [ "${stat[2]}" = "$1" ]; then in[$p]=1; fi
  done
  while [ $grown = 1 ]; do
    grown=0
    for p in "${!parent[@]}"; do
      if [ -z "${in[$p]:-}" ] && [ -n "${in[${parent[$p]}]:-}" ]; then in[$p]=1; grown=1; fi
    done
  done
  echo "${!in[@]}"
}

# signal SIGNAL FILE: to every member of the recorded process, if it runs.
signal() {
  alive "$2" || return 0
  kill "-$1" $(members "$pid") 2>/dev/null || true
}

# end FILE: kills the recorded process and all its members, and returns when the kernel has let go of them.
end() {
  local all p
  if alive "$1"; then
    # The leader first stands still, so that it starts nothing while its members are counted.
    kill -STOP "$pid" 2>/dev/null || true
    all=$(members "$pid")
    kill -KILL $all 2>/dev/null || true
    for p in $all; do wait_until 30 gone "$p" || die "process $p does not end, although killed."; done
  fi
  rm -f "$1"
}

gone() { ! stat_of "$1" || [ "${stat[0]}" = Z ]; }

# wait_until SECONDS CONDITION...: seconds in which we could look. While the machine stood still, nobody could do what is
# waited for.
wait_until() {
  local waited=0 looked=$SECONDS limit=$1 since; shift
  until "$@"; do
    [ $waited -lt $limit ] || return 1
    sleep 0.05
    since=$((SECONDS - looked)) looked=$SECONDS
    waited=$((waited + (since < 10 ? since : 10)))
  done
}

# launch NAME COMMAND...: in a session of its own, away from our input, output and locks.
launch() {
  local name=$1 dir=$root/instances/$instance; shift
  setsid "$@" < /dev/null >> "$dir/$name.log" 2>&1 7>&- 8>&- 9>&- &
  echo "$! $(born $!)" > "$dir/$name.pid"
}

# The command that runs the rest of its arguments as USER inside of the root. /proc and /dev are mounted where nobody
# else sees it, so nothing is left behind; where mounting is not allowed it goes without, which works as well.
inside() {
  if unshare --mount true 2>/dev/null; then
    # A disk that a test has mounted is not to stay so in here after the test has unmounted it.
    entered=(unshare --mount sh -c '
      cut -d " " -f 5 /proc/self/mountinfo | grep "^${TMPDIR:-/tmp}/watchphoto-" | sort -r | while read -r disk; do umount -l "$disk"; done
      mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc"; exec chroot "$@"' "$root")
  else
    entered=(chroot)
  fi
  entered+=("--userspec=$1:$1" "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)
}

# --- ports -----------------------------------------------------------------------------------------------------------

listens() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Six ports in a row that nobody listens on and no other instance has been given. Below the range that the kernel hands
# out by itself, so that they are still free when a killed server comes back. Under the lock.
choose_ports() {
  local base taken p
  taken=$(cat "$root"/instances/*/ports 2>/dev/null || true)
  for ((base = 21000; base < 32000; base += 10)); do
    [[ $taken != *"=$base"* ]] || continue
    for ((p = base; p < base + 6; p++)); do ! listens $p || continue 2; done
    cat > "$1" <<PORTS
amqp=$base
management=$((base + 1))
mongodb=$((base + 2))
postgres=$((base + 3))
distribution=$((base + 4))
epmd=$((base + 5))
PORTS
    return
  done
  die "found no six free ports in a row between 21000 and 32000."
}

# --- RabbitMQ --------------------------------------------------------------------------------------------------------

disk_limit=50MB

start_rabbitmq() {
  local dir=$root/instances/$instance
  ! alive "$dir/rabbitmq.pid" || return 0
  . "$dir/ports"
  if [ ! -d "$dir/rabbitmq" ]; then
    mkdir "$dir/rabbitmq"
    echo '[rabbitmq_management,rabbitmq_shovel,rabbitmq_shovel_management].' > "$dir/rabbitmq/enabled_plugins"
    cat > "$dir/rabbitmq/rabbitmq.conf" <<CONF
listeners.tcp.local = 127.0.0.1:$amqp
management.tcp.ip = 127.0.0.1
management.tcp.port = $management
log.console = true
log.file = false
disk_free_limit.absolute = $disk_limit
# The other way of counting reads /proc, which is not there where mounting is not allowed.
vm_memory_calculation_strategy = allocated
# The numbers the management API tells are a second old at most.
collect_statistics_interval = 1000
CONF
    chroot "$root" chown -R rabbitmq:rabbitmq "/instances/$instance/rabbitmq"
  fi
  local home=/instances/$instance/rabbitmq
  inside rabbitmq
  # Erlang's port mapper belongs to the same process group, so that it stands still and dies with its node.
  launch rabbitmq "${entered[@]}" \
    HOME="$home" \
    RABBITMQ_NODENAME="watchphoto@localhost" \
    RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" \
    RABBITMQ_MNESIA_BASE="$home/data" \
    RABBITMQ_LOG_BASE="$home/log" \
    RABBITMQ_PID_FILE="$home/pid" \
    RABBITMQ_DIST_PORT="$distribution" \
    ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}" \
    sh -c 'epmd & exec /usr/lib/rabbitmq/bin/rabbitmq-server'
}

rabbitmq_answers() {
  local status
  {
    exec 3<> "/dev/tcp/127.0.0.1/$management" || return 1
    printf 'GET /api/health/checks/port-listener/%s HTTP/1.0\r\nAuthorization: Basic Z3Vlc3Q6Z3Vlc3Q=\r\n\r\n' "$amqp" >&3
    read -r -t 5 status <&3 || status=
    exec 3>&-
  } 2>/dev/null
  [[ $status == *" 200 "* ]]
}

# limit_disk SIZE: when less than this is free, the broker raises an alarm and blocks its publishers. Said from node to
# node, in a second: rabbitmqctl takes a quarter of a minute in here.
limit_disk() {
  . "$root/instances/$instance/ports"
  inside rabbitmq
  "${entered[@]}" HOME="/instances/$instance/rabbitmq" ERL_EPMD_PORT="$epmd" \
    erl -noshell -sname fault@localhost -kernel inet_dist_use_interface '{127,0,0,1}' -eval \
    "ok = rpc:call('watchphoto@localhost', rabbit_disk_monitor, set_disk_free_limit, [\"$1\"]), halt()." < /dev/null >&2 7>&- 8>&- ||
    die "RabbitMQ does not take $1 for the limit of its disk."
}

# --- MongoDB: PostgreSQL with DocumentDB, and the gateway that speaks the protocol -------------------------------------

start_mongodb() {
  local dir=$root/instances/$instance bin=/usr/lib/postgresql/18/bin
  . "$dir/ports"
  if ! alive "$dir/postgres.pid"; then
    if [ ! -e "$dir/postgres/ready" ]; then
      rm -rf "$dir/postgres"
      mkdir "$dir/postgres"
      chroot "$root" chown postgres:postgres "/instances/$instance/postgres"
      inside postgres
      "${entered[@]}" $bin/initdb --auth=trust --username=postgres --locale=C --encoding=UTF8 --no-sync \
        "/instances/$instance/postgres/data" >> "$dir/postgres.log" 2>&1 7>&- 8>&- 9>&- ||
        die "PostgreSQL's initdb failed; see $dir/postgres.log"
      cat >> "$dir/postgres/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $postgres
unix_socket_directories = ''
max_connections = 120
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb,pg_documentdb_extended_rum'
cron.database_name = 'postgres'
cron.use_background_workers = on
max_worker_processes = 20
dynamic_shared_memory_type = mmap
documentdb.useFileBasedPersistedCursors = on
documentdb.defaultCursorExpiryTimeLimitSeconds = 600
documentdb.alternate_index_handler_name = 'extended_rum'
deadlock_timeout = 100ms
jit = off
# A commit is handed to the kernel before it is answered: that outlives a killed server, which is what tests do to it.
# It does not outlive a power cut, which they cannot do.
synchronous_commit = on
fsync = off
full_page_writes = off
CONF
      touch "$dir/postgres/ready"
    fi
    rm -f "$dir/postgres/data/postmaster.pid"
    inside postgres
    launch postgres "${entered[@]}" $bin/postgres -D "/instances/$instance/postgres/data"
  fi
  if ! alive "$dir/gateway.pid"; then
    # Its own copy, so that building again does not pull the files from under a running one.
    if [ ! -d "$dir/gateway" ]; then
      cp -r "$here/Gateway/bin/Release/net10.0" "$dir/gateway.new"
      mv "$dir/gateway.new" "$dir/gateway"
    fi
    launch gateway dotnet "$dir/gateway/WatchPhoto.TestServers.Gateway.dll" "$mongodb" "$postgres"
  fi
}

# The gateway listens only when the database behind it has answered.
mongodb_answers() { listens "$mongodb"; }

# --- an instance -----------------------------------------------------------------------------------------------------

start_server() {
  case $1 in
    rabbitmq) start_rabbitmq ;;
    mongodb) start_mongodb ;;
  esac
}

# await SERVER: until it answers; when its process ends instead, its log is shown.
await() {
  local dir=$root/instances/$instance files file
  . "$dir/ports"
  case $1 in
    rabbitmq) files=(rabbitmq) ;;
    mongodb) files=(postgres gateway) ;;
  esac
  wait_until 300 answers_or_ended "$1" || true
  "$1_answers" && return
  for file in "${files[@]}"; do
    alive "$dir/$file.pid" && continue
    tail -n 30 "$dir/$file.log" >&2
    die "$file ended instead of answering; the end of $dir/$file.log is above."
  done
  for file in "${files[@]}"; do tail -n 30 "$dir/$file.log" >&2; done
  die "$1 did not answer within five minutes; the ends of its logs are above."
}

answers_or_ended() {
  local file
  "$1_answers" && return
  for file in "${files[@]}"; do alive "$dir/$file.pid" || return 0; done
  return 1
}

end_server() {
  local dir=$root/instances/$instance
  case $1 in
    rabbitmq) end "$dir/rabbitmq.pid" ;;
    mongodb)
      end "$dir/gateway.pid"
      end "$dir/postgres.pid"
      ;;
  esac
}

signal_server() {
  local dir=$root/instances/$instance
  case $2 in
    rabbitmq) signal "$1" "$dir/rabbitmq.pid" ;;
    mongodb)
      signal "$1" "$dir/gateway.pid"
      signal "$1" "$dir/postgres.pid"
      ;;
  esac
}

# Ends an instance and removes its data.
remove_instance() {
  end_server rabbitmq
  end_server mongodb
  rm -rf --one-file-system "$root/instances/${instance:?}"
}
