#!/bin/sh
# Runs a throw-away PostgreSQL cluster until standard input ends.
# Usage: cluster.sh BINDIR PORT SETTING [LEADER]; prints "ready" once it answers. With LEADER it is a standby of the
# cluster on that port. Then it takes the commands "kill" (SIGKILL to every process of the cluster), "freeze" (SIGSTOP
# to every one), "thaw", "stop", "start" and "promote", and prints "done" after each.
set -eu
bindir=$1 port=$2 setting=$3 leader=${4:-}
dir=$(mktemp -d)
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    # PostgreSQL refuses to run as root.
    chown postgres "$dir"
    as_owner() { runuser -u postgres -- "$@"; }
fi
cleanup() {
    # What is frozen does not stop.
    thaw_cluster
    as_owner "$bindir/pg_ctl" -D "$dir" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap cleanup EXIT
start_cluster() {
    as_owner "$bindir/pg_ctl" -D "$dir" -w -l "$dir/log" \
        -o "-h 127.0.0.1 -p $port -k $dir -c $setting" start >/dev/null || { tail -n 5 "$dir/log" >&2; exit 1; }
}
freeze_cluster() {
    postmaster=$(head -n 1 "$dir/postmaster.pid")
    # First, so that it starts no more children meanwhile.
    kill -STOP "$postmaster"
    processes="$postmaster $(pgrep -d ' ' -P "$postmaster")"
    # shellcheck disable=SC2086 # one word a process
    kill -STOP $processes
}
thaw_cluster() {
    # shellcheck disable=SC2086 # one word a process
    [ -z "${processes:-}" ] || kill -CONT $processes 2>/dev/null || true
    processes=
}
kill_cluster() {
    freeze_cluster
    # shellcheck disable=SC2086 # one word a process
    kill -KILL $processes 2>/dev/null || true
    for process in $processes; do
        # A zombie is dead: where nobody reaps it, it stays until the machine stops.
        while [ -e "/proc/$process" ] && ! grep -q '^State:.Z' "/proc/$process/status" 2>/dev/null; do :; done
    done
    processes=
    # They would name that zombie as a running server.
    rm -f "$dir/postmaster.pid" "$dir/.s.PGSQL.$port.lock"
}
cd "$dir"
if [ -n "$leader" ]; then
    # It mentions the leader's socket on each run.
    said=$(as_owner "$bindir/pg_basebackup" -D "$dir" -h 127.0.0.1 -p "$leader" -U postgres -R -c fast --no-sync 2>&1) ||
        { echo "$said" >&2; exit 1; }
else
    as_owner "$bindir/initdb" -D "$dir" -U postgres -A trust -E UTF8 --no-sync >/dev/null
fi
start_cluster
echo ready
while read -r command; do
    case $command in
        kill) kill_cluster ;;
        freeze) freeze_cluster ;;
        thaw) thaw_cluster ;;
        start) start_cluster ;;
        stop) as_owner "$bindir/pg_ctl" -D "$dir" -w -m fast stop >/dev/null ;;
        promote) as_owner "$bindir/pg_ctl" -D "$dir" -w promote >/dev/null ;;
    esac
    echo "done"
done
