#!/bin/bash
# fault.sh kill|stop|continue|start|restart rabbitmq|mongodb [--instance NAME]
# fault.sh fill|clear rabbitmq [--instance NAME]
#
# Does to a server that up.sh started what the world does to servers:
#   kill      SIGKILL, to the whole of it; its data stay
#   stop      SIGSTOP: its ports accept, and nobody answers
#   continue  SIGCONT
#   start     starts it again, with the same ports and data, and waits until it answers
#   restart   kill, then start
#   fill      has it believe that its disk is nearly full: it takes no more messages
#   clear     and that it is not

. "$(dirname "$0")/common.sh"

verb=${1:-}
server=${2:-}
case $verb in
  -h | --help) usage; exit ;;
  kill | stop | continue | start | restart) ;;
  fill | clear) [ "${2:-}" = rabbitmq ] || die "can $verb rabbitmq only." ;;
  *) die "does not know '$verb'; try --help." ;;
esac
case $server in
  rabbitmq | mongodb) ;;
  *) die "does not know the server '$server': rabbitmq or mongodb." ;;
esac
shift 2
while [ $# -gt 0 ]; do
  case $1 in
    --instance) need_instance_name "${2:-}"; shift 2 ;;
    *) die "does not know '$1'; try --help." ;;
  esac
done

need_root
dir=$root/instances/$instance
[ -e "$dir/ports" ] || die "there is no instance '$instance'; up.sh makes one."
exec 8> "$dir/lock"
flock 8
case $verb in
  kill) end_server "$server" ;;
  stop) signal_server STOP "$server" ;;
  continue) signal_server CONT "$server" ;;
  fill) limit_disk 1000000GB ;;
  clear) limit_disk "$disk_limit" ;;
  restart) end_server "$server" ;;&
  start | restart)
    start_server "$server"
    await "$server"
    ;;
esac
